//! A value as a sum of products: which array is read along which axes, and what is summed over.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use std::collections::{HashMap, HashSet};

use dfn_ir::function::{Function, Inst, InstData, Value};
use dfn_ir::op::Effect;
use dfn_ir::ops::ReduceKind;
use dfn_ir::{Op, Size};

/// An axis that something runs along: an index of a `map`, or an axis of a whole array.
pub(super) type Axis = usize;

/// An array that is read at scalars and along axes.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    pub(super) array: Value,
    /// For each axis of the array what it is read at.
    pub(super) at: Vec<At>,
}

/// What an axis of an array is read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// A scalar that does not change.
    Scalar(Value),
    Axis(Axis),
}

impl Factor {
    /// The axes that it runs along.
    pub(super) fn axes(&self) -> impl Iterator<Item = Axis> {
        self.at.iter().filter_map(|at| match at {
            At::Axis(axis) => Some(*axis),
            At::Scalar(_) => None,
        })
    }
}

/// `sum over summed of the product of factors`, for each element along `result`.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) result: Vec<Axis>,
    pub(super) summed: Vec<Axis>,
    pub(super) factors: Vec<Factor>,
}

/// Finds forms in one function.
pub(super) struct Finder<'a> {
    func: &'a Function,
    defs: HashMap<Value, Inst>,
    /// Sizes of axes.
    sizes: Vec<Size>,
    /// Indices of maps as axes.
    indices: HashMap<Value, Axis>,
    /// What is defined inside of the maps that were entered.
    inside: HashSet<Value>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(func: &'a Function) -> Finder<'a> {
        let mut defs = HashMap::new();
        func.walk(&func.body, &mut |inst, data| {
            defs.extend(data.results.iter().map(|&v| (v, inst)));
        });
        Finder {
            func,
            defs,
            sizes: Vec::new(),
            indices: HashMap::new(),
            inside: HashSet::new(),
        }
    }

    /// The form of what `data`, a `map` or a `reduce`, gives.
    pub(super) fn form(&mut self, data: &InstData) -> Option<Form> {
        self.sizes.clear();
        self.indices.clear();
        self.inside.clear();
        let form = self.of_inst(data)?;
        let two = form.factors.len() == 2 && !form.summed.is_empty();
        two.then_some(form)
    }

    fn axis(&mut self, size: Size) -> Option<Axis> {
        if size.values().any(|v| self.inside.contains(&v)) {
            return None;
        }
        self.sizes.push(size);
        Some(self.sizes.len() - 1)
    }

    fn of_inst(&mut self, data: &InstData) -> Option<Form> {
        match &data.op {
            Op::Map(op) if op.sums == 0 && op.accs == 0 && data.results.len() == 1 => {
                self.of_map(data)
            }
            Op::Reduce(op) if op.kind == ReduceKind::Sum => {
                let form = self.of(*data.args.first()?)?;
                let on = |reduced: bool| {
                    let axes = form.result.iter().enumerate();
                    let axes = axes.filter(move |(k, _)| op.axes.contains(k) == reduced);
                    axes.map(|(_, &axis)| axis).collect::<Vec<Axis>>()
                };
                let (result, mut summed) = (on(false), on(true));
                summed.extend(&form.summed);
                Some(Form {
                    result,
                    summed,
                    factors: form.factors,
                })
            }
            Op::Mul(_) => {
                let &[x, y] = data.args.as_slice() else {
                    return None;
                };
                let (x, y) = (self.one_factor(x)?, self.one_factor(y)?);
                self.product(x, y)
            }
            _ => None,
        }
    }

    fn of_map(&mut self, data: &InstData) -> Option<Form> {
        let block = data.blocks.first()?;
        let mut pure = true;
        self.func.walk(block, &mut |_, inner| {
            pure &= inner.op.effect() == Effect::Pure && !matches!(inner.op, Op::Call(_));
            self.inside.extend(inner.results.iter().copied());
            for block in &inner.blocks {
                self.inside.extend(block.params.iter().copied());
            }
        });
        self.inside.extend(block.params.iter().copied());
        let &[result] = block.results.as_slice() else {
            return None;
        };
        if !pure {
            return None;
        }
        let mut axes = Vec::new();
        for (size, &param) in data.sizes.iter().zip(&block.params) {
            let axis = self.axis(size.clone())?;
            self.indices.insert(param, axis);
            axes.push(axis);
        }
        let form = self.of(result)?;
        axes.extend(&form.result);
        Some(Form {
            result: axes,
            ..form
        })
    }

    /// The form of a value: what computes it, or an array that is read as it is.
    fn of(&mut self, value: Value) -> Option<Form> {
        let data = self.defs.get(&value).map(|&inst| &self.func.insts[inst]);
        let known = data.and_then(|data| match (&data.op, data.args.as_slice()) {
            (Op::Index(_), &[array, ref at @ ..]) => self.indexed(array, at),
            (Op::Broadcast(op), &[x]) => self.broadcast(value, x, &op.axes),
            (Op::Transposed(op), &[x]) => {
                let form = self.of(x)?;
                let result = op.axes.iter().map(|&a| form.result.get(a).copied());
                Some(Form {
                    result: result.collect::<Option<_>>()?,
                    ..form
                })
            }
            _ => self.of_inst(data),
        });
        known.or_else(|| self.whole(value))
    }

    /// A form of one factor without sums; a product that is one itself is read as it is.
    fn one_factor(&mut self, value: Value) -> Option<Form> {
        let form = self.of(value);
        match form {
            Some(form) if form.factors.len() == 1 && form.summed.is_empty() => Some(form),
            _ => self.whole(value),
        }
    }

    /// An array from outside of the maps.
    fn whole(&mut self, value: Value) -> Option<Form> {
        let ty = self.func.ty(value);
        if self.inside.contains(&value) || ty.rank() == 0 || ty.is_accumulator() {
            return None;
        }
        let axes: Option<Vec<Axis>> = ty.shape.iter().map(|s| self.axis(s.clone())).collect();
        let axes = axes?;
        Some(Form {
            result: axes.clone(),
            summed: Vec::new(),
            factors: vec![Factor {
                array: value,
                at: axes.into_iter().map(At::Axis).collect(),
            }],
        })
    }

    fn indexed(&mut self, array: Value, at: &[Value]) -> Option<Form> {
        if self.inside.contains(&array) {
            return None;
        }
        let ty = self.func.ty(array).clone();
        let mut all = Vec::new();
        let mut result = Vec::new();
        for (k, size) in ty.shape.iter().enumerate() {
            all.push(match at.get(k) {
                None => {
                    let axis = self.axis(size.clone())?;
                    result.push(axis);
                    At::Axis(axis)
                }
                Some(v) => match self.indices.get(v) {
                    Some(&axis) if self.sizes.get(axis) == Some(size) => At::Axis(axis),
                    None if !self.inside.contains(v) => At::Scalar(*v),
                    _ => return None,
                },
            });
        }
        Some(Form {
            result,
            summed: Vec::new(),
            factors: vec![Factor { array, at: all }],
        })
    }

    fn broadcast(&mut self, value: Value, x: Value, axes: &[usize]) -> Option<Form> {
        let form = self.of(x)?;
        let mut result = Vec::new();
        for (k, size) in self.func.ty(value).shape.clone().into_iter().enumerate() {
            let from = axes.iter().position(|&a| a == k);
            result.push(match from.and_then(|k| form.result.get(k)) {
                Some(&axis) => axis,
                None => self.axis(size)?,
            });
        }
        Some(Form { result, ..form })
    }

    /// The product of two forms of the same shape: their axes become the same.
    fn product(&mut self, x: Form, y: Form) -> Option<Form> {
        if x.result.len() != y.result.len() {
            return None;
        }
        let same: HashMap<Axis, Axis> = y.result.iter().copied().zip(x.result.clone()).collect();
        // Two axes of one side that meet one axis of the other are a diagonal.
        let distinct: HashSet<Axis> = y.result.iter().copied().collect();
        if distinct.len() != y.result.len() {
            return None;
        }
        let mut factors = x.factors;
        for factor in y.factors {
            let at = factor.at.iter().map(|at| match at {
                At::Axis(axis) => At::Axis(same.get(axis).copied().unwrap_or(*axis)),
                scalar => *scalar,
            });
            factors.push(Factor {
                array: factor.array,
                at: at.collect(),
            });
        }
        Some(Form {
            result: x.result,
            summed: Vec::new(),
            factors,
        })
    }
}
