//! Sums that no activations have are refused where they enter; sums that some have never are.

use ndarray::{Array2, s};
use spanmatch::{Error, Gram, GramState, Groups, Neuron, ResampledState, Side};

use crate::common::Sides;
use crate::problems::{planted, random};

/// Values of any kind: too large by far, by little, and none.
const DAMAGE: [f64; 6] = [1e3, -1e3, 1e308, -1e308, f64::NAN, f64::INFINITY];

fn resampled(sides: &Sides) -> Gram {
    let mut gram = Gram::with_resampling(3, 4, 0).unwrap();
    gram.update_groups(&sides.x, &sides.y, &Groups::Equal(2)).unwrap();
    gram
}

fn again(state: GramState, resampled: Option<ResampledState>) -> spanmatch::Result<Gram> {
    let mut gram = Gram::from_state(state)?;
    resampled.map_or(Ok(()), |resampled| gram.set_resampled(resampled))?;
    Ok(gram)
}

#[test]
fn products_that_exceed_their_squares_are_refused() {
    let gram = planted(160, 60, 5, 4).gram();
    // Between the sides, within x, within y.
    for (j, i) in [(0, 5), (4, 8), (0, 1), (7, 8)] {
        for damage in DAMAGE {
            let mut state = gram.state().unwrap();
            state.products[[j, i]] = damage;
            let error = Gram::from_state(state).expect_err("it is damaged");
            let neuron = |j: usize| match j {
                0..5 => Neuron { side: Side::X, index: j },
                _ => Neuron { side: Side::Y, index: j - 5 },
            };
            let wanted = Error::Inconsistent { first: neuron(j), second: neuron(i) };
            assert!(error == wanted || !damage.is_finite(), "{damage}: {error}");
        }
        // By a thousandth.
        let mut state = gram.state().unwrap();
        let most = (state.products[[j, j]] * state.products[[i, i]]).sqrt();
        state.products[[j, i]] = 1.001 * most;
        assert!(matches!(Gram::from_state(state), Err(Error::Inconsistent { .. })));
    }
    let mut state = gram.state().unwrap();
    state.products.slice_mut(s![..5, 5..]).fill(1e3);
    let said = Gram::from_state(state).unwrap_err().to_string();
    assert!(said.contains("neuron 0 of x and neuron 0 of y") && said.contains("damaged"), "{said}");
}

/// Each column in itself is possible: its centred square is not.
#[test]
fn a_sum_that_exceeds_its_square_is_refused() {
    let mut state = planted(161, 60, 5, 4).gram().state().unwrap();
    state.sums[2] = 1.01 * (60.0 * state.products[[2, 2]]).sqrt();
    state.spread[2] *= 10.0;
    let neuron = Neuron { side: Side::X, index: 2 };
    let wanted = Error::Inconsistent { first: neuron, second: neuron };
    assert_eq!(Gram::from_state(state).unwrap_err(), wanted);
}

#[test]
fn nulls_and_folds_are_held_to_the_same() {
    let gram = resampled(&planted(162, 60, 5, 4));
    let whole = || (gram.state().unwrap(), gram.resampled_state().unwrap().unwrap());
    let (state, parts) = whole();
    assert!(again(state, Some(parts)).is_ok());
    for damage in DAMAGE {
        for null in 0..3 {
            let (state, mut parts) = whole();
            parts.nulls[[null, 3 * gram.n_y() + 2]] = damage;
            let error = again(state, Some(parts)).expect_err("a null is damaged");
            let first = Neuron { side: Side::X, index: 3 };
            let wanted = Error::Inconsistent { first, second: Neuron { side: Side::Y, index: 2 } };
            assert!(error == wanted || !damage.is_finite(), "{damage}: {error}");
        }
        for fold in 0..4 {
            let (state, mut parts) = whole();
            parts.folds[fold].products[[3, 7]] = damage;
            assert!(again(state, Some(parts)).is_err(), "{damage} in fold {fold}");
        }
    }
}

/// What is added is looked at again, wherever it came from.
#[test]
fn what_some_activations_have_is_never_refused() {
    let constant = |sides: &mut Sides| {
        sides.x.column_mut(0).fill(0.1);
        sides.y.column_mut(1).fill(-3e5);
    };
    let equal = |sides: &mut Sides| {
        let column = sides.x.column(2).to_owned();
        sides.y.column_mut(0).assign(&column);
        sides.x.column_mut(3).assign(&(&column * -1e-7));
    };
    let rare = |sides: &mut Sides| {
        sides.x.column_mut(1).fill(0.0);
        sides.x[[0, 1]] = 1e6;
        sides.y.column_mut(2).fill(1.0);
        sides.y[[900, 2]] = 1e9;
    };
    let scaled = |sides: &mut Sides| {
        sides.x *= 1e150;
        sides.y *= 1e-158;
    };
    let far = |sides: &mut Sides| {
        sides.x += 1e6;
        sides.y -= 1e9;
    };
    let drifting = |sides: &mut Sides| {
        for (i, mut row) in sides.x.rows_mut().into_iter().enumerate() {
            row += i as f64 * 100.0;
        }
    };
    let tiny = |sides: &mut Sides| sides.y *= 1e-300;
    let all: [&dyn Fn(&mut Sides); 7] = [&constant, &equal, &rare, &scaled, &far, &drifting, &tiny];
    for (index, change) in all.iter().enumerate() {
        for rows in [1_000, 2_500] {
            let mut sides = random(163, rows, 5, 4);
            change(&mut sides);
            let (first, second) = (rows / 4 * 2, rows / 2 * 2 - 2);
            let part = |from: usize, count: usize| {
                let rows = s![from..from + count, ..];
                Sides { x: sides.x.slice(rows).to_owned(), y: sides.y.slice(rows).to_owned() }
            };
            for gram in [resampled(&sides), resampled(&part(0, first))] {
                let state = (gram.state().unwrap(), gram.resampled_state().unwrap());
                let norms = gram.norm_state().unwrap().unwrap();
                let mut gram = again(state.0, state.1).unwrap_or_else(|e| panic!("{index}: {e}"));
                gram.set_norms(norms).unwrap_or_else(|e| panic!("{index}, norms: {e}"));
                let other = resampled(&part(2, second));
                gram.merge(other).unwrap_or_else(|error| panic!("{index}, merged: {error}"));
                // As far from the values as they reach, and back.
                let shift = gram.state().unwrap().shift;
                let moved: Vec<f64> = shift.iter().map(|shift| shift * 2.0 + 1e-3).collect();
                for shift in [&moved, &shift] {
                    gram.set_shift(shift).unwrap();
                    let state = (gram.state().unwrap(), gram.resampled_state().unwrap());
                    let norms = gram.norm_state().unwrap().unwrap();
                    again(state.0, state.1)
                        .and_then(|mut gram| gram.set_norms(norms))
                        .unwrap_or_else(|e| panic!("{index}, moved: {e}"));
                }
            }
        }
    }
    let one = Array2::from_elem((2, 3), 5.0);
    assert!(again(Sides { x: one.clone(), y: one }.gram().state().unwrap(), None).is_ok());
}
