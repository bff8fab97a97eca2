//! Small statistics.

use std::time::Duration;

/// The value below which `share` (0 to 1) of the values lie; NaN of nothing, which no table accepts.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    let index = (share * last as f64).round() as usize;
    values[index.min(last)]
}

/// The middle value.
pub fn median(values: &mut [f64]) -> f64 {
    percentile(values, 0.5)
}

/// Milliseconds, with fractions.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// How cost grows: least squares through `(size, cost)`: `(cost at size 0, cost of one more)`.
pub fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let (sx, sy) = points.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x, sy + y));
    let (mx, my) = (sx / n, sy / n);
    let var: f64 = points.iter().map(|(x, _)| (x - mx).powi(2)).sum();
    if points.len() < 2 || var == 0.0 {
        return None;
    }
    let slope = points.iter().map(|(x, y)| (x - mx) * (y - my)).sum::<f64>() / var;
    Some((my - slope * mx, slope))
}

/// The exponent of growth: 0 = flat, 1 = proportional to the size. From the logarithms of both.
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<_> = points.iter().filter(|(x, y)| *x > 0.0 && *y > 0.0).map(|(x, y)| (x.ln(), y.ln())).collect();
    line(&logs).map(|(_, slope)| slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_of_known_series() {
        let flat = [(100.0, 5.0), (1000.0, 5.0), (10_000.0, 5.0)];
        assert!(exponent(&flat).unwrap().abs() < 1e-9);
        let linear = [(100.0, 10.0), (1000.0, 100.0), (10_000.0, 1000.0)];
        assert!((exponent(&linear).unwrap() - 1.0).abs() < 1e-9);
        let (base, slope) = line(&[(0.0, 7.0), (10.0, 27.0), (20.0, 47.0)]).unwrap();
        assert!((base - 7.0).abs() < 1e-9 && (slope - 2.0).abs() < 1e-9);
        assert!(line(&[(1.0, 1.0)]).is_none());
    }

    #[test]
    fn percentiles_of_few_values() {
        assert!(percentile(&mut [], 0.5).is_nan());
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(percentile(&mut [4.0, 1.0, 3.0, 2.0], 0.99), 4.0);
    }
}
