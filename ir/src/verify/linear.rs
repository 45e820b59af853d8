//! Rule 7: linear values are used linearly.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Report;
use crate::derive::{linear_values, zero_values};
use crate::function::{Block, Inst, Value};
use crate::op::Op;
use std::collections::HashSet;

/// What depends on a linear parameter, and what is zero.
struct Sets {
    linear: HashSet<Value>,
    zeros: HashSet<Value>,
}

/// Checks the rule.
pub(super) fn check(report: &mut Report<'_>) {
    let func = report.func;
    if func.linear == 0 {
        return;
    }
    for &param in func.linear_params() {
        if !func.ty(param).is_differentiable() {
            report.whole(format!(
                "the linear parameter {param} is not of a float type"
            ));
        }
    }
    if func.marks.declared_linear {
        return;
    }
    let sets = Sets {
        linear: linear_values(func),
        zeros: zero_values(report.module, func),
    };
    block(report, &func.body, &sets);
}

fn block(report: &mut Report<'_>, inner: &Block, sets: &Sets) {
    let func = report.func;
    for &inst in &inner.insts {
        operands(report, inst, sets);
        func.insts[inst]
            .blocks
            .iter()
            .for_each(|b| block(report, b, sets));
    }
}

fn operands(report: &mut Report<'_>, inst: Inst, sets: &Sets) {
    let func = report.func;
    let data = &func.insts[inst];
    let marked: Vec<bool> = data.args.iter().map(|v| sets.linear.contains(v)).collect();
    if !marked.iter().any(|l| *l) {
        return;
    }
    let fits = match &data.op {
        Op::Call(call) => call_fits(report, call.func, &marked),
        op => {
            let zeros: Vec<bool> = data.args.iter().map(|v| sets.zeros.contains(v)).collect();
            op.is_linear(&marked) || zeros_complete(op, &marked, &zeros)
        }
    };
    if !fits {
        report.at(inst, "is not linear in the operands that are linear here");
    }
}

/// A call passes linear values to linear parameters only.
fn call_fits(report: &Report<'_>, callee: crate::function::FuncId, marked: &[bool]) -> bool {
    let Some(callee) = report.module.find(callee) else {
        return true;
    };
    let fixed = callee.params().len().saturating_sub(callee.linear);
    marked.iter().take(fixed).all(|l| !l)
}

/// Whether the rule is met when some of the zeros among the operands count as linear: zero is linear.
fn zeros_complete(op: &Op, marked: &[bool], zeros: &[bool]) -> bool {
    let candidates =
        (0..marked.len()).filter(|&k| marked.get(k) == Some(&false) && zeros.get(k) == Some(&true));
    let groups = crate::derive::subsets_of(candidates.collect());
    (1..1usize << groups.len()).any(|choice| {
        let mut either = marked.to_vec();
        for (bit, group) in groups.iter().enumerate() {
            for &k in group {
                if let Some(flag) = either.get_mut(k) {
                    *flag = choice >> bit & 1 == 1;
                }
            }
        }
        op.is_linear(&either)
    })
}
