//! Sizes as expressions: what stands in the brackets of a type.

use super::elab::{Elab, R};
use super::errors;
use super::facts::{Opaque, Origin};
use super::number::Class;
use super::unify::divide;
use super::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};
use dfn_ir::ops::{CompareOp, Div, Max, Min, Rem};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Size, Value};

impl<'a> Elab<'a> {
    /// A size, in normal form. Whether it is negative is not checked.
    pub(super) fn size_expr(&mut self, expr: &'a Expr) -> R<Size> {
        match &expr.unparenthesized().kind {
            ExprKind::Name(name) => {
                if let Some(binding) = self.cx.scope.get(name.as_str()) {
                    let (mutable, span) = (binding.mutable, binding.span);
                    match binding.meaning.clone() {
                        Meaning::Size(size) => return Ok(size),
                        Meaning::Val(_) if mutable => {
                            let what = format!("the variable `{name}`");
                            let diagnostic = errors::sizes::not_a_size(&what, expr.span);
                            return Err(self.fail(diagnostic.also(span, "bound with `mut` here")));
                        }
                        Meaning::Val(_) | Meaning::DType(_) => {}
                    }
                } else if self.item(name.as_str()).is_none() {
                    return Err(self.fail(errors::names::undeclared_size(name.as_str(), name.span)));
                }
                let val = self.expr(expr)?;
                self.val_as_size(&val, expr.span)
            }
            ExprKind::Binary {
                op: op @ (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul),
                left,
                right,
                ..
            } => {
                let (a, b) = (self.size_expr(left)?, self.size_expr(right)?);
                let size = match op {
                    BinaryOp::Add => a.checked_add(&b),
                    BinaryOp::Sub => a.checked_sub(&b),
                    _ => a.checked_mul(&b),
                };
                self.size_result(size, expr.span)
            }
            _ => {
                let outer = std::mem::replace(&mut self.cx.in_size, true);
                let val = self.expr(expr);
                self.cx.in_size = outer;
                self.val_as_size(&val?, expr.span)
            }
        }
    }

    /// A value as a size.
    pub(super) fn val_as_size(&mut self, val: &Val<'a>, at: Span) -> R<Size> {
        match val {
            Val::Number(number) if number.as_i64().is_some() => {
                self.decide(number, Class::Int, at)?;
                Ok(Size::constant(number.as_i64().unwrap_or_default()))
            }
            Val::Ir(value) if self.ty(*value).is(DType::I64) => {
                Ok(self.cx.facts.polynomial(*value))
            }
            Val::Error => Err(super::elab::Reported),
            _ => {
                let found = self.show(val);
                Err(self.fail(errors::sizes::not_a_size(&found, at)))
            }
        }
    }

    /// `a / b` and the like on integers: one value for one pair of operands, so that the same size written
    /// twice is one.
    pub(super) fn opaque(&mut self, op: Opaque, a: &Size, b: &Size, at: Span) -> R<Size> {
        if let Some(size) = folded(op, a, b) {
            return Ok(size);
        }
        let origin = (op, a.clone(), b.clone());
        if let Some(value) = self.cx.facts.computed(&origin) {
            return Ok(Size::value(value));
        }
        if let Some(value) = self.lifted(&origin) {
            self.cx.facts.is_computed(value, origin);
            return Ok(Size::value(value));
        }
        let operands = [self.size_value(a, at)?, self.size_value(b, at)?];
        let value = match op {
            Opaque::Div => self.emit(Div, &operands, at)?,
            Opaque::Rem => self.emit(Rem, &operands, at)?,
            Opaque::Min => self.emit(Min, &operands, at)?,
            Opaque::Max => self.emit(Max, &operands, at)?,
        };
        self.cx.facts.is_computed(value, origin);
        Ok(Size::value(value))
    }

    /// The parameter for a size that is computed of parameters alone: callers know it as well, so that the
    /// types of a call's arguments and results can mention it.
    fn lifted(&mut self, origin: &Origin) -> Option<Value> {
        let mut known = self.cx.lifted.iter();
        if let Some((value, _)) = known.find(|(_, other)| other == origin) {
            return Some(*value);
        }
        let b = &self.cx.b;
        let is_param = |v: Value| b.definition(v).is_none() && b.depth(v) == 0;
        let mut values = origin.1.values().chain(origin.2.values());
        let of_params = values.all(|v| self.unknown_of(v).is_none() && is_param(v));
        if !self.cx.lifts || !self.cx.in_size || !of_params {
            return None;
        }
        let value = self.cx.b.late_size_param();
        self.cx.lifted.push((value, origin.clone()));
        Some(value)
    }

    /// Makes sure that a size is not negative, by a check at run time if it has to be.
    pub(super) fn natural(&mut self, size: &Size, at: Span) -> R<()> {
        match size.as_constant() {
            Some(n) if n < 0 => Err(self.fail(errors::sizes::negative(&n.to_string(), at))),
            Some(_) => Ok(()),
            None if self.cx.facts.proves_natural(size) => Ok(()),
            None => {
                let value = self.size_value(size, at)?;
                let zero = self.integer(0, at)?;
                let holds = self.emit(CompareOp { how: Compare::Le }, &[zero, value], at)?;
                let message = format!("the size `{}` is negative", self.show_size(size));
                self.check(holds, &message, at)?;
                if let Some(value) = size.as_value() {
                    self.cx.facts.is_natural(value);
                }
                Ok(())
            }
        }
    }

    /// The sizes of a type, each made sure not to be negative.
    pub(super) fn natural_shape(&mut self, shape: &[Size], at: Span) -> R<()> {
        shape.iter().try_for_each(|size| self.natural(size, at))
    }
}

/// The result of an opaque operation where it is a polynomial after all.
fn folded(op: Opaque, a: &Size, b: &Size) -> Option<Size> {
    let constants = a.as_constant().zip(b.as_constant());
    match (op, constants) {
        (Opaque::Div, Some((a, b))) => a.checked_div(b).map(Size::constant),
        (Opaque::Rem, Some((a, b))) => a.checked_rem(b).map(Size::constant),
        (Opaque::Min, Some((a, b))) => Some(Size::constant(a.min(b))),
        (Opaque::Max, Some((a, b))) => Some(Size::constant(a.max(b))),
        // (2 * n) / 2 = n: a quotient without a rest is exact, whatever its sign.
        (Opaque::Div, None) => divide(a, b.as_constant()?),
        (Opaque::Rem, None) => divide(a, b.as_constant()?).map(|_| Size::constant(0)),
        (Opaque::Min | Opaque::Max, None) => (a == b).then(|| a.clone()),
    }
}
