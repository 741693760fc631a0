//! The cosines of neurons, from their products: of all with all, or of one side with the other.

use crate::error::Result;
use crate::gram::Gram;
use crate::invariant::pairs;
use crate::linalg::Matrix;

/// `G_ij / sqrt(G_ii G_jj)` of each y (rows) with each x (columns).
pub(super) fn across_gram(
    gram: &Gram,
    center: bool,
    (x, y): (&[usize], &[usize]),
    scale: &[f64],
) -> Result<Matrix> {
    let (of_x, of_y) = scale.split_at(x.len());
    Matrix::from_columns(y.len(), x.len(), |j, values| {
        let (product, factor) = (gram.products_with(x[j], center), of_x[j]);
        values.extend(pairs(y, of_y).map(|(&i, scale)| product(i) * scale * factor));
    })
}

/// `G_ij / sqrt(G_ii G_jj)` of the neurons at `places`, symmetric, with ones on the diagonal.
pub(super) fn unit_gram(
    gram: &Gram,
    center: bool,
    places: &[usize],
    scale: &[f64],
) -> Result<Matrix> {
    let mut unit = Matrix::symmetric(places.len(), |j| {
        let (product, factor) = (gram.products_with(places[j], center), scale[j]);
        move |i| product(places[i]) * scale[i] * factor
    })?;
    for j in 0..places.len() {
        unit[(j, j)] = 1.0;
    }
    Ok(unit)
}
