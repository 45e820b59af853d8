//! Transformed functions applied to arguments.

use super::as_tangent;
use super::axes::Axis;
use super::linear::linear_map;
use super::tangent::Point;
use super::{Kind, Options};
use crate::build::call::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::unify::Place;
use crate::build::val::{Derived, Func, Val, Wrt};
use crate::diagnostic::Span;
use dfn_ir::ops::{Add, Mul, Order, Reduce, ReduceKind};
use dfn_ir::{DType, Scalar, Value};
use std::rc::Rc;

impl<'a> Elab<'a> {
    /// A transformed function applied to bound arguments.
    pub(in crate::build) fn apply_derived(
        &mut self,
        derived: &Derived<'a>,
        bound: Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        match derived.kind {
            Kind::Grad => {
                let both = self.value_and_grad(derived, &bound, at)?;
                match derived.options.aux {
                    true => Ok(self.gradient_and_aux(both)),
                    false => Ok(both.1),
                }
            }
            Kind::ValueAndGrad => {
                let (value, gradient) = self.value_and_grad(derived, &bound, at)?;
                Ok(Val::Tuple(vec![value, gradient]))
            }
            Kind::JacFwd => self.jacobian(derived, &bound, true, at),
            Kind::JacRev => self.jacobian(derived, &bound, false, at),
            Kind::Hessian => self.hessian(derived, &bound, at),
            Kind::Sparsity => self.sparsity(derived, &bound, at),
            Kind::SparseValues => self.sparse_values(derived, &bound, at),
            Kind::Sparse => self.sparse_derivative(derived, &bound, at),
            Kind::FlatForward | Kind::FlatReverse => self.flat_linear_map(derived, &bound, at),
            Kind::Vmap => self.batched(derived, &bound, at),
            Kind::Pullback | Kind::Adjoint | Kind::Pushforward => {
                self.linear_map(derived, &bound, at)
            }
            Kind::Checkpoint | Kind::Root | Kind::System | Kind::Transposed => {
                let site = self.specialise(&Func::Derived(derived.clone()), &bound, at)?;
                self.call_site(&site, at)
            }
            Kind::Forward => self.along(derived, &bound, at),
            Kind::Reverse => {
                let gradient = self.value_and_grad(derived, &bound, at)?.1;
                let (gradient, held) = (self.float_leaves(&gradient), self.held_leaves(derived));
                self.inner_product(&gradient, &held, at).map(Val::Ir)
            }
            Kind::Project => {
                let value = self.apply_bound(&derived.of, bound, at)?;
                let value = self.settled(&value, at)?;
                let (value, held) = (self.float_leaves(&value), self.held_leaves(derived));
                self.inner_product(&value, &held, at).map(Val::Ir)
            }
        }
    }

    fn held_leaves(&self, derived: &Derived<'a>) -> Vec<Value> {
        derived.held.iter().flat_map(Val::leaves).collect()
    }

    /// The value of a scalar function and its gradient. With `aux`, the value is what the function gives:
    /// a pair of the scalar and something besides.
    fn value_and_grad(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<(Val<'a>, Val<'a>)> {
        let point = self.point(&derived.of, bound, &derived.wrt, at)?;
        let whole = &point.site.instance.result;
        let scalar = match (derived.options.aux, whole) {
            (false, whole) => whole.clone(),
            (true, Val::Tuple(parts)) if parts.len() == 2 => {
                parts.first().cloned().unwrap_or(Val::Error)
            }
            (true, _) => {
                let name = self.title_of(&derived.of);
                return Err(self.fail(errors::functions::no_aux(&name, at)));
            }
        };
        if let (Val::Number(number), false) = (&scalar, derived.options.aux) {
            // A constant: its gradient is zero.
            let value = self.number(&number.clone(), DType::F64, at)?;
            let zeros: Vec<Value> = point.leaves.iter().map(|(_, v)| *v).collect();
            let zeros: R<Vec<Value>> = zeros.into_iter().map(|v| self.zeros_like(v, at)).collect();
            let mut next = zeros?.into_iter().map(Val::Ir);
            return Ok((
                Val::Ir(value),
                self.by_wrt(&point, &derived.wrt, &mut || next.next()),
            ));
        }
        let dtype = self.scalar_result(&derived.of, (&point, &scalar), derived.kind, at)?;
        let one = match dtype {
            DType::F32 => Scalar::F32(1.0),
            _ => Scalar::F64(1.0),
        };
        let mut cts = vec![self.constant(one, at)?];
        for ty in self.float_result_types(&point, at)?.into_iter().skip(1) {
            cts.push(self.filled(Scalar::zero(ty.dtype), ty, at)?);
        }
        let (results, cts) = self.emit_vjp(&point, cts, at)?;
        let value = self.primal_value(&point, &results);
        let mut next = cts.into_iter().map(Val::Ir);
        Ok((
            value,
            self.by_wrt(&point, &derived.wrt, &mut || next.next()),
        ))
    }

    /// What is given besides the value and the gradient, by a function of a pair.
    fn gradient_and_aux(&self, (value, gradient): (Val<'a>, Val<'a>)) -> Val<'a> {
        match value {
            Val::Tuple(mut parts) => Val::Tuple(vec![gradient, parts.pop().unwrap_or(Val::Error)]),
            _ => gradient,
        }
    }

    /// The type of the result, which has to be one float.
    pub(super) fn scalar_result(
        &mut self,
        of: &Func<'a>,
        (point, result): (&Point<'a>, &Val<'a>),
        kind: Kind,
        at: Span,
    ) -> R<DType> {
        let instance = &point.site.instance;
        let func = self.module.get(instance.func);
        if let Val::Ir(value) = result {
            let ty = func.ty(*value);
            if ty.is_scalar() && ty.is_differentiable() {
                return Ok(ty.dtype);
            }
        }
        let results: Vec<Value> = func.body.results.clone();
        let types: Vec<dfn_ir::Type> = results.iter().map(|&v| func.ty(v).clone()).collect();
        let found = match (result, types.last()) {
            (Val::Ir(_), Some(ty)) => {
                let rank = ty.rank();
                let axes = if rank == 1 { "axis" } else { "axes" };
                match rank {
                    0 => format!("a `{}`", ty.dtype),
                    _ => format!("an array of `{}` with {rank} {axes}", ty.dtype),
                }
            }
            (Val::Struct(def, _), _) => format!("a `{}`", def.decl.name),
            (Val::Tuple(parts), _) if parts.is_empty() => "nothing".to_owned(),
            (Val::Tuple(parts), _) => format!("a tuple of {}", parts.len()),
            _ => "something else".to_owned(),
        };
        let name = self.title_of(of);
        let transform = match kind {
            Kind::ValueAndGrad => "value_and_grad",
            Kind::Hessian => "hessian",
            _ => "grad",
        };
        Err(self.fail(errors::functions::not_scalar(transform, &name, &found, at)))
    }

    /// `jvp(f, primals, tangents)`: the value and its tangent.
    ///
    /// With `axes` there are several tangents along these axes, and the primal is computed once.
    pub(super) fn jvp(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        (wrt, axes): (Option<Wrt>, Option<Axis>),
        at: Span,
    ) -> R<Val<'a>> {
        let (bound, wrt, tangents) = self.primals_and_tangents("jvp", func, args, wrt, at)?;
        let point = self.point(func, &bound, &wrt, at)?;
        if let Some(axes) = axes {
            let value = self.value_forward(&point, at)?;
            let map = linear_map(Kind::Pushforward, func, wrt, bound.args);
            let options = Options {
                axes: Axis::Parts(vec![axes]),
                ..Options::default()
            };
            let map = Derived {
                kind: Kind::Vmap,
                of: Rc::new(Func::Derived(map)),
                wrt: Wrt {
                    params: vec![0],
                    tuple: false,
                },
                held: Vec::new(),
                options,
            };
            let bound = self.bind_batch(&map, vec![tangents], at)?;
            return Ok(Val::Tuple(vec![value, self.batched(&map, &bound, at)?]));
        }
        let leaves = self.fit_tangents(&point, &wrt, &tangents)?;
        let (results, tangents) = self.emit_jvp(&point, &point.leaves.clone(), leaves, at)?;
        let value = self.primal_value(&point, &results);
        let mut next = tangents.into_iter().map(Val::Ir);
        let tangent = self.tangent_of(&value, &mut || next.next());
        Ok(Val::Tuple(vec![value, tangent]))
    }

    /// `hvp(f, primals, tangents)`: the tangent of the gradient.
    pub(super) fn hvp(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        wrt: Option<Wrt>,
        at: Span,
    ) -> R<Val<'a>> {
        let wrt = wrt.unwrap_or(Wrt {
            params: vec![0],
            tuple: false,
        });
        let (bound, wrt, tangents) = self.primals_and_tangents("hvp", func, args, Some(wrt), at)?;
        let gradient = Derived {
            kind: Kind::Grad,
            of: func.clone(),
            wrt: wrt.clone(),
            held: Vec::new(),
            options: Options::default(),
        };
        let point = self.point(&Func::Derived(gradient), &bound, &wrt, at)?;
        let leaves = self.fit_tangents(&point, &wrt, &tangents)?;
        let (results, tangents) = self.emit_jvp(&point, &point.leaves.clone(), leaves, at)?;
        let value = self.primal_value(&point, &results);
        let mut next = tangents.into_iter().map(Val::Ir);
        Ok(self.tangent_of(&value, &mut || next.next()))
    }

    fn primals_and_tangents(
        &mut self,
        name: &str,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        wrt: Option<Wrt>,
        at: Span,
    ) -> R<(Bound<'a>, Wrt, ArgVal<'a>)> {
        let given = args.len() + 1;
        let Ok([primals, tangents]) = <[ArgVal<'a>; 2]>::try_from(args) else {
            let takes = "3 arguments: a function, a tuple of its arguments, a tuple of tangents";
            return Err(self.fail(errors::functions::arity(name, takes, given, at, None)));
        };
        let params = self.param_names(func).len();
        let bound = self.primals(func, primals, at)?;
        // Without `wrt` there is a tangent for each argument, or one for the first.
        let wrt = wrt.unwrap_or_else(|| match &tangents.val {
            Val::Tuple(parts) if params > 1 && parts.len() == params => Wrt {
                params: (0..params).collect(),
                tuple: true,
            },
            Val::Tuple(parts) if params == 1 && parts.len() == 1 => Wrt {
                params: vec![0],
                tuple: true,
            },
            _ => Wrt {
                params: vec![0],
                tuple: false,
            },
        });
        Ok((bound, wrt, tangents))
    }

    /// The tangents of the active leaves, fitted to their types.
    pub(super) fn fit_tangents(
        &mut self,
        point: &Point<'a>,
        wrt: &Wrt,
        tangents: &ArgVal<'a>,
    ) -> R<Vec<Value>> {
        let mut pats = Vec::new();
        for val in &point.wrt {
            pats.push(self.tangent_pat(val)?);
        }
        let pat = match wrt.tuple {
            true => crate::build::types::Pat::Tuple(pats),
            false => pats.pop().ok_or(Reported)?,
        };
        let place = Place {
            at: tangents.span,
            declared: tangents.span,
            what: "the tangent",
        };
        let tangent = as_tangent(&tangents.val, &pat);
        Ok(self.fit_known(&pat, &tangent, place)?.leaves())
    }

    /// The tangent of the result along the held tangents.
    fn along(&mut self, derived: &Derived<'a>, bound: &Bound<'a>, at: Span) -> R<Val<'a>> {
        let point = self.point(&derived.of, bound, &derived.wrt, at)?;
        let tangents = self.held_leaves(derived);
        let (results, tangents) = self.emit_jvp(&point, &point.leaves.clone(), tangents, at)?;
        let value = self.primal_value(&point, &results);
        let mut next = tangents.into_iter().map(Val::Ir);
        Ok(self.tangent_of(&value, &mut || next.next()))
    }

    /// The sum of the products of arrays of equal types.
    pub(super) fn inner_product(&mut self, xs: &[Value], ys: &[Value], at: Span) -> R<Value> {
        let mut sum = None;
        for (&x, &y) in xs.iter().zip(ys) {
            let mut term = self.emit(Mul, &[x, y], at)?;
            let rank = self.ty(term).rank();
            if rank > 0 {
                let op = Reduce {
                    kind: ReduceKind::Sum,
                    axes: (0..rank).collect(),
                    order: Order::Any,
                };
                term = self.emit(op, &[term], at)?;
            }
            sum = Some(match sum {
                None => term,
                Some(before) => self.emit(Add, &[before, term], at)?,
            });
        }
        match sum {
            Some(sum) => Ok(sum),
            None => self.constant(Scalar::F64(0.0), at),
        }
    }
}
