//! The primitives: one file each, one row each in the table below.
//!
//! The table makes the closed enum [`Op`] and, for each rule, the one `match` over it.

mod algorithm;
mod arg;
mod elementwise;
mod examples;
mod extremum;
mod kernel;
mod matrix;
mod product;
mod region_examples;
mod remainder;
mod scan;
mod strong_dot;
mod structural;
mod table;
pub mod transform;

pub use arg::arg_extremum;
pub use kernel::Kernel;

use table::primitives;

primitives! {
    elementwise {
        Abs in abs, Add in add, And in and, CompareOp in compare, Convert in convert,
        Cos in cos, Div in div, Exp in exp, Expm1 in expm1,
        Fma in fma, Log in log, Log1p in log1p, Max in max, Min in min, Mul in mul, Neg in neg, Not in not, Or in or,
        Pow in pow, PowI in powi, Rem in rem, Round in round, Sech2 in sech2, Select in select, Shift in shift, Sigmoid in sigmoid, Sign in sign, Sin in sin,
        Acos in acos, Acosh in acosh, Asin in asin, Asinh in asinh, Atan in atan, Atan2 in atan2,
        Atanh in atanh, Cbrt in cbrt, CosPi in cospi, Cosh in cosh, Digamma in digamma, Erf in erf,
        Erfc in erfc, Erfinv in erfinv, Exp2 in exp2, Hypot in hypot, Lgamma in lgamma,
        Log10 in log10, Log2 in log2, SinPi in sinpi, Sinh in sinh, Softplus in softplus,
        Tan in tan, Trigamma in trigamma,
        Scale in scale, Sqrt in sqrt, Stop in stop, Sub in sub, Tanh in tanh, Bitcast in bitcast, Xor in xor,
    }
    structural {
        Absent in absent,
        AccAdd in acc_add, AccNew in acc_new, AccRead in acc_read, Broadcast in broadcast,
        Call in call, Check in check, Cholesky in cholesky, CholeskySolve in cholesky_solve, Concat in concat, Const in constant, Cumulate in cumulate, Dense in dense, Det in det,
        Differences in differences, Dot in dot, Eigh in eigh, For in for_loop, If in if_else, Index in index,
        Iota in iota, Jvp in jvp, Lu in lu, LuSolve in lu_solve, Map in map, Pinv in pinv, Print in print, Pullback in pullback, Qr in qr, Recur in recur, Reduce in reduce, Reshape in reshape,
        SizeOf in size_of, Slice in slice, Sort in sort, Sparsity in sparsity, Stack in stack, Svd in svd, Transposed in transposed, TriangularSolve in triangular_solve, Update in update, Vjp in vjp, While in while_loop, Window in window,
    }
}

pub use recur::Form;
pub use reduce::{Order, ReduceKind};

impl Op {
    /// Whether its results have tangent zero wherever they have one.
    pub fn is_locally_constant(&self) -> bool {
        matches!(self, Op::Round(_) | Op::Sign(_) | Op::Stop(_))
    }
}
