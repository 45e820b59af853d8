//! `sort x {order}`: the elements of each row (of the last axis) in order, and the position that each came
//! from. Equal elements stay in their order; NaN comes last in either order.

use super::elementwise::{first, never_linear};
use super::structural::traits;
use super::{Index, Map};
use crate::builder::Parts;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::interp::{Arithmetic, Array, At, Eval, Evaluated, RunError};
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{Compare, DType, Scalar, ScalarOp};
use crate::ty::Type;
use std::cmp::Ordering;

/// A stable sort of rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Primitive for Sort {
    const NAME: &'static str = "sort";

    fn attributes(&self) -> Attributes {
        let order = if self.descending { "descending" } else { "ascending" };
        vec![("order", Attribute::Word(order.to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        match reader.word("order")?.as_str() {
            "ascending" => Ok(Sort { descending: false }),
            "descending" => Ok(Sort { descending: true }),
            other => Err(format!("there is no order `{other}`")),
        }
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let x = site.array(0)?;
        match x.rank() > 0 && x.dtype != DType::Bool {
            true => Ok(vec![x.clone(), x.with_dtype(DType::I64)]),
            false => Err(TypeError::new("the operand must be an array of numbers")),
        }
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        never_linear(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |params: &str, order: &str, ty: &str, places: &str| {
            Example::one(params, &format!("%y, %p = sort %x {{order = {order}}} : {ty}, {places}"))
        };
        vec![
            on("(%x: f64[5])", "ascending", "f64[5]", "i64[5]"),
            on("(%x: f64[2, 3])", "descending", "f64[2, 3]", "i64[2, 3]"),
            on("[%n](%x: f32[2, %n])", "ascending", "f32[2, %n]", "i64[2, %n]").sizes(&[4]),
            on("[%n](%x: f64[%n])", "descending", "f64[%n]", "i64[%n]").sizes(&[0]),
            on("(%x: i64[7])", "ascending", "i64[7]", "i64[7]").ints(-2, 2),
            on("(%x: u32[7])", "descending", "u32[7]", "i64[7]").ints(0, 3),
            Example::body(
                "(%x: f64[6])",
                "f64",
                "%y, %p = sort %x {order = descending} : f64[6], i64[6]
                 %k = const {value = i64 1} : i64
                 %a = index %y, %k : f64
                 %b = sin %a : f64
                 return %b",
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64)", "%y, %p = sort %x {order = ascending} : f64, i64"),
            ("(%x: bool[3])", "%y, %p = sort %x {order = ascending} : bool[3], i64[3]"),
            ("(%x: f64[3])", "%y, %p = sort %x {order = random} : f64[3], i64[3]"),
            ("(%x: f64[3])", "%y, %p = sort %x {order = ascending} : f64[3], i32[3]"),
            ("(%x: f64[3])", "%y, %p = sort %x, %x {order = ascending} : f64[3], i64[3]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

// y_i = x_{p_i}: dy_i = dx_{p_i}.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let &[result, places] = cx.copy(step).as_slice() else { return Ok(()) };
    let Some(tangent) = cx.tangent(first(step.args)?) else { return Ok(()) };
    let places = cx.residual(places)?;
    let b = &mut cx.lin;
    let extents = b.ty(places).shape.iter().cloned().collect();
    let rank = b.ty(places).rank();
    b.open();
    let index: Vec<Value> = (0..rank).map(|_| b.param(Type::scalar(DType::I64), None)).collect();
    let at_index = |array: Value| -> Vec<Value> {
        [array].into_iter().chain(index.iter().copied()).collect()
    };
    let place = b.op(Index, &at_index(places))?;
    let mut from = at_index(tangent);
    if let Some(last) = from.last_mut() {
        *last = place;
    }
    let element = b.op(Index, &from)?;
    let block = b.close(vec![element]);
    let parts = Parts { sizes: extents, blocks: vec![block], ..Parts::default() };
    let map = b.emit(Map { yields: 1, sums: 0, accs: 0 }, parts)?;
    let tangent = first(b.results(map))?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

fn evaluate<'m, A: Arithmetic>(op: &Sort, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
    let x = cx.take(at, 0)?;
    let dims = cx.result_dims(at)?;
    let n = dims.last().copied().unwrap_or_default();
    let (mut values, mut places) = (cx.room(&dims)?, cx.room(&dims)?);
    let arithmetic = &mut cx.machine.arithmetic;
    for row in x.elements().chunks(n.max(1)) {
        let mut order: Vec<usize> = (0..row.len()).collect();
        let mut before = |i: usize, j: usize| match (row.get(i), row.get(j)) {
            (Some(&a), Some(&b)) => is_before(arithmetic, op.descending, a, b),
            _ => false,
        };
        order.sort_by(|&i, &j| {
            if before(i, j) {
                return Ordering::Less;
            }
            if before(j, i) { Ordering::Greater } else { Ordering::Equal }
        });
        values.extend(order.iter().filter_map(|&i| row.get(i).copied()));
        places.extend(order.iter().map(|&i| arithmetic.wrap(Scalar::I64(i as i64))));
    }
    arithmetic.meter().loads(values.len() as u64);
    arithmetic.meter().stores(2 * values.len() as u64);
    let values = Array::new(x.dtype(), &dims, values);
    let places = Array::new(DType::I64, &dims, places);
    match (values, places) {
        (Some(values), Some(places)) => Ok(smallvec::smallvec![values, places]),
        _ => Err(RunError::fault("a wrong number of elements")),
    }
}

/// Whether `a` comes before `b`: it is less (or more), or only `b` is NaN.
fn is_before<A: Arithmetic>(
    arithmetic: &mut A,
    descending: bool,
    a: A::Element,
    b: A::Element,
) -> bool {
    let mut holds = |how: Compare, x: A::Element, y: A::Element| {
        let result = arithmetic.op(ScalarOp::Compare(how), &[x, y]);
        arithmetic.unwrap(result, DType::Bool) == Scalar::Bool(true)
    };
    let (low, high) = if descending { (b, a) } else { (a, b) };
    holds(Compare::Lt, low, high) || (holds(Compare::Ne, b, b) && holds(Compare::Eq, a, a))
}
