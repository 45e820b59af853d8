//! The pass `products`: sums of products, however written, become contractions.
//!
//! Before: `sum(a * b, axis = 1)`, `[for i, j: sum(for k: a[i, k] * b[k, j])]`. After: `dot`. Why here: in
//! each round before `linearize`, so that a function has the same bits alone and inside its derivative,
//! and once more before `order`, for what differentiation made. It looks at the instruction and what
//! computes its operands, never at who uses it, so that the bits do not depend on the neighbours.

mod early;
mod form;

use std::collections::HashSet;

use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use dfn_ir::function::{Function, Value};
use dfn_ir::ops::{Dot, Index, Order, Transposed};
use dfn_ir::{Module, Op, TypeError};
use form::{At, Axis, Factor, Finder, Form};

/// Runs the pass.
pub(crate) fn products(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    for id in module.ids() {
        let func = module.get(id);
        if !has_sums(func) {
            continue;
        }
        let mut rule = Products {
            finder: Finder::new(func),
        };
        let made = rewrite(func, &mut rule).map_err(|e| PassError::Internal(e.to_string()))?;
        *module.get_mut(id) = made;
    }
    Ok(())
}

fn has_sums(func: &Function) -> bool {
    let mut found = false;
    func.walk(&func.body, &mut |_, data| {
        found |= matches!(data.op, Op::Reduce(_));
    });
    found
}

struct Products<'a> {
    finder: Finder<'a>,
}

impl Rule for Products<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        if !matches!(site.data.op, Op::Map(_) | Op::Reduce(_)) {
            return Ok(Made::Copy);
        }
        let numbers = site
            .types
            .first()
            .is_some_and(|ty| ty.dtype.is_float() || ty.dtype.is_int());
        if let (Op::Reduce(op), &[x]) = (&site.data.op, site.args.as_slice())
            && let Some(value) = early::summed_early(cx, op, x)?
        {
            return Ok(Made::Values(vec![value]));
        }
        let form = self.finder.form(site.data).filter(|_| numbers);
        let plan = form.and_then(|form| Plan::of(&form));
        match plan {
            Some(plan) => Ok(Made::Values(vec![plan.emit(cx)?])),
            None => Ok(Made::Copy),
        }
    }
}

/// A contraction to be made.
struct Plan {
    factors: [Factor; 2],
    dot: Dot,
    /// Axis `k` of the result is axis `axes[k]` of the contraction's.
    axes: Vec<usize>,
}

impl Plan {
    /// The contraction of a form; in the order of factors that needs no transposition, if there is one.
    fn of(form: &Form) -> Option<Plan> {
        let [x, y] = form.factors.as_slice() else {
            return None;
        };
        let plan = Plan::with(form, [x, y])?;
        let in_order = |plan: &Plan| plan.axes.iter().copied().eq(0..plan.axes.len());
        if in_order(&plan) {
            return Some(plan);
        }
        let other = Plan::with(form, [y, x]).filter(in_order);
        Some(other.unwrap_or(plan))
    }

    fn with(form: &Form, [x, y]: [&Factor; 2]) -> Option<Plan> {
        let (left, right): (Vec<Axis>, Vec<Axis>) = (x.axes().collect(), y.axes().collect());
        for axes in [&left, &right, &form.result, &form.summed] {
            let distinct: HashSet<&Axis> = axes.iter().collect();
            if distinct.len() != axes.len() {
                return None;
            }
        }
        let place = |axes: &[Axis], axis: Axis| axes.iter().position(|&a| a == axis);
        let both = |axis: Axis| Some((place(&left, axis)?, place(&right, axis)?));
        let contract: Option<Vec<_>> = form.summed.iter().map(|&axis| both(axis)).collect();
        let contract = contract?;
        let batch: Vec<Axis> = form
            .result
            .iter()
            .copied()
            .filter(|&a| both(a).is_some())
            .collect();
        // The order of the axes that the contraction gives.
        let free = |axes: &[Axis]| {
            let free = axes.iter().copied();
            let free = free.filter(|axis| !batch.contains(axis) && !form.summed.contains(axis));
            free.collect::<Vec<Axis>>()
        };
        let mut given = batch.clone();
        given.extend(free(&left));
        given.extend(free(&right));
        if given.len() != form.result.len() {
            return None;
        }
        let vectors = [&left, &right].map(|side| free(side).is_empty());
        let last = (left.len().checked_sub(1), right.len().checked_sub(1));
        let along = contract.as_slice() == [(last.0.unwrap_or(0), last.1.unwrap_or(0))];
        // Without a matrix product, a sum along several axes, or along one that is not the last, is better
        // taken as it is.
        let fits = match vectors {
            [false, false] => true,
            [true, true] => along,
            _ => contract.len() == 1,
        };
        if !fits {
            return None;
        }
        let axes: Option<Vec<usize>> = form
            .result
            .iter()
            .map(|&axis| place(&given, axis))
            .collect();
        Some(Plan {
            factors: [x.clone(), y.clone()],
            dot: Dot {
                batch: batch.into_iter().filter_map(both).collect(),
                contract,
                order: Order::Any,
            },
            axes: axes?,
        })
    }

    fn emit(self, cx: &mut Rewriter) -> Result<Value, TypeError> {
        let [x, y] = self.factors;
        let (x, y) = (operand(cx, &x)?, operand(cx, &y)?);
        let value = cx.b.op(self.dot, &[x, y])?;
        if self.axes.iter().copied().eq(0..self.axes.len()) {
            return Ok(value);
        }
        cx.b.op(Transposed { axes: self.axes }, &[value])
    }
}

/// The array of a factor, at its scalars.
fn operand(cx: &mut Rewriter, factor: &Factor) -> Result<Value, TypeError> {
    let array = cx.value(factor.array);
    let scalar = |at: &At| matches!(at, At::Scalar(_));
    let (first, rest): (Vec<usize>, Vec<usize>) =
        (0..factor.at.len()).partition(|&k| factor.at.get(k).is_some_and(scalar));
    if first.is_empty() {
        return Ok(array);
    }
    let axes: Vec<usize> = first.iter().chain(&rest).copied().collect();
    let moved = match axes.iter().copied().eq(0..axes.len()) {
        true => array,
        false => cx.b.op(Transposed { axes }, &[array])?,
    };
    let mut args = vec![moved];
    for at in &factor.at {
        if let At::Scalar(value) = at {
            args.push(cx.value(*value));
        }
    }
    cx.b.op(Index, &args)
}
