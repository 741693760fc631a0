//! One match taken apart: the finest matches inside it, who depends on whom, and how one side follows from the other.
//!
//!     cargo run --release --example inside_a_match

use spanmatch::synthetic::{Plan, Planted};
use spanmatch::{Gram, Neuron, Problem, Side, is_simple, linear_map, residuals};

fn main() -> Result<(), spanmatch::Error> {
    // Two networks that share six blocks of five dimensions, each network with noise of its own, and 20 neurons each that
    // share nothing.
    let (shared, block) = (30, 5);
    let plan = Plan {
        n_x: 50,
        n_y: 50,
        samples: 5_000,
        shared,
        block,
        noise: 0.1,
        duplicates: 0,
        seed: 0,
    };
    let (planted, eps) = (Planted::new(plan)?, plan.eps()?);
    let mut gram = Gram::default();
    gram.update(&planted.x, &planted.y)?;
    let problem = Problem::new(&gram, false)?;

    // The maximum match at ε is found once. Every question below starts from it.
    let matched = problem.at(eps)?;
    let (x, y) = (matched.neurons().x(), matched.neurons().y());
    println!("at ε = {eps:.3}: {} + {} neurons, s = {}", x.len(), y.len(), matched.similarity());

    // It falls into simple matches, those that are no union of smaller ones: the blocks.
    for part in matched.simple_cover(0)?.answer {
        assert!(is_simple(&problem, eps, &part)?.answer);
        println!("  simple match: {:?} of x with {:?} of y", part.x(), part.y());
    }

    // One neuron: a smallest match around it, and all that every match around it holds.
    let neuron = Neuron { side: Side::X, index: x[0] };
    let minimum = matched.minimum_match(neuron, 0)?.answer.expect("it is in the match");
    println!("{neuron} needs {} others", minimum.neurons.len() - 1);
    println!(
        "of these no match can do without {}",
        matched.support()?.answer.core(neuron).len() - 1
    );

    // The match as a linear map, in the units of the samples: what stitches one network to the other.
    let map = linear_map(&problem, &minimum.neurons)?.answer;
    println!("y from x, {:?}:\n{:.2}", map.y.coefficients.dim(), map.y.coefficients);

    // How far every neuron is from it, inside or not.
    let apart = residuals(&problem, matched.neurons())?.answer;
    let outside = apart.x.iter().filter(|&&residual| residual > eps).count();
    println!("{outside} neurons of x are farther than ε from the span of the match");
    Ok(())
}
