//! `reduce x {kind, axes, order}`: combines all elements along axes.
//!
//! The order in which floats are added is part of the meaning: see `docs/reductions.md`.

use super::elementwise::{first, take};
use super::structural::{linearize_first, traits};
use super::{Broadcast, CompareOp, Convert, Div, Mul};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::op::attribute::axes;
use crate::op::{Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{Compare, DType};
use crate::ty::Type;

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceKind {
    /// Sum; of nothing, 0 (-0 for floats, which changes no sum).
    Sum,
    /// Product; of nothing, 1.
    Prod,
    /// Largest; NaN if any is; of nothing, the smallest number of the type.
    Max,
    /// Smallest; NaN if any is; of nothing, the largest number of the type.
    Min,
    /// Whether any is true; of nothing, false.
    Any,
    /// Whether all are true; of nothing, true.
    All,
}

impl ReduceKind {
    const ALL_KINDS: [(ReduceKind, &'static str); 6] = [
        (ReduceKind::Sum, "sum"),
        (ReduceKind::Prod, "prod"),
        (ReduceKind::Max, "max"),
        (ReduceKind::Min, "min"),
        (ReduceKind::Any, "any"),
        (ReduceKind::All, "all"),
    ];

    fn name(self) -> &'static str {
        ReduceKind::ALL_KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn accepts(self, dtype: DType) -> bool {
        matches!(self, ReduceKind::Any | ReduceKind::All) == (dtype == DType::Bool)
    }
}

/// In which order a sum is taken; see `docs/reductions.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Not fixed yet; the pass `order` fixes it. Run in index order.
    Any,
    /// One after another in index order.
    Seq,
    /// In 256 bytes of partial sums, folded by halves.
    Lanes,
}

impl Order {
    /// As an attribute.
    pub fn attribute(self) -> Attribute {
        let word = match self {
            Order::Any => "any",
            Order::Seq => "seq",
            Order::Lanes => "lanes",
        };
        Attribute::Word(word.to_owned())
    }

    /// From the attribute `order`; without one it is `any`.
    pub fn read(reader: &mut Reader<'_>) -> Result<Order, String> {
        match reader.optional("order") {
            None => Ok(Order::Any),
            Some(Attribute::Word(word)) if word == "any" => Ok(Order::Any),
            Some(Attribute::Word(word)) if word == "seq" => Ok(Order::Seq),
            Some(Attribute::Word(word)) if word == "lanes" => Ok(Order::Lanes),
            Some(_) => Err("`order` must be any, seq or lanes".to_owned()),
        }
    }
}

/// A reduction along axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reduce {
    /// How elements are combined.
    pub kind: ReduceKind,
    /// The axes that disappear, ascending.
    pub axes: Vec<usize>,
    /// In which order.
    pub order: Order,
}

impl Primitive for Reduce {
    const NAME: &'static str = "reduce";

    fn attributes(&self) -> Attributes {
        let kind = Attribute::Word(self.kind.name().to_owned());
        vec![("kind", kind), ("axes", axes(&self.axes)), ("order", self.order.attribute())]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("kind")?;
        let kind = ReduceKind::ALL_KINDS.iter().find(|(_, name)| *name == word);
        let (kind, _) = kind.ok_or_else(|| format!("there is no reduction `{word}`"))?;
        Ok(Reduce { kind: *kind, axes: reader.axes("axes")?, order: Order::read(reader)? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let x = site.array(0)?;
        if !self.kind.accepts(x.dtype) {
            let kind = self.kind.name();
            return Err(TypeError::new(format!("there is no {kind} of {}", x.dtype)));
        }
        let ascending = self.axes.windows(2).all(|w| w.first() < w.last());
        if !ascending || self.axes.iter().any(|&a| a >= x.rank()) {
            return Err(TypeError::new("`axes` must be ascending axes of the operand"));
        }
        let kept = x.shape.iter().enumerate().filter(|(a, _)| !self.axes.contains(a));
        Ok(vec![Type::array(x.dtype, kept.map(|(_, size)| size.clone()))])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        self.kind == ReduceKind::Sum
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        match self.kind {
            ReduceKind::Sum => linearize_first(cx, step),
            ReduceKind::Max | ReduceKind::Min => linearize_extremum(self, cx, step),
            ReduceKind::Prod => super::product::linearize(self, cx, step),
            ReduceKind::Any | ReduceKind::All => Ok(()),
        }
    }
    // y = Σ x: x̄ += ȳ along the summed axes.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let x = first(step.args)?;
        let ty = cx.ty(x);
        let ct = spread(&mut cx.b, ct, &self.axes, ty)?;
        cx.add(x, ct)
    }
    traits!(Pure, Work);
}

/// Repeats `y` along the reduced axes, to the type `ty`.
pub(super) fn spread(
    b: &mut Builder,
    y: Value,
    reduced: &[usize],
    ty: Type,
) -> Result<Value, TypeError> {
    let axes = (0..ty.rank()).filter(|a| !reduced.contains(a)).collect();
    let ty = ty.with_dtype(b.ty(y).dtype);
    b.op_as(Broadcast { axes }, &[y], ty)
}

// d max x = Σ [x = y] dx / (number of ties).
fn linearize_extremum(
    op: &Reduce,
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let x = first(step.args)?;
    let Some(tangent) = cx.tangent(x) else { return Ok(()) };
    let b = &mut cx.primal;
    let ty = b.ty(x).clone();
    let sum = Reduce { kind: ReduceKind::Sum, ..op.clone() };
    let best = spread(b, result, &op.axes, ty.clone())?;
    let is_best = b.op(CompareOp { how: Compare::Eq }, &[x, best])?;
    let mask = b.op(Convert { to: ty.dtype }, &[is_best])?;
    let ties = b.op(sum.clone(), &[mask])?;
    let ties = spread(b, ties, &op.axes, ty)?;
    let share = b.op(Div, &[mask, ties])?;
    let share = cx.residual(share)?;
    let parts = cx.lin.op(Mul, &[share, tangent])?;
    let tangent = cx.lin.op(sum, &[parts])?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}
