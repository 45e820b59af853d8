//! Floats of a given type, from what there is: the same type, fewer axes, the same elements in another
//! order, or a sum of vectors along each axis.

use super::Gen;
use super::scope::{Bound, Known};
use dfn_ir::function::Value;
use dfn_ir::ops::{Add, Broadcast, Const, Convert, Index, Iota, Mul, Reshape, Sin, Transposed};
use dfn_ir::{DType, Scalar, Size, Type};

impl Gen<'_> {
    /// A float of type `ty`.
    pub fn want(&mut self, ty: &Type) -> Known {
        for _ in 0..3 {
            let made = match self.random.below(10) {
                0..=5 => self.find(|cx, k| cx.b.ty(k.value) == ty),
                6 => self.repeated(ty),
                7 => self.reordered(ty),
                8 => self.part(ty),
                _ => self.other_shape(ty),
            };
            if let Some(made) = made {
                return made;
            }
        }
        if let Some(known) = self.find(|cx, k| cx.b.ty(k.value) == ty) {
            return known;
        }
        match ty.rank() {
            0 => self.scalar(),
            _ => self.outer_sum(ty),
        }
    }

    /// `x` repeated to type `ty`, whatever its element type.
    pub fn spread(&mut self, x: Value, ty: &Type) -> Value {
        let broadcast = Broadcast { axes: Vec::new() };
        let ty = ty.with_dtype(self.ty(x).dtype);
        self.b.op_as(broadcast, &[x], ty).unwrap()
    }

    /// Something with fewer axes, repeated.
    fn repeated(&mut self, ty: &Type) -> Option<Known> {
        let wanted = ty.clone();
        let x = self.find(|cx, k| {
            let own = cx.b.ty(k.value);
            own.dtype == DType::F64
                && own.rank() < wanted.rank()
                && places(&own.shape, &wanted.shape).is_some()
        })?;
        let axes = places(&self.ty(x.value).shape, &ty.shape)?;
        let value = self
            .b
            .op_as(Broadcast { axes }, &[x.value], ty.clone())
            .unwrap();
        Some(self.know(value, x.bound))
    }

    /// Something with the same axes in another order.
    fn reordered(&mut self, ty: &Type) -> Option<Known> {
        let mut sorted = ty.shape.to_vec();
        sorted.sort();
        let x = self.find(|cx, k| {
            let own = cx.b.ty(k.value);
            let mut shape = own.shape.to_vec();
            shape.sort();
            own.dtype == DType::F64 && shape == sorted && shape.len() > 1
        })?;
        let own = self.ty(x.value);
        let mut axes: Vec<usize> = Vec::new();
        for size in &ty.shape {
            let fits = |a: &usize| own.shape[*a] == *size && !axes.contains(a);
            let choices: Vec<usize> = (0..own.rank()).filter(fits).collect();
            axes.push(self.random.pick(&choices));
        }
        let value = self.op(Transposed { axes }, &[x.value]);
        Some(self.know(value, x.bound))
    }

    /// The part of something with more axes.
    fn part(&mut self, ty: &Type) -> Option<Known> {
        let wanted = ty.clone();
        let x = self.find(|cx, k| {
            let own = cx.b.ty(k.value);
            let Some(extra) = own.rank().checked_sub(wanted.rank()) else {
                return false;
            };
            extra > 0 && own.dtype == DType::F64 && own.shape[extra..] == wanted.shape[..]
        })?;
        let own = self.ty(x.value);
        let mut args = vec![x.value];
        for size in own.shape.iter().take(own.rank() - ty.rank()) {
            args.push(self.index_below(size)?);
        }
        let value = self.op(Index, &args);
        Some(self.know(value, x.bound))
    }

    /// Something with as many elements.
    fn other_shape(&mut self, ty: &Type) -> Option<Known> {
        let elements = ty.elements()?;
        let x = self.find(|cx, k| {
            let own = cx.b.ty(k.value);
            own.dtype == DType::F64 && own.elements().as_ref() == Some(&elements)
        })?;
        let value = self.b.op_as(Reshape, &[x.value], ty.clone()).unwrap();
        Some(self.know(value, x.bound))
    }

    /// A scalar from a constant, an index, or an element.
    fn scalar(&mut self) -> Known {
        if self.random.chance(70)
            && let Some(array) = self.any_float(1..=3)
        {
            let shape = self.ty(array.value).shape;
            let indices: Option<Vec<Value>> = shape.iter().map(|s| self.index_below(s)).collect();
            if let Some(indices) = indices {
                let args: Vec<Value> = [array.value].into_iter().chain(indices).collect();
                let value = self.op(Index, &args);
                return self.know(value, array.bound);
            }
        }
        let x = self.random.unit();
        let value = self.b.constant(Scalar::F64(x)).unwrap();
        self.know(value, Bound::Float(1.0))
    }

    /// `sin (Σ v_k[i_k])` over the axes: different in every element.
    fn outer_sum(&mut self, ty: &Type) -> Known {
        let mut sum: Option<Value> = None;
        for (axis, size) in ty.shape.iter().enumerate() {
            let vector = self.vector(size);
            let broadcast = Broadcast { axes: vec![axis] };
            let term = self.b.op_as(broadcast, &[vector], ty.clone()).unwrap();
            sum = Some(match sum {
                None => term,
                Some(sum) => self.op(Add, &[sum, term]),
            });
        }
        let sine = self.op(Sin, &[sum.expect("there is an axis")]);
        self.know(sine, Bound::Float(1.0))
    }

    /// A vector of `size` elements: a known one, or multiples of a known scalar.
    fn vector(&mut self, size: &Size) -> Value {
        let ty = Type::array(DType::F64, [size.clone()]);
        if let Some(known) = self.find(|cx, k| *cx.b.ty(k.value) == ty) {
            return known.value;
        }
        let ints = ty.with_dtype(DType::I64);
        let iota = self.b.op_as(Iota, &[], ints).unwrap();
        let numbers = self.op(Convert { to: DType::F64 }, &[iota]);
        let scalar = self.find(|cx, k| cx.b.ty(k.value).is(DType::F64));
        let factor = match scalar {
            Some(k) => self.spread(k.value, &ty),
            None => {
                let value = Scalar::F64(0.7);
                self.b.op_as(Const { value }, &[], ty).unwrap()
            }
        };
        self.op(Mul, &[numbers, factor])
    }
}

/// Ascending axes of `into` that have the sizes `shape`.
fn places(shape: &[Size], into: &[Size]) -> Option<Vec<usize>> {
    let mut axes = Vec::new();
    let mut next = 0;
    for size in shape {
        let found = into.iter().skip(next).position(|s| s == size)?;
        axes.push(next + found);
        next += found + 1;
    }
    Some(axes)
}
