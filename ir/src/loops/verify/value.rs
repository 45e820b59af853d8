//! Type rules of scalars, vectors and control flow.

use super::Checker;
use crate::loops::{Carry, Pick, Stmt, Ty, Var};
use crate::scalar::{DType, ScalarOp};

impl<'a> Checker<'a> {
    pub(super) fn value_stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Const { out, value } => {
                let lanes = self.value(*out).map_or(1, |ty| ty.lanes);
                self.expect_value("the constant", *out, Ty::vector(value.dtype(), lanes));
            }
            Stmt::Op { out, op, args } => self.op(*out, *op, args),
            Stmt::Splat { out, arg } => self.splat(*out, *arg),
            Stmt::Iota { out } => {
                let lanes = self.value(*out).map_or(2, |ty| ty.lanes);
                self.expect_value("the result", *out, Ty::vector(DType::I64, lanes));
                self.require(lanes > 1, |_| "an iota is a vector".to_owned());
            }
            Stmt::Pick { out, arg, pick } => self.pick(*out, *arg, *pick),
            Stmt::Shuffle { out, args, lanes } => self.shuffle(*out, *args, lanes),
            Stmt::Reduce { out, arg, .. } => {
                let lanes = self.value(*arg).map_or(2, |ty| ty.lanes);
                self.expect_value("the operand", *arg, Ty::vector(DType::Bool, lanes));
                self.expect_value("the result", *out, Ty::BOOL);
                self.require(lanes > 1, |_| "the operand is not a vector".to_owned());
            }
            _ => {}
        }
    }

    fn op(&mut self, out: Var, op: ScalarOp, args: &[Var]) {
        if args.len() != op.arity() {
            let (name, arity) = (op.name(), op.arity());
            return self.error(format!("{name} takes {arity} operands, not {}", args.len()));
        }
        let Some(ty) = args.last().and_then(|&last| self.value(last)) else {
            return self.error("an operand is an address");
        };
        let Some(result) = op.result(ty.dtype) else {
            return self.error(format!("{} is not defined on {}", op.name(), ty.dtype));
        };
        self.expect_value("the result", out, ty.with_dtype(result));
        let mut args = args.iter();
        if op == ScalarOp::Select
            && let Some(&condition) = args.next()
        {
            self.expect_value("the operand", condition, ty.with_dtype(DType::Bool));
        }
        for &arg in args {
            self.expect_value("the operand", arg, ty);
        }
    }

    fn splat(&mut self, out: Var, arg: Var) {
        let Some(ty) = self.value(out) else {
            return self.error("the result is an address");
        };
        self.require(ty.lanes > 1, |_| "a splat is a vector".to_owned());
        self.expect_value("the operand", arg, Ty::scalar(ty.dtype));
    }

    fn pick(&mut self, out: Var, arg: Var, pick: Pick) {
        let Some(ty) = self.value(arg) else {
            return self.error("the operand is an address");
        };
        self.require(ty.lanes > 1, |_| "the operand is not a vector".to_owned());
        match pick {
            Pick::Lane(lane) => {
                self.require(lane < ty.lanes, |_| {
                    format!("there is no lane {lane} in {ty}")
                });
                self.expect_value("the result", out, ty.with_lanes(1));
            }
            Pick::Half(_) => {
                self.expect_value("the result", out, ty.with_lanes(ty.lanes / 2));
            }
        }
    }

    fn shuffle(&mut self, out: Var, [a, b]: [Var; 2], lanes: &[u16]) {
        let Some(ty) = self.value(a) else {
            return self.error("the operand is an address");
        };
        self.require(ty.lanes > 1, |_| "the operand is not a vector".to_owned());
        self.expect_value("the operand", b, ty);
        let count = u16::try_from(lanes.len()).unwrap_or(0);
        let outside = lanes.iter().find(|lane| **lane >= 2 * ty.lanes);
        self.require(outside.is_none(), |_| {
            format!(
                "there is no lane {} in two of {ty}",
                outside.copied().unwrap_or(0)
            )
        });
        self.expect_value("the result", out, ty.with_lanes(count));
    }

    pub(super) fn control(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::For(inner) => {
                self.expect_index("the counter", inner.counter);
                self.expect_index("the first value", inner.lo);
                self.expect_index("the bound", inner.hi);
                self.require(inner.step >= 1, |_| "the step is not positive".to_owned());
                self.carries(&inner.carries, &inner.body.yields, &inner.results);
            }
            Stmt::While(inner) => {
                match inner.condition.yields.as_slice() {
                    &[condition] => self.expect_condition(condition),
                    _ => self.error("the condition of a while yields one value"),
                }
                self.carries(&inner.carries, &inner.body.yields, &inner.results);
            }
            Stmt::If(inner) => {
                self.expect_condition(inner.condition);
                self.yields(&inner.results, &inner.then.yields);
                self.yields(&inner.results, &inner.otherwise.yields);
            }
            _ => {}
        }
    }

    fn carries(&mut self, carries: &[Carry], next: &[Var], results: &[Var]) {
        let vars: Vec<_> = carries.iter().map(|carry| carry.var).collect();
        let inits: Vec<_> = carries.iter().map(|carry| carry.init).collect();
        for others in [inits.as_slice(), next, results] {
            self.yields(&vars, others);
        }
    }

    /// `found` has the number and the types of `wanted`.
    fn yields(&mut self, wanted: &[Var], found: &[Var]) {
        if wanted.len() != found.len() {
            let (wanted, found) = (wanted.len(), found.len());
            return self.error(format!("{wanted} values are handed on, not {found}"));
        }
        for (&wanted, &found) in wanted.iter().zip(found) {
            if let Some(ty) = self.ty(wanted) {
                self.expect("the value handed on,", found, ty);
            }
        }
    }
}
