//! Assignments to variables, and to fields and elements of them.

use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::types::Pat;
use crate::build::unify::Place as Fit;
use crate::build::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{Assign, BinaryOp, Expr, ExprKind, Index};
use dfn_ir::ops::Update;
use dfn_ir::{Size, Value};

impl<'a> Elab<'a> {
    /// `place = value;` and `place += value;`
    pub(super) fn assign_stmt(&mut self, assign: &'a Assign) -> R<()> {
        let place = assign.place.unparenthesized();
        let val = match assign.op {
            None => self.expr(&assign.value)?,
            Some(op) => self.compound(place, op, &assign.value, assign.op_span)?,
        };
        self.store(place, val, assign.value.span)
    }

    /// `place op value`, with the product in `value` fused into a sum where it can be.
    fn compound(&mut self, place: &'a Expr, op: BinaryOp, value: &'a Expr, at: Span) -> R<Val<'a>> {
        self.binary(op, at, place, value, place.span.to(value.span))
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
                let (position, name) = self.variable(place)?;
                let before = match self.cx.scope.at(position).map(|binding| &binding.meaning) {
                    Some(Meaning::Val(before)) => before.clone(),
                    _ => return Err(Reported),
                };
                let after = self.replaced(place, &before, val, at)?;
                self.name_value(&after, &name);
                self.cx.scope.assign(position, after);
                Ok(())
            }
        }
    }

    /// The variable that a place is in.
    fn variable(&mut self, place: &'a Expr) -> R<(usize, std::sync::Arc<str>)> {
        match &place.unparenthesized().kind {
            ExprKind::Name(name) => {
                let position = self.cx.scope.position(name.as_str());
                let binding = position
                    .and_then(|position| self.cx.scope.at(position))
                    .cloned();
                match (position, binding) {
                    (Some(position), Some(binding)) if binding.mutable => {
                        Ok((position, name.text.clone()))
                    }
                    (_, Some(binding)) => Err(self.fail(errors::types::immutable(
                        name.as_str(),
                        name.span,
                        Some(binding.span),
                    ))),
                    _ => {
                        let known = self.known_names();
                        let known = known.iter().map(String::as_str);
                        Err(self.fail(errors::names::unknown(
                            "variable",
                            name.as_str(),
                            name.span,
                            known,
                        )))
                    }
                }
            }
            ExprKind::Field { base, .. }
            | ExprKind::TupleField { base, .. }
            | ExprKind::Index { base, .. } => self.variable(base),
            _ => Err(self.fail(errors::types::immutable("this", place.span, None))),
        }
    }

    /// The variable's value `before` with the part at `place` replaced by `val`.
    fn replaced(
        &mut self,
        place: &'a Expr,
        before: &Val<'a>,
        val: Val<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        match &place.unparenthesized().kind {
            ExprKind::Name(_) => self.like(before, &val, place.span, at),
            ExprKind::Field { base, field } => {
                let owner = self.expr(base)?;
                let part = self.field_place(&owner, field)?;
                let changed = self.with_part(&owner, part, place, val, at)?;
                self.replaced(base, before, changed, at)
            }
            ExprKind::TupleField {
                base,
                index,
                index_span,
            } => {
                let owner = self.expr(base)?;
                let part = self.tuple_place(&owner, *index, *index_span)?;
                let changed = self.with_part(&owner, part, place, val, at)?;
                self.replaced(base, before, changed, at)
            }
            ExprKind::Index { base, indices } => {
                let owner = self.expr(base)?;
                let array = self.ir(&owner, base.span)?;
                let changed = self.updated(array, indices, &val, place.span, at)?;
                self.replaced(base, before, Val::Ir(changed), at)
            }
            _ => Err(Reported),
        }
    }

    fn with_part(
        &mut self,
        owner: &Val<'a>,
        part: usize,
        place: &'a Expr,
        val: Val<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let (Val::Tuple(parts) | Val::Struct(_, parts)) = owner else {
            return Err(Reported);
        };
        let mut parts = parts.clone();
        if let Some(slot) = parts.get_mut(part) {
            *slot = self.like(&slot.clone(), &val, place.span, at)?;
        }
        Ok(match owner {
            Val::Struct(def, _) => Val::Struct(*def, parts),
            _ => Val::Tuple(parts),
        })
    }

    /// `array` with the part at `indices` replaced.
    fn updated(
        &mut self,
        array: Value,
        indices: &'a [Index],
        val: &Val<'a>,
        place: Span,
        at: Span,
    ) -> R<Value> {
        let ty = self.ty(array);
        if indices.len() > ty.rank() {
            let found = self.show(&Val::Ir(array));
            return Err(self.fail(errors::types::indexed(
                &found,
                ty.rank(),
                indices.len(),
                place,
            )));
        }
        let rest = indices
            .iter()
            .position(|index| !matches!(index, Index::At(_)))
            .unwrap_or(indices.len());
        let (leading, others) = indices.split_at_checked(rest).unwrap_or_default();
        if let Some(other) = others.iter().find(|index| !matches!(index, Index::All(_))) {
            return Err(self.fail(errors::functions::unsupported(
                "an assignment to a slice",
                other.span(),
                "assign the elements in a `for` loop",
            )));
        }
        let mut operands = vec![array];
        let mut values = Vec::new();
        for (axis, index) in leading.iter().enumerate() {
            let Index::At(expr) = index else { continue };
            let size = ty.shape.get(axis).cloned().unwrap_or_default();
            values.push(self.checked_index(expr, &size)?);
        }
        let part = ty.drop_axes(values.len());
        let pat = Pat::Array(part.dtype, part.shape.to_vec());
        let val = match val {
            Val::Number(_) if !part.is_scalar() => {
                let scalar = self.ir_as(val, Some(part.dtype), at)?;
                Val::Ir(self.broadcast_to(scalar, &part.shape, at)?)
            }
            _ => self.fit_known(
                &pat,
                val,
                Fit {
                    at,
                    declared: place,
                    what: "the element",
                },
            )?,
        };
        operands.push(self.ir(&val, at)?);
        operands.extend(values);
        self.emit(Update, &operands, place)
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
