//! Transposed copies.

use faer::{MatMut, MatRef};
use rayon::prelude::*;

use super::cuts::{change_columns, column, column_panels};
use super::lanes::LANES;

/// A square too small to be shared among threads.
const SMALL: usize = 64;

/// Copies `source`, transposed, onto `target`.
fn write_transposed(target: MatMut<'_, f64>, source: MatRef<'_, f64>) {
    column_panels(target, LANES).into_par_iter().for_each(|(first, mut panel)| {
        let (height, width) = (panel.nrows(), panel.ncols());
        for top in (0..height).step_by(LANES) {
            let below = LANES.min(height - top);
            let square = panel.as_mut().subrows_mut(top, below);
            copy_square(square, source.submatrix(first, top, width, below));
        }
    });
}

/// What lies on one side of the diagonal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Triangle {
    Lower,
    Upper,
}

/// Copies the named triangle of a square onto the other.
pub(super) fn mirror(square: MatMut<'_, f64>, triangle: Triangle) {
    let size = square.ncols();
    if size <= SMALL {
        return mirror_small(square, triangle);
    }
    let half = (size / 2).next_multiple_of(LANES);
    let (left, above, below, rest) = square.split_at_mut(half, half);
    match triangle {
        Triangle::Lower => write_transposed(above, below.as_ref()),
        Triangle::Upper => write_transposed(below, above.as_ref()),
    }
    rayon::join(|| mirror(left, triangle), || mirror(rest, triangle));
}

fn mirror_small(mut square: MatMut<'_, f64>, triangle: Triangle) {
    for j in 0..square.ncols() {
        for i in j + 1..square.nrows() {
            match triangle {
                Triangle::Lower => square[(j, i)] = square[(i, j)],
                Triangle::Upper => square[(i, j)] = square[(j, i)],
            }
        }
    }
}

// As slices: faer copies a transposed square half as fast.
fn copy_square(target: MatMut<'_, f64>, source: MatRef<'_, f64>) {
    let mut lines = [[0.0; LANES]; LANES];
    for (j, line) in lines.iter_mut().enumerate().take(source.ncols()) {
        let column = column(source, j);
        match column.first_chunk() {
            Some(column) => *line = *column,
            None => line[..column.len()].copy_from_slice(column),
        }
    }
    change_columns(target, |j, column| {
        for (value, line) in column.iter_mut().zip(&lines) {
            *value = line[j];
        }
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Matrix;
    use super::*;

    const SIZES: [usize; 8] = [0, 1, 7, 8, 9, 64, 65, 200];

    #[test]
    fn a_transposed_copy_is_whole_and_nothing_else_changes() {
        for (rows, columns) in SIZES.into_iter().flat_map(|n| SIZES.map(|m| (n, m))) {
            let source = Matrix::numbered(rows, columns);
            let mut target = Matrix::from_columns(columns + 3, rows, |_, values| {
                values.resize(values.len() + columns + 3, -1.0);
            })
            .unwrap();
            write_transposed(target.view_mut().subrows_mut(2, columns), source.view());
            for j in 0..rows {
                for i in 0..columns + 3 {
                    let inside = (2..columns + 2).contains(&i);
                    let expected = if inside { source[(j, i - 2)] } else { -1.0 };
                    let value = target[(i, j)].to_bits();
                    assert_eq!(value, expected.to_bits(), "{rows} x {columns}: {i}, {j}");
                }
            }
        }
    }

    #[test]
    fn a_triangle_is_mirrored_and_stays() {
        for (size, triangle) in
            SIZES.into_iter().flat_map(|n| [(n, Triangle::Lower), (n, Triangle::Upper)])
        {
            let before = Matrix::numbered(size, size);
            let mut square = before.try_clone().unwrap();
            square.mirror(triangle);
            for j in 0..size {
                for i in 0..size {
                    let ends = (i.max(j), i.min(j));
                    let from = if triangle == Triangle::Lower { ends } else { (ends.1, ends.0) };
                    assert_eq!(
                        square[(i, j)].to_bits(),
                        before[from].to_bits(),
                        "{size}: {i}, {j}"
                    );
                }
            }
        }
    }
}
