//! `custom_root(f, x0, solve)`: a zero of `f` that `solve` finds, differentiated by the implicit function
//! theorem: f(x(θ), θ) = 0, so ∂f/∂x dx = -∂f/∂θ dθ, where θ is what `f` captures. With `tangent_solve` that
//! system is solved by the caller's function (`system.rs`), else by elimination.
//!
//! The call is an instance with a tangent rule, so the derivative does not pass through the solver, and
//! derivatives of every order follow: the rule asks for the root again, which has the same rule.

use super::tangent::Point;
use super::{Kind, Options};
use crate::build::call::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::val::{Derived, Func, Val, Wrt};
use crate::diagnostic::Span;
use dfn_ir::ops::{Div, Neg, Reshape};
use dfn_ir::{Type, Value};
use std::collections::HashMap;
use std::rc::Rc;

pub(super) fn plain<'a>(vals: &[Val<'a>], at: Span) -> Vec<ArgVal<'a>> {
    let one = |val: &Val<'a>| ArgVal {
        name: None,
        val: val.clone(),
        span: at,
    };
    vals.iter().map(one).collect()
}

impl<'a> Elab<'a> {
    /// `custom_root(f, x0, solve)`
    pub(super) fn custom_root(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        tangent_solve: Option<Rc<Func<'a>>>,
        at: Span,
    ) -> R<Val<'a>> {
        let given = args.len() + 1;
        let Ok([start, solve]) = <[ArgVal<'a>; 2]>::try_from(args) else {
            let takes = "3 arguments: a function, where to start, and a solver";
            return Err(self.fail(errors::functions::arity(
                "custom_root",
                takes,
                given,
                at,
                None,
            )));
        };
        let Val::Func(_) = &solve.val else {
            let found = self.show(&solve.val);
            return Err(self.fail(errors::types::not_a_function(&found, solve.span)));
        };
        let root = Derived {
            kind: Kind::Root,
            of: func.clone(),
            wrt: Wrt {
                params: vec![0],
                tuple: false,
            },
            held: [solve.val]
                .into_iter()
                .chain(tangent_solve.map(Val::Func))
                .collect(),
            options: Options::default(),
        };
        let bound = self.bind_floats(func, vec![start], at)?;
        match bound.args.as_slice() {
            [Val::Ir(value)] if self.ty(*value).is_differentiable() => {}
            [other] => {
                let found = self.show(other);
                let wanted = "a float or an array of floats to start from";
                return Err(self.fail(errors::types::mismatch(wanted, &found, at, None)));
            }
            _ => return Err(Reported),
        }
        let site = self.specialise(&Func::Derived(root), &bound, at)?;
        self.call_site(&site, at)
    }

    /// The zero that the solver finds.
    pub(in crate::build) fn solved_root(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let func = Val::Func(derived.of.clone());
        self.by_solver(derived, func, bound, at)
    }

    /// The tangent of the root at `point`, in a function with the parameters of that instance. It takes a
    /// tangent for each of them, as a tangent rule does.
    pub(in crate::build) fn root_tangent(
        &mut self,
        derived: &Derived<'a>,
        point: &Point<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let mut tangents = HashMap::new();
        for &operand in &point.site.operands {
            let ty = self.ty(operand);
            if ty.is_differentiable() {
                tangents.insert(operand, self.cx.b.param(ty, None));
            }
        }
        let root = self.call_site(&point.site, at)?;
        let x = self.ir(&root, at)?;
        let bound = self.bind_floats(&derived.of, plain(&[Val::Ir(x)], at), at)?;
        let site = self.specialise(&derived.of, &bound, at)?;
        let places = site.operands.iter().copied().enumerate();
        let active: Vec<(usize, Value)> = places
            .filter(|(_, value)| tangents.contains_key(value))
            .collect();
        let seeds = active
            .iter()
            .filter_map(|(_, value)| tangents.get(value).copied())
            .collect();
        let moved = Point {
            site,
            wrt: Vec::new(),
            leaves: active.clone(),
        };
        if active.is_empty() {
            return Ok(Val::Ir(self.zeros_like(x, at)?));
        }
        let (_, change) = self.emit_jvp(&moved, &active, seeds, at)?;
        let &[change] = change.as_slice() else {
            return Err(self.fail(errors::rules::not_square(at)));
        };
        if self.ty(change) != self.ty(x) {
            return Err(self.fail(errors::rules::not_square(at)));
        }
        if let Some(solve) = derived.held.get(1) {
            let system = derived.system(solve.clone(), Val::Ir(x));
            let step = self.system(&system, change, at)?;
            let step = self.ir(&step, at)?;
            return Ok(Val::Ir(self.emit(Neg, &[step], at)?));
        }
        let wrt = Wrt {
            params: vec![0],
            tuple: false,
        };
        let slope = self.point(&derived.of, &bound, &wrt, at)?;
        let blocks = self.forward_blocks(&slope, &Val::Ir(change), at)?;
        let jacobian = blocks
            .first()
            .and_then(|row| row.first())
            .copied()
            .ok_or(Reported)?;
        let step = self.solve_for(jacobian, change, at)?;
        Ok(Val::Ir(self.emit(Neg, &[step], at)?))
    }

    /// The solution of `jacobian · x = b`.
    fn solve_for(&mut self, jacobian: Value, b: Value, at: Span) -> R<Value> {
        let ty = self.ty(b);
        if ty.rank() == 0 {
            return self.emit(Div, &[b, jacobian], at);
        }
        let n = self.size_result(ty.elements(), at)?;
        let flat = Type::array(ty.dtype, [n.clone()]);
        let square = Type::array(ty.dtype, [n.clone(), n]);
        let (mut matrix, mut right) = (jacobian, b);
        if ty.rank() > 1 {
            matrix = self.emit_as(Reshape, &[jacobian], square, at)?;
            right = self.emit_as(Reshape, &[b], flat, at)?;
        }
        let item = self
            .files
            .last()
            .and_then(|file| file.items.get("solve"))
            .copied();
        let Some(Item::Function(code, home)) = item else {
            return Err(self.fail(errors::types::internal("the prelude is incomplete", at)));
        };
        let Val::Func(solve) = self.declared(code, home) else {
            return Err(Reported);
        };
        let found = self.apply(&solve, plain(&[Val::Ir(matrix), Val::Ir(right)], at), at)?;
        let found = self.ir(&found, at)?;
        match ty.rank() {
            1 => Ok(found),
            _ => self.emit_as(Reshape, &[found], ty, at),
        }
    }
}
