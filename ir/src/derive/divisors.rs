//! Divisions that are by zero nowhere where it matters.
//!
//! A step `h = (b - a) / f64(n)` is infinite if there are no steps, but then no step uses it: what divides by the
//! number of runs of the loops in which alone the quotient is used divides by 1 or more. So does what divides by a
//! constant.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::function::{Block, Function, Inst, InstData, Value};
use crate::op::Op;
use crate::scalar::{DType, Scalar};
use crate::size::Size;
use std::collections::{HashMap, HashSet};

/// How many uses of a quotient are followed.
const REACH: usize = 256;

/// Who uses a value: an instruction, or nobody known if it is a result of a region.
struct Use {
    inst: Option<Inst>,
    /// The innermost loop or map around it, in the list of all.
    around: Option<usize>,
}

/// The numbers of runs of the loops around a place.
struct Around {
    runs: Vec<Size>,
    outer: Option<usize>,
}

/// Definitions and uses of a function.
pub(super) struct Divisors<'a> {
    func: &'a Function,
    defs: HashMap<Value, Inst>,
    uses: HashMap<Value, Vec<Use>>,
    around: Vec<Around>,
}

impl<'a> Divisors<'a> {
    /// Looks through a function.
    pub(super) fn of(func: &'a Function) -> Divisors<'a> {
        let mut divisors = Divisors {
            func,
            defs: HashMap::new(),
            uses: HashMap::new(),
            around: Vec::new(),
        };
        divisors.block(&func.body, None);
        divisors
    }

    fn block(&mut self, block: &Block, around: Option<usize>) {
        let func = self.func;
        for &inst in &block.insts {
            let data = &func.insts[inst];
            self.defs.extend(data.results.iter().map(|&v| (v, inst)));
            for &arg in &data.args {
                let inst = Some(inst);
                self.uses.entry(arg).or_default().push(Use { inst, around });
            }
            let inner = match data.op {
                Op::For(_) | Op::Map(_) => {
                    let (runs, outer) = (data.sizes.to_vec(), around);
                    self.around.push(Around { runs, outer });
                    Some(self.around.len() - 1)
                }
                _ => around,
            };
            for region in &data.blocks {
                self.block(region, inner);
            }
        }
        for &result in &block.results {
            let inst = None;
            self.uses
                .entry(result)
                .or_default()
                .push(Use { inst, around });
        }
    }

    /// Whether the quotient is finite wherever it is used, if its dividend is.
    pub(super) fn are_safe(&self, data: &InstData) -> bool {
        let (Op::Div(_), &[_, divisor], Some(&quotient)) =
            (&data.op, data.args.as_slice(), data.results.first())
        else {
            return false;
        };
        let Some(by) = self.defs.get(&divisor).map(|&inst| &self.func.insts[inst]) else {
            return false;
        };
        match (&by.op, by.args.as_slice()) {
            (Op::Const(op), _) => is_apart_from_zero(op.value),
            (Op::Convert(_), &[count]) if self.func.ty(count).is(DType::I64) => {
                let constant = data.args.first().is_some_and(|v| self.is_constant(*v));
                constant && self.is_used_in_runs(quotient, count)
            }
            _ => false,
        }
    }

    /// Whether a value is used in loops only that run `count` times, through what is computed of it outside.
    fn is_used_in_runs(&self, value: Value, count: Value) -> bool {
        let mut todo = vec![value];
        let mut seen = HashSet::from([value]);
        while let Some(value) = todo.pop() {
            for used in self.uses.get(&value).into_iter().flatten() {
                if self.runs_so_often(used.around, count) {
                    continue;
                }
                let Some(inst) = used.inst else {
                    return false;
                };
                let data = &self.func.insts[inst];
                let plain = data.op.kernel().is_some() || matches!(data.op, Op::Broadcast(_));
                // Nothing that has a derivative is multiplied with it outside of the loops.
                let alone = data
                    .args
                    .iter()
                    .all(|v| seen.contains(v) || self.is_constant(*v));
                if !plain || !alone || seen.len() > REACH {
                    return false;
                }
                todo.extend(data.results.iter().filter(|v| seen.insert(**v)));
            }
        }
        true
    }

    fn is_constant(&self, value: Value) -> bool {
        let inst = self.defs.get(&value);
        inst.is_some_and(|&inst| matches!(self.func.insts[inst].op, Op::Const(_)))
    }

    /// Whether a loop around runs `count` times, or not at all.
    fn runs_so_often(&self, mut around: Option<usize>, count: Value) -> bool {
        while let Some(Around { runs, outer }) = around.and_then(|k| self.around.get(k)) {
            let counts = |size: &Size| size.as_value().is_some_and(|v| self.is_count(v, count));
            if runs.iter().any(counts) {
                return true;
            }
            around = *outer;
        }
        false
    }

    /// Whether `runs` is `count`, or 0 if that is negative.
    fn is_count(&self, runs: Value, count: Value) -> bool {
        let data = self.defs.get(&runs).map(|&inst| &self.func.insts[inst]);
        runs == count
            || data.is_some_and(|data| {
                let zero = |v: &Value| {
                    let data = self.defs.get(v).map(|&inst| &self.func.insts[inst]);
                    data.and_then(InstData::known_size)
                        .is_some_and(|size| size.is(0))
                };
                matches!(data.op, Op::Max(_))
                    && data.args.contains(&count)
                    && data.args.iter().all(|v| *v == count || zero(v))
            })
    }
}

/// Whether dividing a moderate number by it gives a finite one.
fn is_apart_from_zero(value: Scalar) -> bool {
    match value {
        Scalar::F64(x) => x.abs() >= 1e-100,
        Scalar::F32(x) => x.abs() >= 1e-10,
        _ => false,
    }
}
