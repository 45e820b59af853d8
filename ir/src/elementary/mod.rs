//! Elementary functions, each one expansion into scalar operations.
//!
//! An expansion is a generic function over [`Emit`]: run on an evaluator it computes, run on a code builder
//! it emits the same operations. So every engine gives the same bits and no libm is ever called. Expansions
//! are lane-wise and branch-free except for [`Emit::rare`], and use no tables in memory.
//!
//! The functions work in binary64. Binary32 has functions of its own where speed matters ([`narrow`]); for
//! the others the arguments are converted, the binary64 function runs, and its result is rounded back.
//!
//! Bounds and special values of every function: `docs/elementary.md`.

mod asin;
mod atan;
mod erf;
mod erfinv;
mod exp;
mod gamma;
mod hyperbolic;
mod kit;
mod log;
mod narrow;
mod pow;
mod reduce;
mod root;
mod sigmoid;
mod trig;
mod wide;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::scalar::emit::Evaluate;
use crate::scalar::{DType, Emit, Scalar};

macro_rules! elementary {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $arity:literal;)*) => {
        /// An elementary function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Elementary {
            $($(#[$doc])* $variant,)*
        }

        impl Elementary {
            /// Every function, in the order of their declaration.
            pub const ALL: &[Elementary] = &[$(Elementary::$variant),*];

            /// The spelling in text forms and in the language.
            pub fn name(self) -> &'static str {
                match self {
                    $(Elementary::$variant => $name,)*
                }
            }

            /// How many arguments it takes.
            pub fn arity(self) -> usize {
                match self {
                    $(Elementary::$variant => $arity,)*
                }
            }
        }
    };
}

elementary! {
    /// `e^x`
    Exp, "exp", 1;
    /// `2^x`
    Exp2, "exp2", 1;
    /// `e^x - 1`
    Expm1, "expm1", 1;
    /// Natural logarithm.
    Log, "log", 1;
    /// Logarithm to base 2.
    Log2, "log2", 1;
    /// Logarithm to base 10.
    Log10, "log10", 1;
    /// `log(1 + x)`
    Log1p, "log1p", 1;
    /// Sine of an angle in radians.
    Sin, "sin", 1;
    /// Cosine of an angle in radians.
    Cos, "cos", 1;
    /// Tangent of an angle in radians.
    Tan, "tan", 1;
    /// `sin(pi x)`
    SinPi, "sinpi", 1;
    /// `cos(pi x)`
    CosPi, "cospi", 1;
    /// Hyperbolic tangent.
    Tanh, "tanh", 1;
    /// `1 - tanh(x)²`, the derivative of `tanh`.
    Sech2, "sech2", 1;
    /// `1 / (1 + e^-x)`
    Sigmoid, "sigmoid", 1;
    /// `log(1 + e^x)`, whose derivative is `sigmoid`.
    Softplus, "softplus", 1;
    /// `x^y`
    Pow, "pow", 2;
    /// Arc sine.
    Asin, "asin", 1;
    /// Arc cosine.
    Acos, "acos", 1;
    /// Arc tangent.
    Atan, "atan", 1;
    /// `atan2(y, x)`: the angle of the point `(x, y)`.
    Atan2, "atan2", 2;
    /// Hyperbolic sine.
    Sinh, "sinh", 1;
    /// Hyperbolic cosine.
    Cosh, "cosh", 1;
    /// Inverse hyperbolic sine.
    Asinh, "asinh", 1;
    /// Inverse hyperbolic cosine.
    Acosh, "acosh", 1;
    /// Inverse hyperbolic tangent.
    Atanh, "atanh", 1;
    /// Cube root.
    Cbrt, "cbrt", 1;
    /// `sqrt(x² + y²)`
    Hypot, "hypot", 2;
    /// Error function.
    Erf, "erf", 1;
    /// `1 - erf(x)`
    Erfc, "erfc", 1;
    /// Inverse of `erf`.
    Erfinv, "erfinv", 1;
    /// `log |gamma(x)|`
    Lgamma, "lgamma", 1;
    /// Derivative of `lgamma`.
    Digamma, "digamma", 1;
    /// Derivative of `digamma`.
    Trigamma, "trigamma", 1;
}

impl Elementary {
    /// The function with this spelling.
    pub fn from_name(name: &str) -> Option<Elementary> {
        Elementary::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// Emits the function of `args`, all of type `dtype`, which must be a float; their number is
    /// [`Elementary::arity`].
    pub fn expand<E: Emit>(self, e: &mut E, dtype: DType, args: &[E::Value]) -> E::Value {
        match dtype {
            DType::F32 => self.expand_f32(e, args),
            _ => self.expand_f64(e, args),
        }
    }

    fn expand_f32<E: Emit>(self, e: &mut E, args: &[E::Value]) -> E::Value {
        match (self, args) {
            (Elementary::Exp, &[x]) => narrow::exp(e, x),
            (Elementary::Expm1, &[x]) => narrow::expm1(e, x),
            (Elementary::Log, &[x]) => narrow::log(e, x),
            (Elementary::Log1p, &[x]) => narrow::log1p(e, x),
            (Elementary::Sin, &[x]) => narrow::sin(e, x),
            (Elementary::Cos, &[x]) => narrow::cos(e, x),
            (Elementary::Tanh, &[x]) => narrow::tanh(e, x),
            (Elementary::Sigmoid, &[x]) => narrow::sigmoid(e, x),
            (Elementary::Erf, &[x]) => narrow::erf(e, x),
            (Elementary::Pow, &[x, y]) => narrow::pow(e, x, y),
            _ => {
                let wide: Vec<E::Value> = args.iter().map(|&x| e.convert(x, DType::F64)).collect();
                let value = self.expand_f64(e, &wide);
                e.convert(value, DType::F32)
            }
        }
    }

    fn expand_f64<E: Emit>(self, e: &mut E, args: &[E::Value]) -> E::Value {
        let mut args = args.iter().copied();
        let mut next = || args.next().expect("as many arguments as the arity");
        match self {
            Elementary::Exp => exp::exp(e, next()),
            Elementary::Exp2 => exp::exp2(e, next()),
            Elementary::Expm1 => exp::expm1(e, next()),
            Elementary::Log => log::log(e, next()),
            Elementary::Log2 => log::log2(e, next()),
            Elementary::Log10 => log::log10(e, next()),
            Elementary::Log1p => log::log1p(e, next()),
            Elementary::Sin => trig::sin(e, next()),
            Elementary::Cos => trig::cos(e, next()),
            Elementary::Tan => trig::tan(e, next()),
            Elementary::SinPi => trig::sinpi(e, next()),
            Elementary::CosPi => trig::cospi(e, next()),
            Elementary::Tanh => sigmoid::tanh(e, next()),
            Elementary::Sech2 => sigmoid::sech2(e, next()),
            Elementary::Sigmoid => sigmoid::sigmoid(e, next()),
            Elementary::Softplus => hyperbolic::softplus(e, next()),
            Elementary::Pow => pow::pow(e, next(), next()),
            Elementary::Asin => asin::asin(e, next()),
            Elementary::Acos => asin::acos(e, next()),
            Elementary::Atan => atan::atan(e, next()),
            Elementary::Atan2 => atan::atan2(e, next(), next()),
            Elementary::Sinh => hyperbolic::sinh(e, next()),
            Elementary::Cosh => hyperbolic::cosh(e, next()),
            Elementary::Asinh => hyperbolic::asinh(e, next()),
            Elementary::Acosh => hyperbolic::acosh(e, next()),
            Elementary::Atanh => hyperbolic::atanh(e, next()),
            Elementary::Cbrt => root::cbrt(e, next()),
            Elementary::Hypot => root::hypot(e, next(), next()),
            Elementary::Erf => erf::erf(e, next()),
            Elementary::Erfc => erf::erfc(e, next()),
            Elementary::Erfinv => erfinv::erfinv(e, next()),
            Elementary::Lgamma => gamma::lgamma(e, next()),
            Elementary::Digamma => gamma::digamma(e, next()),
            Elementary::Trigamma => gamma::trigamma(e, next()),
        }
    }

    /// The value at `args`, all of type `dtype`; `None` if their number or types do not fit.
    pub fn evaluate(self, dtype: DType, args: &[Scalar]) -> Option<Scalar> {
        let fits = dtype.is_float()
            && args.len() == self.arity()
            && args.iter().all(|a| a.dtype() == dtype);
        fits.then(|| self.expand(&mut Evaluate, dtype, args))
    }
}

impl fmt::Display for Elementary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
