//! Inverse trigonometric functions, roots and the hypotenuse in double-double: a binary64 approximation
//! and a step that squares its error or better.

use super::DD;
use crate::elementary::Elementary;
use crate::scalar::{DType, Scalar};

/// The binary64 function, to start from.
pub(super) fn approximate(function: Elementary, x: f64) -> f64 {
    match function.evaluate(DType::F64, &[Scalar::F64(x)]) {
        Some(Scalar::F64(y)) => y,
        _ => f64::NAN,
    }
}

impl DD {
    /// pi/2
    pub(super) const HALF_PI: DD = DD {
        hi: std::f64::consts::FRAC_PI_2,
        lo: 6.123233995736766e-17,
    };

    /// Arc tangent: with `a` near it and `t = tan a`, `a + atan((x - t) / (1 + x t))`.
    pub fn atan(self) -> DD {
        let x = self.abs();
        if x.hi > 1.0 {
            return (DD::HALF_PI - (DD::ONE / x).atan()).copysign(self);
        }
        if x.is_nan() || x.hi < 1e-60 {
            return self;
        }
        let a = DD::new(approximate(Elementary::Atan, x.hi));
        let t = a.tan();
        let d = (x - t) / (DD::ONE + x * t);
        // d³/3 of 10^-16 is not seen.
        (a + d).copysign(self)
    }

    /// The angle of the point `(x, y)`, `self` being `y`.
    pub fn atan2(self, x: DD) -> DD {
        let y = self;
        if x.is_nan() || y.is_nan() {
            return DD::new(f64::NAN);
        }
        let (ax, ay) = (x.abs(), y.abs());
        let angle = if ax.hi == 0.0 && ay.hi == 0.0 {
            DD::ZERO
        } else if !ax.is_finite() && !ay.is_finite() {
            DD::HALF_PI.scale(-1)
        } else if ay > ax {
            DD::HALF_PI - quotient(ax, ay).atan()
        } else {
            quotient(ay, ax).atan()
        };
        let angle = if x.is_sign_negative() {
            DD::PI - angle
        } else {
            angle
        };
        angle.copysign(y)
    }

    /// Arc sine, `atan(x / sqrt((1 - x) (1 + x)))`.
    pub fn asin(self) -> DD {
        let cosine = ((DD::ONE - self) * (DD::ONE + self)).sqrt();
        if cosine.hi == 0.0 {
            return DD::HALF_PI.copysign(self);
        }
        if self.hi == 0.0 || cosine.is_nan() {
            return if self.hi == 0.0 { self } else { cosine };
        }
        self.atan2(cosine)
    }

    /// Arc cosine, `2 atan(sqrt((1 - x) / (1 + x)))`.
    pub fn acos(self) -> DD {
        let (below, above) = (DD::ONE - self, DD::ONE + self);
        if !(below.hi >= 0.0 && above.hi >= 0.0) {
            return DD::new(f64::NAN);
        }
        let half = below.sqrt().atan2(above.sqrt());
        half + half
    }

    /// Cube root, by Newton's method.
    pub fn cbrt(self) -> DD {
        if self.hi == 0.0 || !self.is_finite() {
            return self;
        }
        // Away from the ends of the range.
        let shift = if self.hi.abs() < 1e-150 {
            200
        } else if self.hi.abs() > 1e150 {
            -200
        } else {
            0
        };
        let x = self.scale(3 * shift);
        let start = DD::new(approximate(Elementary::Cbrt, x.hi));
        let root = (0..2).fold(start, |root, _| {
            let rest = x - root * root.square();
            root + rest / (DD::new(3.0) * root.square())
        });
        root.scale(-shift)
    }

    /// `sqrt(x² + y²)` without overflow on the way.
    pub fn hypot(self, other: DD) -> DD {
        let (a, b) = (self.abs(), other.abs());
        if !a.is_nan() && !a.is_finite() || !b.is_nan() && !b.is_finite() {
            return DD::new(f64::INFINITY);
        }
        let largest = a.max(b);
        if largest.hi == 0.0 || largest.is_nan() {
            return largest;
        }
        let shift = if largest.hi > 1e150 {
            -600
        } else if largest.hi < 1e-100 {
            600
        } else {
            0
        };
        let (a, b) = (a.scale(shift), b.scale(shift));
        (a.square() + b.square()).sqrt().scale(-shift)
    }
}

/// `a / b` for `0 <= a <= b`, where `b` may be infinite or either tiny.
fn quotient(a: DD, b: DD) -> DD {
    let shift = if b.hi > 1e150 {
        -600
    } else if b.hi < 1e-100 {
        600
    } else {
        0
    };
    a.scale(shift) / b.scale(shift)
}
