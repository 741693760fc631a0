//! A Gram taken apart and put together is the same; parts that no Gram has are refused.

use ndarray::Array2;
use spanmatch::{Error, Gram, GramState, StateFault};

use crate::common::{Sides, difference, spectrum_of_gram};
use crate::input::{assert_unchanged, good};
use crate::problems::planted;

#[test]
fn parts_make_the_same_gram() {
    for gram in [good(), Gram::default(), planted(120, 1_000, 7, 0).gram()] {
        let again = Gram::from_state(gram.state().unwrap()).unwrap();
        assert_eq!(gram.state().unwrap(), again.state().unwrap());
        assert_unchanged(&gram, &again);
    }
}

#[test]
fn one_triangle_of_the_products_counts() {
    let mut parts = good().state().unwrap();
    for j in 0..9 {
        for i in j + 1..9 {
            parts.products[[i, j]] = f64::NAN;
        }
    }
    assert_unchanged(&good(), &Gram::from_state(parts).unwrap());
}

#[test]
fn parts_that_no_gram_has_are_refused() {
    type Spoil = fn(&mut GramState);
    let spoilt: [(Spoil, StateFault); 10] = [
        (|parts| parts.widths[0] += 1, StateFault::Shapes),
        (|parts| parts.products = Array2::zeros((9, 8)), StateFault::Shapes),
        (|parts| parts.sums.truncate(8), StateFault::Shapes),
        (|parts| parts.n_samples = 0, StateFault::NoSamples),
        (|parts| parts.shift[3] = f64::INFINITY, StateFault::NotFinite),
        (|parts| parts.products[[0, 8]] = f64::NAN, StateFault::NotFinite),
        (|parts| parts.spread[4] = -1.0, StateFault::Spread),
        (|parts| parts.sums[2] = 1e6, StateFault::Spread),
        (|parts| parts.products[[1, 1]] = 1e6, StateFault::Spread),
        (|parts| parts.products[[1, 1]] *= -1.0, StateFault::Spread),
    ];
    for (spoil, what) in spoilt {
        let mut parts = good().state().unwrap();
        spoil(&mut parts);
        let error = Gram::from_state(parts).unwrap_err();
        assert_eq!(error, Error::State(what));
    }
    let mut parts = good().state().unwrap();
    parts.spread[0] = 1e154;
    assert!(matches!(Gram::from_state(parts), Err(Error::Overflow { .. })));
}

/// The answers do not change, and sums over a common shift add up to those of all rows at once.
#[test]
fn a_shift_can_be_shared() {
    let sides = planted(121, 300, 9, 8);
    let whole = sides.gram();
    let (head, tail) = (part(&sides, 0..100).gram(), part(&sides, 100..300).gram());
    let mut moved = tail.try_clone().unwrap();
    moved.set_shift(&head.state().unwrap().shift).unwrap();
    assert_eq!(moved.state().unwrap().shift, head.state().unwrap().shift);
    let change = |a: &Gram, b: &Gram| {
        let (a, b) = (spectrum_of_gram(a), spectrum_of_gram(b));
        difference(&a.x, &b.x).max(difference(&a.y, &b.y))
    };
    assert!(change(&tail, &moved) < 1e-12);

    let mut merged = head.try_clone().unwrap();
    merged.merge(tail).unwrap();
    let (a, b) = (head.state().unwrap(), moved.state().unwrap());
    let sum = a.products + b.products;
    assert_eq!(bits(&sum), bits(&merged.state().unwrap().products));
    assert!(change(&whole, &merged) < 1e-12);
}

#[test]
fn a_shift_of_another_kind_is_refused() {
    let huge = vec![1e160; 9];
    for shift in [&[0.0; 8][..], &[f64::NAN; 9], &huge] {
        let mut gram = good();
        gram.set_shift(shift).expect_err("no shift of this Gram");
        assert_unchanged(&good(), &gram);
    }
}

/// What CKA and CCA are made of: the products after subtracting the means.
#[test]
fn centred_products_are_those_of_centred_samples() {
    let mut sides = planted(122, 700, 6, 5);
    for side in [&mut sides.x, &mut sides.y] {
        *side += 1e6;
    }
    let centered = sides.gram().centered().unwrap();
    let joint = ndarray::concatenate![ndarray::Axis(1), sides.x, sides.y];
    let joint = &joint - &joint.mean_axis(ndarray::Axis(0)).unwrap();
    let expected = joint.t().dot(&joint);
    let scale = expected.diag().fold(0.0, |most: f64, &value| most.max(value));
    assert!((&centered - &expected).iter().all(|error| error.abs() < 1e-9 * scale));
    assert_eq!(bits(&centered), bits(&centered.t().to_owned()));
    assert_eq!(Gram::default().centered(), Err(Error::NoSamples));
}

fn part(sides: &Sides, rows: std::ops::Range<usize>) -> Sides {
    let rows = ndarray::s![rows, ..];
    Sides { x: sides.x.slice(rows).to_owned(), y: sides.y.slice(rows).to_owned() }
}

fn bits(values: &Array2<f64>) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}
