//! Files of every layout that numpy writes, and files that hold something else.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use half::f16;
use ndarray::array;
use npyz::{AutoSerialize, Order, WriterBuilder};
use spanmatch_bench::{Activations, read_npy};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Writes values in the order in which they lie in the file.
fn save<T: AutoSerialize + Copy>(
    path: PathBuf,
    shape: &[u64],
    order: Order,
    values: &[T],
) -> PathBuf {
    let options = npyz::WriteOptions::<T>::new().default_dtype().shape(shape).order(order);
    let mut writer = options.writer(File::create(&path).unwrap()).begin_nd().unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
    path
}

fn refusal(path: &Path) -> String {
    read_npy(path).unwrap_err().to_string()
}

#[test]
fn both_orders_and_all_float_types_are_read() {
    let folder = folder();
    let file = |name: &str| folder.path().join(name);
    let expected = array![[1_u8, 2, 3], [4, 5, 6]];
    for (order, values) in [(Order::C, [1_u8, 2, 3, 4, 5, 6]), (Order::Fortran, [1, 4, 2, 5, 3, 6])]
    {
        let wide = save(file("wide.npy"), &[2, 3], order, &values.map(f64::from));
        assert_eq!(read_npy(&wide).unwrap(), Activations::F64(expected.mapv(f64::from)));
        let single = save(file("single.npy"), &[2, 3], order, &values.map(f32::from));
        assert_eq!(read_npy(&single).unwrap(), Activations::F32(expected.mapv(f32::from)));
        let half = save(file("half.npy"), &[2, 3], order, &values.map(f16::from));
        assert_eq!(read_npy(&half).unwrap(), Activations::F16(expected.mapv(f16::from)));
    }
}

#[test]
fn refusals_name_the_file_and_what_to_do() {
    let folder = folder();
    let file = |name: &str| folder.path().join(name);
    let whole = save(file("whole.npy"), &[2, 2], Order::C, &[1_i32; 4]);
    assert!(refusal(&whole).contains("'<i4', but must be float16, float32 or float64"));
    let flat = save(file("flat.npy"), &[4], Order::C, &[1.0_f64; 4]);
    assert!(refusal(&flat).contains("the shape is [4], but must be (samples, neurons)"));
    let cut = save(file("cut.npy"), &[200, 100], Order::C, &vec![0.0_f64; 20_000]);
    fs::write(&cut, &fs::read(&cut).unwrap()[..5_000]).unwrap();
    assert!(refusal(&cut).contains("cut off"));
    let text = file("text.npy");
    fs::write(&text, "a,b\n1,2\n").unwrap();
    assert!(refusal(&text).contains("no .npy file"));
    let missing = file("missing.npy");
    for path in [whole, flat, cut, text, missing] {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(refusal(&path).contains(name), "{}", refusal(&path));
    }
}
