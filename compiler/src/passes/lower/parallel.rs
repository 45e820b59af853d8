//! Which loops several threads may share: those whose iterations write to different places. They are marked
//! `parallel`, outermost ones only, and the pass `parallel` makes functions of them.

use std::collections::HashSet;

use dfn_ir::function::Block;
use dfn_ir::{Op, Value};

use super::cx::{Cx, Val};
use super::error::Done;
use super::repeat::Carried;

impl Cx<'_> {
    /// Whether a loop that is opened here may be marked.
    pub(super) fn seeks_threads(&self) -> bool {
        self.shared.threads && !self.shared_loops.contains(&true)
    }

    /// Says that the loop that is open is not to be shared after all: a run writes more than its own elements.
    pub(super) fn keep_in_order(&mut self) {
        if let Some(shared) = self.shared_loops.last_mut() {
            *shared = false;
            self.b.in_order();
        }
    }

    /// Whether the arrays that a run updates are where the run found them.
    pub(super) fn is_in_place(
        &self,
        (params, results): (&[Value], &[Value]),
        kinds: &[Carried],
    ) -> Done<bool> {
        for ((&param, result), kind) in params.iter().zip(results).zip(kinds) {
            if *kind == Carried::Updated {
                let place = self.accumulator(param)?;
                match self.vals.get(result) {
                    Some(Val::View(view))
                        if view.buffer == place.buffer && view.offset == place.offset => {}
                    _ => return Ok(false),
                }
            }
        }
        Ok(true)
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
