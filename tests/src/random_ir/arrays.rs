//! Operations on the structure of arrays, reductions and contractions.

use super::Gen;
use super::scope::{Bound, Known};
use dfn_ir::function::Value;
use dfn_ir::ops::{
    Broadcast, Concat, Convert, Dot, Index, Iota, Mul, Order, Reduce, ReduceKind, Reshape, Slice,
    Stack, Transposed,
};
use dfn_ir::{DType, Size, Type};

/// Arrays have at most so many elements.
const VOLUME: i64 = 60;

impl Gen<'_> {
    /// One more operation on structure.
    pub fn structural(&mut self) -> bool {
        let kind = self.random.below(9);
        let ranks = if matches!(kind, 1 | 4) { 0..=2 } else { 1..=3 };
        let Some(x) = self.any_float(ranks) else {
            return false;
        };
        let ty = self.ty(x.value);
        match kind {
            0 => self.permute(&x, &ty),
            1 => self.repeat(&x, &ty),
            2 => self.reshape(&x, &ty),
            3 => self.slice(&x, &ty),
            4 => self.stack(&x, &ty),
            5 => self.concat(&x, &ty),
            6 => self.numbered(),
            _ => self.element(&x, &ty),
        }
    }

    fn permute(&mut self, x: &Known, ty: &Type) -> bool {
        let axes: Vec<usize> = (0..ty.rank()).collect();
        let axes = self.random.shuffled(&axes);
        let value = self.op(Transposed { axes }, &[x.value]);
        self.know(value, x.bound.clone());
        true
    }

    fn repeat(&mut self, x: &Known, ty: &Type) -> bool {
        let mut shape = ty.shape.to_vec();
        let at = self.random.below(shape.len() + 1);
        shape.insert(at, self.dim());
        let wanted = Type::array(DType::F64, shape);
        if self.volume(&wanted) > VOLUME {
            return false;
        }
        let axes = (0..wanted.rank()).filter(|a| *a != at).collect();
        let value = self.b.op_as(Broadcast { axes }, &[x.value], wanted);
        self.know(value.unwrap(), x.bound.clone());
        true
    }

    fn reshape(&mut self, x: &Known, ty: &Type) -> bool {
        let mut shape = ty.shape.to_vec();
        match self.random.below(3) {
            0 if shape.len() > 1 => {
                let at = self.random.below(shape.len() - 1);
                let second = shape.remove(at + 1);
                shape[at] = shape[at].checked_mul(&second).unwrap();
            }
            1 if shape.len() > 1 => shape.rotate_left(1),
            _ if shape.len() < 3 => {
                let at = self.random.below(shape.len() + 1);
                shape.insert(at, Size::constant(1));
            }
            _ => shape.reverse(),
        }
        let wanted = Type::array(DType::F64, shape);
        let value = self.b.op_as(Reshape, &[x.value], wanted).unwrap();
        self.know(value, x.bound.clone());
        true
    }

    /// A part of an axis: from a start to a size that fit, every second one, or all backwards.
    fn slice(&mut self, x: &Known, ty: &Type) -> bool {
        let axis = self.random.below(ty.rank());
        let size = ty.shape[axis].clone();
        let (start, step, count) = match self.random.below(4) {
            0 if self.range(&size).0 > 0 => {
                let last = size.checked_sub(&Size::constant(1)).unwrap();
                (self.size_value(&last), -1, size)
            }
            1 => self.window(&size),
            2 if self.range(&size).0 >= 3 => {
                let first = self.random.below(self.range(&size).0 as usize - 2) as i64;
                let twice = if self.random.chance(50) { 2 } else { -2 };
                let start = if twice > 0 { first } else { first + 2 };
                (self.integer(start), twice, Size::constant(2))
            }
            _ => self.prefix(&size),
        };
        let mut wanted = ty.clone();
        wanted.shape[axis] = count;
        let value = self
            .b
            .op_as(Slice { axis, step }, &[x.value, start], wanted);
        self.know(value.unwrap(), x.bound.clone());
        true
    }

    /// A window at a known index `k`: from `k` to `k + size - limit`, which fits as `k < limit`.
    fn window(&mut self, size: &Size) -> (Value, i64, Size) {
        let known = self.find(|cx, k| match &k.bound {
            Bound::Below(limit) => cx.b.ty(k.value).is(DType::I64) && cx.at_most(limit, size),
            _ => false,
        });
        if let Some(known) = known
            && let Bound::Below(limit) = &known.bound
        {
            let count = size.checked_sub(limit).unwrap();
            let count = count.checked_add(&Size::constant(1)).unwrap();
            return (known.value, 1, count);
        }
        self.prefix(size)
    }

    /// The first elements, or the last.
    fn prefix(&mut self, size: &Size) -> (Value, i64, Size) {
        let pool = self.sizes.clone();
        let fitting: Vec<Size> = pool.into_iter().filter(|s| self.at_most(s, size)).collect();
        if fitting.is_empty() {
            return (self.integer(0), 1, Size::constant(0));
        }
        let count = self.random.pick(&fitting);
        let start = match self.random.chance(50) {
            true => self.integer(0),
            false => {
                let rest = size.checked_sub(&count).unwrap();
                self.size_value(&rest)
            }
        };
        (start, 1, count)
    }

    fn stack(&mut self, x: &Known, ty: &Type) -> bool {
        let mut parts = vec![x.clone()];
        for _ in 0..self.random.below(3) {
            parts.push(self.want(ty));
        }
        let parts = self.random.shuffled(&parts);
        let values: Vec<Value> = parts.iter().map(|k| k.value).collect();
        let size = parts.iter().fold(0.0, |m: f64, k| m.max(k.size()));
        let value = self.op(Stack, &values);
        self.know(value, Bound::Float(size));
        true
    }

    fn concat(&mut self, x: &Known, ty: &Type) -> bool {
        let axis = self.random.below(ty.rank());
        let mut parts = vec![x.clone()];
        let mut total = ty.clone();
        for _ in 0..1 + self.random.below(2) {
            let mut other = ty.clone();
            other.shape[axis] = self.dim();
            let sum = total.shape[axis].checked_add(&other.shape[axis]).unwrap();
            total.shape[axis] = sum;
            if self.volume(&total) > VOLUME {
                return false;
            }
            parts.push(self.want(&other));
        }
        let parts = self.random.shuffled(&parts);
        let values: Vec<Value> = parts.iter().map(|k| k.value).collect();
        let size = parts.iter().fold(0.0, |m: f64, k| m.max(k.size()));
        let value = self.op(Concat { axis }, &values);
        self.know(value, Bound::Float(size));
        true
    }

    /// `0, 1/4, 2/4, …`.
    fn numbered(&mut self) -> bool {
        let ty = Type::array(DType::F64, [self.dim()]);
        let iota = self.b.op_as(Iota, &[], ty.with_dtype(DType::I64)).unwrap();
        let numbers = self.op(Convert { to: DType::F64 }, &[iota]);
        let quarter = self.fill(0.25, &ty);
        let value = self.op(Mul, &[numbers, quarter]);
        let most = self.volume(&ty) as f64;
        self.know(value, Bound::Float(most * 0.25));
        true
    }

    fn element(&mut self, x: &Known, ty: &Type) -> bool {
        let mut args = vec![x.value];
        for size in ty.shape.iter().take(1 + self.random.below(ty.rank())) {
            match self.index_below(size) {
                Some(index) => args.push(index),
                None => return false,
            }
        }
        let value = self.op(Index, &args);
        self.know(value, x.bound.clone());
        true
    }

    /// One more reduction.
    pub fn reduction(&mut self) -> bool {
        let Some(x) = self.any_float(1..=3) else {
            return false;
        };
        let ty = self.ty(x.value);
        let axes: Vec<usize> = (0..ty.rank()).filter(|_| self.random.chance(60)).collect();
        let over = Type::array(DType::F64, axes.iter().map(|&a| ty.shape[a].clone()));
        let most = self.volume(&over);
        let (kind, size) = match self.random.below(8) {
            0 | 1 if most <= 12 => (ReduceKind::Prod, x.size().max(1.0).powi(most as i32)),
            2 if self.least_volume(&over) > 0 => (ReduceKind::Max, x.size()),
            3 if self.least_volume(&over) > 0 => (ReduceKind::Min, x.size()),
            _ => (ReduceKind::Sum, x.size() * most as f64),
        };
        let order = Order::Any;
        let value = self.op(Reduce { kind, axes, order }, &[x.value]);
        self.float(value, size);
        true
    }

    /// One more contraction, its axes in any order.
    pub fn contraction(&mut self) -> bool {
        let counts = [
            self.random.below(2),
            self.random.below(3),
            self.random.below(3),
            self.random.below(2),
        ];
        let [batch, contract, left, right] = counts;
        if batch + contract + left > 3 || batch + contract + right > 3 || batch + left + right > 3 {
            return false;
        }
        let shared: Vec<Size> = (0..batch + contract).map(|_| self.dim()).collect();
        let (x, places_x) = self.operand(&shared, left);
        let (y, places_y) = self.operand(&shared, right);
        let pairs: Vec<(usize, usize)> = places_x.into_iter().zip(places_y).collect();
        let over = Type::array(DType::F64, shared[batch..].iter().cloned());
        let (batch, contract) = pairs.split_at(batch);
        let contract = self.random.shuffled(contract);
        let dot = Dot {
            batch: batch.to_vec(),
            contract,
            order: Order::Any,
        };
        let value = self.op(dot, &[x.value, y.value]);
        let ty = self.ty(value);
        if self.volume(&ty) > 2 * VOLUME {
            return true;
        }
        let most = self.volume(&over) as f64;
        self.float(value, x.size() * y.size() * most);
        true
    }

    /// An operand with axes `shared` and `free` more, permuted; where the shared ones are.
    fn operand(&mut self, shared: &[Size], free: usize) -> (Known, Vec<usize>) {
        let mut axes: Vec<(usize, Size)> = shared.iter().cloned().enumerate().collect();
        for k in 0..free {
            axes.push((shared.len() + k, self.dim()));
        }
        let axes = self.random.shuffled(&axes);
        let ty = Type::array(DType::F64, axes.iter().map(|(_, size)| size.clone()));
        let place = |k| axes.iter().position(|(j, _)| *j == k).unwrap_or_default();
        let places = (0..shared.len()).map(place).collect();
        (self.want(&ty), places)
    }
}
