//! What people who come from NumPy, JAX or PyTorch write, and how it is written here.

use crate::build::builtin;

/// The names of modules that stand before functions elsewhere.
const MODULES: &[&str] = &[
    "jax", "jnp", "lax", "math", "nn", "np", "numpy", "onp", "scipy", "tf", "torch",
];

/// Names of values and functions, and what to write.
const NAMES: &[(&str, &str)] = &[
    ("True", "the truth values are `true` and `false`"),
    ("False", "the truth values are `true` and `false`"),
    (
        "None",
        "leave the argument out: without an axis, all are meant",
    ),
    (
        "null",
        "every name has a value; leave an argument out to get its default",
    ),
    (
        "self",
        "a function gets what it works on as a parameter: `fn area(s: Shape) -> f64`",
    ),
    (
        "range",
        "a loop runs through `0..n`, in steps of two through `0..n step 2`; as an array it is `iota(n)`",
    ),
    (
        "jit",
        "everything is compiled ahead: call the function itself",
    ),
    ("pmap", "write `vmap(f)`"),
    (
        "partial",
        "write a function without a name: `|x| f(x, 2.0)`",
    ),
    ("cond", "write `if c { a } else { b }`"),
    (
        "fori_loop",
        "write a loop: `let mut s = x; for i in 0..n { s = f(i, s); }`",
    ),
    (
        "while_loop",
        "write a loop: `let mut s = x; while s > 1 { s = f(s); }`",
    ),
    (
        "scan",
        "write a loop: `let mut s = x; for i in 0..n { s = f(s, a[i]); }`",
    ),
    ("array", "write `[1.0, 2.0]`"),
    ("asarray", "write `[1.0, 2.0]`"),
    ("tensor", "write `[1.0, 2.0]`"),
    ("empty", "write `zeros(f64[n])`"),
    (
        "zeros_like",
        "write `zeros(f64[n])`, with the sizes of the type",
    ),
    (
        "ones_like",
        "write `ones(f64[n])`, with the sizes of the type",
    ),
    (
        "full_like",
        "write `full(f64[n], x)`, with the sizes of the type",
    ),
    ("identity", "write `eye(n)`"),
    ("concatenate", "write `concat(x, y, axis = 0)`"),
    (
        "hstack",
        "write `concat(x, y)`, for matrices `concat(x, y, axis = 1)`",
    ),
    (
        "vstack",
        "write `stack(x, y)` for vectors, `concat(x, y)` for matrices",
    ),
    ("cat", "write `concat(x, y, axis = 0)`"),
    ("matmul", "write `x @ y`"),
    ("mm", "write `x @ y`"),
    ("inner", "write `x @ y`"),
    ("multiply", "write `x * y`"),
    ("divide", "write `x / y`"),
    ("add", "write `x + y`"),
    ("subtract", "write `x - y`"),
    ("negative", "write `-x`"),
    ("power", "write `x ** y`, or `pow(x, y)`"),
    ("square", "write `x ** 2`"),
    ("mod", "write `x % y`"),
    ("fmod", "write `x % y`"),
    ("absolute", "write `abs(x)`"),
    ("fabs", "write `abs(x)`"),
    ("maximum", "write `max(x, y)`"),
    ("minimum", "write `min(x, y)`"),
    ("fmax", "write `max(x, y)`"),
    ("fmin", "write `min(x, y)`"),
    ("amax", "write `max(x)`"),
    ("amin", "write `min(x)`"),
    ("clip", "write `clamp(x, low, high)`"),
    ("logical_and", "write `x & y`"),
    ("logical_or", "write `x | y`"),
    ("logical_not", "write `!x`"),
    (
        "nonzero",
        "the elements are `x[mask]`; their number is `count_nonzero(mask)`",
    ),
    (
        "argwhere",
        "the elements are `x[mask]`; their number is `count_nonzero(mask)`",
    ),
    ("arcsin", "write `asin(x)`"),
    ("arccos", "write `acos(x)`"),
    ("arctan", "write `atan(x)`"),
    ("arctan2", "write `atan2(y, x)`"),
    ("arcsinh", "write `asinh(x)`"),
    ("arccosh", "write `acosh(x)`"),
    ("arctanh", "write `atanh(x)`"),
    ("ln", "the natural logarithm is `log(x)`"),
    (
        "inv",
        "write `inverse(a)`, or better `solve(a, b)` for `inverse(a) @ b`",
    ),
    ("ravel", "write `reshape(x, f64[n * m])`"),
    ("flatten", "write `reshape(x, f64[n * m])`"),
    ("permute", "write `transpose(x, (1, 2, 0))`"),
    ("average", "write `mean(x)`"),
    ("detach", "write `stop_gradient(x)`"),
    ("int", "write `i64(x)`, which cuts off the fraction"),
    ("float", "write `f64(x)`"),
    ("double", "write `f64(x)`"),
    ("printf", "write `print(\"x is {}\", x)`"),
    ("println", "write `print(\"x is {}\", x)`"),
];

/// Types, and what to write.
const TYPES: &[(&str, &str)] = &[
    ("float", "f64"),
    ("double", "f64"),
    ("real", "f64"),
    ("float32", "f32"),
    ("float64", "f64"),
    ("int", "i64"),
    ("int32", "i32"),
    ("int64", "i64"),
    ("long", "i64"),
    ("usize", "i64"),
    ("isize", "i64"),
    ("uint32", "u32"),
    ("uint64", "u64"),
    ("boolean", "bool"),
    ("ndarray", "f64[n, m]"),
    ("Array", "f64[n, m]"),
    ("Tensor", "f64[n, m]"),
    ("Vec", "f64[n]"),
    ("list", "f64[n]"),
];

/// Parameters, and what they are called.
const PARAMETERS: &[(&str, &str)] = &[
    ("argnum", "wrt"),
    ("argnums", "wrt"),
    ("has_aux", "aux"),
    ("in_axes", "axes"),
    ("in_dims", "axes"),
    ("out_axes", "out"),
    ("out_dims", "out"),
    ("dim", "axis"),
    ("dims", "axis"),
    ("keepdim", "keepdims"),
    ("correction", "ddof"),
];

fn found(table: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    let mut rows = table.iter();
    rows.find(|(foreign, _)| *foreign == name)
        .map(|(_, own)| *own)
}

/// What to write for a value or function called `name`.
pub(super) fn value(name: &str) -> Option<String> {
    if MODULES.contains(&name) {
        return Some("functions stand alone: `sin(x)`, `zeros(f64[n])`, `pi`".to_owned());
    }
    found(NAMES, name).map(str::to_owned)
}

/// What to write for a type called `name`.
pub(super) fn ty(name: &str) -> Option<String> {
    found(TYPES, name).map(|own| format!("write `{own}`"))
}

/// The parameter, one of `known`, that is called `name` elsewhere.
pub(super) fn parameter(name: &str, known: &[&str]) -> Option<&'static str> {
    found(PARAMETERS, name).filter(|own| known.contains(own))
}

/// What to write for the attribute or method `name` of an array.
pub(super) fn attribute(name: &str) -> Option<String> {
    let own = match name {
        "T" | "mT" => "`transpose(x)`",
        "shape" => {
            "`size(x, 0)`; or name the sizes in the type, `x: f64[n, m]`, and use `n` and `m`"
        }
        "ndim" => "its rank is part of its type, as in `f64[n, m]`",
        "dtype" => "its type is written out, as in `f64[n]`",
        "astype" | "to" => "`f32(x)`, or another type's name",
        "at" | "set" => "`x[i] = v` or `x[i] += v`, with `let mut x`",
        "item" => "`x[0]`, or the number itself",
        "copy" | "clone" => "`x`: arrays are values",
        "detach" => "`stop_gradient(x)`",
        "matmul" => "`x @ y`",
        "flatten" | "ravel" => "`reshape(x, f64[n * m])`",
        "view" | "reshape" => "`reshape(x, f64[n, m])`",
        "permute" => "`transpose(x, (1, 2, 0))`",
        _ if builtin::find(name).is_some_and(|function| function.is_public()) => {
            return Some(format!("arrays have no methods: write `{name}(x)`"));
        }
        _ => return None,
    };
    Some(format!("write {own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_here_has_no_hint() {
        let taken = |name: &str| builtin::find(name).is_some();
        for (name, _) in NAMES {
            assert!(!taken(name), "`{name}` is a function");
        }
        for (name, own) in TYPES {
            assert!(dfn_ir::DType::from_name(name).is_none());
            assert!(dfn_ir::DType::from_name(own.split('[').next().unwrap_or(own)).is_some());
        }
    }
}
