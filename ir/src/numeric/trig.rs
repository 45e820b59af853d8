//! Trigonometric functions in double-double, at any argument.

use super::DD;

/// pi/2 to 212 bits.
const HALF_PI: [f64; 4] = [
    std::f64::consts::FRAC_PI_2,
    6.123233995736766e-17,
    -1.4973849048591698e-33,
    5.562271104316826e-50,
];

/// Bits of 2/pi after the point, behind 64 zeros.
const TWO_OVER_PI: [u64; 23] = [
    0,
    0xa2f9836e4e441529,
    0xfc2757d1f534ddc0,
    0xdb6295993c439041,
    0xfe5163abdebbc561,
    0xb7246e3a424dd2e0,
    0x06492eea09d1921c,
    0xfe1deb1cb129a73e,
    0xe88235f52ebb4484,
    0xe99c7026b45f7e41,
    0x3991d639835339f4,
    0x9c845f8bbdf9283b,
    0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f,
    0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b,
    0x3d0739f78a5292ea,
    0x6bfb5fb11f8d5d08,
    0x56033046fc7b6bab,
    0xf0cfbc209af4361d,
    0xa9e391615ee61b08,
    0x6599855f14a06840,
];

/// `x` as `n pi/2 + r`: `n` modulo 4, and `r` within ±pi/4 and a little.
fn reduce(x: DD) -> (i64, DD) {
    if x.hi.abs() < 1e12 {
        let n = (x.hi * std::f64::consts::FRAC_2_PI).round_ties_even();
        let r = HALF_PI.iter().fold(x, |r, &part| r - DD::product(n, part));
        return (n as i64, r);
    }
    let (n, high) = reduce_huge(x.hi);
    let (m, low) = reduce(DD::new(x.lo));
    let (k, r) = reduce(high + low);
    (n + m + k, r)
}

/// Payne and Hanek: `|x| = m 2^e`; only the bits of 2/pi from position `e - 1` matter modulo 4, and 256 of
/// them leave 139 bits of the rest.
fn reduce_huge(x: f64) -> (i64, DD) {
    let bits = x.abs().to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let start = (bits >> 52) + 62 - 1075;
    let (index, shift) = ((start / 64) as usize, start % 64);
    let word = |i: usize| TWO_OVER_PI.get(index + i).copied().unwrap_or(0);
    let window = |i: usize| {
        let pair = u128::from(word(i)) << 64 | u128::from(word(i + 1));
        (pair >> (64 - shift)) as u64
    };
    // mantissa · window modulo 2^256, the lowest word first.
    let mut carry = 0u128;
    let mut product = [3, 2, 1, 0].map(|i| {
        let sum = u128::from(mantissa) * u128::from(window(i)) + carry;
        carry = sum >> 64;
        sum as u64
    });
    let [_, _, _, top] = product;
    // The nearest quarter turn, and the distance to it without its sign.
    let n = (top >> 62) + (top >> 61 & 1);
    let below = top >> 61 & 1 == 1;
    if below {
        product = negate(product);
    }
    let [p0, p1, p2, p3] = product;
    let fraction = [p3 & ((1 << 62) - 1), p2, p1, p0]
        .into_iter()
        .zip([-62, -126, -190, -254])
        .rev()
        .fold(DD::ZERO, |sum, (word, weight)| {
            sum + DD::from_u64(word).scale(weight)
        });
    let rest = fraction * DD::HALF_PI;
    let rest = if below { -rest } else { rest };
    if x < 0.0 {
        (-(n as i64), -rest)
    } else {
        (n as i64, rest)
    }
}

/// Minus a number of 256 bits, the lowest word first.
fn negate(words: [u64; 4]) -> [u64; 4] {
    let mut carry = true;
    words.map(|word| {
        let (word, over) = (!word).overflowing_add(u64::from(carry));
        carry = over;
        word
    })
}

/// Sine and cosine by their series, for `|r| < 0.8`.
fn kernel(r: DD) -> (DD, DD) {
    let z = -r.square();
    // 1 + z/(a (a+1)) (1 + z/((a+2) (a+3)) (1 + …))
    let series = |a: u32| {
        (0..16).rev().fold(DD::ONE, |sum, i| {
            let n = a + 2 * i;
            DD::ONE + z * sum / DD::new(f64::from(n * (n + 1)))
        })
    };
    (r * series(2), series(1))
}

/// `sin(n pi/2 + r)`
fn wave(n: i64, r: DD) -> DD {
    let (sine, cosine) = kernel(r);
    match n.rem_euclid(4) {
        0 => sine,
        1 => cosine,
        2 => -sine,
        _ => -cosine,
    }
}

/// A number of half turns as `n/2` and an angle.
fn half_turns(x: DD) -> (i64, DD) {
    let turns = (x * DD::new(0.5)).nearest();
    let x = x - (turns + turns);
    let n = (x + x).nearest();
    ((n.hi as i64), (x - n * DD::new(0.5)) * DD::PI)
}

impl DD {
    /// Sine.
    pub fn sin(self) -> DD {
        if !self.is_finite() {
            return DD::new(f64::NAN);
        }
        if self.hi == 0.0 {
            return self;
        }
        let (n, r) = reduce(self);
        wave(n, r)
    }

    /// Cosine.
    pub fn cos(self) -> DD {
        if !self.is_finite() {
            return DD::new(f64::NAN);
        }
        let (n, r) = reduce(self);
        wave(n + 1, r)
    }

    /// Tangent.
    pub fn tan(self) -> DD {
        if self.hi == 0.0 {
            return self;
        }
        self.sin() / self.cos()
    }

    /// `sin(pi x)`; a zero has the sign of `x`.
    pub fn sinpi(self) -> DD {
        if !self.is_finite() {
            return DD::new(f64::NAN);
        }
        let (n, r) = half_turns(self);
        let value = wave(n, r);
        if value.hi == 0.0 {
            DD::ZERO.copysign(self)
        } else {
            value
        }
    }

    /// `cos(pi x)`; a zero is positive.
    pub fn cospi(self) -> DD {
        if !self.is_finite() {
            return DD::new(f64::NAN);
        }
        let (n, r) = half_turns(self);
        let value = wave(n + 1, r);
        if value.hi == 0.0 { DD::ZERO } else { value }
    }
}
