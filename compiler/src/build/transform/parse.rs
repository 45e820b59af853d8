//! Calls of transformations as they are written: the function, `wrt`, and what each takes besides.

use super::{Kind, Options, Transform};
use crate::build::builtin::Builtin;
use crate::build::call::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::number::Class;
use crate::build::val::{Derived, Func, Val, Wrt};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Literal};
use std::rc::Rc;

type Args<'a> = Vec<&'a ast::Arg>;

impl<'a> Elab<'a> {
    /// A call of a transformation.
    pub(in crate::build) fn transform_call(
        &mut self,
        builtin: &'static Builtin,
        transform: Transform,
        args: &'a [ast::Arg],
        at: Span,
    ) -> R<Val<'a>> {
        let name = transform.name();
        let (placed, rest) = self.placed(builtin, args)?;
        let Some((first, placed)) = placed.split_first() else {
            return Err(self.fail(errors::functions::missing(name, "f", at, None)));
        };
        let func = self.function_argument(&first.value, name)?;
        let mut wrt = None;
        let mut order = match transform {
            Transform::CheckGrads => 2,
            _ => 1,
        };
        let mut options = Options::default();
        let mut batch = None;
        let mut tangent_solve = None;
        let mut positional = Vec::new();
        for arg in placed {
            positional.push(ArgVal {
                name: None,
                val: self.expr(&arg.value)?,
                span: arg.value.span,
            });
        }
        for arg in rest {
            match arg.name.as_ref().map(ast::Name::as_str) {
                Some("axes") if transform == Transform::Vmap => {
                    options.axes = self.axes_argument(&arg.value)?
                }
                Some("axes") if transform == Transform::Jvp => {
                    batch = Some(self.axes_argument(&arg.value)?)
                }
                Some("aux") if transform.named().contains(&"aux") => {
                    options.aux = self.literal_flag(&arg.value)?
                }
                Some("sparse") if transform.named().contains(&"sparse") => {
                    options.sparse = self.literal_flag(&arg.value)?
                }
                Some("tangent_solve") if transform == Transform::Root => {
                    tangent_solve = Some(self.function_argument(&arg.value, "tangent_solve")?)
                }
                Some("out") if transform == Transform::Vmap => {
                    options.out = self.axes_argument(&arg.value)?
                }
                Some("wrt") if transform.named().contains(&"wrt") => {
                    wrt = Some(self.wrt(&func, &arg.value)?)
                }
                Some("order") if transform.named().contains(&"order") => {
                    order = self.order(&arg.value)?
                }
                other => {
                    let span = arg.name.as_ref().map_or(at, |name| name.span);
                    let known: Vec<&str> = builtin.all_params().collect();
                    let other = other.unwrap_or_default();
                    return Err(self.fail(errors::functions::named(name, other, span, &known)));
                }
            }
        }
        let kind = match transform {
            Transform::Vjp => return self.vjp(&func, positional, wrt, at),
            Transform::Jvp => return self.jvp(&func, positional, (wrt, batch), at),
            Transform::Root => return self.custom_root(&func, positional, tangent_solve, at),
            Transform::Linearize => return self.linearized(&func, positional, wrt, at),
            Transform::LinearTranspose => return self.transposed(&func, positional, wrt, at),
            Transform::Hvp => return self.hvp(&func, positional, wrt, at),
            Transform::CheckGrads => return self.check_grads(&func, positional, wrt, order, at),
            Transform::Grad => Kind::Grad,
            Transform::ValueAndGrad => Kind::ValueAndGrad,
            Transform::JacFwd => Kind::JacFwd,
            Transform::JacRev => Kind::JacRev,
            Transform::Jacobian if options.sparse => Kind::Sparse,
            Transform::Jacobian => Kind::JacFwd,
            Transform::Hessian if options.sparse => Kind::Sparse,
            Transform::Hessian => Kind::Hessian,
            Transform::Sparsity => Kind::Sparsity,
            Transform::SparseValues => Kind::SparseValues,
            Transform::Vmap => Kind::Vmap,
            Transform::Checkpoint => Kind::Checkpoint,
        };
        let mut held = Vec::new();
        if kind == Kind::SparseValues {
            held.push(self.pattern_argument(std::mem::take(&mut positional), at)?);
        }
        if order > 2 {
            return Err(self.fail(errors::functions::sparse_order(name, at)));
        }
        options.order = match transform {
            Transform::Hessian => 2,
            _ => order,
        };
        if !positional.is_empty() {
            let takes = "1 function (and what has a name)";
            let diagnostic = errors::functions::arity(name, takes, positional.len() + 1, at, None);
            return Err(self.fail(diagnostic.help(format!(
                "`{name}(f)` is a function: call it with the arguments, `{name}(f)(…)`"
            ))));
        }
        let wrt = wrt.unwrap_or_else(super::sparse::first_parameter);
        Ok(Val::Func(Rc::new(Func::Derived(Derived {
            kind,
            of: func,
            wrt,
            held,
            options,
        }))))
    }

    /// What has its place among the parameters that must be given, by position or by name, and the options.
    fn placed(
        &mut self,
        builtin: &'static Builtin,
        args: &'a [ast::Arg],
    ) -> R<(Args<'a>, Args<'a>)> {
        let required: Vec<&str> = builtin.required().collect();
        let place = |arg: &ast::Arg| {
            let name = arg.name.as_ref()?;
            required.iter().position(|param| *param == name.as_str())
        };
        let mut placed: Args<'a> = args.iter().filter(|arg| arg.name.is_none()).collect();
        let mut named: Vec<(usize, &'a ast::Arg)> = args
            .iter()
            .filter_map(|arg| Some((place(arg)?, arg)))
            .collect();
        named.sort_by_key(|(place, _)| *place);
        for (place, arg) in named {
            // Each goes right behind those before it: what is given twice or leaves a gap does not fit.
            if place > placed.len() {
                let missing = required.get(placed.len()).copied().unwrap_or("f");
                let diagnostic =
                    errors::functions::missing(builtin.name, missing, arg.value.span, None);
                return Err(self.fail(diagnostic));
            }
            if place < placed.len()
                && placed.iter().filter(|arg| arg.name.is_none()).count() > place
            {
                let name = required.get(place).copied().unwrap_or_default();
                let span = arg.name.as_ref().map_or(arg.value.span, |name| name.span);
                let known: Vec<&str> = builtin.all_params().collect();
                let twice = errors::functions::named(builtin.name, name, span, &known);
                return Err(self.fail(twice));
            }
            placed.push(arg);
        }
        let options = args
            .iter()
            .filter(|arg| arg.name.is_some() && place(arg).is_none());
        Ok((placed, options.collect()))
    }

    fn function_argument(&mut self, expr: &'a Expr, name: &str) -> R<Rc<Func<'a>>> {
        match self.expr(expr)? {
            Val::Func(func) => Ok(func),
            Val::Error => Err(Reported),
            other => {
                let found = self.show(&other);
                let wanted = format!("a function for `{name}`");
                Err(self.fail(errors::types::mismatch(&wanted, &found, expr.span, None)))
            }
        }
    }

    /// `true` or `false`, as it is written.
    fn literal_flag(&mut self, expr: &'a Expr) -> R<bool> {
        match &expr.unparenthesized().kind {
            ExprKind::Literal(Literal::Bool(flag)) => Ok(*flag),
            _ => {
                let wanted = "`true` or `false`";
                Err(self.fail(errors::types::mismatch(
                    wanted,
                    "another value",
                    expr.span,
                    None,
                )))
            }
        }
    }

    pub(in crate::build) fn order(&mut self, expr: &'a Expr) -> R<usize> {
        let number = match self.expr(expr)? {
            Val::Number(number) => {
                self.decide(&number, Class::Int, expr.span)?;
                number.as_i64()
            }
            _ => None,
        };
        match number
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| (1..=6).contains(n))
        {
            Some(order) => Ok(order),
            None => Err(self.fail(errors::types::mismatch(
                "an order from 1 to 6",
                "another value",
                expr.span,
                None,
            ))),
        }
    }

    /// `wrt = b`, `wrt = 1`, `wrt = (w, 2)`
    fn wrt(&mut self, func: &Func<'a>, expr: &'a Expr) -> R<Wrt> {
        match &expr.unparenthesized().kind {
            ExprKind::Tuple(parts) => {
                let params: Vec<R<usize>> =
                    parts.iter().map(|part| self.wrt_one(func, part)).collect();
                let params: Vec<usize> = params.into_iter().collect::<R<_>>()?;
                for (k, part) in parts.iter().enumerate() {
                    let (before, here) = params.split_at(k);
                    if here.first().is_some_and(|param| before.contains(param)) {
                        return Err(self.fail(errors::functions::wrt_twice(part.span)));
                    }
                }
                Ok(Wrt {
                    params,
                    tuple: true,
                })
            }
            _ => Ok(Wrt {
                params: vec![self.wrt_one(func, expr)?],
                tuple: false,
            }),
        }
    }

    fn wrt_one(&mut self, func: &Func<'a>, expr: &'a Expr) -> R<usize> {
        let names = self.param_names(func);
        let (found, text) = match &expr.unparenthesized().kind {
            ExprKind::Name(name) => (
                names.iter().position(|param| param == name.as_str()),
                format!("`{name}`"),
            ),
            ExprKind::Literal(Literal::Int { value, .. }) => (
                usize::try_from(*value).ok().filter(|k| *k < names.len()),
                value.to_string(),
            ),
            _ => (None, "of this form".to_owned()),
        };
        let function = self.title_of(func);
        found.ok_or_else(|| {
            self.fail(errors::functions::wrong_wrt(
                &function, &text, expr.span, &names,
            ))
        })
    }

    /// The arguments that a tuple (or a single value) holds for `func`.
    pub(super) fn primals(&mut self, func: &Func<'a>, arg: ArgVal<'a>, at: Span) -> R<Bound<'a>> {
        let one = self.param_names(func).len() == 1;
        let parts = match &arg.val {
            Val::Tuple(parts) if !one || parts.len() == 1 => parts.clone(),
            val => vec![val.clone()],
        };
        let args = parts
            .into_iter()
            .map(|val| ArgVal {
                name: None,
                val,
                span: arg.span,
            })
            .collect();
        self.bind_floats(func, args, at)
    }

    /// Binds arguments for a derivative: a number without type is a float where nothing else is declared.
    pub(super) fn bind_floats(
        &mut self,
        func: &Func<'a>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Bound<'a>> {
        let args = self.floats(func, args)?;
        self.bind(func, args, at)
    }

    /// The arguments with numbers made floats, unless a declaration says what they are.
    pub(in crate::build) fn floats(
        &mut self,
        func: &Func<'a>,
        args: Vec<ArgVal<'a>>,
    ) -> R<Vec<ArgVal<'a>>> {
        let root = root(func);
        let declared = |k: usize| match root {
            Func::Declared(_) => true,
            Func::Lambda(code) => code
                .code
                .params
                .get(k)
                .is_some_and(|param| param.ty.is_some()),
            Func::Builtin(_) | Func::Derived(_) => false,
        };
        let mut result = Vec::new();
        for (k, arg) in args.into_iter().enumerate() {
            let untyped = matches!(arg.val, Val::Number(_) | Val::Numbers(_));
            result.push(match untyped && !declared(k) {
                true => {
                    let value = self.ir_as(&arg.val, Some(dfn_ir::DType::F64), arg.span)?;
                    ArgVal {
                        val: Val::Ir(value),
                        ..arg
                    }
                }
                false => arg,
            });
        }
        Ok(result)
    }
}

/// The function that all transformations started from.
fn root<'f, 'a>(func: &'f Func<'a>) -> &'f Func<'a> {
    match func {
        Func::Derived(derived) => root(&derived.of),
        Func::Declared(_) | Func::Lambda(_) | Func::Builtin(_) => func,
    }
}
