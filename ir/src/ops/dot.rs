//! `dot x, y {batch, contract, order}`: sums of products over pairs of axes (`dot_general` of StableHLO).
//!
//! The axes of the result are the batch axes, the free axes of `x`, the free axes of `y`.

use super::elementwise::{first, take};
use super::strong_dot::StrongDot;
use super::structural::traits;
use super::{Order, ReduceKind, Transposed};
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::interp::reduce::Fold;
use crate::interp::{Arithmetic, At, Eval, Evaluated, Offsets, volume, reduce};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::{Scalar, ScalarOp};
use crate::ty::Type;

/// A contraction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dot {
    /// Pairs of axes that run together and stay.
    pub batch: Vec<(usize, usize)>,
    /// Pairs of axes that are summed over.
    pub contract: Vec<(usize, usize)>,
    /// In which order the sums are taken.
    pub order: Order,
}

impl Dot {
    /// The axes of the left (`side` 0) or right (1) operand that are neither batch nor contracted.
    pub fn free(&self, side: usize, rank: usize) -> Vec<usize> {
        let on = |pair: &(usize, usize)| if side == 0 { pair.0 } else { pair.1 };
        let taken = |a: &usize| self.batch.iter().chain(&self.contract).any(|p| on(p) == *a);
        (0..rank).filter(|a| !taken(a)).collect()
    }
}

fn flat(pairs: &[(usize, usize)]) -> Attribute {
    Attribute::Ints(pairs.iter().flat_map(|&(a, b)| [a as i64, b as i64]).collect())
}

fn pairs(reader: &mut Reader<'_>, key: &str) -> Result<Vec<(usize, usize)>, String> {
    let list = reader.axes(key)?;
    if list.len() % 2 != 0 {
        return Err(format!("`{key}` must list pairs of axes"));
    }
    Ok(list.chunks(2).filter_map(|c| Some((*c.first()?, *c.get(1)?))).collect())
}

impl Primitive for Dot {
    const NAME: &'static str = "dot";

    fn attributes(&self) -> Attributes {
        vec![
            ("batch", flat(&self.batch)),
            ("contract", flat(&self.contract)),
            ("order", self.order.attribute()),
        ]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let (batch, contract) = (pairs(reader, "batch")?, pairs(reader, "contract")?);
        Ok(Dot { batch, contract, order: Order::read(reader)? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(2)?;
        let (x, y) = (site.array(0)?, site.array(1)?);
        if x.dtype != y.dtype || !(x.dtype.is_float() || x.dtype.is_int()) {
            return Err(TypeError::new("the operands must be numbers of one type"));
        }
        check_pairs(self, x, y)?;
        let batch = self.batch.iter().filter_map(|&(a, _)| x.shape.get(a));
        let left = self.free(0, x.rank());
        let right = self.free(1, y.rank());
        let left = left.iter().filter_map(|&a| x.shape.get(a));
        let right = right.iter().filter_map(|&a| y.shape.get(a));
        Ok(vec![Type::array(x.dtype, batch.chain(left).chain(right).cloned())])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        linear.iter().filter(|l| **l).count() == 1
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(self, cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(self, cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |x: &str, y: &str, batch: &str, contract: &str, result: &str| {
            let inst = format!("%z = dot %x, %y {{batch = [{batch}], contract = [{contract}]}} : {result}");
            Example::one(&format!("(%x: f64{x}, %y: f64{y})"), &inst)
        };
        vec![
            on("[3]", "[3]", "", "0, 0", "f64"),
            on("[2, 3]", "[3]", "", "1, 0", "f64[2]"),
            on("[3]", "[3, 2]", "", "0, 0", "f64[2]"),
            on("[2, 3]", "[3, 4]", "", "1, 0", "f64[2, 4]"),
            on("[3, 2]", "[4, 3]", "", "0, 1", "f64[2, 4]"),
            on("[2]", "[3]", "", "", "f64[2, 3]"),
            on("[2, 3]", "[2, 3]", "0, 0", "1, 1", "f64[2]"),
            on("[3, 2, 4]", "[4, 5, 2]", "1, 2", "2, 0", "f64[2, 3, 5]"),
            on("[2, 3, 4]", "[4, 2, 3]", "", "1, 2, 0, 1", "f64[4, 4]"),
            on("[2, 3, 4]", "[4, 5, 2]", "", "2, 0, 0, 2", "f64[3, 5]"),
            Example::one("(%x: f64[3])", "%z = dot %x, %x {batch = [], contract = [0, 0]} : f64"),
            Example::one(
                "[%n, %m](%x: f32[%n, %m], %y: f32[%m])",
                "%z = dot %x, %y {batch = [], contract = [1, 0], order = lanes} : f32[%n]",
            )
            .sizes(&[2, 9]),
            Example::one(
                "(%x: i64[2], %y: i64[2])",
                "%z = dot %x, %y {batch = [], contract = [0, 0]} : i64",
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[3], %y: f64[2])", "%z = dot %x, %y {batch = [], contract = [0, 0]} : f64"),
            ("(%x: f64[3], %y: f32[3])", "%z = dot %x, %y {batch = [], contract = [0, 0]} : f64"),
            ("(%x: bool[3], %y: bool[3])", "%z = dot %x, %y {batch = [], contract = [0, 0]} : bool"),
            ("(%x: f64[3, 3], %y: f64[3, 3])", "%z = dot %x, %y {batch = [0, 0], contract = [0, 1]} : f64[3, 3]"),
            ("(%x: f64[3], %y: f64[3])", "%z = dot %x, %y {batch = [], contract = [0]} : f64"),
            ("(%x: f64[3], %y: f64[3])", "%z = dot %x, %y {batch = [], contract = [0, 1]} : f64"),
            ("(%x: f64[2, 3], %y: f64[3])", "%z = dot %x, %y {batch = [], contract = [1, 0]} : f64[3]"),
            ("(%x: f64[3], %y: f64[3])", "%z = dot %x, %y {batch = [], contract = [0, 0], order = fast} : f64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

fn check_pairs(op: &Dot, x: &Type, y: &Type) -> Result<(), TypeError> {
    let all: Vec<(usize, usize)> = op.batch.iter().chain(&op.contract).copied().collect();
    for (k, &(a, b)) in all.iter().enumerate() {
        let (Some(m), Some(n)) = (x.shape.get(a), y.shape.get(b)) else {
            return Err(TypeError::new("an axis does not exist"));
        };
        if m != n {
            return Err(TypeError::new(format!("axis {a} and axis {b} differ in size")));
        }
        if all.iter().take(k).any(|&(c, d)| c == a || d == b) {
            return Err(TypeError::new("an axis is named twice"));
        }
    }
    Ok(())
}

/// The operand of side `side` and the other one, left to right.
pub(super) fn in_order(own: Value, other: Value, side: usize) -> (Value, Value) {
    if side == 0 { (own, other) } else { (other, own) }
}

// d(x · y) = dx · y + x · dy.
fn linearize(op: &Dot, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[x, y] = step.args else { return Ok(()) };
    let mut sum = None;
    for (side, (active, coefficient)) in [(x, y), (y, x)].into_iter().enumerate() {
        let Some(tangent) = cx.tangent(active) else { continue };
        let term = match cx.needs_strength(coefficient) {
            true => StrongDot { op, side }.emit(cx, coefficient, tangent)?,
            false => {
                let coefficient = cx.residual(coefficient)?;
                let (x, y) = in_order(tangent, coefficient, side);
                cx.lin.op(op.clone(), &[x, y])?
            }
        };
        sum = cx.sum(sum, Some(term))?;
    }
    cx.set_tangent(result, sum);
    Ok(())
}

// z = x · k: x̄ += z̄ · k over the free axes of k; likewise on the other side.
fn transpose(op: &Dot, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[x, y] = step.args else { return Ok(()) };
    let side = if cx.is_linear(x) { 0 } else { 1 };
    let (linear, fixed) = if side == 0 { (x, y) } else { (y, x) };
    let ranks = (cx.source.ty(x).rank(), cx.source.ty(y).rank());
    let fixed = cx.fixed(step, fixed)?;
    let ct = pull_back(op, cx, ct, fixed, side, ranks)?;
    cx.add(linear, ct)
}

/// The cotangent of the operand on `side`, given that of the result and the other operand.
fn pull_back(
    op: &Dot,
    cx: &mut Transpose<'_>,
    ct: Value,
    fixed: Value,
    side: usize,
    ranks: (usize, usize),
) -> Result<Value, RuleError> {
    // Swap names so that the linear operand is the left one.
    let swap = |&(a, b): &(usize, usize)| if side == 0 { (a, b) } else { (b, a) };
    let batch: Vec<_> = op.batch.iter().map(swap).collect();
    let contract: Vec<_> = op.contract.iter().map(swap).collect();
    let (mine, other) = if side == 0 { ranks } else { (ranks.1, ranks.0) };
    let own_free = op.free(side, mine);
    let other_free = op.free(1 - side, other);
    let other_start = batch.len() + if side == 0 { own_free.len() } else { 0 };
    let contracted = other_free.iter().enumerate().map(|(k, &b)| (other_start + k, b));
    let product = Dot {
        batch: batch.iter().enumerate().map(|(k, &(_, b))| (k, b)).collect(),
        contract: contracted.collect(),
        order: Order::Any,
    };
    // What is left of the other operand are the contracted axes, in its order.
    let mut sorted: Vec<(usize, usize)> = contract.iter().map(|&(a, b)| (b, a)).collect();
    sorted.sort_unstable();
    let own: Vec<usize> = batch.iter().map(|&(a, _)| a).chain(own_free).collect();
    let rest = sorted.into_iter().map(|(_, a)| a);
    let (start, kept) = own.split_at(batch.len());
    let usual: Vec<usize> = own.iter().copied().chain(rest.clone()).collect();
    let swapped: Vec<usize> =
        start.iter().copied().chain(rest).chain(kept.iter().copied()).collect();
    // With the operands the other way round the axes may stand as they are wanted.
    if !usual.iter().copied().eq(0..mine) && swapped.iter().copied().eq(0..mine) {
        let flip = |pairs: &[(usize, usize)]| pairs.iter().map(|&(a, b)| (b, a)).collect();
        let product = Dot {
            batch: flip(&product.batch),
            contract: flip(&product.contract),
            order: Order::Any,
        };
        return Ok(cx.b.op(product, &[fixed, ct])?);
    }
    let ct = cx.b.op(product, &[ct, fixed])?;
    let place = |axis: usize| usual.iter().position(|&a| a == axis);
    let axes: Vec<usize> = (0..mine).filter_map(place).collect();
    if axes.iter().copied().eq(0..mine) {
        return Ok(ct);
    }
    Ok(cx.b.op(Transposed { axes }, &[ct])?)
}

fn evaluate<'m, A: Arithmetic>(op: &Dot, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
    let (x, y) = (cx.take(at, 0)?, cx.take(at, 1)?);
    let dims = cx.result_dims(at)?;
    let (free_x, free_y) = (op.free(0, x.dims().len()), op.free(1, y.dims().len()));
    let (sx, sy) = (x.strides(), y.strides());
    let pick = |from: &[i64], axis: usize| from.get(axis).copied().unwrap_or_default();
    let side = |from: &[i64], pairs: &[(usize, usize)], left: bool| -> Vec<i64> {
        pairs.iter().map(|&(a, b)| pick(from, if left { a } else { b })).collect()
    };
    let mut at_x = side(&sx, &op.batch, true);
    let mut at_y = side(&sy, &op.batch, false);
    at_x.extend(free_x.iter().map(|&a| pick(&sx, a)).chain(free_y.iter().map(|_| 0)));
    at_y.extend(free_x.iter().map(|_| 0).chain(free_y.iter().map(|&a| pick(&sy, a))));
    let summed: Vec<usize> =
        op.contract.iter().filter_map(|&(a, _)| x.dims().get(a).copied()).collect();
    let xs: Vec<usize> = Offsets::new(&summed, &side(&sx, &op.contract, true), 0).collect();
    let ys: Vec<usize> = Offsets::new(&summed, &side(&sy, &op.contract, false), 0).collect();

    let dtype = x.dtype();
    let (none, start) = (cx.wrap(Scalar::zero(dtype)), cx.wrap(ReduceKind::Sum.identity(dtype)));
    let mut elements = cx.room(&dims)?;
    let arithmetic = &mut cx.machine.arithmetic;
    arithmetic.meter().loads(2 * (xs.len() * volume(&dims)) as u64);
    arithmetic.meter().stores(volume(&dims) as u64);
    for (x0, y0) in Offsets::new(&dims, &at_x, 0).zip(Offsets::new(&dims, &at_y, 0)) {
        let (left, right) = (x.elements().get(x0..), y.elements().get(y0..));
        let left = Gathered { elements: left.unwrap_or_default(), offsets: &xs };
        let right = Gathered { elements: right.unwrap_or_default(), offsets: &ys };
        let mut products = Products { arithmetic: &mut *arithmetic, left, right, float: dtype.is_float() };
        let n = xs.len();
        elements.push(match (n, op.order) {
            (0, _) => none,
            (_, Order::Lanes) => {
                reduce::lanes(&mut products, start, n, reduce::width(dtype)).unwrap_or(none)
            }
            (_, Order::Any | Order::Seq) => (0..n).fold(start, |sum, i| products.step(sum, i)),
        });
    }
    cx.one(dtype, &dims, elements)
}

/// Elements at given distances.
struct Gathered<'a, E> {
    elements: &'a [E],
    offsets: &'a [usize],
}

impl<E: Copy> Gathered<'_, E> {
    fn get(&self, i: usize) -> Option<E> {
        self.elements.get(*self.offsets.get(i)?).copied()
    }
}

// A sum of products: fused for floats, wrapping for integers.
struct Products<'a, A: Arithmetic> {
    arithmetic: &'a mut A,
    left: Gathered<'a, A::Element>,
    right: Gathered<'a, A::Element>,
    float: bool,
}

impl<A: Arithmetic> Fold<A::Element> for Products<'_, A> {
    fn step(&mut self, sum: A::Element, i: usize) -> A::Element {
        let (Some(x), Some(y)) = (self.left.get(i), self.right.get(i)) else {
            return sum;
        };
        if self.float {
            return self.arithmetic.op(ScalarOp::Fma, &[x, y, sum]);
        }
        let product = self.arithmetic.op(ScalarOp::Mul, &[x, y]);
        self.arithmetic.op(ScalarOp::Add, &[sum, product])
    }
    fn join(&mut self, a: A::Element, b: A::Element) -> A::Element {
        self.arithmetic.op(ScalarOp::Add, &[a, b])
    }
}
