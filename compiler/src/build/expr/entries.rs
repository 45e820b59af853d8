//! The entries of an index, evaluated: positions, arrays of positions, masks, slices, whole axes.
//!
//! A mask is the positions of its true elements; their number is a size that only the running program
//! knows. Arrays of positions run together: they are broadcast to one shape, whose axes stand where the
//! first of them stands.

use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Index};
use dfn_ir::ops::{And, CompareOp, Convert, Div, Min, Order, Reduce, ReduceKind, Rem, Reshape};
use dfn_ir::scalar::{Compare, Scalar};
use dfn_ir::{DType, Size, Type, Value};

/// An entry for one axis.
#[derive(Clone, Debug)]
pub(in crate::build) enum Entry {
    /// A position, in bounds.
    At(Value),
    /// The whole axis.
    All,
    /// Equally spaced positions, in bounds.
    Slice(Cut),
    /// Positions in an array, in bounds. All such arrays of an index have one shape.
    Many(Value),
}

/// The positions `first + k * step` for `k` below `count`.
#[derive(Clone, Debug)]
pub(in crate::build) struct Cut {
    /// The first one.
    pub(in crate::build) first: Size,
    /// The distance; negative backwards.
    pub(in crate::build) step: Size,
    /// How many.
    pub(in crate::build) count: Size,
}

/// An entry on its way: arrays of positions keep their places until all are known.
enum Found {
    Entry(Entry),
    Many(Value, Span),
}

impl<'a> Elab<'a> {
    /// The entries of `indices` for leading axes of the sizes `shape`.
    pub(in crate::build) fn entries(
        &mut self,
        shape: &[Size],
        indices: &'a [Index],
        found: &Val<'a>,
        at: Span,
    ) -> R<Vec<Entry>> {
        let mut all: Vec<Found> = Vec::new();
        for index in indices {
            let sizes = shape.get(all.len()..).unwrap_or_default();
            let Some(size) = sizes.first() else {
                return Err(self.too_many(found, shape.len(), indices.len(), at));
            };
            match index {
                Index::All(_) => all.push(Found::Entry(Entry::All)),
                Index::Slice(range) => all.push(Found::Entry(Entry::Slice(self.cut(range, size)?))),
                Index::At(expr) => {
                    let val = self.expr(expr)?;
                    match self.is_array(&val) {
                        false => {
                            let position = self.position(&val, size, expr.span)?;
                            all.push(Found::Entry(Entry::At(position)));
                        }
                        true => self.array_entry(&val, sizes, found, expr.span, &mut all)?,
                    }
                }
            }
        }
        self.joined_entries(all, at)
    }

    fn too_many(&mut self, found: &Val<'a>, axes: usize, given: usize, at: Span) -> Reported {
        let found = self.show(found);
        self.fail(errors::types::indexed(&found, axes, given, at))
    }

    fn is_array(&self, val: &Val<'a>) -> bool {
        match val {
            Val::Ir(value) => self.ty(*value).rank() > 0,
            Val::Numbers(_) => true,
            _ => false,
        }
    }

    /// An array of positions for one axis, or a mask for as many axes as it has.
    fn array_entry(
        &mut self,
        val: &Val<'a>,
        sizes: &[Size],
        found: &Val<'a>,
        at: Span,
        all: &mut Vec<Found>,
    ) -> R<()> {
        let value = self.ir_as(val, Some(DType::I64), at)?;
        let ty = self.ty(value);
        match ty.dtype {
            DType::I64 => {
                let size = sizes.first().cloned().unwrap_or_default();
                self.check_all_in_bounds(value, &size, at)?;
                all.push(Found::Many(value, at));
            }
            DType::Bool => {
                let Some(sizes) = sizes.get(..ty.rank()) else {
                    let axes = all.len() + sizes.len();
                    return Err(self.too_many(found, axes, all.len() + ty.rank(), at));
                };
                for (wanted, size) in sizes.iter().zip(&ty.shape) {
                    if wanted != size {
                        return Err(self.sizes_differ("the mask", wanted, size, at));
                    }
                }
                let places = self.places_of_mask(value, at)?;
                all.extend(places.into_iter().map(|place| Found::Many(place, at)));
            }
            _ => {
                let shown = self.show(val);
                let wanted = "positions of type `i64` or a mask of type `bool`";
                return Err(self.fail(errors::types::mismatch(wanted, &shown, at, None)));
            }
        }
        Ok(())
    }

    /// The entries, arrays of positions broadcast to one shape.
    fn joined_entries(&mut self, all: Vec<Found>, at: Span) -> R<Vec<Entry>> {
        let many = |found: &Found| match found {
            Found::Many(value, span) => Some((*value, *span)),
            Found::Entry(_) => None,
        };
        let pairs: Vec<(Value, Span)> = all.iter().filter_map(many).collect();
        let first = all.iter().position(|found| many(found).is_some());
        let last = all.iter().rposition(|found| many(found).is_some());
        let between = first
            .zip(last)
            .and_then(|(first, last)| all.get(first..=last));
        let apart = |found: &Found| matches!(found, Found::Entry(Entry::All | Entry::Slice(_)));
        if between.unwrap_or_default().iter().any(apart) {
            let title = "arrays of positions with a slice between them";
            let help = "they run together and make one set of axes: bring their axes side by side with `transpose`, or write a comprehension";
            return Err(self.fail(errors::functions::form(title, at, help)));
        }
        let mut joined = self.broadcast_all("[…]", &pairs, at)?.into_iter();
        let entry = |found: Found| match found {
            Found::Entry(entry) => Ok(entry),
            Found::Many(..) => joined.next().map(Entry::Many).ok_or(Reported),
        };
        all.into_iter().map(entry).collect()
    }

    /// A position as a value, in bounds.
    fn position(&mut self, index: &Val<'a>, size: &Size, at: Span) -> R<Value> {
        let wrong = match index {
            Val::Ir(value) => !self.ty(*value).is(DType::I64),
            Val::Number(number) => number.as_i64().is_none(),
            Val::Error => return Err(Reported),
            _ => true,
        };
        if wrong {
            let found = self.show(index);
            let wanted = "an index of type `i64`";
            return Err(self.fail(errors::types::mismatch(wanted, &found, at, None)));
        }
        let mut index = self.val_as_size(index, at)?;
        let written = index.clone();
        // `a[-1]` is the last element; only a constant counts from the end.
        if let Some(n) = index.as_constant().filter(|n| *n < 0) {
            index = self.size_result(size.checked_add(&Size::constant(n)), at)?;
        }
        self.check_bounds(&written, &index, size, at)?;
        self.size_value(&index, at)
    }

    /// Makes sure that `0 <= positions < size` holds for every element, in one pass ahead.
    fn check_all_in_bounds(&mut self, positions: Value, size: &Size, at: Span) -> R<()> {
        let ty = self.ty(positions);
        let zero = self.filled(Scalar::I64(0), ty.clone(), at)?;
        let end = self.size_value(size, at)?;
        let end = self.broadcast_to(end, &ty.shape, at)?;
        let above = self.emit(CompareOp { how: Compare::Le }, &[zero, positions], at)?;
        let below = self.emit(CompareOp { how: Compare::Lt }, &[positions, end], at)?;
        let inside = self.emit(And, &[above, below], at)?;
        let all = Reduce {
            kind: ReduceKind::All,
            axes: (0..ty.rank()).collect(),
            order: Order::Any,
        };
        let holds = self.emit(all, &[inside], at)?;
        let size = self.show_size(size);
        let message = format!("an index is outside of the axis of size `{size}`");
        self.check(holds, &message, at)
    }

    /// The positions of the true elements of a mask, an array for each axis.
    fn places_of_mask(&mut self, mask: Value, at: Span) -> R<Vec<Value>> {
        if let Some(places) = self.cx.facts.places(mask) {
            return Ok(places);
        }
        let shape = self.ty(mask).shape.to_vec();
        let length = self.size_result(product(&shape), at)?;
        let flat = Type::array(DType::Bool, [length.clone()]);
        let flat = self.emit_as(Reshape, &[mask], flat, at)?;
        let ones = self.emit(Convert { to: DType::I64 }, &[flat], at)?;
        let sum = Reduce {
            kind: ReduceKind::Sum,
            axes: vec![0],
            order: Order::Any,
        };
        let count = self.emit(sum, &[ones], at)?;
        // That it is at most the length says how much memory is enough, before it is known.
        let most = self.size_value(&length, at)?;
        let count = self.emit(Min, &[count, most], at)?;
        self.cx.facts.is_natural(count);
        let above = self.size_result(length.checked_add(&Size::constant(1)), at)?;
        self.cx.facts.in_range(count, Size::constant(0), above);
        let places = self.call_prelude("mask_positions", &[flat, count], at)?;
        let kept = [Size::value(count)];
        let mut axes = Vec::new();
        for (axis, size) in shape.iter().enumerate() {
            let later = shape.get(axis + 1..).unwrap_or_default();
            let mut place = places;
            if !later.is_empty() {
                let stride = self.size_result(product(later), at)?;
                let stride = self.size_value(&stride, at)?;
                let stride = self.broadcast_to(stride, &kept, at)?;
                place = self.emit(Div, &[place, stride], at)?;
            }
            if axis > 0 {
                let size = self.size_value(size, at)?;
                let size = self.broadcast_to(size, &kept, at)?;
                place = self.emit(Rem, &[place, size], at)?;
            }
            axes.push(place);
        }
        self.cx.facts.has_places(mask, axes.clone());
        Ok(axes)
    }

    /// A function of the prelude applied to values.
    fn call_prelude(&mut self, name: &str, args: &[Value], at: Span) -> R<Value> {
        let prelude = self.files.last().and_then(|file| file.items.get(name));
        let Some(Item::Function(code, home)) = prelude.copied() else {
            return Err(self.fail(errors::types::internal("the prelude is incomplete", at)));
        };
        let Val::Func(func) = self.declared(code, home) else {
            return Err(Reported);
        };
        let arg = |value: &Value| ArgVal {
            name: None,
            val: Val::Ir(*value),
            span: at,
        };
        let val = self.apply(&func, args.iter().map(arg).collect(), at)?;
        self.ir(&val, at)
    }

    /// The positions of a slice of an axis of the size `size`.
    fn cut(&mut self, range: &'a ast::Range, size: &Size) -> R<Cut> {
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
        let step = self.step_of(range)?;
        self.check_order(&Size::constant(0), &start, at)?;
        self.check_order(&start, &end, at)?;
        self.check_order(&end, size, at)?;
        let length = self.size_result(end.checked_sub(&start), at)?;
        let count = self.steps(&length, &step, at)?;
        // That it is one was checked.
        if let Some(value) = count.as_value() {
            self.cx.facts.is_natural(value);
        }
        if !range.reversed {
            let first = start;
            return Ok(Cut { first, step, count });
        }
        let last = count
            .checked_sub(&Size::constant(1))
            .and_then(|k| k.checked_mul(&step))
            .and_then(|k| k.checked_add(&start));
        let first = self.size_result(last, at)?;
        let step = self.size_result(step.checked_scale(-1), at)?;
        Ok(Cut { first, step, count })
    }

    /// One end of a slice; a negative constant counts from the end of the axis.
    fn end_of_slice(&mut self, expr: &'a ast::Expr, size: &Size) -> R<Size> {
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
}

fn product(sizes: &[Size]) -> Option<Size> {
    sizes
        .iter()
        .try_fold(Size::constant(1), |product, size| product.checked_mul(size))
}
