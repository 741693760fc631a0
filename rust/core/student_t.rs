//! Student's t distribution, of which intervals need one number.

use std::f64::consts::FRAC_2_PI;

/// The t that |t| stays below with probability `level`, of `freedom` degrees.
pub(crate) fn two_sided_quantile(level: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while probability_within(high, freedom) < level {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if probability_within(middle, freedom) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The probability that |t| is below: Abramowitz and Stegun, 26.7.3 and 26.7.4.
fn probability_within(t: f64, freedom: usize) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let odd = freedom % 2;
    let mut term = if odd == 1 { angle.cos() } else { 1.0 };
    let mut total = if freedom == 1 { 0.0 } else { term };
    for k in (1 + odd..freedom.saturating_sub(2)).step_by(2) {
        let k = k as f64;
        term *= k / (k + 1.0) * angle.cos().powi(2);
        total += term;
    }
    total *= angle.sin();
    if odd == 1 { FRAC_2_PI * (angle + total) } else { total }
}

#[cfg(test)]
mod tests {
    use super::two_sided_quantile;

    /// Of the tables in any book of statistics.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        let table = [
            (0.95, 1, 12.706),
            (0.95, 2, 4.303),
            (0.95, 3, 3.182),
            (0.95, 15, 2.131),
            (0.9, 4, 2.132),
            (0.99, 10, 3.169),
            (0.5, 7, 0.711),
        ];
        for (level, freedom, wanted) in table {
            let found = two_sided_quantile(level, freedom);
            assert!((found - wanted).abs() < 5e-4, "{level}, {freedom}: {found}");
        }
        assert!(two_sided_quantile(0.0, 5) < 1e-15);
    }
}
