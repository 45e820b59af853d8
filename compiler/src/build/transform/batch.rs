//! `vmap(f)`: a `map` over the mapped axis that calls `f` for each element.

use super::Kind;
use super::axes::{Along, Axis};
use crate::build::call::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::{Derived, Func, StructDef, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{Type, TypeKind};
use dfn_ir::ops::Index;
use dfn_ir::{DType, Value};

impl<'a> Elab<'a> {
    /// The arguments of `vmap(f)` in the order of the parameters. Trailing parameters that have a default
    /// may be left out.
    pub(in crate::build) fn bind_batch(
        &mut self,
        derived: &Derived<'a>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Bound<'a>> {
        let names = self.param_names(&derived.of);
        let name = format!("vmap({})", self.name_of(&derived.of).0);
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut ordered: Vec<Option<ArgVal<'a>>> = vec![None; names.len()];
        let given = args.len();
        for (k, arg) in args.into_iter().enumerate() {
            let place = match arg.name {
                None => Some(k),
                Some(name) => known.iter().position(|param| *param == name.as_str()),
            };
            match (place.and_then(|place| ordered.get_mut(place)), arg.name) {
                (Some(slot @ None), _) => *slot = Some(arg),
                (_, Some(wrong)) => {
                    let diagnostic =
                        errors::functions::named(&name, wrong.as_str(), wrong.span, &known);
                    return Err(self.fail(diagnostic));
                }
                (_, None) => {
                    let takes = format!("{} arguments", names.len());
                    return Err(self.fail(errors::functions::arity(&name, &takes, given, at, None)));
                }
            }
        }
        while ordered.last().is_some_and(Option::is_none) {
            ordered.pop();
        }
        let mut bound = Bound::default();
        for (k, arg) in ordered.into_iter().enumerate() {
            let Some(arg) = arg else {
                let param = known.get(k).copied().unwrap_or_default();
                return Err(self.fail(errors::functions::missing(&name, param, at, None)));
            };
            bound.args.push(self.typed(&derived.of, k, &arg)?);
        }
        Ok(bound)
    }

    /// A number without type gets the one that the declared parameter has.
    fn typed(&mut self, func: &Func<'a>, k: usize, arg: &ArgVal<'a>) -> R<Val<'a>> {
        match arg.val {
            Val::Number(_) | Val::Numbers(_) => {
                let dtype = declared_dtype(func, k, false);
                Ok(Val::Ir(self.ir_as(&arg.val, dtype, arg.span)?))
            }
            _ => self.settled(&arg.val, arg.span),
        }
    }

    /// `vmap(f)` applied.
    pub(super) fn batched(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let names = self.param_names(&derived.of);
        let axes = &derived.options.axes;
        let count = bound.args.len();
        let mut size = None;
        let mut args = Vec::new();
        for (k, arg) in bound.args.iter().enumerate() {
            let what = names.get(k).map_or("argument", String::as_str);
            let what = format!("`{what}`");
            let Some(axis) = axes.part(k, count) else {
                return Err(self.fail(errors::batches::count("`vmap`", count, at)));
            };
            let moved = self.axis_first(arg, Along::new(axis), (&what, &mut size), at)?;
            args.push((moved, axis.clone()));
        }
        let Some((extent, _)) = size else {
            return Err(self.fail(errors::batches::nothing(at)));
        };
        let stacked = self.map_region(&[extent], at, |elab, indices| {
            let mut inner = Vec::new();
            for (val, axis) in &args {
                let val = elab.element(val, axis, indices, at)?;
                inner.push(ArgVal {
                    name: None,
                    val,
                    span: at,
                });
            }
            elab.apply(&derived.of, inner, at)
        })?;
        self.axis_back(
            &with_rows(&stacked, 1),
            Along::new(&derived.options.out),
            at,
        )
    }

    /// The element of `val` at `indices`, in what is mapped.
    fn element(&mut self, val: &Val<'a>, axis: &Axis, indices: &[Value], at: Span) -> R<Val<'a>> {
        let parts = match (val, axis) {
            (Val::Struct(def, _), Axis::At(_)) if def.rows > 0 => {
                let elements = val.map_leaves(&mut |leaf| {
                    let operands: Vec<Value> = [leaf].iter().chain(indices).copied().collect();
                    self.emit(Index, &operands, at)
                })?;
                return Ok(with_rows(&elements, -1));
            }
            (Val::Tuple(parts) | Val::Struct(_, parts), _) => parts,
            (Val::Ir(value), Axis::At(_)) => {
                let mut operands = vec![*value];
                operands.extend(indices);
                return Ok(Val::Ir(self.emit(Index, &operands, at)?));
            }
            _ => return Ok(val.clone()),
        };
        let mut elements = Vec::new();
        for (k, part) in parts.iter().enumerate() {
            let inner = axis.part(k, parts.len()).ok_or(Reported)?;
            elements.push(self.element(part, inner, indices, at)?);
        }
        Ok(match val {
            Val::Struct(def, _) => Val::Struct(*def, elements),
            _ => Val::Tuple(elements),
        })
    }
}

/// The same with so many more leading axes of every struct in it.
fn with_rows<'a>(val: &Val<'a>, more: isize) -> Val<'a> {
    let all = |parts: &[Val<'a>]| parts.iter().map(|part| with_rows(part, more)).collect();
    match val {
        Val::Tuple(parts) => Val::Tuple(all(parts)),
        Val::Struct(def, parts) => {
            let rows = def.rows.saturating_add_signed(more);
            Val::Struct(StructDef { rows, ..*def }, all(parts))
        }
        _ => val.clone(),
    }
}

/// The element type of a number without type that is given for parameter `k`: the declared one, a float
/// where a derivative is taken, otherwise what the number says.
fn declared_dtype(func: &Func<'_>, k: usize, derived: bool) -> Option<DType> {
    let declared = |ty: &Type| match &ty.kind {
        TypeKind::Named(path) => DType::from_name(path.name.as_str()),
        TypeKind::Apply { base, .. } => match &base.kind {
            TypeKind::Named(path) => DType::from_name(path.name.as_str()),
            _ => None,
        },
        _ => None,
    };
    let found = match func {
        Func::Declared(code) => declared(&code.code.params.get(k)?.ty),
        Func::Lambda(code) => code.code.params.get(k)?.ty.as_ref().and_then(declared),
        Func::Builtin(_) => None,
        Func::Derived(inner) => {
            return declared_dtype(&inner.of, k, derived || inner.kind != Kind::Vmap);
        }
    };
    found.or(derived.then_some(DType::F64))
}
