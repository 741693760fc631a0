use arbitrary::{Result, Unstructured};
use spanmatch::{Gram, Groups};

pub(super) fn run(bytes: &mut Unstructured<'_>) -> Result<()> {
    let rows = bytes.int_in_range(0..=200_usize)?;
    let groups = if bytes.arbitrary()? {
        Groups::Equal(any_length(bytes, rows)?)
    } else {
        let count = bytes.int_in_range(0..=12)?;
        let mut lengths = Vec::new();
        for _ in 0..count {
            lengths.push(any_length(bytes, rows)?);
        }
        if bytes.ratio(3, 4)? {
            // Most add up to the rows.
            lengths.truncate(count.min(rows));
            lengths.fill(1);
            let rest = rows.saturating_sub(lengths.len());
            lengths.extend((rest > 0).then_some(rest));
        }
        Groups::Lengths(lengths)
    };
    let (nulls, folds) = (bytes.int_in_range(0..=3)?, bytes.int_in_range(0..=4)?);
    let gram = Gram::with_resampling(nulls, folds, bytes.arbitrary()?);
    let gram = gram.expect("three nulls of nothing fit into memory");
    let (n_batches, n_groups) =
        (bytes.int_in_range(0..=1 << 53)?, bytes.int_in_range(0..=1 << 53)?);
    let Ok(plan) = gram.resampling(rows, &groups, n_batches, n_groups) else { return Ok(()) };
    let starts = groups.starts(rows).expect("a plan was made of these");
    assert_eq!(starts.len(), groups.count(rows).expect("and of their number") + 1);
    assert!(starts.is_sorted() && starts[0] == 0 && starts.last() == Some(&rows));
    for shift in &plan.shifts {
        assert!(starts.contains(shift) && (0..rows).contains(shift), "{shift} of {rows}");
    }
    if folds > 0 {
        let mut dealt: Vec<usize> = plan.folds.into_iter().flatten().flatten().collect();
        dealt.sort_unstable();
        assert!(dealt.into_iter().eq(0..rows), "each row is in one fold");
    }
    Ok(())
}

fn any_length(bytes: &mut Unstructured<'_>, rows: usize) -> Result<usize> {
    Ok(match bytes.int_in_range(0..=3)? {
        0 => bytes.arbitrary()?,
        1 => 0,
        _ => bytes.int_in_range(0..=rows)?,
    })
}
