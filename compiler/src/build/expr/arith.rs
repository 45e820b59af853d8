//! Arithmetic: `+ - * / % **`, matrix products, and the products that are fused into sums.
//!
//! `a * b + c`, `c + a * b`, `a * b - c` and `c - a * b` within one expression are one rounding of floats:
//! if both operands are products, the left one is fused. That is part of the language, so it happens here
//! and nowhere later.

use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::facts::Opaque;
use crate::build::val::{Numbers, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};
use dfn_ir::ops::{
    Add, CompareOp, Div, Fma, Mul, Neg, Order, Pow, PowI, Reduce, ReduceKind, Rem, Sub,
};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{DType, Op, Scalar, Type, Value};
use std::rc::Rc;

/// An operand with its place.
pub(in crate::build) type Operand<'a> = (Val<'a>, Span);

impl<'a> Elab<'a> {
    /// `left op right`
    pub(in crate::build) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a Expr,
        right: &'a Expr,
        at: Span,
    ) -> R<Val<'a>> {
        match op {
            BinaryOp::Add | BinaryOp::Sub => self.sum(op, left, right, at),
            BinaryOp::And | BinaryOp::Or => self.lazy(op, left, right, at),
            _ => {
                let (a, b) = self.both(left, right)?;
                self.combine(op, op_span, (a, left.span), (b, right.span), at)
            }
        }
    }

    /// `left op right` where the left operand is a value already.
    pub(in crate::build) fn binary_onto(
        &mut self,
        (op, op_span): (BinaryOp, Span),
        left: Operand<'a>,
        right: &'a Expr,
        at: Span,
    ) -> R<Val<'a>> {
        match (op, factors(right)) {
            (BinaryOp::Add | BinaryOp::Sub, Some((x, y))) => {
                self.onto_product(op, left, right.span, (x, y), at)
            }
            _ => {
                let b = self.expr(right)?;
                self.combine(op, op_span, left, (b, right.span), at)
            }
        }
    }

    /// `c ± x * y`
    fn onto_product(
        &mut self,
        op: BinaryOp,
        (c, c_span): Operand<'a>,
        product_span: Span,
        (x, y): (&'a Expr, &'a Expr),
        at: Span,
    ) -> R<Val<'a>> {
        let (a, b) = self.both(x, y)?;
        let factors = [(a.clone(), x.span), (b.clone(), y.span)];
        if self.fuses(&a, &b, &c) {
            let minus = [op == BinaryOp::Sub, false];
            return self.fused(factors, (c, c_span), minus, at);
        }
        let [a, b] = factors;
        let product = self.combine(BinaryOp::Mul, product_span, a, b, product_span)?;
        self.combine(op, at, (c, c_span), (product, product_span), at)
    }

    /// Both operands; a fault in one does not hide one in the other.
    fn both(&mut self, left: &'a Expr, right: &'a Expr) -> R<(Val<'a>, Val<'a>)> {
        let (a, b) = (self.expr(left), self.expr(right));
        Ok((a?, b?))
    }

    /// `left op right` on values.
    pub(in crate::build) fn combine(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        a: Operand<'a>,
        b: Operand<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        match op {
            BinaryOp::Add => self.arithmetic(ScalarOp::Add, "+", a, b, at),
            BinaryOp::Sub => self.arithmetic(ScalarOp::Sub, "-", a, b, at),
            BinaryOp::Mul => self.arithmetic(ScalarOp::Mul, "*", a, b, at),
            BinaryOp::Div => self.arithmetic(ScalarOp::Div, "/", a, b, at),
            BinaryOp::Rem => self.arithmetic(ScalarOp::Rem, "%", a, b, at),
            BinaryOp::Pow => self.power(a, b, at),
            BinaryOp::MatMul => self.product(a, b, op_span, at),
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => self.comparison(op, a, b, at),
            BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::BitAnd
            | BinaryOp::BitOr
            | BinaryOp::BitXor
            | BinaryOp::Shl
            | BinaryOp::Shr => self.bits(op, a, b, at),
        }
    }

    /// An arithmetic operation, by elements.
    pub(in crate::build) fn arithmetic(
        &mut self,
        op: ScalarOp,
        sign: &str,
        a: Operand<'a>,
        b: Operand<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        self.decide_operands(&a, &b)?;
        if let Some(folded) = fold(op, &a.0, &b.0) {
            return Ok(folded);
        }
        let [x, y] = self.numbers_of(sign, [&a, &b], at)?;
        let dtype = self.ty(x).dtype;
        if dtype == DType::Bool {
            let types = [self.show(&a.0), self.show(&b.0)];
            return Err(self.fail(
                errors::types::operands(sign, &types, at)
                    .help("convert a truth value to a number: `f64(…)`"),
            ));
        }
        let values = self.broadcast_all(sign, &[(x, a.1), (y, b.1)], at)?;
        let &[x, y] = values.as_slice() else {
            return Err(crate::build::elab::Reported);
        };
        if dtype.is_int() && matches!(op, ScalarOp::Div | ScalarOp::Rem) {
            self.check_divisor(&b.0, y, at)?;
        }
        let opaque = match op {
            ScalarOp::Div => Some(Opaque::Div),
            ScalarOp::Rem => Some(Opaque::Rem),
            _ => None,
        };
        if let Some(op) = opaque.filter(|_| self.ty(x).is(DType::I64)) {
            return self.opaque_value(op, x, y, at);
        }
        let result = self.emit(operation(op), &[x, y], at)?;
        self.note_polynomial(op, x, y, result);
        Ok(Val::Ir(result))
    }

    /// Numbers without type that meet, by elements: if one is decided, so is the other.
    fn decide_operands(&mut self, a: &Operand<'a>, b: &Operand<'a>) -> R<()> {
        match (&a.0, &b.0) {
            (Val::Number(x), Val::Number(y)) => self.decide_together((x, a.1), (y, b.1)),
            (Val::Numbers(xs), Val::Number(y)) => {
                let mut xs = xs.items.iter();
                xs.try_for_each(|x| self.decide_together((x, a.1), (y, b.1)))
            }
            (Val::Number(x), Val::Numbers(ys)) => {
                let mut ys = ys.items.iter();
                ys.try_for_each(|y| self.decide_together((x, a.1), (y, b.1)))
            }
            _ => Ok(()),
        }
    }

    /// An operation on two integers that may be a size.
    pub(in crate::build) fn opaque_value(
        &mut self,
        op: Opaque,
        x: Value,
        y: Value,
        at: Span,
    ) -> R<Val<'a>> {
        let (a, b) = (self.cx.facts.polynomial(x), self.cx.facts.polynomial(y));
        let size = self.opaque(op, &a, &b, at)?;
        Ok(Val::Ir(self.size_value(&size, at)?))
    }

    /// Remembers that an integer is a polynomial of others.
    fn note_polynomial(&mut self, op: ScalarOp, x: Value, y: Value, result: Value) {
        if !self.ty(result).is(DType::I64) {
            return;
        }
        let (a, b) = (self.cx.facts.polynomial(x), self.cx.facts.polynomial(y));
        let size = match op {
            ScalarOp::Add => a.checked_add(&b),
            ScalarOp::Sub => a.checked_sub(&b),
            ScalarOp::Mul => a.checked_mul(&b),
            _ => None,
        };
        if let Some(size) = size {
            self.cx.facts.is_size(result, &size);
        }
    }

    fn check_divisor(&mut self, divisor: &Val<'a>, value: Value, at: Span) -> R<()> {
        match divisor {
            Val::Number(number) if number.as_i64() != Some(0) => return Ok(()),
            Val::Ir(v) if self.ty(*v).is(DType::I64) => {
                let size = self.cx.facts.polynomial(*v);
                if size.as_constant().is_some_and(|n| n != 0) {
                    return Ok(());
                }
            }
            _ => {}
        }
        let ty = self.ty(value);
        let zero = self.filled(Scalar::zero(ty.dtype), ty.clone(), at)?;
        let nonzero = self.emit(CompareOp { how: Compare::Ne }, &[value, zero], at)?;
        let all = match ty.is_scalar() {
            true => nonzero,
            false => {
                let axes = (0..ty.rank()).collect();
                self.emit(
                    Reduce {
                        kind: ReduceKind::All,
                        axes,
                        order: Order::Any,
                    },
                    &[nonzero],
                    at,
                )?
            }
        };
        self.check(all, "division by zero", at)
    }

    /// The operands of a sign as IR of one element type.
    pub(in crate::build) fn numbers_of<const N: usize>(
        &mut self,
        sign: &str,
        operands: [&Operand<'a>; N],
        at: Span,
    ) -> R<[Value; N]> {
        let known = operands.iter().find_map(|(val, _)| match val {
            Val::Ir(value) => Some(self.ty(*value).dtype),
            _ => None,
        });
        let float = operands.iter().any(|(val, _)| match val {
            Val::Number(number) => number.default_dtype().is_float(),
            Val::Numbers(numbers) => crate::build::literal::default_dtype(numbers).is_float(),
            _ => false,
        });
        let dtype = known.unwrap_or(if float { DType::F64 } else { DType::I64 });
        let mut values = Vec::new();
        for (val, span) in operands {
            if !matches!(
                val,
                Val::Ir(_) | Val::Number(_) | Val::Numbers(_) | Val::Error
            ) {
                let types: Vec<String> = operands.iter().map(|(val, _)| self.show(val)).collect();
                return Err(self.fail(errors::types::operands(sign, &types, at)));
            }
            values.push((self.ir_as(val, Some(dtype), *span)?, *span));
        }
        let other = values
            .iter()
            .find(|(value, _)| self.ty(*value).dtype != dtype);
        if let Some(&(other, span)) = other {
            let first = operands
                .iter()
                .zip(&values)
                .find(|(_, (value, _))| self.ty(*value).dtype == dtype);
            let (left, left_span) = first.map_or((other, span), |(_, pair)| *pair);
            let (left, right) = (
                self.show_type(&self.ty(left)),
                self.show_type(&self.ty(other)),
            );
            return Err(self.fail(errors::types::mixed(
                sign,
                (&left, left_span),
                (&right, span),
                at,
            )));
        }
        let values: Vec<Value> = values.into_iter().map(|(value, _)| value).collect();
        values.try_into().map_err(|_| crate::build::elab::Reported)
    }

    /// `left ± right`, with a product in one of them fused.
    fn sum(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr, at: Span) -> R<Val<'a>> {
        let minus = op == BinaryOp::Sub;
        if let Some((x, y)) = factors(left) {
            let (a, b) = (self.expr(x), self.expr(y));
            let c = self.expr(right);
            let (a, b, c) = (a?, b?, c?);
            if self.fuses(&a, &b, &c) {
                return self.fused(
                    [(a, x.span), (b, y.span)],
                    (c, right.span),
                    [false, minus],
                    at,
                );
            }
            let product = self.combine(
                BinaryOp::Mul,
                left.span,
                (a, x.span),
                (b, y.span),
                left.span,
            )?;
            return self.combine(op, at, (product, left.span), (c, right.span), at);
        }
        if let Some(product) = factors(right) {
            let Ok(c) = self.expr(left) else {
                // A fault in one operand does not hide one in the other.
                let _ = self.both(product.0, product.1);
                return Err(crate::build::elab::Reported);
            };
            return self.onto_product(op, (c, left.span), right.span, product, at);
        }
        let (a, b) = self.both(left, right)?;
        self.combine(op, at, (a, left.span), (b, right.span), at)
    }

    /// Whether `a * b + c` is one operation: on floats, if the product has the shape of the sum.
    fn fuses(&self, a: &Val<'a>, b: &Val<'a>, c: &Val<'a>) -> bool {
        let ty = |val: &Val<'a>| match val {
            Val::Ir(value) => Some(self.ty(*value)),
            Val::Numbers(numbers) => {
                let shape = numbers.shape.iter().map(|&n| dfn_ir::Size::constant(n));
                Some(Type::array(
                    crate::build::literal::default_dtype(numbers),
                    shape,
                ))
            }
            Val::Number(number) => Some(Type::scalar(number.default_dtype())),
            _ => None,
        };
        let is_ir = |val: &&Val<'a>| matches!(val, Val::Ir(_));
        // A product of literals alone is folded instead.
        if ![a, b].iter().any(is_ir) {
            return false;
        }
        let float = [a, b, c]
            .into_iter()
            .filter(is_ir)
            .all(|val| ty(val).is_some_and(|ty| ty.dtype.is_float()));
        let (Some(a), Some(b), Some(c)) = (ty(a), ty(b), ty(c)) else {
            return false;
        };
        let product = self.joined(&a.shape, &b.shape);
        let whole = product
            .as_ref()
            .and_then(|shape| self.joined(shape, &c.shape));
        float && product.is_some() && product == whole
    }

    /// `± a * b ± c` in one rounding; `minus` says which of product and summand are negated.
    fn fused(
        &mut self,
        [a, b]: [Operand<'a>; 2],
        c: Operand<'a>,
        minus: [bool; 2],
        at: Span,
    ) -> R<Val<'a>> {
        let sign = "+";
        let spans = [a.1, b.1, c.1];
        let values = self.numbers_of(sign, [&a, &b, &c], at)?;
        let pairs: Vec<(Value, Span)> = values.into_iter().zip(spans).collect();
        let values = self.broadcast_all(sign, &pairs, at)?;
        let &[mut x, y, mut z] = values.as_slice() else {
            return Err(crate::build::elab::Reported);
        };
        if minus == [true, false] {
            x = self.emit(Neg, &[x], at)?;
        }
        if minus == [false, true] {
            z = self.emit(Neg, &[z], at)?;
        }
        Ok(Val::Ir(self.emit(Fma, &[x, y, z], at)?))
    }

    /// `a ** b`
    fn power(&mut self, a: Operand<'a>, b: Operand<'a>, at: Span) -> R<Val<'a>> {
        let exponent = match &b.0 {
            Val::Number(number) => number.integral().and_then(|n| i32::try_from(n).ok()),
            _ => None,
        };
        if let (Val::Number(base), Some(n @ 0..=64)) = (&a.0, exponent) {
            let mut product = crate::build::number::Number::int(1);
            for _ in 0..n {
                match product.combine(ScalarOp::Mul, base) {
                    Some(next) => product = next,
                    None => return Err(self.fail(errors::types::number("i64", at, false))),
                }
            }
            return Ok(Val::Number(product));
        }
        // An integer has no such power: the base is a float.
        let float =
            matches!(&a.0, Val::Number(_) | Val::Numbers(_)) && exponent.is_some_and(|n| n < 0);
        if let Some(n) = exponent {
            let base = self.ir_as(&a.0, float.then_some(DType::F64), a.1)?;
            let dtype = self.ty(base).dtype;
            return match dtype {
                _ if dtype.is_float() => Ok(Val::Ir(self.emit(PowI { n }, &[base], at)?)),
                _ if dtype.is_int() && n >= 0 => self.integer_power(base, n, at),
                _ => {
                    let types = [self.show(&a.0), self.show(&b.0)];
                    Err(self.fail(errors::types::operands("**", &types, at)))
                }
            };
        }
        let [x, y] = match (&a.0, &b.0) {
            (Val::Number(_) | Val::Numbers(_), Val::Number(_) | Val::Numbers(_)) => [
                self.ir_as(&a.0, Some(DType::F64), a.1)?,
                self.ir_as(&b.0, Some(DType::F64), b.1)?,
            ],
            _ => self.numbers_of("**", [&a, &b], at)?,
        };
        if !self.ty(x).dtype.is_float() {
            let types = [self.show(&a.0), self.show(&b.0)];
            let diagnostic = errors::types::operands("**", &types, at);
            return Err(self.fail(diagnostic.help(
                "the exponent of an integer must be a constant; convert to `f64` otherwise",
            )));
        }
        let values = self.broadcast_all("**", &[(x, a.1), (y, b.1)], at)?;
        Ok(Val::Ir(self.emit(Pow, &values, at)?))
    }

    /// Products by squaring from the highest bit.
    fn integer_power(&mut self, base: Value, n: i32, at: Span) -> R<Val<'a>> {
        let ty = self.ty(base);
        if n == 0 {
            let one = dfn_ir::scalar::eval(ScalarOp::Convert(ty.dtype), &[Scalar::I64(1)]);
            let one = one.unwrap_or(Scalar::zero(ty.dtype));
            return Ok(Val::Ir(self.filled(one, ty, at)?));
        }
        let mut power = base;
        for bit in (0..31 - n.leading_zeros()).rev() {
            power = self.emit(Mul, &[power, power], at)?;
            if n >> bit & 1 == 1 {
                power = self.emit(Mul, &[power, base], at)?;
            }
        }
        Ok(Val::Ir(power))
    }
}

/// The factors of a product.
fn factors(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.unparenthesized().kind {
        ExprKind::Binary {
            op: BinaryOp::Mul,
            left,
            right,
            ..
        } => Some((left, right)),
        _ => None,
    }
}

fn operation(op: ScalarOp) -> Op {
    match op {
        ScalarOp::Sub => Sub.into(),
        ScalarOp::Mul => Mul.into(),
        ScalarOp::Div => Div.into(),
        ScalarOp::Rem => Rem.into(),
        _ => Add.into(),
    }
}

/// Arithmetic on numbers without type, by elements.
fn fold<'a>(op: ScalarOp, a: &Val<'a>, b: &Val<'a>) -> Option<Val<'a>> {
    match (a, b) {
        (Val::Number(x), Val::Number(y)) => x.combine(op, y).map(Val::Number),
        (Val::Numbers(xs), Val::Number(y)) => {
            let items: Option<Vec<_>> = xs.items.iter().map(|x| x.combine(op, y)).collect();
            Some(Val::Numbers(Rc::new(Numbers {
                items: items?,
                shape: xs.shape.clone(),
            })))
        }
        (Val::Number(x), Val::Numbers(ys)) => {
            let items: Option<Vec<_>> = ys.items.iter().map(|y| x.combine(op, y)).collect();
            Some(Val::Numbers(Rc::new(Numbers {
                items: items?,
                shape: ys.shape.clone(),
            })))
        }
        _ => None,
    }
}
