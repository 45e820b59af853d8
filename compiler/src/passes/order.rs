//! The pass `order`: fixes in which order each reduction and contraction adds, by `docs/reductions.md`.
//!
//! Before: `order = any`. After: `seq` or `lanes`. Why here: after differentiation and simplification,
//! before fusion. It looks at the instruction alone, so that a sum has the same bits wherever it stands.

use super::simplify::replaced::may_be_stacked;
use super::state::{PassError, State};
use dfn_ir::ops::{Dot, Order, Reduce};
use dfn_ir::{Function, Module, Op};

/// Runs the pass.
pub(crate) fn order(module: &mut Module, state: &mut State) -> Result<(), PassError> {
    state.ordered = true;
    state.settled.forget(may_be_stacked);
    for id in module.ids() {
        let ranks = operand_ranks(module.get(id));
        let insts = module.get_mut(id).insts.values_mut();
        for (data, ranks) in insts.zip(ranks) {
            match &mut data.op {
                Op::Reduce(reduce) => reduce.order = of_reduce(reduce, &ranks),
                Op::Dot(dot) => dot.order = of_dot(dot, &ranks),
                _ => {}
            }
        }
    }
    Ok(())
}

fn operand_ranks(func: &Function) -> Vec<Vec<usize>> {
    let ranks = |data: &dfn_ir::InstData| data.args.iter().map(|&v| func.ty(v).rank()).collect();
    func.insts.values().map(ranks).collect()
}

/// `lanes` along the last axis, if that is reduced.
fn of_reduce(op: &Reduce, ranks: &[usize]) -> Order {
    let last = ranks.first().and_then(|rank| rank.checked_sub(1));
    match last.is_some_and(|last| op.axes.contains(&last)) {
        true => Order::Lanes,
        false => Order::Seq,
    }
}

/// `lanes` for one pair of last axes where one operand has nothing else but batch axes.
fn of_dot(op: &Dot, ranks: &[usize]) -> Order {
    let (&[(a, b)], &[x, y]) = (op.contract.as_slice(), ranks) else {
        return Order::Seq;
    };
    let last = a + 1 == x && b + 1 == y;
    let vector = op.free(0, x).is_empty() || op.free(1, y).is_empty();
    if last && vector {
        Order::Lanes
    } else {
        Order::Seq
    }
}
