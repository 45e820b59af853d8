//! Linear parts of functions as functions: `vjp`, `linearize`, `linear_transpose`.
//!
//! Each is a function value that holds the arguments; applied, it emits a `jvp` or `vjp` at them. Where the
//! value is computed, the same derived primal is called, and what takes such a function is inlined: so the
//! primal runs once, however often the linear part is used.

use super::as_tangent;
use super::tangent::Point;
use super::{Kind, Options};
use crate::build::call::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::types::Pat;
use crate::build::unify::Place;
use crate::build::val::{Derived, Func, Val, Wrt};
use crate::diagnostic::Span;
use dfn_ir::ops::call::Binding;
use dfn_ir::{Scalar, Type, Value};
use std::rc::Rc;

/// A linear part of `of` at `held`.
pub(super) fn linear_map<'a>(
    kind: Kind,
    of: &Rc<Func<'a>>,
    wrt: Wrt,
    held: Vec<Val<'a>>,
) -> Derived<'a> {
    Derived {
        kind,
        of: of.clone(),
        wrt,
        held,
        options: Options::default(),
    }
}

impl<'a> Elab<'a> {
    /// `vjp(f, x, …)`: the value, and the function from cotangents of it to cotangents of the arguments.
    pub(super) fn vjp(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        wrt: Option<Wrt>,
        at: Span,
    ) -> R<Val<'a>> {
        let (point, map) = self.held_map(Kind::Pullback, func, args, wrt, at)?;
        let mut zeros = Vec::new();
        for ty in self.float_result_types(&point, at)? {
            zeros.push(self.filled(Scalar::zero(ty.dtype), ty, at)?);
        }
        let (results, _) = self.emit_vjp(&point, zeros, at)?;
        Ok(Val::Tuple(vec![self.primal_value(&point, &results), map]))
    }

    /// `linearize(f, x, …)`: the value, and the function from tangents of the arguments to those of it.
    pub(super) fn linearized(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        wrt: Option<Wrt>,
        at: Span,
    ) -> R<Val<'a>> {
        let (point, map) = self.held_map(Kind::Pushforward, func, args, wrt, at)?;
        Ok(Val::Tuple(vec![self.value_forward(&point, at)?, map]))
    }

    /// `linear_transpose(f, x, …)`: the function from cotangents of the result to those of the arguments,
    /// for a linear `f`. The arguments say the types; where `f` is linear their values do not matter.
    pub(super) fn transposed(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        wrt: Option<Wrt>,
        at: Span,
    ) -> R<Val<'a>> {
        Ok(self.held_map(Kind::Adjoint, func, args, wrt, at)?.1)
    }

    /// A linear part that holds its arguments. Faults of the choice are reported here and not where it is
    /// applied.
    fn held_map(
        &mut self,
        kind: Kind,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        wrt: Option<Wrt>,
        at: Span,
    ) -> R<(Point<'a>, Val<'a>)> {
        let bound = self.bind_floats(func, args, at)?;
        let wrt = wrt.unwrap_or(Wrt {
            params: vec![0],
            tuple: false,
        });
        let point = self.point(func, &bound, &wrt, at)?;
        let map = linear_map(kind, func, wrt, bound.args);
        Ok((point, Val::Func(Rc::new(Func::Derived(map)))))
    }

    /// The value at `point`, computed as the linear part there computes it.
    pub(super) fn value_forward(&mut self, point: &Point<'a>, at: Span) -> R<Val<'a>> {
        let leaves = point.leaves.clone();
        let mut zeros = Vec::new();
        for (_, leaf) in &leaves {
            zeros.push(self.zeros_like(*leaf, at)?);
        }
        let (results, _) = self.emit_jvp(point, &leaves, zeros, at)?;
        Ok(self.primal_value(point, &results))
    }

    /// A linear part applied to a tangent or cotangent.
    pub(super) fn linear_map(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let arg = |val: &Val<'a>| ArgVal {
            name: None,
            val: val.clone(),
            span: at,
        };
        let inner = self.bind(&derived.of, derived.held.iter().map(arg).collect(), at)?;
        let point = self.point(&derived.of, &inner, &derived.wrt, at)?;
        let given = bound.args.first().map(arg).ok_or(Reported)?;
        if derived.kind == Kind::Pushforward {
            let leaves = self.fit_tangents(&point, &derived.wrt, &given)?;
            let (results, tangents) = self.emit_jvp(&point, &point.leaves.clone(), leaves, at)?;
            let value = self.primal_value(&point, &results);
            let mut next = tangents.into_iter().map(Val::Ir);
            return Ok(self.tangent_of(&value, &mut || next.next()));
        }
        let pat = self.cotangent_pat(&point, at)?;
        let place = Place {
            at,
            declared: at,
            what: "the cotangent",
        };
        let ct = as_tangent(&given.val, &pat);
        let cts = self.fit_known(&pat, &ct, place)?.leaves();
        let (_, cts) = match derived.kind {
            Kind::Adjoint => self.emit_transpose(&point, cts, at)?,
            _ => self.emit_vjp(&point, cts, at)?,
        };
        let mut next = cts.into_iter().map(Val::Ir);
        Ok(self.by_wrt(&point, &derived.wrt, &mut || next.next()))
    }

    /// The types of the results of the function at `point`, here; none if some of them mention sizes that
    /// only the function knows.
    pub(super) fn result_types(&self, point: &Point<'a>) -> Option<Vec<Type>> {
        let instance = &point.site.instance;
        let func = self.module.get(instance.func);
        let (caller, site) = (self.cx.b.func(), &point.site);
        let bind = Binding::new(caller, func, &site.sizes, &site.operands);
        let leaves = instance.result.leaves();
        leaves
            .iter()
            .map(|&v| bind.translate(func.ty(v)).ok())
            .collect()
    }

    /// The types of the float results.
    pub(super) fn float_result_types(&mut self, point: &Point<'a>, at: Span) -> R<Vec<Type>> {
        let types = match self.result_types(point) {
            Some(types) => types,
            None => {
                let value = self.call_site(&point.site, at)?;
                value.leaves().iter().map(|&v| self.ty(v)).collect()
            }
        };
        Ok(types.into_iter().filter(Type::is_differentiable).collect())
    }

    /// The type of the result itself.
    pub(in crate::build) fn value_pat(&mut self, point: &Point<'a>, at: Span) -> R<Pat<'a>> {
        let types = match self.result_types(point) {
            Some(types) => types,
            None => return Err(self.fail(errors::rules::hidden_size("the result", at))),
        };
        let result = point.site.instance.result.clone();
        self.value_pat_of(&result, &mut types.into_iter(), at)
    }

    fn value_pat_of(
        &mut self,
        val: &Val<'a>,
        next: &mut dyn Iterator<Item = Type>,
        at: Span,
    ) -> R<Pat<'a>> {
        let parts = match val {
            Val::Ir(_) => {
                let ty = next.next().ok_or(Reported)?;
                return Ok(Pat::Array(ty.dtype, ty.shape.to_vec()));
            }
            Val::Tuple(parts) | Val::Struct(_, parts) => parts,
            _ => return Err(self.fail(errors::rules::no_residuals(at))),
        };
        let mut pats = Vec::new();
        for part in parts {
            pats.push(self.value_pat_of(part, &mut *next, at)?);
        }
        Ok(match val {
            Val::Struct(def, _) => Pat::Struct(*def, pats),
            _ => Pat::Tuple(pats),
        })
    }

    /// The type of the cotangents of the result.
    pub(in crate::build) fn cotangent_pat(&mut self, point: &Point<'a>, at: Span) -> R<Pat<'a>> {
        match self.result_types(point) {
            Some(types) => {
                let mut next = types.into_iter();
                let mut of = |_: Value| next.next();
                self.tangent_pat_of(&point.site.instance.result.clone(), &mut of)
            }
            None => {
                let value = self.call_site(&point.site, at)?;
                self.tangent_pat(&value)
            }
        }
    }
}
