//! Statements in a row, with variables of a function.

use dfn_ir::DType;
use dfn_ir::loops::{Facts, Function, Stmt, Ty, Var, VarData, VarTy};
use dfn_ir::scalar::{Compare, Scalar, ScalarOp};
use smallvec::SmallVec;

/// Statements that are being written.
pub(super) struct Emit<'f> {
    pub(super) function: &'f mut Function,
    pub(super) stmts: Vec<Stmt>,
}

impl<'f> Emit<'f> {
    pub(super) fn new(function: &'f mut Function) -> Emit<'f> {
        Emit {
            function,
            stmts: Vec::new(),
        }
    }

    pub(super) fn var(&mut self, name: &str, ty: VarTy) -> Var {
        let name = name.to_owned();
        let facts = Facts::default();
        self.function.vars.push(VarData { ty, name, facts })
    }

    pub(super) fn number(&mut self, n: i64) -> Var {
        let out = self.var("", VarTy::Value(Ty::I64));
        let value = Scalar::I64(n);
        self.stmts.push(Stmt::Const { out, value });
        out
    }

    pub(super) fn op(&mut self, op: ScalarOp, args: &[Var]) -> Var {
        self.typed(Ty::I64, op, args)
    }

    /// An operation with a truth value.
    pub(super) fn truth(&mut self, op: ScalarOp, args: &[Var]) -> Var {
        self.typed(Ty::BOOL, op, args)
    }

    pub(super) fn compare(&mut self, how: Compare, a: Var, b: Var) -> Var {
        self.truth(ScalarOp::Compare(how), &[a, b])
    }

    /// A number that is at least `low` and at most `high`.
    pub(super) fn clamp(&mut self, n: Var, low: i64, high: i64) -> Var {
        let (low, high) = (self.number(low), self.number(high));
        let n = self.op(ScalarOp::Max, &[n, low]);
        self.op(ScalarOp::Min, &[n, high])
    }

    /// How often a loop runs.
    pub(super) fn trips(&mut self, lo: Var, hi: Var, step: i64) -> Var {
        let (zero, before) = (self.number(0), self.number(step - 1));
        let len = self.op(ScalarOp::Sub, &[hi, lo]);
        let len = self.op(ScalarOp::Max, &[len, zero]);
        let padded = self.op(ScalarOp::Add, &[len, before]);
        let step = self.number(step);
        self.op(ScalarOp::Div, &[padded, step])
    }

    pub(super) fn buffer(&mut self, dtype: DType, len: Var) -> Var {
        let buffer = self.var("statuses", VarTy::Buffer(dtype));
        let place = None;
        self.stmts.push(Stmt::Alloc { buffer, len, place });
        buffer
    }

    fn typed(&mut self, ty: Ty, op: ScalarOp, args: &[Var]) -> Var {
        let out = self.var("", VarTy::Value(ty));
        let args = SmallVec::from_slice(args);
        self.stmts.push(Stmt::Op { out, op, args });
        out
    }
}
