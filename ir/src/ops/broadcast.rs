//! `broadcast x {axes}`: repeats `x` along new axes; axis `k` of `x` becomes axis `axes[k]`.

use super::elementwise::{first, take};
use super::structural::{linear_in_first, traits};
use super::{Order, Reduce, ReduceKind};
use crate::derive::{Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::attribute::axes;
use crate::op::{Example, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::ty::Type;

/// Repetition along new axes; the result's type gives their sizes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Broadcast {
    /// For each axis of the operand its axis in the result, ascending.
    pub axes: Vec<usize>,
}

impl Primitive for Broadcast {
    const NAME: &'static str = "broadcast";

    fn attributes(&self) -> Attributes {
        vec![("axes", axes(&self.axes))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Broadcast { axes: reader.axes("axes")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let (x, wanted) = (site.array(0)?, site.wanted_type()?);
        if self.axes.len() != x.rank() || !self.axes.windows(2).all(|w| w.first() < w.last()) {
            return Err(TypeError::new("`axes` must name an ascending axis for each of the operand's"));
        }
        let fits = self.axes.iter().zip(&x.shape).all(|(&a, size)| wanted.shape.get(a) == Some(size));
        if !fits || wanted.dtype != x.dtype || wanted.is_accumulator() {
            return Err(TypeError::new("the operand does not fit into the result's type"));
        }
        Ok(vec![wanted.clone()])
    }
    linear_in_first!();
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(self, cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let x = cx.take(at, 0)?;
        let dims = cx.result_dims(at)?;
        let mut strides: Vec<i64> = vec![0; dims.len()];
        for (&axis, stride) in self.axes.iter().zip(x.strides()) {
            if let Some(place) = strides.get_mut(axis) {
                *place = stride;
            }
        }
        cx.moved(&x, &dims, &strides, 0)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64)", "%y = broadcast %x {axes = []} : f64[2, 3]"),
            Example::one("(%x: f64[2])", "%y = broadcast %x {axes = [0]} : f64[2, 3]"),
            Example::one("(%x: f64[3])", "%y = broadcast %x {axes = [1]} : f64[2, 3, 2]"),
            Example::one("[%n](%x: f32[%n, 2])", "%y = broadcast %x {axes = [0, 2]} : f32[%n, 3, 2]")
                .sizes(&[2]),
            Example::one("(%x: f64[2])", "%y = broadcast %x {axes = [0]} : f64[2]"),
            Example::one("(%x: bool)", "%y = broadcast %x {axes = []} : bool[2]"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[2])", "%y = broadcast %x {axes = [1]} : f64[2, 3]"),
            ("(%x: f64[2])", "%y = broadcast %x {axes = [2]} : f64[2, 3]"),
            ("(%x: f64[2])", "%y = broadcast %x {axes = []} : f64[2, 3]"),
            ("(%x: f64[2, 2])", "%y = broadcast %x {axes = [1, 0]} : f64[2, 2]"),
            ("(%x: f64[2, 2])", "%y = broadcast %x {axes = [0, 0]} : f64[2, 2]"),
            ("(%x: f64)", "%y = broadcast %x {axes = []} : f32[2]"),
            ("(%x: f64)", "%y = broadcast %x {axes = []} : acc f64[2]"),
            ("(%x: f64)", "%y = broadcast %x {axes = [-1]} : f64[2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}

// x̄ += the sum of ȳ over the new axes.
fn transpose(op: &Broadcast, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let rank = cx.b.ty(ct).rank();
    let axes: Vec<usize> = (0..rank).filter(|a| !op.axes.contains(a)).collect();
    let sum = match axes.is_empty() {
        true => ct,
        false => cx.b.op(Reduce { kind: ReduceKind::Sum, axes, order: Order::Any }, &[ct])?,
    };
    cx.add(first(step.args)?, sum)
}
