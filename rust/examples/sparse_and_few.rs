//! Latents of which most are zero, as those of sparse autoencoders, and a ridge for few samples.
//!
//!     cargo run --release --example sparse_and_few

use spanmatch::ndarray::Array2;
use spanmatch::{Gram, Problem, SparseRows, chance, spectrum};

fn main() -> Result<(), spanmatch::Error> {
    // Rows as the formats CSR have them: row i has the columns from starts[i] on, each with its value. Here every row
    // has 4 of 1,000 latents, and the second network has those of the first in another order.
    let (rows, active, latents) = (300, 4, 1_000);
    let starts: Vec<i64> = (0..=rows).map(|row| row * active).collect();
    let columns: Vec<i64> =
        (0..rows * active).map(|at| (at / active * 37 + at % active * 251) % latents).collect();
    let moved: Vec<i64> = columns.iter().map(|column| (column * 7 + 3) % latents).collect();
    let values: Vec<f64> = (0..rows * active).map(|at| 1.0 + (at % 13) as f64).collect();
    let x = SparseRows::new(1_000, &starts, &columns, &values)?;
    let y = SparseRows::new(1_000, &starts, &moved, &values)?;
    let mut gram = Gram::default();
    gram.update(&x, &y)?;
    let found = spectrum(&Problem::new(&gram, false)?)?;
    println!("latents: s(0) = {}, {} of them never active", found.similarity(0.0)?, dead(&found.x));

    // 100 samples of 150 unrelated neurons a side: with more neurons than samples, each side explains all of the other.
    let mut few = Gram::default();
    few.update(&noise(100, 150, 1), &noise(100, 150, 2))?;
    let problem = Problem::new(&few, false)?;
    println!("few samples: s(0.1) = {}", spectrum(&problem)?.similarity(0.1)?);

    // A ridge λ asks for an explanation with small coefficients. Every figure is then one at this λ.
    let problem = problem.with_ridge(1.0)?;
    let (chance_x, _) = chance(&few, false, problem.ridge())?;
    println!(
        "with a ridge of {}: s(0.1) = {}",
        problem.ridge(),
        spectrum(&problem)?.similarity(0.1)?
    );
    println!("unrelated neurons have a residual of {:.2} or more", chance_x[0]);
    Ok(())
}

/// Neurons that are zero on every sample belong to no match.
fn dead(critical: &[f64]) -> usize {
    critical.iter().filter(|critical| critical.is_infinite()).count()
}

/// Numbers that look random, the same each time.
fn noise(rows: usize, columns: usize, mut state: u64) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5
    })
}
