//! Functions that move elements: none computes one.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::types::Pat;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::{Add, Concat, Max, Mul, Rem};
use dfn_ir::{Op, Parts, Scalar, Size, Type, Value};

/// `stack(x, y, axis = 0)`: arrays of one type along a new axis.
pub(super) fn stack<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (args, axis) = elab.several_given("stack", args)?;
    let stacked = super::super::shape::stack(elab, args, at)?;
    let value = elab.ir(&stacked, at)?;
    let axis = elab.one_axis(axis.as_ref(), elab.ty(value).rank(), 0)?;
    Ok(Val::Ir(elab.axis_moved(value, 0, axis, at)?))
}

/// `split(x, 3)`: equal parts of an axis; `split(x, (2, 5))`: the parts between these positions.
/// `split(key)` makes two keys of one.
pub(super) fn split<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    if let [
        ArgVal {
            val: Val::Struct(..),
            ..
        },
    ] = args.as_slice()
    {
        return elab.prelude_call("split_key", args, at);
    }
    let [x, parts, axis] = elab.given("split", args, at)?;
    let (array, parts) = (elab.of_rank("split", &must(x)?, 1)?, must(parts)?);
    let axis = elab.one_axis(axis.as_ref(), elab.ty(array).rank(), 0)?;
    let size = elab.axis_size(array, axis);
    let mut ends = match &parts.val {
        Val::Tuple(places) => {
            let places: R<Vec<Size>> = places
                .iter()
                .map(|place| elab.val_as_size(place, parts.span))
                .collect();
            places?
        }
        _ => elab.equal_parts(&parts, &size)?,
    };
    ends.push(size);
    // All positions are checked before the first part is taken.
    let mut counts = Vec::new();
    let mut start = Size::default();
    for end in ends {
        let message = "a position of `split` is before the last one or outside of the axis";
        elab.at_most(&start, &end, message, parts.span)?;
        counts.push((
            start.clone(),
            elab.size_result(end.checked_sub(&start), at)?,
        ));
        start = end;
    }
    let mut pieces = Vec::new();
    for (start, count) in counts {
        pieces.push(Val::Ir(elab.part_of_axis(array, axis, &start, &count, at)?));
    }
    Ok(Val::Tuple(pieces))
}

/// `roll(x, shift, axis = 0)`: element `i` moves to `i + shift`, what leaves at one end comes in at the
/// other.
pub(super) fn roll<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, shift, axis] = elab.given("roll", args, at)?;
    let (array, shift) = (elab.of_rank("roll", &must(x)?, 1)?, must(shift)?);
    let axis = elab.one_axis(axis.as_ref(), elab.ty(array).rank(), 0)?;
    let size = elab.axis_size(array, axis);
    let shift = elab.wrapped(&shift, &size, at)?;
    let rest = elab.size_result(size.checked_sub(&shift), at)?;
    let tail = elab.part_of_axis(array, axis, &rest, &shift, at)?;
    let head = elab.part_of_axis(array, axis, &Size::default(), &rest, at)?;
    Ok(Val::Ir(elab.joined_along(&[tail, head], axis, at)?))
}

/// `pad(x, widths, value = 0)`: `x` with a rim. A number is the width of the rim on each side, a pair
/// that before and that after, a tuple of pairs has one pair for each axis.
pub(super) fn pad<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, widths, value] = elab.given("pad", args, at)?;
    let (mut array, widths) = (elab.of_rank("pad", &must(x)?, 1)?, must(widths)?);
    let rank = elab.ty(array).rank();
    let dtype = elab.ty(array).dtype;
    let rim = match &value {
        Some(value) => elab.ir_as(&value.val, Some(dtype), value.span)?,
        None => elab.constant(Scalar::zero(dtype), at)?,
    };
    if let Some(value) = value.as_ref().filter(|_| !elab.ty(rim).is(dtype)) {
        return Err(elab.wrong(value, &format!("a number of type `{dtype}`")));
    }
    for (axis, (before, after)) in elab.rims(&widths, rank)?.into_iter().enumerate() {
        for width in [&before, &after] {
            elab.natural(width, widths.span)?;
        }
        array = elab.with_rim(array, axis, (before, after), rim, at)?;
    }
    Ok(Val::Ir(array))
}

/// `tile(x, times)`: the whole array again and again; a tuple has a number for each axis.
pub(super) fn tile<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, times] = elab.given("tile", args, at)?;
    let (array, times) = (elab.of_rank("tile", &must(x)?, 1)?, must(times)?);
    let own = elab.ty(array).shape.to_vec();
    let mut all = elab.sizes_of(&times)?;
    // Axes that are not named are repeated once; more numbers than axes add axes in front.
    while all.len() < own.len() {
        all.insert(0, Size::constant(1));
    }
    let added = all.len() - own.len();
    let (mut wide, mut shape, mut axes) = (Vec::new(), Vec::new(), Vec::new());
    for (k, count) in all.into_iter().enumerate() {
        elab.natural(&count, times.span)?;
        let size = k.checked_sub(added).and_then(|k| own.get(k).cloned());
        wide.push(count.clone());
        shape.push(match size {
            None => count,
            Some(size) => {
                axes.push(wide.len());
                wide.push(size.clone());
                elab.size_result(count.checked_mul(&size), at)?
            }
        });
    }
    let wide = elab.spread_over(array, axes, &wide, at)?;
    Ok(Val::Ir(elab.reshaped(wide, shape, at)?))
}

/// `repeat(x, times, axis = 0)`: each part of an axis several times.
pub(super) fn repeat<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, times, axis] = elab.given("repeat", args, at)?;
    let (array, times) = (elab.of_rank("repeat", &must(x)?, 1)?, must(times)?);
    let mut shape = elab.ty(array).shape.to_vec();
    let axis = elab.one_axis(axis.as_ref(), shape.len(), 0)?;
    let count = elab.val_as_size(&times.val, times.span)?;
    elab.natural(&count, times.span)?;
    let axes = (0..shape.len())
        .map(|k| k + usize::from(k > axis))
        .collect();
    let mut wide = shape.clone();
    wide.insert(axis + 1, count.clone());
    let wide = elab.spread_over(array, axes, &wide, at)?;
    if let Some(slot) = shape.get_mut(axis) {
        *slot = elab.size_result(slot.checked_mul(&count), at)?;
    }
    Ok(Val::Ir(elab.reshaped(wide, shape, at)?))
}

/// `squeeze(x)`: without the axes of size 1; `axis =` names those to drop.
pub(super) fn squeeze<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, axis] = elab.given("squeeze", args, at)?;
    let x = must(x)?;
    let value = elab.ir(&x.val, x.span)?;
    let shape = elab.ty(value).shape.to_vec();
    let one = |axis: &usize| shape.get(*axis).is_some_and(|size| size.is(1));
    let dropped: Vec<usize> = match &axis {
        None => (0..shape.len()).filter(one).collect(),
        Some(_) => elab.axes(axis.as_ref(), shape.len())?,
    };
    if let Some(&wrong) = dropped.iter().find(|axis| !one(axis)) {
        let size = shape.get(wrong).cloned().unwrap_or_default();
        let what = format!("axis {wrong}, which `squeeze` drops");
        return Err(elab.sizes_differ(&what, &Size::constant(1), &size, x.span));
    }
    let kept = shape
        .iter()
        .enumerate()
        .filter(|(axis, _)| !dropped.contains(axis));
    let kept = kept.map(|(_, size)| size.clone()).collect();
    Ok(Val::Ir(elab.reshaped(value, kept, at)?))
}

/// `expand_dims(x, axis)`: with a new axis of size 1 at this place of the result.
pub(super) fn expand_dims<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, axis] = elab.given("expand_dims", args, at)?;
    let x = must(x)?;
    let value = elab.ir(&x.val, x.span)?;
    let mut shape = elab.ty(value).shape.to_vec();
    let axis = elab.one_axis(axis.as_ref(), shape.len() + 1, 0)?;
    shape.insert(axis, Size::constant(1));
    Ok(Val::Ir(elab.reshaped(value, shape, at)?))
}

/// `swapaxes(x, a, b)`
pub(super) fn swapaxes<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, a, b] = elab.given("swapaxes", args, at)?;
    let x = must(x)?;
    let value = elab.ir(&x.val, x.span)?;
    let rank = elab.ty(value).rank();
    let (a, b) = (
        elab.one_axis(a.as_ref(), rank, 0)?,
        elab.one_axis(b.as_ref(), rank, 0)?,
    );
    let mut axes: Vec<usize> = (0..rank).collect();
    axes.swap(a, b);
    Ok(Val::Ir(elab.permuted(value, axes, at)?))
}

/// `moveaxis(x, from, to)`
pub(super) fn moveaxis<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, from, to] = elab.given("moveaxis", args, at)?;
    let x = must(x)?;
    let value = elab.ir(&x.val, x.span)?;
    let rank = elab.ty(value).rank();
    let (from, to) = (
        elab.one_axis(from.as_ref(), rank, 0)?,
        elab.one_axis(to.as_ref(), rank, 0)?,
    );
    Ok(Val::Ir(elab.axis_moved(value, from, to, at)?))
}

/// `broadcast_to(x, f64[n, m])`: repeated to a shape, by the rule of operators.
pub(super) fn broadcast_to<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let [x, shape] = elab.given("broadcast_to", args.iter().collect(), at)?;
    let (x, shape) = (must(x)?, must(shape)?);
    let val = elab.expr(&x.value)?;
    let Pat::Array(dtype, sizes) = elab.type_argument(&shape.value)? else {
        return Err(crate::build::elab::Reported);
    };
    let value = elab.ir_as(&val, Some(dtype), x.value.span)?;
    let to = Type::array(dtype, sizes);
    let like = elab.filled(Scalar::zero(dtype), to.clone(), at)?;
    let pairs = [(like, shape.value.span), (value, x.value.span)];
    let all = elab.broadcast_all("broadcast_to", &pairs, at)?;
    match all.last() {
        Some(&wide) if elab.ty(wide) == to => Ok(Val::Ir(wide)),
        _ => {
            let (wanted, found) = (elab.show_type(&to), elab.show(&Val::Ir(value)));
            let wanted = format!("an array that is repeated to `{wanted}`");
            Err(elab.fail(errors::types::mismatch(&wanted, &found, x.value.span, None)))
        }
    }
}

/// `meshgrid(x, y)`: the coordinates of a grid, one array for each axis of it; axis `k` runs along the
/// `k`th vector.
pub(super) fn meshgrid<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (args, _) = elab.several_given("meshgrid", args)?;
    let mut vectors = Vec::new();
    for arg in &args {
        let value = elab.of_rank("meshgrid", arg, 1)?;
        if elab.ty(value).rank() != 1 {
            return Err(elab.wrong(arg, "a vector"));
        }
        vectors.push(value);
    }
    let shape: Vec<Size> = vectors.iter().map(|&v| elab.axis_size(v, 0)).collect();
    let mut grids = Vec::new();
    for (axis, &vector) in vectors.iter().enumerate() {
        grids.push(Val::Ir(elab.spread_over(vector, vec![axis], &shape, at)?));
    }
    Ok(Val::Tuple(grids))
}

/// `arange(stop)`, `arange(start, stop)`, `arange(start, stop, step)`: integers at equal distances.
pub(super) fn arange<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let (start, stop, step) = match elab.given("arange", args.iter().collect(), at)? {
        // One alone, without a name, is where to stop.
        [Some(stop), None, step] if stop.name.is_none() => (None, Some(stop), step),
        [start, stop, step] => (start, stop, step),
    };
    let Some(stop) = stop else {
        return Err(elab.fail(errors::functions::missing("arange", "stop", at, None)));
    };
    let mut integer = |arg: Option<&'a ast::Arg>, or: i64| match arg {
        Some(arg) => elab.integer_expr(&arg.value),
        None => Ok(Size::constant(or)),
    };
    let (start, stop, step) = (
        integer(start, 0)?,
        integer(Some(stop), 0)?,
        integer(step, 1)?,
    );
    let Some(step) = step.as_constant().filter(|step| *step != 0) else {
        let help = "the step is a constant other than 0";
        return Err(elab.unfit("the step of `arange` is not a constant", at, help));
    };
    let length = match step > 0 {
        true => stop.checked_sub(&start),
        false => start.checked_sub(&stop),
    };
    let length = elab.size_result(length, at)?;
    let count = elab.steps(&length, &Size::constant(step.saturating_abs()), at)?;
    elab.natural(&count, at)?;
    let shape = [count];
    let numbers = elab.positions(&shape, 0, at)?;
    let step = elab.integer(step, at)?;
    let (step, start) = (
        elab.broadcast_to(step, &shape, at)?,
        elab.size_value(&start, at)?,
    );
    let start = elab.broadcast_to(start, &shape, at)?;
    let scaled = elab.emit(Mul, &[numbers, step], at)?;
    Ok(Val::Ir(elab.emit(Add, &[start, scaled], at)?))
}

impl<'a> Elab<'a> {
    /// Arrays one after another along an axis.
    pub(super) fn joined_along(&mut self, parts: &[Value], axis: usize, at: Span) -> R<Value> {
        if let &[one] = parts {
            return Ok(one);
        }
        let parts = Parts {
            args: parts.iter().copied().collect(),
            ..Parts::default()
        };
        let results = self.emit_parts(Op::from(Concat { axis }), parts, at)?;
        results.first().copied().ok_or(crate::build::elab::Reported)
    }

    /// `array` with so many elements more before and after an axis, each of them `rim`.
    pub(super) fn with_rim(
        &mut self,
        array: Value,
        axis: usize,
        (before, after): (Size, Size),
        rim: Value,
        at: Span,
    ) -> R<Value> {
        let mut parts = vec![array];
        for (place, width) in [(0, before), (usize::MAX, after)] {
            if width.is(0) {
                continue;
            }
            self.natural(&width, at)?;
            let mut shape = self.ty(array).shape.to_vec();
            if let Some(slot) = shape.get_mut(axis) {
                *slot = width;
            }
            let part = self.broadcast_to(rim, &shape, at)?;
            parts.insert(place.min(parts.len()), part);
        }
        self.joined_along(&parts, axis, at)
    }

    /// The inner ends of `parts` equal parts of an axis.
    fn equal_parts(&mut self, parts: &ArgVal<'a>, size: &Size) -> R<Vec<Size>> {
        let count = self.constant_int(parts)?;
        let fits = count > 0 && size.terms().all(|(_, k)| k % count == 0);
        if !fits {
            let title = format!(
                "`{}` elements are not {count} equal parts",
                self.show_size(size)
            );
            let help = "name the positions between the parts: `split(x, (k, …))`";
            return Err(self.unfit(title, parts.span, help));
        }
        let mut ends = Vec::new();
        for k in 1..count {
            let mut end = Some(Size::default());
            for (values, factor) in size.terms() {
                let term = values
                    .iter()
                    .try_fold(Size::constant(factor / count), |term, &v| {
                        term.checked_mul(&Size::value(v))
                    });
                end = end.and_then(|end| end.checked_add(&term?.checked_scale(k)?));
            }
            ends.push(self.size_result(end, parts.span)?);
        }
        Ok(ends)
    }

    /// A shift as a number from 0 to below `size` (0 where there is nothing to shift).
    fn wrapped(&mut self, shift: &ArgVal<'a>, size: &Size, at: Span) -> R<Size> {
        let shift = self.val_as_size(&shift.val, shift.span)?;
        if let (Some(shift), Some(n)) = (shift.as_constant(), size.as_constant()) {
            return Ok(Size::constant(shift.checked_rem_euclid(n).unwrap_or(0)));
        }
        // ((shift % n) + n) % n with n at least 1, since an empty axis has nothing to shift.
        let (shift, one) = (self.size_value(&shift, at)?, self.integer(1, at)?);
        let n = self.size_value(size, at)?;
        let n = self.emit(Max, &[n, one], at)?;
        let rest = self.emit(Rem, &[shift, n], at)?;
        let rest = self.emit(Add, &[rest, n], at)?;
        let rest = self.emit(Rem, &[rest, n], at)?;
        self.cx.facts.in_range(rest, Size::default(), size.clone());
        self.cx.facts.is_natural(rest);
        Ok(Size::value(rest))
    }

    /// The widths of a rim before and after each axis.
    pub(super) fn rims(&mut self, widths: &ArgVal<'a>, rank: usize) -> R<Vec<(Size, Size)>> {
        let at = widths.span;
        let pair = |elab: &mut Self, val: &Val<'a>| -> R<(Size, Size)> {
            match val {
                Val::Tuple(both) => match both.as_slice() {
                    [before, after] => {
                        Ok((elab.val_as_size(before, at)?, elab.val_as_size(after, at)?))
                    }
                    _ => Err(elab.wrong(widths, "pairs of widths: before and after")),
                },
                one => {
                    let width = elab.val_as_size(one, at)?;
                    Ok((width.clone(), width))
                }
            }
        };
        match &widths.val {
            Val::Tuple(parts) if parts.iter().any(|part| matches!(part, Val::Tuple(_))) => {
                if parts.len() != rank {
                    let wanted = format!("a pair of widths for each of {rank} axes");
                    return Err(self.wrong(widths, &wanted));
                }
                parts.iter().map(|part| pair(self, part)).collect()
            }
            all => {
                let both = pair(self, all)?;
                Ok(vec![both; rank])
            }
        }
    }

    /// A number or a tuple of numbers as sizes.
    pub(super) fn sizes_of(&mut self, arg: &ArgVal<'a>) -> R<Vec<Size>> {
        match &arg.val {
            Val::Tuple(parts) => parts
                .iter()
                .map(|part| self.val_as_size(part, arg.span))
                .collect(),
            one => Ok(vec![self.val_as_size(one, arg.span)?]),
        }
    }
}
