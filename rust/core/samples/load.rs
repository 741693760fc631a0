//! Samples into the columns of a block, less the shift.

use std::array::from_fn;
use std::ops::Range;

use half::{bf16, f16};
use ndarray::{ArrayView2, Axis};

use super::Samples;
use super::sparse::{Entry, SparseRows};
use crate::invariant::pairs;
use crate::linalg::LANES;

/// Columns that are filled at once: of a row as many values as a few fetches from memory bring, and of all rows no
/// more than the second cache holds.
pub(super) const STRIP: usize = 64;

/// Writes rows of some columns of a side.
pub(super) fn load(
    side: &Samples<'_>,
    rows: &[usize],
    columns: Range<usize>,
    shift: &[f64],
    out: &mut [&mut [f64]],
) {
    let place = Place { rows, columns, shift, out };
    match side {
        Samples::F16(view) => place.write(view, f16::to_f64),
        Samples::BF16(view) => place.write(view, bf16::to_f64),
        Samples::F32(view) => place.write(view, f64::from),
        Samples::F64(view) => place.write(view, |value| value),
        Samples::Sparse(source) => place.write_sparse(source),
    }
}

/// Rows and columns of one side, and where they go.
struct Place<'a, 'b> {
    rows: &'a [usize],
    columns: Range<usize>,
    shift: &'a [f64],
    out: &'a mut [&'b mut [f64]],
}

impl Place<'_, '_> {
    /// What is left out is zero.
    fn write_sparse(self, source: &SparseRows) {
        for (out, shift) in pairs(&mut *self.out, self.shift) {
            out.fill(-shift);
        }
        let first = self.columns.start;
        for (at, &row) in self.rows.iter().enumerate() {
            let entries = source.row(row);
            let from = entries.partition_point(|entry| (entry.column as usize) < first);
            let is_here = |entry: &&Entry| (entry.column as usize) < self.columns.end;
            for entry in entries[from..].iter().take_while(is_here) {
                let j = entry.column as usize - first;
                self.out[j][at] = entry.value - self.shift[j];
            }
        }
    }

    fn write<T: Copy>(mut self, source: &ArrayView2<'_, T>, widen: impl Fn(T) -> f64 + Copy) {
        if source.strides()[1] == 1 {
            self.write_rows(source, widen);
        } else {
            self.write_columns(source, widen);
        }
    }

    /// Rows that are contiguous, in squares: a line of the cache is read, and written, as a whole.
    fn write_rows<T: Copy>(&mut self, source: &ArrayView2<'_, T>, widen: impl Fn(T) -> f64 + Copy) {
        let row = |row: usize| {
            let row = source.index_axis(Axis(0), row).to_slice().expect("rows are contiguous");
            &row[self.columns.clone()]
        };
        let (shifts, shifts_left) = self.shift.as_chunks::<LANES>();
        let (squares, rows_left) = self.rows.as_chunks::<LANES>();
        for (square, top) in squares.iter().zip((0..).step_by(LANES)) {
            let rows = square.map(row);
            let lines: [_; LANES] = rows.map(<[T]>::as_chunks::<LANES>);
            for (at, shift) in shifts.iter().enumerate() {
                let square = lines.map(|(lines, _)| &lines[at]);
                let columns = pairs(&mut self.out[at * LANES..][..LANES], shift);
                for (j, (column, shift)) in columns.enumerate() {
                    let (out, _) = column[top..].split_first_chunk_mut().expect("rows of a square");
                    *out = from_fn::<f64, LANES, _>(|i| widen(square[i][j]) - shift);
                }
            }
            let left = pairs(&mut self.out[shifts.len() * LANES..], shifts_left);
            for (j, (column, shift)) in left.enumerate() {
                for (out, (_, values)) in column[top..top + LANES].iter_mut().zip(&lines) {
                    *out = widen(values[j]) - shift;
                }
            }
        }
        let top = squares.len() * LANES;
        for (&index, top) in rows_left.iter().zip(top..) {
            let values = pairs(row(index), self.shift);
            for (column, (value, shift)) in self.out.iter_mut().zip(values) {
                column[top] = widen(*value) - shift;
            }
        }
    }

    /// Columns one by one, wherever their values are.
    fn write_columns<T: Copy>(
        &mut self,
        source: &ArrayView2<'_, T>,
        widen: impl Fn(T) -> f64 + Copy,
    ) {
        for ((column, shift), out) in
            pairs(pairs(self.columns.clone(), self.shift), self.out.iter_mut())
        {
            let values = source.index_axis(Axis(1), column);
            let rows = pairs(out.iter_mut(), self.rows);
            // The loop over a strided view is several times slower than that over a slice.
            match values.to_slice() {
                Some(values) => rows.for_each(|(out, &row)| *out = widen(values[row]) - shift),
                None => rows.for_each(|(out, &row)| *out = widen(values[row]) - shift),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::{Array2, ShapeBuilder};

    use super::super::{Block, Samples};
    use crate::sides::Sides;

    /// Whole numbers, whose sums are exact.
    fn value(row: usize, column: usize) -> f32 {
        ((row * 7 + column * 13) % 11) as f32 - 5.0
    }

    /// Strips of each side, whole ones and the last; rows that no square divides, some of them twice.
    #[test]
    fn every_value_goes_to_its_place() {
        let rows: Vec<usize> = (3..20).chain(25..26).chain(40..110).chain([7, 0]).collect();
        for (n_x, n_y) in [(61, 40), (5, 7), (64, 64), (130, 1), (2, 9)] {
            let n = n_x + n_y;
            let x = Array2::from_shape_fn((110, n_x), |(i, j)| f64::from(value(i, j)));
            let y = Array2::from_shape_fn((110, n_y), |(i, j)| value(i, n_x + j));
            let by_columns = Array2::from_shape_fn((110, n_x).f(), |(i, j)| f64::from(value(i, j)));
            let shift: Vec<f64> = (0..n).map(|j| (j % 4) as f64).collect();
            for x in [&x, &by_columns] {
                let both = Sides::of_widths([n_x, n_y]);
                let mut block = Block::new(rows.len() + 3, &both).unwrap();
                let sides = [Samples::from(x.view()), Samples::from(y.view())];
                block.load(&sides, &rows, &shift);
                let every_third: Vec<usize> = (0..rows.len()).step_by(3).collect();
                let mut part = Block::new(rows.len(), &both).unwrap();
                part.gather(&block, &every_third);
                let thirds: Vec<usize> = every_third.iter().map(|&i| rows[i]).collect();
                for (block, rows) in [(&block, &rows), (&part, &thirds)] {
                    for (side, columns) in [0..n_x, n_x..n].into_iter().enumerate() {
                        let square =
                            |i: usize, j: usize| (f64::from(value(i, j)) - shift[j]).powi(2);
                        let norm = |&i: &usize| columns.clone().map(|j| square(i, j)).sum::<f64>();
                        let wanted: Vec<f64> = rows.iter().map(norm).collect();
                        assert_eq!(block.norms_of(side), wanted, "side {side}");
                    }
                    assert_eq!((block.rows(), block.records().len()), (rows.len(), n));
                    for (j, record) in block.records().iter().enumerate() {
                        let wanted: Vec<f64> =
                            rows.iter().map(|&i| f64::from(value(i, j)) - shift[j]).collect();
                        assert_eq!(block.columns(j..j + 1).to_values(), wanted, "column {j}");
                        let largest =
                            wanted.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
                        assert_eq!((record.sum, record.largest), (wanted.iter().sum(), largest));
                    }
                }
            }
        }
    }

    #[test]
    fn a_value_that_is_not_finite_is_found_where_it_is() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut x = Array2::<f64>::ones((20, 70));
            x[[13, 66]] = bad;
            let mut block = Block::new(20, &Sides::of_widths([70])).unwrap();
            let rows: Vec<usize> = (10..20).collect();
            block.load(&[x.view().into()], &rows, &[1.0; 70]);
            let found = block.first_not_finite().unwrap();
            assert_eq!((found.row, found.column), (3, 66));
            assert!(found.value.total_cmp(&bad).is_eq() || bad.is_nan() && found.value.is_nan());
            block.load(&[x.view().into()], &rows[..3], &[1.0; 70]);
            assert!(block.first_not_finite().is_none());
        }
    }
}
