//! Types as they are written, resolved: names replaced by what they stand for.

use super::elab::{Elab, R};
use super::errors;
use super::items::Item;
use super::scope::Scope;
use super::val::{Binding, Meaning, StructDef};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, ExprKind, TypeKind};
use dfn_ir::{DType, Size};

/// A resolved type; its sizes may mention unknowns.
#[derive(Clone, Debug)]
pub(super) enum Pat<'a> {
    /// A scalar or an array.
    Array(DType, Vec<Size>),
    /// A tuple.
    Tuple(Vec<Pat<'a>>),
    /// A struct with the types of its fields.
    Struct(StructDef<'a>, Vec<Pat<'a>>),
    /// A function with this number of parameters.
    Func(usize),
}

impl Pat<'_> {
    /// The first `count` sizes of the first array in it.
    fn leading(&self, count: usize) -> Vec<Size> {
        match self {
            Pat::Array(_, shape) => shape.iter().take(count).cloned().collect(),
            Pat::Tuple(parts) | Pat::Struct(_, parts) => {
                let mut found = parts.iter().map(|part| part.leading(count));
                found.find(|sizes| !sizes.is_empty()).unwrap_or_default()
            }
            Pat::Func(_) => Vec::new(),
        }
    }

    /// The element type of a scalar or array.
    pub(super) fn dtype(&self) -> Option<DType> {
        match self {
            Pat::Array(dtype, _) => Some(*dtype),
            Pat::Tuple(_) | Pat::Struct(..) | Pat::Func(_) => None,
        }
    }
}

impl<'a> Elab<'a> {
    /// Resolves a type in the current scope.
    pub(super) fn resolve(&mut self, ty: &'a ast::Type) -> R<Pat<'a>> {
        match &ty.kind {
            TypeKind::Named(path) => self.resolve_named(path, &[], ty.span),
            TypeKind::Apply { base, args } => match &base.kind {
                TypeKind::Named(path) => self.resolve_named(path, args, ty.span),
                _ => {
                    let pat = self.resolve(base)?;
                    self.array_of(&pat, args, ty.span)
                }
            },
            TypeKind::Tuple(parts) => {
                let parts: R<Vec<Pat<'a>>> = parts.iter().map(|part| self.resolve(part)).collect();
                Ok(Pat::Tuple(parts?))
            }
            TypeKind::Function(function) => Ok(Pat::Func(function.params.len())),
            TypeKind::Error => Err(super::elab::Reported),
        }
    }

    fn resolve_named(
        &mut self,
        path: &'a ast::Path,
        args: &'a [ast::Size],
        at: Span,
    ) -> R<Pat<'a>> {
        if path.module.is_none()
            && let Some(dtype) = self.dtype_named(path.name.as_str())
        {
            let mut shape = Vec::new();
            for arg in args {
                shape.push(self.resolve_size(arg)?);
            }
            return Ok(Pat::Array(dtype, shape));
        }
        let item = self.item_at(path)?;
        let declared = match item {
            Some(Item::Struct(def)) => std::ptr::from_ref(def.decl).addr(),
            Some(Item::Alias(alias, _)) => std::ptr::from_ref(alias).addr(),
            _ => 0,
        };
        if declared != 0 && self.cx.resolving.contains(&declared) {
            let name = path.name.as_str();
            return Err(self.fail(errors::types::recursive(name, at)));
        }
        self.cx.resolving.push(declared);
        let pat = self.resolve_item(item, path, args, at);
        self.cx.resolving.pop();
        pat
    }

    fn resolve_item(
        &mut self,
        item: Option<Item<'a>>,
        path: &'a ast::Path,
        args: &'a [ast::Size],
        at: Span,
    ) -> R<Pat<'a>> {
        match item {
            // A struct without parameters takes no arguments: these are the sizes of an array of it.
            Some(Item::Struct(def)) if def.decl.generics.is_empty() && !args.is_empty() => {
                let pat = self.resolve_item(item, path, &[], at)?;
                self.array_of(&pat, args, at)
            }
            Some(Item::Alias(alias, _)) if alias.generics.is_empty() && !args.is_empty() => {
                let pat = self.resolve_item(item, path, &[], at)?;
                self.array_of(&pat, args, at)
            }
            Some(Item::Struct(def)) => {
                let bindings =
                    self.bind_generics(&def.decl.generics, args, def.decl.name.as_str(), at)?;
                let mut fields = Vec::new();
                self.enter_types(bindings, def.home);
                for field in &def.decl.fields {
                    fields.push(self.resolve(&field.ty));
                }
                self.leave_types();
                let fields: R<Vec<Pat<'a>>> = fields.into_iter().collect();
                Ok(Pat::Struct(def, fields?))
            }
            Some(Item::Alias(alias, home)) => {
                let bindings =
                    self.bind_generics(&alias.generics, args, alias.name.as_str(), at)?;
                self.enter_types(bindings, home);
                let pat = self.resolve(&alias.ty);
                self.leave_types();
                pat
            }
            Some(other) => {
                let name = path.to_string();
                Err(self.fail(errors::names::wrong_kind(&name, other.kind(), "a type", at)))
            }
            None => {
                let known = self.type_names();
                let known = known.iter().map(String::as_str);
                Err(self.fail(errors::names::unknown(
                    "type",
                    path.name.as_str(),
                    path.name.span,
                    known,
                )))
            }
        }
    }

    /// The type of an array of `pat`: every leaf has the axes of the array before its own.
    fn array_of(&mut self, pat: &Pat<'a>, args: &'a [ast::Size], at: Span) -> R<Pat<'a>> {
        let mut sizes = Vec::new();
        for arg in args {
            sizes.push(self.resolve_size(arg)?);
        }
        self.with_axes(pat, &sizes, at)
    }

    fn with_axes(&mut self, pat: &Pat<'a>, sizes: &[Size], at: Span) -> R<Pat<'a>> {
        match pat {
            Pat::Array(dtype, shape) => Ok(Pat::Array(
                *dtype,
                sizes.iter().chain(shape).cloned().collect(),
            )),
            Pat::Struct(def, parts) => {
                let parts: R<Vec<Pat<'a>>> = parts
                    .iter()
                    .map(|part| self.with_axes(part, sizes, at))
                    .collect();
                let rows = def.rows + sizes.len();
                Ok(Pat::Struct(StructDef { rows, ..*def }, parts?))
            }
            Pat::Tuple(_) => Err(self.fail(errors::functions::array_of_tuples(at))),
            Pat::Func(_) => Err(self.fail(errors::functions::function_value(
                "an element of an array",
                at,
            ))),
        }
    }

    fn type_names(&self) -> Vec<String> {
        let dtypes = DType::ALL.iter().map(|dtype| dtype.name().to_owned());
        let files = [self.files.get(self.cx.home), self.files.last()];
        let items = files
            .into_iter()
            .flatten()
            .flat_map(|file| file.items.iter());
        let types = items.filter(|(_, item)| matches!(item, Item::Struct(_) | Item::Alias(..)));
        dtypes
            .chain(types.map(|(name, _)| name.to_string()))
            .collect()
    }

    /// The element type called `name`.
    pub(super) fn dtype_named(&self, name: &str) -> Option<DType> {
        match self.cx.scope.get(name).map(|binding| &binding.meaning) {
            Some(Meaning::DType(dtype)) => Some(*dtype),
            _ => DType::from_name(name),
        }
    }

    /// Opens a scope with only `bindings`, in the file `home`.
    pub(super) fn enter_types(&mut self, bindings: Vec<Binding<'a>>, home: usize) {
        let mut scope = Scope::default();
        bindings.into_iter().for_each(|binding| scope.push(binding));
        let outer = std::mem::replace(&mut self.cx.scope, scope);
        self.cx
            .suspended
            .push((outer, std::mem::replace(&mut self.cx.home, home)));
    }

    /// Restores the scope that [`Elab::enter_types`] replaced.
    pub(super) fn leave_types(&mut self) {
        if let Some((scope, home)) = self.cx.suspended.pop() {
            self.cx.scope = scope;
            self.cx.home = home;
        }
    }

    /// Binds the parameters of a generic type to its arguments.
    fn bind_generics(
        &mut self,
        generics: &'a [ast::GenericParam],
        args: &'a [ast::Size],
        name: &str,
        at: Span,
    ) -> R<Vec<Binding<'a>>> {
        if generics.len() != args.len() {
            let takes = format!("{} arguments in brackets", generics.len());
            return Err(self.fail(errors::functions::arity(name, &takes, args.len(), at, None)));
        }
        let mut bindings = Vec::new();
        for (param, arg) in generics.iter().zip(args) {
            let meaning = match &param.bound {
                Some(class) => {
                    let dtype = self.resolve_dtype(arg)?;
                    self.in_class(class, dtype, (name, param.name.as_str()), arg.span())?;
                    Meaning::DType(dtype)
                }
                None => Meaning::Size(self.resolve_size(arg)?),
            };
            bindings.push(Binding {
                name: param.name.text.clone(),
                meaning,
                mutable: false,
                span: param.name.span,
            });
        }
        Ok(bindings)
    }

    fn resolve_dtype(&mut self, arg: &'a ast::Size) -> R<DType> {
        let found = match arg {
            ast::Size::Exact(expr) => match &expr.kind {
                ExprKind::Name(name) => self.dtype_named(name.as_str()),
                _ => None,
            },
            ast::Size::Bounded { .. } => None,
        };
        found.ok_or_else(|| {
            self.fail(errors::names::not_a_type(
                "an element type such as `f64`",
                arg.span(),
            ))
        })
    }

    fn resolve_size(&mut self, arg: &'a ast::Size) -> R<Size> {
        match arg {
            ast::Size::Exact(expr) => self.size_expr(expr),
            ast::Size::Bounded { name, bound } => self.declared_size(name, bound),
        }
    }

    /// A resolved type for messages, in backquotes.
    pub(super) fn show_pat(&self, pat: &Pat<'a>) -> String {
        match pat {
            Pat::Func(1) => "a function of 1 argument".to_owned(),
            Pat::Func(n) => format!("a function of {n} arguments"),
            Pat::Tuple(parts) if parts.is_empty() => "nothing".to_owned(),
            Pat::Array(..) | Pat::Tuple(_) | Pat::Struct(..) => {
                format!("`{}`", self.show_pat_plain(pat))
            }
        }
    }

    fn show_pat_plain(&self, pat: &Pat<'a>) -> String {
        match pat {
            Pat::Array(dtype, shape) if shape.is_empty() => dtype.to_string(),
            Pat::Array(dtype, shape) => {
                let sizes: Vec<String> = shape
                    .iter()
                    .map(|size| self.show_size(&self.solved(size)))
                    .collect();
                format!("{dtype}[{}]", sizes.join(", "))
            }
            Pat::Struct(def, _) if def.rows > 0 => {
                let sizes = pat.leading(def.rows);
                let sizes: Vec<String> = sizes
                    .iter()
                    .map(|size| self.show_size(&self.solved(size)))
                    .collect();
                format!("{}[{}]", def.decl.name, sizes.join(", "))
            }
            Pat::Struct(def, _) => def.decl.name.to_string(),
            Pat::Tuple(parts) => {
                let parts: Vec<String> =
                    parts.iter().map(|part| self.show_pat_plain(part)).collect();
                format!("({})", parts.join(", "))
            }
            Pat::Func(_) => "fn".to_owned(),
        }
    }
}
