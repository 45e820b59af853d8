//! Accumulators: filled at indices by instructions, maps, loops and branches, then read.

use super::Gen;
use super::scope::Bound;
use dfn_ir::function::Value;
use dfn_ir::ops::{AccAdd, AccNew, AccRead, For, If, Map};
use dfn_ir::{DType, Size, Type};

/// What was added to an accumulator.
struct Filled {
    value: Value,
    /// The bound of its elements.
    size: f64,
}

impl Gen<'_> {
    /// One more accumulator, from its beginning to its end.
    pub fn accumulate(&mut self) -> bool {
        let rank = self.random.weighted(&[1, 4, 3]);
        let ty = self.array_type(rank);
        let start = self.want(&ty);
        let acc = self.op(AccNew, &[start.value]);
        let mut filled = Filled {
            value: acc,
            size: start.size(),
        };
        for _ in 0..1 + self.random.below(2) {
            filled = self.add_up(filled, &ty, 1.0, 0);
        }
        let sum = self.op(AccRead, &[filled.value]);
        self.float(sum, filled.size);
        true
    }

    /// Adds to an accumulator of `ty` in some way, `runs` times.
    fn add_up(&mut self, acc: Filled, ty: &Type, runs: f64, depth: usize) -> Filled {
        match self.random.below(if depth < 2 { 8 } else { 3 }) {
            0..=2 => self.add_at(acc, ty, runs),
            3 | 4 => self.add_in_map(acc, ty, runs, depth),
            5 | 6 => self.add_in_loop(acc, ty, runs, depth),
            _ => self.add_in_branch(acc, ty, runs, depth),
        }
    }

    fn add_at(&mut self, acc: Filled, ty: &Type, runs: f64) -> Filled {
        let mut indices = Vec::new();
        for size in ty.shape.iter().take(self.random.below(ty.rank() + 1)) {
            match self.index_below(size) {
                Some(index) => indices.push(index),
                None => break,
            }
        }
        let addend = self.want(&ty.drop_axes(indices.len()));
        let mut args = vec![acc.value, addend.value];
        args.extend(indices);
        Filled {
            value: self.op(AccAdd, &args),
            size: acc.size + runs * addend.size(),
        }
    }

    fn add_several(&mut self, mut acc: Filled, ty: &Type, runs: f64, depth: usize) -> Filled {
        if self.random.chance(60) {
            self.body();
        }
        for _ in 0..1 + self.random.below(2) {
            acc = self.add_up(acc, ty, runs, depth + 1);
        }
        acc
    }

    /// The extents of a region; often those of the accumulator's leading axes.
    fn extents_for(&mut self, ty: &Type, axes: usize) -> Vec<Size> {
        match ty.rank() >= axes && self.random.chance(60) {
            true => ty.shape.iter().take(axes).cloned().collect(),
            false => self.extents(axes, 9),
        }
    }

    fn add_in_map(&mut self, acc: Filled, ty: &Type, runs: f64, depth: usize) -> Filled {
        let axes = 1 + self.random.below(2);
        let extents = self.extents_for(ty, axes);
        let most = self.volume(&Type::array(DType::F64, extents.clone())) as f64;
        let outside = self.enter();
        for extent in &extents {
            self.index_param(extent);
        }
        let value = self.b.param(ty.accumulator(), None);
        let inner = Filled { value, ..acc };
        let inner = self.add_several(inner, ty, runs * most, depth);
        let block = self.leave(outside, vec![inner.value]);
        let op = Map {
            yields: 0,
            sums: 0,
            accs: 1,
        };
        let results = self.emit_region(op.into(), &[acc.value], extents, vec![block]);
        Filled {
            value: results[0],
            ..inner
        }
    }

    fn add_in_loop(&mut self, acc: Filled, ty: &Type, runs: f64, depth: usize) -> Filled {
        let extents = self.extents_for(ty, 1);
        let extents = if extents.is_empty() {
            vec![Size::constant(2)]
        } else {
            extents
        };
        let most = self.range(&extents[0]).1 as f64;
        let carry = self.want(&Type::scalar(DType::F64));
        let outside = self.enter();
        self.index_param(&extents[0]);
        let value = self.b.param(ty.accumulator(), None);
        let param = self.b.param(Type::scalar(DType::F64), None);
        self.know(param, Bound::Float(carry.size().max(1.0)));
        let inner = Filled { value, ..acc };
        let inner = self.add_several(inner, ty, runs * most, depth);
        let next = self.want(&Type::scalar(DType::F64));
        let next = self.tamed(next.value, next.size(), carry.size().max(1.0));
        let block = self.leave(outside, vec![inner.value, next.value]);
        let op = For {
            reverse: self.random.chance(50),
        };
        let args = [acc.value, carry.value];
        let results = self.emit_region(op.into(), &args, extents, vec![block]);
        self.know(results[1], Bound::Float(carry.size().max(1.0)));
        Filled {
            value: results[0],
            ..inner
        }
    }

    fn add_in_branch(&mut self, acc: Filled, ty: &Type, runs: f64, depth: usize) -> Filled {
        let condition = self.scalar_condition();
        let mut blocks = Vec::new();
        let mut size: f64 = acc.size;
        for _ in 0..2 {
            let outside = self.enter();
            let mut inner = Filled { ..acc };
            if self.random.chance(80) {
                inner = self.add_several(inner, ty, runs, depth);
            }
            size = size.max(inner.size);
            blocks.push(self.leave(outside, vec![inner.value]));
        }
        let results = self.emit_region(If.into(), &[condition], Vec::new(), blocks);
        Filled {
            value: results[0],
            size,
        }
    }
}
