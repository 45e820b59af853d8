//! Double-double arithmetic against exact identities, and its functions against mpmath (90 digits).
//!
//! A line of `reference.txt` holds a function, its arguments and its value, each number as the bits of its
//! high and of its low part.

use super::DD;
use crate::elementary::Elementary;

/// The error that is allowed relative to the value, in units of 2^-104 (5e-32).
///
/// `condition` is what a rounding of an argument or of an intermediate sum costs.
fn allowed(function: Elementary, args: &[DD], value: DD) -> f64 {
    let condition = match (function, args) {
        (Elementary::Pow, &[x, y]) => 1.0 + (y * x.ln()).hi.abs(),
        // Sums of larger numbers near the zeros.
        (Elementary::Lgamma | Elementary::Digamma, &[x]) => {
            8.0 * (1.0 + (1.0 + x.hi.abs()) / value.hi.abs())
        }
        _ => 1.0,
    };
    16.0 * condition * 2f64.powi(-104)
}

#[test]
fn functions_agree_with_mpmath() {
    let mut worst = Vec::new();
    for line in include_str!("reference.txt").lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let function = Elementary::from_name(name).unwrap();
        let numbers: Vec<f64> = words
            .map(|word| f64::from_bits(u64::from_str_radix(word, 16).unwrap()))
            .collect();
        let mut numbers: Vec<DD> = numbers
            .chunks(2)
            .map(|pair| DD {
                hi: pair[0],
                lo: pair[1],
            })
            .collect();
        let expected = numbers.pop().unwrap();
        let got = function.evaluate_dd(&numbers);
        let error = ((got - expected) / expected).hi.abs();
        let ratio = error / allowed(function, &numbers, expected);
        if ratio.is_nan() || ratio > 1.0 {
            worst.push(format!(
                "{name}{numbers:?}: {got:?}, not {expected:?}: {ratio}"
            ));
        }
    }
    assert!(worst.is_empty(), "{}:\n{}", worst.len(), worst.join("\n"));
}

#[test]
fn every_function_has_reference_values() {
    for function in Elementary::ALL {
        let prefix = format!("{function} ");
        let count = include_str!("reference.txt")
            .lines()
            .filter(|line| line.starts_with(&prefix))
            .count();
        assert!(count >= 50, "{function}: {count}");
    }
}

#[test]
fn special_values_are_those_of_binary64() {
    for line in include_str!("../elementary/reference/special.txt").lines() {
        let mut words = line.split(' ');
        let function = Elementary::from_name(words.next().unwrap()).unwrap();
        let mut numbers: Vec<DD> = words.map(|w| DD::new(w.parse().unwrap())).collect();
        let expected = numbers.pop().unwrap().hi;
        // Double-double rounds subnormal numbers differently, and irrational values are in the other table.
        if expected != 0.0 && expected.abs() < 1e-300 {
            continue;
        }
        let got = function.evaluate_dd(&numbers).hi;
        let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        assert!(same, "{line}: got {got:?}");
    }
}

fn dd(hi: f64, lo: f64) -> DD {
    DD { hi, lo }
}

fn same(a: DD, b: DD) -> bool {
    (a.hi.to_bits(), a.lo.to_bits()) == (b.hi.to_bits(), b.lo.to_bits()) || a == b
}

#[test]
fn arithmetic_keeps_a_hundred_bits() {
    let third = DD::ONE / DD::new(3.0);
    // 1/3 to 32 digits: the low part is the 54th to 106th bit.
    assert_eq!((third.hi, third.lo), (1.0 / 3.0, 1.850371707708594e-17));
    let unit = (third * DD::new(3.0) - DD::ONE).hi.abs();
    assert!(unit < 1e-31, "{unit}");
    // sqrt(2), from the On-Line Encyclopedia of Integer Sequences, A002193.
    let root = DD::new(2.0).sqrt();
    assert_eq!(root.hi, std::f64::consts::SQRT_2);
    assert!((root.lo + 9.667293313452913e-17).abs() < 2e-32, "{root:?}");
    let (large, small) = (DD::new(1e16), DD::new(2f64.powi(-50)));
    assert!(same(large + DD::ONE + small - large - DD::ONE, small));
    assert_eq!((DD::PI - DD::PI).hi, 0.0);
    let (a, b, c) = (dd(0.1, 1e-18), dd(0.7, -1e-17), dd(-0.07, 1e-18));
    assert!(same(a.mul_add(b, c), a * b + c));
}

#[test]
fn rounding_looks_at_both_parts() {
    let cases = [
        (dd(2.5, 1e-20), 2.0, 3.0, 3.0),
        (dd(2.5, -1e-20), 2.0, 3.0, 2.0),
        (dd(2.5, 0.0), 2.0, 3.0, 2.0),
        (dd(3.5, 0.0), 3.0, 4.0, 4.0),
        (dd(4.0, -1e-20), 3.0, 4.0, 4.0),
        (dd(-4.0, -1e-20), -5.0, -4.0, -4.0),
        (dd(-2.5, 0.0), -3.0, -2.0, -2.0),
        (dd(0.25, 0.0), 0.0, 1.0, 0.0),
    ];
    for (x, floor, ceil, nearest) in cases {
        assert_eq!(x.floor().hi, floor, "{x:?}");
        assert_eq!(x.ceil().hi, ceil, "{x:?}");
        assert_eq!(x.nearest().hi, nearest, "{x:?}");
        assert_eq!(x.trunc().hi, if x.hi < 0.0 { ceil } else { floor });
    }
    let large = dd(2f64.powi(60), 0.5);
    assert_eq!(large.floor().lo, 0.0);
    assert_eq!(large.ceil().lo, 1.0);
    assert_eq!(dd(2f64.powi(53), 1.0).nearest().lo, 1.0);
    assert!(dd(-0.25, 0.0).nearest().is_sign_negative());
}

#[test]
fn integers_convert_exactly() {
    for x in [
        0,
        1,
        -1,
        i64::MAX,
        i64::MIN,
        i64::MAX - 1,
        1 << 53,
        -(1 << 53) - 1,
    ] {
        assert_eq!(DD::from_i64(x).to_i64(), x);
    }
    assert_eq!(DD::from_u64(u64::MAX), dd(2f64.powi(64), -1.0));
    assert_eq!(DD::new(1e300).to_i64(), i64::MAX);
    assert_eq!(DD::new(-1e300).to_i64(), i64::MIN);
    assert_eq!(DD::new(f64::NAN).to_i64(), 0);
    assert_eq!(dd(3.0, -1e-20).to_i64(), 2);
    assert_eq!(dd(-3.0, 1e-20).to_i64(), -2);
}

#[test]
fn infinities_and_nan_pass_through() {
    let (infinity, nan) = (DD::new(f64::INFINITY), DD::new(f64::NAN));
    assert_eq!((infinity + DD::ONE).hi, f64::INFINITY);
    assert!((infinity - infinity).is_nan());
    assert_eq!((infinity * DD::new(-2.0)).hi, f64::NEG_INFINITY);
    assert_eq!((DD::ONE / DD::ZERO).hi, f64::INFINITY);
    assert_eq!((DD::ONE / infinity).hi, 0.0);
    assert_eq!((DD::new(1e300) * DD::new(1e300)).hi, f64::INFINITY);
    assert!(nan.min(DD::ONE).is_nan() && DD::ONE.min(nan).is_nan());
    assert!(nan.max(DD::ONE).is_nan() && DD::ONE.max(nan).is_nan());
    assert!(DD::new(-1.0).sqrt().is_nan());
    assert_eq!(infinity.sqrt().hi, f64::INFINITY);
    assert!(nan.partial_cmp(&DD::ONE).is_none());
    assert!(dd(1.0, 1e-20) > DD::ONE && dd(1.0, -1e-20) < DD::ONE);
    assert_eq!(dd(1.0, 1e-20).min(DD::ONE), DD::ONE);
    assert_eq!(infinity.floor().hi, f64::INFINITY);
}
