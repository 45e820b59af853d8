//! From where to where each temporary is needed.
//!
//! Statements are numbered in the order of the text form. What is used in a loop that does not hold its
//! definition is needed until the end of that loop. A buffer that is derived from others (an advanced
//! address, a carry, a result of a branch) keeps all of these alive.

use std::collections::HashMap;

use dfn_ir::DType;
use dfn_ir::loops::{Block, Function, If, Stmt, Var};

/// A temporary and where it is needed.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) buffer: Var,
    pub(super) len: Var,
    pub(super) dtype: DType,
    /// The statement that defines it.
    pub(super) start: usize,
    /// The last statement that uses it.
    pub(super) end: usize,
    /// The loops around the definition.
    loops: Vec<usize>,
}

/// A use of a temporary.
struct Use {
    /// Which temporary.
    life: usize,
    /// Where.
    at: usize,
    /// The loops around it.
    loops: Vec<usize>,
}

struct Walk<'a> {
    function: &'a Function,
    lives: Vec<Life>,
    uses: Vec<Use>,
    /// The temporaries that a buffer may be in.
    within: HashMap<Var, Vec<usize>>,
    next: usize,
    /// The loops around the current statement.
    open: Vec<usize>,
    /// Where each loop ends.
    ends: Vec<usize>,
}

/// The temporaries of `function`, in order of definition.
pub(super) fn lives(function: &Function) -> Vec<Life> {
    let mut walk = Walk {
        function,
        lives: Vec::new(),
        uses: Vec::new(),
        within: HashMap::new(),
        next: 0,
        open: Vec::new(),
        ends: Vec::new(),
    };
    walk.block(&function.body);
    walk.finish()
}

impl Walk<'_> {
    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            let at = self.next;
            self.next += 1;
            for var in stmt.uses() {
                self.uses_of(var, at);
            }
            self.define(stmt, at);
            let repeats = matches!(stmt, Stmt::For(_) | Stmt::While(_));
            if repeats {
                self.open.push(self.ends.len());
                self.ends.push(0);
            }
            for inner in stmt.blocks() {
                self.block(inner);
            }
            if let Stmt::If(inner) = stmt {
                self.chosen(inner);
            }
            if repeats && let Some(closed) = self.open.pop() {
                let end = self.next.saturating_sub(1);
                if let Some(slot) = self.ends.get_mut(closed) {
                    *slot = end;
                }
            }
        }
        let at = self.next;
        for &var in &block.yields {
            self.uses_of(var, at);
        }
    }

    fn uses_of(&mut self, var: Var, at: usize) {
        for &life in self.within.get(&var).into_iter().flatten() {
            let loops = self.open.clone();
            self.uses.push(Use { life, at, loops });
        }
    }

    fn define(&mut self, stmt: &Stmt, at: usize) {
        match stmt {
            Stmt::Alloc { buffer, len, .. } => {
                let dtype = self.function.ty(*buffer).buffer().unwrap_or(DType::Bool);
                self.within.insert(*buffer, vec![self.lives.len()]);
                self.lives.push(Life {
                    buffer: *buffer,
                    len: *len,
                    dtype,
                    start: at,
                    end: at,
                    loops: self.open.clone(),
                });
            }
            Stmt::Advance { out, base, .. } => {
                let within = self.within.get(base).cloned().unwrap_or_default();
                self.within.insert(*out, within);
            }
            Stmt::For(inner) => self.carries(&inner.carries, &inner.results),
            Stmt::While(inner) => self.carries(&inner.carries, &inner.results),
            _ => {}
        }
    }

    /// Carries may be exchanged: each may be in all that any of them starts in.
    fn carries(&mut self, carries: &[dfn_ir::loops::Carry], results: &[Var]) {
        let of = |carry: &dfn_ir::loops::Carry| self.within.get(&carry.init).cloned();
        let all: Vec<usize> = carries.iter().filter_map(of).flatten().collect();
        for &var in carries.iter().map(|carry| &carry.var).chain(results) {
            if self.function.ty(var).buffer().is_some() {
                self.within.insert(var, all.clone());
            }
        }
    }

    /// A result of a branch is in what either arm yields.
    fn chosen(&mut self, branch: &If) {
        let yields = branch.then.yields.iter().zip(&branch.otherwise.yields);
        for (&result, (then, otherwise)) in branch.results.iter().zip(yields) {
            if self.function.ty(result).buffer().is_some() {
                let both = [then, otherwise].into_iter();
                let within = both.filter_map(|var| self.within.get(var)).flatten();
                self.within.insert(result, within.copied().collect());
            }
        }
    }

    fn finish(mut self) -> Vec<Life> {
        for Use { life, at, loops } in self.uses {
            let Some(life) = self.lives.get_mut(life) else {
                continue;
            };
            let outer = loops.iter().find(|l| !life.loops.contains(l));
            let end = outer.and_then(|l| self.ends.get(*l)).copied().unwrap_or(at);
            life.end = life.end.max(end);
        }
        self.lives
    }
}
