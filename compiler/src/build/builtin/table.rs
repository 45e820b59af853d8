//! The table of the functions that the compiler provides.

use super::{
    Builtin, How, Nested, construct, elementwise, linalg, output, reduce, shape, softmax, together,
};
use crate::build::transform::Transform;
use dfn_ir::ops::{self, ReduceKind};
use dfn_ir::scalar::ScalarOp;

const X: &[&str] = &["x"];
const XY: &[&str] = &["x", "y"];
const ALONG: &[&str] = &["x", "axis?"];
const REDUCED: &[&str] = &["x", "axis?", "keepdims?"];
const EITHER: &[&str] = &["x", "y?", "axis?", "keepdims?"];
const TRIANGULAR: &[&str] = &["a", "b", "lower?", "transposed?", "unit?"];
const LU: &[&str] = &["a", "f", "rows"];
const LU_SOLVE: &[&str] = &["a", "f", "rows", "b"];

macro_rules! elementwise {
    ($name:literal, $params:expr, $op:expr) => {
        Builtin {
            name: $name,
            params: $params,
            how: How::Elementwise(|| $op.into()),
        }
    };
}

macro_rules! along {
    ($name:literal, $rule:path, $nested:ident) => {
        Builtin {
            name: $name,
            params: REDUCED,
            how: How::Along($rule, Nested::$nested),
        }
    };
}

macro_rules! by_values {
    ($name:literal, $params:expr, $apply:path) => {
        Builtin {
            name: $name,
            params: $params,
            how: How::Values($apply),
        }
    };
}

macro_rules! primitive {
    ($name:literal, $params:expr, $op:expr) => {
        Builtin {
            name: $name,
            params: $params,
            how: How::Primitive(|| $op.into()),
        }
    };
}

macro_rules! by_exprs {
    ($name:literal, $params:expr, $apply:path) => {
        Builtin {
            name: $name,
            params: $params,
            how: How::Exprs($apply),
        }
    };
}

macro_rules! transform {
    ($name:literal, $params:expr, $kind:ident) => {
        Builtin {
            name: $name,
            params: $params,
            how: How::Transform(Transform::$kind),
        }
    };
}

/// All of them.
pub(super) static BUILTINS: &[Builtin] = &[
    elementwise!("abs", X, ops::Abs),
    elementwise!("acos", X, ops::Acos),
    elementwise!("acosh", X, ops::Acosh),
    elementwise!("asin", X, ops::Asin),
    elementwise!("asinh", X, ops::Asinh),
    elementwise!("atan", X, ops::Atan),
    elementwise!("atanh", X, ops::Atanh),
    elementwise!("cbrt", X, ops::Cbrt),
    elementwise!("cospi", X, ops::CosPi),
    elementwise!("cosh", X, ops::Cosh),
    elementwise!("digamma", X, ops::Digamma),
    elementwise!("erf", X, ops::Erf),
    elementwise!("erfc", X, ops::Erfc),
    elementwise!("erfinv", X, ops::Erfinv),
    elementwise!("exp2", X, ops::Exp2),
    elementwise!("lgamma", X, ops::Lgamma),
    elementwise!("log10", X, ops::Log10),
    elementwise!("log2", X, ops::Log2),
    elementwise!("sinpi", X, ops::SinPi),
    elementwise!("sinh", X, ops::Sinh),
    elementwise!("softplus", X, ops::Softplus),
    elementwise!("tan", X, ops::Tan),
    elementwise!("trigamma", X, ops::Trigamma),
    elementwise!("atan2", &["y", "x"], ops::Atan2),
    elementwise!("hypot", XY, ops::Hypot),
    elementwise!("ceil", X, ops::Round { to: ScalarOp::Ceil }),
    elementwise!("cos", X, ops::Cos),
    elementwise!("exp", X, ops::Exp),
    elementwise!("expm1", X, ops::Expm1),
    elementwise!(
        "floor",
        X,
        ops::Round {
            to: ScalarOp::Floor
        }
    ),
    elementwise!("fma", &["x", "y", "z"], ops::Fma),
    elementwise!("log", X, ops::Log),
    elementwise!("log1p", X, ops::Log1p),
    elementwise!("pow", XY, ops::Pow),
    elementwise!(
        "round",
        X,
        ops::Round {
            to: ScalarOp::Nearest
        }
    ),
    elementwise!("sech2", X, ops::Sech2),
    elementwise!("sigmoid", X, ops::Sigmoid),
    elementwise!("sign", X, ops::Sign),
    elementwise!("sin", X, ops::Sin),
    elementwise!("sqrt", X, ops::Sqrt),
    elementwise!("tanh", X, ops::Tanh),
    elementwise!(
        "trunc",
        X,
        ops::Round {
            to: ScalarOp::Trunc
        }
    ),
    Builtin {
        name: "all",
        params: REDUCED,
        how: How::Reduce(ReduceKind::All),
    },
    Builtin {
        name: "any",
        params: REDUCED,
        how: How::Reduce(ReduceKind::Any),
    },
    Builtin {
        name: "max",
        params: EITHER,
        how: How::Either(ReduceKind::Max, || ops::Max.into()),
    },
    Builtin {
        name: "min",
        params: EITHER,
        how: How::Either(ReduceKind::Min, || ops::Min.into()),
    },
    Builtin {
        name: "prod",
        params: REDUCED,
        how: How::Reduce(ReduceKind::Prod),
    },
    Builtin {
        name: "sum",
        params: REDUCED,
        how: How::Reduce(ReduceKind::Sum),
    },
    along!("mean", reduce::mean, Mean),
    along!("logsumexp", softmax::logsumexp, Composes),
    along!("argmax", reduce::argmax, Refused),
    along!("argmin", reduce::argmin, Refused),
    by_values!("softmax", ALONG, softmax::softmax),
    by_values!("log_softmax", ALONG, softmax::log_softmax),
    by_values!("where", &["condition", "x", "y"], elementwise::choose),
    by_values!("dot", XY, shape::dot),
    by_values!("transpose", &["x", "axes?"], shape::transpose),
    by_values!("flip", ALONG, shape::flip),
    by_values!("concat", &["x…", "axis?"], shape::concat),
    by_values!("len", X, shape::len),
    by_values!("size", &["x", "axis"], shape::size),
    by_exprs!("reshape", &["x", "shape"], shape::reshape),
    by_exprs!("zeros", &["shape"], construct::zeros),
    by_exprs!("ones", &["shape"], construct::ones),
    by_exprs!("full", &["shape", "value"], construct::full),
    by_exprs!("iota", &["n"], construct::iota),
    by_exprs!("eye", &["n"], construct::eye),
    by_exprs!("uniform", &["key", "shape"], construct::uniform),
    by_exprs!("normal", &["key", "shape"], construct::normal),
    by_values!("triangular_solve", TRIANGULAR, linalg::triangular_solve),
    primitive!("primitive_cholesky", &["a"], ops::Cholesky),
    primitive!(
        "primitive_cholesky_solve",
        &["a", "l", "b"],
        ops::CholeskySolve
    ),
    primitive!("primitive_lu", &["a"], ops::Lu),
    primitive!(
        "primitive_lu_solve",
        LU_SOLVE,
        ops::LuSolve { transposed: false }
    ),
    primitive!(
        "primitive_det",
        LU,
        ops::Det {
            of: ops::det::Of::Value
        }
    ),
    primitive!(
        "primitive_log_det",
        LU,
        ops::Det {
            of: ops::det::Of::LogSize
        }
    ),
    primitive!(
        "primitive_sign_det",
        LU,
        ops::Det {
            of: ops::det::Of::Sign
        }
    ),
    primitive!("primitive_qr", &["a"], ops::Qr),
    primitive!("primitive_eigh", &["a"], ops::Eigh),
    primitive!("primitive_svd", &["a"], ops::Svd),
    primitive!("primitive_pinv", &["a", "p"], ops::Pinv),
    by_values!("enumerate", X, together::enumerate),
    by_values!("zip", &["x…"], together::zip),
    by_values!("print", &["x…"], output::print),
    by_values!("assert", &["condition", "message?"], output::assert),
    by_values!("stop_gradient", X, crate::build::transform::stop_gradient),
    transform!("grad", &["f", "wrt?", "aux?"], Grad),
    transform!("value_and_grad", &["f", "wrt?", "aux?"], ValueAndGrad),
    transform!("jacfwd", &["f", "wrt?"], JacFwd),
    transform!("jacrev", &["f", "wrt?"], JacRev),
    transform!("jacobian", &["f", "wrt?", "sparse?"], Jacobian),
    transform!("hessian", &["f", "wrt?", "sparse?"], Hessian),
    transform!("sparsity", &["f", "wrt?", "order?"], Sparsity),
    transform!(
        "sparse_values",
        &["f", "pattern", "wrt?", "order?"],
        SparseValues
    ),
    transform!("jvp", &["f", "primals", "tangents", "wrt?", "axes?"], Jvp),
    transform!("vjp", &["f", "x…", "wrt?"], Vjp),
    transform!("hvp", &["f", "primals", "tangents", "wrt?"], Hvp),
    transform!("vmap", &["f", "axes?", "out?"], Vmap),
    transform!("linearize", &["f", "x…", "wrt?"], Linearize),
    transform!("linear_transpose", &["f", "x…", "wrt?"], LinearTranspose),
    by_values!(
        "find_root",
        &["f", "x0"],
        crate::build::transform::find_root
    ),
    by_values!(
        "fixed_point",
        &["f", "x0"],
        crate::build::transform::fixed_point
    ),
    by_values!(
        "minimizer",
        &["f", "x0"],
        crate::build::transform::minimizer
    ),
    transform!("checkpoint", &["f"], Checkpoint),
    transform!("custom_root", &["f", "x0", "solve", "tangent_solve?"], Root),
    transform!("check_grads", &["f", "args", "wrt?", "order?"], CheckGrads),
];
