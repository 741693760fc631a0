//! Matrices cut into panels: pieces for threads, with borders that depend on sizes alone.

use faer::{ColMut, ColRef, MatMut, MatRef};

/// Cuts a matrix into panels of `width` columns, each with its first column.
pub(super) fn column_panels(
    matrix: MatMut<'_, f64>,
    width: usize,
) -> Vec<(usize, MatMut<'_, f64>)> {
    let mut panels = Vec::new();
    let (mut rest, mut first) = (matrix, 0);
    while rest.ncols() > 0 {
        let width = width.min(rest.ncols());
        let (panel, tail) = rest.split_at_col_mut(width);
        let next = first + panel.ncols();
        panels.push((first, panel));
        (rest, first) = (tail, next);
    }
    panels
}

/// Cuts a matrix into panels of `height` rows, each with its first row.
pub(super) fn row_panels(matrix: MatMut<'_, f64>, height: usize) -> Vec<(usize, MatMut<'_, f64>)> {
    let panels = column_panels(matrix.transpose_mut(), height);
    panels.into_iter().map(|(first, panel)| (first, panel.transpose_mut())).collect()
}

/// A column of a column-major matrix.
pub(super) fn column(matrix: MatRef<'_, f64>, j: usize) -> &[f64] {
    let column = matrix.col(j).try_as_col_major().expect("columns of a matrix are contiguous");
    ColRef::as_slice(column)
}

/// Hands every column of a column-major panel to `change`, with its place in the panel.
pub(super) fn change_columns(panel: MatMut<'_, f64>, mut change: impl FnMut(usize, &mut [f64])) {
    for (j, column) in panel.col_iter_mut().enumerate() {
        let column = column.try_as_col_major_mut().expect("columns of a matrix are contiguous");
        change(j, ColMut::as_slice_mut(column));
    }
}
