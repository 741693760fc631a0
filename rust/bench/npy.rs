//! Arrays as numpy saves them.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use half::f16;
use ndarray::{Array2, ShapeBuilder};
use npyz::{DType, Deserialize, NpyFile, Order, TypeChar};

use crate::activations::Activations;
use crate::error::{Error, Result};

/// Reads a `.npy` file of samples × neurons: float16, float32 or float64, in C or Fortran order.
///
/// # Errors
/// [`Error::File`], which names the file, where it cannot be read or holds something else.
pub fn read_npy(path: &Path) -> Result<Activations> {
    read(path).map_err(|what| Error::File { path: path.to_owned(), what })
}

fn read(path: &Path) -> std::result::Result<Activations, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let array = NpyFile::new(BufReader::new(file))
        .map_err(|error| format!("no .npy file ({error}): save one with numpy.save"))?;
    let &[samples, neurons] = array.shape() else {
        return Err(format!(
            "the shape is {:?}, but must be (samples, neurons): reshape it",
            array.shape()
        ));
    };
    let dtype = array.dtype().descr();
    let (kind, size) = match array.dtype() {
        DType::Plain(plain) => (plain.type_char(), plain.size_field()),
        _ => (TypeChar::RawData, 0),
    };
    // Before memory is taken for what a damaged header claims.
    let bytes = u128::from(samples) * u128::from(neurons) * u128::from(size);
    if bytes > u128::from(length) {
        return Err(format!(
            "cut off: {length} bytes, of {bytes} that {samples} × {neurons} values take"
        ));
    }
    match (kind, size) {
        (TypeChar::Float, 2) => Ok(Activations::F16(values::<f16>(array)?)),
        (TypeChar::Float, 4) => Ok(Activations::F32(values::<f32>(array)?)),
        (TypeChar::Float, 8) => Ok(Activations::F64(values::<f64>(array)?)),
        _ => Err(format!(
            "the type is {dtype}, but must be float16, float32 or float64: save array.astype(numpy.float32)"
        )),
    }
}

fn values<T: Deserialize>(array: NpyFile<impl Read>) -> std::result::Result<Array2<T>, String> {
    let sizes: Vec<usize> = array
        .shape()
        .iter()
        .map(|&size| usize::try_from(size))
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let is_fortran = array.order() == Order::Fortran;
    let values = array.into_vec().map_err(|error| error.to_string())?;
    let shape = (sizes[0], sizes[1]).set_f(is_fortran);
    Array2::from_shape_vec(shape, values).map_err(|error| error.to_string())
}
