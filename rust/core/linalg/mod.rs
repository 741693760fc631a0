//! Dense float64 matrices: the only module that uses faer.
//!
//! Work is cut into panels (whole columns, or whole rows) and tiles (both cut) whose borders depend on the sizes alone, and each is computed by one
//! thread: so the result has the same bits at any number of threads, by construction.

mod cuts;
mod factor;
mod gram_product;
mod inverse;
mod lanes;
mod lower_triangle;
mod matrix;
mod product;
mod transpose;
mod vector;

pub(crate) use factor::{Factor, fill_and_solve};
pub(crate) use gram_product::{add_gram, add_product, add_product_at, add_product_below};
pub(crate) use lanes::{LANES, larger, largest};
pub(crate) use lower_triangle::LowerTriangle;
pub(crate) use matrix::{Matrix, Part};
pub(crate) use product::{
    SourceColumns, subtract_columns_before, subtract_product, subtract_upper_gram,
};
pub(crate) use transpose::Triangle;
pub(crate) use vector::{add_multiple, add_symmetric, dot, lower_times, sum_columns};
