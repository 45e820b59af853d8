//! Tangents of structs with fields that have none, such as integers: a value of the struct itself serves, and
//! what is no float in it is ignored.

use crate::build::types::Pat;
use crate::build::val::Val;
use dfn_ir::Value;

/// `val`, which the program gives for a tangent of the form `pat`, without what has no tangent.
pub(in crate::build) fn as_tangent<'a>(val: &Val<'a>, pat: &Pat<'a>) -> Val<'a> {
    match (val, pat) {
        (Val::Struct(def, parts), Pat::Struct(_, pats)) if parts.len() == pats.len() => {
            let fields = parts.iter().zip(pats).map(|(part, pat)| match pat {
                Pat::Tuple(none) if none.is_empty() => Val::unit(),
                _ => as_tangent(part, pat),
            });
            Val::Struct(*def, fields.collect())
        }
        (Val::Tuple(parts), Pat::Tuple(pats)) if parts.len() == pats.len() => {
            let parts = parts.iter().zip(pats);
            Val::Tuple(parts.map(|(part, pat)| as_tangent(part, pat)).collect())
        }
        _ => val.clone(),
    }
}

/// A tangent as a value of the struct itself, as a declared rule takes it: what has no tangent is as in the
/// primal.
pub(in crate::build) fn as_value<'a>(
    tangent: &Val<'a>,
    primal: &Val<'a>,
    has_tangent: &dyn Fn(Value) -> bool,
) -> Val<'a> {
    match (tangent, primal) {
        (Val::Struct(def, parts), Val::Struct(_, primals)) if parts.len() == primals.len() => {
            let fields = parts
                .iter()
                .zip(primals)
                .map(|(part, primal)| match primal {
                    Val::Ir(value) if !has_tangent(*value) => primal.clone(),
                    _ => as_value(part, primal, has_tangent),
                });
            Val::Struct(*def, fields.collect())
        }
        _ => tangent.clone(),
    }
}
