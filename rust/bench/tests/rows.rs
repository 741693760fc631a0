//! What an update takes does not grow with its rows. A binary of its own, with one test: whatever else runs
//! meanwhile would be counted.
#![allow(clippy::unwrap_used)]

use ndarray::Array2;
use spanmatch::Gram;
use spanmatch_bench::{Memory, count};

fn update(gram: &mut Gram, rows: usize) -> Memory {
    let side = |j: usize| Array2::from_shape_fn((rows, 8), |(i, k)| ((i * 7 + j + k) % 13) as f64);
    let (x, y) = (side(0), side(3));
    let (result, memory) = count(|| gram.update(&x, &y));
    result.unwrap();
    memory
}

#[test]
fn an_update_takes_as_much_for_a_hundred_times_the_rows() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        // The first fills buffers that stay.
        update(&mut Gram::default(), 2_000);
        for mut grams in [[(); 2].map(|()| Gram::default()), [(); 2].map(|()| begun())] {
            let [few, many] = &mut grams;
            let (few, many) = (update(few, 2_000).peak_bytes, update(many, 200_000).peak_bytes);
            // A byte for each row would be 200,000.
            assert!(many <= few + 1_000, "{few} bytes grow to {many}");
        }
    });
}

fn begun() -> Gram {
    let mut gram = Gram::default();
    update(&mut gram, 10);
    gram
}
