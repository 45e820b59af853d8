//! `recur a, b {form, axis, direction}`: a linear recurrence along an axis, `y_i = a_i y_{i-1} + b_i` from
//! `y_{-1} = 0`.
//!
//! The exclusive form gives `y_{i-1}` in the place of `y_i`. The late form multiplies by the factor of the
//! element before: `y_i = a_{i-1} y_{i-1} + b_i`; it is the transpose of the first one, backwards. So the
//! three forms are closed under differentiation.

use super::elementwise::{first, take};
use super::scan::{along, direction, fibers, read_direction};
use super::structural::traits;
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::attribute::count;
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{Scalar, ScalarOp};
use crate::ty::Type;

/// Which element of a recurrence a result is, and which factor takes it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `y_i = a_i y_{i-1} + b_i`
    Inclusive,
    /// The same, one element later: the first one is 0.
    Exclusive,
    /// `y_i = a_{i-1} y_{i-1} + b_i`
    Late,
}

impl Form {
    const ALL: [(Form, &'static str); 3] =
        [(Form::Inclusive, "inclusive"), (Form::Exclusive, "exclusive"), (Form::Late, "late")];
}

/// A linear recurrence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recur {
    /// Which one.
    pub form: Form,
    /// Along which axis.
    pub axis: usize,
    /// Whether it runs from the last element to the first.
    pub reverse: bool,
}

impl Recur {
    fn with_form(&self, form: Form) -> Recur {
        Recur { form, ..self.clone() }
    }
}

impl Primitive for Recur {
    const NAME: &'static str = "recur";

    fn attributes(&self) -> Attributes {
        let name = Form::ALL.iter().find(|(form, _)| *form == self.form);
        let name = name.map_or("", |(_, name)| name);
        vec![
            ("form", Attribute::Word(name.to_owned())),
            ("axis", count(self.axis)),
            ("direction", direction(self.reverse)),
        ]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("form")?;
        let form = Form::ALL.iter().find(|(_, name)| *name == word);
        let (form, _) = form.ok_or_else(|| format!("there is no form `{word}`"))?;
        Ok(Recur { form: *form, axis: reader.count("axis")?, reverse: read_direction(reader)? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        let ty = along(site, 2, self.axis)?;
        match ty.dtype.is_float() {
            true => Ok(vec![ty]),
            false => Err(TypeError::new("the operands must be floats")),
        }
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        linear == [false, true]
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(self, cx, step)
    }
    // The adjoint of y_i = a_i y_{i-1} + b_i is b̄_i = ȳ_i + a_{i+1} b̄_{i+1}: the late form backwards, and
    // the other way round; the exclusive form is its own, backwards.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let &[factor, added] = step.args else { return Ok(()) };
        let form = match self.form {
            Form::Inclusive => Form::Late,
            Form::Exclusive => Form::Exclusive,
            Form::Late => Form::Inclusive,
        };
        let back = Recur { form, axis: self.axis, reverse: !self.reverse };
        let factor = cx.fixed(step, factor)?;
        let ct = cx.b.op(back, &[factor, ct])?;
        cx.add(added, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |sizes: &str, ty: &str, form: &str, axis: usize, direction: &str| {
            let attributes = format!("form = {form}, axis = {axis}, direction = {direction}");
            let inst = format!("%y = recur %a, %b {{{attributes}}} : {ty}");
            Example::one(&format!("{sizes}(%a: {ty}, %b: {ty})"), &inst)
        };
        let mut examples = Vec::new();
        for (_, form) in Form::ALL {
            examples.extend([
                on("", "f64[4]", form, 0, "up"),
                on("", "f64[3, 2]", form, 0, "down"),
                on("", "f64[2, 3, 2]", form, 1, "up"),
                on("[%n]", "f32[2, %n]", form, 1, "down").sizes(&[3]),
                on("[%n]", "f64[%n, 9]", form, 0, "up").sizes(&[3]),
            ]);
            let inst = format!("%y = recur %a, %a {{form = {form}, axis = 0, direction = up}} : f64[3]");
            examples.push(Example::one("(%a: f64[3])", &inst));
        }
        examples
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%a: f64[3], %b: f64[2])", "%y = recur %a, %b {form = late, axis = 0, direction = up} : f64[3]"),
            ("(%a: f64[3], %b: f64[3])", "%y = recur %a, %b {form = late, axis = 1, direction = up} : f64[3]"),
            ("(%a: f64[3], %b: f64[3])", "%y = recur %a, %b {form = early, axis = 0, direction = up} : f64[3]"),
            ("(%a: i64[3], %b: i64[3])", "%y = recur %a, %b {form = late, axis = 0, direction = up} : i64[3]"),
            ("(%a: f64[3])", "%y = recur %a {form = late, axis = 0, direction = up} : f64[3]"),
            ("(%a: f64, %b: f64)", "%y = recur %a, %b {form = late, axis = 0, direction = up} : f64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

// With z_i = y_{i-1}: dy_i = a_i dy_{i-1} + (da_i z_i + db_i), in the late form
// dy_i = a_{i-1} dy_{i-1} + (da_{i-1} y_{i-1} + db_i).
fn linearize(op: &Recur, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[a, b] = step.args else { return Ok(()) };
    let mut added = cx.tangent(b);
    if let Some(da) = cx.tangent(a) {
        added = match op.form {
            Form::Late => {
                let product = cx.scale(result, da)?;
                let ty = cx.lin.ty(product).clone();
                let zeros = cx.lin.fill(0.0, &ty)?;
                let shifted = cx.lin.op(op.with_form(Form::Exclusive), &[zeros, product])?;
                cx.sum(added, Some(shifted))?
            }
            form => {
                let before = match form {
                    Form::Inclusive => cx.primal.op(op.with_form(Form::Exclusive), &[a, b])?,
                    _ => result,
                };
                Some(cx.scale_onto(before, da, added)?)
            }
        };
    }
    let Some(added) = added else { return Ok(()) };
    let factor = cx.residual(a)?;
    let tangent = cx.lin.op(op.clone(), &[factor, added])?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

fn evaluate<'m, A: Arithmetic>(op: &Recur, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
    let (a, b) = (cx.take(at, 0)?, cx.take(at, 1)?);
    let dims = cx.result_dims(at)?;
    let zero = cx.wrap(Scalar::zero(a.dtype()));
    let mut elements = cx.room(&dims)?;
    elements.resize(a.elements().len(), zero);
    let arithmetic = &mut cx.machine.arithmetic;
    arithmetic.meter().loads(2 * elements.len() as u64);
    arithmetic.meter().stores(elements.len() as u64);
    for fiber in fibers(&dims, op.axis, op.reverse) {
        // The element before: its factor, addend and result.
        let mut before = None;
        for place in fiber {
            let (Some(&factor), Some(&added)) = (a.elements().get(place), b.elements().get(place)) else {
                continue;
            };
            let y = match (op.form, before) {
                (Form::Exclusive, None) => zero,
                (_, None) => added,
                (Form::Inclusive, Some((_, _, y))) => arithmetic.op(ScalarOp::Fma, &[factor, y, added]),
                (Form::Exclusive, Some((f, b, y))) => arithmetic.op(ScalarOp::Fma, &[f, y, b]),
                (Form::Late, Some((f, _, y))) => arithmetic.op(ScalarOp::Fma, &[f, y, added]),
            };
            if let Some(slot) = elements.get_mut(place) {
                *slot = y;
            }
            before = Some((factor, added, y));
        }
    }
    cx.one(a.dtype(), &dims, elements)
}
