//! Rule 6: an accumulator is used at most once on each path.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Report;
use crate::function::{Block, Inst, Value};
use crate::op::Op;
use std::collections::HashSet;

/// Checks the rule.
pub(super) fn check(report: &mut Report<'_>) {
    let func = report.func;
    let mut used = HashSet::new();
    block(report, &func.body, &mut used);
}

/// Adds the accumulators that `block` uses to `used`.
fn block(report: &mut Report<'_>, block: &Block, used: &mut HashSet<Value>) {
    let func = report.func;
    for &inst in &block.insts {
        let data = &func.insts[inst];
        data.args
            .iter()
            .for_each(|&v| take(report, Some(inst), v, used));
        match data.op {
            Op::If(_) => arms(report, inst, used),
            _ => data
                .blocks
                .iter()
                .for_each(|inner| repeated(report, inst, inner, used)),
        }
    }
    block
        .results
        .iter()
        .for_each(|&v| take(report, None, v, used));
}

fn take(report: &mut Report<'_>, at: Option<Inst>, value: Value, used: &mut HashSet<Value>) {
    if report.func.ty(value).is_accumulator() && !used.insert(value) {
        let message = format!("the accumulator {value} is used more than once");
        match at {
            Some(inst) => report.at(inst, message),
            None => report.whole(message),
        }
    }
}

/// Each arm starts from what was used before; afterwards what either used is used.
fn arms(report: &mut Report<'_>, inst: Inst, used: &mut HashSet<Value>) {
    let func = report.func;
    let before = used.clone();
    for arm in &func.insts[inst].blocks {
        let mut in_arm = before.clone();
        block(report, arm, &mut in_arm);
        used.extend(in_arm);
    }
}

/// A region that may run more than once uses only accumulators of its own.
fn repeated(report: &mut Report<'_>, inst: Inst, inner: &Block, used: &mut HashSet<Value>) {
    let blocks = std::slice::from_ref(inner);
    for value in crate::derive::free_values(report.func, blocks) {
        if report.func.ty(value).is_accumulator() {
            report.at(
                inst,
                format!("the accumulator {value} must be an operand of the region"),
            );
        }
    }
    block(report, inner, used);
}
