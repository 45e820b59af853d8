//! The logarithm of the gamma function and its derivatives in double-double: recurrence up to an argument
//! where the asymptotic series reaches 2^-110, reflection below zero.

use super::DD;

/// Bernoulli numbers B2, B4, ….
const BERNOULLI: [DD; 20] = [
    DD {
        hi: 0.16666666666666666,
        lo: 9.25185853854297e-18,
    },
    DD {
        hi: -0.03333333333333333,
        lo: -4.625929269271486e-19,
    },
    DD {
        hi: 0.023809523809523808,
        lo: 1.32169407693471e-18,
    },
    DD {
        hi: -0.03333333333333333,
        lo: -4.625929269271486e-19,
    },
    DD {
        hi: 0.07575757575757576,
        lo: -2.10269512239613e-18,
    },
    DD {
        hi: -0.2531135531135531,
        lo: -1.1061562736192037e-17,
    },
    DD {
        hi: 1.1666666666666667,
        lo: -7.401486830834377e-17,
    },
    DD {
        hi: -7.092156862745098,
        lo: -3.274069468698501e-16,
    },
    DD {
        hi: 54.971177944862156,
        lo: -1.9588897477095493e-16,
    },
    DD {
        hi: -529.1242424242424,
        lo: 6.890111377067638e-16,
    },
    DD {
        hi: 6192.123188405797,
        lo: 9.226757844073186e-14,
    },
    DD {
        hi: -86580.25311355312,
        lo: 3.5926706461242705e-12,
    },
    DD {
        hi: 1425517.1666666667,
        lo: -7.761021455128987e-11,
    },
    DD {
        hi: -27298231.067816094,
        lo: 1.610010519795034e-09,
    },
    DD {
        hi: 601580873.9006424,
        lo: -2.6635227381825164e-08,
    },
    DD {
        hi: -15116315767.092157,
        lo: 5.011465035232843e-07,
    },
    DD {
        hi: 429614643061.1667,
        lo: -2.0345052083333332e-05,
    },
    DD {
        hi: -13711655205088.332,
        lo: -0.0007409090879485616,
    },
    DD {
        hi: 488332318973593.2,
        lo: -0.020833333333333332,
    },
    DD {
        hi: -1.9296579341940068e+16,
        lo: -0.14863266814486326,
    },
];

/// log(2 pi) / 2
const HALF_LOG_TAU: DD = DD {
    hi: 0.9189385332046728,
    lo: -3.8782941580672414e-17,
};

/// Where the asymptotic series are used.
const LARGE: f64 = 32.0;

/// `Σ f(k) B_2k w^k`, `w = 1/x²`.
fn asymptotic(w: DD, factor: fn(f64) -> f64) -> DD {
    let terms = BERNOULLI.iter().zip(1..=20u16);
    let sum = w.polynomial(terms.map(|(&b, k)| b / DD::new(factor(f64::from(k)))));
    sum * w
}

/// The arguments `x, x + 1, …` up to [`LARGE`], and the first that is not below.
fn climb(x: DD) -> (Vec<DD>, DD) {
    let mut steps = Vec::new();
    let mut x = x;
    while x.hi < LARGE {
        steps.push(x);
        x = x + DD::ONE;
    }
    (steps, x)
}

impl DD {
    /// Whether this is 0, -1, -2, ….
    fn is_pole(self) -> bool {
        self.hi <= 0.0 && self.trunc() == self
    }

    /// `log |gamma(x)|`; absolute accuracy near its zeros.
    pub fn lgamma(self) -> DD {
        if self.is_nan() {
            return self;
        }
        if !self.is_finite() || self.is_pole() {
            return DD::new(f64::INFINITY);
        }
        if self == DD::ONE || self == DD::new(2.0) {
            return DD::ZERO;
        }
        if self.hi < 0.5 {
            let reflected = (DD::PI / self.sinpi().abs()).ln();
            return reflected - (DD::ONE - self).lgamma();
        }
        let (steps, x) = climb(self);
        let product = steps.into_iter().fold(DD::ONE, |product, x| product * x);
        let w = DD::ONE / x.square();
        let series = asymptotic(w, |k| 2.0 * k * (2.0 * k - 1.0)) * x;
        let stirling = (x - DD::new(0.5)) * (x.ln() - DD::ONE) + (HALF_LOG_TAU - DD::new(0.5));
        stirling + series - product.ln()
    }

    /// `d/dx log gamma(x)`
    pub fn digamma(self) -> DD {
        if self.hi == 0.0 {
            return DD::new(f64::INFINITY).copysign(-self);
        }
        if self.is_pole() {
            return DD::new(f64::NAN);
        }
        if self.hi == f64::INFINITY {
            return self;
        }
        if self.hi < 0.5 {
            let cotangent = self.cospi() / self.sinpi();
            return (DD::ONE - self).digamma() - DD::PI * cotangent;
        }
        let (steps, x) = climb(self);
        let inverse = DD::ONE / x;
        let series = asymptotic(inverse.square(), |k| 2.0 * k);
        let value = x.ln() - inverse * DD::new(0.5) - series;
        steps
            .into_iter()
            .rev()
            .fold(value, |value, x| value - DD::ONE / x)
    }

    /// `d²/dx² log gamma(x)`
    pub fn trigamma(self) -> DD {
        if self.hi.is_finite() && self.is_pole() {
            return DD::new(f64::INFINITY);
        }
        if self.hi == f64::INFINITY {
            return DD::ZERO;
        }
        if self.hi < 0.5 {
            let ratio = DD::PI / self.sinpi();
            return ratio.square() - (DD::ONE - self).trigamma();
        }
        let (steps, x) = climb(self);
        let inverse = DD::ONE / x;
        let w = inverse.square();
        let series = asymptotic(w, |_| 1.0) * inverse;
        let value = inverse + w * DD::new(0.5) + series;
        steps
            .into_iter()
            .rev()
            .fold(value, |value, x| value + (DD::ONE / x).square())
    }
}
