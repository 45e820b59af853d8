//! How many values are alive at how many branches: what allocating registers takes.

use std::collections::HashMap;

use dfn_ir::loops::{Block, Function, Program, Var};

use super::stretch::{Cuts, branches, uses};

/// The sum, over the machine's branches of a program, of the values of their block that are alive there,
/// as backends translate it. It is linear in what a program says, however long its functions are.
pub fn alive(program: &Program) -> usize {
    let functions = program.functions.values();
    functions
        .map(|function| in_block(function, &function.body))
        .sum()
}

fn in_block(function: &Function, block: &Block) -> usize {
    let inner = block.stmts.iter().flat_map(|stmt| stmt.blocks());
    let inner: usize = inner.map(|inner| in_block(function, inner)).sum();
    inner + Spans::of(function, block).total
}

/// From where to where values are in registers, in branches from the start of the block.
#[derive(Default)]
struct Spans {
    /// The start and the end of those that may still be used.
    open: HashMap<Var, [usize; 2]>,
    total: usize,
}

impl Spans {
    fn of(function: &Function, block: &Block) -> Spans {
        let mut this = Spans::default();
        let cuts = Cuts::of(function, block);
        let mut cuts = cuts.cuts.iter().peekable();
        let mut now = 0;
        for &param in &function.params {
            this.begin(param, now);
        }
        for (position, stmt) in block.stmts.iter().enumerate() {
            if let Some(cut) = cuts.next_if(|cut| cut.before == position) {
                cut.write.iter().for_each(|&(var, _)| this.used(var, now));
                this.end();
                cut.read.iter().for_each(|&(var, _)| this.begin(var, now));
            }
            uses(stmt, &mut |var| this.used(var, now));
            now += branches(stmt);
            stmt.outs().into_iter().for_each(|out| this.begin(out, now));
        }
        block.yields.iter().for_each(|&var| this.used(var, now));
        this.end();
        this
    }

    fn begin(&mut self, var: Var, now: usize) {
        self.open.insert(var, [now, now]);
    }

    fn used(&mut self, var: Var, now: usize) {
        if let Some([_, last]) = self.open.get_mut(&var) {
            *last = now;
        }
    }

    /// What was alive is no longer.
    fn end(&mut self) {
        let spans = self.open.drain();
        self.total += spans.map(|(_, [from, to])| to - from).sum::<usize>();
    }
}
