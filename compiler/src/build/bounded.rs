//! Results of sizes that only the function knows, with their bounds: `-> f64[k <= n]`.
//!
//! While the body is elaborated, `k` is an unknown that the result determines; that it keeps to its bound
//! is checked when the program runs, unless it follows. Callers within the program get the size with the
//! result. A caller from outside gives room for the bound: an exported function writes its sizes first,
//! then each such result row by row, and zeros up to its room.

use super::elab::{Elab, R};
use super::errors;
use super::program::{ExportBound, ExportType};
use super::types::Pat;
use super::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::{CompareOp, Concat, Min, Reshape, Slice};
use dfn_ir::scalar::Compare;
use dfn_ir::{Parts, Scalar, Size, Type, Value};
use std::sync::Arc;

/// A size that the type of a result declares.
#[derive(Clone, Debug)]
pub(super) struct Bounded {
    /// Its name.
    name: Arc<str>,
    /// The unknown that stands for it.
    atom: Value,
    /// The most that it may be; it may mention sizes that are declared before.
    bound: Size,
    /// Where it is declared.
    span: Span,
}

impl<'a> Elab<'a> {
    /// The declared type of a result, in which sizes may be declared.
    pub(super) fn result_type(&mut self, ty: &'a ast::Type) -> R<Pat<'a>> {
        self.cx.declares_sizes = true;
        let pat = self.resolve(ty);
        self.cx.declares_sizes = false;
        pat
    }

    /// `k <= n` in a type.
    pub(super) fn declared_size(&mut self, name: &'a ast::Name, bound: &'a ast::Expr) -> R<Size> {
        let span = name.span.to(bound.span);
        if !self.cx.declares_sizes {
            return Err(self.fail(errors::sizes::bound_outside(name.as_str(), span)));
        }
        if let Some(binding) = self.cx.scope.get(name.as_str()) {
            let first = binding.span;
            let twice = errors::names::declared_twice(name.as_str(), name.span, first);
            return Err(self.fail(twice));
        }
        let bound = self.size_expr(bound)?;
        let size = self.unknown(&name.text);
        let meaning = super::val::Meaning::Size(size.clone());
        self.cx.scope.bind(&name.text, meaning, false, name.span);
        if let Some(atom) = size.as_value() {
            self.cx.bounded.push(Bounded {
                name: name.text.clone(),
                atom,
                bound,
                span,
            });
        }
        Ok(size)
    }

    /// Checks that the sizes which the result has determined keep to their bounds.
    pub(super) fn keep_bounds(&mut self) -> R<()> {
        for declared in self.cx.bounded.clone() {
            let size = self.solved(&Size::value(declared.atom));
            let bound = self.solved(&declared.bound);
            let gap = bound.checked_sub(&size);
            if gap.is_some_and(|gap| self.cx.facts.proves_natural(&gap)) {
                continue;
            }
            let at = declared.span;
            let operands = [self.size_value(&size, at)?, self.size_value(&bound, at)?];
            let holds = self.emit(CompareOp { how: Compare::Le }, &operands, at)?;
            let message = format!(
                "the size `{}` is larger than its bound `{}`",
                declared.name,
                self.show_size(&bound)
            );
            self.check(holds, &message, at)?;
        }
        Ok(())
    }

    /// The declared sizes, for callers from outside.
    pub(super) fn export_bounds(&self) -> Vec<ExportBound> {
        let mut bounds: Vec<ExportBound> = Vec::new();
        for declared in &self.cx.bounded {
            let room = room(&declared.bound, &bounds);
            bounds.push(ExportBound {
                name: declared.name.to_string(),
                value: declared.atom,
                room,
            });
        }
        bounds
    }

    /// The result of an exported function: its declared sizes, then itself in the room that it is given.
    pub(super) fn with_room(&mut self, result: Val<'a>, at: Span) -> R<Val<'a>> {
        let bounds = self.export_bounds();
        let Some(pat) = self.cx.returns.clone().filter(|_| !bounds.is_empty()) else {
            return Ok(result);
        };
        let mut parts = Vec::new();
        for bound in &bounds {
            let size = self.solved(&Size::value(bound.value));
            parts.push(Val::Ir(self.size_value(&size, at)?));
        }
        parts.push(self.in_room(&pat, &result, &bounds, at)?);
        Ok(Val::Tuple(parts))
    }

    fn in_room(
        &mut self,
        pat: &Pat<'a>,
        val: &Val<'a>,
        bounds: &[ExportBound],
        at: Span,
    ) -> R<Val<'a>> {
        match (pat, val) {
            (Pat::Array(_, shape), Val::Ir(value)) if mentions(shape, bounds) => {
                let rooms = shape.iter().map(|size| Some(room(size, bounds)));
                let room = product(rooms).ok_or(super::elab::Reported)?;
                Ok(Val::Ir(self.filled_up(*value, &room, at)?))
            }
            (Pat::Tuple(pats), Val::Tuple(parts)) => {
                let parts: R<Vec<Val<'a>>> = pats
                    .iter()
                    .zip(parts)
                    .map(|(pat, part)| self.in_room(pat, part, bounds, at))
                    .collect();
                Ok(Val::Tuple(parts?))
            }
            (Pat::Struct(def, pats), Val::Struct(_, parts)) => {
                let parts: R<Vec<Val<'a>>> = pats
                    .iter()
                    .zip(parts)
                    .map(|(pat, part)| self.in_room(pat, part, bounds, at))
                    .collect();
                Ok(Val::Struct(*def, parts?))
            }
            _ => Ok(val.clone()),
        }
    }

    /// The elements of an array in order, and zeros up to the length `room`.
    fn filled_up(&mut self, value: Value, room: &Size, at: Span) -> R<Value> {
        let ty = self.ty(value);
        let count = product(ty.shape.iter().cloned().map(Some));
        let count = self.size_result(count, at)?;
        let rest = self.size_result(room.checked_sub(&count), at)?;
        let flat = match ty.rank() {
            1 => value,
            _ => {
                let row = Type::array(ty.dtype, [count.clone()]);
                self.emit_as(Reshape, &[value], row, at)?
            }
        };
        let (flat, rest) = match self.cx.facts.proves_natural(&rest) {
            true => (flat, rest),
            false => self.cut_off(flat, room, at)?,
        };
        let zeros = self.filled(Scalar::zero(ty.dtype), Type::array(ty.dtype, [rest]), at)?;
        let parts = Parts {
            args: [flat, zeros].into_iter().collect(),
            ..Parts::default()
        };
        let made = self.emit_parts(Concat { axis: 0 }, parts, at)?;
        made.first().copied().ok_or(super::elab::Reported)
    }

    /// The first elements of a row, at most as many as there is room for, and the room that is left. What is
    /// computed may be written before its size is checked, and must stay within its memory even so.
    fn cut_off(&mut self, row: Value, room: &Size, at: Span) -> R<(Value, Size)> {
        let mut ty = self.ty(row);
        let count = product(ty.shape.iter().cloned().map(Some));
        let count = self.size_result(count, at)?;
        let operands = [self.size_value(&count, at)?, self.size_value(room, at)?];
        let kept = Size::value(self.emit(Min, &operands, at)?);
        ty.shape = [kept.clone()].into_iter().collect();
        let start = self.integer(0, at)?;
        let row = self.emit_as(Slice { axis: 0, step: 1 }, &[row, start], ty, at)?;
        Ok((row, self.size_result(room.checked_sub(&kept), at)?))
    }
}

fn product(sizes: impl Iterator<Item = Option<Size>>) -> Option<Size> {
    let mut sizes = sizes;
    sizes.try_fold(Size::constant(1), |product, size| {
        product.checked_mul(&size?)
    })
}

fn mentions(shape: &[Size], bounds: &[ExportBound]) -> bool {
    let mut values = shape.iter().flat_map(Size::values);
    values.any(|v| bounds.iter().any(|bound| bound.value == v))
}

/// The most that a size can be: where it grows with a declared size, that is at its bound; where it
/// shrinks with it, at 0.
pub fn room(size: &Size, bounds: &[ExportBound]) -> Size {
    let of = |v: Value| bounds.iter().find(|bound| bound.value == v);
    let mut sum = Size::constant(0);
    for (values, k) in size.terms() {
        if k < 0 && values.iter().any(|&v| of(v).is_some()) {
            continue;
        }
        let factor = |&v: &Value| of(v).map_or_else(|| Size::value(v), |bound| bound.room.clone());
        let term = values
            .iter()
            .try_fold(Size::constant(k), |term, v| term.checked_mul(&factor(v)));
        sum = term
            .and_then(|term| sum.checked_add(&term))
            .unwrap_or_else(|| Size::constant(i64::MAX));
    }
    sum
}

/// The declared shapes of a result in the place of those that its leaves have in the room.
pub(super) fn declared_shapes(ty: &mut ExportType, pat: &Pat<'_>, bounds: &[ExportBound]) {
    match (ty, pat) {
        (ExportType::Array { shape, .. }, Pat::Array(_, declared))
            if mentions(declared, bounds) =>
        {
            *shape = declared.clone();
        }
        (ExportType::Tuple(types), Pat::Tuple(pats)) => {
            for (ty, pat) in types.iter_mut().zip(pats) {
                declared_shapes(ty, pat, bounds);
            }
        }
        (ExportType::Struct { fields, .. }, Pat::Struct(def, pats)) => {
            let declared = def.decl.fields.iter().zip(pats);
            for (field, pat) in declared {
                let found = fields.iter_mut().find(|f| f.name == field.name.as_str());
                if let Some(found) = found {
                    declared_shapes(&mut found.ty, pat, bounds);
                }
            }
        }
        _ => {}
    }
}
