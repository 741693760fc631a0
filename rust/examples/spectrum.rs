//! What two layers share: the match spectrum of two arrays.
//!
//!     cargo run --release --example spectrum

use spanmatch::ndarray::{Array2, Axis, concatenate};
use spanmatch::{Gram, Problem, chance, one_to_one, spectrum};

fn main() -> Result<(), spanmatch::Error> {
    // Rows are samples, columns neurons: row i of both sides is what the two networks say of input i.
    // Of y the first two neurons are mixtures of the first two of x; the others are unrelated.
    let x = noise(2_000, 4, 1);
    let mixed = Array2::from_shape_fn((2_000, 2), |(i, j)| {
        if j == 0 { x[[i, 0]] + x[[i, 1]] } else { x[[i, 0]] - 2.0 * x[[i, 1]] }
    });
    let y = concatenate(Axis(1), &[mixed.view(), noise(2_000, 2, 2).view()]).expect("equal rows");

    // A Gram sums the samples, and a Problem is what questions are asked of.
    let mut gram = Gram::default();
    gram.update(&x, &y)?;
    let problem = Problem::new(&gram, false)?;

    // The critical ε of a neuron is the smallest at which it is part of the match.
    let found = spectrum(&problem)?;
    println!("critical ε of x: {:.3?}", found.x);
    println!("critical ε of y: {:.3?}", found.y);
    println!("s(0.1) = {}: the part of all neurons that match at ε = 0.1", found.similarity(0.1)?);
    println!(
        "at ε = 0.1: {:?} of x, {:?} of y",
        found.match_at(0.1)?.x(),
        found.match_at(0.1)?.y()
    );
    if let Some(eps) = found.eps_for(0.5)? {
        println!("half of them match from ε = {eps} on");
    }
    println!("area under s: {:.3}", found.area());

    // The same neuron by neuron: what is beyond this is shared only in another basis.
    let pairs = one_to_one(&problem)?;
    println!("one by one: s1(0.1) = {}, area {:.3}", pairs.similarity(0.1)?, pairs.area());

    // Unrelated neurons explain a part of each other too: from about here on a match says nothing.
    let (chance_x, _) = chance(&gram, false, 0.0)?;
    println!("chance level of the first neuron: {:.3}", chance_x[0]);
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
