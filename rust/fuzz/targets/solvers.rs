use arbitrary::{Result, Unstructured};
use spanmatch::{
    Error, Gram, NeuronSet, Problem, Side, chance, is_match, is_simple, linear_map, maximum_match,
    minimum_for, one_to_one, residuals, spectrum,
};

use crate::samples::{Batch, order, size};

pub(super) fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    let mut gram = Gram::default();
    let (rows, order) = (size(bytes)?, order(bytes)?);
    let (n_x, n_y) = (size(bytes)?, size(bytes)?);
    let (x, y) = (Batch::of(bytes, rows, n_x)?, Batch::of(bytes, rows, n_y)?);
    let (center, eps, seed) =
        (bytes.arbitrary()?, bytes.int_in_range(0..=99_u8)?, bytes.arbitrary()?);
    if gram.update(x.view(order), y.view(order)).is_err() {
        return Ok(());
    }
    let Ok(mut problem) = Problem::new(&gram, center) else { return Ok(()) };
    if bytes.ratio(1, 4)? {
        let Ok(with_ridge) = problem.with_ridge(10_f64.powi(bytes.int_in_range(-14..=3)?)) else {
            return Ok(());
        };
        problem = with_ridge;
        let _ = chance(&gram, center, problem.ridge());
    }
    // Answers, and errors that say why there is none: of these few neurons nothing else may come.
    if let Err(error) = ask(&problem, f64::from(eps) / 100.0, seed) {
        assert!(matches!(error, Error::Indefinite(_) | Error::NoResidual { .. }), "{error}");
    }
    Ok(())
}

fn ask(problem: &Problem, eps: f64, seed: u64) -> spanmatch::Result<()> {
    let spectrum = spectrum(problem)?;
    for critical in spectrum.x.iter().chain(&spectrum.y) {
        assert!((0.0..=1.0).contains(critical) || *critical == f64::INFINITY, "{critical}");
    }
    let solved = maximum_match(problem, eps)?;
    let (largest, resolution) = (solved.answer, solved.resolution);
    if resolution.to_bits() != problem.resolution().to_bits() {
        // Of another δ: nothing below needs to agree.
        return Ok(());
    }
    assert!(is_match(problem, eps, &largest)?.answer, "the maximum match is one");
    let residuals = residuals(problem, &largest)?.answer;
    for residual in residuals.x.iter().chain(&residuals.y) {
        assert!((0.0..=1.0).contains(residual) || residual.is_nan(), "{residual}");
    }
    let mut union = (vec![false; problem.count(Side::X)], vec![false; problem.count(Side::Y)]);
    let matched = problem.at(eps)?;
    let cover = matched.simple_cover(seed)?.answer;
    for part in &cover {
        assert!(is_match(problem, eps, part)?.answer, "a simple match is one");
        part.x().iter().for_each(|&i| union.0[i] = true);
        part.y().iter().for_each(|&i| union.1[i] = true);
    }
    let near = is_near_a_limit(problem, eps, &spectrum.x, &spectrum.y);
    let listed = |marked: &[bool]| (0..marked.len()).filter(|&i| marked[i]).collect::<Vec<_>>();
    if !near {
        assert_eq!(
            NeuronSet::new(listed(&union.0), listed(&union.1))?,
            largest,
            "the cover is all"
        );
    }
    for neuron in cover.iter().flat_map(neurons).take(3) {
        let Some(minimum) = matched.minimum_match(neuron, seed)?.answer else {
            assert!(near, "a neuron of the maximum match has a minimum match");
            continue;
        };
        assert!(minimum.neurons.contains(neuron));
        let _ = minimum_for(problem, eps, &minimum.neurons)?;
        let _ = is_simple(problem, eps, &minimum.neurons)?;
    }
    let _ = matched.minimum_matches(seed)?;
    let found = matched.support()?.answer;
    for (place, neuron) in found.neurons().iter().enumerate() {
        let size = found.neurons().len();
        assert!(found.matrix()[place * size + place], "{neuron:?} supports itself");
    }
    let _ = linear_map(problem, &largest)?;
    let pairs = one_to_one(problem)?;
    let limit = problem.limit(eps)?;
    for (x, y) in pairs.pairs(eps)? {
        assert!(pairs.x[x] <= limit && pairs.y[y] <= limit);
    }
    let (one, near, all) = (pairs.similarity(eps)?, pairs.near(eps)?, spectrum.similarity(eps)?);
    assert!(
        one <= near && (near <= all || is_near_a_limit(problem, eps, &spectrum.x, &spectrum.y))
    );
    Ok(())
}

/// Whether rounding may decide at ε.
fn is_near_a_limit(problem: &Problem, eps: f64, x: &[f64], y: &[f64]) -> bool {
    let limit = eps.max(problem.exact());
    x.iter().chain(y).any(|critical| (critical - limit).abs() < 1e-4)
}

fn neurons(set: &NeuronSet) -> Vec<spanmatch::Neuron> {
    let of = |side: Side, index: &[usize]| {
        index.iter().map(|&index| spanmatch::Neuron { side, index }).collect::<Vec<_>>()
    };
    [of(Side::X, set.x()), of(Side::Y, set.y())].concat()
}
