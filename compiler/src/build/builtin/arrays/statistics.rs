//! Reductions that are more than one operation: variance, norms, counts.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Abs, Convert, Div, Mul, Pow, PowI, ReduceKind, Sqrt, Sub};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Scalar, Size, Value};

/// An array that is reduced along axes.
struct Along {
    value: Value,
    shape: Vec<Size>,
    axes: Vec<usize>,
}

/// `var(x, axis, ddof = 0)`: the mean of the squared distances from the mean; `ddof` is taken off the
/// number of elements.
pub(super) fn var<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    variance(elab, "var", args, at).map(Val::Ir)
}

/// `std(x, axis, ddof = 0)`: the root of the variance; where that is 0, so is the derivative.
pub(super) fn std<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let variance = variance(elab, "std", args, at)?;
    Ok(Val::Ir(elab.root(variance, at)?))
}

fn variance<'a>(
    elab: &mut Elab<'a>,
    name: &'static str,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Value> {
    let [x, axis, ddof, keep] = elab.given(name, args, at)?;
    let along = elab.axes_of(name, &must(x)?, axis.as_ref())?;
    let keep = elab.flag(keep.as_ref())?;
    let count = elab.count_along(&along, at)?;
    let mean = elab.folded(ReduceKind::Sum, along.value, &along.axes, at)?;
    let mean = elab.over_size(mean, &count, at)?;
    let mean = elab.unfolded(mean, &along.shape, &along.axes, at)?;
    let distance = elab.emit(Sub, &[along.value, mean], at)?;
    let square = elab.emit(Mul, &[distance, distance], at)?;
    let sum = elab.folded(ReduceKind::Sum, square, &along.axes, at)?;
    let count = match &ddof {
        None => count,
        Some(ddof) => {
            let taken = elab.val_as_size(&ddof.val, ddof.span)?;
            elab.size_result(count.checked_sub(&taken), at)?
        }
    };
    let variance = elab.over_size(sum, &count, at)?;
    elab.axes_kept(variance, &along.shape, &along.axes, keep, at)
}

/// `norm(x, ord = 2, axis)`: (Σ |x|^ord)^(1 / ord); `ord = "inf"` is the largest |x|. Of all elements
/// without an axis. The derivative is 0 where the norm is.
pub(super) fn norm<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, ord, axis, keep] = elab.given("norm", args, at)?;
    let along = elab.axes_of("norm", &must(x)?, axis.as_ref())?;
    let keep = elab.flag(keep.as_ref())?;
    let fold = |elab: &mut Elab<'a>, kind, value| elab.folded(kind, value, &along.axes, at);
    let norm = match elab.order_of_norm(ord.as_ref())? {
        2.0 => {
            let square = elab.emit(Mul, &[along.value, along.value], at)?;
            let sum = fold(elab, ReduceKind::Sum, square)?;
            elab.root(sum, at)?
        }
        p => {
            let size = elab.emit(Abs, &[along.value], at)?;
            if p == 1.0 {
                fold(elab, ReduceKind::Sum, size)?
            } else if p == f64::INFINITY {
                fold(elab, ReduceKind::Max, size)?
            } else {
                let power = elab.constant_power(size, p, at)?;
                let sum = fold(elab, ReduceKind::Sum, power)?;
                elab.guarded(sum, at, |elab, sum| {
                    let exponent = elab.number_like(1.0 / p, sum, at)?;
                    elab.emit(Pow, &[sum, exponent], at)
                })?
            }
        }
    };
    Ok(Val::Ir(elab.axes_kept(
        norm,
        &along.shape,
        &along.axes,
        keep,
        at,
    )?))
}

/// `count_nonzero(x, axis)`: how many elements are true, or not zero.
pub(super) fn count_nonzero<'a>(
    elab: &mut Elab<'a>,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let [x, axis, keep] = elab.given("count_nonzero", args, at)?;
    let x = must(x)?;
    let mut value = elab.ir(&x.val, x.span)?;
    let ty = elab.ty(value);
    let axes = elab.axes(axis.as_ref(), ty.rank())?;
    let keep = elab.flag(keep.as_ref())?;
    if ty.dtype != DType::Bool {
        let zero = elab.filled(Scalar::zero(ty.dtype), ty.clone(), at)?;
        value = elab.compared(Compare::Ne, value, zero, at)?;
    }
    let counted = elab.emit(Convert { to: DType::I64 }, &[value], at)?;
    let sum = elab.folded(ReduceKind::Sum, counted, &axes, at)?;
    Ok(Val::Ir(elab.axes_kept(sum, &ty.shape, &axes, keep, at)?))
}

impl<'a> Elab<'a> {
    /// An array of floats and the axes that are named; all without names.
    fn axes_of(&mut self, name: &str, x: &ArgVal<'a>, axis: Option<&ArgVal<'a>>) -> R<Along> {
        let value = self.float_array(name, x)?;
        let shape = self.ty(value).shape.to_vec();
        let axes = self.axes(axis, shape.len())?;
        Ok(Along { value, shape, axes })
    }

    fn count_along(&mut self, along: &Along, at: Span) -> R<Size> {
        let sizes = along.axes.iter().filter_map(|&axis| along.shape.get(axis));
        let count = sizes
            .into_iter()
            .try_fold(Size::constant(1), |n, size| n.checked_mul(size));
        self.size_result(count, at)
    }

    /// The elements divided by a size.
    fn over_size(&mut self, value: Value, count: &Size, at: Span) -> R<Value> {
        let ty = self.ty(value);
        let count = self.size_value(count, at)?;
        let count = self.emit(Convert { to: ty.dtype }, &[count], at)?;
        let count = self.broadcast_to(count, &ty.shape, at)?;
        self.emit(Div, &[value, count], at)
    }

    /// The square root of what is not negative; where it is 0, so is the derivative.
    fn root(&mut self, value: Value, at: Span) -> R<Value> {
        self.guarded(value, at, |elab, value| elab.emit(Sqrt, &[value], at))
    }

    /// `f` of what is not 0, and 0 with derivative 0 where it is.
    fn guarded(
        &mut self,
        value: Value,
        at: Span,
        f: impl FnOnce(&mut Self, Value) -> R<Value>,
    ) -> R<Value> {
        let (zero, one) = (
            self.number_like(0.0, value, at)?,
            self.number_like(1.0, value, at)?,
        );
        let is_zero = self.compared(Compare::Eq, value, zero, at)?;
        let safe = self.chosen(is_zero, one, value, at)?;
        let result = f(self, safe)?;
        self.chosen(is_zero, zero, result, at)
    }

    fn order_of_norm(&mut self, ord: Option<&ArgVal<'a>>) -> R<f64> {
        let Some(ord) = ord else { return Ok(2.0) };
        let number = match &ord.val {
            Val::Text(text) if &**text == "inf" => Some(f64::INFINITY),
            val => self.constant_val(val).and_then(number),
        };
        match number.filter(|p| *p >= 1.0) {
            Some(p) => Ok(p),
            None => Err(self.wrong(ord, "a constant of at least 1, or \"inf\"")),
        }
    }

    fn constant_power(&mut self, value: Value, p: f64, at: Span) -> R<Value> {
        if p.fract() == 0.0 && p <= 64.0 {
            return self.emit(PowI { n: p as i32 }, &[value], at);
        }
        let exponent = self.number_like(p, value, at)?;
        self.emit(Pow, &[value, exponent], at)
    }
}

fn number(scalar: Scalar) -> Option<f64> {
    match scalar {
        Scalar::F64(x) => Some(x),
        Scalar::F32(x) => Some(f64::from(x)),
        other => other.as_i64().map(|n| n as f64),
    }
}
