//! Samples that come batch by batch, with a progress that somebody watches and may cancel.
//!
//!     cargo run --release --example streaming

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use spanmatch::ndarray::Array2;
use spanmatch::{Error, Gram, Groups, Problem, Progress, spectrum};

fn main() -> Result<(), Error> {
    // A Gram takes as much memory after a million samples as after one batch. float32 is read as it is.
    let mut gram = Gram::default();
    for batch in 0..8 {
        let x = noise(500, 200, 2 * batch);
        let y = &x + noise(500, 200, 2 * batch + 1);
        gram.update(&x, &y)?;
    }
    println!("{} samples in {} batches", gram.n_samples(), gram.n_batches());

    // Another thread, or another machine, can sum its own share.
    let mut share = Gram::default();
    share.update(&noise(500, 200, 100), &noise(500, 200, 101))?;
    gram.merge(share)?;

    // A progress is shared: the run counts its steps, and whoever holds it may look, or cancel.
    let progress = Arc::new(Progress::default());
    let problem = Problem::new(&gram, false)?.with_progress(progress.clone());
    let found = thread::scope(|scope| {
        let run = scope.spawn(|| spectrum(&problem));
        while !run.is_finished() {
            let (done, all) = progress.steps();
            println!("{done} of {all} neurons");
            thread::sleep(Duration::from_millis(20));
        }
        run.join().expect("it does not panic")
    })?;
    println!("area under s: {:.3}", found.area());

    // A run that is cancelled ends within a second, and leaves everything as it was. Long updates have a progress too.
    progress.cancel();
    assert_eq!(spectrum(&problem), Err(Error::Interrupted));
    let (x, y) = (noise(500, 200, 200), noise(500, 200, 201));
    let refused =
        gram.update_if(&[(&x).into(), (&y).into()], &Groups::default(), &progress, || Ok(()));
    assert_eq!((refused, gram.n_samples()), (Err(Error::Interrupted), 4_500));
    Ok(())
}

/// Numbers that look random, the same each time.
fn noise(rows: usize, columns: usize, mut state: u64) -> Array2<f32> {
    Array2::from_shape_fn((rows, columns), |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    })
}
