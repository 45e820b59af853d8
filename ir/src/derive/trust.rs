//! Which values that come from regions are finite where the arguments are, and no masks.
//!
//! What a loop carries depends on what its body yields, and what a branch or a map gives on what stands in
//! its regions. Doubt starts at operations that may not be finite and at masks, and is passed on from operands
//! to results, and into, around and out of regions, until nothing changes. All other values are trusted.

use super::Flow;
use crate::function::{Function, InstData, Value};
use std::collections::{HashMap, HashSet};

/// The parameters and results of regions that are trusted.
#[derive(Debug, Default)]
pub(super) struct Trust {
    values: Vec<Value>,
}

impl Trust {
    /// Those of `func`, where `is_suspect` says of an instruction that its results are doubtful, and
    /// `parameters` that those of the function are.
    pub(super) fn of(
        func: &Function,
        parameters: bool,
        is_suspect: impl Fn(&InstData) -> bool,
    ) -> Trust {
        let mut doubt = Doubt {
            func,
            values: HashSet::new(),
        };
        if parameters {
            doubt.values.extend(&func.body.params);
        }
        func.walk(&func.body, &mut |_, data| {
            if is_suspect(data) {
                doubt.values.extend(&data.results);
            }
        });
        let mut before = usize::MAX;
        while doubt.values.len() != before {
            before = doubt.values.len();
            func.walk(&func.body, &mut |_, data| doubt.pass_on(data));
        }
        let mut values = Vec::new();
        func.walk(&func.body, &mut |_, data| {
            let regions = data.blocks.iter().flat_map(|block| &block.params);
            let results = data.results.iter().filter(|_| !data.blocks.is_empty());
            let trusted = regions.chain(results).filter(|v| !doubt.has(**v));
            values.extend(trusted.filter(|v| func.ty(**v).dtype.is_float()));
        });
        Trust { values }
    }

    /// Whether `primal` is what a trusted value has become.
    pub(super) fn includes(&self, map: &HashMap<Value, Value>, primal: Value) -> bool {
        self.values.iter().any(|v| map.get(v) == Some(&primal))
    }
}

/// The values that are not trusted so far.
struct Doubt<'a> {
    func: &'a Function,
    values: HashSet<Value>,
}

impl Doubt<'_> {
    fn has(&self, value: Value) -> bool {
        self.func.ty(value).dtype.is_float() && self.values.contains(&value)
    }

    fn pass_on(&mut self, data: &InstData) {
        if data.blocks.is_empty() {
            if data.args.iter().any(|v| self.has(*v)) {
                self.values.extend(&data.results);
            }
            return;
        }
        let Flow {
            inward,
            back,
            outward,
        } = Flow::of(data);
        for (from, to) in inward.into_iter().chain(back).chain(outward) {
            if self.has(from) {
                self.values.insert(to);
            }
        }
    }
}
