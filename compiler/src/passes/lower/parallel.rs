//! Which loops several threads may share: those whose iterations write to different places. They are marked
//! `parallel`, outermost ones only, and the pass `parallel` makes functions of them.

use std::collections::HashSet;

use dfn_ir::function::Block;
use dfn_ir::{Op, Value};

use super::cx::Cx;
use super::repeat::Carried;

impl Cx<'_> {
    /// Whether a loop that is opened here may be marked.
    pub(super) fn seeks_threads(&self) -> bool {
        self.shared.threads && !self.loops.contains(&true)
    }

    /// Whether each run of a loop of the source reads and writes its carried arrays at its own index only.
    pub(super) fn runs_apart(
        &self,
        block: &Block,
        (counter, params): (Value, &[Value]),
        kinds: &[Carried],
    ) -> bool {
        let changes = |kind: &Carried| matches!(kind, Carried::Updated);
        let still = |(kind, &param): (&Carried, &Value)| {
            changes(kind) || *kind == Carried::InPlace && !self.func.ty(param).is_accumulator()
        };
        if !self.seeks_threads() || !kinds.iter().zip(params).all(still) {
            return false;
        }
        let changed = kinds.iter().zip(params).filter(|(kind, _)| changes(kind));
        let mut arrays: HashSet<Value> = changed.map(|(_, &param)| param).collect();
        for &inst in &block.insts {
            let data = self.data(inst);
            let inner = dfn_ir::derive::free_values(self.func, &data.blocks);
            if inner.iter().any(|v| arrays.contains(v)) {
                return false;
            }
            let used = data.args.iter().filter(|v| arrays.contains(v)).count();
            let own = |k: usize| data.args.get(k) == Some(&counter);
            let first = data.args.first().is_some_and(|v| arrays.contains(v));
            let fits = match &data.op {
                _ if used == 0 => true,
                Op::Update(_) if used == 1 && first && own(2) => {
                    arrays.extend(&data.results);
                    true
                }
                Op::Index(_) => used == 1 && first && own(1),
                _ => false,
            };
            if !fits {
                return false;
            }
        }
        true
    }
}
