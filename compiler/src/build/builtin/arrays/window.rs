//! Windows: parts of an axis that overlap, and what is made of them: convolution and pooling.
//!
//! A convolution is one contraction of the windows of its (padded) operand with the kernels. The windows
//! are a view; nothing is copied for them.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::facts::Opaque;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Convert, Div, Dot, Order, ReduceKind, Window};
use dfn_ir::{DType, Scalar, Size, Value};

/// The distances of a window along one axis.
#[derive(Clone, Copy)]
struct Steps {
    stride: i64,
    dilation: i64,
}

/// `windows(x, size, step = 1, dilation = 1, axis = -1)`: the parts of `size` elements of an axis, each as
/// a row along a new last axis.
pub(super) fn windows<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, size, step, dilation, axis] = elab.given("windows", args, at)?;
    let (x, size) = (must(x)?, must(size)?);
    let value = elab.of_rank("windows", &x, 1)?;
    let rank = elab.ty(value).rank();
    let axis = elab.one_axis(axis.as_ref(), rank, rank - 1)?;
    let width = elab.val_as_size(&size.val, size.span)?;
    elab.natural(&width, size.span)?;
    let steps = Steps {
        stride: elab.distance(step.as_ref())?,
        dilation: elab.distance(dilation.as_ref())?,
    };
    Ok(Val::Ir(
        elab.windowed(value, axis, &width, steps, None, at)?,
    ))
}

/// `conv1d(x, w, stride = 1, padding = 0, dilation = 1, groups = 1)`
pub(super) fn conv1d<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    convolution(elab, "conv1d", 1, args, at)
}

/// `conv2d(x, w, stride = 1, padding = 0, dilation = 1, groups = 1)`
pub(super) fn conv2d<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    convolution(elab, "conv2d", 2, args, at)
}

fn convolution<'a>(
    elab: &mut Elab<'a>,
    name: &'static str,
    axes: usize,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let [x, w, stride, padding, dilation, groups] = elab.given(name, args, at)?;
    let (x, w) = (must(x)?, must(w)?);
    let sides = [(x.val.clone(), x.span), (w.val.clone(), w.span)];
    let [image, kernel] = elab.numbers_of(name, [&sides[0], &sides[1]], at)?;
    let ranks = (elab.ty(image).rank(), elab.ty(kernel).rank());
    if ranks.0 <= axes || ranks.1 != axes + 2 || elab.ty(image).dtype == DType::Bool {
        let types = [elab.show(&sides[0].0), elab.show(&sides[1].0)];
        let help = format!(
            "the operand has channels and {axes} more axes (others before them are a batch), the kernels outputs, channels and {axes} more"
        );
        return Err(elab.fail(errors::types::operands(name, &types, at).help(help)));
    }
    let strides = elab.distances(stride.as_ref(), axes)?;
    let dilations = elab.distances(dilation.as_ref(), axes)?;
    let mut value = image;
    for k in 0..axes {
        let steps = Steps {
            stride: strides.get(k).copied().unwrap_or(1),
            dilation: dilations.get(k).copied().unwrap_or(1),
        };
        let (axis, width) = (ranks.0 - axes + k, elab.axis_size(kernel, k + 2));
        let (padded, count) =
            elab.padded(value, (axis, k, axes), &width, steps, padding.as_ref(), at)?;
        value = elab.windowed(padded, axis, &width, steps, count, at)?;
    }
    let groups = elab.distance(groups.as_ref())?;
    let channels = (ranks.0 - axes - 1, axes);
    elab.kernels_applied((value, x.span), (kernel, w.span), channels, groups, at)
        .map(Val::Ir)
}

/// `max_pool(x, size, stride = size, padding = 0)`: the largest element of each window of the last axes;
/// a tuple of sizes has one for each of them.
pub(super) fn max_pool<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (value, axes) = elab.pooled("max_pool", args, at)?;
    Ok(Val::Ir(elab.folded(ReduceKind::Max, value, &axes, at)?))
}

/// `avg_pool(x, size, stride = size, padding = 0)`: the mean of each window; what is padded counts as 0.
pub(super) fn avg_pool<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (value, axes) = elab.pooled("avg_pool", args, at)?;
    let sizes: Vec<Size> = axes
        .iter()
        .map(|&axis| elab.axis_size(value, axis))
        .collect();
    let count = sizes
        .iter()
        .try_fold(Size::constant(1), |n, size| n.checked_mul(size));
    let count = elab.size_result(count, at)?;
    let sum = elab.folded(ReduceKind::Sum, value, &axes, at)?;
    let (count, ty) = (elab.size_value(&count, at)?, elab.ty(sum));
    let count = elab.emit(Convert { to: ty.dtype }, &[count], at)?;
    let count = elab.broadcast_to(count, &ty.shape, at)?;
    Ok(Val::Ir(elab.emit(Div, &[sum, count], at)?))
}

impl<'a> Elab<'a> {
    /// A constant of at least 1; 1 without an argument.
    fn distance(&mut self, arg: Option<&ArgVal<'a>>) -> R<i64> {
        let Some(arg) = arg else { return Ok(1) };
        match self.constant_int(arg)? {
            n if n >= 1 => Ok(n),
            _ => Err(self.wrong(arg, "a constant of at least 1")),
        }
    }

    /// One for each axis: a number for all, or a tuple.
    fn distances(&mut self, arg: Option<&ArgVal<'a>>, axes: usize) -> R<Vec<i64>> {
        let Some(ArgVal {
            val: Val::Tuple(parts),
            ..
        }) = arg
        else {
            return Ok(vec![self.distance(arg)?; axes]);
        };
        let Some(arg) = arg.filter(|_| parts.len() == axes) else {
            return match arg {
                Some(arg) => Err(self.wrong(arg, &format!("{axes} constants"))),
                None => Err(Reported),
            };
        };
        let mut all = Vec::new();
        for val in parts {
            let one = ArgVal {
                val: val.clone(),
                ..arg.clone()
            };
            all.push(self.distance(Some(&one))?);
        }
        Ok(all)
    }

    /// (width - 1) * dilation + 1: how many elements a window reaches over.
    fn reach(&mut self, width: &Size, steps: Steps, at: Span) -> R<Size> {
        let one = Size::constant(1);
        let reach = width
            .checked_sub(&one)
            .and_then(|n| n.checked_scale(steps.dilation))
            .and_then(|n| n.checked_add(&one));
        self.size_result(reach, at)
    }

    /// The windows of an axis, along a new last axis; `count` says how many if that is known.
    fn windowed(
        &mut self,
        value: Value,
        axis: usize,
        width: &Size,
        steps: Steps,
        count: Option<Size>,
        at: Span,
    ) -> R<Value> {
        let count = match count {
            Some(count) => count,
            None => {
                let reach = self.reach(width, steps, at)?;
                let starts = self.axis_size(value, axis).checked_sub(&reach);
                let starts = starts.and_then(|n| n.checked_add(&Size::constant(1)));
                let starts = self.size_result(starts, at)?;
                self.natural(&starts, at)?;
                let count = self.steps(&starts, &Size::constant(steps.stride), at)?;
                self.natural(&count, at)?;
                count
            }
        };
        let mut ty = self.ty(value);
        if let Some(slot) = ty.shape.get_mut(axis) {
            *slot = count;
        }
        ty.shape.push(width.clone());
        let (step, dilation) = (steps.stride, steps.dilation);
        let op = Window {
            axis,
            step,
            dilation,
        };
        self.emit_as(op, &[value], ty, at)
    }

    /// The operand with a rim of zeros along an axis, the `k`th one of those that windows run along; and how
    /// many windows there are, if the padding says so.
    fn padded(
        &mut self,
        value: Value,
        (axis, k, axes): (usize, usize, usize),
        width: &Size,
        steps: Steps,
        padding: Option<&ArgVal<'a>>,
        at: Span,
    ) -> R<(Value, Option<Size>)> {
        let Some(arg) = padding else {
            return Ok((value, None));
        };
        let zero = self.constant(Scalar::zero(self.ty(value).dtype), at)?;
        let (widths, count) = match &arg.val {
            Val::Text(text) if &**text == "valid" => return Ok((value, None)),
            Val::Text(text) if &**text == "same" => {
                self.same_widths(&self.axis_size(value, axis), width, steps, at)?
            }
            Val::Text(_) => {
                let wanted = "`\"valid\"`, `\"same\"`, a width, or a pair for each axis";
                return Err(self.wrong(arg, wanted));
            }
            _ => {
                let all = self.rims(arg, axes)?;
                (all.get(k).cloned().ok_or(Reported)?, None)
            }
        };
        let value = self.with_rim(value, axis, widths, zero, at)?;
        Ok((value, count))
    }

    /// The widths of `"same"`: as many windows as strides begin in the axis, half of what they reach over
    /// it before and the rest after.
    fn same_widths(
        &mut self,
        size: &Size,
        width: &Size,
        steps: Steps,
        at: Span,
    ) -> R<((Size, Size), Option<Size>)> {
        let stride = Size::constant(steps.stride);
        let count = self.steps(size, &stride, at)?;
        let reach = self.reach(width, steps, at)?;
        let last = count.checked_sub(&Size::constant(1));
        let total = last
            .and_then(|n| n.checked_mul(&stride))
            .and_then(|n| n.checked_add(&reach))
            .and_then(|n| n.checked_sub(size));
        let mut total = self.size_result(total, at)?;
        if !self.cx.facts.proves_natural(&total) {
            total = match total.as_constant() {
                Some(n) => Size::constant(n.max(0)),
                None => self.opaque(Opaque::Max, &total, &Size::default(), at)?,
            };
        }
        let before = match total.as_constant() {
            Some(n) => Size::constant(n / 2),
            None => self.opaque(Opaque::Div, &total, &Size::constant(2), at)?,
        };
        let after = self.size_result(total.checked_sub(&before), at)?;
        Ok(((before, after), Some(count)))
    }

    /// The contraction of windows with kernels, group by group. The windows have a batch, channels, and
    /// for each axis their number, then the axes of one window; the kernels outputs, channels, the axes.
    fn kernels_applied(
        &mut self,
        (x, x_span): (Value, Span),
        (w, w_span): (Value, Span),
        (batch, axes): (usize, usize),
        groups: i64,
        at: Span,
    ) -> R<Value> {
        let (image, kernel) = (self.ty(x).shape.to_vec(), self.ty(w).shape.to_vec());
        let [outputs, inner, window @ ..] = kernel.as_slice() else {
            return Err(Reported);
        };
        let channels = self.size_result(inner.checked_scale(groups), at)?;
        let found = image.get(batch).cloned().unwrap_or_default();
        self.equal_sizes("the channels", &channels, &found, x_span)?;
        let each = self.divided_evenly(outputs, groups, w_span)?;
        let group = Size::constant(groups);
        let mut split = image.clone();
        split.splice(batch..=batch, [group.clone(), inner.clone()]);
        let x = self.reshaped(x, split, at)?;
        let mut split = vec![group, each, inner.clone()];
        split.extend_from_slice(window);
        let w = self.reshaped(w, split, at)?;
        let first = batch + 2 + axes;
        let mut contract = vec![(2, batch + 1)];
        contract.extend((0..axes).map(|k| (3 + k, first + k)));
        let dot = Dot {
            batch: vec![(0, batch)],
            contract,
            order: Order::Any,
        };
        // Groups, outputs, batch, places: the batch comes first in the result.
        let result = self.emit(dot, &[w, x], at)?;
        let mut order: Vec<usize> = (2..2 + batch).chain([0, 1]).collect();
        order.extend(2 + batch..2 + batch + axes);
        let result = self.permuted(result, order, at)?;
        let mut shape: Vec<Size> = image.iter().take(batch).cloned().collect();
        shape.push(outputs.clone());
        shape.extend(image.iter().skip(batch + 1).take(axes).cloned());
        self.reshaped(result, shape, at)
    }

    /// A size divided by a constant that divides it.
    fn divided_evenly(&mut self, size: &Size, by: i64, at: Span) -> R<Size> {
        let mut quotient = Some(Size::default());
        for (values, factor) in size.terms() {
            if factor % by != 0 {
                let title = format!("`{}` outputs in {by} groups", self.show_size(size));
                return Err(self.unfit(title, at, "each group has as many outputs"));
            }
            let term = values
                .iter()
                .try_fold(Size::constant(factor / by), |term, &v| {
                    term.checked_mul(&Size::value(v))
                });
            quotient = quotient.and_then(|sum| sum.checked_add(&term?));
        }
        self.size_result(quotient, at)
    }

    /// The windows of the last axes that a pool reduces, and the axes of one window.
    fn pooled(
        &mut self,
        name: &'static str,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<(Value, Vec<usize>)> {
        let [x, size, stride, padding] = self.given(name, args, at)?;
        let (mut value, size) = (self.float_array(name, &must(x)?)?, must(size)?);
        let widths = self.sizes_of(&size)?;
        let (rank, axes) = (self.ty(value).rank(), widths.len());
        if rank < axes {
            return Err(self.wrong(&size, &format!("sizes for at most {rank} axes")));
        }
        let strides = match &stride {
            Some(_) => self.distances(stride.as_ref(), axes)?,
            None => self.distances(Some(&size), axes)?,
        };
        let rim = if name == "max_pool" {
            f64::NEG_INFINITY
        } else {
            0.0
        };
        let rims = match &padding {
            Some(padding) => self.rims(padding, axes)?,
            None => vec![(Size::default(), Size::default()); axes],
        };
        for (k, ((width, rims), stride)) in widths.iter().zip(rims).zip(strides).enumerate() {
            self.natural(width, size.span)?;
            let scalar = dfn_ir::Type::scalar(self.ty(value).dtype);
            let zero = self.filled(Scalar::zero(scalar.dtype), scalar, at)?;
            let edge = self.number_like(rim, zero, at)?;
            let axis = rank - axes + k;
            let dilation = 1;
            let padded = self.with_rim(value, axis, rims, edge, at)?;
            value = self.windowed(padded, axis, width, Steps { stride, dilation }, None, at)?;
        }
        Ok((value, (rank..rank + axes).collect()))
    }
}
