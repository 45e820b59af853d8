//! Sizes as expressions: what stands in the brackets of a type.

use super::elab::{Elab, R};
use super::errors;
use super::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};
use dfn_ir::ops::CompareOp;
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Size};

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
                let val = self.expr(expr)?;
                self.val_as_size(&val, expr.span)
            }
        }
    }

    /// A value as a size.
    pub(super) fn val_as_size(&mut self, val: &Val<'a>, at: Span) -> R<Size> {
        match val {
            Val::Number(number) if number.as_i64().is_some() => {
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
