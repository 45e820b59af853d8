//! The pass `unroll`: small arrays of known size become scalars, and short maps straight-line code.
//!
//! Before: vectors and matrices of a few elements are arrays, each operation on one a loop over memory.
//! After: their elements are values of their own, which stay in registers; the region of a larger map is
//! then scalar code, which runs in vectors across the map. Why here: after `order`, so that each sum is
//! written out in the order that it has; the bits stay. A budget for each function bounds the code.

mod contract;
mod elements;
mod near;
mod region;
mod structure;
mod sums;

use super::inline::{callees_first, length};
use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::simplify::{dead, effects::Effects, fold::constant};
use super::state::{PassError, State};
use dfn_ir::function::{Function, Value};
use dfn_ir::ops::{Call, Kernel, Order};
use dfn_ir::{Module, Op, Size, Type, TypeError};
pub(super) use elements::places;
use std::collections::{HashMap, HashSet};

/// An array of more elements stays one.
const ELEMENTS: i64 = 32;
/// Elementwise operations, sums and products on more elements stay loops.
const COMPUTED: i64 = 9;
/// How many instructions a function may gain.
const BUDGET: usize = 4000;
/// A function of more instructions is not written in place of its call.
const CALLEE: usize = 400;

/// Runs the pass.
pub(crate) fn unroll(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    let effects = Effects::of(module);
    for id in callees_first(module) {
        let source = module.get(id).clone();
        if !source.values.values().any(|data| is_small(&data.ty)) {
            continue;
        }
        let mut rule = Unroll {
            open: false,
            ..Unroll::before_derivatives(module)
        };
        let mut made = rewrite(&source, &mut rule)?;
        dead::remove(&mut made, &effects);
        module.replace(id, made);
    }
    Ok(())
}

/// The number of elements of an array whose size is known.
fn count(ty: &Type) -> Option<i64> {
    let mut sizes = ty.shape.iter().map(Size::as_constant);
    sizes.try_fold(1i64, |n, size| n.checked_mul(size?))
}

/// Whether values of a type may be taken apart.
fn is_small(ty: &Type) -> bool {
    !ty.is_accumulator() && ty.rank() > 0 && count(ty).is_some_and(|n| (1..=ELEMENTS).contains(&n))
}

/// The extents of a small array.
fn dims(ty: &Type) -> Vec<usize> {
    let sizes = ty.shape.iter().filter_map(Size::as_constant);
    sizes.filter_map(|n| usize::try_from(n).ok()).collect()
}

/// The rule of the pass.
pub(super) struct Unroll<'a> {
    module: &'a Module,
    /// Whether the function is still to be derived: the order of sums is open, and calls of what has a
    /// derivative of its own stay.
    open: bool,
    /// The elements of arrays that were taken apart, row by row.
    elements: HashMap<Value, Vec<Value>>,
    /// The results that stay arrays, of each function that code is taken from.
    near: HashMap<*const Function, HashSet<Value>>,
    budget: usize,
    /// How many maps are around.
    maps: usize,
    owners: Vec<bool>,
}

impl Rule for Unroll<'_> {
    fn enter(&mut self, owner: &Op) {
        let is_map = matches!(owner, Op::Map(_));
        self.owners.push(is_map);
        self.maps += usize::from(is_map);
    }

    fn leave(&mut self) {
        self.maps -= usize::from(self.owners.pop() == Some(true));
    }

    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        if let Op::Call(call) = &site.data.op {
            return self.call(cx, site, call);
        }
        if let Op::Map(op) = &site.data.op {
            return self.map(cx, site, op);
        }
        let [ty] = site.types.as_slice() else {
            return Ok(Made::Copy);
        };
        if matches!(site.data.op, Op::AccNew(_) | Op::AccAdd(_) | Op::AccRead(_)) {
            return self.accumulator(cx, site);
        }
        let operands = site.args.iter().any(|&v| is_small(cx.b.ty(v)));
        if ty.is_accumulator() || !(is_small(ty) || ty.rank() == 0 && operands) {
            return Ok(Made::Copy);
        }
        let made = match &site.data.op {
            op if op.kernel().is_some() => self.elementwise(cx, site, ty)?,
            Op::Reduce(op) => self.reduce(cx, site, op, ty)?,
            Op::Dot(op) => self.dot(cx, site, op, ty)?,
            _ => self.structure(cx, site, ty)?,
        };
        let Some(elements) = made else {
            return Ok(Made::Copy);
        };
        self.assemble(cx, ty, elements)
            .map(|v| Made::Values(vec![v]))
    }
}

impl<'a> Unroll<'a> {
    /// The rule for a function that is to be derived.
    pub(super) fn before_derivatives(module: &'a Module) -> Unroll<'a> {
        Unroll {
            module,
            open: true,
            elements: HashMap::new(),
            near: HashMap::new(),
            budget: BUDGET,
            maps: 0,
            owners: Vec::new(),
        }
    }

    /// Whether sums in this order may be written out: few elements have one order, whatever is said.
    fn is_ordered(&self, order: Order) -> bool {
        self.open || order != Order::Any
    }

    /// Takes `n` instructions from the budget, if there are so many.
    fn spend(&mut self, n: usize) -> bool {
        let enough = n <= self.budget;
        if enough {
            self.budget -= n;
        }
        enough
    }

    fn elementwise(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        ty: &Type,
    ) -> Result<Option<Vec<Value>>, TypeError> {
        let heavy = matches!(site.data.op.kernel(), Some(Kernel::Elementary(_)));
        let n = count(ty).unwrap_or(i64::MAX);
        // In vectors an elementary function costs little more than one alone.
        let fits = n <= COMPUTED && (self.maps > 0 || !heavy || n == 1);
        if ty.rank() == 0 || !fits {
            return Ok(None);
        }
        let stays = self.is_near(site) && !self.folds(cx, &site.args);
        if stays || !self.spend(n as usize) {
            return Ok(None);
        }
        let mut operands = Vec::new();
        for &arg in &site.args {
            let Some(elements) = self.elements(cx, arg)? else {
                return Ok(None);
            };
            operands.push(elements);
        }
        let mut made = Vec::new();
        for k in 0..n as usize {
            let args: Vec<Value> = operands.iter().filter_map(|o| o.get(k).copied()).collect();
            made.push(cx.b.op(site.data.op.clone(), &args)?);
        }
        Ok(Some(made))
    }

    /// Whether the result stays an array, beside an elementary function.
    fn is_near(&mut self, site: &Found<'_>) -> bool {
        if self.open || self.maps > 0 {
            return false;
        }
        let near = self.near.entry(site.source);
        let near = near.or_insert_with(|| near::near(site.source));
        site.data.results.iter().all(|v| near.contains(v))
    }

    /// Whether all elements of all operands are constants.
    fn folds(&self, cx: &Rewriter, args: &[Value]) -> bool {
        let known = |v: &Value| constant(cx, *v).is_some();
        let all = |v: &Value| self.elements.get(v).is_some_and(|e| e.iter().all(known));
        args.iter().all(|v| known(v) || all(v))
    }

    /// Writes a function on small arrays in place of its call.
    fn call(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        call: &Call,
    ) -> Result<Made, TypeError> {
        let callee = self.module.get(call.func);
        let small = |func: &Function, v: &Value| is_small(func.ty(*v));
        let params = callee.params().iter().any(|v| small(callee, v));
        let results = callee.body.results.iter().any(|v| small(callee, v));
        let n = length(callee);
        let kept = self.open && callee.marks.is_whole();
        if !(params || results) || kept || n > CALLEE || !self.spend(n) {
            return Ok(Made::Copy);
        }
        let module = self.module;
        cx.splice(module.get(call.func), &site.sizes, &site.args, self)
            .map(Made::Values)
    }
}
