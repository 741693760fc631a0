//! Nulls and jackknife intervals: what holds of them whatever the data.

use std::sync::Arc;

use ndarray::{Array2, Axis};
use proptest::prelude::*;
use spanmatch::{
    Error, Gram, Groups, Problem, Progress, Side, Spectrum, jackknife, null_spectra, one_to_one,
    spectrum,
};

use crate::common::{Sides, spectrum_bits};
use crate::problems::{planted, random};
use crate::properties::config;

fn resampled(sides: &Sides, nulls: usize, folds: usize) -> Gram {
    let mut gram = Gram::with_resampling(nulls, folds, 3).unwrap();
    gram.update_groups(&sides.x, &sides.y, &Groups::Equal(2)).unwrap();
    gram
}

/// A statistic, which may be refused.
#[allow(clippy::unnecessary_wraps)]
fn area(found: &Spectrum) -> Result<f64, Error> {
    Ok(found.area())
}

/// A spectrum whose critical ε of x are these.
fn with_x(found: &Spectrum, critical: f64) -> Spectrum {
    let mut found = found.clone();
    found.x.fill(critical);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..config() })]

    #[test]
    fn p_values_and_thresholds_agree(seed in any::<u64>(), nulls in 1..40_usize, level in 0.01..0.99) {
        let sides = planted(seed, 60, 4, 3);
        let gram = resampled(&sides, nulls, 0);
        let problem = Problem::new(&gram, seed % 2 == 0).unwrap();
        let (observed, found) = (spectrum(&problem).unwrap(), null_spectra(&gram, &problem).unwrap());
        let p = found.p_value(&observed, area).unwrap();
        prop_assert!((found.least_p()..=1.0).contains(&p));
        // 30 groups have 29 shifts.
        prop_assert_eq!(found.n_distinct(), nulls.min(29));
        match found.threshold(level, area) {
            Ok(threshold) => {
                let margin = (observed.area() - threshold).abs();
                prop_assert!(margin < 1e-6 || (observed.area() > threshold) == (p <= level));
            }
            Err(error) => {
                let wanted = Error::FewNulls { level, nulls: found.n_distinct() };
                prop_assert_eq!(error, wanted);
                prop_assert!(found.least_p() > level);
            }
        }
        // Nothing matches better than all, or worse than none.
        let best = found.p_value(&with_x(&observed, 0.0), |found| Ok(1.0 - found.x[0])).unwrap();
        let worst = found.p_value(&with_x(&observed, 1.0), |found| Ok(1.0 - found.x[0])).unwrap();
        prop_assert!(best <= worst && worst <= 1.0);
    }

    #[test]
    fn intervals_are_the_wider_the_surer(seed in any::<u64>(), folds in 2..9_usize, eps in 0.0..1.0) {
        let sides = planted(seed, 80, 5, 4);
        let gram = resampled(&sides, 0, folds);
        let parts = jackknife(&gram, &Problem::new(&gram, false).unwrap(), spectrum).unwrap();
        prop_assert_eq!(parts.parts().len(), folds);
        let levels = [0.5, 0.9, 0.99];
        let areas = levels.map(|level| parts.interval(level, area).unwrap());
        let shares = levels.map(|level| parts.similarity(level, eps).unwrap());
        for ends in [areas, shares] {
            for (narrow, wide) in ends.iter().zip(&ends[1..]) {
                prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
            }
            prop_assert!(ends.iter().all(|end| 0.0 <= end.low && end.low <= end.high && end.high <= 1.0));
        }
        // s(ε) of all data is inside what is bounded with less than even odds on each side.
        let same = parts.interval(0.9, |_| Ok(0.25)).unwrap();
        prop_assert_eq!((same.low, same.high), (0.25, 0.25));
    }
}

/// The data without a fold are summed anew from its rows.
#[test]
fn a_part_is_the_answer_without_the_rows_of_a_fold() {
    let sides = planted(400, 40, 5, 4);
    let gram = resampled(&sides, 0, 4);
    let plan = gram.resampling(40, &Groups::Equal(2), 0, 0).unwrap();
    let parts = jackknife(&gram, &Problem::new(&gram, true).unwrap(), spectrum).unwrap();
    for (rows, part) in plan.folds.iter().zip(parts.parts()) {
        let left: Vec<usize> =
            (0..40).filter(|row| !rows.iter().any(|of| of.contains(row))).collect();
        let of = |side: &Array2<f64>| side.select(Axis(0), &left);
        let wanted = spectrum(&Sides { x: of(&sides.x), y: of(&sides.y) }.problem(true)).unwrap();
        let pairs = [&part.x[..], &part.y].concat().into_iter().zip([wanted.x, wanted.y].concat());
        pairs.for_each(|(found, wanted)| assert!((found - wanted).abs() < 1e-7));
    }
}

/// Centred, with the ridge and with the progress of the problem that is asked.
#[test]
fn nulls_are_read_as_the_problem_is() {
    let gram = resampled(&planted(401, 50, 4, 4), 3, 0);
    for (center, ridge) in [(false, None), (true, None), (true, Some(0.3))] {
        let read = |gram: &Gram| {
            let problem = Problem::new(gram, center).unwrap();
            ridge.map_or(problem.clone(), |ridge| problem.with_ridge(ridge).unwrap())
        };
        let found = null_spectra(&gram, &read(&gram)).unwrap();
        for (index, null) in found.spectra().iter().enumerate() {
            let wanted = spectrum(&read(&gram.null(index).unwrap().unwrap())).unwrap();
            assert_eq!(spectrum_bits(null), spectrum_bits(&wanted));
        }
    }
    let progress = Arc::new(Progress::default());
    progress.cancel();
    let problem = Problem::new(&gram, false).unwrap().with_progress(progress);
    assert_eq!(null_spectra(&gram, &problem).unwrap_err(), Error::Interrupted);
}

#[test]
fn what_cannot_be_told_is_refused() {
    let sides = random(402, 40, 4, 3);
    let (plain, gram) = (sides.gram(), resampled(&sides, 5, 4));
    let problem = Problem::new(&gram, false).unwrap();
    assert_eq!(null_spectra(&plain, &problem).unwrap_err(), Error::NoNulls);
    let none = jackknife(&plain, &problem, one_to_one).unwrap_err();
    assert_eq!(none, Error::Folds { folds: 0, empty: 0 });
    let few = resampled(&random(403, 6, 4, 3), 0, 5);
    let empty = jackknife(&few, &Problem::new(&few, false).unwrap(), spectrum).unwrap_err();
    assert_eq!(empty, Error::Folds { folds: 5, empty: 2 });

    let other = random(404, 40, 4, 2).problem(false);
    let width = Error::Width { side: Side::Y, expected: 2, got: 3 };
    assert_eq!(null_spectra(&gram, &other).unwrap_err(), width);
    let found = null_spectra(&gram, &problem).unwrap();
    let width = Error::Width { side: Side::Y, expected: 3, got: 2 };
    assert_eq!(found.p_value(&spectrum(&other).unwrap(), area), Err(width));

    let parts = jackknife(&gram, &problem, spectrum).unwrap();
    for level in [0.0, 1.0, -1.0, f64::INFINITY] {
        assert_eq!(found.threshold(level, area), Err(Error::Level(level)));
        assert_eq!(parts.interval(level, area), Err(Error::Level(level)));
        assert_eq!(parts.similarity(level, 0.5), Err(Error::Level(level)));
    }
    assert_eq!(parts.similarity(0.9, 1.0), Err(Error::Eps(1.0)));
    assert_eq!(found.p_value(parts.whole(), |found| found.similarity(2.0)), Err(Error::Eps(2.0)));
    assert_eq!(found.threshold(0.01, area), Err(Error::FewNulls { level: 0.01, nulls: 5 }));
    for wrong in [-0.1, 1.1] {
        assert_eq!(parts.whole().eps_for(wrong), Err(Error::Similarity(wrong)));
    }
}

#[test]
fn what_is_no_number_is_never_more_than_chance() {
    let gram = resampled(&planted(0, 60, 4, 3), 39, 0);
    let problem = Problem::new(&gram, false).unwrap();
    let (observed, found) = (spectrum(&problem).unwrap(), null_spectra(&gram, &problem).unwrap());
    assert!(found.p_value(&observed, area).unwrap() < 1.0);
    for nan in [f64::NAN, -f64::NAN] {
        assert_eq!(found.p_value(&observed, |_| Ok(nan)), Ok(1.0));
        // Of the data it is a number, and of no null.
        let of_data = |found: &Spectrum| Ok(if *found == observed { 1.0 } else { nan });
        assert_eq!(found.p_value(&observed, of_data), Ok(1.0));
        assert_eq!(found.threshold(0.05, |_| Ok(nan)), Ok(f64::INFINITY));
    }
}
