//! Double-double numbers: an unevaluated sum of two binary64 numbers, about 106 bits.
//!
//! Sums, products and quotients have a relative error of a few 2^-105 (the algorithms are those that
//! Joldes, Muller and Popescu prove, "Tight and rigorous error bounds for basic building blocks of
//! double-word arithmetic"), as long as no part overflows or becomes subnormal. Infinities and NaN are
//! carried by the high part alone.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `hi + lo` with `|lo| <= ulp(hi) / 2`.
#[derive(Clone, Copy, Debug, Default)]
pub struct DD {
    /// The sum rounded to binary64.
    pub hi: f64,
    /// What is missing to the sum.
    pub lo: f64,
}

/// `a + b` rounded and its rounding error, for `|a| >= |b|`.
fn fast_two_sum(a: f64, b: f64) -> DD {
    let s = a + b;
    if s.is_finite() {
        DD {
            hi: s,
            lo: b - (s - a),
        }
    } else {
        DD { hi: s, lo: 0.0 }
    }
}

/// `a + b` rounded and its rounding error.
fn two_sum(a: f64, b: f64) -> DD {
    if a.abs() < b.abs() {
        fast_two_sum(b, a)
    } else {
        fast_two_sum(a, b)
    }
}

/// `a * b` rounded and its rounding error.
fn two_mul(a: f64, b: f64) -> DD {
    let p = a * b;
    if p.is_finite() {
        DD {
            hi: p,
            lo: a.mul_add(b, -p),
        }
    } else {
        DD { hi: p, lo: 0.0 }
    }
}

impl DD {
    /// Zero.
    pub const ZERO: DD = DD { hi: 0.0, lo: 0.0 };
    /// One.
    pub const ONE: DD = DD { hi: 1.0, lo: 0.0 };
    /// pi
    pub const PI: DD = DD {
        hi: std::f64::consts::PI,
        lo: 1.2246467991473532e-16,
    };
    /// The natural logarithm of 2.
    pub const LN_2: DD = DD {
        hi: std::f64::consts::LN_2,
        lo: 2.3190468138462996e-17,
    };
    /// The natural logarithm of 10.
    pub const LN_10: DD = DD {
        hi: std::f64::consts::LN_10,
        lo: -2.1707562233822494e-16,
    };

    /// The binary64 number `x`.
    pub const fn new(x: f64) -> DD {
        DD { hi: x, lo: 0.0 }
    }

    /// `a + b`, exactly where neither is subnormal.
    pub fn sum(a: f64, b: f64) -> DD {
        two_sum(a, b)
    }

    /// `a * b`, exactly where nothing is subnormal.
    pub fn product(a: f64, b: f64) -> DD {
        two_mul(a, b)
    }

    /// The integer `x`, exactly.
    pub fn from_i64(x: i64) -> DD {
        // Two halves that convert exactly.
        let low = (x & 0xffff_ffff) as f64;
        let high = (x >> 32) as f64 * 4294967296.0;
        two_sum(high, low)
    }

    /// The integer `x`, exactly.
    pub fn from_u64(x: u64) -> DD {
        two_sum((x >> 32) as f64 * 4294967296.0, (x & 0xffff_ffff) as f64)
    }

    /// Rounded to binary64.
    pub fn to_f64(self) -> f64 {
        self.hi
    }

    /// Rounded towards zero to an integer; saturates, NaN gives 0.
    pub fn to_i64(self) -> i64 {
        let whole = self.trunc();
        if whole.hi.abs() < 9.3e18 {
            let total = whole.hi as i128 + whole.lo as i128;
            total.clamp(i64::MIN.into(), i64::MAX.into()) as i64
        } else {
            whole.hi as i64
        }
    }

    /// Whether this is not a number.
    pub fn is_nan(self) -> bool {
        self.hi.is_nan()
    }

    /// Whether this is neither infinite nor NaN.
    pub fn is_finite(self) -> bool {
        self.hi.is_finite()
    }

    /// Whether the sign bit is set.
    pub fn is_sign_negative(self) -> bool {
        self.hi.is_sign_negative()
    }

    /// `|x|`
    pub fn abs(self) -> DD {
        if self.is_sign_negative() { -self } else { self }
    }

    /// `|x|` with the sign of `sign`.
    pub fn copysign(self, sign: DD) -> DD {
        if self.is_sign_negative() == sign.is_sign_negative() {
            self
        } else {
            -self
        }
    }

    /// `x 2^n`; exact unless a part leaves the range of normal numbers.
    pub fn scale(self, n: i32) -> DD {
        // 2^n in two steps, each a normal number for |n| < 2044.
        let half = n / 2;
        let (a, b) = (power_of_two(half), power_of_two(n - half));
        DD {
            hi: self.hi * a * b,
            lo: self.lo * a * b,
        }
    }

    /// `x * b + c`, with a rounding of the product to 106 bits.
    pub fn mul_add(self, b: DD, c: DD) -> DD {
        self * b + c
    }

    /// `x²`
    pub fn square(self) -> DD {
        self * self
    }

    /// Square root.
    pub fn sqrt(self) -> DD {
        if !(self.hi > 0.0 && self.hi.is_finite()) {
            return DD::new(self.hi.sqrt());
        }
        // Away from the ends of the range.
        let shift = if self.hi < 1e-200 { 300 } else { 0 };
        let x = self.scale(2 * shift);
        let root = x.hi.sqrt();
        let rest = x - two_mul(root, root);
        (DD::new(root) + rest / DD::new(2.0 * root)).scale(-shift)
    }

    /// Largest integer not above.
    pub fn floor(self) -> DD {
        let hi = self.hi.floor();
        if hi == self.hi {
            two_sum(hi, self.lo.floor())
        } else {
            DD::new(hi)
        }
    }

    /// Smallest integer not below.
    pub fn ceil(self) -> DD {
        -(-self).floor()
    }

    /// Towards zero.
    pub fn trunc(self) -> DD {
        if self.is_sign_negative() {
            self.ceil()
        } else {
            self.floor()
        }
    }

    /// To the nearest integer, ties to even.
    pub fn nearest(self) -> DD {
        let below = self.floor();
        let fraction = self - below;
        let half = DD::new(0.5);
        let odd = {
            let halved = below * half;
            halved.floor() != halved
        };
        let rounded = match fraction.partial_cmp(&half) {
            Some(Ordering::Greater) => below + DD::ONE,
            Some(Ordering::Equal) if odd => below + DD::ONE,
            Some(_) => below,
            None => self,
        };
        // A zero keeps the sign.
        rounded.copysign(self)
    }

    /// `x < y ? x : y`, and NaN if either is NaN.
    pub fn min(self, other: DD) -> DD {
        if self.is_nan() || self < other {
            self
        } else {
            other
        }
    }

    /// `x > y ? x : y`, and NaN if either is NaN.
    pub fn max(self, other: DD) -> DD {
        if self.is_nan() || self > other {
            self
        } else {
            other
        }
    }

    /// `c0 + x (c1 + x (c2 + …))`
    pub(super) fn polynomial(self, coefficients: impl DoubleEndedIterator<Item = DD>) -> DD {
        coefficients.rev().fold(DD::ZERO, |sum, c| sum * self + c)
    }
}

/// `2^n` for `|n| <= 1022`, and 0 or infinity beyond.
fn power_of_two(n: i32) -> f64 {
    match n {
        ..-1022 => 0.0,
        1024.. => f64::INFINITY,
        _ => f64::from_bits(((n + 1023) as u64) << 52),
    }
}

impl From<f64> for DD {
    fn from(x: f64) -> DD {
        DD::new(x)
    }
}

impl Neg for DD {
    type Output = DD;
    fn neg(self) -> DD {
        DD {
            hi: -self.hi,
            lo: -self.lo,
        }
    }
}

impl Add for DD {
    type Output = DD;
    fn add(self, other: DD) -> DD {
        let high = two_sum(self.hi, other.hi);
        if !high.hi.is_finite() {
            return high;
        }
        let low = two_sum(self.lo, other.lo);
        let sum = fast_two_sum(high.hi, high.lo + low.hi);
        fast_two_sum(sum.hi, sum.lo + low.lo)
    }
}

impl Sub for DD {
    type Output = DD;
    fn sub(self, other: DD) -> DD {
        self + -other
    }
}

impl Mul for DD {
    type Output = DD;
    fn mul(self, other: DD) -> DD {
        let product = two_mul(self.hi, other.hi);
        if !product.hi.is_finite() || product.hi == 0.0 {
            return DD::new(product.hi);
        }
        let cross = self.lo.mul_add(other.hi, self.lo * other.lo);
        let cross = self.hi.mul_add(other.lo, cross);
        fast_two_sum(product.hi, product.lo + cross)
    }
}

impl Div for DD {
    type Output = DD;
    fn div(self, other: DD) -> DD {
        let first = self.hi / other.hi;
        if !first.is_finite() || first == 0.0 || !other.is_finite() {
            return DD::new(first);
        }
        let rest = self - other * DD::new(first);
        let second = rest.hi / other.hi;
        let rest = rest - other * DD::new(second);
        let third = rest.hi / other.hi;
        fast_two_sum(first, second) + DD::new(third)
    }
}

impl PartialEq for DD {
    fn eq(&self, other: &DD) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for DD {
    fn partial_cmp(&self, other: &DD) -> Option<Ordering> {
        let high = self.hi.partial_cmp(&other.hi)?;
        Some(high.then(self.lo.partial_cmp(&other.lo)?))
    }
}
