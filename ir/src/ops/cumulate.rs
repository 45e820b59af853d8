//! `cumulate x {kind, axis, direction, exclusive}`: the reductions of the elements up to each one along an
//! axis. Exclusive ones leave the element itself out and begin with the identity (0 for sums).

use super::elementwise::{first, take};
use super::scan::{along, direction, fibers, read_direction};
use super::structural::{linearize_first, traits};
use super::{CompareOp, Convert, Div, Form, Recur, ReduceKind, Sub};
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::attribute::count;
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{Compare, DType, Scalar};
use crate::ty::Type;

/// A cumulative reduction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cumulate {
    /// How elements are combined; a kind of numbers.
    pub kind: ReduceKind,
    /// Along which axis.
    pub axis: usize,
    /// Whether it runs from the last element to the first.
    pub reverse: bool,
    /// Whether an element's own value is left out of its result.
    pub exclusive: bool,
}

impl Cumulate {
    /// What an exclusive one begins with.
    pub fn start(&self, dtype: DType) -> Scalar {
        match self.kind {
            ReduceKind::Sum => Scalar::zero(dtype),
            kind => kind.identity(dtype),
        }
    }

    /// The same elements in the other form.
    fn with_exclusive(&self, exclusive: bool) -> Cumulate {
        Cumulate { exclusive, ..self.clone() }
    }

    /// The recurrence of the tangents of products and extrema.
    fn recurrence(&self) -> Recur {
        let form = if self.exclusive { Form::Exclusive } else { Form::Inclusive };
        Recur { form, axis: self.axis, reverse: self.reverse }
    }
}

impl Primitive for Cumulate {
    const NAME: &'static str = "cumulate";

    fn attributes(&self) -> Attributes {
        let kind = Attribute::Word(self.kind.name().to_owned());
        let form = if self.exclusive { "exclusive" } else { "inclusive" };
        vec![
            ("kind", kind),
            ("axis", count(self.axis)),
            ("direction", direction(self.reverse)),
            ("form", Attribute::Word(form.to_owned())),
        ]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("kind")?;
        let kind = ReduceKind::named(&word).ok_or_else(|| format!("there is no reduction `{word}`"))?;
        let (axis, reverse) = (reader.count("axis")?, read_direction(reader)?);
        let exclusive = match reader.word("form")?.as_str() {
            "inclusive" => false,
            "exclusive" => true,
            other => return Err(format!("there is no form `{other}`")),
        };
        Ok(Cumulate { kind, axis, reverse, exclusive })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        let ty = along(site, 1, self.axis)?;
        let of_numbers = !matches!(self.kind, ReduceKind::Any | ReduceKind::All);
        match of_numbers && ty.dtype != DType::Bool {
            true => Ok(vec![ty]),
            false => Err(TypeError::new("it is a reduction of numbers")),
        }
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        self.kind == ReduceKind::Sum
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        match self.kind {
            ReduceKind::Sum => linearize_first(cx, step),
            ReduceKind::Prod => linearize_product(self, cx, step),
            _ => linearize_extremum(self, cx, step),
        }
    }
    // y_i = Σ x_j over j <= i: x̄_j = Σ ȳ_i over i >= j, the same sum backwards.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let back = Cumulate { reverse: !self.reverse, ..self.clone() };
        let ct = cx.b.op(back, &[ct])?;
        cx.add(first(step.args)?, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let x = cx.take(at, 0)?;
        let dims = cx.result_dims(at)?;
        let start = cx.wrap(self.start(x.dtype()));
        let mut elements = cx.room(&dims)?;
        elements.extend_from_slice(x.elements());
        let arithmetic = &mut cx.machine.arithmetic;
        arithmetic.meter().loads(elements.len() as u64);
        arithmetic.meter().stores(elements.len() as u64);
        for fiber in fibers(&dims, self.axis, self.reverse) {
            let mut sum = self.exclusive.then_some(start);
            for place in fiber {
                let Some(slot) = elements.get_mut(place) else { continue };
                let next = match sum {
                    None => *slot,
                    Some(sum) => arithmetic.op(self.kind.operation(), &[sum, *slot]),
                };
                *slot = match sum.replace(next) {
                    Some(before) if self.exclusive => before,
                    _ => next,
                };
            }
        }
        cx.one(x.dtype(), &dims, elements)
    }
    fn examples() -> Vec<Example> {
        examples()
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[3])", "kind = sum, axis = 1, direction = up, form = inclusive", "f64[3]"),
            ("(%x: f64)", "kind = sum, axis = 0, direction = up, form = inclusive", "f64"),
            ("(%x: bool[3])", "kind = any, axis = 0, direction = up, form = inclusive", "bool[3]"),
            ("(%x: f64[3])", "kind = mean, axis = 0, direction = up, form = inclusive", "f64[3]"),
            ("(%x: f64[3])", "kind = sum, axis = 0, direction = left, form = inclusive", "f64[3]"),
            ("(%x: f64[3])", "kind = sum, axis = 0, direction = up, form = late", "f64[3]"),
            ("(%x: f64[3])", "kind = sum, axis = 0, direction = up, form = inclusive", "f64[2]"),
            ("(%x: acc f64[3])", "kind = sum, axis = 0, direction = up, form = inclusive", "f64[3]"),
        ];
        let one = |(params, attributes, ty): (&str, &str, &str)| {
            Example::one(params, &format!("%y = cumulate %x {{{attributes}}} : {ty}"))
        };
        refused.map(one).to_vec()
    }
    traits!(Pure, Work);
}

fn examples() -> Vec<Example> {
    let on = |params: &str, ty: &str, kind: &str, axis: usize, rest: &str| {
        let inst = format!("%y = cumulate %x {{kind = {kind}, axis = {axis}, {rest}}} : {ty}");
        Example::one(params, &inst)
    };
    let (up, down) = ("direction = up, form = inclusive", "direction = down, form = inclusive");
    let before = ["direction = up, form = exclusive", "direction = down, form = exclusive"];
    let mut examples = Vec::new();
    for kind in ["sum", "prod", "max", "min"] {
        examples.extend([
            on("(%x: f64[4])", "f64[4]", kind, 0, up),
            on("(%x: f64[2, 3])", "f64[2, 3]", kind, 0, down),
            on("(%x: f64[2, 3, 2])", "f64[2, 3, 2]", kind, 1, up),
            on("[%n](%x: f32[2, %n])", "f32[2, %n]", kind, 1, down).sizes(&[3]),
            on("(%x: i64[3])", "i64[3]", kind, 0, before[0]).ints(-3, 3),
        ]);
    }
    for kind in ["sum", "prod"] {
        examples.extend([
            on("[%n](%x: f32[2, %n])", "f32[2, %n]", kind, 1, before[1]).sizes(&[3]),
            on("[%n](%x: f64[%n, 9])", "f64[%n, 9]", kind, 0, before[0]).sizes(&[3]),
        ]);
    }
    examples.push(on("[%n](%x: f64[%n])", "f64[%n]", "sum", 0, before[0]).sizes(&[0]));
    let special = |kind: &str, x: &[f64], expected: &[f64]| {
        let params = format!("(%x: f64[{}])", x.len());
        let ty = format!("f64[{}]", x.len());
        let example = on(&params, &ty, kind, 0, up);
        example.special(&[x], &[&[2.0, 3.0, 5.0, 7.0]], &[expected])
    };
    examples.extend([
        // Partial products with zeros: the partial derivative is the product of the others.
        special("prod", &[2.0, 0.0, 4.0, 3.0], &[2.0, 6.0, 24.0, 72.0]),
        special("prod", &[0.0, 0.0, 4.0, 3.0], &[2.0, 0.0, 0.0, 0.0]),
        // Of several largest elements so far, each has the same share.
        special("max", &[1.0, 1.0, 0.0, 1.0], &[2.0, 2.5, 2.5, 4.0]),
        special("max", &[1.0, 4.0, 4.0, 5.0], &[2.0, 3.0, 4.0, 7.0]),
        special("min", &[4.0, 5.0, 4.0, 1.0], &[2.0, 2.0, 3.5, 7.0]),
    ]);
    examples
}

// y_i = Π x_j over j <= i: dy_i = x_i dy_{i-1} + y_{i-1} dx_i, which divides by nothing. The recurrence of
// the exclusive form is the same one, a step later.
fn linearize_product(op: &Cumulate, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let x = first(step.args)?;
    let Some(tangent) = cx.tangent(x) else { return Ok(()) };
    let before = match op.exclusive {
        true => result,
        false => cx.primal.op(op.with_exclusive(true), &[x])?,
    };
    let added = cx.scale(before, tangent)?;
    let factor = cx.residual(x)?;
    let tangent = cx.lin.op(op.recurrence(), &[factor, added])?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

// m_i = max(m_{i-1}, x_i), with c_i elements equal to it so far: the tangent is their mean, so
// dm_i = (1 - s_i) dm_{i-1} + s_i dx_i with s_i = [x_i = m_i] / c_i, and c_i = [m_i = m_{i-1}] c_{i-1} + [x_i = m_i].
fn linearize_extremum(op: &Cumulate, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let x = first(step.args)?;
    let Some(tangent) = cx.tangent(x) else { return Ok(()) };
    let b = &mut cx.primal;
    let ty = b.ty(x).clone();
    let best = b.op(op.with_exclusive(false), &[x])?;
    let before = b.op(op.with_exclusive(true), &[x])?;
    let mut equal = |a: Value, c: Value| -> Result<Value, TypeError> {
        let equal = b.op(CompareOp { how: Compare::Eq }, &[a, c])?;
        b.op(Convert { to: ty.dtype }, &[equal])
    };
    let (is_best, stays) = (equal(x, best)?, equal(best, before)?);
    let inclusive = Recur { form: Form::Inclusive, axis: op.axis, reverse: op.reverse };
    let ties = b.op(inclusive, &[stays, is_best])?;
    let share = b.op(Div, &[is_best, ties])?;
    let one = b.fill(1.0, &ty)?;
    let kept = b.op(Sub, &[one, share])?;
    let added = cx.scale(share, tangent)?;
    let kept = cx.residual(kept)?;
    let tangent = cx.lin.op(op.recurrence(), &[kept, added])?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}
