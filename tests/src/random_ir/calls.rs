//! Calls of functions generated before.

use super::Gen;
use super::scope::{Bound, Known};
use dfn_ir::function::{FuncId, Value};
use dfn_ir::{DType, Size};
use std::collections::HashMap;

/// A function as its callers see it.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The function.
    pub func: FuncId,
    /// What its parameters, sizes not counted, may be.
    pub params: Vec<Bound>,
    /// What its results are.
    pub results: Vec<Bound>,
}

impl Gen<'_> {
    /// One more call, or two of one function that share an argument.
    pub fn call(&mut self) -> bool {
        let callees = self.callees.to_vec();
        if callees.is_empty() {
            return false;
        }
        let callee = self.random.pick(&callees);
        let Some(sizes) = self.call_sizes(&callee) else {
            return false;
        };
        let Some(args) = self.call_args(&callee, &sizes) else {
            return false;
        };
        self.emit_call(&callee, &sizes, &args);
        if self.random.chance(35)
            && let Some(others) = self.call_args(&callee, &sizes)
        {
            let mixed = args.iter().zip(&others);
            let mixed: Vec<Value> = mixed
                .map(|(&a, &b)| if self.random.chance(60) { a } else { b })
                .collect();
            self.emit_call(&callee, &sizes, &mixed);
        }
        true
    }

    /// Sizes that the callee takes: 1 to 3, and none that is computed while the function runs, since the
    /// memory that a call needs must be known before.
    fn call_sizes(&mut self, callee: &Signature) -> Option<Vec<Size>> {
        let pool: Vec<Size> = self.sizes.clone();
        let fitting: Vec<Size> = pool
            .into_iter()
            .filter(|s| self.range(s).0 >= 1 && self.range(s).1 <= 3)
            .filter(|s| s.values().all(|v| self.b.depth(v) == 0))
            .collect();
        let n = self.module.get(callee.func).sizes;
        if fitting.is_empty() {
            return None;
        }
        Some((0..n).map(|_| self.random.pick(&fitting)).collect())
    }

    fn call_args(&mut self, callee: &Signature, sizes: &[Size]) -> Option<Vec<Value>> {
        let func = self.module.get(callee.func);
        let bound: HashMap<Value, Size> = func
            .size_params()
            .iter()
            .copied()
            .zip(sizes.iter().cloned())
            .collect();
        let mut args = Vec::new();
        for (&param, limit) in func.params().iter().zip(&callee.params) {
            let ty = func.ty(param).substitute(|v| bound[&v].clone())?;
            args.push(match limit {
                Bound::Float(limit) => {
                    let k = self.want(&ty);
                    self.tamed(k.value, k.size(), *limit).value
                }
                Bound::Below(limit) => {
                    let limit = limit.substitute(|v| bound[&v].clone())?;
                    self.integers(&ty, &limit)?
                }
                Bound::Any => self.condition(&ty.with_dtype(DType::F64)),
            });
        }
        Some(args)
    }

    /// Integers below `limit` of type `ty`.
    fn integers(&mut self, ty: &dfn_ir::Type, limit: &Size) -> Option<Value> {
        if ty.rank() == 0 {
            return self.index_below(limit);
        }
        let found = self.find(|cx, k| match &k.bound {
            Bound::Below(own) => cx.b.ty(k.value) == ty && cx.at_most(own, limit),
            _ => false,
        });
        if let Some(k) = found {
            return Some(k.value);
        }
        let index = self.index_below(limit)?;
        Some(self.spread(index, ty))
    }

    fn emit_call(&mut self, callee: &Signature, sizes: &[Size], args: &[Value]) {
        let inst = self.b.call(self.module, callee.func, sizes, args).unwrap();
        let results = self.b.results(inst).to_vec();
        for (value, bound) in results.into_iter().zip(&callee.results) {
            self.know(value, bound.clone());
        }
    }

    /// A parameter of the function that is generated.
    pub fn parameter(&mut self) -> Known {
        let (ty, bound) = match self.random.below(10) {
            0 => {
                // Nothing is below a size that may be 0.
                let sizes = self.sizes.clone().into_iter();
                let sizes: Vec<_> = sizes.filter(|size| self.range(size).0 > 0).collect();
                let limit = self.random.pick(&sizes);
                let rank = self.random.below(2);
                let ty = self.array_type(rank).with_dtype(DType::I64);
                (ty, Bound::Below(limit))
            }
            1 => (dfn_ir::Type::scalar(DType::Bool), Bound::Any),
            k => {
                let rank = [0, 0, 1, 1, 1, 2, 2, 3][k - 2];
                (self.array_type(rank), Bound::Float(1.5))
            }
        };
        let value = self.b.param(ty, None);
        self.know(value, bound)
    }
}
