//! How often each stage asks for memory: no more than recorded, and no more than in step with the neurons.
//! A binary of its own, with one test: whatever else runs meanwhile would be counted.
#![allow(clippy::unwrap_used)]

use spanmatch_bench::{Case, Stage, count, plan};

const SAMPLES: usize = 2500;
/// Twice the neurons may take so many times the allocations; an allocation for every pair would take 4.
const GROWTH: f64 = 2.5;

/// Of 256 + 256 neurons. With AVX2, before cosines were scaled as they are read, 156, 589, 238, 399, 1,771 and 10,140 were measured, of
/// a maximum match 308 since then; with AVX-512, of earlier code, 264, 602, 169, 325, 1,639 and 10,568. Products of other vectors pack other blocks: for them there is room.
fn bound(stage: Stage) -> usize {
    match stage {
        Stage::Gram | Stage::MaximumMatch => 400,
        Stage::MinimumMatch => 600,
        Stage::Spectrum => 1_000,
        Stage::Cover => 3_000,
        Stage::Support => 15_000,
    }
}

#[test]
fn stages_allocate_no_more_than_recorded() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        let [half, full] = [128, 256].map(|n| Case::planted(plan(n, SAMPLES)).unwrap());
        for stage in Stage::ALL {
            let [half, full] = [&half, &full].map(|case| {
                // The first run fills buffers that stay.
                stage.run(case).unwrap();
                count(|| stage.run(case)).1.allocations
            });
            let most = bound(stage);
            assert!((1..=most).contains(&full), "{stage}: {full} allocations, of at most {most}");
            let growth = full as f64 / half as f64;
            assert!(growth <= GROWTH, "{stage}: {half} allocations grow to {full}");
        }
    });
}
