//! Temporaries whose size is only known while the function runs: taken from `malloc`, given back when
//! their block ends, and wherever the function ends before that. Workspaces of callees likewise, given back
//! after the call.

use dfn_ir::DType;
use dfn_ir::loops::{
    Block, Chance, Facts, FuncId, Function, If, PointerTest, Stmt, Ty, Var, VarData, VarTy,
};
use dfn_ir::scalar::{Compare, Scalar, ScalarOp};
use smallvec::smallvec;

use super::{Plan, workspace_of};

/// More elements than any memory has.
const MOST: i64 = 1 << 59;

struct Take<'f> {
    function: &'f mut Function,
    plan: &'f Plan,
    /// What has been taken around the current statement.
    live: Vec<Var>,
}

/// Rewrites `function` so that what has no place in the workspace comes from `malloc`.
pub(super) fn take(function: &mut Function, plan: &Plan) {
    if plan.taken.is_empty() && plan.grown.is_none() {
        return;
    }
    let mut body = std::mem::take(&mut function.body);
    let live = Vec::new();
    let mut take = Take {
        function,
        plan,
        live,
    };
    take.block(&mut body);
    function.body = body;
}

impl Take<'_> {
    fn var(&mut self, ty: VarTy) -> Var {
        let (name, facts) = (String::new(), Facts::default());
        self.function.vars.push(VarData { ty, name, facts })
    }

    fn block(&mut self, block: &mut Block) {
        let outer = self.live.len();
        let mut stmts = Vec::new();
        for stmt in std::mem::take(&mut block.stmts) {
            self.stmt(stmt, &mut stmts);
        }
        let ended = matches!(stmts.last(), Some(Stmt::Return { .. }));
        let own = self.live.split_off(outer);
        if !ended {
            stmts.extend(own.into_iter().rev().map(|pointer| Stmt::Free { pointer }));
        }
        block.stmts = stmts;
    }

    fn stmt(&mut self, mut stmt: Stmt, stmts: &mut Vec<Stmt>) {
        match &mut stmt {
            Stmt::For(inner) => self.block(&mut inner.body),
            Stmt::While(inner) => {
                self.block(&mut inner.condition);
                self.block(&mut inner.body);
            }
            Stmt::If(inner) => {
                self.block(&mut inner.then);
                self.block(&mut inner.otherwise);
            }
            _ => {}
        }
        match stmt {
            Stmt::Alloc { buffer, len, .. } if self.plan.taken.contains_key(&buffer) => {
                self.temporary(buffer, len, stmts);
            }
            Stmt::Check { condition, code } if !self.live.is_empty() => {
                let status = self.var(VarTy::Value(Ty::I32));
                let value = Scalar::I32(code);
                let constant = Stmt::Const { out: status, value };
                self.leave_unless(condition, status, vec![constant], stmts);
            }
            Stmt::Call {
                callee,
                args,
                status: None,
            } if self.is_grown(callee, &args) => {
                self.grown_call(callee, args, stmts);
            }
            Stmt::Call {
                callee,
                args,
                status: None,
            } if !self.live.is_empty() => {
                self.call(callee, args, stmts);
            }
            Stmt::Return { status } => {
                stmts.extend(self.frees());
                stmts.push(Stmt::Return { status });
            }
            stmt => stmts.push(stmt),
        }
    }

    /// Gives back all that has been taken.
    fn frees(&self) -> Vec<Stmt> {
        self.live
            .iter()
            .rev()
            .map(|&pointer| Stmt::Free { pointer })
            .collect()
    }

    /// Ends the function with `status`, which `before` defines, unless `condition` holds.
    fn leave_unless(
        &mut self,
        condition: Var,
        status: Var,
        before: Vec<Stmt>,
        stmts: &mut Vec<Stmt>,
    ) {
        let mut leave = before;
        leave.extend(self.frees());
        leave.push(Stmt::Return { status });
        stmts.push(Stmt::If(Box::new(If {
            condition,
            chance: Chance::Even,
            then: Block::default(),
            otherwise: Block {
                stmts: leave,
                yields: Vec::new(),
            },
            results: Vec::new(),
        })));
    }

    fn call(&mut self, callee: FuncId, args: Vec<Var>, stmts: &mut Vec<Stmt>) {
        let status = self.var(VarTy::Value(Ty::I32));
        let zero = self.var(VarTy::Value(Ty::I32));
        let fine = self.var(VarTy::Value(Ty::BOOL));
        stmts.push(Stmt::Call {
            callee,
            args,
            status: Some(status),
        });
        stmts.push(Stmt::Const {
            out: zero,
            value: Scalar::I32(0),
        });
        let op = ScalarOp::Compare(Compare::Eq);
        stmts.push(Stmt::Op {
            out: fine,
            op,
            args: smallvec![status, zero],
        });
        self.leave_unless(fine, status, Vec::new(), stmts);
    }

    fn is_grown(&self, callee: FuncId, args: &[Var]) -> bool {
        let grown = self.plan.grown.as_ref();
        grown.is_some_and(|grown| grown.contains(callee, args))
    }

    /// A call whose callee says how much workspace it needs, and gets that.
    fn grown_call(&mut self, callee: FuncId, mut args: Vec<Var>, stmts: &mut Vec<Stmt>) {
        let Some(grown) = &self.plan.grown else {
            return;
        };
        let (out, code) = (grown.bytes, grown.code);
        let is_integer = |&&var: &&Var| self.function.value_ty(var) == Some(Ty::I64);
        let mut asked: Vec<Var> = args.iter().filter(is_integer).copied().collect();
        asked.push(out);
        stmts.push(Stmt::Call {
            callee: workspace_of(callee),
            args: asked,
            status: None,
        });
        let zero = self.number(0, stmts);
        let bytes = self.var(VarTy::Value(Ty::I64));
        stmts.push(Stmt::Load {
            out: bytes,
            buffer: out,
            index: zero,
        });
        let fits = self.var(VarTy::Value(Ty::BOOL));
        stmts.push(Stmt::Op {
            out: fits,
            op: ScalarOp::Compare(Compare::Le),
            args: smallvec![zero, bytes],
        });
        let condition = fits;
        self.stmt(Stmt::Check { condition, code }, stmts);
        let pointer = self.malloc(bytes, 1, code, stmts);
        if let Some(last) = args.last_mut() {
            *last = pointer;
        }
        self.live.push(pointer);
        self.call(callee, args, stmts);
        self.live.pop();
        stmts.push(Stmt::Free { pointer });
    }

    fn number(&mut self, n: i64, stmts: &mut Vec<Stmt>) -> Var {
        let out = self.var(VarTy::Value(Ty::I64));
        let value = Scalar::I64(n);
        stmts.push(Stmt::Const { out, value });
        out
    }

    fn temporary(&mut self, buffer: Var, len: Var, stmts: &mut Vec<Stmt>) {
        let dtype = self.function.ty(buffer).buffer().unwrap_or(DType::Bool);
        let code = self.plan.taken.get(&buffer).copied().unwrap_or(1);
        let pointer = self.malloc(len, i64::from(dtype.bytes()), code, stmts);
        stmts.push(Stmt::Address {
            out: buffer,
            base: pointer,
            offset: 0,
        });
        self.live.push(pointer);
    }

    /// Memory for `len` elements of `size` bytes; the function ends with `code` if there is none. At least
    /// one byte is asked for, so that null means that there is no memory.
    fn malloc(&mut self, len: Var, size: i64, code: i32, stmts: &mut Vec<Stmt>) -> Var {
        let one = self.number(1, stmts);
        let most = self.number(MOST, stmts);
        let size = self.number(size, stmts);
        let mut bytes = len;
        let steps = [
            (ScalarOp::Max, one),
            (ScalarOp::Min, most),
            (ScalarOp::Mul, size),
        ];
        for (op, by) in steps {
            let out = self.var(VarTy::Value(Ty::I64));
            let args = smallvec![bytes, by];
            stmts.push(Stmt::Op { out, op, args });
            bytes = out;
        }
        let pointer = self.var(VarTy::Pointer);
        stmts.push(Stmt::Malloc {
            out: pointer,
            bytes,
        });
        let (null, some) = (
            self.var(VarTy::Value(Ty::BOOL)),
            self.var(VarTy::Value(Ty::BOOL)),
        );
        let test = PointerTest::Null;
        stmts.push(Stmt::Test {
            out: null,
            pointer,
            test,
        });
        stmts.push(Stmt::Op {
            out: some,
            op: ScalarOp::Not,
            args: smallvec![null],
        });
        let condition = some;
        self.stmt(Stmt::Check { condition, code }, stmts);
        pointer
    }
}
