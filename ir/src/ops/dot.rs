//! `dot x, y {batch, contract, order}`: sums of products over pairs of axes (`dot_general` of StableHLO).
//!
//! The axes of the result are the batch axes, the free axes of `x`, the free axes of `y`.

use super::elementwise::{first, take};
use super::structural::traits;
use super::{Order, Transposed};
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::op::{Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
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

// d(x · y) = dx · y + x · dy.
fn linearize(op: &Dot, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[x, y] = step.args else { return Ok(()) };
    let mut sum = None;
    if let Some(dx) = cx.tangent(x) {
        let y = cx.residual(y)?;
        sum = Some(cx.lin.op(op.clone(), &[dx, y])?);
    }
    if let Some(dy) = cx.tangent(y) {
        let x = cx.residual(x)?;
        let term = cx.lin.op(op.clone(), &[x, dy])?;
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
    let fixed = cx.fixed(fixed);
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
    let product = Dot {
        batch: batch.iter().enumerate().map(|(k, &(_, b))| (k, b)).collect(),
        contract: other_free.iter().enumerate().map(|(k, &b)| (other_start + k, b)).collect(),
        order: Order::Any,
    };
    let ct = cx.b.op(product, &[ct, fixed])?;
    // The axes of `ct` are now: batch, own free, and the contracted ones in the other operand's order.
    let mut sorted: Vec<(usize, usize)> = contract.iter().map(|&(a, b)| (b, a)).collect();
    sorted.sort_unstable();
    let place = |axis: usize| -> Option<usize> {
        let in_batch = batch.iter().position(|&(a, _)| a == axis);
        let in_free = own_free.iter().position(|&a| a == axis).map(|k| batch.len() + k);
        let in_contract = sorted.iter().position(|&(_, a)| a == axis);
        let in_contract = in_contract.map(|k| batch.len() + own_free.len() + k);
        in_batch.or(in_free).or(in_contract)
    };
    let axes: Vec<usize> = (0..mine).filter_map(place).collect();
    if axes.iter().copied().eq(0..mine) {
        return Ok(ct);
    }
    Ok(cx.b.op(Transposed { axes }, &[ct])?)
}
