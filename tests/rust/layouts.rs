//! The same values give the same answer, however they are stored and in whatever batches they come.

use half::{bf16, f16};
use ndarray::{Array2, ArrayView2, Axis, ShapeBuilder, s};
use spanmatch::{Gram, Samples};

use crate::common::{Sides, spectrum_bits, spectrum_difference, spectrum_of_gram};
use crate::problems::{Generator, planted};

/// Several blocks of rows, the last one short; columns that no strip divides.
const ROWS: usize = 1_037;

/// Values that float16 and bfloat16 hold exactly, so that every type has the same.
fn sides() -> Sides {
    let Sides { x, y } = planted(90, ROWS, 19, 17);
    let round = |value: f64| bf16::from_f64(f16::from_f64(value).to_f64()).to_f64();
    Sides { x: x.mapv(round), y: y.mapv(round) }
}

fn bits(x: Samples<'_>, y: Samples<'_>) -> [Vec<u64>; 2] {
    let mut gram = Gram::default();
    gram.update(x, y).unwrap();
    spectrum_bits(&spectrum_of_gram(&gram))
}

/// The same values in columns, in a part of every second row and third column of a larger array, and in one that
/// runs backwards.
fn assert_layouts_agree<T>(x: &Array2<T>, y: &Array2<T>, filler: T, expected: &[Vec<u64>; 2])
where
    T: Copy,
    for<'a> Samples<'a>: From<ArrayView2<'a, T>>,
{
    let shape = |side: &Array2<T>| side.dim();
    assert_eq!(bits(x.view().into(), y.view().into()), *expected, "rows");

    let in_columns = |side: &Array2<T>| {
        let mut copy = Array2::from_elem(shape(side).f(), filler);
        copy.assign(side);
        copy
    };
    let (fx, fy) = (in_columns(x), in_columns(y));
    assert_eq!(bits(fx.view().into(), fy.view().into()), *expected, "columns");
    assert_eq!(bits(fx.view().into(), y.view().into()), *expected, "columns and rows");

    for in_columns in [false, true] {
        let spread = |side: &Array2<T>| {
            let (rows, columns) = shape(side);
            let mut larger =
                Array2::from_elem((2 * rows + 1, 3 * columns).set_f(in_columns), filler);
            larger.slice_mut(s![1..;2, ..;3]).assign(side);
            larger
        };
        let (lx, ly) = (spread(x), spread(y));
        let found = bits(every_second(&lx).into(), every_second(&ly).into());
        assert_eq!(found, *expected, "strided");
    }

    for axes in [&[0][..], &[1], &[0, 1]] {
        let turned = |side: &Array2<T>| {
            let mut copy = side.clone();
            for &axis in axes {
                copy.invert_axis(Axis(axis));
            }
            // Now stored forwards, seen backwards.
            let mut stored = Array2::from_elem(shape(side), filler);
            stored.assign(&copy);
            for &axis in axes {
                stored.invert_axis(Axis(axis));
            }
            stored
        };
        let (tx, ty) = (turned(x), turned(y));
        assert!(tx.strides().iter().any(|&stride| stride < 0));
        assert_eq!(bits(tx.view().into(), ty.view().into()), *expected, "reversed {axes:?}");
    }
}

/// The part of a larger array that holds the values.
fn every_second<T>(larger: &Array2<T>) -> ArrayView2<'_, T> {
    larger.slice(s![1..;2, ..;3])
}

#[test]
fn widths_and_layouts_give_the_same_bits() {
    let Sides { x, y } = sides();
    let expected = bits(x.view().into(), y.view().into());
    assert_layouts_agree(&x, &y, f64::NAN, &expected);
    let narrow = |side: &Array2<f64>| side.mapv(|value| f16::from_f64(value).to_f32());
    assert_layouts_agree(&narrow(&x), &narrow(&y), f32::NAN, &expected);
    let half = |side: &Array2<f64>| side.mapv(f16::from_f64);
    assert_layouts_agree(&half(&x), &half(&y), f16::NAN, &expected);
    let brain = |side: &Array2<f64>| side.mapv(bf16::from_f64);
    assert_layouts_agree(&brain(&x), &brain(&y), bf16::NAN, &expected);
    // The sides may differ in type.
    assert_eq!(bits(narrow(&x).view().into(), half(&y).view().into()), expected);
}

/// Sums that round: the order in which they are added up shows.
#[test]
fn layouts_of_any_values_give_the_same_bits() {
    let Sides { x, y } = planted(92, ROWS, 61, 50);
    let expected = bits(x.view().into(), y.view().into());
    assert_layouts_agree(&x, &y, f64::NAN, &expected);
}

#[test]
fn one_row_and_one_column_have_ambiguous_strides() {
    let one = |x: &[f64], y: &[f64], rows: usize| {
        let side = |values: &[f64]| {
            Array2::from_shape_vec((rows, values.len() / rows), values.to_vec()).unwrap()
        };
        spectrum_of_gram(&Sides { x: side(x), y: side(y) }.gram())
    };
    // One sample: every live neuron is a multiple of every other.
    let row = one(&[1.0, -2.0, 0.0], &[3.0, 0.5], 1);
    assert_eq!((row.x, row.y), (vec![0.0, 0.0, f64::INFINITY], vec![0.0, 0.0]));
    // One neuron a side: the sine of the angle.
    let column = one(&[3.0, 4.0], &[1.0, 0.0], 2);
    assert!((column.x[0] - 0.8).abs() < 1e-9 && (column.y[0] - 0.8).abs() < 1e-9);
    let broadcast = ndarray::arr0(2.0);
    let broadcast = broadcast.broadcast((4, 2)).unwrap();
    assert_eq!(bits(broadcast.into(), broadcast.into()), [vec![0; 2], vec![0; 2]]);
}

#[test]
fn batches_may_be_cut_anywhere() {
    let sides = sides();
    let whole = spectrum_of_gram(&sides.gram());
    let mut generator = Generator::new(91);
    for pieces in [2, 3, 10] {
        for _ in 0..3 {
            let mut cuts: Vec<usize> = (1..pieces).map(|_| 1 + generator.below(ROWS - 1)).collect();
            cuts.extend([0, ROWS]);
            cuts.sort_unstable();
            cuts.dedup();
            let sizes: Vec<usize> = cuts.windows(2).map(|cut| cut[1] - cut[0]).collect();
            let found = spectrum_of_gram(&sides.gram_of_batches(&sizes));
            let apart = spectrum_difference(&whole, &found);
            assert!(apart < 1e-9, "{sizes:?}: {apart:e}");
        }
    }
    let row_by_row = spectrum_of_gram(&sides.gram_of_batches(&[1; ROWS]));
    assert!(spectrum_difference(&whole, &row_by_row) < 1e-9);
}
