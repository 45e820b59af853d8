//! Arguments to parameters: by position and by name, with defaults, fitted to the declared types, which
//! determines the sizes and element types that the signature leaves open.

use super::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::literal::default_dtype;
use crate::build::names;
use crate::build::transform::Kind;
use crate::build::types::Pat;
use crate::build::unify::{Place, Postponed};
use crate::build::val::{Binding, Code, Func, Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, BinaryOp, TypeKind};
use dfn_ir::{DType, Size};

impl<'a> Elab<'a> {
    /// The arguments of `func` in the order of its parameters.
    pub(in crate::build) fn bind(
        &mut self,
        func: &Func<'a>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Bound<'a>> {
        match func {
            Func::Declared(code) => self.bind_declared(code, args, at),
            Func::Lambda(code) => self.bind_lambda(code, args, at),
            Func::Derived(derived) if derived.kind.is_linear_map() => {
                let [arg] = self.exactly::<1>(func, args, at)?;
                Ok(Bound {
                    args: vec![arg.val],
                    ..Bound::default()
                })
            }
            Func::Derived(derived) if derived.kind == Kind::Vmap => {
                self.bind_batch(derived, args, at)
            }
            Func::Derived(derived) => {
                let of = derived.of.clone();
                let args = self.floats(func, args)?;
                self.bind(&of, args, at)
            }
            Func::Builtin(builtin) => {
                let needed = builtin.required().count();
                let several = builtin.params.iter().any(|param| param.ends_with('…'));
                if args.len() < needed || (args.len() > needed && !several) {
                    let takes = format!("{needed} arguments");
                    return Err(self.fail(errors::functions::arity(
                        builtin.name,
                        &takes,
                        args.len(),
                        at,
                        None,
                    )));
                }
                Ok(Bound {
                    args: args.into_iter().map(|arg| arg.val).collect(),
                    ..Bound::default()
                })
            }
        }
    }

    /// The arguments, if there are exactly `N`.
    fn exactly<const N: usize>(
        &mut self,
        func: &Func<'a>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<[ArgVal<'a>; N]> {
        let given = args.len();
        let (name, span) = self.name_of(func);
        args.try_into().map_err(|_| {
            let takes = if N == 1 {
                "1 argument".to_owned()
            } else {
                format!("{N} arguments")
            };
            self.fail(errors::functions::arity(&name, &takes, given, at, span))
        })
    }

    fn bind_declared(
        &mut self,
        code: &Code<'a, &'a ast::Function>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Bound<'a>> {
        let function = code.code;
        let ordered = self.order_args(function, args, at)?;
        let solved_before = self.unknowns.len();
        self.enter_types(code.captured.clone(), code.home);
        let bound = self.fit_args(function, ordered, at);
        self.leave_types();
        self.unknowns.truncate(solved_before);
        bound
    }

    /// The arguments by parameter; `None` where a default is to be taken.
    fn order_args(
        &mut self,
        function: &'a ast::Function,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Vec<Option<ArgVal<'a>>>> {
        let params = &function.params;
        let name = function.name.as_str();
        let mut ordered: Vec<Option<ArgVal<'a>>> = vec![None; params.len()];
        let given = args.len();
        for (k, arg) in args.into_iter().enumerate() {
            let place = match arg.name {
                None => Some(k),
                Some(name) => params.iter().position(|param| param.name.text == name.text),
            };
            match (place.and_then(|place| ordered.get_mut(place)), arg.name) {
                (Some(slot @ None), _) => *slot = Some(arg),
                (_, Some(wrong)) => {
                    let known: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
                    return Err(self.fail(errors::functions::named(
                        name,
                        wrong.as_str(),
                        wrong.span,
                        &known,
                    )));
                }
                (_, None) => {
                    let takes = count(params.len());
                    return Err(self.fail(errors::functions::arity(
                        name,
                        &takes,
                        given,
                        at,
                        Some(function.name.span),
                    )));
                }
            }
        }
        let lacking = params
            .iter()
            .zip(&ordered)
            .filter(|(param, arg)| arg.is_none() && param.default.is_none());
        let lacking: Vec<&ast::Param> = lacking.map(|(param, _)| param).collect();
        match lacking.as_slice() {
            [] => Ok(ordered),
            [one] => Err(self.fail(errors::functions::missing(
                name,
                one.name.as_str(),
                at,
                Some(one.name.span),
            ))),
            _ => {
                let takes = count(params.len());
                Err(self.fail(errors::functions::arity(
                    name,
                    &takes,
                    given,
                    at,
                    Some(function.name.span),
                )))
            }
        }
    }

    /// Fits the arguments to the parameters' types, in the scope of the function's signature.
    fn fit_args(
        &mut self,
        function: &'a ast::Function,
        args: Vec<Option<ArgVal<'a>>>,
        at: Span,
    ) -> R<Bound<'a>> {
        self.declare_generics(function, &args)?;
        let mut later: Vec<Postponed> = Vec::new();
        let mut fitted = Vec::new();
        let mut pats = Vec::new();
        for (param, arg) in function.params.iter().zip(args) {
            let pat = match has_opaque_size(&param.ty) {
                true => None,
                false => Some(self.resolve(&param.ty)?),
            };
            let (val, span) = match (arg, &param.default) {
                (Some(arg), _) => (arg.val, arg.span),
                (None, Some(default)) => (self.expr(default)?, default.span),
                (None, None) => return Err(Reported),
            };
            // A size that a later type mentions may be an earlier argument.
            self.cx.scope.bind(
                &param.name.text,
                Meaning::Val(val.clone()),
                false,
                param.name.span,
            );
            fitted.push((val, span));
            pats.push((pat, param));
        }
        if self.applies_elementwise(function, &pats, &fitted) {
            return self.fit_elementwise(function, &pats, fitted);
        }
        let args = self.fit_in_order(function, &pats, &fitted, &mut later)?;
        self.infer_from_functions(function, &args, at)?;
        self.unify_postponed(later)?;
        let generics = self.solved_generics(function, at)?;
        let sizes = self.sizes_among(function, &args);
        Ok(Bound {
            args,
            generics,
            elementwise: false,
            sizes,
        })
    }

    /// The arguments fitted to their types. A type with a size such as `n / 2` is resolved when the other
    /// arguments have said what `n` is.
    fn fit_in_order(
        &mut self,
        function: &'a ast::Function,
        pats: &[(Option<Pat<'a>>, &'a ast::Param)],
        args: &[(Val<'a>, Span)],
        later: &mut Vec<Postponed>,
    ) -> R<Vec<Val<'a>>> {
        let mut fitted: Vec<Option<R<Val<'a>>>> = vec![None; args.len()];
        for early in [true, false] {
            let all = pats.iter().zip(args).zip(&mut fitted);
            for (((pat, param), (val, span)), slot) in all {
                if pat.is_some() != early {
                    continue;
                }
                let what = format!("argument `{}` of `{}`", param.name, function.name);
                let place = Place {
                    at: *span,
                    declared: param.ty.span,
                    what: &what,
                };
                let pat = match pat {
                    Some(pat) => Ok(pat.clone()),
                    None => self.resolve(&param.ty),
                };
                *slot = Some(pat.and_then(|pat| self.fit(&pat, val, place, &mut *later)));
            }
        }
        fitted
            .into_iter()
            .map(|val| val.unwrap_or(Err(Reported)))
            .collect()
    }

    /// What is known of the integers among the arguments that types of the signature mention.
    fn sizes_among(&self, function: &ast::Function, args: &[Val<'a>]) -> Vec<Option<Size>> {
        let mentioned = names::mentioned_in_signature(function);
        let params = function.params.iter().zip(args);
        let known = params.map(|(param, val)| match val {
            Val::Ir(value) if self.cx.b.ty(*value).is(DType::I64) => {
                let used = mentioned.contains(&param.name.text) && !param.mutable;
                let size = self.cx.facts.polynomial(*value);
                (used && size.as_value() != Some(*value)).then_some(size)
            }
            _ => None,
        });
        known.collect()
    }

    /// Binds the generic parameters: sizes to unknowns, element types to those of the arguments.
    fn declare_generics(
        &mut self,
        function: &'a ast::Function,
        args: &[Option<ArgVal<'a>>],
    ) -> R<()> {
        for generic in &function.generics {
            let meaning = match &generic.bound {
                None => Meaning::Size(self.unknown(&generic.name.text)),
                Some(class) => {
                    let pairs = function.params.iter().zip(args);
                    let found = pairs.filter_map(|(param, arg)| {
                        let arg = arg.as_ref()?;
                        let dtype = self.find_dtype(&param.ty, generic.name.as_str(), &arg.val)?;
                        Some((dtype, arg.span))
                    });
                    match found.into_iter().next() {
                        Some((dtype, at)) => {
                            let owner = (function.name.as_str(), generic.name.as_str());
                            self.in_class(class, dtype, owner, at)?;
                            Meaning::DType(dtype)
                        }
                        None => Meaning::DType(self.default_of(function, generic, args)),
                    }
                }
            };
            self.cx
                .scope
                .bind(&generic.name.text, meaning, false, generic.name.span);
        }
        Ok(())
    }

    /// The element type of a generic parameter that only numbers without type determine.
    fn default_of(
        &self,
        function: &ast::Function,
        generic: &ast::GenericParam,
        args: &[Option<ArgVal<'a>>],
    ) -> DType {
        if generic
            .bound
            .as_ref()
            .is_some_and(|bound| bound.as_str() == "float")
        {
            return DType::F64;
        }
        if generic
            .bound
            .as_ref()
            .is_some_and(|bound| bound.as_str() == "int")
        {
            return DType::I64;
        }
        let is_float = |arg: &ArgVal<'a>| match &arg.val {
            Val::Number(number) => number.default_dtype().is_float(),
            Val::Numbers(numbers) => default_dtype(numbers).is_float(),
            _ => false,
        };
        let mentions = |ty: &ast::Type| match &ty.kind {
            TypeKind::Named(path) => path.name.text == generic.name.text,
            TypeKind::Apply { base, .. } => {
                matches!(&base.kind, TypeKind::Named(path) if path.name.text == generic.name.text)
            }
            _ => false,
        };
        let params = function.params.iter().zip(args);
        let mut given =
            params.filter_map(|(param, arg)| arg.as_ref().filter(|_| mentions(&param.ty)));
        let numbers = given.clone().next().is_some();
        match numbers && !given.any(is_float) {
            true => DType::I64,
            false => DType::F64,
        }
    }

    /// The element type that stands in `val` where `ty` says `name`.
    pub(in crate::build) fn find_dtype(
        &self,
        ty: &ast::Type,
        name: &str,
        val: &Val<'a>,
    ) -> Option<DType> {
        match (&ty.kind, val) {
            (TypeKind::Named(path), Val::Ir(value)) if path.name.as_str() == name => {
                Some(self.cx.b.ty(*value).dtype)
            }
            (TypeKind::Apply { base, .. }, Val::Ir(_)) => self.find_dtype(base, name, val),
            (TypeKind::Apply { base, .. }, Val::Struct(def, _))
                if def.rows > 0 && !matches!(base.kind, TypeKind::Named(_)) =>
            {
                self.find_dtype(base, name, val)
            }
            (TypeKind::Tuple(types), Val::Tuple(parts)) => types
                .iter()
                .zip(parts)
                .find_map(|(ty, part)| self.find_dtype(ty, name, part)),
            // A struct with one element type holds it in some leaf; the fit checks the others.
            (TypeKind::Apply { args, .. }, Val::Struct(def, parts)) => {
                let place = args.iter().position(|arg| is_named(arg, name))?;
                let inner = def.decl.generics.get(place)?;
                let fields = def.decl.fields.iter().zip(parts);
                let mut found = fields.filter_map(|(field, part)| {
                    self.find_dtype(&field.ty, inner.name.as_str(), part)
                });
                found.next()
            }
            _ => None,
        }
    }

    fn solved_generics(&mut self, function: &'a ast::Function, at: Span) -> R<Vec<Binding<'a>>> {
        let mut generics = Vec::new();
        for generic in &function.generics {
            let Some(binding) = self.cx.scope.get(generic.name.as_str()).cloned() else {
                continue;
            };
            let meaning = match &binding.meaning {
                Meaning::Size(size) => {
                    let solved = self.solved(size);
                    if solved.values().any(|v| self.unknown_of(v).is_some()) {
                        let (name, owner) = (generic.name.as_str(), function.name.as_str());
                        return Err(self.fail(errors::sizes::not_inferred(
                            name,
                            owner,
                            at,
                            generic.name.span,
                        )));
                    }
                    Meaning::Size(solved)
                }
                other => other.clone(),
            };
            generics.push(Binding { meaning, ..binding });
        }
        Ok(generics)
    }

    fn bind_lambda(
        &mut self,
        code: &Code<'a, &'a ast::Lambda>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Bound<'a>> {
        let params = &code.code.params;
        if let Some(name) = args.iter().find_map(|arg| arg.name) {
            return Err(self.fail(errors::functions::named(
                "the lambda",
                name.as_str(),
                name.span,
                &[],
            )));
        }
        if args.len() != params.len() {
            let takes = count(params.len());
            return Err(self.fail(errors::functions::arity(
                "the lambda",
                &takes,
                args.len(),
                at,
                Some(code.code.body.span),
            )));
        }
        let mut vals = Vec::new();
        for (param, arg) in params.iter().zip(args) {
            let val = match &param.ty {
                None => self.settled(&arg.val, arg.span)?,
                Some(ty) => {
                    self.enter_types(code.captured.clone(), code.home);
                    let pat = self.resolve(ty);
                    let place = Place {
                        at: arg.span,
                        declared: ty.span,
                        what: "argument of the lambda",
                    };
                    let val = pat.and_then(|pat: Pat<'a>| self.fit_known(&pat, &arg.val, place));
                    self.leave_types();
                    val?
                }
            };
            vals.push(val);
        }
        Ok(Bound {
            args: vals,
            ..Bound::default()
        })
    }
}

/// Whether a type has a size that is not a polynomial of names.
fn has_opaque_size(ty: &ast::Type) -> bool {
    let opaque = |size: &ast::Size| match size {
        ast::Size::Exact(expr) | ast::Size::Bounded { bound: expr, .. } => is_opaque(expr),
    };
    match &ty.kind {
        TypeKind::Apply { base, args } => has_opaque_size(base) || args.iter().any(opaque),
        TypeKind::Tuple(parts) => parts.iter().any(has_opaque_size),
        TypeKind::Named(_) | TypeKind::Function(_) | TypeKind::Error => false,
    }
}

fn is_opaque(expr: &ast::Expr) -> bool {
    match &expr.unparenthesized().kind {
        ast::ExprKind::Binary {
            op, left, right, ..
        } => {
            let polynomial = matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul);
            !polynomial || is_opaque(left) || is_opaque(right)
        }
        ast::ExprKind::Call { .. } => true,
        _ => false,
    }
}

fn is_named(arg: &ast::Size, name: &str) -> bool {
    match arg {
        ast::Size::Exact(expr) => {
            matches!(&expr.kind, ast::ExprKind::Name(found) if found.as_str() == name)
        }
        ast::Size::Bounded { .. } => false,
    }
}

fn count(params: usize) -> String {
    match params {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}
