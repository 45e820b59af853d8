//! The function that measures a workspace.
//!
//! Every step is computed twice: in `i64`, which wraps, and in `f64`, which is off by a few parts in
//! 2^53 but cannot wrap. As long as the second stays below 2^62, the first has not wrapped.

use std::collections::HashMap;

use dfn_ir::DType;
use dfn_ir::loops::{Builder, Facts, Function, Linkage, Ty, Var, VarTy};
use dfn_ir::scalar::{Compare, Scalar, ScalarOp};

use super::formula::Formula;
use super::{Plan, workspace_of};

/// Beyond this a step may have wrapped: 2^62.
const LIMIT: f64 = 4_611_686_018_427_387_904.0;

/// The positions of the `i64` scalars among the parameters of `function`.
pub(super) fn scalars(function: &Function) -> Vec<usize> {
    let params = function.params.iter().enumerate();
    let integers = params.filter(|(_, var)| function.value_ty(**var) == Some(Ty::I64));
    integers.map(|(k, _)| k).collect()
}

struct Measure {
    b: Builder,
    params: Vec<Var>,
    known: HashMap<Formula, Var>,
    /// Whether no step has wrapped.
    fits: Var,
}

/// The function that measures the workspace of `function`.
pub(super) fn measure(function: &Function, plan: &Plan) -> Function {
    let mut b = Builder::new(format!("{}.workspace", function.name), Linkage::Local);
    let mut params = Vec::new();
    for at in scalars(function) {
        let param = function
            .params
            .get(at)
            .and_then(|&var| function.vars.get(var));
        let name = param.map_or("", |data| data.name.as_str()).to_owned();
        params.push(b.param(&name, VarTy::Value(Ty::I64)));
    }
    let facts = Facts {
        class: 1,
        ..Facts::default()
    };
    let out = b.buffer_param("bytes", DType::I64, facts);
    let fits = b.constant(Scalar::Bool(true), 1);
    let mut m = Measure {
        b,
        params,
        known: HashMap::new(),
        fits,
    };
    let mut total = Formula::number(0);
    for slot in &plan.slots {
        total = total.with(ScalarOp::Add, &slot.bytes);
    }
    let mut total = m.emit(&total);
    if !plan.calls.is_empty() {
        let most = m.calls(plan, out);
        total = m.step(ScalarOp::Add, &[total, most]);
    }
    let none = m.b.index(-1);
    let bytes = m.b.op(ScalarOp::Select, &[m.fits, total, none]);
    let zero = m.b.index(0);
    m.b.store(out, zero, bytes);
    m.b.ret_code(0);
    m.b.finish()
}

impl Measure {
    /// The most that a callee needs.
    fn calls(&mut self, plan: &Plan, out: Var) -> Var {
        let zero = self.b.index(0);
        let mut most = zero;
        for call in &plan.calls {
            let callee = workspace_of(call.callee);
            let mut args: Vec<Var> = call.args.iter().map(|arg| self.emit(arg)).collect();
            args.push(out);
            self.b.call(callee, &args);
            let bytes = self.b.load(out, zero, 1);
            let known = self.b.compare(Compare::Le, zero, bytes);
            self.fits = self.b.op(ScalarOp::And, &[self.fits, known]);
            let bytes = match &call.threads {
                Some(threads) => {
                    let threads = self.emit(threads);
                    self.step(ScalarOp::Mul, &[bytes, threads])
                }
                None => bytes,
            };
            most = self.b.op(ScalarOp::Max, &[most, bytes]);
        }
        most
    }

    fn emit(&mut self, formula: &Formula) -> Var {
        if let Some(&known) = self.known.get(formula) {
            return known;
        }
        let var = match formula {
            Formula::Param(k) => match self.params.get(*k) {
                Some(&var) => var,
                None => self.b.index(0),
            },
            Formula::Number(n) => self.b.index(*n),
            Formula::Op(op, args) => {
                let args: Vec<Var> = args.iter().map(|arg| self.emit(arg)).collect();
                self.step(*op, &args)
            }
        };
        self.known.insert(formula.clone(), var);
        var
    }

    /// One operation, and whether it has wrapped.
    fn step(&mut self, op: ScalarOp, args: &[Var]) -> Var {
        let value = self.b.op(op, args);
        if matches!(
            op,
            ScalarOp::Add | ScalarOp::Sub | ScalarOp::Mul | ScalarOp::Neg
        ) {
            let shadows: Vec<Var> = args
                .iter()
                .map(|&arg| self.b.op(ScalarOp::Convert(DType::F64), &[arg]))
                .collect();
            let shadow = self.b.op(op, &shadows);
            let magnitude = self.b.op(ScalarOp::Abs, &[shadow]);
            let limit = self.b.constant(Scalar::F64(LIMIT), 1);
            let small = self.b.compare(Compare::Lt, magnitude, limit);
            self.fits = self.b.op(ScalarOp::And, &[self.fits, small]);
        }
        value
    }
}
