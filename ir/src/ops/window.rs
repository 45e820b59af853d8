//! `window x {axis, step, dilation}`: overlapping parts of an axis. Element `i` of the axis becomes the
//! elements `i * step + k * dilation`, for each `k` of a new last axis; the result's type gives how many of
//! both. That all are in bounds is checked before.

use super::elementwise::{first, take};
use super::structural::{linear_in_first, traits};
use super::{AccAdd, Add, Index, Map, Mul};
use crate::builder::{Builder, Parts};
use crate::derive::{Step, Transpose};
use crate::function::Value;
use crate::interp::{Arithmetic, At, Eval, Evaluated, RunError};
use crate::op::attribute::count;
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{DType, Scalar};
use crate::ty::Type;

/// Overlapping parts of an axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Which axis.
    pub axis: usize,
    /// The distance from one part to the next; at least 1.
    pub step: i64,
    /// The distance of the elements of a part; at least 1.
    pub dilation: i64,
}

impl Primitive for Window {
    const NAME: &'static str = "window";

    fn attributes(&self) -> Attributes {
        vec![
            ("axis", count(self.axis)),
            ("step", Attribute::Int(self.step)),
            ("dilation", Attribute::Int(self.dilation)),
        ]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let axis = reader.count("axis")?;
        Ok(Window { axis, step: reader.int("step")?, dilation: reader.int("dilation")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let (x, wanted) = (site.array(0)?, site.wanted_type()?);
        if self.step < 1 || self.dilation < 1 || self.axis >= x.rank() {
            return Err(TypeError::new("a distance is below 1, or there is no such axis"));
        }
        let axes = x.shape.iter().zip(&wanted.shape).enumerate();
        let same = axes.filter(|(k, _)| *k != self.axis).all(|(_, (a, b))| a == b);
        let fits = same && wanted.rank() == x.rank() + 1 && wanted.dtype == x.dtype;
        match fits && !wanted.is_accumulator() {
            true => Ok(vec![wanted.clone()]),
            false => Err(TypeError::new("the result has one more axis, and another size of this one")),
        }
    }
    linear_in_first!();
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(self, cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let x = cx.take(at, 0)?;
        let dims = cx.result_dims(at)?;
        let size = |dims: &[usize], axis: usize| dims.get(axis).copied().unwrap_or_default() as i64;
        let (n, k) = (size(&dims, self.axis), size(&dims, x.dims().len()));
        let last = (n - 1) * self.step + (k - 1) * self.dilation;
        if !dims.contains(&0) && last >= size(x.dims(), self.axis) {
            return Err(RunError::fault(format!("the window up to {last} is out of bounds")));
        }
        let mut strides = x.strides();
        if let Some(stride) = strides.get(self.axis).copied() {
            strides.push(stride * self.dilation);
        }
        if let Some(stride) = strides.get_mut(self.axis) {
            *stride *= self.step;
        }
        cx.moved(&x, &dims, &strides, 0)
    }
    fn examples() -> Vec<Example> {
        let on = |x: &str, axis: usize, step: i64, dilation: i64, result: &str| {
            let attributes = format!("axis = {axis}, step = {step}, dilation = {dilation}");
            let inst = format!("%y = window %x {{{attributes}}} : f64{result}");
            Example::one(&format!("(%x: f64{x})"), &inst)
        };
        vec![
            on("[5]", 0, 1, 1, "[3, 3]"),
            on("[7]", 0, 2, 1, "[3, 3]"),
            on("[7]", 0, 1, 3, "[1, 3]"),
            on("[2, 5]", 1, 2, 2, "[2, 2, 2]"),
            on("[5, 2, 3]", 0, 3, 1, "[2, 2, 3, 2]"),
            on("[4, 9]", 0, 1, 1, "[3, 9, 2]"),
            Example::one(
                "[%n, %k](%x: f32[%n + %k, 2])",
                "%y = window %x {axis = 0, step = 1, dilation = 1} : f32[%n + 1, 2, %k]",
            )
            .sizes(&[2, 3]),
            Example::one("(%x: i64[4])", "%y = window %x {axis = 0, step = 2, dilation = 1} : i64[2, 2]"),
            Example::body(
                "(%x: f64[6], %w: f64[3])",
                "f64[4]",
                "%a = window %x {axis = 0, step = 1, dilation = 1} : f64[4, 3]
                 %y = dot %a, %w {batch = [], contract = [1, 0]} : f64[4]
                 return %y",
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[5])", "%y = window %x {axis = 1, step = 1, dilation = 1} : f64[3, 3]"),
            ("(%x: f64[5])", "%y = window %x {axis = 0, step = 0, dilation = 1} : f64[3, 3]"),
            ("(%x: f64[5])", "%y = window %x {axis = 0, step = 1, dilation = 0} : f64[3, 3]"),
            ("(%x: f64[5, 2])", "%y = window %x {axis = 0, step = 1, dilation = 1} : f64[3, 3, 3]"),
            ("(%x: f64[5])", "%y = window %x {axis = 0, step = 1, dilation = 1} : f64[3]"),
            ("(%x: f64[5])", "%y = window %x {axis = 0, step = 1, dilation = 1} : f32[3, 3]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}

// x̄[.., i * step + k * dilation, ..] += ȳ[.., i, .., k]; `k` runs outside, so that the additions of the
// innermost loop go to different elements.
fn transpose(op: &Window, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let x = first(step.args)?;
    let acc = cx.take_accumulator(x)?;
    let b = &mut cx.b;
    let mut extents: Vec<_> = b.ty(ct).shape.to_vec();
    extents.rotate_right(1);
    let acc_ty = b.ty(acc).clone();
    b.open();
    let mut indices: Vec<Value> =
        extents.iter().map(|_| b.param(Type::scalar(DType::I64), None)).collect();
    let inner = b.param(acc_ty, None);
    indices.rotate_left(1);
    let mut args = vec![ct];
    args.extend(&indices);
    let part = b.op(Index, &args)?;
    let k = indices.pop();
    if let (Some(k), Some(i)) = (k, indices.get_mut(op.axis)) {
        let (start, distance) = (scaled(b, *i, op.step)?, scaled(b, k, op.dilation)?);
        *i = b.op(Add, &[start, distance])?;
    }
    let mut args = vec![inner, part];
    args.extend(&indices);
    let inner = b.op(AccAdd, &args)?;
    let block = b.close(vec![inner]);
    let parts = Parts {
        args: [acc].into_iter().collect(),
        sizes: extents.into_iter().collect(),
        blocks: vec![block],
        wanted: Vec::new(),
    };
    let map = cx.b.emit(Map { yields: 0, sums: 0, accs: 1 }, parts)?;
    let acc = first(cx.b.results(map))?;
    cx.set_accumulator(x, acc);
    Ok(())
}

fn scaled(b: &mut Builder, value: Value, factor: i64) -> Result<Value, TypeError> {
    if factor == 1 {
        return Ok(value);
    }
    let factor = b.constant(Scalar::I64(factor))?;
    b.op(Mul, &[value, factor])
}
