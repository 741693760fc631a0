//! Is a match more than chance, and how sure is it? Nulls and jackknife intervals.
//!
//!     cargo run --release --example chance

use spanmatch::ndarray::Array2;
use spanmatch::{Gram, Groups, Problem, jackknife, null_spectra, one_to_one, spectrum};

fn main() -> Result<(), spanmatch::Error> {
    // 200 images of 4 positions each: the rows of an image depend on each other, so they are one group.
    let x = noise(800, 6, 1);
    let y = &x + 2.0 * noise(800, 6, 2);

    // A Gram with 39 nulls, y shifted circularly by whole groups, and the groups dealt to 8 folds.
    let mut gram = Gram::with_resampling(39, 8, 0)?;
    gram.update_groups(&x, &y, &Groups::Equal(4))?;
    let problem = Problem::new(&gram, false)?;
    let observed = spectrum(&problem)?;

    // How often do unrelated networks match as well? By the area, by s(ε), by one neuron: whatever is larger where more
    // matches.
    let nulls = null_spectra(&gram, &problem)?;
    println!(
        "area {:.3}, p = {}",
        observed.area(),
        nulls.p_value(&observed, |found| Ok(found.area()))?
    );
    println!("s(0.92), p = {}", nulls.p_value(&observed, |found| found.similarity(0.92))?);
    println!("neuron 0 of x, p = {}", nulls.p_value(&observed, |found| Ok(1.0 - found.x[0]))?);
    println!(
        "chance brings an area of up to {:.3}",
        nulls.threshold(0.05, |found| Ok(found.area()))?
    );

    // How far may these be from what endless data would say? Each fold is left out in turn.
    let parts = jackknife(&gram, &problem, spectrum)?;
    let area = parts.interval(0.95, |found| Ok(found.area()))?;
    let neuron = parts.interval(0.95, |found| Ok(found.x[0]))?;
    let similarity = parts.similarity(0.95, 0.92)?;
    println!("area: {:.3} to {:.3}", area.low, area.high);
    println!("critical ε of neuron 0 of x: {:.3} to {:.3}", neuron.low, neuron.high);
    println!("s(0.92): {:.2} to {:.2}", similarity.low, similarity.high);

    // The same of any other answer to a problem.
    let pairs = jackknife(&gram, &problem, one_to_one)?.interval(0.95, |found| Ok(found.area()))?;
    println!("area one by one: {:.3} to {:.3}", pairs.low, pairs.high);
    Ok(())
}

/// Numbers that look random, the same each time.
fn noise(rows: usize, columns: usize, mut state: u64) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5
    })
}
