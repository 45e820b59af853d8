//! The functions in double-double arithmetic, for the oracle of derivative checks.

use super::Elementary;
use crate::numeric::DD;

impl Elementary {
    /// The value at `args`, to about 1e-30; their number is [`Elementary::arity`].
    ///
    /// The algorithms are independent of the binary64 expansions.
    pub fn evaluate_dd(self, args: &[DD]) -> DD {
        let mut args = args.iter().copied();
        let x = args.next().expect("at least one argument");
        let mut second = || args.next().expect("a second argument");
        match self {
            Elementary::Exp => x.exp(),
            Elementary::Exp2 => x.exp2(),
            Elementary::Expm1 => x.expm1(),
            Elementary::Log => x.ln(),
            Elementary::Log2 => x.log2(),
            Elementary::Log10 => x.log10(),
            Elementary::Log1p => x.ln_1p(),
            Elementary::Sin => x.sin(),
            Elementary::Cos => x.cos(),
            Elementary::Tan => x.tan(),
            Elementary::SinPi => x.sinpi(),
            Elementary::CosPi => x.cospi(),
            Elementary::Tanh => x.tanh(),
            Elementary::Sech2 => x.sech2(),
            Elementary::Sigmoid => x.sigmoid(),
            Elementary::Softplus => x.softplus(),
            Elementary::Pow => x.pow(second()),
            Elementary::Asin => x.asin(),
            Elementary::Acos => x.acos(),
            Elementary::Atan => x.atan(),
            Elementary::Atan2 => x.atan2(second()),
            Elementary::Sinh => x.sinh(),
            Elementary::Cosh => x.cosh(),
            Elementary::Asinh => x.asinh(),
            Elementary::Acosh => x.acosh(),
            Elementary::Atanh => x.atanh(),
            Elementary::Cbrt => x.cbrt(),
            Elementary::Hypot => x.hypot(second()),
            Elementary::Erf => x.erf(),
            Elementary::Erfc => x.erfc(),
            Elementary::Erfinv => x.erfinv(),
            Elementary::Lgamma => x.lgamma(),
            Elementary::Digamma => x.digamma(),
            Elementary::Trigamma => x.trigamma(),
        }
    }
}
