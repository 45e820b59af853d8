//! Building loops and branches.

use super::Builder;
use crate::loops::{Block, Carry, Chance, For, If, Stmt, Ty, Var, VarTy, While};

/// The bounds and attributes of a counted loop.
#[derive(Clone, Copy, Debug)]
pub struct ForSpec {
    /// The first value.
    pub lo: Var,
    /// The bound, exclusive.
    pub hi: Var,
    /// At least 1.
    pub step: i64,
    /// From the last to the first.
    pub reverse: bool,
    /// Iterations are independent.
    pub parallel: bool,
}

impl ForSpec {
    /// Each value from `lo` up to `hi`.
    pub fn up(lo: Var, hi: Var) -> ForSpec {
        ForSpec {
            lo,
            hi,
            step: 1,
            reverse: false,
            parallel: false,
        }
    }

    /// With iterations that are independent.
    pub fn apart(self) -> ForSpec {
        ForSpec {
            parallel: true,
            ..self
        }
    }

    /// Each value below `hi` down to `lo`.
    pub fn down(lo: Var, hi: Var) -> ForSpec {
        ForSpec {
            reverse: true,
            ..ForSpec::up(lo, hi)
        }
    }

    /// With another step.
    pub fn step(self, step: i64) -> ForSpec {
        ForSpec { step, ..self }
    }
}

/// A loop or branch whose blocks are being built.
#[derive(Debug)]
pub(super) enum Open {
    For(For),
    While(While),
    If(If),
}

impl Builder {
    /// A counted loop. The body gets the counter and the carries, and gives the next carries; the
    /// results are the carries at the end.
    pub fn for_loop(
        &mut self,
        spec: ForSpec,
        inits: &[Var],
        body: impl FnOnce(&mut Builder, Var, &[Var]) -> Vec<Var>,
    ) -> Vec<Var> {
        let (counter, carries) = self.open_for(spec, inits);
        let next = body(self, counter, &carries);
        self.close_for(&next)
    }

    /// Opens a counted loop: the counter and the carries of its body.
    pub fn open_for(&mut self, spec: ForSpec, inits: &[Var]) -> (Var, Vec<Var>) {
        let counter = self.var("i", VarTy::Value(Ty::I64));
        let carries = self.carries(inits);
        let vars = carries.iter().map(|carry| carry.var).collect();
        self.open.push(Open::For(For {
            counter,
            lo: spec.lo,
            hi: spec.hi,
            step: spec.step,
            reverse: spec.reverse,
            parallel: spec.parallel,
            carries,
            body: Block::default(),
            results: Vec::new(),
        }));
        self.blocks.push(Vec::new());
        (counter, vars)
    }

    /// Says that the iterations of the counted loop that was opened last are not independent.
    pub fn in_order(&mut self) {
        if let Some(Open::For(inner)) = self.open.last_mut() {
            inner.parallel = false;
        }
    }

    /// Ends the counted loop that was opened last: its results.
    ///
    /// # Panics
    /// If what was opened last is not a counted loop.
    pub fn close_for(&mut self, next: &[Var]) -> Vec<Var> {
        let body = self.close_block(next);
        let Some(Open::For(mut inner)) = self.open.pop() else {
            unreachable!("a counted loop is open")
        };
        inner.body = body;
        let results = self.results(next);
        inner.results.clone_from(&results);
        self.push(Stmt::For(Box::new(inner)));
        results
    }

    /// A loop that runs while `condition` gives a true `bool`.
    pub fn while_loop(
        &mut self,
        inits: &[Var],
        condition: impl FnOnce(&mut Builder, &[Var]) -> Var,
        body: impl FnOnce(&mut Builder, &[Var]) -> Vec<Var>,
    ) -> Vec<Var> {
        let carries = self.open_while(inits);
        let condition = condition(self, &carries);
        self.open_while_body(condition);
        let next = body(self, &carries);
        self.close_while(&next)
    }

    /// Opens the condition of a loop: its carries.
    pub fn open_while(&mut self, inits: &[Var]) -> Vec<Var> {
        let carries = self.carries(inits);
        let vars = carries.iter().map(|carry| carry.var).collect();
        self.open.push(Open::While(While {
            carries,
            condition: Block::default(),
            body: Block::default(),
            results: Vec::new(),
        }));
        self.blocks.push(Vec::new());
        vars
    }

    /// Ends the condition of the loop that was opened last, and opens its body.
    pub fn open_while_body(&mut self, condition: Var) {
        let block = self.close_block(&[condition]);
        if let Some(Open::While(inner)) = self.open.last_mut() {
            inner.condition = block;
        }
        self.blocks.push(Vec::new());
    }

    /// Ends the loop that was opened last: its results.
    ///
    /// # Panics
    /// If what was opened last is not a loop with a condition.
    pub fn close_while(&mut self, next: &[Var]) -> Vec<Var> {
        let body = self.close_block(next);
        let Some(Open::While(mut inner)) = self.open.pop() else {
            unreachable!("a loop with a condition is open")
        };
        inner.body = body;
        let results = self.results(next);
        inner.results.clone_from(&results);
        self.push(Stmt::While(Box::new(inner)));
        results
    }

    /// A choice between two blocks; both give values of the same types.
    pub fn if_else(
        &mut self,
        condition: Var,
        then: impl FnOnce(&mut Builder) -> Vec<Var>,
        otherwise: impl FnOnce(&mut Builder) -> Vec<Var>,
    ) -> Vec<Var> {
        self.open_if(condition, Chance::Even);
        let yields = then(self);
        self.open_else(&yields);
        let yields = otherwise(self);
        self.close_if(&yields)
    }

    /// Opens the first block of a choice.
    pub fn open_if(&mut self, condition: Var, chance: Chance) {
        self.open.push(Open::If(If {
            condition,
            chance,
            then: Block::default(),
            otherwise: Block::default(),
            results: Vec::new(),
        }));
        self.blocks.push(Vec::new());
    }

    /// Ends the first block of the choice that was opened last, and opens the second.
    pub fn open_else(&mut self, yields: &[Var]) {
        let block = self.close_block(yields);
        if let Some(Open::If(inner)) = self.open.last_mut() {
            inner.then = block;
        }
        self.blocks.push(Vec::new());
    }

    /// Ends the choice that was opened last: its results.
    ///
    /// # Panics
    /// If what was opened last is not a choice.
    pub fn close_if(&mut self, yields: &[Var]) -> Vec<Var> {
        let otherwise = self.close_block(yields);
        let Some(Open::If(mut inner)) = self.open.pop() else {
            unreachable!("a choice is open")
        };
        inner.otherwise = otherwise;
        let results = self.results(yields);
        inner.results.clone_from(&results);
        self.push(Stmt::If(Box::new(inner)));
        results
    }

    fn carries(&mut self, inits: &[Var]) -> Vec<Carry> {
        let carry = |&init: &Var| Carry {
            var: self.var("", self.ty(init)),
            init,
        };
        inits.iter().map(carry).collect()
    }

    fn results(&mut self, like: &[Var]) -> Vec<Var> {
        like.iter().map(|&var| self.var("", self.ty(var))).collect()
    }

    fn close_block(&mut self, yields: &[Var]) -> Block {
        Block {
            stmts: self.blocks.pop().expect("a block is open"),
            yields: yields.to_vec(),
        }
    }
}
