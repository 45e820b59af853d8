//! What a loop uses and does not define.

use std::collections::{BTreeSet, HashSet};

use dfn_ir::loops::{Block, For, Stmt, Var};

/// What a loop uses from outside, and what it defines.
pub(super) struct Free {
    /// Used, and defined outside; in the order of their numbers.
    pub(super) used: BTreeSet<Var>,
    /// Defined inside.
    pub(super) defined: HashSet<Var>,
    /// Whether it calls the host, which only one thread may do.
    pub(super) host: bool,
}

impl Free {
    /// Of the body of a loop; its bounds are not part of it.
    pub(super) fn of(inner: &For) -> Free {
        let mut free = Free {
            used: BTreeSet::new(),
            defined: HashSet::from([inner.counter]),
            host: false,
        };
        free.block(&inner.body);
        free
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.uses(&stmt.uses());
            self.host |= matches!(stmt, Stmt::Host { .. });
            self.defined.extend(stmt.inner());
            for inner in stmt.blocks() {
                self.block(inner);
            }
            self.defined.extend(stmt.outs());
        }
        self.uses(&block.yields);
    }

    fn uses(&mut self, vars: &[Var]) {
        let outside = vars.iter().filter(|var| !self.defined.contains(var));
        self.used.extend(outside);
    }
}
