//! `reduce x {kind, axes, order}`: combines all elements along axes.
//!
//! The order in which floats are added is part of the meaning: see `docs/reductions.md`.

use super::elementwise::{first, take};
use super::structural::{linearize_first, traits};
use super::Broadcast;
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::interp::reduce::Fold;
use crate::interp::{Arithmetic, At, Eval, Evaluated, Offsets, reduce};
use crate::op::attribute::axes;
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{DType, Scalar, ScalarOp};
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

    /// The kind with this name.
    pub(super) fn named(name: &str) -> Option<ReduceKind> {
        ReduceKind::ALL_KINDS.iter().find(|(_, other)| *other == name).map(|(kind, _)| *kind)
    }

    pub(super) fn name(self) -> &'static str {
        ReduceKind::ALL_KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// What combining starts from; it changes nothing.
    pub fn identity(self, dtype: DType) -> Scalar {
        let of = |float: f64, int: i128| match dtype {
            DType::F32 => Scalar::F32(float as f32),
            DType::F64 => Scalar::F64(float),
            DType::I32 => Scalar::I32(int.clamp(i32::MIN.into(), i32::MAX.into()) as i32),
            DType::I64 => Scalar::I64(int.clamp(i64::MIN.into(), i64::MAX.into()) as i64),
            DType::U32 => Scalar::U32(int.clamp(0, u32::MAX.into()) as u32),
            DType::U64 => Scalar::U64(int.clamp(0, u64::MAX.into()) as u64),
            DType::Bool => Scalar::Bool(int != 0),
        };
        match self {
            ReduceKind::Sum => of(-0.0, 0),
            ReduceKind::Prod => of(1.0, 1),
            ReduceKind::Max => of(f64::NEG_INFINITY, i128::MIN),
            ReduceKind::Min => of(f64::INFINITY, i128::MAX),
            ReduceKind::Any => of(0.0, 0),
            ReduceKind::All => of(1.0, 1),
        }
    }

    /// The operation on two elements.
    pub fn operation(self) -> ScalarOp {
        match self {
            ReduceKind::Sum => ScalarOp::Add,
            ReduceKind::Prod => ScalarOp::Mul,
            ReduceKind::Max => ScalarOp::Max,
            ReduceKind::Min => ScalarOp::Min,
            ReduceKind::Any => ScalarOp::Or,
            ReduceKind::All => ScalarOp::And,
        }
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
        let kind = ReduceKind::named(&word).ok_or_else(|| format!("there is no reduction `{word}`"))?;
        Ok(Reduce { kind, axes: reader.axes("axes")?, order: Order::read(reader)? })
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
            ReduceKind::Max | ReduceKind::Min => super::extremum::linearize(self, cx, step),
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
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |params: &str, kind: &str, axes: &str, result: &str| {
            let inst = format!("%y = reduce %x {{kind = {kind}, axes = [{axes}]}} : {result}");
            Example::one(params, &inst)
        };
        let mut examples = vec![
            on("(%x: bool[2, 3])", "any", "0", "bool[3]"),
            on("(%x: bool[2, 3])", "all", "0, 1", "bool"),
            on("(%x: i64[2, 3])", "sum", "1", "i64[2]").ints(-3, 3),
            Example::one("(%x: f64[40])", "%y = reduce %x {kind = sum, axes = [0], order = lanes} : f64"),
        ];
        for kind in ["sum", "max", "min", "prod"] {
            examples.extend([
                on("(%x: f64[3])", kind, "0", "f64"),
                on("(%x: f64[2, 3])", kind, "0", "f64[3]"),
                on("(%x: f64[2, 3])", kind, "1", "f64[2]"),
                on("(%x: f64[2, 3, 2])", kind, "0, 2", "f64[3]"),
                on("[%n](%x: f32[%n, 2])", kind, "0, 1", "f32").sizes(&[3]),
                on("[%n, %m](%x: f64[%n, %m])", kind, "0, 1", "f64").sizes(&[3, 2]),
            ]);
        }
        examples.push(on("(%x: f64[2])", "sum", "", "f64[2]"));
        let ties = |kind: &str, x: &[f64], expected: f64| {
            let example = on("(%x: f64[4])", kind, "0", "f64");
            example.special(&[x], &[&[2.0, 3.0, 5.0, 7.0]], &[&[expected]])
        };
        let of_any = |kind: &str, x: &[f64], expected: f64| {
            let example = on("[%n](%x: f64[%n])", kind, "0", "f64").sizes(&[4]);
            example.special(&[x], &[&[2.0, 3.0, 5.0, 7.0]], &[&[expected]])
        };
        const TANGENTS: &[f64] = &[2.0, 3.0, 5.0, 7.0, 11.0, 13.0];
        let of_rows = |kind: &str, x: &[f64], expected: [f64; 2]| {
            let example = on("[%n](%x: f64[2, %n])", kind, "1", "f64[2]").sizes(&[3]);
            example.special(&[x], &[TANGENTS], &[&expected])
        };
        let of_columns = |kind: &str, x: &[f64], expected: [f64; 3]| {
            let example = on("[%n](%x: f64[%n, 3])", kind, "0", "f64[3]").sizes(&[2]);
            example.special(&[x], &[TANGENTS], &[&expected])
        };
        examples.extend([
            ties("max", &[1.0, 4.0, 4.0, 0.0], 4.0),
            ties("max", &[1.0; 4], 4.25),
            ties("min", &[9.0, 4.0, 5.0, 4.0], 5.0),
            // Of an unknown number of elements: one that stands alone, and ties.
            of_any("max", &[1.0, 4.0, 3.0, 0.0], 3.0),
            of_any("max", &[1.0, 4.0, 4.0, 0.0], 4.0),
            of_any("min", &[9.0, 4.0, 5.0, 4.0], 5.0),
            of_any("min", &[9.0, 8.0, 5.0, 6.0], 5.0),
            // Along an axis of a matrix: in each row one that stands alone, and a row with ties.
            of_rows("max", &[1.0, 4.0, 0.0, 8.0, 5.0, 6.0], [3.0, 7.0]),
            of_rows("max", &[1.0, 4.0, 4.0, 8.0, 5.0, 6.0], [4.0, 7.0]),
            of_columns("min", &[1.0, 4.0, 0.0, 8.0, 3.0, 6.0], [2.0, 11.0, 5.0]),
            of_columns("min", &[1.0, 4.0, 6.0, 8.0, 3.0, 6.0], [2.0, 11.0, 9.0]),
            // A product with no, one and two zeros among its factors.
            ties("prod", &[1.0, 2.0, 4.0, 8.0], 64.0 * (2.0 + 3.0 / 2.0 + 5.0 / 4.0 + 7.0 / 8.0)),
            ties("prod", &[1.0, 0.0, 3.0, 4.0], 36.0),
            ties("prod", &[1.0, 0.0, 3.0, 0.0], 0.0),
        ]);
        examples
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[3])", "%y = reduce %x {kind = any, axes = [0]} : f64"),
            ("(%x: bool[3])", "%y = reduce %x {kind = sum, axes = [0]} : bool"),
            ("(%x: f64[3])", "%y = reduce %x {kind = sum, axes = [1]} : f64[3]"),
            ("(%x: f64[3])", "%y = reduce %x {kind = sum, axes = [0, 0]} : f64"),
            ("(%x: f64[2, 3])", "%y = reduce %x {kind = sum, axes = [1, 0]} : f64"),
            ("(%x: f64[2, 3])", "%y = reduce %x {kind = sum, axes = [1]} : f64[3]"),
            ("(%x: f64[3])", "%y = reduce %x {kind = mean, axes = [0]} : f64"),
            ("(%x: acc f64[3])", "%y = reduce %x {kind = sum, axes = [0]} : f64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

impl Reduce {
    /// The sum along the same axes.
    pub(super) fn sum(&self) -> Reduce {
        Reduce { kind: ReduceKind::Sum, ..self.clone() }
    }
}

/// What a rule starts with: emits the primal, and gives the operand, the result, and the tangent of the
/// operand; nothing if there is none.
pub(super) fn begin(
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
) -> Result<Option<(Value, Value, Value)>, RuleError> {
    let result = first(&cx.copy(step))?;
    let x = first(step.args)?;
    Ok(cx.tangent(x).map(|tangent| (x, result, tangent)))
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

fn evaluate<'m, A: Arithmetic>(op: &Reduce, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
    let x = cx.take(at, 0)?;
    let dims = cx.result_dims(at)?;
    let all: Vec<(usize, usize, i64)> =
        x.dims().iter().zip(x.strides()).enumerate().map(|(a, (&n, s))| (a, n, s)).collect();
    let split = |reduced: bool| -> (Vec<usize>, Vec<i64>) {
        let axes = all.iter().filter(|(a, ..)| op.axes.contains(a) == reduced);
        axes.map(|&(_, n, s)| (n, s)).unzip()
    };
    let ((kept, kept_strides), (reduced, strides)) = (split(false), split(true));
    let offsets: Vec<usize> = Offsets::new(&reduced, &strides, 0).collect();
    let dtype = x.dtype();
    // The length of a row that `lanes` runs along; everything is one row if it does not.
    let row = match op.order {
        Order::Lanes => reduced.last().copied().unwrap_or(1),
        Order::Any | Order::Seq => offsets.len(),
    };
    let of_nothing = match op.kind {
        ReduceKind::Sum => cx.wrap(Scalar::zero(dtype)),
        kind => cx.wrap(kind.identity(dtype)),
    };
    let mut elements = cx.room(&dims)?;
    let arithmetic = &mut cx.machine.arithmetic;
    arithmetic.meter().loads(x.elements().len() as u64);
    arithmetic.meter().stores(dims.iter().product::<usize>() as u64);
    for base in Offsets::new(&kept, &kept_strides, 0) {
        let elements_from = x.elements().get(base..).unwrap_or_default();
        let rows = offsets.chunks(row.max(1));
        let total = combine(op, arithmetic, dtype, elements_from, rows);
        elements.push(total.unwrap_or(of_nothing));
    }
    cx.one(dtype, &dims, elements)
}

/// Combines the elements at the offsets in `rows`, row by row; `None` of nothing.
fn combine<'a, A: Arithmetic>(
    op: &Reduce,
    arithmetic: &mut A,
    dtype: DType,
    elements: &'a [A::Element],
    rows: impl Iterator<Item = &'a [usize]>,
) -> Option<A::Element> {
    let identity = arithmetic.wrap(op.kind.identity(dtype));
    let mut total = None;
    for row in rows {
        let operation = op.kind.operation();
        let mut fold = Combine { arithmetic: &mut *arithmetic, op: operation, elements, row };
        let part = match op.order {
            Order::Lanes => {
                let part = reduce::lanes(&mut fold, identity, row.len(), reduce::width(dtype));
                part.unwrap_or(identity)
            }
            Order::Any | Order::Seq => (0..row.len()).fold(identity, |t, i| fold.step(t, i)),
        };
        total = Some(match total {
            None => part,
            Some(total) => fold.join(total, part),
        });
    }
    total
}

struct Combine<'a, A: Arithmetic> {
    arithmetic: &'a mut A,
    op: ScalarOp,
    elements: &'a [A::Element],
    row: &'a [usize],
}

impl<A: Arithmetic> Fold<A::Element> for Combine<'_, A> {
    fn step(&mut self, partial: A::Element, i: usize) -> A::Element {
        let element = self.row.get(i).and_then(|&at| self.elements.get(at));
        match element {
            Some(&x) => self.arithmetic.op(self.op, &[partial, x]),
            None => partial,
        }
    }
    fn join(&mut self, a: A::Element, b: A::Element) -> A::Element {
        self.arithmetic.op(self.op, &[a, b])
    }
}
