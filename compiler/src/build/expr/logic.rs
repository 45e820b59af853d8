//! Comparisons, truth values and bits.

use super::arith::Operand;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::lint::warnings;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};
use dfn_ir::ops::{And, CompareOp, Or, Shift, Xor};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{DType, Op, Scalar, Size, Value};

impl<'a> Elab<'a> {
    /// A comparison, by elements.
    pub(super) fn comparison(
        &mut self,
        op: BinaryOp,
        a: Operand<'a>,
        b: Operand<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let (how, swapped, sign) = match op {
            BinaryOp::Eq => (Compare::Eq, false, "=="),
            BinaryOp::Ne => (Compare::Ne, false, "!="),
            BinaryOp::Lt => (Compare::Lt, false, "<"),
            BinaryOp::Le => (Compare::Le, false, "<="),
            BinaryOp::Gt => (Compare::Lt, true, ">"),
            _ => (Compare::Le, true, ">="),
        };
        let [x, y] = self.numbers_of(sign, [&a, &b], at)?;
        self.warn_of_equality(sign, [&a.0, &b.0], at);
        let values = self.broadcast_all(sign, &[(x, a.1), (y, b.1)], at)?;
        let &[x, y] = values.as_slice() else {
            return Err(Reported);
        };
        self.warn_of_decided(op, sign, [x, y], at);
        let operands = if swapped { [y, x] } else { [x, y] };
        Ok(Val::Ir(self.emit(CompareOp { how }, &operands, at)?))
    }

    /// Warns of `==` between floats that are both computed, and not one thing with itself, which asks for NaN.
    fn warn_of_equality(&mut self, sign: &str, [a, b]: [&Val<'a>; 2], at: Span) {
        let computed = |val: &Val<'a>| match val {
            Val::Ir(value) if self.ty(*value).dtype.is_float() => {
                let inst = self.cx.b.definition(*value);
                let insts = &self.cx.b.func().insts;
                let op = inst.and_then(|inst| insts.get(inst)).map(|inst| &inst.op);
                (!matches!(op, Some(Op::Const(_) | Op::Dense(_)))).then_some(*value)
            }
            _ => None,
        };
        if let (Some(x), Some(y)) = (computed(a), computed(b))
            && x != y
            && matches!(sign, "==" | "!=")
        {
            self.warn(warnings::float_equality(sign, at));
        }
    }

    /// Warns of a comparison of integers that follows from what is known. Where a function is made for
    /// certain sizes more is known than is true of the function.
    fn warn_of_decided(&mut self, op: BinaryOp, sign: &str, [x, y]: [Value; 2], at: Span) {
        if !self.chain.is_empty() || !self.ty(x).is(DType::I64) || !self.ty(y).is(DType::I64) {
            return;
        }
        let facts = &self.cx.facts;
        let (a, b) = (facts.polynomial(x), facts.polynomial(y));
        if a.as_constant().is_some() && b.as_constant().is_some() {
            return;
        }
        let below = |a: &Size, b: &Size| facts.proves_below(a, b);
        let most = |a: &Size, b: &Size| {
            b.checked_sub(a)
                .is_some_and(|gap| facts.proves_natural(&gap))
        };
        let (holds, fails) = match op {
            BinaryOp::Lt => (below(&a, &b), most(&b, &a)),
            BinaryOp::Le => (most(&a, &b), below(&b, &a)),
            BinaryOp::Gt => (below(&b, &a), most(&a, &b)),
            BinaryOp::Ge => (most(&b, &a), below(&a, &b)),
            BinaryOp::Eq => (a == b, below(&a, &b) || below(&b, &a)),
            _ => (below(&a, &b) || below(&b, &a), a == b),
        };
        if holds || fails {
            let text = format!("{} {sign} {}", self.show_size(&a), self.show_size(&b));
            self.warn(warnings::decided(&text, holds, at));
        }
    }

    /// `a && b` and `a || b`. On scalars the right operand is evaluated only where it counts.
    pub(super) fn lazy(
        &mut self,
        op: BinaryOp,
        left: &'a Expr,
        right: &'a Expr,
        at: Span,
    ) -> R<Val<'a>> {
        let a = self.expr(left)?;
        let scalar = matches!(&a, Val::Ir(value) if self.ty(*value).is(DType::Bool));
        if !scalar || is_safe(right) {
            let b = self.expr(right)?;
            return self.bits(op, (a, left.span), (b, right.span), at);
        }
        let condition = self.ir(&a, left.span)?;
        let evaluated = |elab: &mut Self| elab.condition(right).map(Val::Ir);
        match op {
            BinaryOp::And => {
                let known = |elab: &mut Self| Ok(Val::Ir(elab.constant(Scalar::Bool(false), at)?));
                self.branch(condition, None, at, evaluated, known)
            }
            _ => {
                let known = |elab: &mut Self| Ok(Val::Ir(elab.constant(Scalar::Bool(true), at)?));
                self.branch(condition, None, at, known, evaluated)
            }
        }
    }

    /// Operations on truth values and on the bits of integers, by elements.
    pub(super) fn bits(
        &mut self,
        op: BinaryOp,
        a: Operand<'a>,
        b: Operand<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let (sign, op, accepts): (&str, Op, fn(DType) -> bool) = match op {
            BinaryOp::And => ("&&", And.into(), |dtype| dtype == DType::Bool),
            BinaryOp::Or => ("||", Or.into(), |dtype| dtype == DType::Bool),
            BinaryOp::BitAnd => ("&", And.into(), |dtype| !dtype.is_float()),
            BinaryOp::BitOr => ("|", Or.into(), |dtype| !dtype.is_float()),
            BinaryOp::BitXor => ("^", Xor.into(), |dtype| !dtype.is_float()),
            BinaryOp::Shl => ("<<", Shift { to: ScalarOp::Shl }.into(), DType::is_int),
            _ => (">>", Shift { to: ScalarOp::Shr }.into(), DType::is_int),
        };
        let [x, y] = self.numbers_of(sign, [&a, &b], at)?;
        if !accepts(self.ty(x).dtype) {
            let types = [self.show(&a.0), self.show(&b.0)];
            return Err(self.fail(errors::types::operands(sign, &types, at)));
        }
        let values = self.broadcast_all(sign, &[(x, a.1), (y, b.1)], at)?;
        Ok(Val::Ir(self.emit(op, &values, at)?))
    }
}

/// Whether evaluating `expr` cannot stop the program, so that it may be done needlessly.
fn is_safe(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) => true,
        ExprKind::Paren(inner) | ExprKind::Unary { operand: inner, .. } => is_safe(inner),
        ExprKind::Field { base, .. } | ExprKind::TupleField { base, .. } => is_safe(base),
        ExprKind::Binary {
            op, left, right, ..
        } => {
            !matches!(op, BinaryOp::Div | BinaryOp::Rem | BinaryOp::MatMul)
                && is_safe(left)
                && is_safe(right)
        }
        _ => false,
    }
}
