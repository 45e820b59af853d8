//! Writes the plan into a function: offsets at its start, a place for each temporary.

use std::collections::HashMap;

use dfn_ir::loops::{Block, Facts, Function, Place, Stmt, Ty, Var, VarData, VarTy};
use dfn_ir::scalar::{Scalar, ScalarOp};
use smallvec::SmallVec;

use super::formula::{Formula, result_of};
use super::measure::scalars;
use super::{Plan, workspace};

/// Statements at the start of a function.
struct Entry<'f> {
    function: &'f mut Function,
    params: Vec<Var>,
    stmts: Vec<Stmt>,
    known: HashMap<Formula, Var>,
}

/// Gives the temporaries of `function` their places.
pub(super) fn place(function: &mut Function, plan: &Plan) {
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
