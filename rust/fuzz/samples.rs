//! Activations as no network gives them: from bytes.

use arbitrary::{Result, Unstructured};
use half::{bf16, f16};
use ndarray::{Array2, ArrayView2, Axis, Slice};
use spanmatch::{Samples, SparseRows};

/// At most so many rows and neurons.
const MOST: usize = 12;

/// A batch of one side.
pub(crate) enum Batch {
    F16(Array2<f16>),
    BF16(Array2<bf16>),
    F32(Array2<f32>),
    F64(Array2<f64>),
    Sparse(SparseRows),
}

/// How a batch is read: of what lies in memory every other row, backwards, or as it is.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    Forward,
    Backward,
    EveryOther,
}

impl Batch {
    /// So many rows and neurons, of any type.
    pub(crate) fn of(bytes: &mut Unstructured<'_>, rows: usize, neurons: usize) -> Result<Self> {
        let values = wild(bytes, rows, neurons)?;
        Ok(match bytes.int_in_range(0..=5)? {
            0 => Self::F16(values.mapv(f16::from_f64)),
            1 => Self::BF16(values.mapv(bf16::from_f64)),
            2 => Self::F32(values.mapv(narrow)),
            3 => sparse(&values).map_or(Self::F64(values), Self::Sparse),
            _ => Self::F64(values),
        })
    }

    pub(crate) fn view(&self, order: Order) -> Samples<'_> {
        match self {
            Self::F16(values) => turned(values, order).into(),
            Self::BF16(values) => turned(values, order).into(),
            Self::F32(values) => turned(values, order).into(),
            Self::F64(values) => turned(values, order).into(),
            Self::Sparse(rows) => rows.into(),
        }
    }

    /// The values that are read, each as float64.
    pub(crate) fn values(&self, order: Order) -> Array2<f64> {
        match self {
            Self::F16(values) => turned(values, order).mapv(f16::to_f64),
            Self::BF16(values) => turned(values, order).mapv(bf16::to_f64),
            Self::F32(values) => turned(values, order).mapv(f64::from),
            Self::F64(values) => turned(values, order).to_owned(),
            Self::Sparse(rows) => {
                let shape = (rows.n_samples(), rows.n_neurons());
                Array2::from_shape_fn(shape, |(i, j)| rows.value(i, j))
            }
        }
    }
}

/// A number of rows, or of neurons.
pub(crate) fn size(bytes: &mut Unstructured<'_>) -> Result<usize> {
    bytes.int_in_range(0..=MOST)
}

pub(crate) fn order(bytes: &mut Unstructured<'_>) -> Result<Order> {
    bytes.choose(&[Order::Forward, Order::Backward, Order::EveryOther]).copied()
}

/// Columns of any size, some of which others are made of.
pub(crate) fn wild(
    bytes: &mut Unstructured<'_>,
    rows: usize,
    neurons: usize,
) -> Result<Array2<f64>> {
    let mut values = Array2::zeros((rows, neurons));
    for j in 0..neurons {
        let kind = bytes.int_in_range(0..=9)?;
        for i in 0..rows {
            values[(i, j)] = match kind {
                0 => 0.0,
                1 => f64::from(bytes.int_in_range(-2_i8..=2)?),
                2 if j > 0 => values[(i, j - 1)],
                3 if j > 0 => values[(i, j - 1)] + 1e-7 * unit(bytes)?,
                4 if j > 1 => 3.0 * values[(i, j - 1)] - values[(i, j - 2)],
                5 => 1e4 + unit(bytes)?,
                6 => unit(bytes)? * 10_f64.powi(bytes.int_in_range(-300..=150)?),
                _ => unit(bytes)?,
            };
        }
        if kind == 9 {
            let scale = 10_f64.powi(bytes.int_in_range(-320..=308)?);
            values.column_mut(j).mapv_inplace(|value| value * scale);
        }
    }
    if rows > 0 && neurons > 0 && bytes.ratio(1, 16)? {
        let at = (bytes.int_in_range(0..=rows - 1)?, bytes.int_in_range(0..=neurons - 1)?);
        values[at] =
            *bytes.choose(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324])?;
    }
    Ok(values)
}

/// A number in [-1, 1].
fn unit(bytes: &mut Unstructured<'_>) -> Result<f64> {
    Ok(f64::from(bytes.arbitrary::<i16>()?) / f64::from(i16::MAX))
}

#[allow(clippy::cast_possible_truncation)]
fn narrow(value: f64) -> f32 {
    value as f32
}

fn turned<T>(values: &Array2<T>, order: Order) -> ArrayView2<'_, T> {
    let mut view = values.view();
    match order {
        Order::Forward => {}
        Order::Backward => {
            view.invert_axis(Axis(0));
            view.invert_axis(Axis(1));
        }
        Order::EveryOther => view.slice_axis_inplace(Axis(0), Slice::from(..).step_by(2)),
    }
    view
}

/// The rows without their zeros; `None` where a value is not finite.
fn sparse(values: &Array2<f64>) -> Option<SparseRows> {
    let (mut starts, mut columns, mut kept) = (vec![0_i64], Vec::new(), Vec::new());
    for row in values.rows() {
        for (column, &value) in (0_i64..).zip(row).filter(|(_, value)| **value != 0.0) {
            columns.push(column);
            kept.push(value);
        }
        starts.push(i64::try_from(columns.len()).ok()?);
    }
    SparseRows::new(values.ncols(), &starts, &columns, &kept).ok()
}
