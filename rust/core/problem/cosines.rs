//! The cosines of neurons, `G_ij / sqrt(G_ii G_jj)`, read from the products that a Gram has summed.
//!
//! They are scaled as they are read: no copy of the Gram in unit columns is made.

mod times;

use std::ops::Range;
use std::sync::Arc;

use crate::gram::Gram;
use crate::linalg::LowerTriangle;

/// Some neurons of a Gram, ascending, and what their products take to become cosines.
#[derive(Clone, Debug)]
pub(crate) struct Cosines {
    products: Arc<LowerTriangle>,
    center: bool,
    count: f64,
    /// The column of each neuron in the Gram.
    columns: Vec<usize>,
    shift: Vec<f64>,
    sums: Vec<f64>,
    /// The reciprocal of each neuron's length.
    scale: Vec<f64>,
}

impl Cosines {
    /// The cosines of these columns of a Gram, ascending, as they are or centred. `scale` has the reciprocals of their
    /// lengths.
    pub(super) fn new(gram: &Gram, center: bool, columns: Vec<usize>, scale: Vec<f64>) -> Self {
        Self {
            products: gram.products(),
            center,
            count: gram.n_samples() as f64,
            shift: columns.iter().map(|&j| gram.shift()[j]).collect(),
            sums: columns.iter().map(|&j| gram.shifted_sums()[j]).collect(),
            columns,
            scale,
        }
    }

    /// Whether the columns are centred.
    pub(super) fn are_centered(&self) -> bool {
        self.center
    }

    /// How many neurons there are.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Those of some of the neurons, ascending.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        let take = |values: &[f64]| places.iter().map(|&place| values[place]).collect();
        Self {
            products: self.products.clone(),
            columns: places.iter().map(|&place| self.columns[place]).collect(),
            shift: take(&self.shift),
            sums: take(&self.sums),
            scale: take(&self.scale),
            ..*self
        }
    }

    /// Whether all of these neurons come before all of the others.
    pub(crate) fn are_before(&self, others: &Self) -> bool {
        match (self.columns.last(), others.columns.first()) {
            (Some(last), Some(first)) => last < first,
            _ => true,
        }
    }

    /// The cosine of two neurons, by their places; 1 of one with itself.
    pub(crate) fn between(&self, i: usize, j: usize) -> f64 {
        let (i, j) = (i.max(j), i.min(j));
        if i == j {
            return 1.0;
        }
        let product = self.products[(self.columns[i], self.columns[j])];
        let moved = if self.center {
            product - self.sums[i] * (self.sums[j] / self.count)
        } else {
            let (a, b) = (self.shift[i], self.shift[j]);
            product + a * self.sums[j] + self.sums[i] * b + self.count * a * b
        };
        moved * self.scale[i] * self.scale[j]
    }

    /// Writes the cosines of the neuron at a place with some others, of these or of another selection from the same Gram:
    /// none is before it.
    pub(crate) fn write(&self, place: usize, others: &Self, range: Range<usize>, out: &mut [f64]) {
        let columns = &others.columns[range.clone()];
        let (Some(&first), Some(&last)) = (columns.first(), columns.last()) else { return };
        let column = self.columns[place];
        let products = self.products.column(column);
        if last - first + 1 == columns.len() {
            let products = &products[first - column..][..columns.len()];
            self.scale(place, others, range, out, products.iter().copied());
        } else {
            let products = columns.iter().map(|other| products[other - column]);
            self.scale(place, others, range, out, products);
        }
        if first == column {
            out[0] = 1.0;
        }
    }

    fn scale(
        &self,
        place: usize,
        others: &Self,
        range: Range<usize>,
        out: &mut [f64],
        products: impl Iterator<Item = f64>,
    ) {
        let (sum, b, factor) = (self.sums[place], self.shift[place], self.scale[place]);
        let (count, mean) = (self.count, self.sums[place] / self.count);
        let sums = &others.sums[range.clone()];
        let scale = &others.scale[range.clone()];
        if self.center {
            let others = sums.iter().zip(scale);
            for ((value, product), (of_other, scale)) in out.iter_mut().zip(products).zip(others) {
                *value = (product - of_other * mean) * scale * factor;
            }
        } else {
            let others = others.shift[range].iter().zip(sums).zip(scale);
            let values = out.iter_mut().zip(products).zip(others);
            for ((value, product), ((a, of_other), scale)) in values {
                *value = (product + a * sum + of_other * b + count * a * b) * scale * factor;
            }
        }
    }
}

#[cfg(test)]
impl Cosines {
    /// These, whatever they are.
    pub(super) fn of_unit_gram(unit: LowerTriangle) -> Self {
        let n = unit.size();
        Self {
            products: Arc::new(unit),
            center: false,
            count: 1.0,
            columns: (0..n).collect(),
            shift: vec![0.0; n],
            sums: vec![0.0; n],
            scale: vec![1.0; n],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::Array2;

    use crate::gram::Gram;
    use crate::neurons::Side;
    use crate::problem::Problem;

    fn value(i: usize, j: usize) -> f64 {
        if j % 97 == 5 { 0.0 } else { ((i * 31 + j * 17 + i * j % 7) % 23) as f64 - 7.0 }
    }

    /// A vector with exact zeros at neurons that are wanted, and at all that are not.
    #[test]
    fn products_with_a_vector_are_those_of_the_cosines() {
        for (n_x, n_y) in [(500, 600), (7, 9), (1, 1_000)] {
            let z = Array2::from_shape_fn((29, n_x + n_y), |(i, j)| value(i, j));
            let (x, y) = z.view().split_at(ndarray::Axis(1), n_x);
            let mut gram = Gram::default();
            gram.update(x, y).unwrap();
            for center in [false, true] {
                let problem = Problem::new(&gram, center).unwrap();
                let (cosines, sides) = (problem.cosines(), [Side::X, Side::Y]);
                for (of_rows, of_columns) in sides.iter().flat_map(|a| sides.map(|b| (*a, b))) {
                    let (rows, columns) = (problem.places(of_rows), problem.places(of_columns));
                    let is_wanted = |place: usize| place % 5 != 3;
                    let v: Vec<f64> = columns
                        .clone()
                        .map(|j| if j % 3 == 0 || !is_wanted(j) { 0.0 } else { 1.0 + j as f64 })
                        .collect();
                    let found = cosines.times(&rows, &columns, &v, is_wanted);
                    let scale: f64 = v.iter().sum::<f64>() + 1.0;
                    for (i, found) in rows.clone().zip(found) {
                        let terms = columns.clone().zip(&v);
                        let sum: f64 = terms.map(|(j, v)| cosines.between(i, j) * v).sum();
                        let wanted = if is_wanted(i) { sum } else { 0.0 };
                        assert!((found - wanted).abs() <= 1e-13 * scale, "{n_x} + {n_y}: {i}");
                    }
                }
            }
        }
    }

    /// Columns of more than one panel of the Gram, some of them dead, which leaves gaps.
    #[test]
    fn cosines_are_those_of_the_columns_wherever_the_gram_has_them() {
        let z = Array2::from_shape_fn((29, 1_100), |(i, j)| value(i, j));
        let (x, y) = z.view().split_at(ndarray::Axis(1), 500);
        let mut gram = Gram::default();
        gram.update(x, y).unwrap();
        for center in [false, true] {
            let problem = Problem::new(&gram, center).unwrap();
            let cosines = problem.cosines();
            let column = |place: usize| {
                let neuron = problem.live()[place];
                let column = z.column(neuron.index + 500 * neuron.side.index());
                let mean = if center { column.mean().unwrap() } else { 0.0 };
                let column = column.mapv(|value| value - mean);
                let length = column.dot(&column).sqrt();
                column / length
            };
            let places: Vec<usize> = (0..cosines.len()).filter(|i| i % 41 < 2).collect();
            let selected = cosines.select(&places);
            let mut row = vec![0.0; places.len()];
            for (at, &i) in places.iter().enumerate() {
                selected.write(at, &selected, at..places.len(), &mut row[at..]);
                for (value, &j) in row[at..].iter().zip(&places[at..]) {
                    let wanted = column(i).dot(&column(j));
                    assert!((value - wanted).abs() < 1e-12, "{i}, {j}");
                    assert_eq!(cosines.between(i, j).to_bits(), value.to_bits());
                    assert_eq!(cosines.between(j, i).to_bits(), value.to_bits());
                }
            }
        }
    }
}
