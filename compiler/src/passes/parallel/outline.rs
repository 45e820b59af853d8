//! A marked loop as a function, and the statements in its place.

use std::collections::HashMap;

use dfn_ir::DType;
use dfn_ir::loops::{
    Block, Chance, For, Fork, FuncId, Function, If, Linkage, PointerTest, Stmt, Ty, Var, VarTy,
};
use dfn_ir::scalar::{Compare, Scalar, ScalarOp};

use super::super::lower::Lowered;
use super::emit::Emit;
use super::free::Free;
use super::work::Work;

/// Statements that are worth a part of their own.
const PART: i64 = 16_384;
/// The most parts of a loop.
const PARTS: i64 = 256;
/// Steps of loops over elements in vectors. The last vector may overlap the one before it, so the last part
/// takes both.
const VECTORS: std::ops::RangeInclusive<i64> = 2..=64;

/// A function whose marked loops are taken out.
pub(super) struct Outline<'a> {
    pub(super) lowered: &'a mut Lowered,
    pub(super) function: Function,
    /// Statements that can be repeated.
    pub(super) constants: HashMap<Var, Stmt>,
    pub(super) workers: Var,
    pub(super) pool: Var,
    pub(super) workspace: Var,
    /// The functions so far.
    pub(super) made: Vec<FuncId>,
    /// The counters of their loops.
    pub(super) counters: Vec<Var>,
}

/// What a loop becomes a function with.
struct Given {
    /// Statements to repeat.
    repeated: Vec<Stmt>,
    /// Scalars and addresses to pass.
    passed: Vec<Var>,
}

impl Outline<'_> {
    pub(super) fn block(&mut self, block: Block) -> Block {
        let mut stmts = Vec::new();
        for mut stmt in block.stmts {
            match &mut stmt {
                Stmt::For(inner) if inner.parallel => {
                    if let Some(shared) = self.shared(inner) {
                        stmts.extend(shared);
                        continue;
                    }
                }
                Stmt::For(inner) => inner.body = self.block(std::mem::take(&mut inner.body)),
                Stmt::While(inner) => inner.body = self.block(std::mem::take(&mut inner.body)),
                Stmt::If(inner) => {
                    inner.then = self.block(std::mem::take(&mut inner.then));
                    inner.otherwise = self.block(std::mem::take(&mut inner.otherwise));
                }
                _ => {}
            }
            stmts.push(stmt);
        }
        Block {
            stmts,
            yields: block.yields,
        }
    }

    /// The statements in the place of a loop; nothing if it has to stay.
    fn shared(&mut self, inner: &For) -> Option<Vec<Stmt>> {
        let free = Free::of(inner);
        if free.host || inner.reverse || !inner.carries.is_empty() {
            return None;
        }
        let given = self.given(&free)?;
        let mut e = Emit::new(&mut self.function);
        let trips = e.trips(inner.lo, inner.hi, inner.step);
        let work = Work::new(&inner.body, &free.defined, &self.constants);
        let work = work.of(&inner.body, &mut e);
        let (grain, calls) = cut(&mut e, inner.step, trips, work);
        let alone = alone(&mut e, self.pool, calls);
        let none = e.number(0);
        let mut stmts = e.stmts;
        let callee = self.part(inner, &given);
        let parts = [inner.lo, trips, grain];
        let mut rest = given.passed;
        rest.extend([none, self.workspace]);
        stmts.push(self.choice(callee, &parts, &rest, (alone, calls, none)));
        Some(stmts)
    }

    /// What the function of a loop needs; nothing if it cannot be passed.
    fn given(&self, free: &Free) -> Option<Given> {
        let mut given = Given {
            repeated: Vec::new(),
            passed: Vec::new(),
        };
        let mut seen = free.used.clone();
        let mut work: Vec<Var> = free.used.iter().rev().copied().collect();
        while let Some(var) = work.pop() {
            let vector = |ty: VarTy| ty.value().is_some_and(|ty| ty.lanes > 1);
            match self.constants.get(&var) {
                Some(Stmt::Splat { arg, .. }) if vector(self.function.ty(var)) => {
                    if seen.insert(*arg) {
                        work.push(*arg);
                    }
                    given.repeated.extend(self.constants.get(&var).cloned());
                }
                Some(stmt) => given.repeated.push(stmt.clone()),
                None if vector(self.function.ty(var)) => return None,
                None if var == self.workspace => {}
                None => given.passed.push(var),
            }
        }
        // A scalar before the vectors of it.
        given
            .repeated
            .sort_by_key(|stmt| matches!(stmt, Stmt::Splat { .. }));
        Some(given)
    }

    /// The function that runs a part of a loop.
    fn part(&mut self, inner: &For, given: &Given) -> FuncId {
        let number = self.made.len();
        let mut function = Function {
            name: format!("{}.{number}", self.function.name),
            linkage: Linkage::Local,
            // The variables keep their numbers; what the part does not use has no definition in it.
            vars: self.function.vars.clone(),
            params: Vec::new(),
            body: Block::default(),
        };
        let mut e = Emit::new(&mut function);
        let index = VarTy::Value(Ty::I64);
        let names = ["part", "thread", "first", "trips", "grain", "parts"];
        let [part, thread, first, trips, grain, parts] = names.map(|name| e.var(name, index));
        let stride = e.var("bytes", index);
        e.stmts.extend(given.repeated.iter().cloned());
        let one = e.number(1);
        let start = e.op(ScalarOp::Mul, &[part, grain]);
        let end = e.op(ScalarOp::Add, &[start, grain]);
        let next = e.op(ScalarOp::Add, &[part, one]);
        let last = e.compare(Compare::Eq, next, parts);
        let end = e.op(ScalarOp::Select, &[last, trips, end]);
        let step = e.number(inner.step);
        let [lo, hi] = [start, end].map(|trip| {
            let by = e.op(ScalarOp::Mul, &[trip, step]);
            e.op(ScalarOp::Add, &[first, by])
        });
        let status = e.var("", VarTy::Value(Ty::I32));
        let mut stmts = e.stmts;
        stmts.push(Stmt::For(Box::new(For {
            lo,
            hi,
            parallel: false,
            ..inner.clone()
        })));
        let value = Scalar::I32(0);
        stmts.push(Stmt::Const { out: status, value });
        stmts.push(Stmt::Return { status });
        function.params = vec![part, thread, first, trips, grain, parts];
        function.params.extend(&given.passed);
        function.params.extend([stride, self.workspace]);
        function.body.stmts = stmts;
        let id = self.lowered.program.functions.push(function);
        self.made.push(id);
        self.counters.push(inner.counter);
        id
    }

    /// One call, or as many as there are parts on the pool.
    fn choice(
        &mut self,
        callee: FuncId,
        parts: &[Var],
        rest: &[Var],
        (alone, calls, none): (Var, Var, Var),
    ) -> Stmt {
        let (pool, workers) = (self.pool, self.workers);
        let args = |parts: &[Var], calls: Var| {
            let mut args = parts.to_vec();
            args.push(calls);
            args.extend(rest);
            args
        };
        let mut e = Emit::new(&mut self.function);
        let one = e.number(1);
        let mut single = vec![none, none];
        single.extend(args(parts, one));
        e.stmts.push(Stmt::Call {
            callee,
            args: single,
            status: None,
        });
        let then = Block {
            stmts: e.stmts,
            yields: Vec::new(),
        };
        let mut e = Emit::new(&mut self.function);
        let room = e.number(PARTS);
        let statuses = e.buffer(DType::I32, room);
        e.stmts.push(Stmt::Fork(Box::new(Fork {
            callee,
            args: args(parts, calls),
            count: calls,
            pool,
            workers,
            statuses,
        })));
        first_failure(&mut e, statuses, (none, calls));
        let otherwise = Block {
            stmts: e.stmts,
            yields: Vec::new(),
        };
        Stmt::If(Box::new(If {
            condition: alone,
            chance: Chance::Even,
            then,
            otherwise,
            results: Vec::new(),
        }))
    }
}

/// How many trips a part has, and how many parts there are: at least one. It depends on the loop alone, not on
/// the number of threads.
fn cut(e: &mut Emit<'_>, step: i64, trips: Var, work: Var) -> (Var, Var) {
    let least = if VECTORS.contains(&step) { 2 } else { 1 };
    let (size, one, most) = (e.number(PART), e.number(1), e.number(PARTS));
    let below = e.number(PARTS - 1);
    let worth = e.op(ScalarOp::Div, &[size, work]);
    let worth = e.op(ScalarOp::Add, &[worth, one]);
    let padded = e.op(ScalarOp::Add, &[trips, below]);
    let few = e.op(ScalarOp::Div, &[padded, most]);
    let grain = e.op(ScalarOp::Max, &[worth, few]);
    let least = e.number(least);
    let grain = e.op(ScalarOp::Max, &[grain, least]);
    let calls = e.op(ScalarOp::Div, &[trips, grain]);
    (grain, e.op(ScalarOp::Max, &[calls, one]))
}

/// Whether one call is to run all.
fn alone(e: &mut Emit<'_>, pool: Var, calls: Var) -> Var {
    let null = e.var("", VarTy::Value(Ty::BOOL));
    e.stmts.push(Stmt::Test {
        out: null,
        pointer: pool,
        test: PointerTest::Null,
    });
    let one = e.number(1);
    let few = e.compare(Compare::Le, calls, one);
    e.truth(ScalarOp::Or, &[null, few])
}

/// Returns the first status that is not 0.
fn first_failure(e: &mut Emit<'_>, statuses: Var, (lo, hi): (Var, Var)) {
    let index = VarTy::Value(Ty::I64);
    let counter = e.var("part", index);
    let status = VarTy::Value(Ty::I32);
    let [status, fine] = [(); 2].map(|()| e.var("", status));
    let mut inner = Emit::new(e.function);
    inner.stmts.push(Stmt::Load {
        out: status,
        buffer: statuses,
        index: counter,
    });
    let value = Scalar::I32(0);
    inner.stmts.push(Stmt::Const { out: fine, value });
    let condition = inner.compare(Compare::Eq, status, fine);
    inner.stmts.push(Stmt::If(Box::new(If {
        condition,
        chance: Chance::Even,
        then: Block::default(),
        otherwise: Block {
            stmts: vec![Stmt::Return { status }],
            yields: Vec::new(),
        },
        results: Vec::new(),
    })));
    let body = Block {
        stmts: inner.stmts,
        yields: Vec::new(),
    };
    e.stmts.push(Stmt::For(Box::new(For {
        counter,
        lo,
        hi,
        step: 1,
        reverse: false,
        parallel: false,
        carries: Vec::new(),
        body,
        results: Vec::new(),
    })));
}
