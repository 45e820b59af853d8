//! Operations with regions: maps, loops and branches, with whatever is known around them captured.

use super::Gen;
use super::scope::{Bound, Known};
use dfn_ir::function::Value;
use dfn_ir::ops::{Add, And, CompareOp, For, If, Map, Mul, Round, While};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{Block, DType, Parts, Size, Type};

/// What was known before a region.
pub struct Outside {
    known: usize,
    sizes: usize,
}

impl Gen<'_> {
    /// Opens a region; what becomes known in it is forgotten by [`Gen::leave`].
    pub fn enter(&mut self) -> Outside {
        self.b.open();
        Outside {
            known: self.known.len(),
            sizes: self.sizes.len(),
        }
    }

    /// Closes a region.
    pub fn leave(&mut self, outside: Outside, results: Vec<Value>) -> Block {
        self.known.truncate(outside.known);
        self.sizes.truncate(outside.sizes);
        self.b.close(results)
    }

    /// An index parameter of the open region; `i + 1` is a size in it.
    pub fn index_param(&mut self, extent: &Size) -> Value {
        let i = self.b.param(Type::scalar(DType::I64), None);
        let most = self.range(extent).1;
        self.ranges.insert(i, (0, (most - 1).max(0)));
        self.know(i, Bound::Below(extent.clone()));
        if self.random.chance(15) {
            let next = Size::value(i).checked_add(&Size::constant(1)).unwrap();
            self.sizes.push(next);
        }
        i
    }

    /// The instructions of a region.
    pub fn body(&mut self) {
        let n = 1 + self.random.below(5);
        self.steps(n);
    }

    /// Extents of a region: at most `most` runs.
    pub fn extents(&mut self, axes: usize, most: i64) -> Vec<Size> {
        loop {
            let extents: Vec<Size> = (0..axes).map(|_| self.dim()).collect();
            if self.volume(&Type::array(DType::F64, extents.clone())) <= most {
                return extents;
            }
        }
    }

    /// A float that a region can give: of a type that is the same in each run.
    fn result(&mut self, ranks: usize) -> Known {
        let outer = self.b.current_depth() - 1;
        let found = self.find(|cx, k| {
            let ty = cx.b.ty(k.value);
            ty.dtype == DType::F64
                && ty.rank() <= ranks
                && cx.volume(ty) <= 12
                && cx.b.depth(k.value) > outer
                && cx.is_stable(ty, outer)
        });
        found.unwrap_or_else(|| self.want(&Type::scalar(DType::F64)))
    }

    /// An index that a region can give.
    fn index_result(&mut self) -> Option<Known> {
        let outer = self.b.current_depth() - 1;
        self.find(|cx, k| match &k.bound {
            Bound::Below(limit) => {
                cx.b.ty(k.value).is(DType::I64) && limit.values().all(|v| cx.b.depth(v) <= outer)
            }
            _ => false,
        })
    }

    /// One more `map`.
    pub fn map(&mut self) -> bool {
        let axes = 1 + self.random.below(2);
        let extents = self.extents(axes, 9);
        let runs = self.volume(&Type::array(DType::F64, extents.clone())) as f64;
        let outside = self.enter();
        for extent in &extents {
            self.index_param(extent);
        }
        self.body();
        let mut yields: Vec<Known> = (0..1 + self.random.below(2))
            .map(|_| self.result(3 - axes))
            .collect();
        if self.random.chance(20) {
            yields.extend(self.index_result());
        }
        let sums: Vec<Known> = (0..self.random.below(3)).map(|_| self.result(2)).collect();
        let results = yields.iter().chain(&sums).map(|k| k.value).collect();
        let block = self.leave(outside, results);
        let op = Map {
            yields: yields.len(),
            sums: sums.len(),
            accs: 0,
        };
        let results = self.emit_region(op.into(), &[], extents, vec![block]);
        let (stacked, added) = results.split_at(yields.len());
        for (&value, k) in stacked.iter().zip(&yields) {
            self.know(value, k.bound.clone());
        }
        for (&value, k) in added.iter().zip(&sums) {
            self.float(value, runs * k.size());
        }
        true
    }

    /// Emits an instruction with regions; its results.
    pub fn emit_region(
        &mut self,
        op: dfn_ir::Op,
        args: &[Value],
        sizes: Vec<Size>,
        blocks: Vec<Block>,
    ) -> Vec<Value> {
        let parts = Parts {
            args: args.iter().copied().collect(),
            sizes: sizes.into(),
            blocks,
            wanted: Vec::new(),
        };
        let inst = self.b.emit(op, parts).unwrap();
        self.b.results(inst).to_vec()
    }

    /// What a loop starts with: floats with room to grow, and indices.
    fn starts(&mut self) -> Vec<Known> {
        let mut starts = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            let rank = self.random.weighted(&[5, 3, 1]);
            let ty = self.array_type(rank);
            let constant = self.random.chance(15);
            let (value, size) = match constant {
                true => (self.fill(0.5, &ty), 0.5),
                false => {
                    let known = self.want(&ty);
                    (known.value, known.size())
                }
            };
            starts.push(Known {
                value,
                bound: Bound::Float(size.max(2.0)),
                uses: 0,
            });
        }
        if self.random.chance(20) {
            let found = self.find(|cx, k| {
                matches!(k.bound, Bound::Below(_)) && cx.b.ty(k.value).is(DType::I64)
            });
            starts.extend(found);
        }
        self.random.shuffled(&starts)
    }

    /// Parameters of the open region for what is carried.
    fn carry_params(&mut self, starts: &[Known]) -> Vec<Known> {
        let mut params = Vec::new();
        for start in starts {
            let ty = self.ty(start.value);
            let param = self.b.param(ty, None);
            params.push(self.know(param, start.bound.clone()));
        }
        params
    }

    /// What is carried on.
    fn carried(&mut self, params: &[Known]) -> Vec<Value> {
        let mut next = Vec::new();
        for param in params {
            next.push(match &param.bound {
                Bound::Float(limit) => self.next_float(param, *limit),
                Bound::Below(limit) => self.index_below(limit).unwrap_or(param.value),
                Bound::Any => param.value,
            });
        }
        next
    }

    fn next_float(&mut self, param: &Known, limit: f64) -> Value {
        let ty = self.ty(param.value);
        let k = self.want(&ty);
        let (value, size) = match self.random.below(6) {
            0 => (k.value, k.size()),
            1 => (self.op(Mul, &[k.value, param.value]), k.size() * limit),
            2 if self.random.chance(25) => {
                let op = Round {
                    to: ScalarOp::Floor,
                };
                (self.op(op, &[k.value]), k.size() + 1.0)
            }
            _ => (self.op(Add, &[param.value, k.value]), k.size() + limit),
        };
        self.tamed(value, size, limit).value
    }

    /// One more `for`.
    pub fn for_loop(&mut self) -> bool {
        let starts = self.starts();
        let extents = self.extents(1, 6);
        let outside = self.enter();
        self.index_param(&extents[0]);
        let params = self.carry_params(&starts);
        self.body();
        let mut results = self.carried(&params);
        let stacked: Vec<Known> = (0..self.random.below(3)).map(|_| self.result(2)).collect();
        results.extend(stacked.iter().map(|k| k.value));
        let block = self.leave(outside, results);
        let op = For {
            reverse: self.random.chance(50),
        };
        let args: Vec<Value> = starts.iter().map(|k| k.value).collect();
        let results = self.emit_region(op.into(), &args, extents, vec![block]);
        for (&value, k) in results.iter().zip(starts.iter().chain(&stacked)) {
            self.know(value, k.bound.clone());
        }
        true
    }

    /// One more `while`, that counts its runs.
    pub fn while_loop(&mut self) -> bool {
        let mut starts = self.starts();
        starts.push(Known {
            value: self.integer(0),
            bound: Bound::Any,
            uses: 0,
        });
        let limit = match self.random.chance(50) {
            true => {
                let limit = self.random.below(5) as i64;
                self.integer(limit)
            }
            false => {
                let size = self.dim();
                self.size_value(&size)
            }
        };
        let outside = self.enter();
        let params = self.carry_params(&starts);
        let count = params[params.len() - 1].value;
        let how = Compare::Lt;
        let mut again = self.op(CompareOp { how }, &[count, limit]);
        if self.random.chance(30) {
            let other = self.condition(&Type::scalar(DType::F64));
            again = self.op(And, &[again, other]);
        }
        let condition = self.leave(outside, vec![again]);

        let outside = self.enter();
        let params = self.carry_params(&starts);
        self.body();
        let mut results = self.carried(&params);
        let (one, last) = (self.integer(1), results.len() - 1);
        results[last] = self.op(Add, &[params[last].value, one]);
        let body = self.leave(outside, results);
        let args: Vec<Value> = starts.iter().map(|k| k.value).collect();
        let results = self.emit_region(While.into(), &args, Vec::new(), vec![condition, body]);
        for (&value, k) in results.iter().zip(&starts) {
            self.know(value, k.bound.clone());
        }
        true
    }

    /// A scalar condition.
    pub fn scalar_condition(&mut self) -> Value {
        if self.random.chance(25) {
            let found = self.find(|cx, k| {
                matches!(k.bound, Bound::Below(_)) && cx.b.ty(k.value).is(DType::I64)
            });
            if let Some(k) = found {
                let border = self.random.below(3) as i64;
                let border = self.integer(border);
                let how = self.random.pick(&[Compare::Lt, Compare::Eq, Compare::Le]);
                return self.op(CompareOp { how }, &[k.value, border]);
            }
        }
        self.condition(&Type::scalar(DType::F64))
    }

    /// One more `if`.
    pub fn branch(&mut self) -> bool {
        let condition = self.scalar_condition();
        let mut types = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let rank = self.random.weighted(&[5, 3, 1]);
            types.push(self.array_type(rank));
        }
        let limit = self.random.chance(20).then(|| self.dim());
        let limit = limit.filter(|size| self.range(size).0 > 0);
        let (then, mut sizes) = self.arm(&types, limit.as_ref());
        let (other, more) = self.arm(&types, limit.as_ref());
        for (size, other) in sizes.iter_mut().zip(more) {
            *size = size.max(other);
        }
        let results = self.emit_region(If.into(), &[condition], Vec::new(), vec![then, other]);
        for (k, &value) in results.iter().enumerate() {
            match (sizes.get(k), &limit) {
                (Some(&size), _) => self.know(value, Bound::Float(size)),
                (None, Some(limit)) => self.know(value, Bound::Below(limit.clone())),
                (None, None) => self.know(value, Bound::Any),
            };
        }
        true
    }

    /// A region of an `if`; the bounds of its floats.
    fn arm(&mut self, types: &[Type], limit: Option<&Size>) -> (Block, Vec<f64>) {
        let outside = self.enter();
        if self.random.chance(85) {
            self.body();
        }
        let mut results = Vec::new();
        let mut sizes = Vec::new();
        for ty in types {
            if self.random.chance(15) {
                results.push(self.fill(0.5, ty));
                sizes.push(0.5);
                continue;
            }
            let k = self.want(ty);
            results.push(k.value);
            sizes.push(k.size());
        }
        if let Some(limit) = limit {
            let index = self.index_below(limit);
            let index = index.unwrap_or_else(|| self.integer(0));
            results.push(index);
        }
        (self.leave(outside, results), sizes)
    }
}
