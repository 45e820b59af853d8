//! Ranges, the regions of comprehensions, and checked indices.

use super::through::Each;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::facts::Opaque;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::{Add, CompareOp, Map, Mul};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Parts, Size, Type, Value};

/// A range of integers.
#[derive(Clone, Debug)]
pub(in crate::build) struct Run {
    /// The first number.
    pub(in crate::build) start: Size,
    /// How many; not negative.
    pub(in crate::build) count: Size,
    /// The same before it was made not negative: where the body runs, both are equal.
    raw: Size,
    /// The distance of two numbers.
    step: Size,
    /// Whether it runs from the last to the first.
    pub(in crate::build) reversed: bool,
}

impl Run {
    /// The positions of an axis of this size.
    pub(in crate::build) fn of_size(size: Size) -> Run {
        Run {
            start: Size::constant(0),
            count: size.clone(),
            raw: size,
            step: Size::constant(1),
            reversed: false,
        }
    }
}

/// What happens where a range may be empty the wrong way round, as `3..n` with `n = 2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::build) enum Below {
    /// There is nothing to run through.
    Empty,
    /// It is a fault, because the range is the size of an array.
    Fault,
}

impl<'a> Elab<'a> {
    /// An integer as a polynomial.
    pub(in crate::build) fn integer_expr(&mut self, expr: &'a ast::Expr) -> R<Size> {
        let val = self.expr(expr)?;
        match &val {
            Val::Ir(value) if !self.ty(*value).is(DType::I64) => {
                let found = self.show(&val);
                Err(self.fail(errors::types::mismatch("`i64`", &found, expr.span, None)))
            }
            Val::Ir(_) | Val::Error => self.val_as_size(&val, expr.span),
            Val::Number(number) if number.as_i64().is_some() => self.val_as_size(&val, expr.span),
            _ => {
                let found = self.show(&val);
                Err(self.fail(errors::types::mismatch("`i64`", &found, expr.span, None)))
            }
        }
    }

    /// The numbers of a range with both ends.
    pub(in crate::build) fn range(&mut self, range: &'a ast::Range, below: Below) -> R<Run> {
        let start = match &range.start {
            Some(expr) => self.integer_expr(expr)?,
            None => Size::constant(0),
        };
        let Some(end) = &range.end else {
            return Err(self.fail(errors::functions::form(
                "a range without end",
                range.span,
                "write both ends",
            )));
        };
        let mut end = self.integer_expr(end)?;
        if range.inclusive {
            end = self.size_result(end.checked_add(&Size::constant(1)), range.span)?;
        }
        let step = self.step_of(range)?;
        let length = self.size_result(end.checked_sub(&start), range.span)?;
        let raw = self.steps(&length, &step, range.span)?;
        let count = self.not_negative(&raw, below, range.span)?;
        Ok(Run {
            start,
            count,
            raw,
            step,
            reversed: range.reversed,
        })
    }

    /// The distance of two numbers of a range; at least 1, by a check at run time if it has to be.
    pub(in crate::build) fn step_of(&mut self, range: &'a ast::Range) -> R<Size> {
        let one = Size::constant(1);
        let Some(expr) = &range.step else {
            return Ok(one);
        };
        let step = self.integer_expr(expr)?;
        let rest = self.size_result(step.checked_sub(&one), expr.span)?;
        match rest.as_constant() {
            Some(n) if n < 0 && self.always_runs() => {
                let title = format!("the step `{}` is not positive", self.show_size(&step));
                let help = "a range counts up: `(a..b).rev()` is the same numbers from the last to the first";
                Err(self.fail(errors::functions::form(title, expr.span, help)))
            }
            Some(0..) => Ok(step),
            _ if self.cx.facts.proves_natural(&rest) => Ok(step),
            _ => {
                let (zero, value) = (
                    self.integer(0, expr.span)?,
                    self.size_value(&step, expr.span)?,
                );
                let holds = self.emit(CompareOp { how: Compare::Lt }, &[zero, value], expr.span)?;
                self.check(holds, "the step of a range is not positive", expr.span)?;
                // Behind a check that certainly fails any step will do.
                Ok(if step.as_constant().is_some() {
                    one
                } else {
                    step
                })
            }
        }
    }

    /// `ceil(length / step)`
    pub(in crate::build) fn steps(&mut self, length: &Size, step: &Size, at: Span) -> R<Size> {
        if step.is(1) {
            return Ok(length.clone());
        }
        if let (Some(n), Some(step)) = (length.as_constant(), step.as_constant()) {
            return Ok(Size::constant(n.max(0).saturating_add(step - 1) / step));
        }
        let rest = self.size_result(step.checked_sub(&Size::constant(1)), at)?;
        let padded = self.size_result(length.checked_add(&rest), at)?;
        self.opaque(Opaque::Div, &padded, step, at)
    }

    fn not_negative(&mut self, count: &Size, below: Below, at: Span) -> R<Size> {
        if self.cx.facts.proves_natural(count) {
            return Ok(count.clone());
        }
        if below == Below::Fault {
            self.natural(count, at)?;
            return Ok(count.clone());
        }
        if let Some(n) = count.as_constant() {
            return Ok(Size::constant(n.max(0)));
        }
        self.opaque(Opaque::Max, count, &Size::constant(0), at)
    }

    /// The number of step `index` of a comprehension, which may run backwards.
    pub(in crate::build) fn stepped(
        &mut self,
        run: &Run,
        each: &Each<'a>,
        index: Value,
        at: Span,
    ) -> R<Val<'a>> {
        if !run.reversed {
            return self.step_value(run, each, index, at);
        }
        // start + (count - 1 - index) * step
        let last = run
            .count
            .checked_sub(&Size::constant(1))
            .and_then(|k| k.checked_mul(&run.step));
        let last = last.and_then(|k| k.checked_add(&run.start));
        let number =
            last.and_then(|last| last.checked_sub(&Size::value(index).checked_mul(&run.step)?));
        let number = self.size_result(number, at)?;
        self.cx
            .facts
            .in_range(index, Size::constant(0), run.raw.clone());
        Ok(Val::Ir(self.size_value(&number, at)?))
    }

    /// The number, or the element, of step `index` of a range.
    pub(in crate::build) fn step_value(
        &mut self,
        span: &Run,
        each: &Each<'a>,
        index: Value,
        at: Span,
    ) -> R<Val<'a>> {
        let counter = Size::value(index);
        self.cx
            .facts
            .in_range(index, Size::constant(0), span.raw.clone());
        if !matches!(each, Each::Number) {
            return self.each_value(each, index, at);
        }
        let number = counter
            .checked_mul(&span.step)
            .and_then(|k| k.checked_add(&span.start));
        let number = self.size_result(number, at)?;
        if number == counter {
            return Ok(Val::Ir(index));
        }
        let mut value = index;
        if !span.step.is(1) {
            let step = self.size_value(&span.step, at)?;
            value = self.emit(Mul, &[value, step], at)?;
        }
        if !span.start.is(0) {
            let start = self.size_value(&span.start, at)?;
            value = self.emit(Add, &[start, value], at)?;
        }
        self.cx.facts.is_size(value, &number);
        Ok(Val::Ir(value))
    }

    /// A `map` over `extents`; the leaves of what `body` gives are stacked.
    pub(in crate::build) fn map_region(
        &mut self,
        extents: &[Size],
        at: Span,
        body: impl FnOnce(&mut Self, &[Value]) -> R<Val<'a>>,
    ) -> R<Val<'a>> {
        let limit = self.cx.scope.mark();
        let facts = self.cx.facts.clone();
        let held = std::mem::replace(&mut self.cx.held, limit);
        self.cx.b.open();
        let mut indices = Vec::new();
        for extent in extents {
            let index = self.cx.b.param(Type::scalar(DType::I64), None);
            self.cx
                .facts
                .in_range(index, Size::constant(0), extent.clone());
            indices.push(index);
        }
        let val = body(self, &indices).and_then(|val| self.settled(&val, at));
        let leaves = val.as_ref().map(Val::leaves).unwrap_or_default();
        let block = self.cx.b.close(leaves.clone());
        self.cx.facts = facts;
        self.cx.held = held;
        self.cx.scope.forget(limit);
        let val = val?;
        if let Val::Func(_) | Val::Text(_) = val {
            return Err(self.fail(errors::functions::function_value(
                "an element of an array",
                at,
            )));
        }
        let depth = self.cx.b.current_depth();
        let ragged = leaves
            .iter()
            .flat_map(|&leaf| self.ty(leaf).values().collect::<Vec<_>>());
        if ragged.into_iter().any(|v| self.cx.b.depth(v) > depth) {
            return Err(self.fail(errors::sizes::not_a_size(
                "a number that differs from element to element",
                at,
            )));
        }
        let parts = Parts {
            sizes: extents.iter().cloned().collect(),
            blocks: vec![block],
            ..Parts::default()
        };
        let op = Map {
            yields: leaves.len(),
            sums: 0,
            accs: 0,
        };
        let results = self.emit_parts(op, parts, at)?;
        let mut next = results.into_iter();
        Ok(val.map(&mut |v| Val::Ir(next.next().unwrap_or(v)), &Size::clone))
    }

    /// Whether the current place is reached for certain: what fails there is a fault of the program. In a
    /// branch, or in an instance for certain sizes, it may be what the branch is there to avoid.
    pub(in crate::build) fn always_runs(&self) -> bool {
        self.chain.is_empty() && self.cx.b.current_depth() == 0
    }

    /// Makes sure that `0 <= index < size`; the program writes the index as `written`, perhaps counted from
    /// the end.
    pub(in crate::build) fn check_bounds(
        &mut self,
        written: &Size,
        index: &Size,
        size: &Size,
        at: Span,
    ) -> R<()> {
        if let (Some(k), Some(n)) = (index.as_constant(), size.as_constant())
            && (k < 0 || k >= n)
            && self.always_runs()
        {
            let written = self.show_size(written);
            return Err(self.fail(errors::sizes::out_of_bounds(&written, &n.to_string(), at)));
        }
        let message = format!(
            "the index is outside of the axis of size `{}`",
            self.show_size(size)
        );
        if !self.cx.facts.proves_not_below(index) {
            let (value, zero) = (self.size_value(index, at)?, self.integer(0, at)?);
            let holds = self.emit(CompareOp { how: Compare::Le }, &[zero, value], at)?;
            self.check(holds, &message, at)?;
        }
        if !self.cx.facts.proves_below(index, size) {
            let (value, end) = (self.size_value(index, at)?, self.size_value(size, at)?);
            let holds = self.emit(CompareOp { how: Compare::Lt }, &[value, end], at)?;
            self.check(holds, &message, at)?;
        }
        Ok(())
    }
}
