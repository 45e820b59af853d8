//! Expressions, one file for each group of forms.

mod arith;
mod array;
mod broadcast;
mod data;
mod entries;
mod index;
mod logic;
mod product;

pub(super) use array::depends;
pub(super) use entries::{Cut, Entry};

use super::builtin;
use super::elab::{Elab, R, Reported, ir_span};
use super::errors;
use super::types::Pat;
use super::unify::Place;
use super::val::{Func, Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr, ExprKind, UnaryOp};
use dfn_ir::ops::{CompareOp, Neg, Not, Reshape};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Value};
use std::rc::Rc;

impl<'a> Elab<'a> {
    /// An expression.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> R<Val<'a>> {
        let outer = self.cx.b.at(ir_span(expr.span));
        let val = self.expr_here(expr);
        self.cx.b.at(outer);
        val
    }

    fn expr_here(&mut self, expr: &'a Expr) -> R<Val<'a>> {
        let at = expr.span;
        // Only the forms that hand their value on hand the hint on.
        let hint = self.cx.hint.take();
        let hands_on = matches!(
            expr.kind,
            ExprKind::Paren(_) | ExprKind::Block(_) | ExprKind::If(_)
        );
        self.cx.hint = hint.filter(|_| hands_on);
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, at),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, at),
            ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } => self.binary(*op, *op_span, left, right, at),
            ExprKind::Call { callee, args } => self.call_expr(callee, args, at),
            ExprKind::Cast { value, ty } => self.cast(value, ty, at),
            ExprKind::Field { base, field } => self.field(base, field),
            ExprKind::TupleField {
                base,
                index,
                index_span,
            } => self.tuple_field(base, *index, *index_span),
            ExprKind::Index { base, indices } => self.index(base, indices, at),
            ExprKind::Array(parts) => self.array_literal(parts, at),
            ExprKind::Comprehension(inner) => self.comprehension(inner, at),
            ExprKind::Generator(_) => Err(self.fail(errors::functions::form(
                "a generator outside of a reduction",
                at,
                "put it in brackets to make an array: `[for i in 0..n: …]`",
            ))),
            ExprKind::Tuple(parts) => {
                let parts: Vec<R<Val<'a>>> = parts.iter().map(|part| self.expr(part)).collect();
                Ok(Val::Tuple(parts.into_iter().collect::<R<_>>()?))
            }
            ExprKind::Struct(literal) => self.struct_literal(literal, at),
            ExprKind::Lambda(lambda) => Ok(self.lambda(lambda)),
            ExprKind::Block(block) => self.block(block),
            ExprKind::If(choice) => self.if_expr(choice, at),
            ExprKind::Loop(block) => self.loop_expr(block, at),
            ExprKind::Error => Err(Reported),
        }
    }

    fn name(&mut self, name: &'a ast::Name) -> R<Val<'a>> {
        if name.is_missing() {
            return Err(Reported);
        }
        if let Some(binding) = self.cx.scope.get(name.as_str()) {
            return match binding.meaning.clone() {
                Meaning::Val(Val::Error) => Err(Reported),
                Meaning::Val(val) => Ok(val),
                Meaning::Size(size) => Ok(Val::Ir(self.size_value(&size, name.span)?)),
                Meaning::DType(_) => Err(self.fail(errors::names::wrong_kind(
                    name.as_str(),
                    "an element type",
                    "a value",
                    name.span,
                ))),
            };
        }
        if let Some(item) = self.item(name.as_str()) {
            return self.item_value(item, name.as_str(), name.span);
        }
        let in_prelude = self.cx.home + 1 == self.files.len();
        let known = builtin::find(name.as_str());
        if let Some(builtin) = known.filter(|builtin| builtin.is_public() || in_prelude) {
            return Ok(Val::Func(Rc::new(Func::Builtin(builtin))));
        }
        let known = self.known_names();
        let known = known.iter().map(String::as_str);
        Err(self.fail(errors::names::unknown(
            "name",
            name.as_str(),
            name.span,
            known,
        )))
    }

    /// The value of a constant, computed where it is used.
    pub(super) fn const_value(
        &mut self,
        constant: &'a ast::Const,
        home: usize,
        at: Span,
    ) -> R<Val<'a>> {
        let declared = std::ptr::from_ref(constant).addr();
        if self.cx.resolving.contains(&declared) {
            let cycle = [(constant.name.to_string(), constant.name.span)];
            return Err(self.fail(errors::functions::recursion(&cycle, at)));
        }
        self.cx.resolving.push(declared);
        self.enter_types(Vec::new(), home);
        let val = self
            .expr(&constant.value)
            .and_then(|val| match &constant.ty {
                None => self.constant_number(val, &constant.name.text, constant.value.span),
                Some(ty) => {
                    let pat = self.resolve(ty)?;
                    self.fit_known(
                        &pat,
                        &val,
                        Place {
                            at: constant.value.span,
                            declared: ty.span,
                            what: "the constant",
                        },
                    )
                }
            });
        self.leave_types();
        self.cx.resolving.pop();
        val
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a Expr, at: Span) -> R<Val<'a>> {
        let val = self.expr(operand)?;
        match (op, &val) {
            (UnaryOp::Neg, Val::Number(number)) => Ok(Val::Number(number.neg())),
            (UnaryOp::Neg, Val::Numbers(numbers)) => {
                let items = numbers
                    .items
                    .iter()
                    .map(super::number::Number::neg)
                    .collect();
                Ok(Val::Numbers(Rc::new(super::val::Numbers {
                    items,
                    shape: numbers.shape.clone(),
                })))
            }
            _ => {
                let value = self.ir(&val, operand.span)?;
                let dtype = self.ty(value).dtype;
                let defined = match op {
                    UnaryOp::Neg => dtype != DType::Bool,
                    UnaryOp::Not => !dtype.is_float(),
                };
                if !defined {
                    let sign = if op == UnaryOp::Neg { "-" } else { "!" };
                    let found = self.show(&val);
                    return Err(self.fail(errors::types::operands(sign, &[found], at)));
                }
                match op {
                    UnaryOp::Neg => self.negated(value, at),
                    UnaryOp::Not => Ok(Val::Ir(self.emit(Not, &[value], at)?)),
                }
            }
        }
    }

    fn negated(&mut self, value: Value, at: Span) -> R<Val<'a>> {
        let result = self.emit(Neg, &[value], at)?;
        if self.ty(value).is(DType::I64)
            && let Some(size) = self.cx.facts.polynomial(value).checked_scale(-1)
        {
            self.cx.facts.is_size(result, &size);
        }
        Ok(Val::Ir(result))
    }

    /// `x as f64[m]`: the same value, its sizes checked at run time.
    fn cast(&mut self, value: &'a Expr, ty: &'a ast::Type, at: Span) -> R<Val<'a>> {
        let val = self.expr(value)?;
        let pat = self.resolve(ty)?;
        let Pat::Array(dtype, shape) = &pat else {
            return self.fit_known(
                &pat,
                &val,
                Place {
                    at: value.span,
                    declared: ty.span,
                    what: "the value",
                },
            );
        };
        let array = self.ir_as(&val, Some(*dtype), value.span)?;
        let found = self.ty(array);
        if found.dtype != *dtype || found.rank() != shape.len() {
            let place = Place {
                at: value.span,
                declared: ty.span,
                what: "the value",
            };
            let reported = self.type_differs(&pat, &Val::Ir(array), place);
            return Err(reported);
        }
        let mut current = array;
        for (axis, wanted) in shape.iter().enumerate() {
            current = self.claim_size(current, axis, wanted, at)?;
        }
        Ok(Val::Ir(current))
    }

    /// `array` with the size of an axis claimed to be `wanted`.
    fn claim_size(
        &mut self,
        array: Value,
        axis: usize,
        wanted: &dfn_ir::Size,
        at: Span,
    ) -> R<Value> {
        let ty = self.ty(array);
        let Some(found) = ty.shape.get(axis).filter(|size| *size != wanted) else {
            return Ok(array);
        };
        if let (Some(_), Some(_)) = (found.as_constant(), wanted.as_constant()) {
            return Err(self.sizes_differ("this never holds", wanted, found, at));
        }
        let message = format!(
            "the sizes `{}` and `{}` differ",
            self.show_size(found),
            self.show_size(wanted)
        );
        let (left, right) = (self.size_value(found, at)?, self.size_value(wanted, at)?);
        let holds = self.emit(CompareOp { how: Compare::Eq }, &[left, right], at)?;
        self.check(holds, &message, at)?;
        let mut shape = ty.shape.clone();
        if let Some(size) = shape.get_mut(axis) {
            *size = wanted.clone();
        }
        let to = dfn_ir::Type::array(ty.dtype, shape);
        // Where the number of elements is the same polynomial the elements stay; otherwise they are cut
        // out, all of them, by a slice whose size is known by its new name.
        if ty.elements().is_some() && ty.elements() == to.elements() {
            return self.emit_as(Reshape, &[array], to, at);
        }
        let zero = self.integer(0, at)?;
        self.emit_as(dfn_ir::ops::Slice { axis, step: 1 }, &[array, zero], to, at)
    }
}
