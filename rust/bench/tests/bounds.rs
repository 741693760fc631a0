//! Figures that do not depend on the machine's mood, held to what was recorded: closures per search and
//! refreshes per spectrum. (Sums, mixes and near duplicates: the core's own tests of refreshes.)
#![allow(clippy::unwrap_used)]

use spanmatch::synthetic::Plan;
use spanmatch::{Neuron, Side};
use spanmatch_bench::{Answer, Case, Stage, plan};

/// The standard problem at a quarter of its samples, plain and with half of the planted neurons twice, each
/// with a bound on the closures of any search: 1 and 24 were measured.
fn plans() -> [(Plan, usize); 2] {
    let plain = plan(128, 2500);
    [(plain, 2), (Plan { duplicates: 32, ..plain }, 32)]
}

#[test]
fn searches_take_no_more_closures_than_recorded() {
    for (plan, bound) in plans() {
        let case = Case::planted(plan).unwrap();
        let problem = spanmatch::Problem::new(&case.gram, false).unwrap();
        let mut most = 0;
        for &index in case.matched.x() {
            let neuron = Neuron { side: Side::X, index };
            let found = problem.at(case.eps).unwrap().minimum_match(neuron, 0);
            let found = found.unwrap().answer.unwrap();
            let (k, m) = (found.neurons.len() as f64, case.matched.len() as f64);
            let promised = 3.0 * k * (1.0 + m / k).log2() + m.log2();
            assert!(found.closures as f64 <= promised, "{} closures", found.closures);
            most = most.max(found.closures);
        }
        assert!((1..=bound).contains(&most), "{plan:?}: {most} closures, at most {bound} recorded");
    }
}

#[test]
fn spectra_of_planted_problems_need_no_refresh() {
    for (plan, _) in plans() {
        let case = Case::planted(plan).unwrap();
        let Answer::Spectrum(spectrum) = Stage::Spectrum.run(&case).unwrap() else {
            unreachable!()
        };
        assert_eq!(spectrum.refreshes, 0, "{plan:?}");
    }
}
