//! The linear system of a root with `tangent_solve`: ∂f/∂x at a held x, times the solution, is the right side.
//!
//! The caller's function solves it, from the linear map and the right side; nothing but products with the
//! Jacobian is asked for. It is an instance that is linear in the right side, which no instruction of an
//! iteration shows. In reverse the transposed system is solved, with the products of `vjp` in the place of those
//! of `jvp`, by the same function. The tangent in all else follows from J s = b: J ds = db - dJ s.

use super::Kind;
use super::linear::linear_map;
use super::root::plain;
use super::tangent::Point;
use crate::build::call::Bound;
use crate::build::elab::{Elab, R, Reported};
use crate::build::unify::Place;
use crate::build::val::{Derived, Func, Val, Wrt};
use crate::diagnostic::Span;
use dfn_ir::Value;
use dfn_ir::ops::Sub;
use std::collections::HashMap;
use std::rc::Rc;

impl<'a> Derived<'a> {
    /// The system of a root at `x`.
    pub(super) fn system(&self, solve: Val<'a>, x: Val<'a>) -> Derived<'a> {
        Derived {
            kind: Kind::System,
            held: vec![solve, x],
            ..self.clone()
        }
    }

    /// The transposed system.
    pub(in crate::build) fn transposed(&self) -> Derived<'a> {
        let kind = match self.kind {
            Kind::System => Kind::Transposed,
            _ => Kind::System,
        };
        Derived {
            kind,
            ..self.clone()
        }
    }

    /// The linear map of a system.
    fn map(&self) -> Func<'a> {
        let kind = match self.kind {
            Kind::System => Kind::Pushforward,
            _ => Kind::Pullback,
        };
        let wrt = Wrt {
            params: vec![0],
            tuple: false,
        };
        let held = self.held.iter().skip(1).cloned().collect();
        Func::Derived(linear_map(kind, &self.of, wrt, held))
    }
}

impl<'a> Elab<'a> {
    /// The solution of a system, as a call.
    pub(in crate::build) fn system(
        &mut self,
        system: &Derived<'a>,
        right: Value,
        at: Span,
    ) -> R<Val<'a>> {
        let bound = Bound {
            args: vec![Val::Ir(right)],
            ..Bound::default()
        };
        let site = self.specialise(&Func::Derived(system.clone()), &bound, at)?;
        self.call_site(&site, at)
    }

    /// The solution, by the held solver.
    pub(in crate::build) fn solved_system(
        &mut self,
        system: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let map = Val::Func(Rc::new(system.map()));
        self.by_solver(system, map, bound, at)
    }

    /// What the held solver gives for a function and the only argument, which it has to be like.
    pub(super) fn by_solver(
        &mut self,
        held: &Derived<'a>,
        func: Val<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let (Some(Val::Func(solve)), Some(given)) = (held.held.first(), bound.args.first()) else {
            return Err(Reported);
        };
        let found = self.apply(&solve.clone(), plain(&[func, given.clone()], at), at)?;
        let pat = self.tangent_pat(given)?;
        let place = Place {
            at,
            declared: at,
            what: "what the solver gives",
        };
        self.fit_known(&pat, &found, place)
    }

    /// The tangent of the solution, in a function with the parameters of the instance. It takes a tangent for
    /// each of them, as a tangent rule does.
    pub(in crate::build) fn system_tangent(
        &mut self,
        system: &Derived<'a>,
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
        let right = point.site.operands.last().copied().ok_or(Reported)?;
        let solution = self.call_site(&point.site, at)?;
        let solution = self.ir(&solution, at)?;
        let bound = Bound {
            args: vec![Val::Ir(solution)],
            ..Bound::default()
        };
        let site = self.specialise(&system.map(), &bound, at)?;
        let places = site.operands.iter().copied().enumerate();
        let active: Vec<(usize, Value)> = places
            .filter(|(_, value)| tangents.contains_key(value))
            .collect();
        let seeds = active
            .iter()
            .filter_map(|(_, value)| tangents.get(value).copied())
            .collect();
        let mut change = tangents.get(&right).copied().ok_or(Reported)?;
        if !active.is_empty() {
            let moved = Point {
                site,
                wrt: Vec::new(),
                leaves: active.clone(),
            };
            let (_, bent) = self.emit_jvp(&moved, &active, seeds, at)?;
            let bent = bent.first().copied().ok_or(Reported)?;
            change = self.emit(Sub, &[change, bent], at)?;
        }
        self.system(system, change, at)
    }
}
