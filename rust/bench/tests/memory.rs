//! What is counted of memory: all of it, aligned, grown or passing. A binary of its own, without the
//! harness of tests: what else runs meanwhile would be counted, and the harness has a thread of its own.

use std::hint::black_box;

use spanmatch_bench::{Memory, count};

const LARGE: usize = 1 << 22;

/// As the buffers of matrix products are.
#[repr(align(128))]
#[derive(Clone)]
struct Aligned(u8);

fn main() {
    let before = vec![0_u8; LARGE];
    let (first, memory) = count(|| {
        let aligned = vec![Aligned(7); LARGE / size_of::<Aligned>()];
        aligned[0].0
    });
    assert_eq!((first, memory), (7, Memory { peak_bytes: LARGE, allocations: 1 }));
    let (length, memory) = count(|| {
        let mut grown = black_box(vec![0_u8; LARGE]);
        grown.reserve_exact(2 * LARGE);
        black_box(grown.len())
    });
    // Grown to three times the size; while the values move, both places are taken.
    assert_eq!((length, memory), (LARGE, Memory { peak_bytes: 4 * LARGE, allocations: 2 }));
    // What was taken before does not count, nor what is given back of it.
    let ((), memory) = count(|| drop(black_box(before)));
    assert_eq!(memory, Memory { peak_bytes: 0, allocations: 0 });
}
