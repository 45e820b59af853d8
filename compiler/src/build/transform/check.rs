//! `check_grads(f, args, order = k)`: derivatives of orders 1 to k, forward and reverse, against
//! fourth-order differences in double-double.
//!
//! Two chains of functions are checked, each against differences of itself: the tangents of tangents
//! along fixed directions, and the directional derivatives taken from gradients of gradients. At each
//! order a `jvp` is compared element by element, a `vjp` by its inner product with the direction and,
//! if there are few inputs, element by element against the differences along each basis vector. So forward
//! over forward, reverse over forward, forward over reverse and reverse over reverse are all seen.

use super::tangent::Point;
use super::{Kind, Options};
use crate::build::call::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::{Derived, Func, Val, Wrt};
use crate::diagnostic::Span;
use dfn_ir::ops::{
    Abs, Add, CompareOp, Convert, Fma, Iota, Max, Mul, Order, Reduce, ReduceKind, Reshape, Round,
    Select, Sub,
};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{DType, Scalar, Type, Value};
use std::rc::Rc;

/// Up to so many inputs each element of a gradient is compared.
const FEW: i64 = 32;

impl<'a> Elab<'a> {
    /// `check_grads(f, args, order = k)`
    pub(in crate::build) fn check_grads(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        wrt: Option<Wrt>,
        order: usize,
        at: Span,
    ) -> R<Val<'a>> {
        let given = args.len() + 1;
        let Ok([primals]) = <[ArgVal<'a>; 1]>::try_from(args) else {
            let takes = "2 arguments: a function and a tuple of its arguments";
            return Err(self.fail(errors::functions::arity(
                "check_grads",
                takes,
                given,
                at,
                None,
            )));
        };
        let bound = self.primals(func, primals, at)?;
        let wrt = match wrt {
            Some(wrt) => wrt,
            None => self.all_differentiable(&bound),
        };
        let point = self.point(func, &bound, &wrt, at)?;
        let value = self.call_site(&point.site, at)?;
        let value = self.settled(&value, at)?;
        let weights = self.directions(&self.float_leaves(&value), 0, at)?;
        let name = self.title_of(func);
        let mut forward = func.clone();
        let mut reverse = derived(Kind::Project, func, &wrt, &weights);
        for level in 1..=order {
            let leaves: Vec<Value> = point.leaves.iter().map(|(_, v)| *v).collect();
            let along = self.directions(&leaves, level, at)?;
            for (how, function) in [("forward", &forward), ("reverse", &reverse)] {
                let what = match level {
                    1 => name.clone(),
                    _ => format!("the {how} derivative of order {} of {name}", level - 1),
                };
                self.check_level(function, &bound, &wrt, (&along, level), &what, at)?;
            }
            forward = derived(Kind::Forward, &forward, &wrt, &along);
            reverse = derived(Kind::Reverse, &reverse, &wrt, &along);
        }
        Ok(Val::unit())
    }

    /// The parameters that have a tangent.
    fn all_differentiable(&self, bound: &Bound<'a>) -> Wrt {
        let has =
            |val: &Val<'a>| !matches!(val, Val::Func(_)) && !self.float_leaves(val).is_empty();
        let params: Vec<usize> = (0..bound.args.len())
            .filter(|&k| bound.args.get(k).is_some_and(has))
            .collect();
        match params.is_empty() {
            true => Wrt {
                params: vec![0],
                tuple: true,
            },
            false => Wrt {
                params,
                tuple: true,
            },
        }
    }

    /// Compares the derivatives of one function with its differences.
    fn check_level(
        &mut self,
        func: &Rc<Func<'a>>,
        bound: &Bound<'a>,
        wrt: &Wrt,
        (along, level): (&[Value], usize),
        what: &str,
        at: Span,
    ) -> R<()> {
        let point = self.point(func, bound, wrt, at)?;
        let leaves = point.leaves.clone();
        let differences = self.emit_differences(&point, &leaves, along.to_vec(), at)?;
        let (_, tangents) = self.emit_jvp(&point, &leaves, along.to_vec(), at)?;
        for (&tangent, &difference) in tangents.iter().zip(&differences) {
            let message = format!(
                "check_grads: the forward derivative of {what} differs from its differences"
            );
            self.check_close(tangent, difference, &message, at)?;
        }
        let weights = self.directions(&differences, 10 + level, at)?;
        let (_, gradient) = self.emit_vjp(&point, weights.clone(), at)?;
        let message =
            format!("check_grads: the reverse derivative of {what} differs from its differences");
        let expected = self.inner_product(&weights, &differences, at)?;
        let found = self.inner_product(&gradient, along, at)?;
        self.check_close(found, expected, &message, at)?;
        self.check_elements(
            func,
            bound,
            wrt,
            (&point, &gradient, &weights),
            &message,
            at,
        )
    }

    /// Compares each element of a gradient, if there are few.
    fn check_elements(
        &mut self,
        func: &Rc<Func<'a>>,
        bound: &Bound<'a>,
        wrt: &Wrt,
        (point, gradient, weights): (&Point<'a>, &[Value], &[Value]),
        message: &str,
        at: Span,
    ) -> R<()> {
        let counts = point
            .leaves
            .iter()
            .map(|(_, v)| self.ty(*v).elements().and_then(|n| n.as_constant()));
        let total = counts.sum::<Option<i64>>();
        if total.is_none_or(|n| n > FEW) {
            return Ok(());
        }
        let scalar = derived(Kind::Project, func, wrt, weights);
        let projected = self.point(&scalar, bound, wrt, at)?;
        for (&leaf, &slope) in projected.leaves.clone().iter().zip(gradient) {
            let ty = self.ty(leaf.1);
            let expected = self.each_element(&ty, at, |elab, indices| {
                let tangent = elab.basis(&ty, indices, at)?;
                let slopes = elab.emit_differences(&projected, &[leaf], vec![tangent], at)?;
                slopes.first().map(|&v| Val::Ir(v)).ok_or(Reported)
            })?;
            let Some(&expected) = expected.first() else {
                return Err(Reported);
            };
            self.check_close(slope, expected, message, at)?;
        }
        Ok(())
    }

    /// An array filled with a float.
    fn number_of(&mut self, x: f64, ty: &Type, at: Span) -> R<Value> {
        let value = match ty.dtype {
            DType::F32 => Scalar::F32(x as f32),
            _ => Scalar::F64(x),
        };
        self.filled(value, ty.clone(), at)
    }

    /// |found - expected| <= t |expected| + t/100 max |expected| + t/1000, in every element.
    fn check_close(&mut self, found: Value, expected: Value, message: &str, at: Span) -> R<()> {
        let ty = self.ty(found);
        let tolerance = if ty.dtype == DType::F32 { 1e-4 } else { 1e-9 };
        let size = self.emit(Abs, &[expected], at)?;
        let all: Vec<usize> = (0..ty.rank()).collect();
        let reduce = |kind| Reduce {
            kind,
            axes: all.clone(),
            order: Order::Any,
        };
        let zero = self.number_of(0.0, &Type::scalar(ty.dtype), at)?;
        let mut largest = size;
        if ty.rank() > 0 {
            largest = self.emit(reduce(ReduceKind::Max), &[size], at)?;
        }
        largest = self.emit(Max, &[largest, zero], at)?;
        let scalar = Type::scalar(ty.dtype);
        let (part, least) = (
            self.number_of(tolerance * 1e-2, &scalar, at)?,
            self.number_of(tolerance * 1e-3, &scalar, at)?,
        );
        let floor = self.emit(Fma, &[part, largest, least], at)?;
        let floor = self.broadcast_to(floor, &ty.shape, at)?;
        let factor = self.number_of(tolerance, &ty, at)?;
        let bound = self.emit(Fma, &[factor, size, floor], at)?;
        let error = self.emit(Sub, &[found, expected], at)?;
        let error = self.emit(Abs, &[error], at)?;
        let mut close = self.emit(CompareOp { how: Compare::Le }, &[error, bound], at)?;
        if ty.rank() > 0 {
            close = self.emit(reduce(ReduceKind::All), &[close], at)?;
        }
        self.check(close, message, at)
    }

    /// For each leaf an array of numbers with absolute values between 1/2 and 1, fixed by `seed`.
    fn directions(&mut self, leaves: &[Value], seed: usize, at: Span) -> R<Vec<Value>> {
        let each = leaves.iter().enumerate();
        each.map(|(k, &leaf)| self.direction(&self.ty(leaf), (seed * 31 + k) as f64, at))
            .collect()
    }

    // x = frac((i + 1) φ + seed √2), d = x - 1/2 ± 1/2.
    fn direction(&mut self, ty: &Type, seed: f64, at: Span) -> R<Value> {
        let count = self.size_result(ty.elements(), at)?;
        let flat = Type::array(DType::I64, [count]);
        let counters = self.emit_as(Iota, &[], flat.clone(), at)?;
        let index = self.emit(Convert { to: DType::F64 }, &[counters], at)?;
        let floats = flat.with_dtype(DType::F64);
        let golden = 0.618_033_988_749_894_9;
        let (step, offset) = (
            self.number_of(golden, &floats, at)?,
            self.number_of(golden + seed * std::f64::consts::SQRT_2, &floats, at)?,
        );
        let x = self.emit(Mul, &[index, step], at)?;
        let x = self.emit(Add, &[x, offset], at)?;
        let whole = self.emit(
            Round {
                to: ScalarOp::Floor,
            },
            &[x],
            at,
        )?;
        let x = self.emit(Sub, &[x, whole], at)?;
        let half = self.number_of(0.5, &floats, at)?;
        let centred = self.emit(Sub, &[x, half], at)?;
        let below = self.emit(CompareOp { how: Compare::Lt }, &[x, half], at)?;
        let (low, high) = (
            self.emit(Sub, &[centred, half], at)?,
            self.emit(Add, &[centred, half], at)?,
        );
        let mut direction = self.emit(Select, &[below, low, high], at)?;
        if ty.dtype != DType::F64 {
            direction = self.emit(Convert { to: ty.dtype }, &[direction], at)?;
        }
        self.emit_as(Reshape, &[direction], ty.clone(), at)
    }
}

fn derived<'a>(kind: Kind, of: &Rc<Func<'a>>, wrt: &Wrt, held: &[Value]) -> Rc<Func<'a>> {
    let held = held.iter().map(|&v| Val::Ir(v)).collect();
    Rc::new(Func::Derived(Derived {
        kind,
        of: of.clone(),
        wrt: wrt.clone(),
        held,
        options: Options::default(),
    }))
}
