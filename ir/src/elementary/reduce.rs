//! Reduction of an angle to a multiple of a quarter turn and a rest within ±pi/4.
//!
//! Up to 10^6 by three fused steps (Cody and Waite), beyond by the bits of 2/pi that matter (Payne and
//! Hanek). The words of 2/pi are chosen by a ladder of selects: expansions have no tables.

use super::kit::{Kit, SIGN};
use crate::scalar::{DType, Emit, ScalarOp};

/// An angle `n pi/2 + high + low`.
#[derive(Clone, Copy)]
pub(super) struct Reduced<V> {
    /// `n` in the low bits of an `u64`.
    pub(super) quarter: V,
    pub(super) high: V,
    pub(super) low: V,
}

/// `1.5 · 2^52`: adding it rounds to an integer and leaves that in the low bits.
pub(super) const ROUND: f64 = 6755399441055744.0;
/// The largest angle that [`near`] takes.
pub(super) const NEAR: f64 = 1e6;

/// pi/2 in three parts: 53 bits, 33 bits (so that its product with `n < 2^20` is exact), 53 bits.
const HALF_PI: [f64; 3] = [
    std::f64::consts::FRAC_PI_2,
    6.12323399538461e-17,
    3.5215598651832e-27,
];

/// Reduces `|x| <= NEAR`. `x - n p0` is exact. Then either it is below 2^-33 and its difference with
/// `n p1` is exact, or it is above `n p1` and the rounding error of the difference is.
pub(super) fn near<E: Emit>(e: &mut E, x: E::Value) -> Reduced<E::Value> {
    let two_over_pi = e.f64(std::f64::consts::FRAC_2_PI);
    let round = e.f64(ROUND);
    let shifted = e.fma(x, two_over_pi, round);
    let n = e.sub(shifted, round);
    let [p0, p1, p2] = HALF_PI;
    let first = e.scale_add(n, -p0, x);
    let high = e.scale_add(n, -p1, first);
    let difference = e.sub(first, high);
    let low = e.scale_add(n, -p1, difference);
    let low = e.scale_add(n, -p2, low);
    let quarter = e.bits(shifted);
    Reduced { quarter, high, low }
}

/// `n/2` and a rest within ±1/4 of an angle in half turns, any finite number; then times pi.
pub(super) fn half_turns<E: Emit>(e: &mut E, x: E::Value) -> Reduced<E::Value> {
    // x - 2 round(x / 2) is exact and within ±1.
    let half = e.mul_k(x, 0.5);
    let turns = e.nearest(half);
    let x = e.scale_add(turns, -2.0, x);
    let (two, round) = (e.f64(2.0), e.f64(ROUND));
    let shifted = e.fma(x, two, round);
    let n = e.sub(shifted, round);
    let rest = e.scale_add(n, -0.5, x);
    let pi = e.f64(std::f64::consts::PI);
    let (high, low) = e.two_mul(rest, pi);
    let low = e.scale_add(rest, 1.2246467991473532e-16, low);
    let quarter = e.bits(shifted);
    Reduced { quarter, high, low }
}

/// Bits of 2/pi after the point, behind 64 zeros.
const TWO_OVER_PI: [u64; 20] = [
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
];

const LOW_32: u64 = 0xffff_ffff;

/// The 192 bits of [`TWO_OVER_PI`] from bit `start`, as six words of 32 bits, the lowest first.
fn window<E: Emit>(e: &mut E, start: E::Value) -> [E::Value; 6] {
    let index = e.shr_k(start, 6);
    let mut words: Vec<E::Value> = TWO_OVER_PI.iter().map(|&w| e.u64(w)).collect();
    // After the step for `bit`, the word wanted is among the first `bit`, and three follow it.
    for bit in [16usize, 8, 4, 2, 1] {
        let far = e.test(index, bit as u64);
        words = (0..bit + 3)
            .filter_map(|i| {
                let word = *words.get(i)?;
                Some(words.get(i + bit).map_or(word, |&w| e.select(far, w, word)))
            })
            .collect();
    }
    let shift = e.and_k(start, 63);
    let top = e.u64(63);
    let back = e.sub(top, shift);
    let mut out = Vec::with_capacity(6);
    for pair in words.windows(2).rev() {
        let &[word, next] = pair else { continue };
        let high = e.op(ScalarOp::Shl, &[word, shift]);
        let low = e.shr_k(next, 1);
        let low = e.op(ScalarOp::Shr, &[low, back]);
        let joined = e.or(high, low);
        out.push(e.and_k(joined, LOW_32));
        out.push(e.shr_k(joined, 32));
    }
    out.try_into()
        .unwrap_or_else(|_| unreachable!("four words make three pairs"))
}

/// `mantissa · words` modulo 2^192, as three words of 64 bits, the highest first.
fn multiply<E: Emit>(e: &mut E, mantissa: E::Value, words: [E::Value; 6]) -> [E::Value; 3] {
    // 27 and 26 bits: a product with 32 bits and a carry stay below 2^64.
    let m0 = e.and_k(mantissa, (1 << 27) - 1);
    let m1 = e.shr_k(mantissa, 27);
    let mut carry = e.u64(0);
    let upper = words.map(|word| {
        let product = e.mul(word, m1);
        let sum = e.add(product, carry);
        carry = e.shr_k(sum, 32);
        e.and_k(sum, LOW_32)
    });
    let mut carry = e.u64(0);
    let mut limbs = upper.into_iter().zip(words).map(|(upper, word)| {
        let product = e.mul(word, m0);
        let upper = e.shl_k(upper, 27);
        let sum = e.add(product, upper);
        let sum = e.add(sum, carry);
        carry = e.shr_k(sum, 32);
        e.and_k(sum, LOW_32)
    });
    let mut limb = || limbs.next().unwrap_or_else(|| unreachable!("six limbs"));
    let pairs = [(limb(), limb()), (limb(), limb()), (limb(), limb())];
    let [low, middle, high] = pairs.map(|(low, high)| {
        let high = e.shl_k(high, 32);
        e.or(low, high)
    });
    [high, middle, low]
}

/// Reduces any finite `|x| > 4`.
///
/// With `|x| = m 2^e`, `m` an integer of 53 bits, the bits of `2/pi` before position `e - 1` only add
/// multiples of four quarter turns; 192 bits from there leave more than 66 bits of the rest, since no
/// binary64 number is closer to a multiple of pi/2 than 2^-62.
pub(super) fn far<E: Emit>(e: &mut E, x: E::Value) -> Reduced<E::Value> {
    let bits = e.bits(x);
    let field = e.and_k(bits, !SIGN);
    let field = e.shr_k(field, 52);
    let fraction = e.and_k(bits, (1 << 52) - 1);
    let leading = e.u64(1 << 52);
    let mantissa = e.or(fraction, leading);
    let start = e.add_u(field, (62i64 - 1075) as u64);
    let words = window(e, start);
    let [g0, g1, g2] = multiply(e, mantissa, words);
    let rounded = e.add_u(g0, 1 << 61);
    let quarter = e.shr_k(rounded, 62);
    let (high, low) = rest(e, rounded, g1, g2);
    let negative = e.test(bits, SIGN);
    let minus = {
        let zero = e.u64(0);
        e.sub(zero, quarter)
    };
    Reduced {
        quarter: e.select(negative, minus, quarter),
        high: e.negate_if(negative, high),
        low: e.negate_if(negative, low),
    }
}

/// The rest in quarter turns, `(g0 mod 2^62 - 2^61) 2^-62 + g1 2^-126 + g2 2^-190`, times pi/2.
fn rest<E: Emit>(e: &mut E, g0: E::Value, g1: E::Value, g2: E::Value) -> (E::Value, E::Value) {
    let top = e.and_k(g0, (1 << 62) - 1);
    let top = e.add_u(top, (1u64 << 61).wrapping_neg());
    let top = e.bitcast(top, DType::I64);
    let a = e.convert(top, DType::F64);
    let back = e.convert(a, DType::I64);
    let missing = e.sub(top, back);
    let missing = e.convert(missing, DType::F64);
    let middle = e.shr_k(g1, 11);
    let middle = e.convert(middle, DType::F64);
    let middle = e.mul_k(middle, 2f64.powi(-53));
    let low = e.and_k(g1, 2047);
    let low = e.shl_k(low, 32);
    let next = e.shr_k(g2, 32);
    let low = e.or(low, next);
    let low = e.convert(low, DType::F64);
    let (high, rest) = e.two_sum(a, middle);
    let rest = e.add(rest, missing);
    let rest = e.scale_add(low, 2f64.powi(-96), rest);
    let (high, rest) = e.fast_two_sum(high, rest);
    let scale = 2f64.powi(-62);
    let half_pi = (
        e.f64(std::f64::consts::FRAC_PI_2 * scale),
        e.f64(6.123233995736766e-17 * scale),
    );
    e.mul_dd((high, rest), half_pi)
}
