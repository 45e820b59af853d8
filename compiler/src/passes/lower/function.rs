//! Functions: parameters, results, and the accumulators that are both.
//!
//! The parameters of the loop function are, in order: the sizes; each parameter (a scalar by value, an
//! array or accumulator as a buffer); a buffer for each result that is not the accumulator of a
//! parameter; the workspace.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use std::collections::HashMap;

use dfn_ir::derive::Flow;
use dfn_ir::function::InstData;
use dfn_ir::loops::{self, Builder, Facts, Linkage, Ty, Var, VarTy};
use dfn_ir::{FuncId, Function, Inst, Module, Op, Span, Type, Value};

use super::Lowered;
use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::view::View;

/// The alias class of what is only read.
const INPUTS: u32 = 1;

/// A loop function, and where in the source its temporaries come from, and the loops that threads may share, by
/// their counters.
pub(super) type Made = (loops::Function, Vec<(Var, Span)>);

/// The loop function of `id`; all that it calls has been lowered.
pub(super) fn lower(module: &Module, id: FuncId, shared: &mut Lowered) -> Done<Made> {
    let func = module.get(id);
    let roots = roots(func, shared);
    let outcome = emit(func, &roots, shared).map_err(|error| error.within(&func.name));
    shared.accumulators.insert(id, roots);
    outcome
}

fn emit(func: &Function, roots: &[Option<usize>], shared: &mut Lowered) -> Done<Made> {
    let mut b = Builder::new(func.name.clone(), Linkage::Local);
    let params: Vec<Var> = func
        .body
        .params
        .iter()
        .map(|&v| param(&mut b, func, v))
        .collect();
    let mut class = INPUTS + 1;
    for (&var, &value) in params.iter().zip(&func.body.params) {
        if func.ty(value).is_accumulator() {
            b.facts(
                var,
                Facts {
                    class,
                    ..Facts::default()
                },
            );
            class += 1;
        }
    }
    let mut outs = Vec::new();
    for (&result, root) in func.body.results.iter().zip(roots) {
        outs.push(root.is_none().then(|| {
            let facts = Facts {
                class,
                ..Facts::default()
            };
            class += 1;
            let name = func.name(result).unwrap_or("out").to_owned();
            b.buffer_param(&name, func.ty(result).dtype, facts)
        }));
    }
    let workspace = b.param("workspace", VarTy::Pointer);
    let mut cx = Cx::new(func, shared, b, workspace);
    cx.parameters(&params)?;
    cx.tables()?;
    cx.identities()?;
    let mut dests = Vec::new();
    for (&result, out) in func.body.results.iter().zip(&outs) {
        let dtype = func.ty(result).dtype;
        dests.push(match *out {
            Some(buffer) => {
                cx.mutable.insert(buffer);
                Some(View::whole(buffer, dtype, cx.shape_of(result)?)?)
            }
            None => None,
        });
    }
    cx.block(&func.body, &dests)?;
    cx.b.ret_code(0);
    let mut places = cx.temporaries;
    places.extend(cx.shares);
    Ok((cx.b.finish(), places))
}

fn param(b: &mut Builder, func: &Function, value: Value) -> Var {
    let ty: &Type = func.ty(value);
    let name = func.name(value).unwrap_or_default().to_owned();
    if ty.is_scalar() {
        return b.param(&name, VarTy::Value(Ty::scalar(ty.dtype)));
    }
    let readonly = !ty.is_accumulator();
    let facts = Facts {
        class: INPUTS,
        readonly,
        align: 0,
    };
    b.buffer_param(&name, ty.dtype, facts)
}

impl Cx<'_> {
    fn parameters(&mut self, params: &[Var]) -> Done {
        for (&value, &var) in self.func.body.params.iter().zip(params) {
            let ty = self.func.ty(value);
            let val = match ty.is_scalar() {
                true => Val::Scalar(var),
                false => Val::View(View::whole(var, ty.dtype, self.shape(ty)?)?),
            };
            self.set(value, val);
        }
        Ok(())
    }

    /// Tables of constants are written once, at the start.
    fn tables(&mut self) -> Done {
        let mut tables: Vec<Inst> = Vec::new();
        self.func.walk(&self.func.body, &mut |inst, data| {
            if matches!(data.op, Op::Dense(_)) {
                tables.push(inst);
            }
        });
        for inst in tables {
            let data = self.data(inst);
            let (Op::Dense(op), &[result]) = (&data.op, data.results.as_slice()) else {
                return Err(internal("not a table"));
            };
            let view = self.temporary("table", self.func.ty(result))?;
            self.mutable.remove(&view.buffer);
            for (k, &value) in op.values.iter().enumerate() {
                let at = self.b.index(k as i64);
                let var = self.constant(value);
                self.b.store(view.buffer, at, var);
            }
            match self.func.ty(result).rank() {
                0 => {
                    let var = op.values.first().map(|&value| self.constant(value));
                    self.set(
                        result,
                        Val::Scalar(var.ok_or_else(|| internal("an empty table"))?),
                    );
                }
                _ => self.set(result, Val::View(view)),
            }
        }
        Ok(())
    }
}

/// For each result the parameter (sizes not counted) whose accumulator it is.
fn roots(func: &Function, shared: &Lowered) -> Vec<Option<usize>> {
    let mut defs: HashMap<Value, Inst> = HashMap::new();
    func.walk(&func.body, &mut |inst, data| {
        defs.extend(data.results.iter().map(|&v| (v, inst)));
    });
    let root = |&result: &Value| {
        if !func.ty(result).is_accumulator() {
            return None;
        }
        let mut at = result;
        loop {
            if let Some(k) = func.params().iter().position(|&v| v == at) {
                return Some(k);
            }
            let data = &func.insts[*defs.get(&at)?];
            at = match &data.op {
                Op::AccAdd(_) => *data.args.first()?,
                _ => accumulator_operand(shared, data, at)?,
            };
        }
    };
    func.body.results.iter().map(root).collect()
}

/// The operand whose accumulator the result `result` of a region or call is, if any.
pub(super) fn accumulator_operand(
    shared: &Lowered,
    data: &InstData,
    result: Value,
) -> Option<Value> {
    let k = data.results.iter().position(|&v| v == result)?;
    match &data.op {
        Op::Map(op) => data.args.get(k.checked_sub(op.yields + op.sums)?).copied(),
        Op::For(_) => data.args.get(k).copied(),
        Op::If(_) => {
            let flow = Flow::of(data);
            flow.outward
                .iter()
                .find(|(_, outer)| *outer == result)
                .map(|(inner, _)| *inner)
        }
        Op::Call(op) => {
            let roots = shared.accumulators.get(&op.func)?;
            data.args.get((*roots.get(k)?)?).copied()
        }
        _ => None,
    }
}
