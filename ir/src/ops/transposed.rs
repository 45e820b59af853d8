//! `transpose x {axes}`: permutes axes; axis `k` of the result is axis `axes[k]` of `x`.

use super::elementwise::{first, take};
use super::structural::{linear_in_first, traits};
use crate::derive::{Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::attribute::axes;
use crate::op::{Example, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::ty::Type;

/// A permutation of axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transposed {
    /// For each axis of the result the operand's.
    pub axes: Vec<usize>,
}

impl Transposed {
    /// The permutation that undoes this one.
    pub fn inverse(&self) -> Transposed {
        let position = |a| self.axes.iter().position(|&b| b == a).unwrap_or(a);
        Transposed { axes: (0..self.axes.len()).map(position).collect() }
    }
}

impl Primitive for Transposed {
    const NAME: &'static str = "transpose";

    fn attributes(&self) -> Attributes {
        vec![("axes", axes(&self.axes))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Transposed { axes: reader.axes("axes")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let x = site.array(0)?;
        let mut sorted = self.axes.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..x.rank()) {
            return Err(TypeError::new("`axes` must name each axis once"));
        }
        let shape = self.axes.iter().filter_map(|&a| x.shape.get(a).cloned());
        Ok(vec![Type::array(x.dtype, shape)])
    }
    linear_in_first!();
    // x̄ += ȳ with the axes permuted back.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let ct = cx.b.op(self.inverse(), &[ct])?;
        cx.add(first(step.args)?, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let x = cx.take(at, 0)?;
        let dims = cx.result_dims(at)?;
        let from = x.strides();
        let strides: Vec<i64> = self.axes.iter().filter_map(|&a| from.get(a).copied()).collect();
        cx.moved(&x, &dims, &strides, 0)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64[2, 3])", "%y = transpose %x {axes = [1, 0]} : f64[3, 2]"),
            Example::one("(%x: f64[2, 3, 4])", "%y = transpose %x {axes = [2, 0, 1]} : f64[4, 2, 3]"),
            Example::one("[%n](%x: f32[%n])", "%y = transpose %x {axes = [0]} : f32[%n]").sizes(&[3]),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[2, 3])", "%y = transpose %x {axes = [1, 0]} : f64[2, 3]"),
            ("(%x: f64[2, 3])", "%y = transpose %x {axes = [0, 0]} : f64[2, 2]"),
            ("(%x: f64[2, 3])", "%y = transpose %x {axes = [0]} : f64[2]"),
            ("(%x: f64[2, 3])", "%y = transpose %x {axes = [0, 2]} : f64[2, 3]"),
            ("(%x: acc f64[2, 3])", "%y = transpose %x {axes = [1, 0]} : acc f64[3, 2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}
