//! How values flow into, around and out of the regions of an instruction.

use crate::function::{InstData, Value};
use crate::op::Op;

/// Pairs of values of which the second takes the first's place.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// From operands to parameters of a region.
    pub inward: Vec<(Value, Value)>,
    /// From results of a region to its parameters in the next run.
    pub back: Vec<(Value, Value)>,
    /// From results of a region to results of the instruction, and from what a loop starts with, which
    /// a loop without runs gives.
    pub outward: Vec<(Value, Value)>,
}

impl Flow {
    /// The flow through the regions of `data`.
    pub fn of(data: &InstData) -> Flow {
        let mut flow = Flow::default();
        // Operands are carried by the last parameters, in order.
        let carried = match data.op {
            Op::If(_) => 0,
            _ => data.args.len(),
        };
        for (k, block) in data.blocks.iter().enumerate() {
            let params = block
                .params
                .iter()
                .skip(block.params.len().saturating_sub(carried));
            let inward = data.args.iter().zip(params).take(carried);
            flow.inward.extend(inward.map(|(&from, &to)| (from, to)));
            // The condition of a `while` gives nothing on.
            if matches!(data.op, Op::While(_)) && k == 0 {
                continue;
            }
            let first = match data.op {
                Op::Map(_) => block.results.len().saturating_sub(carried),
                _ => 0,
            };
            // What the body of a `while` gives goes to the condition too.
            for target in data.blocks.iter().filter(|_| carried > 0) {
                let start = target.params.len().saturating_sub(carried);
                let back = block
                    .results
                    .iter()
                    .skip(first)
                    .zip(target.params.iter().skip(start));
                flow.back.extend(back.map(|(&from, &to)| (from, to)));
            }
            let outward = block.results.iter().zip(&data.results);
            flow.outward.extend(outward.map(|(&from, &to)| (from, to)));
        }
        if matches!(data.op, Op::For(_) | Op::While(_)) {
            let unchanged = data.args.iter().zip(&data.results);
            flow.outward
                .extend(unchanged.map(|(&from, &to)| (from, to)));
        }
        flow
    }
}
