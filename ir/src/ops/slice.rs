//! `slice x, start {axis, step}`: the elements `start + k * step` along an axis; the result's type gives
//! how many. A negative step reverses. That all are in bounds is checked before.

use super::elementwise::{first, take};
use super::structural::{linear_in_first, traits};
use super::{AccAdd, Add, Index, Map, Mul};
use crate::builder::Parts;
use crate::derive::{Step, Transpose};
use crate::function::Value;
use crate::interp::{Arithmetic, At, Eval, Evaluated, RunError};
use crate::op::attribute::count;
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{DType, Scalar};
use crate::ty::Type;

/// A strided part of an axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Which axis.
    pub axis: usize,
    /// The distance from one element to the next; not 0.
    pub step: i64,
}

impl Primitive for Slice {
    const NAME: &'static str = "slice";

    fn attributes(&self) -> Attributes {
        vec![("axis", count(self.axis)), ("step", Attribute::Int(self.step))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Slice { axis: reader.count("axis")?, step: reader.int("step")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(2)?;
        site.scalar(1, DType::I64)?;
        let (x, wanted) = (site.array(0)?, site.wanted_type()?);
        if self.step == 0 || self.axis >= x.rank() {
            return Err(TypeError::new("the step is 0 or there is no such axis"));
        }
        let axes = x.shape.iter().zip(&wanted.shape).enumerate();
        let same = axes.filter(|(k, _)| *k != self.axis).all(|(_, (a, b))| a == b);
        if !same || wanted.rank() != x.rank() || wanted.dtype != x.dtype || wanted.is_accumulator() {
            return Err(TypeError::new("only the size of the sliced axis may change"));
        }
        Ok(vec![wanted.clone()])
    }
    linear_in_first!();
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(self, cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let x = cx.take(at, 0)?;
        let (start, dims) = (cx.index(at, 1)?, cx.result_dims(at)?);
        let mut strides = x.strides();
        let n = dims.get(self.axis).copied().unwrap_or_default() as i64;
        let size = x.dims().get(self.axis).copied().unwrap_or_default() as i64;
        let last = start.saturating_add((n - 1).saturating_mul(self.step));
        if n > 0 && !((0..size).contains(&start) && (0..size).contains(&last)) {
            return Err(RunError::fault(format!("the slice from {start} to {last} is out of bounds of {size}")));
        }
        let mut from = 0;
        if let Some(stride) = strides.get_mut(self.axis) {
            from = start.wrapping_mul(*stride);
            *stride *= self.step;
        }
        cx.moved(&x, &dims, &strides, from)
    }
    fn examples() -> Vec<Example> {
        let on = |x: &str, axis: usize, step: i64, result: &str, start: i64| {
            let inst = format!("%y = slice %x, %s {{axis = {axis}, step = {step}}} : f64{result}");
            Example::one(&format!("(%x: f64{x}, %s: i64)"), &inst).ints(start, start)
        };
        vec![
            on("[5]", 0, 1, "[3]", 1),
            on("[5]", 0, 2, "[3]", 0),
            on("[5]", 0, -1, "[4]", 3),
            on("[2, 5]", 1, 2, "[2, 2]", 1),
            on("[5, 2]", 0, -2, "[2, 2]", 4),
            on("[3]", 0, 1, "[0]", 0),
            Example::one("[%n](%x: f32[%n + 1], %s: i64)", "%y = slice %x, %s {axis = 0, step = 1} : f32[%n]")
                .sizes(&[2]),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[5], %s: i64)", "%y = slice %x, %s {axis = 1, step = 1} : f64[3]"),
            ("(%x: f64[5], %s: i64)", "%y = slice %x, %s {axis = 0, step = 0} : f64[3]"),
            ("(%x: f64[5], %s: i32)", "%y = slice %x, %s {axis = 0, step = 1} : f64[3]"),
            ("(%x: f64[5, 2], %s: i64)", "%y = slice %x, %s {axis = 0, step = 1} : f64[3, 1]"),
            ("(%x: f64[5], %s: i64)", "%y = slice %x, %s {axis = 0, step = 1} : f32[3]"),
            ("(%x: f64[5])", "%y = slice %x {axis = 0, step = 1} : f64[3]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}

// x̄[.., start + k * step, ..] += ȳ[.., k, ..].
fn transpose(op: &Slice, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[x, start] = step.args else { return Ok(()) };
    let start = cx.fixed(step, start)?;
    let acc = cx.take_accumulator(x)?;
    let extents = cx.b.ty(ct).shape.iter().take(op.axis + 1).cloned().collect();
    let acc_ty = cx.b.ty(acc).clone();
    cx.b.open();
    let index = Type::scalar(DType::I64);
    let indices: Vec<Value> = (0..=op.axis).map(|_| cx.b.param(index.clone(), None)).collect();
    let inner = cx.b.param(acc_ty, None);
    let mut args = vec![ct];
    args.extend(&indices);
    let part = cx.b.op(Index, &args)?;
    let stride = cx.b.constant(Scalar::I64(op.step))?;
    let last = indices.last().copied().unwrap_or(start);
    let scaled = cx.b.op(Mul, &[last, stride])?;
    let place = cx.b.op(Add, &[start, scaled])?;
    let mut args = vec![inner, part];
    args.extend(indices.iter().take(op.axis));
    args.push(place);
    let inner = cx.b.op(AccAdd, &args)?;
    let block = cx.b.close(vec![inner]);
    let parts = Parts { args: [acc].into_iter().collect(), sizes: extents, blocks: vec![block], wanted: Vec::new() };
    let map = cx.b.emit(Map { yields: 0, sums: 0, accs: 1 }, parts)?;
    let acc = first(cx.b.results(map))?;
    cx.set_accumulator(x, acc);
    Ok(())
}
