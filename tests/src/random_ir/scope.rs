//! What a generated function knows of its values and sizes while it is being built: bounds of numbers, so
//! that nothing overflows or leaves the domain of a function, and ranges of sizes, so that indices are in
//! bounds.

use super::Gen;
use dfn_ir::function::Value;
use dfn_ir::{DType, Size, Type};

/// What is known of the elements of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Floats whose absolute value is at most this.
    Float(f64),
    /// Integers from 0 to below a size.
    Below(Size),
    /// Nothing.
    Any,
}

/// A value that can be used from here on.
#[derive(Clone, Debug)]
pub struct Known {
    /// The value.
    pub value: Value,
    /// Its elements.
    pub bound: Bound,
    /// How often it was picked.
    pub uses: usize,
}

impl Known {
    /// The bound of a float.
    pub fn size(&self) -> f64 {
        match self.bound {
            Bound::Float(x) => x,
            _ => f64::INFINITY,
        }
    }
}

impl Gen<'_> {
    /// The type of `value`.
    pub fn ty(&self, value: Value) -> Type {
        self.b.ty(value).clone()
    }

    /// Makes `value` known.
    pub fn know(&mut self, value: Value, bound: Bound) -> Known {
        let known = Known {
            value,
            bound,
            uses: 0,
        };
        self.known.push(known.clone());
        known
    }

    /// One of the known values that `fits`: newer and less used ones more often.
    pub fn find(&mut self, fits: impl Fn(&Self, &Known) -> bool) -> Option<Known> {
        let all: Vec<usize> = (0..self.known.len())
            .filter(|&k| fits(self, &self.known[k]))
            .collect();
        if all.is_empty() {
            return None;
        }
        let weights: Vec<usize> = all
            .iter()
            .enumerate()
            .map(|(age, &k)| {
                let fresh = if self.known[k].uses == 0 { 4 } else { 1 };
                fresh * (2 + 4 * age / all.len())
            })
            .collect();
        let k = all[self.random.weighted(&weights)];
        self.known[k].uses += 1;
        Some(self.known[k].clone())
    }

    /// A known float of any shape with rank in `ranks`.
    pub fn any_float(&mut self, ranks: std::ops::RangeInclusive<usize>) -> Option<Known> {
        self.find(|cx, k| {
            let ty = cx.b.ty(k.value);
            ty.dtype == DType::F64 && ranks.contains(&ty.rank())
        })
    }

    /// The numbers that `size` can be.
    pub fn range(&self, size: &Size) -> (i64, i64) {
        let (mut low, mut high) = (0, 0);
        for (monomial, k) in size.terms() {
            let (mut least, mut most) = (1, 1);
            for atom in monomial {
                let (a, b) = self.ranges.get(atom).copied().unwrap_or((0, 8));
                least *= a;
                most *= b;
            }
            low += if k > 0 { k * least } else { k * most };
            high += if k > 0 { k * most } else { k * least };
        }
        (low, high)
    }

    /// Whether `a <= b` whatever the sizes are.
    pub fn at_most(&self, a: &Size, b: &Size) -> bool {
        b.checked_sub(a).is_some_and(|gap| self.range(&gap).0 >= 0)
    }

    /// At most how many elements a value of this type has.
    pub fn volume(&self, ty: &Type) -> i64 {
        ty.shape.iter().map(|size| self.range(size).1).product()
    }

    /// At least how many.
    pub fn least_volume(&self, ty: &Type) -> i64 {
        ty.shape.iter().map(|size| self.range(size).0).product()
    }

    /// A size that arrays may have here.
    pub fn dim(&mut self) -> Size {
        let pool = self.sizes.clone();
        match self.random.below(10) {
            0 => Size::constant(1 + self.random.below(3) as i64),
            1 => {
                let one = Size::constant(1);
                let sum = self.random.pick(&pool).checked_add(&one).unwrap();
                if self.range(&sum).1 <= 4 { sum } else { one }
            }
            _ => self.random.pick(&pool),
        }
    }

    /// A type of floats with `rank` axes, of bounded volume.
    pub fn array_type(&mut self, rank: usize) -> Type {
        loop {
            let shape: Vec<Size> = (0..rank).map(|_| self.dim()).collect();
            let ty = Type::array(DType::F64, shape);
            if self.volume(&ty) <= 40 {
                return ty;
            }
        }
    }

    /// Whether a type means the same outside the innermost region.
    pub fn is_stable(&self, ty: &Type, depth: usize) -> bool {
        ty.values().all(|v| self.b.depth(v) <= depth)
    }

    /// A scalar index below `size`, if one can be had.
    pub fn index_below(&mut self, size: &Size) -> Option<Value> {
        let least = self.range(size).0;
        if least > 0 && self.random.chance(15) {
            let k = self.random.below(least as usize) as i64;
            return Some(self.integer(k));
        }
        if self
            .random
            .chance(if self.policy.gathers { 60 } else { 25 })
            && let Some(gathered) = self.gathered(size)
        {
            return Some(gathered);
        }
        let size = size.clone();
        let found = self.find(|cx, k| match &k.bound {
            Bound::Below(limit) => cx.b.ty(k.value).is(DType::I64) && cx.at_most(limit, &size),
            _ => false,
        });
        match found {
            Some(k) if self.random.chance(20) => Some(self.mirrored(&k)),
            Some(k) => Some(k.value),
            None if least > 0 => Some(self.integer(0)),
            None => None,
        }
    }

    /// `limit - 1 - k`, which is below the limit too.
    fn mirrored(&mut self, k: &Known) -> Value {
        let Bound::Below(limit) = k.bound.clone() else {
            return k.value;
        };
        let one = Size::constant(1);
        let Some(last) = limit.checked_sub(&one) else {
            return k.value;
        };
        let last = self.size_value(&last);
        let value = self.op(dfn_ir::ops::Sub, &[last, k.value]);
        self.know(value, Bound::Below(limit));
        value
    }

    /// An element of an array of indices.
    fn gathered(&mut self, size: &Size) -> Option<Value> {
        let size = size.clone();
        let array = self.find(|cx, k| match &k.bound {
            Bound::Below(limit) => cx.b.ty(k.value).rank() == 1 && cx.at_most(limit, &size),
            _ => false,
        });
        let array = match array {
            Some(array) => array,
            None => self.index_array(&size)?,
        };
        let n = self.ty(array.value).shape[0].clone();
        let i = self.find(|cx, k| match &k.bound {
            Bound::Below(limit) => cx.b.ty(k.value).is(DType::I64) && cx.at_most(limit, &n),
            _ => false,
        });
        let i = match i {
            Some(i) => i.value,
            None if self.range(&n).0 > 0 => self.integer(0),
            None => return None,
        };
        let value = self.op(dfn_ir::ops::Index, &[array.value, i]);
        self.know(value, array.bound);
        Some(value)
    }

    /// The value of a size.
    pub fn size_value(&mut self, size: &Size) -> Value {
        self.b.size(size).unwrap()
    }

    /// A vector of indices below `size`: `(3 i + 1) rem size`.
    pub fn index_array(&mut self, size: &Size) -> Option<Known> {
        if self.range(size).0 < 1 {
            return None;
        }
        let n = self.dim();
        let ty = Type::array(DType::I64, [n]);
        let iota = self.b.op_as(dfn_ir::ops::Iota, &[], ty.clone()).unwrap();
        let constant = |cx: &mut Self, x| {
            let value = dfn_ir::Scalar::I64(x);
            let op = dfn_ir::ops::Const { value };
            cx.b.op_as(op, &[], ty.clone()).unwrap()
        };
        let (factor, shift) = (self.random.below(3) as i64, self.random.below(3) as i64);
        let (factor, shift) = (constant(self, factor), constant(self, shift));
        let scaled = self.op(dfn_ir::ops::Mul, &[iota, factor]);
        let moved = self.op(dfn_ir::ops::Add, &[scaled, shift]);
        let modulus = self.size_value(size);
        let modulus = self.spread(modulus, &ty);
        let value = self.op(dfn_ir::ops::Rem, &[moved, modulus]);
        Some(self.know(value, Bound::Below(size.clone())))
    }
}
