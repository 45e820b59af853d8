//! Writes the plan into a function: offsets at its start, a place for each temporary.

use std::collections::HashMap;

use dfn_ir::DType;
use dfn_ir::loops::{Block, Facts, FuncId, Function, Place, Stmt, Ty, Var, VarData, VarTy};
use dfn_ir::scalar::{Scalar, ScalarOp};
use smallvec::SmallVec;

use super::formula::{Formula, result_of};
use super::measure::scalars;
use super::{Plan, fork, workspace, workspace_of};

/// Statements at the start of a function.
struct Entry<'f> {
    function: &'f mut Function,
    params: Vec<Var>,
    stmts: Vec<Stmt>,
    known: HashMap<Formula, Var>,
}

/// Gives the temporaries of `function` their places. If it is a `body`, each thread has a workspace of its
/// own.
pub(super) fn place(function: &mut Function, plan: &Plan, body: bool) {
    let Some(base) = workspace(function) else {
        return;
    };
    if plan.is_empty() {
        return;
    }
    let positions = scalars(function);
    let params = positions
        .into_iter()
        .filter_map(|at| function.params.get(at).copied());
    let params = params.collect();
    let first_class = classes(function) + 1;
    let mut entry = Entry {
        function,
        params,
        stmts: Vec::new(),
        known: HashMap::new(),
    };
    let base = match body {
        true => entry.own(base),
        false => base,
    };
    let strides = entry.strides(plan, base);
    let mut offsets: HashMap<Var, Var> = HashMap::new();
    let mut total = entry.emit(&Formula::number(0));
    for (slot, class) in plan.slots.iter().zip(first_class..) {
        for &buffer in &slot.buffers {
            offsets.insert(buffer, total);
            if let Some(data) = entry.function.vars.get_mut(buffer) {
                // The caller's workspace may be aligned to no more than this.
                data.facts = Facts {
                    class,
                    readonly: false,
                    align: 16,
                };
            }
        }
        let bytes = entry.emit(&slot.bytes);
        total = entry.op(ScalarOp::Add, &[total, bytes]);
    }
    let rest = match plan.calls.is_empty() {
        true => None,
        false => {
            let out = entry.var(VarTy::Pointer);
            entry.stmts.push(Stmt::Advance {
                out,
                base,
                by: total,
            });
            Some(out)
        }
    };
    let mut stmts = entry.stmts;
    let mut body = std::mem::take(&mut function.body);
    rewrite(&mut body, base, rest, &offsets);
    fork::give(&mut body, rest, &strides);
    stmts.append(&mut body.stmts);
    body.stmts = stmts;
    function.body = body;
}

/// The largest alias class in use.
fn classes(function: &Function) -> u32 {
    function
        .vars
        .values()
        .map(|data| data.facts.class)
        .max()
        .unwrap_or(0)
}

fn rewrite(block: &mut Block, base: Var, rest: Option<Var>, offsets: &HashMap<Var, Var>) {
    for stmt in &mut block.stmts {
        match stmt {
            Stmt::Alloc { buffer, place, .. } => {
                let offset = offsets.get(buffer).copied();
                *place = offset.map(|offset| Place { base, offset });
            }
            Stmt::Call { args, .. } => {
                if let (Some(last), Some(rest)) = (args.last_mut(), rest) {
                    *last = rest;
                }
            }
            Stmt::For(inner) => rewrite(&mut inner.body, base, rest, offsets),
            Stmt::While(inner) => {
                rewrite(&mut inner.condition, base, rest, offsets);
                rewrite(&mut inner.body, base, rest, offsets);
            }
            Stmt::If(inner) => {
                rewrite(&mut inner.then, base, rest, offsets);
                rewrite(&mut inner.otherwise, base, rest, offsets);
            }
            _ => {}
        }
    }
}

impl Entry<'_> {
    fn var(&mut self, ty: VarTy) -> Var {
        self.function.vars.push(VarData {
            ty,
            name: String::new(),
            facts: Facts::default(),
        })
    }

    fn op(&mut self, op: ScalarOp, args: &[Var]) -> Var {
        let out = self.var(VarTy::Value(result_of(op)));
        let args = SmallVec::from_slice(args);
        self.stmts.push(Stmt::Op { out, op, args });
        out
    }

    /// The workspace of the thread that runs this body: its parameters are the numbers of the call and of the
    /// thread, then others, and last the bytes for a thread and the workspace of all.
    fn own(&mut self, base: Var) -> Var {
        let params = &self.function.params;
        let worker = params.get(1).copied();
        let stride = params.iter().rev().nth(1).copied();
        let (Some(worker), Some(stride)) = (worker, stride) else {
            return base;
        };
        let by = self.op(ScalarOp::Mul, &[worker, stride]);
        let out = self.var(VarTy::Pointer);
        self.stmts.push(Stmt::Advance { out, base, by });
        out
    }

    /// For each function that threads run how many bytes one of them needs: it is asked.
    fn strides(&mut self, plan: &Plan, base: Var) -> HashMap<FuncId, Var> {
        let mut strides = HashMap::new();
        let mut cell = None;
        for call in plan.calls.iter().filter(|call| call.threads.is_some()) {
            let cell = *cell.get_or_insert_with(|| {
                let out = self.var(VarTy::Buffer(DType::I64));
                let offset = 0;
                self.stmts.push(Stmt::Address { out, base, offset });
                out
            });
            let mut args: Vec<Var> = call.args.iter().map(|arg| self.emit(arg)).collect();
            args.push(cell);
            self.stmts.push(Stmt::Call {
                callee: workspace_of(call.callee),
                args,
                status: None,
            });
            let index = self.emit(&Formula::number(0));
            let out = self.var(VarTy::Value(Ty::I64));
            let buffer = cell;
            self.stmts.push(Stmt::Load { out, buffer, index });
            strides.insert(call.callee, out);
        }
        strides
    }

    /// The value of a formula.
    fn emit(&mut self, formula: &Formula) -> Var {
        if let Some(&known) = self.known.get(formula) {
            return known;
        }
        let var = match formula {
            Formula::Param(k) => match self.params.get(*k) {
                Some(&var) => var,
                None => return self.emit(&Formula::number(0)),
            },
            Formula::Number(n) => {
                let out = self.var(VarTy::Value(Ty::I64));
                self.stmts.push(Stmt::Const {
                    out,
                    value: Scalar::I64(*n),
                });
                out
            }
            Formula::Op(op, args) => {
                let args: Vec<Var> = args.iter().map(|arg| self.emit(arg)).collect();
                self.op(*op, &args)
            }
        };
        self.known.insert(formula.clone(), var);
        var
    }
}
