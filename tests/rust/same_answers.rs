//! The crate and the Python package say the same of one pair: `same_answers.txt` has what both are held to, here and in
//! `tests/python/solve/test_same_as_rust.py`.

use ndarray::Array2;
use spanmatch::{
    Gram, Groups, Interval, Problem, Result, Spectrum, jackknife, null_spectra, one_to_one,
    spectrum,
};

const TABLE: &str = include_str!("same_answers.txt");

/// 240 rows of 7 + 6 neurons: some shared, one by one or mixed, some not, a twin, a dead one.
fn gram() -> Gram {
    let noise = |row: usize, column: usize| {
        ((row * 7919 + column * 104_729 + row * column * 31) % 1009) as f64 - 504.0
    };
    let x = Array2::from_shape_fn((240, 7), |(row, j)| match j {
        5 => -2.0 * noise(row, 0),
        6 => 0.0,
        _ => noise(row, j),
    });
    let y = Array2::from_shape_fn((240, 6), |(row, j)| {
        let own = noise(row, 50 + j);
        match j {
            0 => 3.0 * x[[row, 0]],
            1 => x[[row, 1]] + x[[row, 2]],
            2 => x[[row, 1]] - x[[row, 2]] + (own / 4.0).floor(),
            3 => own + x[[row, 3]],
            _ => own,
        }
    });
    let mut gram = Gram::with_resampling(29, 8, 0).unwrap();
    gram.update_groups(&x, &y, &Groups::Equal(2)).unwrap();
    gram
}

/// A statistic, which may be refused.
#[allow(clippy::unnecessary_wraps)]
fn area(found: &Spectrum) -> Result<f64> {
    Ok(found.area())
}

#[test]
fn the_crate_says_what_the_table_has() {
    let gram = gram();
    let problem = Problem::new(&gram, false).unwrap();
    let (found, pairs) = (spectrum(&problem).unwrap(), one_to_one(&problem).unwrap());
    let nulls = null_spectra(&gram, &problem).unwrap();
    let parts = jackknife(&gram, &problem, spectrum).unwrap();
    let ends = |interval: Result<Interval>| interval.map(|ends| vec![ends.low, ends.high]);
    let floats = |index: &[usize]| Ok(index.iter().map(|&index| index as f64).collect());
    let one = |value: Result<f64>| value.map(|value| vec![value]);
    let answer = |question: &str, argument: f64| -> Result<Vec<f64>> {
        match question {
            "area" => one(area(&found)),
            "one to one area" => one(Ok(pairs.area())),
            "similarity" => one(found.similarity(argument)),
            "match x" => floats(found.match_at(argument)?.x()),
            "match y" => floats(found.match_at(argument)?.y()),
            "one to one similarity" => one(pairs.similarity(argument)),
            "near" => one(pairs.near(argument)),
            "pairs" => {
                let pairs = pairs.pairs(argument)?.into_iter();
                floats(&pairs.flat_map(|(x, y)| [x, y]).collect::<Vec<_>>())
            }
            "p-value" if argument.is_nan() => one(nulls.p_value(&found, area)),
            "p-value" => one(nulls.p_value(&found, |found| found.similarity(argument))),
            "eps for" => one(Ok(found.eps_for(argument)?.unwrap_or(f64::INFINITY))),
            "least p" => one(Ok(nulls.least_p())),
            "chance level" => one(Ok(nulls.chance_level())),
            "threshold" => one(nulls.threshold(argument, area)),
            "interval area" => ends(parts.interval(0.9, area)),
            "interval similarity" => ends(parts.similarity(0.9, argument)),
            "interval x" => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let index = argument as usize;
                ends(parts.interval(0.9, |found| Ok(found.x[index])))
            }
            other => panic!("what is {other}?"),
        }
    };
    for line in TABLE.lines() {
        let (asked, wanted) = line.split_once(':').unwrap();
        let argument = asked.rsplit(' ').next().and_then(|last| last.parse().ok());
        let question = argument.map_or(asked, |_: f64| asked.rsplit_once(' ').unwrap().0);
        let found = answer(question, argument.unwrap_or(f64::NAN)).unwrap();
        let wanted: Vec<f64> = wanted.split_whitespace().map(|v| v.parse().unwrap()).collect();
        let is_same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || (a - b).abs() <= 1e-9;
        let same = found.len() == wanted.len() && found.iter().zip(&wanted).all(is_same);
        assert!(same, "{asked}: {found:?}, but {wanted:?} in the table");
    }
    assert_eq!(TABLE.lines().count(), 57);
}
