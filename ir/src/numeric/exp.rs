//! Exponentials, logarithms and what is made of them, in double-double.

use super::DD;

/// ln 2 in parts whose products with an exponent are exact, and a rest.
const LN2: [f64; 4] = [
    0.6931471805598903,
    5.49792301870721e-14,
    1.1612227229361786e-26,
    7.45592228304103e-40,
];

/// Terms of a Taylor series: enough for 2^-110 on the reduced arguments of this file.
const TERMS: u32 = 28;

/// `(e^r - 1) / r` for `|r| < 0.4`, `1 + r/2 (1 + r/3 (1 + …))`.
fn expm1_over(r: DD) -> DD {
    (2..TERMS)
        .rev()
        .fold(DD::ONE, |sum, n| DD::ONE + r * sum / DD::new(f64::from(n)))
}

/// `x = k ln 2 + r`
fn reduce(x: DD) -> (i32, DD) {
    let k = (x.hi * std::f64::consts::LOG2_E).round_ties_even();
    let r = LN2.iter().fold(x, |r, &part| r - DD::product(k, part));
    (k as i32, r)
}

impl DD {
    /// `e^x`
    pub fn exp(self) -> DD {
        if self.hi.is_nan() {
            self
        } else if self.hi > 710.0 {
            DD::new(f64::INFINITY)
        } else if self.hi < -746.0 {
            DD::ZERO
        } else {
            self.scaled_exp(0)
        }
    }

    /// `2^n e^x` for `|x| < 800`
    fn scaled_exp(self, n: i32) -> DD {
        let (k, r) = reduce(self);
        (DD::ONE + r * expm1_over(r)).scale(k + n)
    }

    /// `2^x`; exact at integers.
    pub fn exp2(self) -> DD {
        if self.hi.is_nan() {
            self
        } else if self.hi.abs() > 1100.0 {
            DD::new(if self.hi > 0.0 { f64::INFINITY } else { 0.0 })
        } else {
            let k = self.nearest();
            ((self - k) * DD::LN_2).exp().scale(k.hi as i32)
        }
    }

    /// `e^x - 1`
    pub fn expm1(self) -> DD {
        if self.hi.abs() < 0.4 {
            if self.hi == 0.0 {
                return self;
            }
            self * expm1_over(self)
        } else {
            self.exp() - DD::ONE
        }
    }

    /// `2 atanh s` for `|s| < 0.2`
    fn double_atanh(s: DD) -> DD {
        let z = s.square();
        let series = z.polynomial((0..TERMS).map(|n| DD::ONE / DD::new(f64::from(2 * n + 1))));
        (s + s) * series
    }

    /// Natural logarithm.
    pub fn ln(self) -> DD {
        if !(self.hi > 0.0 && self.hi.is_finite()) {
            return DD::new(log_special(self.hi));
        }
        let (k, m) = self.split();
        let log = DD::double_atanh((m - DD::ONE) / (m + DD::ONE));
        DD::new(f64::from(k)) * DD::LN_2 + log
    }

    /// `2^k m` with `m` around 1, of a positive number.
    fn split(self) -> (i32, DD) {
        let lift = if self.hi < 1e-280 { 100 } else { 0 };
        let x = self.scale(lift);
        let k = (x.hi.to_bits() >> 52) as i32 - 1023;
        let m = x.scale(-k);
        if m.hi > std::f64::consts::SQRT_2 {
            (k + 1 - lift, m.scale(-1))
        } else {
            (k - lift, m)
        }
    }

    /// Logarithm to base 2; exact at powers of two.
    pub fn log2(self) -> DD {
        if !(self.hi > 0.0 && self.hi.is_finite()) {
            return DD::new(log_special(self.hi));
        }
        let (k, m) = self.split();
        DD::new(f64::from(k)) + m.ln() / DD::LN_2
    }

    /// Logarithm to base 10.
    pub fn log10(self) -> DD {
        self.ln() / DD::LN_10
    }

    /// `log(1 + x)`
    pub fn ln_1p(self) -> DD {
        if self.hi.abs() < 0.4 {
            if self.hi == 0.0 {
                return self;
            }
            DD::double_atanh(self / (self + DD::new(2.0)))
        } else {
            (DD::ONE + self).ln()
        }
    }

    /// `x^y`, a relative error of about `2^-104 (1 + |y log x|)`.
    pub fn pow(self, y: DD) -> DD {
        if y == DD::ZERO || self == DD::ONE {
            return DD::ONE;
        }
        if self.is_nan() || y.is_nan() {
            return DD::new(f64::NAN);
        }
        let integer = y.trunc() == y;
        let halved = y * DD::new(0.5);
        let odd = integer && halved.trunc() != halved;
        if self.hi < 0.0 && self.hi.is_finite() && !integer {
            return DD::new(f64::NAN);
        }
        let base = self.abs();
        let magnitude = if base.hi == 0.0 || !base.is_finite() {
            let grows = (base.hi == 0.0) != (y.hi > 0.0);
            DD::new(if grows { f64::INFINITY } else { 0.0 })
        } else if base == DD::ONE {
            DD::ONE
        } else {
            (y * base.ln()).exp()
        };
        if odd && self.is_sign_negative() {
            -magnitude
        } else {
            magnitude
        }
    }

    /// `1 / (1 + e^-x)`
    pub fn sigmoid(self) -> DD {
        let e = (-self.abs()).exp();
        let numerator = if self.hi < 0.0 { e } else { DD::ONE };
        numerator / (DD::ONE + e)
    }

    /// `log(1 + e^x)`
    pub fn softplus(self) -> DD {
        let tail = (-self.abs()).exp().ln_1p();
        self.max(DD::ZERO) + tail
    }

    /// Hyperbolic sine: with `E = e^|x| - 1`, `(E + E / (E + 1)) / 2`.
    pub fn sinh(self) -> DD {
        let x = self.abs();
        let half = if x.hi > 40.0 {
            x.min(DD::new(720.0)).scaled_exp(-1)
        } else {
            let e = x.expm1();
            (e + e / (e + DD::ONE)).scale(-1)
        };
        half.copysign(self)
    }

    /// Hyperbolic cosine.
    pub fn cosh(self) -> DD {
        let x = self.abs();
        if x.hi > 40.0 {
            x.min(DD::new(720.0)).scaled_exp(-1)
        } else {
            let e = x.exp();
            (e + DD::ONE / e).scale(-1)
        }
    }

    /// Hyperbolic tangent: with `E = e^(2|x|) - 1`, `E / (E + 2)`.
    pub fn tanh(self) -> DD {
        let x = self.abs();
        let e = (x + x).min(DD::new(100.0)).expm1();
        (e / (e + DD::new(2.0))).copysign(self)
    }

    /// `1 - tanh(x)²`
    pub fn sech2(self) -> DD {
        let x = self.abs();
        let e = (-(x + x)).exp();
        DD::new(4.0) * e / (DD::ONE + e).square()
    }

    /// Inverse hyperbolic sine, `log1p(x + x² / (1 + sqrt(1 + x²)))`.
    pub fn asinh(self) -> DD {
        let x = self.abs();
        let value = if x.hi > 1e40 {
            x.ln() + DD::LN_2
        } else if x.hi < 1e-40 {
            x
        } else {
            let square = x.square();
            (x + square / (DD::ONE + (DD::ONE + square).sqrt())).ln_1p()
        };
        value.copysign(self)
    }

    /// Inverse hyperbolic cosine, with `t = x - 1`: `log1p(t + sqrt(2 t + t²))`.
    pub fn acosh(self) -> DD {
        if self.hi > 1e40 {
            return self.ln() + DD::LN_2;
        }
        let t = self - DD::ONE;
        if t.hi < 0.0 {
            return DD::from(f64::NAN);
        }
        (t + (t + t + t.square()).sqrt()).ln_1p()
    }

    /// Inverse hyperbolic tangent, `log1p(2 x / (1 - x)) / 2`.
    pub fn atanh(self) -> DD {
        let x = self.abs();
        let value = if x.hi < 0.2 {
            DD::double_atanh(x).scale(-1)
        } else {
            ((x + x) / (DD::ONE - x)).ln_1p().scale(-1)
        };
        value.copysign(self)
    }
}

/// The logarithm of what is not positive and finite.
fn log_special(x: f64) -> f64 {
    if x == 0.0 {
        f64::NEG_INFINITY
    } else if x < 0.0 {
        f64::NAN
    } else {
        x
    }
}
