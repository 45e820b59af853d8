//! Derivatives that a function declares: `@tangent(rule)`, `@pullback(forward, backward)`,
//! `@linear(parameter, transpose)`.
//!
//! The functions of a rule are ordinary functions. For each instance of the function that they belong to
//! they are called in functions with its parameters, which the instance names as its rule. That is done
//! when everything else is elaborated, because a rule may call the function itself.

use super::call::{ArgVal, Bound};
use super::elab::{Cx, Elab, R, Reported, ir_span};
use super::errors;
use super::instance::{Instance, Site};
use super::signature::Atoms;
use super::transform::{Kind, Point};
use super::transform::{as_tangent, as_value};
use super::types::Pat;
use super::unify::Place;
use super::val::{Derived, Func, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr, ExprKind};
use dfn_ir::{FuncId, LinearIn, Size, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// The derivative that the attributes of a function declare.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Declared<'a> {
    tangent: Option<&'a Expr>,
    pullback: Option<(&'a Expr, &'a Expr)>,
    linear: Option<(&'a Expr, &'a Expr)>,
}

impl Declared<'_> {
    fn says_something(&self) -> bool {
        self.tangent.is_some() || self.pullback.is_some() || self.linear.is_some()
    }
}

/// Where a rule comes from.
enum Origin<'a> {
    /// From the attributes of a function.
    Declared(Declared<'a>, &'a ast::Function),
    /// From the implicit function theorem.
    Root(Derived<'a>, Span),
    /// A linear system of that.
    System(Derived<'a>, Span),
}

/// An instance whose rule is still to be made.
pub(super) struct Pending<'a> {
    origin: Origin<'a>,
    instance: Rc<Instance<'a>>,
    /// A function with the parameters of the instance, and the arguments in terms of them.
    start: Cx<'a>,
    args: Vec<Val<'a>>,
}

impl<'a> Elab<'a> {
    /// Notes the rule that the attributes of an item declare.
    pub(super) fn collect_rule(&mut self, item: &'a ast::Item) {
        let mut rule = Declared::default();
        for attribute in &item.attributes {
            let args: Vec<&'a Expr> = attribute
                .args
                .iter()
                .filter(|arg| arg.name.is_none())
                .map(|arg| &arg.value)
                .collect();
            match (attribute.name.as_str(), args.as_slice()) {
                ("tangent", &[one]) if attribute.args.len() == 1 => rule.tangent = Some(one),
                ("pullback", &[forward, backward]) if attribute.args.len() == 2 => {
                    rule.pullback = Some((forward, backward));
                }
                ("linear", &[param, transpose]) if attribute.args.len() == 2 => {
                    rule.linear = Some((param, transpose));
                }
                ("linear", _) => {
                    let form = "`@linear(parameter, transpose)`";
                    self.fail(errors::rules::attribute(form, attribute.span));
                }
                ("tangent", _) => {
                    self.fail(errors::rules::attribute("`@tangent(rule)`", attribute.span));
                }
                ("pullback", _) => {
                    let form = "`@pullback(forward, backward)`";
                    self.fail(errors::rules::attribute(form, attribute.span));
                }
                _ => {}
            }
            let ours = matches!(
                attribute.name.as_str(),
                "tangent" | "pullback" | "linear" | "checked"
            );
            if ours && !matches!(item.kind, ast::ItemKind::Function(_)) {
                self.fail(errors::rules::not_of_a_function(attribute.span));
            }
        }
        if let ast::ItemKind::Function(function) = &item.kind
            && rule.says_something()
        {
            self.rules.insert(std::ptr::from_ref(function).addr(), rule);
        }
    }

    /// Whether `function` declares its derivative.
    pub(super) fn has_rule(&self, function: &ast::Function) -> bool {
        self.rules
            .contains_key(&std::ptr::from_ref(function).addr())
    }

    /// Notes that the new instance of a function gets a rule, if the function has one.
    pub(super) fn postpone_rule(
        &mut self,
        (func, bound, atoms): (&Func<'a>, &Bound<'a>, &Atoms),
        instance: &Rc<Instance<'a>>,
        at: Span,
    ) -> R<()> {
        let (name, home, declared) = match func {
            Func::Declared(code) => {
                let known = self.rules.get(&std::ptr::from_ref(code.code).addr());
                let Some(&rule) = known.filter(|_| !bound.elementwise) else {
                    return Ok(());
                };
                let (name, span) = (code.code.name.as_str(), code.code.name.span);
                if bound.args.iter().any(|arg| matches!(arg, Val::Func(_))) {
                    return Err(self.fail(errors::rules::takes_function(name, span)));
                }
                (name, code.home, Some((rule, code.code)))
            }
            Func::Derived(derived)
                if matches!(derived.kind, Kind::Root | Kind::System | Kind::Transposed) =>
            {
                (derived.kind.name(), self.cx.home, None)
            }
            _ => return Ok(()),
        };
        let outer = std::mem::replace(&mut self.cx, Cx::new(name, home));
        let (inner, args) = self.import_all(&outer, atoms, func, bound);
        let start = std::mem::replace(&mut self.cx, outer);
        let origin = match (declared, inner) {
            (Some((rule, function)), _) => Origin::Declared(rule, function),
            (None, Func::Derived(derived)) if derived.kind == Kind::Root => {
                Origin::Root(derived, at)
            }
            (None, Func::Derived(derived)) => Origin::System(derived, at),
            (None, _) => return Err(Reported),
        };
        let instance = instance.clone();
        self.pending.push(Pending {
            origin,
            instance,
            start,
            args: args.args,
        });
        Ok(())
    }

    /// Makes the rules that were postponed, and those of the instances that this makes.
    pub(super) fn make_rules(&mut self) {
        while let Some(pending) = self.pending.pop() {
            // What is wrong was reported.
            let _ = self.make_rule(&pending);
        }
    }

    fn make_rule(&mut self, pending: &Pending<'a>) -> R<()> {
        let mut made = dfn_ir::Rule::default();
        match &pending.origin {
            Origin::Declared(rule, function) => {
                if let Some(tangent) = rule.tangent {
                    made.tangent = Some(self.tangent_rule(pending, function, tangent)?);
                }
                if let Some(pair) = rule.pullback {
                    made.pullback = Some(self.pullback_rule(pending, function, pair)?);
                }
                if let Some((param, transpose)) = rule.linear {
                    made.linear = Some(self.linear_rule(pending, function, (param, transpose))?);
                }
            }
            Origin::Root(derived, at) => {
                let tangent = self.in_rule(pending, ("tangent", *at), |elab, point| {
                    elab.root_tangent(derived, point, *at)
                })?;
                made.tangent = Some(tangent.func);
            }
            Origin::System(derived, at) => {
                let tangent = self.in_rule(pending, ("tangent", *at), |elab, point| {
                    elab.system_tangent(derived, point, *at)
                })?;
                made.tangent = Some(tangent.func);
                made.linear = Some(self.system_transpose(pending, derived, *at)?);
            }
        }
        self.module.get_mut(pending.instance.func).marks.rule = Some(made);
        Ok(())
    }

    /// A function of the rule, with the parameters of the instance.
    fn in_rule(
        &mut self,
        pending: &Pending<'a>,
        (part, at): (&str, Span),
        body: impl FnOnce(&mut Self, &Point<'a>) -> R<Val<'a>>,
    ) -> R<Instance<'a>> {
        let mut cx = pending.start.clone();
        let name = &self.module.get(pending.instance.func).name;
        cx.b.func_mut().name = format!("{name}.{part}");
        let outer = std::mem::replace(&mut self.cx, cx);
        self.cx.b.at(ir_span(at));
        let (b, sizes) = (&self.cx.b, self.cx.b.size_params());
        let site = Site {
            instance: pending.instance.clone(),
            sizes: sizes.iter().map(|&v| Size::value(v)).collect(),
            operands: b.params().get(sizes.len()..).unwrap_or_default().to_vec(),
            ranges: Vec::new(),
        };
        let point = Point {
            site,
            wrt: Vec::new(),
            leaves: Vec::new(),
        };
        let made = body(self, &point).and_then(|val| self.finish(val, at));
        self.cx = outer;
        let made = made?;
        match made.hidden {
            0 => Ok(made),
            _ => Err(self.fail(errors::rules::hidden_size("its result", at))),
        }
    }

    fn rule_function(&mut self, expr: &'a Expr) -> R<Rc<Func<'a>>> {
        match self.expr(expr)? {
            Val::Func(func) => Ok(func),
            Val::Error => Err(Reported),
            other => {
                let found = self.show(&other);
                Err(self.fail(errors::types::not_a_function(&found, expr.span)))
            }
        }
    }

    fn tangent_rule(
        &mut self,
        pending: &Pending<'a>,
        function: &'a ast::Function,
        expr: &'a Expr,
    ) -> R<FuncId> {
        let at = expr.span;
        let made = self.in_rule(pending, ("tangent", at), |elab, point| {
            let mut args: Vec<ArgVal<'a>> = plain(&pending.args, at);
            for (val, param) in pending.args.iter().zip(&function.params) {
                if !elab.float_leaves(val).is_empty() {
                    let pat = elab.tangent_pat(val)?;
                    let tangent = elab.param_of(&pat, &format!("d{}", param.name));
                    let floats = |v| elab.ty(v).is_differentiable();
                    let tangent = as_value(&tangent, val, &floats);
                    args.extend(plain(&[tangent], at));
                }
            }
            let pat = elab.cotangent_pat(point, at)?;
            let rule = elab.rule_function(expr)?;
            let result = elab.apply(&rule, args, at)?;
            let what = "the tangent that the rule gives";
            let declared = function.name.span;
            let result = as_tangent(&result, &pat);
            elab.fit_known(&pat, &result, Place { at, declared, what })
        })?;
        Ok(made.func)
    }

    fn pullback_rule(
        &mut self,
        pending: &Pending<'a>,
        function: &'a ast::Function,
        (forward, backward): (&'a Expr, &'a Expr),
    ) -> R<(FuncId, FuncId)> {
        let (at, declared) = (forward.span, function.name.span);
        let first = self.in_rule(pending, ("forward", at), |elab, point| {
            let rule = elab.rule_function(forward)?;
            let result = elab.apply(&rule, plain(&pending.args, at), at)?;
            let Val::Tuple(parts) = &result else {
                return Err(elab.fail(errors::rules::no_residuals(at)));
            };
            let [value, residual] = parts.as_slice() else {
                return Err(elab.fail(errors::rules::no_residuals(at)));
            };
            let pat = elab.value_pat(point, at)?;
            let what = "the result of the forward function";
            let value = elab.fit_known(&pat, value, Place { at, declared, what })?;
            let residual = elab.settled(residual, at)?;
            Ok(Val::Tuple(vec![value, residual]))
        })?;
        let residual = match &first.result {
            Val::Tuple(parts) => parts.last().cloned().ok_or(Reported)?,
            _ => return Err(Reported),
        };
        let at = backward.span;
        let second = self.in_rule(pending, ("backward", at), |elab, point| {
            let residual = elab.residual_param(first.func, &residual, at)?;
            let pat = elab.cotangent_pat(point, at)?;
            let ct = elab.param_of(&pat, "ct");
            let rule = elab.rule_function(backward)?;
            let result = elab.apply(&rule, plain(&[residual, ct], at), at)?;
            let mut pats = Vec::new();
            for val in &pending.args {
                if !elab.float_leaves(val).is_empty() {
                    pats.push(elab.tangent_pat(val)?);
                }
            }
            let pat = match (pats.len(), pats.pop()) {
                (1, Some(one)) => one,
                (_, last) => Pat::Tuple(pats.into_iter().chain(last).collect()),
            };
            let what = "the cotangents that the pullback gives";
            let result = as_tangent(&result, &pat);
            elab.fit_known(&pat, &result, Place { at, declared, what })
        })?;
        Ok((first.func, second.func))
    }

    /// `@linear(b, transpose)`: `transpose` takes the arguments with the cotangent of the result in the place
    /// of `b`, and gives the cotangent of `b`.
    fn linear_rule(
        &mut self,
        pending: &Pending<'a>,
        function: &'a ast::Function,
        (param, transpose): (&'a Expr, &'a Expr),
    ) -> R<LinearIn> {
        let is_named = |p: &ast::Param| matches!(&param.kind, ExprKind::Name(name) if name.as_str() == p.name.as_str());
        let place = function.params.iter().position(is_named);
        let arg = place.and_then(|place| pending.args.get(place));
        let (Some(place), Some(Val::Ir(value))) = (place, arg) else {
            return Err(self.fail(errors::rules::not_a_parameter(param.span)));
        };
        let (at, declared) = (transpose.span, function.name.span);
        let before = pending
            .args
            .iter()
            .take(place)
            .map(|val| val.leaves().len());
        let leaf = before.sum();
        if !pending.start.b.ty(*value).is_differentiable() {
            return Err(self.fail(errors::rules::not_a_parameter(param.span)));
        }
        let made = self.in_rule(pending, ("transpose", at), |elab, point| {
            let pat = elab.cotangent_pat(point, at)?;
            let ct = elab.param_of(&pat, "ct");
            let mut args = pending.args.clone();
            if let Some(arg) = args.get_mut(place) {
                *arg = ct;
            }
            let rule = elab.rule_function(transpose)?;
            let result = elab.apply(&rule, plain(&args, at), at)?;
            let pat = elab.tangent_pat(&Val::Ir(*value))?;
            let what = "the cotangent that the transpose gives";
            elab.fit_known(&pat, &result, Place { at, declared, what })
        })?;
        Ok(LinearIn {
            param: leaf,
            transpose: made.func,
        })
    }

    /// A linear system is linear in its right side, the last parameter; the transposed one takes the
    /// cotangent of the solution as its right side.
    fn system_transpose(
        &mut self,
        pending: &Pending<'a>,
        derived: &Derived<'a>,
        at: Span,
    ) -> R<LinearIn> {
        let mut param = 0;
        let made = self.in_rule(pending, ("transpose", at), |elab, point| {
            param = point.site.operands.len().saturating_sub(1);
            let right = point.site.operands.last().copied().ok_or(Reported)?;
            let ty = elab.ty(right);
            let ct = elab.cx.b.param(ty, None);
            elab.system(&derived.transposed(), ct, at)
        })?;
        Ok(LinearIn {
            param,
            transpose: made.func,
        })
    }

    /// Parameters for what the forward function gives besides the result.
    fn residual_param(&mut self, forward: FuncId, residual: &Val<'a>, at: Span) -> R<Val<'a>> {
        let func = self.module.get(forward);
        let own = self.cx.b.params().iter().copied();
        let known: HashMap<Value, Value> = func.body.params.iter().copied().zip(own).collect();
        let types: Vec<_> = residual
            .leaves()
            .iter()
            .map(|&v| func.ty(v).clone())
            .collect();
        let inside = |v: Value| !known.contains_key(&v);
        if types.iter().any(|ty| ty.values().any(inside)) || matches!(residual, Val::Func(_)) {
            return Err(self.fail(errors::rules::hidden_size("the residual", at)));
        }
        let renamed = |v: Value| known.get(&v).copied().unwrap_or(v);
        let mut next = types.into_iter();
        let mut leaf = |v: Value| match next.next() {
            Some(ty) => Val::Ir(self.cx.b.param(ty.rename(renamed), None)),
            None => Val::Ir(v),
        };
        Ok(residual.map(&mut leaf, &|size| size.rename(renamed)))
    }

    /// `@checked(x, …)`: the tests that compare the derivatives of a function with differences.
    pub(super) fn checked_rule(
        &mut self,
        function: &'a ast::Function,
        attribute: &'a ast::Attribute,
        home: usize,
        number: usize,
    ) -> R<FuncId> {
        let at = attribute.span;
        let outer = std::mem::replace(&mut self.cx, Cx::new(&format!("test.{number}"), home));
        let made = self.check_here(function, attribute, home);
        let made = made.and_then(|()| self.finish(Val::unit(), at));
        self.cx = outer;
        Ok(made?.func)
    }

    fn check_here(
        &mut self,
        function: &'a ast::Function,
        attribute: &'a ast::Attribute,
        home: usize,
    ) -> R<()> {
        let at = attribute.span;
        let (mut args, mut order) = (Vec::new(), 2);
        for arg in &attribute.args {
            match arg.name.as_ref().map(ast::Name::as_str) {
                None => args.push(self.expr(&arg.value)?),
                Some("order") => order = self.order(&arg.value)?,
                Some(name) => {
                    let known = &["order"];
                    return Err(self.fail(errors::functions::named("checked", name, at, known)));
                }
            }
        }
        let Val::Func(func) = self.declared(function, home) else {
            return Err(Reported);
        };
        let args = plain(&[Val::Tuple(args)], at);
        self.check_grads(&func, args, None, order, at).map(|_| ())
    }
}

/// Arguments by position.
fn plain<'a>(vals: &[Val<'a>], at: Span) -> Vec<ArgVal<'a>> {
    let one = |val: &Val<'a>| ArgVal {
        name: None,
        val: val.clone(),
        span: at,
    };
    vals.iter().map(one).collect()
}
