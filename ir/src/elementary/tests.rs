//! The functions against tables of mpmath (60 digits and more), point by point, in units in the last place.
//!
//! A line of `reference/NAME.txt` holds, as bits of binary64 in hexadecimal: the arguments, the exact value
//! rounded to nearest, and what is missing to the exact value in ulp of that. So the error of a result is
//! known to far below 0.01 ulp. `reference/special.txt` holds what C's Annex F asks at special points.

use super::Elementary;
use crate::scalar::{DType, Emit, Scalar, ScalarOp};

/// The table of a function and the bound that `docs/elementary.md` states for it, in ulp.
macro_rules! tables {
    ($($variant:ident $file:literal $bound:literal;)*) => {
        fn table(function: Elementary) -> (&'static str, f64) {
            match function {
                $(Elementary::$variant => (include_str!(concat!("reference/", $file, ".txt")), $bound),)*
            }
        }
    };
}

tables! {
    Exp "exp" 0.7;
    Exp2 "exp2" 0.7;
    Expm1 "expm1" 0.85;
    Log "log" 0.9;
    Log2 "log2" 0.95;
    Log10 "log10" 0.8;
    Log1p "log1p" 0.95;
    Sin "sin" 0.8;
    Cos "cos" 0.8;
    SinPi "sinpi" 0.95;
    CosPi "cospi" 0.8;
    Tanh "tanh" 0.7;
    Sech2 "sech2" 0.7;
    Sigmoid "sigmoid" 0.7;
    Pow "pow" 0.75;
    Tan "tan" 0.9;
    Softplus "softplus" 1.0;
    Asin "asin" 0.7;
    Acos "acos" 0.7;
    Atan "atan" 0.7;
    Atan2 "atan2" 0.7;
    Sinh "sinh" 0.75;
    Cosh "cosh" 0.7;
    Asinh "asinh" 0.9;
    Acosh "acosh" 0.9;
    Atanh "atanh" 0.85;
    Cbrt "cbrt" 0.51;
    Hypot "hypot" 0.8;
    Erf "erf" 0.9;
    Erfc "erfc" 0.9;
    Erfinv "erfinv" 2.5;
    Lgamma "lgamma" 3.5;
    Digamma "digamma" 3.5;
    Trigamma "trigamma" 6.0;
}

fn value(function: Elementary, args: &[f64]) -> f64 {
    let args: Vec<Scalar> = args.iter().map(|&x| Scalar::F64(x)).collect();
    match function.evaluate(DType::F64, &args) {
        Some(Scalar::F64(y)) => y,
        other => panic!("{function} gave {other:?}"),
    }
}

struct Row {
    args: Vec<f64>,
    nearest: f64,
    missing: f64,
}

fn rows(function: Elementary) -> Vec<Row> {
    let parse = |line: &str| {
        let mut words: Vec<f64> = line
            .split(' ')
            .map(|word| f64::from_bits(u64::from_str_radix(word, 16).unwrap()))
            .collect();
        let missing = words.pop().unwrap();
        let nearest = words.pop().unwrap();
        assert_eq!(words.len(), function.arity());
        Row {
            args: words,
            nearest,
            missing,
        }
    };
    table(function).0.lines().map(parse).collect()
}

/// The least magnitude whose unit in the last place is the measure: reflection at 0 cancels near zeros.
fn least(function: Elementary, row: &Row) -> f64 {
    match (function, row.args.as_slice()) {
        (Elementary::Lgamma | Elementary::Digamma, &[x]) if x < 0.0 => 1.0,
        _ => 0.0,
    }
}

/// `got` minus the exact value in units of the last place of the latter, or of `least`.
fn error(got: f64, row: &Row, least: f64) -> f64 {
    let exponent = (row.nearest.abs().to_bits() >> 52).max(1) as i32 - 1075;
    let coarse = (least.to_bits() >> 52) as i32 - 1075;
    if coarse > exponent {
        return (got - row.nearest).abs() * 2f64.powi(-coarse);
    }
    // Two steps: the unit itself may be subnormal.
    let half = exponent / 2;
    let difference = (got - row.nearest) * 2f64.powi(-half) * 2f64.powi(half - exponent);
    (difference - row.missing).abs()
}

#[test]
fn errors_stay_below_their_bounds() {
    for &function in Elementary::ALL {
        let bound = table(function).1;
        let rows = rows(function);
        assert!(rows.len() >= 500, "{function}: {} rows", rows.len());
        let worst = rows
            .iter()
            .map(|row| {
                (
                    error(value(function, &row.args), row, least(function, row)),
                    &row.args,
                )
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap();
        assert!(
            worst.0 <= bound,
            "{function}{:?}: {} ulp, bound {bound}",
            worst.1,
            worst.0
        );
    }
}

#[test]
fn special_values_are_those_of_annex_f() {
    let lines = include_str!("reference/special.txt").lines();
    let mut count = 0;
    for line in lines {
        let mut words = line.split(' ');
        let function = Elementary::from_name(words.next().unwrap()).unwrap();
        let mut numbers: Vec<f64> = words.map(|w| w.parse().unwrap()).collect();
        let expected = numbers.pop().unwrap();
        let got = value(function, &numbers);
        assert_eq!(
            Scalar::F64(got),
            Scalar::F64(expected),
            "{line}: got {got:?}"
        );
        count += 1;
    }
    assert!(count > 200);
}

/// The largest error of a binary32 function, in ulp: 0.5 and a bit where binary64 is rounded.
fn narrow_bound(function: Elementary) -> f64 {
    match function {
        Elementary::Exp | Elementary::Log1p => 1.0,
        Elementary::Log | Elementary::Sin | Elementary::Cos => 0.8,
        Elementary::Expm1 | Elementary::Tanh | Elementary::Sigmoid => 0.51,
        Elementary::Erf | Elementary::Pow => 0.51,
        _ => 0.501,
    }
}

fn narrow_value(function: Elementary, args: &[f32]) -> f32 {
    let args: Vec<Scalar> = args.iter().map(|&x| Scalar::F32(x)).collect();
    match function.evaluate(DType::F32, &args) {
        Some(Scalar::F32(y)) => y,
        other => panic!("{function} gave {other:?}"),
    }
}

/// `got` minus `exact` in units of binary32 at `exact`; 0 for equal infinities and NaNs.
fn narrow_error(got: f32, exact: f64) -> f64 {
    if f64::from(got) == exact || (got.is_nan() && exact.is_nan()) {
        return 0.0;
    }
    // Beyond the largest number, rounding gives infinity.
    if got.is_infinite() && exact as f32 == got {
        return 0.0;
    }
    let got = f64::from(got);
    let exponent = exact.abs().log2().floor().clamp(-126.0, 127.0) as i32;
    (got - exact).abs() * 2f64.powi(23 - exponent)
}

#[test]
fn binary32_at_the_points_of_the_tables() {
    for &function in Elementary::ALL {
        let mut count = 0;
        for row in rows(function) {
            let narrow: Vec<f32> = row.args.iter().map(|&x| x as f32).collect();
            let mut pairs = narrow.iter().zip(&row.args);
            if pairs.all(|(&a, &b)| f64::from(a) == b) {
                let got = narrow_value(function, &narrow);
                let error = narrow_error(got, row.nearest);
                let bound = narrow_bound(function);
                assert!(error <= bound, "{function}{narrow:?}: {got}, {error} ulp");
                count += 1;
            }
        }
        assert!(count > 50, "{function}: {count} points");
    }
}

/// The binary64 functions, which the tables hold to far less than a unit of binary32, over all binary32
/// numbers in large steps.
#[test]
fn binary32_everywhere() {
    for &function in Elementary::ALL {
        if narrow_bound(function) == 0.501 {
            continue;
        }
        for step in 0..40_000u32 {
            let x = f32::from_bits(step.wrapping_mul(107_377).wrapping_add(11));
            let y = ((step % 977) as f32 - 488.0) / 61.0;
            let args = if function.arity() == 1 {
                vec![x]
            } else {
                vec![x, y]
            };
            let wide: Vec<f64> = args.iter().map(|&x| f64::from(x)).collect();
            let got = narrow_value(function, &args);
            let exact = value(function, &wide);
            let error = narrow_error(got, exact);
            let bound = narrow_bound(function);
            assert!(
                error <= bound,
                "{function}{args:?}: {got} for {exact}, {error} ulp"
            );
        }
    }
}

#[test]
fn binary32_has_the_special_values_of_annex_f() {
    for line in include_str!("reference/special.txt").lines() {
        let mut words = line.split(' ');
        let function = Elementary::from_name(words.next().unwrap()).unwrap();
        let mut numbers: Vec<f64> = words.map(|w| w.parse().unwrap()).collect();
        let expected = numbers.pop().unwrap();
        let args: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
        if args
            .iter()
            .zip(&numbers)
            .all(|(&a, &b)| f64::from(a) == b || b.is_nan())
        {
            let got = narrow_value(function, &args);
            assert_eq!(Scalar::F32(got), Scalar::F32(expected as f32), "{line}");
        }
    }
}

#[test]
fn arguments_of_another_type_or_number_are_refused() {
    let x = Scalar::F64(1.0);
    assert_eq!(Elementary::Exp.evaluate(DType::F32, &[x]), None);
    assert_eq!(Elementary::Exp.evaluate(DType::F64, &[x, x]), None);
    assert_eq!(Elementary::Pow.evaluate(DType::F64, &[x]), None);
    assert_eq!(
        Elementary::Exp.evaluate(DType::I64, &[Scalar::I64(1)]),
        None
    );
}

/// Counts the operations that are emitted outside of rare branches.
#[derive(Default)]
struct Count {
    operations: usize,
    nested: usize,
}

impl Emit for Count {
    type Value = ();

    fn constant(&mut self, _: Scalar) {}

    fn op(&mut self, _: ScalarOp, _: &[()]) {
        self.operations += usize::from(self.nested == 0);
    }

    fn rare(&mut self, (): (), (): (), slow: impl FnOnce(&mut Self)) {
        self.nested += 1;
        slow(self);
        self.nested -= 1;
    }
}

#[test]
fn the_page_states_the_bounds_and_the_operations() {
    let page = include_str!("../../../docs/elementary.md");
    for &function in Elementary::ALL {
        let mut count = Count::default();
        let args = vec![(); function.arity()];
        function.expand(&mut count, DType::F64, &args);
        let start = format!("| `{function}` | {} |", table(function).1);
        let row = page
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("no row {start}"));
        let operations = row.split(" | ").nth(3).unwrap();
        assert_eq!(operations, count.operations.to_string(), "{function}");
    }
}

#[test]
fn names_are_read_back() {
    for &function in Elementary::ALL {
        assert_eq!(Elementary::from_name(function.name()), Some(function));
    }
    assert_eq!(Elementary::from_name("sine"), None);
}
