//! Values during elaboration: what an expression is, before and beside its IR.

use super::builtin::Builtin;
use super::elab::R;
use super::number::Number;
use super::transform::{Kind, Options};
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::{DType, Size, Value};
use std::rc::Rc;
use std::sync::Arc;

/// What an expression is.
#[derive(Clone, Debug)]
pub(super) enum Val<'a> {
    /// A scalar or an array.
    Ir(Value),
    /// A number whose type the context gives.
    Number(Number),
    /// An array of such numbers.
    Numbers(Rc<Numbers>),
    /// A tuple; without parts it is the unit value.
    Tuple(Vec<Val<'a>>),
    /// A struct, or the tangent of one: fields without tangent are then unit.
    Struct(StructDef<'a>, Vec<Val<'a>>),
    /// A function.
    Func(Rc<Func<'a>>),
    /// Text; only for `print` and `assert`.
    Text(Arc<str>),
    /// What a faulty expression gives; a diagnostic was given.
    Error,
}

/// An array literal of numbers without type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Numbers {
    /// The sizes, outermost first.
    pub(super) shape: Vec<i64>,
    /// The elements, row by row; at least one.
    pub(super) items: Vec<Number>,
}

/// A declared struct; two are the same if they are declared at the same place.
#[derive(Clone, Copy, Debug)]
pub(super) struct StructDef<'a> {
    /// The declaration.
    pub(super) decl: &'a ast::Struct,
    /// Its documentation.
    pub(super) doc: Option<&'a ast::Doc>,
    /// The file that declares it.
    pub(super) home: usize,
    /// How many leading axes every leaf has before its own: an array of structs is kept as a struct of
    /// arrays.
    pub(super) rows: usize,
}

impl PartialEq for StructDef<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.decl, other.decl) && self.rows == other.rows
    }
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Meaning<'a> {
    /// A value.
    Val(Val<'a>),
    /// A size.
    Size(Size),
    /// An element type.
    DType(DType),
}

/// A name in a scope.
#[derive(Clone, Debug)]
pub(super) struct Binding<'a> {
    /// The name.
    pub(super) name: Arc<str>,
    /// What it stands for.
    pub(super) meaning: Meaning<'a>,
    /// Whether it may be assigned.
    pub(super) mutable: bool,
    /// Where it is bound.
    pub(super) span: Span,
}

/// A function as a value: code and what it captures.
#[derive(Clone, Debug)]
pub(super) enum Func<'a> {
    /// A declared function.
    Declared(Code<'a, &'a ast::Function>),
    /// A lambda.
    Lambda(Code<'a, &'a ast::Lambda>),
    /// A function of the compiler.
    Builtin(&'static Builtin),
    /// A function made of another by a transformation.
    Derived(Derived<'a>),
}

/// Code with what it captures.
#[derive(Clone, Debug)]
pub(super) struct Code<'a, T> {
    /// The code.
    pub(super) code: T,
    /// The bindings outside of the code that it mentions.
    pub(super) captured: Vec<Binding<'a>>,
    /// The file that holds the code.
    pub(super) home: usize,
}

/// A function made by a transformation.
#[derive(Clone, Debug)]
pub(super) struct Derived<'a> {
    /// The transformation.
    pub(super) kind: Kind,
    /// The function that is transformed.
    pub(super) of: Rc<Func<'a>>,
    /// The parameters that are differentiated, by position, and whether one alone was named.
    pub(super) wrt: Wrt,
    /// Values that the transformation keeps: arguments or directions.
    pub(super) held: Vec<Val<'a>>,
    /// What else was said of it.
    pub(super) options: Options,
}

/// Which parameters are differentiated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wrt {
    /// Their positions.
    pub(super) params: Vec<usize>,
    /// Whether the derivative is a tuple with an entry for each, or that of the only one.
    pub(super) tuple: bool,
}

impl<'a> Val<'a> {
    /// The unit value.
    pub(super) fn unit() -> Val<'a> {
        Val::Tuple(Vec::new())
    }

    /// Calls `visit` on every IR value in it, captured ones included, in order.
    pub(super) fn visit(&self, visit: &mut dyn FnMut(Value)) {
        match self {
            Val::Ir(value) => visit(*value),
            Val::Tuple(parts) | Val::Struct(_, parts) => {
                parts.iter().for_each(|part| part.visit(visit));
            }
            Val::Func(func) => func.visit(visit),
            Val::Number(_) | Val::Numbers(_) | Val::Text(_) | Val::Error => {}
        }
    }

    /// The sizes of the leading axes of an array of structs; none for what is no such array.
    pub(super) fn rows<'t>(&self, ty: impl Fn(Value) -> &'t dfn_ir::Type) -> Vec<Size> {
        match self {
            Val::Struct(def, _) if def.rows > 0 => {
                let first = self.leaves().first().map(|leaf| ty(*leaf).shape.clone());
                first.into_iter().flatten().take(def.rows).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The same with every leaf replaced.
    pub(super) fn map_leaves(&self, to: &mut dyn FnMut(Value) -> R<Value>) -> R<Val<'a>> {
        match self {
            Val::Ir(value) => Ok(Val::Ir(to(*value)?)),
            Val::Tuple(parts) => {
                let parts: R<Vec<Val<'a>>> = parts.iter().map(|part| part.map_leaves(to)).collect();
                Ok(Val::Tuple(parts?))
            }
            Val::Struct(def, parts) => {
                let parts: R<Vec<Val<'a>>> = parts.iter().map(|part| part.map_leaves(to)).collect();
                Ok(Val::Struct(*def, parts?))
            }
            Val::Number(_) | Val::Numbers(_) | Val::Func(_) | Val::Text(_) | Val::Error => {
                Ok(self.clone())
            }
        }
    }

    /// The IR values in it, in order.
    pub(super) fn leaves(&self) -> Vec<Value> {
        let mut leaves = Vec::new();
        self.visit(&mut |value| leaves.push(value));
        leaves
    }

    /// The same with every IR value replaced, in the order of [`Val::visit`], and every size as well.
    pub(super) fn map(
        &self,
        to: &mut dyn FnMut(Value) -> Val<'a>,
        size: &dyn Fn(&Size) -> Size,
    ) -> Val<'a> {
        match self {
            Val::Ir(value) => to(*value),
            Val::Tuple(parts) => Val::Tuple(map_all(parts, to, size)),
            Val::Struct(def, parts) => Val::Struct(*def, map_all(parts, to, size)),
            Val::Func(func) => Val::Func(Rc::new(func.map(to, size))),
            Val::Number(_) | Val::Numbers(_) | Val::Text(_) | Val::Error => self.clone(),
        }
    }
}

fn map_all<'a>(
    parts: &[Val<'a>],
    to: &mut dyn FnMut(Value) -> Val<'a>,
    size: &dyn Fn(&Size) -> Size,
) -> Vec<Val<'a>> {
    parts.iter().map(|part| part.map(to, size)).collect()
}

impl<'a> Func<'a> {
    /// The bindings that it captures.
    pub(super) fn captured(&self) -> &[Binding<'a>] {
        match self {
            Func::Declared(code) => &code.captured,
            Func::Lambda(code) => &code.captured,
            Func::Builtin(_) | Func::Derived(_) => &[],
        }
    }

    fn visit(&self, visit: &mut dyn FnMut(Value)) {
        for binding in self.captured() {
            if let Meaning::Val(val) = &binding.meaning {
                val.visit(visit);
            }
        }
        if let Func::Derived(derived) = self {
            derived.of.visit(visit);
            derived.held.iter().for_each(|val| val.visit(visit));
        }
    }

    /// Calls `visit` on every size that it captures by name.
    pub(super) fn visit_sizes(&self, visit: &mut dyn FnMut(&Size)) {
        for binding in self.captured() {
            match &binding.meaning {
                Meaning::Size(size) => visit(size),
                Meaning::Val(Val::Func(func)) => func.visit_sizes(visit),
                Meaning::Val(_) | Meaning::DType(_) => {}
            }
        }
        if let Func::Derived(derived) = self {
            derived.of.visit_sizes(visit);
        }
    }

    fn map(&self, to: &mut dyn FnMut(Value) -> Val<'a>, size: &dyn Fn(&Size) -> Size) -> Func<'a> {
        let mut bindings = |list: &[Binding<'a>]| -> Vec<Binding<'a>> {
            list.iter()
                .map(|binding| binding.map(&mut *to, size))
                .collect()
        };
        match self {
            Func::Declared(code) => Func::Declared(Code {
                captured: bindings(&code.captured),
                ..code.clone()
            }),
            Func::Lambda(code) => Func::Lambda(Code {
                captured: bindings(&code.captured),
                ..code.clone()
            }),
            Func::Builtin(builtin) => Func::Builtin(builtin),
            Func::Derived(derived) => Func::Derived(Derived {
                kind: derived.kind,
                of: Rc::new(derived.of.map(to, size)),
                wrt: derived.wrt.clone(),
                held: map_all(&derived.held, to, size),
                options: derived.options.clone(),
            }),
        }
    }
}

impl<'a> Binding<'a> {
    /// The same with values and sizes replaced.
    pub(super) fn map(
        &self,
        to: &mut dyn FnMut(Value) -> Val<'a>,
        size: &dyn Fn(&Size) -> Size,
    ) -> Binding<'a> {
        let meaning = match &self.meaning {
            Meaning::Val(val) => Meaning::Val(val.map(to, size)),
            Meaning::Size(s) => Meaning::Size(size(s)),
            Meaning::DType(dtype) => Meaning::DType(*dtype),
        };
        Binding {
            meaning,
            ..self.clone()
        }
    }
}
