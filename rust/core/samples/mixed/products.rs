//! Products of the sides of a block with each other, and with those of another.

use rayon::prelude::*;

use super::{MixedBlock, SideRows, add_sparse};
use crate::error::Result;
use crate::invariant::pairs;
use crate::linalg::{
    LowerTriangle, Matrix, Part, add_gram, add_multiple, add_product_at, add_product_below,
};
use crate::progress::Progress;
use crate::samples::sparse::Visit;

/// A side of some rows.
type SideOf<'b> = (&'b MixedBlock, usize);

/// Adds the products of a side (columns, from the first named) with one behind it (rows, from the first named), of the rows
/// that are turned of this block, and of this one or another.
pub(crate) fn add_products(
    products: &mut Matrix,
    (first_row, first_column): (usize, usize),
    (block, side): SideOf<'_>,
    (other, behind): SideOf<'_>,
    progress: &Progress,
) -> Result<()> {
    if let Some((a, b)) = dense_parts((block, side), (other, behind)) {
        return add_product_at(products, (first_row, first_column), b, a, progress);
    }
    let rows = first_row..first_row + other.sides.width(behind);
    let columns = products.columns_mut().skip(first_column).take(block.sides.width(side));
    let columns = columns.map(|column| &mut column[rows.clone()]);
    add_columns(columns, (block, side), (other, behind), progress)
}

/// The same for the lower triangle of the products of all; of a side with itself, too.
pub(crate) fn add_products_below(
    products: &mut LowerTriangle,
    (first_row, first_column): (usize, usize),
    (block, side): SideOf<'_>,
    (other, behind): SideOf<'_>,
    progress: &Progress,
) -> Result<()> {
    let is_diagonal = first_row == first_column;
    if let Some((a, b)) = dense_parts((block, side), (other, behind)) {
        return if is_diagonal {
            add_gram(products, first_row, a, progress)
        } else {
            add_product_below(products, (first_row, first_column), b, a, progress)
        };
    }
    let end = first_row + other.sides.width(behind);
    let columns = products.columns_mut().skip(first_column).take(block.sides.width(side));
    let columns = columns.map(|(j, column)| &mut column[first_row.max(j) - j..end - j]);
    add_columns(columns, (block, side), (other, behind), progress)
}

/// The values of two sides that are not sparse.
fn dense_parts<'b>(
    (block, side): SideOf<'b>,
    (other, behind): SideOf<'b>,
) -> Option<(Part<'b>, Part<'b>)> {
    match (&block.of_sides[side], &other.of_sides[behind]) {
        (SideRows::Dense { columns: a, .. }, SideRows::Dense { columns: b, .. }) => {
            let part = |side: &'b Matrix| side.part(block.turned.clone(), 0..side.columns());
            Some((part(a), part(b)))
        }
        _ => None,
    }
}

/// Adds to the sums of each column of a side its products with the last columns of another, as many as there are sums: all,
/// or of a side with itself those from this one on.
fn add_columns<'c>(
    columns: impl IndexedParallelIterator<Item = &'c mut [f64]>,
    (block, side): SideOf<'_>,
    (other, behind): SideOf<'_>,
    progress: &Progress,
) -> Result<()> {
    let width = other.sides.width(behind);
    let (left, right) = (&block.of_sides[side], &other.of_sides[behind]);
    let turned = &block.turned;
    columns.enumerate().try_for_each(|(j, sums)| {
        progress.check()?;
        let first = width - sums.len();
        match (left, right) {
            (SideRows::Sparse { columns, .. }, SideRows::Sparse { rows, .. }) => {
                for &Visit { row, place, value } in columns.column(j) {
                    let entries = rows.row(turned.start + row as usize);
                    let from_here = if first > 0 { place as usize } else { 0 };
                    add_sparse(sums, first, value, &entries[from_here..]);
                }
            }
            (SideRows::Sparse { columns, .. }, SideRows::Dense { rows, .. }) => {
                for &Visit { row, value, .. } in columns.column(j) {
                    add_multiple(sums, value, rows.column(row as usize));
                }
            }
            (SideRows::Dense { columns, .. }, SideRows::Sparse { rows, .. }) => {
                for (value, row) in pairs(&columns.column(j)[turned.clone()], turned.clone()) {
                    add_sparse(sums, 0, *value, rows.row(row));
                }
            }
            // Added at once, tile by tile.
            (SideRows::Dense { .. }, SideRows::Dense { .. }) => {}
        }
        Ok(())
    })
}
