//! What does not fit the machine is refused with an error that says how much, for what, and what to do, and
//! leaves the Gram as it was.

use ndarray::{Array2, ArrayView2};
use spanmatch::synthetic::{Plan, Planted};
use spanmatch::{Error, Gram, Purpose, Samples};

use crate::input::{assert_unchanged, good};

/// Two rows of so many columns, which all are one value in memory.
fn wide(value: &Array2<f32>, columns: usize) -> Samples<'_> {
    let view: ArrayView2<'_, f32> = value.broadcast((2, columns)).unwrap();
    view.into()
}

#[test]
fn a_gram_of_too_many_neurons_is_refused() {
    let value = Array2::<f32>::ones((1, 1));
    for (n, size) in [(600_000, "5.2 TiB"), (40_000_000, "22.7 PiB")] {
        let mut gram = Gram::default();
        let error = gram.update(wide(&value, n), wide(&value, n)).unwrap_err();
        let Error::OutOfMemory { ref purpose, bytes, .. } = error else { panic!("{error}") };
        assert_eq!(*purpose, Purpose::Gram { widths: vec![n; 2], nulls: 0, folds: 0 });
        // One triangle of the products of 2 n neurons.
        assert!(bytes >= 16 * (n as u64).pow(2));
        let said = error.to_string();
        for part in [&format!("the joint Gram of {n} + {n} neurons"), size, "take fewer neurons"] {
            assert!(said.contains(part), "{said}");
        }
        assert_unchanged(&Gram::default(), &gram);
        assert_eq!((gram.n_x(), gram.n_samples()), (0, 0));
    }
}

#[test]
fn nulls_and_folds_are_counted_as_a_whole() {
    let value = Array2::<f32>::ones((1, 1));
    // One by one they would be small enough, and be taken until there is nothing left.
    for (nulls, folds) in [(1_000_000, 0), (0, 1_000_000), (500_000, 500_000)] {
        let mut gram = Gram::with_resampling(nulls, folds, 0).unwrap();
        let rows = |columns| wide(&value, columns);
        let error = gram.update(rows(2000), rows(2000)).unwrap_err();
        let wanted = Purpose::Gram { widths: vec![2000; 2], nulls, folds };
        let Error::OutOfMemory { ref purpose, .. } = error else { panic!("{error}") };
        assert_eq!(*purpose, wanted);
        assert!(error.to_string().ends_with("take fewer neurons, nulls or folds"), "{error}");
        assert_eq!((gram.n_x(), gram.n_samples(), gram.n_nulls()), (0, 0, nulls));
    }
    let most = usize::MAX / 2;
    for refused in [Gram::with_resampling(most, 0, 0), Gram::with_resampling(0, most, 0)] {
        assert!(matches!(refused, Err(Error::OutOfMemory { .. })));
    }
}

#[test]
fn a_refused_batch_leaves_what_there_was() {
    let mut gram = good();
    let (before, value) = (gram.try_clone().unwrap(), Array2::<f32>::ones((1, 1)));
    // Of another width: that is said first.
    let wide = wide(&value, 600_000);
    assert!(matches!(gram.update(wide, wide), Err(Error::Width { .. })));
    assert_unchanged(&before, &gram);
}

#[test]
fn a_planted_problem_that_does_not_fit_is_refused() {
    let samples = usize::MAX >> 12;
    let plan = Plan {
        n_x: 1024,
        n_y: 1024,
        samples,
        shared: 1,
        block: 1,
        noise: 0.1,
        duplicates: 0,
        seed: 0,
    };
    assert!(matches!(Planted::new(plan), Err(Error::OutOfMemory { .. })));
}
