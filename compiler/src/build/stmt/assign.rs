//! Assignments to variables, and to fields and elements of them.

use super::place::{Place, Step};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::expr::Entry;
use crate::build::types::Pat;
use crate::build::unify::Place as Fit;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{Assign, BinaryOp, Expr, ExprKind};
use dfn_ir::Size;

impl<'a> Elab<'a> {
    /// `place = value;` and `place += value;`
    pub(super) fn assign_stmt(&mut self, assign: &'a Assign) -> R<()> {
        let place = assign.place.unparenthesized();
        match assign.op {
            None => {
                let val = self.expr(&assign.value)?;
                self.store(place, val, assign.value.span)
            }
            Some(op) => self.compound(place, (op, assign.op_span), &assign.value),
        }
    }

    /// `place op= value`, with the product in `value` fused into a sum where it can be.
    fn compound(&mut self, place: &'a Expr, op: (BinaryOp, Span), value: &'a Expr) -> R<()> {
        let found = self.place(place)?;
        if gathers(&found) {
            let val = self.expr(value)?;
            return self.accumulate(&found, op, &val, value.span);
        }
        let old = self.read_place(&found)?;
        let whole = place.span.to(value.span);
        let new = self.binary_onto(op, (old, place.span), value, whole)?;
        self.write_place(&found, &new, value.span)
    }

    /// Gives the place `place` the value `val`.
    fn store(&mut self, place: &'a Expr, val: Val<'a>, at: Span) -> R<()> {
        match (&place.unparenthesized().kind, val) {
            (ExprKind::Tuple(places), Val::Tuple(parts)) if places.len() == parts.len() => places
                .iter()
                .zip(parts)
                .try_for_each(|(place, part)| self.store(place, part, at)),
            (ExprKind::Tuple(places), val) => {
                let found = self.show(&val);
                let wanted = format!("a tuple of {}", places.len());
                Err(self.fail(errors::types::pattern(&wanted, &found, at)))
            }
            (_, val) => {
                let place = self.place(place)?;
                self.write_place(&place, &val, at)
            }
        }
    }

    /// `val` with the type of `before`, which a variable keeps.
    pub(in crate::build) fn like(
        &mut self,
        before: &Val<'a>,
        val: &Val<'a>,
        declared: Span,
        at: Span,
    ) -> R<Val<'a>> {
        let pat = self.pat_of(before)?;
        self.fit_known(
            &pat,
            val,
            Fit {
                at,
                declared,
                what: "the variable keeps its type",
            },
        )
    }

    /// The type of a value.
    pub(in crate::build) fn pat_of(&mut self, val: &Val<'a>) -> R<Pat<'a>> {
        match val {
            Val::Ir(value) => {
                let ty = self.ty(*value);
                Ok(Pat::Array(ty.dtype, ty.shape.to_vec()))
            }
            Val::Number(number) => Ok(Pat::Array(number.default_dtype(), Vec::new())),
            Val::Numbers(numbers) => {
                let shape = numbers.shape.iter().map(|&n| Size::constant(n)).collect();
                Ok(Pat::Array(
                    crate::build::literal::default_dtype(numbers),
                    shape,
                ))
            }
            Val::Tuple(parts) => Ok(Pat::Tuple(
                parts
                    .iter()
                    .map(|part| self.pat_of(part))
                    .collect::<R<_>>()?,
            )),
            Val::Struct(def, parts) => Ok(Pat::Struct(
                *def,
                parts
                    .iter()
                    .map(|part| self.pat_of(part))
                    .collect::<R<_>>()?,
            )),
            Val::Func(func) => Ok(Pat::Func(self.param_names(func).len())),
            Val::Text(_) | Val::Error => Err(Reported),
        }
    }
}

/// Whether the last step goes to an array of positions.
fn gathers(place: &Place) -> bool {
    match place.steps.last() {
        Some(Step::Elements(entries)) => {
            entries.iter().any(|entry| matches!(entry, Entry::Many(_)))
        }
        Some(Step::Part(_)) | None => false,
    }
}
