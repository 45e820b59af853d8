//! Tangents: the structure of a value with what has no tangent left out, and calls of `jvp` and `vjp`.

use crate::build::call::Bound;
use crate::build::elab::{Elab, R, Reported, ir_span};
use crate::build::errors;
use crate::build::instance::Site;
use crate::build::number::Number;
use crate::build::types::Pat;
use crate::build::val::{Func, Val, Wrt};
use crate::diagnostic::Span;
use dfn_ir::ops::transform::Target;
use dfn_ir::ops::{Differences, Jvp, Vjp};
use dfn_ir::{Inst, Value};

/// A function with its arguments, ready to be differentiated.
pub(in crate::build) struct Point<'a> {
    /// The instance and its operands.
    pub(in crate::build) site: Site<'a>,
    /// The arguments that are differentiated.
    pub(in crate::build) wrt: Vec<Val<'a>>,
    /// Their float leaves, with the place of each among the operands.
    pub(in crate::build) leaves: Vec<(usize, Value)>,
}

impl<'a> Elab<'a> {
    /// Makes the instance that is differentiated and finds its active operands.
    pub(super) fn point(
        &mut self,
        func: &Func<'a>,
        bound: &Bound<'a>,
        wrt: &Wrt,
        at: Span,
    ) -> R<Point<'a>> {
        let site = self.specialise(func, bound, at)?;
        let mut leaves = Vec::new();
        let mut vals = Vec::new();
        for &k in &wrt.params {
            let (Some(val), Some(range)) = (bound.args.get(k), site.ranges.get(k).cloned()) else {
                return Err(self.fail(errors::functions::missing(
                    "the function",
                    "to differentiate in",
                    at,
                    None,
                )));
            };
            let places = range.filter_map(|place| Some((place, *site.operands.get(place)?)));
            let floats = places.filter(|(_, value)| self.ty(*value).is_differentiable());
            let before = leaves.len();
            if !matches!(val, Val::Func(_)) {
                leaves.extend(floats);
            }
            if leaves.len() == before {
                let name = self.title_of(func);
                let param = self.param_names(func).get(k).cloned().unwrap_or_default();
                let found = self.show(val);
                return Err(self.fail(errors::functions::no_tangent(&name, &param, &found, at)));
            }
            vals.push(val.clone());
        }
        Ok(Point {
            site,
            wrt: vals,
            leaves,
        })
    }

    /// The type of the tangents of `val`: floats stay, what has no tangent is unit.
    pub(in crate::build) fn tangent_pat(&mut self, val: &Val<'a>) -> R<Pat<'a>> {
        let types: Vec<dfn_ir::Type> = val.leaves().iter().map(|&v| self.ty(v)).collect();
        let mut next = types.into_iter();
        self.tangent_pat_of(val, &mut |_| next.next())
    }

    /// The same, for leaves whose types `of` gives, in order.
    pub(super) fn tangent_pat_of(
        &self,
        val: &Val<'a>,
        of: &mut dyn FnMut(Value) -> Option<dfn_ir::Type>,
    ) -> R<Pat<'a>> {
        match val {
            Val::Ir(value) => match of(*value).ok_or(Reported)? {
                ty if ty.is_differentiable() => Ok(Pat::Array(ty.dtype, ty.shape.to_vec())),
                _ => Ok(Pat::Tuple(Vec::new())),
            },
            Val::Tuple(parts) => Ok(Pat::Tuple(self.tangent_pats(parts, of)?)),
            Val::Struct(def, parts) => Ok(Pat::Struct(*def, self.tangent_pats(parts, of)?)),
            Val::Func(_) => {
                for leaf in val.leaves() {
                    of(leaf);
                }
                Ok(Pat::Tuple(Vec::new()))
            }
            Val::Number(_) | Val::Numbers(_) | Val::Text(_) => Ok(Pat::Tuple(Vec::new())),
            Val::Error => Err(Reported),
        }
    }

    fn tangent_pats(
        &self,
        parts: &[Val<'a>],
        of: &mut dyn FnMut(Value) -> Option<dfn_ir::Type>,
    ) -> R<Vec<Pat<'a>>> {
        parts
            .iter()
            .map(|part| self.tangent_pat_of(part, &mut *of))
            .collect()
    }

    /// The structure of the tangents of `val`, its leaves taken from `next`.
    pub(super) fn tangent_of(
        &self,
        val: &Val<'a>,
        next: &mut dyn FnMut() -> Option<Val<'a>>,
    ) -> Val<'a> {
        match val {
            Val::Ir(value) if self.cx.b.ty(*value).is_differentiable() => {
                next().unwrap_or(Val::Error)
            }
            Val::Tuple(parts) => Val::Tuple(
                parts
                    .iter()
                    .map(|part| self.tangent_of(part, next))
                    .collect(),
            ),
            Val::Struct(def, parts) => Val::Struct(
                *def,
                parts
                    .iter()
                    .map(|part| self.tangent_of(part, next))
                    .collect(),
            ),
            // A number that takes its type from its surroundings: so does its tangent, 0.
            Val::Number(number) if number.default_dtype().is_float() => {
                Val::Number(Number::float(0.0, &"0.0".into()))
            }
            Val::Ir(_)
            | Val::Number(_)
            | Val::Numbers(_)
            | Val::Func(_)
            | Val::Text(_)
            | Val::Error => Val::unit(),
        }
    }

    /// The derivative in each differentiated parameter, as a tuple if a tuple was asked for.
    pub(super) fn by_wrt(
        &self,
        point: &Point<'a>,
        wrt: &Wrt,
        next: &mut dyn FnMut() -> Option<Val<'a>>,
    ) -> Val<'a> {
        let mut parts: Vec<Val<'a>> = point
            .wrt
            .iter()
            .map(|val| self.tangent_of(val, next))
            .collect();
        match wrt.tuple {
            true => Val::Tuple(parts),
            false => parts.pop().unwrap_or(Val::Error),
        }
    }

    /// Which operands are active: those of `leaves`.
    fn target(&self, point: &Point<'a>, leaves: &[(usize, Value)]) -> Target {
        let is_active = |place: usize| leaves.iter().any(|(active, _)| *active == place);
        let active = (0..point.site.operands.len()).map(is_active).collect();
        Target {
            func: point.site.instance.func,
            active,
        }
    }

    fn results_of(&mut self, inst: Result<Inst, dfn_ir::TypeError>, at: Span) -> R<Vec<Value>> {
        let inst = self.checked(inst, at)?;
        Ok(self.cx.b.results(inst).to_vec())
    }

    /// The results and the tangents of their float leaves, along `tangents` of some leaves.
    pub(super) fn emit_jvp(
        &mut self,
        point: &Point<'a>,
        leaves: &[(usize, Value)],
        tangents: Vec<Value>,
        at: Span,
    ) -> R<(Vec<Value>, Vec<Value>)> {
        let target = self.target(point, leaves);
        let mut args = point.site.operands.clone();
        args.extend(in_order_of_operands(leaves, tangents));
        let outer = self.cx.b.at(ir_span(at));
        let inst = Jvp::emit(
            target,
            &mut self.cx.b,
            &self.module,
            &point.site.sizes,
            args,
        );
        self.cx.b.at(outer);
        let mut results = self.results_of(inst, at)?;
        let tangents = results.split_off(self.primal_results(point).min(results.len()));
        Ok((results, tangents))
    }

    /// The results and the cotangents of all active leaves, for cotangents of the float results.
    pub(super) fn emit_vjp(
        &mut self,
        point: &Point<'a>,
        cts: Vec<Value>,
        at: Span,
    ) -> R<(Vec<Value>, Vec<Value>)> {
        self.emit_reverse(point, (cts, false), at)
    }

    /// The same for a function that must be linear in its active leaves.
    pub(super) fn emit_transpose(
        &mut self,
        point: &Point<'a>,
        cts: Vec<Value>,
        at: Span,
    ) -> R<(Vec<Value>, Vec<Value>)> {
        self.emit_reverse(point, (cts, true), at)
    }

    fn emit_reverse(
        &mut self,
        point: &Point<'a>,
        (cts, linear): (Vec<Value>, bool),
        at: Span,
    ) -> R<(Vec<Value>, Vec<Value>)> {
        let target = self.target(point, &point.leaves);
        let mut args = point.site.operands.clone();
        args.extend(cts);
        let outer = self.cx.b.at(ir_span(at));
        let op = Vjp { target, linear };
        let inst = op.emit_as(&mut self.cx.b, &self.module, &point.site.sizes, args);
        self.cx.b.at(outer);
        let mut results = self.results_of(inst, at)?;
        let cts = results.split_off(self.primal_results(point).min(results.len()));
        // They come in the order of the operands; the leaves are in that of `wrt`.
        let mut places: Vec<usize> = point.leaves.iter().map(|(place, _)| *place).collect();
        places.sort_unstable();
        let ct_of =
            |(place, _): &(usize, Value)| cts.get(places.binary_search(place).ok()?).copied();
        let cts = point.leaves.iter().filter_map(ct_of).collect();
        Ok((results, cts))
    }

    /// The tangents of the float results along `tangents`, by differences.
    pub(super) fn emit_differences(
        &mut self,
        point: &Point<'a>,
        leaves: &[(usize, Value)],
        tangents: Vec<Value>,
        at: Span,
    ) -> R<Vec<Value>> {
        let target = self.target(point, leaves);
        let mut args = point.site.operands.clone();
        args.extend(in_order_of_operands(leaves, tangents));
        let outer = self.cx.b.at(ir_span(at));
        let inst = Differences::emit(
            target,
            &mut self.cx.b,
            &self.module,
            &point.site.sizes,
            args,
        );
        self.cx.b.at(outer);
        self.results_of(inst, at)
    }

    fn primal_results(&self, point: &Point<'a>) -> usize {
        self.module.get(point.site.instance.func).body.results.len()
    }

    /// The result of the function in terms of the caller.
    pub(super) fn primal_value(&mut self, point: &Point<'a>, results: &[Value]) -> Val<'a> {
        self.rebuild(&point.site, &point.site.instance.result, results)
    }

    /// The float leaves of a value.
    pub(in crate::build) fn float_leaves(&self, val: &Val<'a>) -> Vec<Value> {
        val.leaves()
            .into_iter()
            .filter(|&v| self.cx.b.ty(v).is_differentiable())
            .collect()
    }

    /// `value` in a type whose sizes are equal to its own but may be named otherwise.
    pub(super) fn zeros_like(&mut self, value: Value, at: Span) -> R<Value> {
        let ty = self.ty(value);
        self.filled(dfn_ir::Scalar::zero(ty.dtype), ty, at)
    }
}

/// What belongs to each leaf, in the order in which the leaves are operands.
fn in_order_of_operands(leaves: &[(usize, Value)], of_each: Vec<Value>) -> Vec<Value> {
    let places = leaves.iter().map(|(place, _)| *place);
    let mut pairs: Vec<(usize, Value)> = places.zip(of_each).collect();
    pairs.sort_by_key(|(place, _)| *place);
    pairs.into_iter().map(|(_, value)| value).collect()
}
