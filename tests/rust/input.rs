//! Bad input is refused with an error that says where, and leaves the Gram as it was; what looks odd but
//! has an answer gets it.

use ndarray::{Array2, s};
use spanmatch::{
    Counted, Error, Gram, GramState, Neuron, NeuronSet, Problem, Side, StateFault, is_match,
    maximum_match, residuals,
};

use crate::common::{Sides, spectrum_bits, spectrum_of};
use crate::problems::{Generator, planted, random};

/// Offers a batch, and asserts that it is refused with this message and that nothing has changed.
fn assert_refused(gram: &mut Gram, batch: &Sides, message: &str) -> Error {
    let before = gram.try_clone().unwrap();
    let error = gram.update(&batch.x, &batch.y).expect_err("the batch is refused");
    assert_eq!(error.to_string(), message);
    assert_unchanged(&before, gram);
    error
}

/// The same counts and, where there are samples, the same spectra; and good batches go on as if the bad
/// one had not been.
pub fn assert_unchanged(before: &Gram, after: &Gram) {
    let counts = |gram: &Gram| (gram.n_batches(), gram.n_samples(), gram.n_x(), gram.n_y());
    assert_eq!(counts(before), counts(after));
    let bits = |gram: &Gram| {
        [false, true].map(|center| {
            let problem = Problem::new(gram, center);
            problem.map(|problem| spectrum_bits(&spectrum_of(&problem)))
        })
    };
    assert_eq!(bits(before), bits(after));
    let more = random(60, 30, before.n_x(), before.n_y());
    let extended = |gram: &Gram| {
        let mut gram = gram.try_clone().unwrap();
        gram.update(&more.x, &more.y).unwrap();
        bits(&gram)
    };
    if before.n_samples() > 0 {
        assert_eq!(extended(before), extended(after));
    }
}

pub fn good() -> Gram {
    planted(61, 40, 5, 4).gram()
}

#[test]
fn row_counts_must_agree() {
    let batch = Sides { x: Array2::ones((3, 5)), y: Array2::ones((2, 4)) };
    let message =
        "x has 3 rows and y has 2: row i of both must be the same sample, so the counts must agree";
    for mut gram in [good(), Gram::default()] {
        let error = assert_refused(&mut gram, &batch, message);
        assert_eq!(error, Error::RowCounts { expected: 3, side: Side::Y, got: 2 });
    }
}

#[test]
fn a_batch_needs_rows() {
    let batch = Sides { x: Array2::ones((0, 5)), y: Array2::ones((0, 4)) };
    for mut gram in [good(), Gram::default()] {
        assert_refused(&mut gram, &batch, "the sides have no rows: give at least one sample");
    }
}

#[test]
fn a_problem_and_chance_need_samples() {
    let message = "the Gram holds no samples: update it before solving";
    let error = Problem::new(&Gram::default(), false).expect_err("no samples");
    assert_eq!((error.to_string().as_str(), error), (message, Error::NoSamples));
    assert_eq!(spanmatch::chance(&Gram::default(), true, 0.0), Err(Error::NoSamples));
}

#[test]
fn widths_must_stay_the_same() {
    let message = "x has 6 neurons, but the Gram was begun with 5";
    assert_refused(&mut good(), &random(62, 3, 6, 4), message);
    let message = "y has 1 neurons, but the Gram was begun with 4";
    assert_refused(&mut good(), &random(62, 600, 5, 1), message);
}

#[test]
fn merged_pairs_need_the_same_widths() {
    for (n_x, n_y, message) in [
        (6, 4, "x has 6 neurons, but the Gram was begun with 5"),
        (5, 3, "y has 3 neurons, but the Gram was begun with 4"),
    ] {
        let mut gram = good();
        let error = gram.merge(random(63, 9, n_x, n_y).gram()).expect_err("another width");
        assert_eq!(error.to_string(), message);
        assert_unchanged(&good(), &gram);
    }
    let mut gram = good();
    gram.merge(Gram::default()).unwrap();
    assert_unchanged(&good(), &gram);
    let mut empty = Gram::default();
    empty.merge(good()).unwrap();
    assert_unchanged(&good(), &empty);
}

/// From 2^53 on float64 skips numbers; and in integers of 64 bits, sums of counts begin again at 0.
#[test]
fn counts_stay_what_float64_can_count() {
    const MOST: u64 = 1 << 53;
    let counted = |n_batches, n_samples| {
        let state = good().state().unwrap();
        Gram::from_state(GramState { n_batches, n_samples, ..state }).unwrap()
    };
    let n_samples = good().n_samples();
    for (n_batches, n_samples, what) in [
        (1, MOST, Counted::Samples),
        (MOST, n_samples, Counted::Batches),
        (1, MOST - n_samples + 1, Counted::Samples),
    ] {
        let mut gram = counted(n_batches, n_samples);
        let before = gram.state().unwrap();
        assert_eq!(gram.merge(good()), Err(Error::Count(what)));
        let batch = random(63, usize::try_from(good().n_samples()).unwrap(), 5, 4);
        let added = gram.update(&batch.x, &batch.y);
        assert_eq!(added, Err(Error::Count(what)));
        assert_eq!(gram.state().unwrap(), before);
    }
    let mut gram = counted(1, MOST - n_samples);
    gram.merge(good()).unwrap();
    assert_eq!(gram.n_samples(), MOST);
}

#[test]
fn folds_are_taken_no_more_often_than_float64_can_count() {
    let mut gram = Gram::with_resampling(0, 2, 0).unwrap();
    let batch = random(64, 20, 5, 4);
    gram.update(&batch.x, &batch.y).unwrap();
    // 10 × 2^61 is 2^62 in integers of 64 bits.
    for times in [u64::MAX, 1 << 61, 1 << 50] {
        let error = gram.of_folds(&[times, 0], false).expect_err("too many");
        assert_eq!(error, Error::Count(Counted::Samples));
    }
    let mut state = gram.resampled_state().unwrap().unwrap();
    let mut whole =
        Gram::from_state(GramState { n_samples: 1 << 53, ..gram.state().unwrap() }).unwrap();
    // 2^11 folds of 2^53 are 0 in integers of 64 bits.
    state.folds[0].n_samples = 1 << 53;
    state.folds = vec![state.folds[0].clone(); (1 << 11) + 1];
    let error = whole.set_resampled(state).expect_err("more samples than there are");
    assert_eq!(error, Error::State(StateFault::FoldSamples));
}

#[test]
fn values_must_be_finite() {
    for (value, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        // In the first block; at its end; in a later one; in the last row of all.
        for row in [0, 511, 700, 1_499] {
            let mut batch = random(64, 1_500, 5, 4);
            batch.y[[row, 3]] = value;
            let message = format!(
                "neuron 3 of y is {name} in row {row} (rows are counted from 0): activations must be finite"
            );
            assert_refused(&mut Gram::default(), &batch, &message);
            assert_refused(&mut good(), &batch, &message);
        }
    }
}

#[test]
fn the_first_bad_value_of_a_single_block_is_named() {
    let mut batch = random(65, 20, 5, 4);
    batch.x[[7, 2]] = f64::NAN;
    batch.x[[9, 2]] = f64::INFINITY;
    let mut gram = good();
    gram.merge(good()).unwrap();
    let before = gram.try_clone().unwrap();
    let error = gram.update(&batch.x, &batch.y).unwrap_err();
    let Error::NotFinite { neuron, value, row } = error else { panic!("{error}") };
    assert_eq!(neuron, Neuron { side: Side::X, index: 2 });
    assert!(value.is_nan());
    assert_eq!(row, 7);
    assert_unchanged(&before, &gram);
    // One batch came here, one with the pair that was merged.
    assert_eq!(gram.n_batches(), 2);
}

#[test]
fn eps_must_be_at_least_0_and_below_1() {
    let problem = planted(70, 40, 5, 4).problem(false);
    let none = NeuronSet::default();
    for eps in [-0.1, -f64::MIN_POSITIVE, 1.0, 1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let message = format!(
            "eps is {eps}, but must be in [0, 1): 0 asks for an exact match, and every residual is at most 1"
        );
        assert_eq!(maximum_match(&problem, eps).unwrap_err().to_string(), message);
        assert_eq!(is_match(&problem, eps, &none).unwrap_err().to_string(), message);
    }
    for eps in [0.0, -0.0, 1.0 - f64::EPSILON] {
        assert!(maximum_match(&problem, eps).is_ok());
    }
}

#[test]
fn a_neuron_is_named_once() {
    let error = NeuronSet::new(vec![3, 1, 3], vec![]).unwrap_err();
    assert_eq!(error.to_string(), "neuron 3 of x is named twice: name each neuron once");
    let error = NeuronSet::new(vec![3, 1], vec![0, 0]).unwrap_err();
    assert_eq!(error, Error::IndexRepeated { side: Side::Y, index: 0 });
}

#[test]
fn a_side_without_neurons_or_all_dead_is_an_answer() {
    let full = random(71, 12, 3, 2);
    let empty = Array2::zeros((12, 0));
    let zero = Array2::zeros((12, 2));
    for (x, y) in [
        (full.x.clone(), empty.clone()),
        (empty.clone(), full.y.clone()),
        (empty.clone(), empty.clone()),
        (full.x.clone(), zero.clone()),
        (zero.clone(), full.y.clone()),
        (zero.clone(), zero),
        (empty, full.y.slice(s![.., ..0]).to_owned()),
    ] {
        let is_alive = |side: &Array2<f64>| side.iter().any(|&value| value != 0.0);
        let expected = |side: &Array2<f64>| {
            vec![if is_alive(side) { 1.0 } else { f64::INFINITY }; side.ncols()]
        };
        let sides = Sides { x, y };
        // In two batches, so that a second update is met too.
        let problem = Problem::new(&sides.gram_of_batches(&[5, 7]), false).unwrap();
        let spectrum = spectrum_of(&problem);
        assert_eq!((spectrum.x, spectrum.y), (expected(&sides.x), expected(&sides.y)));
        assert!(maximum_match(&problem, 0.9).unwrap().answer.is_empty());
        let all = NeuronSet::new((0..sides.x.ncols()).collect(), (0..sides.y.ncols()).collect());
        let residuals = residuals(&problem, &all.unwrap()).unwrap().answer;
        let is_right = |residuals: &[f64], side: &Array2<f64>| {
            let alive = is_alive(side);
            residuals.iter().all(|r| if alive { (*r - 1.0).abs() < 1e-15 } else { r.is_nan() })
        };
        assert!(is_right(&residuals.x, &sides.x) && is_right(&residuals.y, &sides.y));
    }
}

#[test]
fn dead_neurons_are_named_and_belong_to_no_match() {
    let sides = crate::problems::dead(72);
    let problem = sides.problem(false);
    assert_eq!((problem.dead().x(), problem.dead().y()), (&[0, 5, 12][..], &[1, 2, 10][..]));
    let only_dead = NeuronSet::new(vec![5], vec![]).unwrap();
    assert!(!is_match(&problem, 0.9, &only_dead).unwrap().answer);
    let spectrum = spectrum_of(&problem);
    assert!(spectrum.x[5].is_infinite() && spectrum.y[10].is_infinite() && spectrum.x[1] < 1.0);
}

/// The rounding of its mean must not bring it to life, wherever the batches are cut.
#[test]
fn a_constant_column_is_dead_when_centred() {
    let mut generator = Generator::new(73);
    let mut sides = random(74, 1_100, 4, 3);
    sides.x.column_mut(2).fill(0.1);
    sides.y.column_mut(0).fill(-1e9 / 3.0);
    for cut in [1, 600, 1_099, 1 + generator.below(1_000)] {
        let gram = sides.gram_of_batches(&[cut, 1_100 - cut]);
        let half = |rows: std::ops::Range<usize>| Sides {
            x: sides.x.slice(s![rows.clone(), ..]).to_owned(),
            y: sides.y.slice(s![rows, ..]).to_owned(),
        };
        let mut merged = half(0..cut).gram();
        merged.merge(half(cut..1_100).gram()).unwrap();
        for gram in [gram, merged] {
            let (plain, centred) =
                (Problem::new(&gram, false).unwrap(), Problem::new(&gram, true).unwrap());
            assert!(plain.dead().is_empty());
            assert_eq!((centred.dead().x(), centred.dead().y()), (&[2][..], &[0][..]));
            let spectrum = spectrum_of(&centred);
            assert!(spectrum.x[2].is_infinite() && spectrum.y[0].is_infinite());
        }
    }
}

/// A problem reads the sums where the Gram has them; whatever changes the Gram then changes a copy.
#[test]
fn a_problem_knows_the_samples_from_which_it_was_made() {
    let (before, after) = (random(75, 60, 7, 5), random(76, 40, 7, 5));
    let change: [fn(&mut Gram, &Sides); 3] = [
        |gram, more| {
            gram.update(&more.x, &more.y).unwrap();
        },
        |gram, more| gram.merge(more.gram()).unwrap(),
        |gram, _| gram.set_shift(&[0.5; 12]).unwrap(),
    ];
    for change in change {
        let mut gram = before.gram();
        let problem = Problem::new(&gram, false).unwrap();
        let expected = spectrum_of(&problem);
        change(&mut gram, &after);
        assert_eq!(spectrum_of(&problem), expected);
        let mut alone = before.gram();
        change(&mut alone, &after);
        assert_eq!(alone.state().unwrap(), gram.state().unwrap());
    }
}
