use arbitrary::{Result, Unstructured};
use ndarray::Array2;
use spanmatch::{Gram, GramState, Groups, Problem, Progress, jackknife, null_spectra, spectrum};

use crate::samples::{Batch, Order, size};

pub(super) fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    let (nulls, folds) = (bytes.int_in_range(0..=2)?, bytes.int_in_range(0..=2)?);
    let gram = Gram::with_resampling(nulls, folds, bytes.arbitrary()?);
    let mut gram = gram.expect("two nulls of nothing fit into memory");
    let rows = size(bytes)?;
    let (x, y) = (size(bytes)?, size(bytes)?);
    let sides = [Batch::of(bytes, rows, x)?, Batch::of(bytes, rows, y)?];
    let samples = sides.each_ref().map(|side| side.view(Order::Forward));
    if gram.update_if(&samples, &Groups::default(), &Progress::default(), || Ok(())).is_err() {
        return Ok(());
    }
    let memory = "small sums fit into memory";
    let mut state = gram.state().expect(memory);
    let mut resampled = gram.resampled_state().expect(memory);
    let mut norms = gram.norm_state().expect(memory);
    for _ in 0..bytes.int_in_range(0..=3_usize)? {
        match bytes.int_in_range(0..=3)? {
            0 | 1 => damage(bytes, &mut state)?,
            2 => {
                if let Some(resampled) = &mut resampled {
                    match bytes.int_in_range(0..=3)? {
                        0 => resampled.n_groups = bytes.arbitrary()?,
                        1 => resampled.shift_hashes = bytes.arbitrary()?,
                        2 => damage_array(bytes, &mut resampled.nulls)?,
                        _ => {
                            for fold in &mut resampled.folds {
                                damage(bytes, fold)?;
                            }
                        }
                    }
                }
            }
            _ => {
                if let Some(norms) = &mut norms {
                    damage_array(bytes, &mut norms.own)?;
                    damage_array(bytes, &mut norms.nulls)?;
                }
            }
        }
    }
    let Ok(mut gram) = Gram::from_state(state.clone()) else { return Ok(()) };
    // Of the products, the triangle right of the diagonal counts.
    let given = state.products.clone();
    state
        .products
        .indexed_iter_mut()
        .for_each(|((i, j), value)| *value = given[(i.min(j), i.max(j))]);
    if state.n_samples == 0 {
        // Sums of no samples know no sides yet.
        state.widths.clear();
    }
    assert_eq!(gram.state().expect(memory), state, "what is let in is what comes out");
    let before = gram.resampled_state().expect(memory);
    if resampled.is_some_and(|resampled| gram.set_resampled(resampled).is_err()) {
        assert_eq!(gram.resampled_state().expect(memory), before);
    }
    let before = gram.norm_state().expect(memory);
    if norms.is_some_and(|norms| gram.set_norms(norms).is_err()) {
        assert_eq!(gram.norm_state().expect(memory), before);
    }
    use_it(&gram);
    Ok(())
}

/// Whatever is let in has an answer, or an error.
fn use_it(gram: &Gram) {
    let _ = (gram.centered(), gram.centered_norms(), gram.null(0), gram.centered_null(1));
    let _ = gram.of_folds(&[1, 2], true);
    if let (Ok(mut sum), Ok(other)) = (gram.try_clone(), gram.try_clone()) {
        let _ = sum.merge(other);
    }
    for center in [false, true] {
        let Ok(problem) = Problem::new(gram, center) else { continue };
        let _ = (null_spectra(gram, &problem), jackknife(gram, &problem, spectrum));
        if let Ok(spectrum) = spectrum(&problem) {
            for critical in spectrum.x.iter().chain(&spectrum.y) {
                assert!((0.0..=1.0).contains(critical) || *critical == f64::INFINITY, "{critical}");
            }
        }
    }
}

fn damage(bytes: &mut Unstructured<'_>, state: &mut GramState) -> Result<()> {
    match bytes.int_in_range(0..=6)? {
        0 => state.widths = bytes.arbitrary()?,
        1 => state.n_batches = bytes.arbitrary()?,
        2 => state.n_samples = bytes.arbitrary()?,
        3 => damage_values(bytes, &mut state.shift)?,
        4 => damage_values(bytes, &mut state.sums)?,
        5 => damage_values(bytes, &mut state.spread)?,
        _ => {
            damage_array(bytes, &mut state.products)?;
            if state.products.is_square() && bytes.arbitrary()? {
                // Symmetric still, and so let in by what looks at one half alone.
                let transposed = state.products.t().to_owned();
                state.products.zip_mut_with(&transposed, |a, b| *a = a.min(*b));
            }
        }
    }
    Ok(())
}

fn damage_values(bytes: &mut Unstructured<'_>, values: &mut Vec<f64>) -> Result<()> {
    match bytes.int_in_range(0..=7)? {
        0 => {
            values.pop();
        }
        1 => values.push(bytes.arbitrary()?),
        _ if values.is_empty() => {}
        _ => {
            let at = bytes.int_in_range(0..=values.len() - 1)?;
            values[at] = any_number(bytes, values[at])?;
        }
    }
    Ok(())
}

fn damage_array(bytes: &mut Unstructured<'_>, values: &mut Array2<f64>) -> Result<()> {
    if values.is_empty() || bytes.ratio(1, 8)? {
        *values = Array2::zeros((size(bytes)?, size(bytes)?));
        return Ok(());
    }
    let at = bytes.int_in_range(0..=values.len() - 1)?;
    let value = values.iter_mut().nth(at).expect("there are more values");
    *value = any_number(bytes, *value)?;
    Ok(())
}

fn any_number(bytes: &mut Unstructured<'_>, value: f64) -> Result<f64> {
    Ok(match bytes.int_in_range(0..=5)? {
        0 => f64::from_bits(bytes.arbitrary()?),
        1 => -value,
        2 => value * 10_f64.powi(bytes.int_in_range(-30..=30)?),
        3 => f64::from_bits(value.to_bits() ^ (1 << bytes.int_in_range(0..=63)?)),
        4 => 0.0,
        _ => bytes.arbitrary()?,
    })
}
