//! Every stage with criterion: `cargo bench -p spanmatch-bench`. As a test, each once on a small problem.

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use spanmatch_bench::{Case, SAMPLES, Stage, plan};

fn stages(criterion: &mut Criterion) {
    let asked_for = |flag: &str| std::env::args().any(|argument| argument == flag);
    let is_measured = asked_for("--bench") && !asked_for("--test");
    let sizes: &[(usize, usize)] = if is_measured {
        &[(128, SAMPLES), (512, SAMPLES), (1024, SAMPLES)]
    } else {
        &[(32, 1000)]
    };
    for &(n, samples) in sizes {
        let case = Case::planted(plan(n, samples)).expect("the standard problem is planted");
        for stage in Stage::ALL {
            let answer = stage.run(&case).expect("the stage has an answer");
            stage.check(&case, &answer).expect("the answer is right");
            let mut group = criterion.benchmark_group(stage.name());
            group.sample_size(10).sampling_mode(SamplingMode::Flat);
            group.bench_with_input(BenchmarkId::from_parameter(n), &case, |bencher, case| {
                bencher.iter(|| stage.run(case));
            });
        }
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
