//! How much work an iteration is, about: the statements that it executes, as a number that is computed
//! before the loop. It decides whether and in how many parts a loop is shared, and no bit of a result.

use std::collections::{HashMap, HashSet};

use dfn_ir::loops::{Block, Chance, For, Stmt, Var};
use dfn_ir::scalar::{Scalar, ScalarOp};

use super::emit::Emit;

/// What a call is counted as, and a loop whose number of runs is not known before.
const CALL: i64 = 2000;
const UNKNOWN: i64 = 4;
/// What no count exceeds.
const MOST_TRIPS: i64 = 1 << 16;
const MOST: i64 = 1 << 32;

/// Statements of an iteration.
pub(super) struct Work<'a> {
    /// Statements by what they define, inside of the loop.
    inside: HashMap<Var, &'a Stmt>,
    /// What is defined inside.
    defined: &'a HashSet<Var>,
    /// Constants, wherever they stand.
    constants: &'a HashMap<Var, Stmt>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        body: &'a Block,
        defined: &'a HashSet<Var>,
        constants: &'a HashMap<Var, Stmt>,
    ) -> Work<'a> {
        let mut work = Work {
            inside: HashMap::new(),
            defined,
            constants,
        };
        work.note(body);
        work
    }

    fn note(&mut self, block: &'a Block) {
        for stmt in &block.stmts {
            self.inside
                .extend(stmt.outs().into_iter().map(|var| (var, stmt)));
            for inner in stmt.blocks() {
                self.note(inner);
            }
        }
    }

    /// The statements that a block executes; at least 1.
    pub(super) fn of(&self, block: &Block, e: &mut Emit<'_>) -> Var {
        let mut fixed = 1;
        let mut parts = Vec::new();
        for stmt in &block.stmts {
            fixed += match stmt {
                Stmt::Const { .. } | Stmt::Iota { .. } => 0,
                Stmt::Call { .. } => CALL,
                _ => 1,
            };
            match stmt {
                Stmt::For(inner) => parts.push(self.repeated(inner, e)),
                Stmt::While(inner) => {
                    let once = self.of(&inner.body, e);
                    parts.push(self.times(once, UNKNOWN, e));
                }
                Stmt::If(inner) => {
                    let (then, otherwise) = (&inner.then, &inner.otherwise);
                    let arms = match inner.chance {
                        Chance::Even => vec![then, otherwise],
                        Chance::Rare => vec![otherwise],
                        Chance::Sure => vec![then],
                    };
                    let arms: Vec<Var> = arms.iter().map(|arm| self.of(arm, e)).collect();
                    let max = |a, b| e.op(ScalarOp::Max, &[a, b]);
                    parts.extend(arms.into_iter().reduce(max));
                }
                _ => {}
            }
        }
        let fixed = e.number(fixed);
        let add = |sum, part| e.op(ScalarOp::Add, &[sum, part]);
        let sum = parts.into_iter().fold(fixed, add);
        e.clamp(sum, 1, MOST)
    }

    fn repeated(&self, inner: &For, e: &mut Emit<'_>) -> Var {
        let once = self.of(&inner.body, e);
        let Some(span) = self.span(inner, e) else {
            return self.times(once, UNKNOWN, e);
        };
        let zero = e.number(0);
        let trips = e.trips(zero, span, inner.step);
        let trips = e.clamp(trips, 0, MOST_TRIPS);
        let all = e.op(ScalarOp::Mul, &[trips, once]);
        e.clamp(all, 0, MOST)
    }

    fn times(&self, once: Var, trips: i64, e: &mut Emit<'_>) -> Var {
        let trips = e.number(trips);
        e.op(ScalarOp::Mul, &[trips, once])
    }

    /// How far a loop goes, about.
    fn span(&self, inner: &For, e: &mut Emit<'_>) -> Option<Var> {
        if let Some(Stmt::Op {
            op: ScalarOp::Add,
            args,
            ..
        }) = self.inside.get(&inner.hi)
            && args.first() == Some(&inner.lo)
        {
            return self.about(*args.get(1)?, e, 0);
        }
        let hi = self.about(inner.hi, e, 0)?;
        match self.about(inner.lo, e, 0) {
            Some(lo) => Some(e.op(ScalarOp::Sub, &[hi, lo])),
            None => Some(hi),
        }
    }

    /// A number that is about `var`, from what is known before the loop.
    fn about(&self, var: Var, e: &mut Emit<'_>, depth: usize) -> Option<Var> {
        if let Some(Stmt::Const {
            value: Scalar::I64(n),
            ..
        }) = self.constants.get(&var)
        {
            return Some(e.number(*n));
        }
        if !self.defined.contains(&var) {
            return Some(var);
        }
        let Some(Stmt::Op { op, args, .. }) = self.inside.get(&var).filter(|_| depth < 6) else {
            return None;
        };
        let first = args.first().and_then(|&a| self.about(a, e, depth + 1));
        let second = args.get(1).and_then(|&b| self.about(b, e, depth + 1));
        match (op, first, second) {
            (ScalarOp::Min, Some(a), Some(b)) => Some(e.op(ScalarOp::Min, &[a, b])),
            (ScalarOp::Min, a, b) => a.or(b),
            (ScalarOp::And | ScalarOp::Sub, Some(a), _) => Some(a),
            (ScalarOp::Add | ScalarOp::Mul | ScalarOp::Max, Some(a), Some(b)) => {
                Some(e.op(*op, &[a, b]))
            }
            _ => None,
        }
    }
}
