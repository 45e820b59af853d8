//! The error function, its complement and its inverse in double-double.

use super::DD;

/// 2 / sqrt(pi)
const TWO_OVER_SQRT_PI: DD = DD {
    hi: std::f64::consts::FRAC_2_SQRT_PI,
    lo: 1.533545961316588e-17,
};

/// `e^(-x²)`; the square's rounding would cost `x²` times as much.
fn gauss(x: DD) -> DD {
    let square = DD::product(x.hi, x.hi);
    let rest = DD::new(square.lo) + DD::product(2.0 * x.hi, x.lo) + DD::product(x.lo, x.lo);
    (-DD::new(square.hi)).exp() * (-rest).exp()
}

/// `erf x` for `|x| <= 6.5` by the series of positive terms
/// `2/sqrt(pi) e^(-x²) x (1 + 2x²/3 (1 + 2x²/5 (1 + …)))`.
fn series(x: DD) -> DD {
    let z = x.square();
    let z = z + z;
    // Terms shrink once 2n + 1 > 2x²; 2^-110 is reached 100 later.
    let terms = z.hi as u32 + 100;
    let sum = (1..terms).rev().fold(DD::ONE, |sum, n| {
        DD::ONE + z * sum / DD::new(f64::from(2 * n + 1))
    });
    TWO_OVER_SQRT_PI * gauss(x) * x * sum
}

/// `erfc x` for `x >= 1` by the continued fraction
/// `e^(-x²) / sqrt(pi) · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …))))`.
fn fraction(x: DD) -> DD {
    // The error falls as e^(-2 sqrt(2 n) x).
    let terms = (800.0 / (x.hi * x.hi)) as u32 + 50;
    let tail = (1..terms)
        .rev()
        .fold(x, |tail, n| x + DD::new(0.5 * f64::from(n)) / tail);
    gauss(x) * (TWO_OVER_SQRT_PI * DD::new(0.5)) / tail
}

impl DD {
    /// Error function.
    pub fn erf(self) -> DD {
        if self.hi == 0.0 || self.is_nan() {
            return self;
        }
        let x = self.abs();
        let value = if x.hi < 2.0 {
            series(x)
        } else if x.hi < 10.0 {
            DD::ONE - fraction(x)
        } else {
            DD::ONE
        };
        value.copysign(self)
    }

    /// `1 - erf x` without cancellation.
    pub fn erfc(self) -> DD {
        if self.is_nan() {
            self
        } else if self.hi < 1.0 {
            DD::ONE - self.erf()
        } else if self.hi < 28.0 {
            fraction(self)
        } else {
            DD::ZERO
        }
    }

    /// Inverse of `erf`: Newton's method with Halley's correction, on `erfc` near 1.
    pub fn erfinv(self) -> DD {
        let p = self.abs();
        if p.hi == 0.0 {
            return self;
        }
        if p.is_nan() || p >= DD::ONE {
            let pole = p == DD::ONE;
            return DD::new(if pole { f64::INFINITY } else { f64::NAN }).copysign(self);
        }
        let complement = DD::ONE - p;
        let start = DD::new(erfinv_start(p.hi, complement));
        let root = (0..5).fold(start, |y, _| {
            let error = if p.hi < 0.5 {
                y.erf() - p
            } else {
                complement - y.erfc()
            };
            let step = error / (TWO_OVER_SQRT_PI * gauss(y));
            y - step / (DD::ONE + y * step)
        });
        root.copysign(self)
    }
}

/// Six digits of `erfinv p` for `0 < p < 1`, fewer near 1 (Giles, "Approximating the erfinv function").
fn erfinv_start(p: f64, complement: DD) -> f64 {
    let w = -(complement * (DD::ONE + DD::new(p))).ln().hi;
    let (w, coefficients) = if w < 5.0 {
        (w - 2.5, &GILES_CENTRE)
    } else {
        (w.sqrt() - 3.0, &GILES_TAIL)
    };
    p * coefficients.iter().fold(0.0, |sum, &c| sum * w + c)
}

/// The highest first.
const GILES_CENTRE: [f64; 9] = [
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
];
const GILES_TAIL: [f64; 9] = [
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
];
