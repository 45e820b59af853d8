//! Values that are zero whatever the parameters are: zero constants and what is linear in them alone.
//!
//! Zero is linear, so such a value may stand wherever a linear one must.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::function::{Block, Function, InstData, Value};
use crate::op::Op;
use crate::scalar::Scalar;
use std::collections::HashSet;

/// All values of `func` that are known to be zero, those in regions included.
pub fn zero_values(func: &Function) -> HashSet<Value> {
    let mut zeros = HashSet::new();
    mark(func, &func.body, &mut zeros);
    zeros
}

fn mark(func: &Function, block: &Block, zeros: &mut HashSet<Value>) {
    for &inst in &block.insts {
        let data = &func.insts[inst];
        match &data.op {
            Op::Const(constant) if is_zero(constant.value) => zeros.extend(&data.results),
            Op::Map(_) | Op::For(_) | Op::If(_) => region(func, data, zeros),
            op if data.blocks.is_empty() && !matches!(op, Op::Call(_)) => {
                let marked: Vec<bool> = data.args.iter().map(|v| zeros.contains(v)).collect();
                if is_linear_in_some(op, &marked) {
                    zeros.extend(&data.results);
                }
            }
            _ => {}
        }
    }
}

/// Whether `op` is linear in some of the operands that are marked: `0 * 0` is linear in either one.
fn is_linear_in_some(op: &Op, marked: &[bool]) -> bool {
    let places: Vec<usize> = (0..marked.len())
        .filter(|&k| marked.get(k) == Some(&true))
        .take(8)
        .collect();
    (1..1usize << places.len()).rev().any(|choice| {
        let mut some = marked.to_vec();
        for (bit, &k) in places.iter().enumerate() {
            if let Some(flag) = some.get_mut(k) {
                *flag = choice >> bit & 1 == 1;
            }
        }
        op.is_linear(&some)
    })
}

/// Carries that start as zero are taken to stay so; those that turn out not to are given up, until the
/// rest agrees.
fn region(func: &Function, data: &InstData, zeros: &mut HashSet<Value>) {
    let flow = super::Flow::of(data);
    let mut carried: Vec<Value> = flow
        .inward
        .iter()
        .filter(|(arg, _)| zeros.contains(arg))
        .map(|(_, param)| *param)
        .collect();
    loop {
        let mut inside = zeros.clone();
        inside.extend(&carried);
        data.blocks
            .iter()
            .for_each(|block| mark(func, block, &mut inside));
        let stays = |param: &Value| {
            flow.back
                .iter()
                .filter(|(_, to)| to == param)
                .all(|(from, _)| inside.contains(from))
        };
        let before = carried.len();
        carried.retain(stays);
        if carried.len() == before {
            let all_zero = |result: &Value| {
                let mut sources = flow
                    .outward
                    .iter()
                    .filter(|(_, to)| to == result)
                    .peekable();
                sources.peek().is_some() && sources.all(|(from, _)| inside.contains(from))
            };
            let results: Vec<Value> = data.results.iter().copied().filter(all_zero).collect();
            *zeros = inside;
            zeros.extend(results);
            return;
        }
    }
}

fn is_zero(value: Scalar) -> bool {
    match value {
        Scalar::F64(x) => x == 0.0,
        Scalar::F32(x) => x == 0.0,
        _ => false,
    }
}
