//! Rule 7: linear values are used linearly.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Report;
use crate::derive::linear_values;
use crate::function::{Block, Inst, Value};
use crate::op::Op;
use std::collections::HashSet;

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
    let linear = linear_values(func);
    block(report, &func.body, &linear);
}

fn block(report: &mut Report<'_>, inner: &Block, linear: &HashSet<Value>) {
    let func = report.func;
    for &inst in &inner.insts {
        operands(report, inst, linear);
        func.insts[inst]
            .blocks
            .iter()
            .for_each(|b| block(report, b, linear));
    }
}

fn operands(report: &mut Report<'_>, inst: Inst, linear: &HashSet<Value>) {
    let func = report.func;
    let data = &func.insts[inst];
    let marked: Vec<bool> = data.args.iter().map(|v| linear.contains(v)).collect();
    if !marked.iter().any(|l| *l) {
        return;
    }
    let fits = match &data.op {
        Op::Call(call) => call_fits(report, call.func, &marked),
        op => op.is_linear(&marked) || zeros_complete(report, inst, &marked),
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

/// Whether the operands that are not linear are zeros where the rule wants linear ones: zero is linear.
fn zeros_complete(report: &Report<'_>, inst: Inst, marked: &[bool]) -> bool {
    let func = report.func;
    let data = &func.insts[inst];
    let zeros: Vec<bool> = data.args.iter().map(|&v| is_zero(func, v)).collect();
    let either: Vec<bool> = marked.iter().zip(&zeros).map(|(a, b)| *a || *b).collect();
    data.op.is_linear(&either)
}

/// Whether `value` is a constant zero, or an accumulator that starts as one.
fn is_zero(func: &crate::function::Function, value: Value) -> bool {
    let defining = func
        .insts
        .values()
        .find(|data| data.results.contains(&value));
    defining.is_some_and(|data| match &data.op {
        Op::Const(constant) => {
            let bits = constant.value.to_bits();
            bits == 0 || constant.value == crate::scalar::Scalar::F64(-0.0)
        }
        Op::AccNew(_) => data.args.iter().all(|&v| is_zero(func, v)),
        _ => false,
    })
}
