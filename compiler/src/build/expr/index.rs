//! Indices and slices: `a[i, 1..n, ..]`.
//!
//! Slices are taken first, each on its axis; then positions, for which their axes are moved to the front.

use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr, Index as Entry};
use dfn_ir::ops::{self, CompareOp, Slice, Transposed};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Size, Value};

impl<'a> Elab<'a> {
    /// `base[indices]`
    pub(super) fn index(&mut self, base: &'a Expr, indices: &'a [Entry], at: Span) -> R<Val<'a>> {
        let val = self.expr(base)?;
        let array = self.ir(&val, base.span)?;
        let rank = self.ty(array).rank();
        if indices.len() > rank {
            let found = self.show(&Val::Ir(array));
            return Err(self.fail(errors::types::indexed(&found, rank, indices.len(), at)));
        }
        let sizes = self.ty(array).shape.to_vec();
        let mut current = array;
        let mut positions: Vec<(usize, Value)> = Vec::new();
        let mut gather = None;
        for (axis, (entry, size)) in indices.iter().zip(&sizes).enumerate() {
            match entry {
                Entry::All(_) => {}
                Entry::Slice(range) => current = self.slice(current, axis, size, range)?,
                Entry::At(expr) => {
                    let index = self.expr(expr)?;
                    let many = match &index {
                        Val::Ir(value) => self.ty(*value).rank() > 0,
                        Val::Numbers(_) => true,
                        _ => false,
                    };
                    if !many {
                        let index = self.index_value(&index, size, expr.span)?;
                        positions.push((axis, index));
                    } else if gather.is_none() {
                        gather = Some((
                            axis,
                            self.ir_as(&index, Some(DType::I64), expr.span)?,
                            expr.span,
                        ));
                    } else {
                        return Err(self.fail(errors::functions::unsupported(
                            "more than one array of positions",
                            expr.span,
                            "write a comprehension",
                        )));
                    }
                }
            }
        }
        if let Some((axis, index, span)) = gather {
            if let Some((_, position)) = positions.first() {
                let _ = position;
                return Err(self.fail(errors::functions::unsupported(
                    "an array of positions beside other positions",
                    span,
                    "write a comprehension",
                )));
            }
            return self.gathered(current, axis, index, span);
        }
        Ok(Val::Ir(self.at_positions(current, &positions, at)?))
    }

    /// An index as a value, in bounds.
    fn index_value(&mut self, index: &Val<'a>, size: &Size, at: Span) -> R<Value> {
        let wrong = match index {
            Val::Ir(value) => !self.ty(*value).is(DType::I64),
            Val::Number(number) => number.as_i64().is_none(),
            Val::Error => return Err(crate::build::elab::Reported),
            _ => true,
        };
        if wrong {
            let found = self.show(index);
            return Err(self.fail(errors::types::mismatch(
                "an index of type `i64`",
                &found,
                at,
                None,
            )));
        }
        let mut index = self.val_as_size(index, at)?;
        if let Some(n) = index.as_constant().filter(|n| *n < 0) {
            index = self.size_result(size.checked_add(&Size::constant(n)), at)?;
        }
        self.check_bounds(&index, size, at)?;
        self.size_value(&index, at)
    }

    /// The part at positions on some axes, which disappear.
    fn at_positions(&mut self, array: Value, positions: &[(usize, Value)], at: Span) -> R<Value> {
        if positions.is_empty() {
            return Ok(array);
        }
        let rank = self.ty(array).rank();
        let first: Vec<usize> = positions.iter().map(|(axis, _)| *axis).collect();
        let mut axes = first.clone();
        axes.extend((0..rank).filter(|axis| !first.contains(axis)));
        let mut current = array;
        if !axes.iter().copied().eq(0..rank) {
            current = self.emit(Transposed { axes }, &[array], at)?;
        }
        let mut operands = vec![current];
        operands.extend(positions.iter().map(|(_, index)| *index));
        self.emit(ops::Index, &operands, at)
    }

    /// The parts at many positions of one axis.
    fn gathered(&mut self, array: Value, axis: usize, index: Value, at: Span) -> R<Val<'a>> {
        let ty = self.ty(index);
        if ty.dtype != DType::I64 {
            let found = self.show(&Val::Ir(index));
            let what = if ty.dtype == DType::Bool {
                "a mask as an index"
            } else {
                "an index of this type"
            };
            let diagnostic =
                errors::functions::unsupported(what, at, "use positions of type `i64`");
            return Err(self.fail(diagnostic.note(format!("this is {found}"))));
        }
        let size = self.ty(array).shape.get(axis).cloned().unwrap_or_default();
        let extents = ty.shape.to_vec();
        let rank = self.ty(array).rank();
        let gathered = self.map_region(&extents, at, |elab, indices| {
            let mut operands = vec![index];
            operands.extend(indices);
            let position = elab.emit(ops::Index, &operands, at)?;
            elab.check_bounds(&Size::value(position), &size, at)?;
            Ok(Val::Ir(elab.at_positions(
                array,
                &[(axis, position)],
                at,
            )?))
        })?;
        let value = self.ir(&gathered, at)?;
        // The new axes came first; they belong where the old axis was.
        let count = extents.len();
        let mut axes: Vec<usize> = (count..count + axis).collect();
        axes.extend(0..count);
        axes.extend(count + axis..count + rank - 1);
        match axes.iter().copied().eq(0..axes.len()) {
            true => Ok(gathered),
            false => Ok(Val::Ir(self.emit(Transposed { axes }, &[value], at)?)),
        }
    }

    /// A slice of one axis.
    fn slice(&mut self, array: Value, axis: usize, size: &Size, range: &'a ast::Range) -> R<Value> {
        let at = range.span;
        let start = match &range.start {
            Some(expr) => self.end_of_slice(expr, size)?,
            None => Size::constant(0),
        };
        let mut end = match &range.end {
            Some(expr) => self.end_of_slice(expr, size)?,
            None => size.clone(),
        };
        if range.inclusive {
            end = self.size_result(end.checked_add(&Size::constant(1)), at)?;
        }
        let step = match &range.step {
            None => 1,
            Some(step) => self.integer_expr(step)?.as_constant().unwrap_or(0),
        };
        if step < 1 {
            return Err(self.fail(errors::functions::unsupported(
                "a step that is not a positive constant",
                at,
                "write a number",
            )));
        }
        self.check_order(&Size::constant(0), &start, at)?;
        self.check_order(&start, &end, at)?;
        self.check_order(&end, size, at)?;
        let length = self.size_result(end.checked_sub(&start), at)?;
        let count = self.steps(&length, step, at)?;
        self.note_natural(&count);
        let last = count
            .checked_sub(&Size::constant(1))
            .and_then(|k| k.checked_scale(step))
            .and_then(|k| k.checked_add(&start));
        let first = match range.reversed {
            true => self.size_result(last, at)?,
            false => start,
        };
        let mut ty = self.ty(array);
        if let Some(slot) = ty.shape.get_mut(axis) {
            *slot = count;
        }
        let first = self.size_value(&first, at)?;
        let step = if range.reversed { -step } else { step };
        self.emit_as(Slice { axis, step }, &[array, first], ty, at)
    }

    /// One end of a slice; a negative literal counts from the end of the axis.
    fn end_of_slice(&mut self, expr: &'a Expr, size: &Size) -> R<Size> {
        let end = self.integer_expr(expr)?;
        match end.as_constant() {
            Some(n) if n < 0 => self.size_result(size.checked_add(&end), expr.span),
            _ => Ok(end),
        }
    }

    /// Makes sure that `a <= b`.
    fn check_order(&mut self, a: &Size, b: &Size, at: Span) -> R<()> {
        let gap = self.size_result(b.checked_sub(a), at)?;
        if self.cx.facts.proves_natural(&gap) {
            return Ok(());
        }
        if gap.as_constant().is_some() && self.always_runs() {
            let (a, b) = (self.show_size(a), self.show_size(b));
            return Err(self.fail(errors::sizes::out_of_bounds(&a, &b, at)));
        }
        let message = format!(
            "the slice is outside of the axis: `{}` is above `{}`",
            self.show_size(a),
            self.show_size(b)
        );
        let (a, b) = (self.size_value(a, at)?, self.size_value(b, at)?);
        let holds = self.emit(CompareOp { how: Compare::Le }, &[a, b], at)?;
        self.check(holds, &message, at)
    }

    /// What was checked to be a size is one from here on.
    fn note_natural(&mut self, size: &Size) {
        if let Some(value) = size.as_value() {
            self.cx.facts.is_natural(value);
        }
    }
}
