//! `concat x, y, … {axis}`: arrays one after another along an axis.

use super::Slice;
use super::elementwise::{linearize_linear, take};
use super::structural::traits;
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::attribute::count;
use crate::op::{Example, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::size::Size;
use crate::ty::Type;

/// Arrays along an existing axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// Which axis.
    pub axis: usize,
}

impl Primitive for Concat {
    const NAME: &'static str = "concat";

    fn attributes(&self) -> Attributes {
        vec![("axis", count(self.axis))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Concat { axis: reader.count("axis")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 0)?;
        let mut result = site.array(0)?.clone();
        let mut total = Size::default();
        for k in 0..site.args.len() {
            let ty = site.array(k)?;
            let size = ty.shape.get(self.axis).ok_or_else(|| TypeError::new("there is no such axis"))?;
            total = total.checked_add(size).ok_or_else(|| TypeError::new("the size overflows"))?;
            let axes = ty.shape.iter().zip(&result.shape).enumerate();
            let same = axes.filter(|(a, _)| *a != self.axis).all(|(_, (a, b))| a == b);
            if !same || ty.rank() != result.rank() || ty.dtype != result.dtype {
                return Err(TypeError::new(format!("operand {k} differs in more than one axis")));
            }
        }
        if let Some(size) = result.shape.get_mut(self.axis) {
            *size = total;
        }
        Ok(vec![result])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        linear.iter().all(|l| *l)
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize_linear(cx, step)
    }
    // x̄ₖ += the part of ȳ that came from xₖ.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let mut start = Size::default();
        for &arg in step.args {
            let ty = cx.ty(arg);
            if cx.is_linear(arg) {
                let from = cx.b.size(&start)?;
                let part = cx.b.op_as(Slice { axis: self.axis, step: 1 }, &[ct, from], ty.clone())?;
                cx.add(arg, part)?;
            }
            let next = ty.shape.get(self.axis).and_then(|size| start.checked_add(size));
            start = next.ok_or_else(|| TypeError::new("the size overflows"))?;
        }
        Ok(())
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let parts = cx.take_all(at)?;
        let dims = cx.result_dims(at)?;
        let inner: usize = dims.iter().skip(self.axis + 1).product();
        let outer: usize = dims.iter().take(self.axis).product();
        let mut elements = cx.room(&dims)?;
        for row in 0..outer {
            for part in &parts {
                let width = part.dims().get(self.axis).copied().unwrap_or_default() * inner;
                let chunk = part.elements().get(row * width..(row + 1) * width);
                elements.extend_from_slice(chunk.unwrap_or_default());
            }
        }
        cx.machine.arithmetic.meter().copies(elements.len() as u64);
        cx.one(cx.result_dtype(at, 0)?, &dims, elements)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64[2], %y: f64[3])", "%z = concat %x, %y {axis = 0} : f64[5]"),
            Example::one(
                "(%x: f64[2, 1], %y: f64[2, 2], %z: f64[2, 1])",
                "%w = concat %x, %y, %z {axis = 1} : f64[2, 4]",
            ),
            Example::one(
                "[%n, %m](%x: f32[%n, 2], %y: f32[%m, 2])",
                "%z = concat %x, %y {axis = 0} : f32[%n + %m, 2]",
            )
            .sizes(&[2, 1]),
            Example::one("(%x: f64[2])", "%z = concat %x, %x {axis = 0} : f64[4]"),
            Example::one("(%x: i64[2], %y: i64[1])", "%z = concat %x, %y {axis = 0} : i64[3]"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[2], %y: f64[3])", "%z = concat %x, %y {axis = 0} : f64[6]"),
            ("(%x: f64[2], %y: f64[3])", "%z = concat %x, %y {axis = 1} : f64[5]"),
            ("(%x: f64, %y: f64)", "%z = concat %x, %y {axis = 0} : f64[2]"),
            ("(%x: f64[2], %y: f32[3])", "%z = concat %x, %y {axis = 0} : f64[5]"),
            ("(%x: f64[2, 2], %y: f64[2, 3])", "%z = concat %x, %y {axis = 0} : f64[4, 2]"),
            ("(%x: f64[2], %y: f64[2, 2])", "%z = concat %x, %y {axis = 0} : f64[4]"),
            ("(%x: f64[2])", "%z = concat {axis = 0} : f64[4]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}
