//! The remainder of floats, exactly: `fmod` of C, by divisions that each give up to 53 bits of the quotient.
//!
//! With x and y positive and x / y below 2^53, q = trunc(x / y) is the true quotient or one above it, and
//! x - q y lies in [-y, y) and is a multiple of the last place of y: so the `fma` does not round, and where
//! the result is negative, neither does adding y. A larger quotient is taken off in pieces: by 2^52k y with
//! descending k, each leaves less than 2^52k y, which is below 2^53 times the next one.

use crate::scalar::{Compare, DType, Emit, Scalar, ScalarOp};

/// Bits of the quotient that a step of the slow path takes off.
const STEP: i32 = 52;
/// Steps that suffice for the quotient of any two binary64 numbers, which is below 2^2098, and for that
/// of any two binary32 numbers, below 2^277.
const STEPS: usize = 41;
const STEPS_OF_SINGLES: usize = 6;

/// `x % y` with the sign of `x`; NaN where `y` is zero or `x` infinite, `x` where `y` is infinite.
pub(super) fn remainder<E: Emit>(e: &mut E, dtype: DType, x: E::Value, y: E::Value) -> E::Value {
    if !dtype.is_float() {
        return e.op(ScalarOp::Rem, &[x, y]);
    }
    // Binary64 holds every remainder of binary32 numbers, which is a binary32 number itself.
    let single = dtype == DType::F32;
    let (x, y, steps) = match single {
        true => (
            e.convert(x, DType::F64),
            e.convert(y, DType::F64),
            STEPS_OF_SINGLES,
        ),
        false => (x, y, STEPS),
    };
    let (a, b) = (e.abs(x), e.abs(y));
    let quotient = e.div(a, b);
    let common = step(e, a, b, quotient);
    let limit = e.f64(f64::from(STEP + 1).exp2());
    let large = e.op(ScalarOp::Compare(Compare::Le), &[limit, quotient]);
    let rest = e.rare(large, common, |e| in_steps(e, a, b, steps));
    let signed = e.op(ScalarOp::CopySign, &[rest, x]);
    match single {
        true => e.convert(signed, DType::F32),
        false => signed,
    }
}

/// `a - trunc(quotient) b`, made positive; `a` itself below `b`, which may be infinite.
fn step<E: Emit>(e: &mut E, a: E::Value, b: E::Value, quotient: E::Value) -> E::Value {
    let whole = e.op(ScalarOp::Trunc, &[quotient]);
    let minus = e.neg(whole);
    let rest = e.fma(minus, b, a);
    let more = e.add(rest, b);
    let zero = e.constant(Scalar::F64(0.0));
    let below = e.lt(rest, zero);
    let rest = e.select(below, more, rest);
    let small = e.lt(a, b);
    e.select(small, a, rest)
}

fn in_steps<E: Emit>(e: &mut E, a: E::Value, b: E::Value, steps: usize) -> E::Value {
    let by = e.f64(f64::from(STEP).exp2());
    let mut multiples = vec![b];
    let mut multiple = b;
    for _ in 1..steps {
        multiple = e.mul(multiple, by);
        multiples.push(multiple);
    }
    multiples.into_iter().rev().fold(a, |a, multiple| {
        let quotient = e.div(a, multiple);
        step(e, a, multiple, quotient)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::emit::Evaluate;

    /// Rust's `%` is `fmod`.
    fn agrees(x: f64, y: f64) {
        let same = |found: Scalar, wanted: Scalar| {
            let nan = |s| match s {
                Scalar::F64(x) => x.is_nan(),
                Scalar::F32(x) => x.is_nan(),
                _ => false,
            };
            let equal = found.to_bits() == wanted.to_bits() || (nan(found) && nan(wanted));
            assert!(equal, "{x:e} % {y:e}: {found:?}, not {wanted:?}");
        };
        let found = remainder(&mut Evaluate, DType::F64, Scalar::F64(x), Scalar::F64(y));
        same(found, Scalar::F64(x % y));
        let (x, y) = (x as f32, y as f32);
        let found = remainder(&mut Evaluate, DType::F32, Scalar::F32(x), Scalar::F32(y));
        same(found, Scalar::F32(x % y));
    }

    #[test]
    fn special_numbers() {
        let numbers = [
            0.0,
            1e-323,
            5e-324,
            2.5e-308,
            1e-45,
            0.1,
            1.0,
            7.0,
            1e17,
            1e38,
            1.7e308,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ];
        for x in numbers {
            for y in numbers {
                for (x, y) in [(x, y), (-x, y), (x, -y), (-x, -y)] {
                    agrees(x, y);
                }
            }
        }
    }

    #[test]
    fn any_bits() {
        // Steps of a full-period generator of 64 bits.
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ (state >> 31)
        };
        for _ in 0..20_000 {
            let (x, y) = (f64::from_bits(next()), f64::from_bits(next()));
            agrees(x, y);
            // Multiples of `y`, where the quotient may round up to the next integer.
            let k = (next() >> 11) as f64;
            agrees((k * y).next_down(), y);
            agrees(k * y, y);
        }
    }
}
