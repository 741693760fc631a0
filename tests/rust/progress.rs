//! A run is cancelled from outside, and seen from outside.

use std::thread;
use std::time::{Duration, Instant};

use spanmatch::{
    Error, Gram, Groups, NeuronSet, Progress, is_match, maximum_match, residuals, spectrum,
};

use crate::common::{Sides, spectrum_bits, spectrum_of_gram};
use crate::problems::{planted, random};

fn cancelled() -> Progress {
    let progress = Progress::default();
    progress.cancel();
    progress
}

fn update(gram: &mut Gram, sides: &Sides, progress: &Progress) -> Result<(), Error> {
    let batch = [(&sides.x).into(), (&sides.y).into()];
    gram.update_if(&batch, &Groups::default(), progress, || Ok(()))
}

/// Runs, cancels the run once it has begun, and returns what came and how long it took from then on.
fn cancel_midway<T: Send>(
    progress: &Progress,
    run: impl FnOnce() -> Result<T, Error> + Send,
) -> (Result<T, Error>, Duration) {
    thread::scope(|scope| {
        let run = scope.spawn(run);
        while progress.steps().0 == 0 && !run.is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        let stopped = Instant::now();
        progress.cancel();
        (run.join().unwrap(), stopped.elapsed())
    })
}

#[test]
fn a_cancelled_run_ends_at_once() {
    let (problem, progress) = planted(80, 40, 6, 5).watched_problem();
    let all = NeuronSet::new((0..6).collect(), (0..5).collect()).unwrap();
    progress.cancel();
    assert_eq!(spectrum(&problem), Err(Error::Interrupted));
    assert_eq!(maximum_match(&problem, 0.3), Err(Error::Interrupted));
    assert_eq!(residuals(&problem, &all), Err(Error::Interrupted));
    assert_eq!(is_match(&problem, 0.3, &all), Err(Error::Interrupted));
    assert_eq!(Error::Interrupted.to_string(), "interrupted");
}

#[test]
fn an_update_that_is_cancelled_leaves_the_gram_as_it_was() {
    // One block, and several.
    for rows in [40, 1_500] {
        let batch = random(81, rows, 6, 5);
        let mut gram = Gram::default();
        assert_eq!(update(&mut gram, &batch, &cancelled()), Err(Error::Interrupted));
        assert_eq!((gram.n_samples(), gram.n_x(), gram.n_y()), (0, 0, 0));

        let mut gram = planted(82, 40, 6, 5).gram();
        let before = spectrum_bits(&spectrum_of_gram(&gram));
        assert_eq!(update(&mut gram, &batch, &cancelled()), Err(Error::Interrupted));
        assert_eq!(gram.n_samples(), 40);
        assert_eq!(spectrum_bits(&spectrum_of_gram(&gram)), before);
    }
}

#[test]
fn a_long_update_ends_within_a_second_of_the_wish() {
    let batch = random(83, 6_000, 500, 500);
    let mut gram = random(84, 30, 500, 500).gram();
    let progress = Progress::default();
    let (result, took) = cancel_midway(&progress, || update(&mut gram, &batch, &progress));
    assert_eq!(result, Err(Error::Interrupted));
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(gram.n_samples(), 30);
}

#[test]
fn a_long_spectrum_ends_within_a_second_of_the_wish() {
    let (problem, progress) = random(85, 1_500, 1_300, 1_200).watched_problem();
    let (result, took) = cancel_midway(&progress, || spectrum(&problem));
    assert_eq!(result, Err(Error::Interrupted));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// Once an update has changed the Gram it can no longer be cancelled; the next run can be.
#[test]
fn what_has_followed_an_update_still_cancels_the_next_run() {
    let sides = planted(86, 40, 6, 5);
    let (problem, progress) = sides.watched_problem();
    update(&mut Gram::default(), &sides, &progress).unwrap();
    progress.cancel();
    assert_eq!(spectrum(&problem), Err(Error::Interrupted));
}

#[test]
fn progress_ends_where_all_is_done() {
    // The first half of the neurons leaves one by one, the rest matches exactly and stays.
    let mut sides = random(87, 60, 12, 12);
    for j in 0..6 {
        let column = sides.x.column(j).to_owned();
        sides.y.column_mut(j).assign(&column);
    }
    let (problem, progress) = sides.watched_problem();
    assert_eq!(progress.steps(), (0, 0));
    spectrum(&problem).unwrap();
    assert_eq!(progress.steps(), (24, 24));
    for rows in [40, 1_500] {
        let (mut gram, progress) = (Gram::default(), Progress::default());
        for _ in 0..2 {
            update(&mut gram, &random(88, rows, 3, 2), &progress).unwrap();
            assert_eq!(progress.steps(), (rows, rows));
        }
    }
}
