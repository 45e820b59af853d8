//! The state of elaboration, and the small steps that everything else is made of: emitting an
//! instruction, reporting a fault, naming a type for a message.

use super::errors;
use super::facts::{Facts, Opaque, Origin};
use super::instance::{Frame, Memo};
use super::items::File;
use super::scope::Scope;
use super::types::Pat;
use super::val::Val;
use crate::diagnostic::{Diagnostic, Span};
use dfn_ir::ops::{Check, Const};
use dfn_ir::{Builder, DType, Module, Op, Parts, Scalar, Size, Type, TypeError, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Something is wrong, and a diagnostic says what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

/// The result of elaborating something.
pub(super) type R<T> = Result<T, Reported>;

/// The elaboration of a program.
pub(super) struct Elab<'a> {
    /// The files: the program, what it imports, the prelude.
    pub(super) files: Vec<File<'a>>,
    /// The functions made so far.
    pub(super) module: Module,
    /// The instances made so far.
    pub(super) memo: Memo<'a>,
    /// What was found wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What is perhaps not meant.
    pub(super) warnings: Vec<Diagnostic>,
    /// Whether a test is being elaborated, or what it calls.
    pub(super) in_test: bool,
    /// The function that is being made.
    pub(super) cx: Cx<'a>,
    /// The functions around it that are being made.
    pub(super) chain: Vec<Frame>,
    /// Sizes and element types of a signature that arguments are to determine.
    pub(super) unknowns: Vec<super::unify::Unknown>,
    /// The derivatives that functions declare, by the address of the function.
    pub(super) rules: HashMap<usize, super::rules::Declared<'a>>,
    /// The instances whose rules are still to be made.
    pub(super) pending: Vec<super::rules::Pending<'a>>,
}

/// The function that is being made.
#[derive(Clone)]
pub(super) struct Cx<'a> {
    /// Its instructions.
    pub(super) b: Builder,
    /// The names at the current place.
    pub(super) scope: Scope<'a>,
    /// Bindings before this place are outside of a region without order: they are not assigned.
    pub(super) held: usize,
    /// Bindings before this place are what the function captures: they are not assigned either.
    pub(super) captured: usize,
    /// Those before this place are outside of the condition of a `while`, which only asks.
    pub(super) asked: usize,
    /// The scopes to return to when a signature or a type is resolved.
    pub(super) suspended: Vec<(Scope<'a>, usize)>,
    /// The file whose names are known here.
    pub(super) home: usize,
    /// The addresses of the structs, aliases and constants that are being resolved.
    pub(super) resolving: Vec<usize>,
    /// What is known of its integers.
    pub(super) facts: Facts,
    /// Whether sizes that are computed of its parameters become parameters themselves.
    pub(super) lifts: bool,
    /// Whether the expression at hand is a size.
    pub(super) in_size: bool,
    /// The parameters for sizes that its callers compute, and how.
    pub(super) lifted: Vec<(Value, Origin)>,
    /// Whether the type at hand is that of the result: it may declare sizes.
    pub(super) declares_sizes: bool,
    /// The sizes that the type of its result declares.
    pub(super) bounded: Vec<super::bounded::Bounded>,
    /// The element type of its result, if that is declared: numbers that are returned take it.
    pub(super) result: Option<DType>,
    /// The type of its result, if that is declared: an early `return` needs it.
    pub(super) returns: Option<Pat<'a>>,
    /// The element type that the expression at hand is to have, if that is known.
    pub(super) hint: Option<DType>,
}

impl Cx<'_> {
    /// A function called `name`, without parameters yet, in the file `home`.
    pub(super) fn new(name: &str, home: usize) -> Self {
        Cx {
            b: Builder::new(name),
            scope: Scope::default(),
            held: 0,
            captured: 0,
            asked: 0,
            suspended: Vec::new(),
            resolving: Vec::new(),
            home,
            facts: Facts::default(),
            lifts: true,
            in_size: false,
            lifted: Vec::new(),
            declares_sizes: false,
            bounded: Vec::new(),
            result: None,
            returns: None,
            hint: None,
        }
    }
}

/// The place as the IR keeps it: files are counted from 1.
pub(super) fn ir_span(span: Span) -> dfn_ir::Span {
    dfn_ir::Span {
        file: span.file.index() as u32 + 1,
        start: span.start,
        end: span.end,
    }
}

impl<'a> Elab<'a> {
    /// Reports a fault; the same one is reported once, however many instances have it.
    pub(super) fn fail(&mut self, diagnostic: Diagnostic) -> Reported {
        let diagnostic = self.with_caller(diagnostic);
        let place = |d: &Diagnostic| d.primary.as_ref().map(|label| label.span);
        let known = self.diagnostics.iter();
        let same = |d: &Diagnostic| d.code == diagnostic.code && place(d) == place(&diagnostic);
        if !known.into_iter().any(same) {
            self.diagnostics.push(diagnostic);
        }
        Reported
    }

    /// A fault in a file that comes with dfn, with the place of the program that led there.
    fn with_caller(&self, diagnostic: Diagnostic) -> Diagnostic {
        let place = diagnostic.primary.as_ref().map(|label| label.span);
        match (place, self.caller()) {
            (Some(place), Some(caller)) if place.file.is_library() => {
                diagnostic.also(caller, "called from here")
            }
            _ => diagnostic,
        }
    }

    /// The innermost place of the program itself that is being called from.
    fn caller(&self) -> Option<Span> {
        let mut places = self.chain.iter().rev().map(|frame| frame.at);
        places.find(|at| !at.file.is_library())
    }

    /// Adds a warning, once for each place.
    pub(super) fn warn(&mut self, warning: Diagnostic) {
        let place = |d: &Diagnostic| d.primary.as_ref().map(|label| label.span);
        let same = |d: &Diagnostic| d.code == warning.code && place(d) == place(&warning);
        if !self.in_test && !self.warnings.iter().any(same) {
            self.warnings.push(warning);
        }
    }

    /// Unwraps what the builder gives; a refusal is a fault of the compiler.
    pub(super) fn checked<T>(&mut self, result: Result<T, TypeError>, at: Span) -> R<T> {
        result.map_err(|error| self.fail(errors::types::internal(&error.0, at)))
    }

    /// Emits an operation with one result.
    pub(super) fn emit(&mut self, op: impl Into<Op>, args: &[Value], at: Span) -> R<Value> {
        let outer = self.cx.b.at(ir_span(at));
        let result = self.cx.b.op(op, args);
        self.cx.b.at(outer);
        self.checked(result, at)
    }

    /// Emits an operation whose one result has the type `ty`.
    pub(super) fn emit_as(
        &mut self,
        op: impl Into<Op>,
        args: &[Value],
        ty: Type,
        at: Span,
    ) -> R<Value> {
        let outer = self.cx.b.at(ir_span(at));
        let result = self.cx.b.op_as(op, args, ty);
        self.cx.b.at(outer);
        self.checked(result, at)
    }

    /// Emits an operation with sizes, regions or several results.
    pub(super) fn emit_parts(
        &mut self,
        op: impl Into<Op>,
        parts: Parts,
        at: Span,
    ) -> R<Vec<Value>> {
        let outer = self.cx.b.at(ir_span(at));
        let result = self.cx.b.emit(op, parts);
        self.cx.b.at(outer);
        let inst = self.checked(result, at)?;
        Ok(self.cx.b.results(inst).to_vec())
    }

    /// A scalar constant.
    pub(super) fn constant(&mut self, value: Scalar, at: Span) -> R<Value> {
        let made = self.filled(value, Type::scalar(value.dtype()), at)?;
        if let Scalar::I64(n) = value {
            self.cx.facts.is_size(made, &Size::constant(n));
        }
        Ok(made)
    }

    /// An array filled with a constant.
    pub(super) fn filled(&mut self, value: Scalar, ty: Type, at: Span) -> R<Value> {
        self.emit_as(Const { value }, &[], ty, at)
    }

    /// An integer constant.
    pub(super) fn integer(&mut self, value: i64, at: Span) -> R<Value> {
        self.constant(Scalar::I64(value), at)
    }

    /// The value of a size.
    pub(super) fn size_value(&mut self, size: &Size, at: Span) -> R<Value> {
        let size = &self.solved(size);
        if let Some(open) = size.values().find(|v| self.unknown_of(*v).is_some()) {
            let what = format!("`{}`, which is not determined yet,", self.show_atom(open));
            return Err(self.fail(errors::sizes::not_a_size(&what, at)));
        }
        if let Some(n) = size.as_constant() {
            return self.integer(n, at);
        }
        let outer = self.cx.b.at(ir_span(at));
        let result = self.cx.b.size(size);
        self.cx.b.at(outer);
        let value = self.checked(result, at)?;
        self.cx.facts.is_size(value, size);
        Ok(value)
    }

    /// A check that the program makes at run time.
    pub(super) fn check(&mut self, condition: Value, message: &str, at: Span) -> R<()> {
        let op = Check {
            message: message.into(),
        };
        let parts = Parts {
            args: [condition].into_iter().collect(),
            ..Parts::default()
        };
        self.emit_parts(op, parts, at).map(|_| ())
    }

    /// The type of an IR value.
    pub(super) fn ty(&self, value: Value) -> Type {
        self.cx.b.ty(value).clone()
    }

    /// Arithmetic on sizes; overflow is reported.
    pub(super) fn size_result(&mut self, size: Option<Size>, at: Span) -> R<Size> {
        size.ok_or_else(|| self.fail(errors::sizes::negative("a product of sizes", at)))
    }

    /// A size as the source would write it.
    pub(super) fn show_size(&self, size: &Size) -> String {
        let mut terms: Vec<String> = Vec::new();
        for (values, k) in size.terms() {
            let several = values.len() > 1 || k != 1;
            let name = |&v| match self.show_atom(v) {
                name if several && name.contains(" / ") | name.contains(" % ") => {
                    format!("({name})")
                }
                name => name,
            };
            let names: Vec<String> = values.iter().map(name).collect();
            let product = names.join(" * ");
            let text = match (k.unsigned_abs(), product.is_empty()) {
                (k, true) => k.to_string(),
                (1, false) => product,
                (k, false) => format!("{k} * {product}"),
            };
            match (terms.is_empty(), k < 0) {
                (true, false) => terms.push(text),
                (true, true) => terms.push(format!("-{text}")),
                (false, negative) => {
                    terms.push(format!("{} {text}", if negative { "-" } else { "+" }))
                }
            }
        }
        // A constant stands last, as in `n + 1`.
        if size
            .terms()
            .next()
            .is_some_and(|(values, _)| values.is_empty())
            && terms.len() > 1
            && terms.get(1).is_some_and(|term| term.starts_with("+ "))
        {
            let constant = match terms.remove(0) {
                text if text.starts_with('-') => text.replacen('-', "- ", 1),
                text => format!("+ {text}"),
            };
            if let Some(first) = terms.first_mut() {
                *first = first
                    .strip_prefix("+ ")
                    .map(str::to_owned)
                    .unwrap_or_else(|| first.clone());
            }
            terms.push(constant);
        }
        match terms.is_empty() {
            true => "0".to_owned(),
            false => terms.join(" "),
        }
    }

    fn show_atom(&self, value: Value) -> String {
        if let Some(unknown) = self.unknown_of(value) {
            return unknown.name.to_string();
        }
        let name = self
            .cx
            .b
            .func()
            .values
            .get(value)
            .and_then(|data| data.name.clone());
        match (name, self.cx.facts.origin(value)) {
            (Some(name), _) => name.to_string(),
            (None, Some(origin)) => self.show_origin(origin),
            (None, None) => "?".to_owned(),
        }
    }

    /// An opaque size as the source would write it.
    fn show_origin(&self, (op, a, b): &Origin) -> String {
        let (a, b) = (self.show_size(a), self.show_size(b));
        let operand = |text: String| match text.contains(' ') {
            true => format!("({text})"),
            false => text,
        };
        match op {
            Opaque::Div => format!("{} / {}", operand(a), operand(b)),
            Opaque::Rem => format!("{} % {}", operand(a), operand(b)),
            Opaque::Min => format!("min({a}, {b})"),
            Opaque::Max => format!("max({a}, {b})"),
        }
    }

    /// An IR type as the source would write it.
    pub(super) fn show_type(&self, ty: &Type) -> String {
        match ty.shape.is_empty() {
            true => ty.dtype.to_string(),
            false => {
                let sizes: Vec<String> = ty.shape.iter().map(|size| self.show_size(size)).collect();
                format!("{}[{}]", ty.dtype, sizes.join(", "))
            }
        }
    }

    /// The type of a value as the source would write it, in backquotes where it is a type.
    pub(super) fn show(&self, val: &Val<'a>) -> String {
        match val {
            Val::Number(number) if number.default_dtype() == DType::I64 => "an integer".to_owned(),
            Val::Number(_) => "a float".to_owned(),
            Val::Func(_) => "a function".to_owned(),
            Val::Text(_) => "a text".to_owned(),
            Val::Error => "an error".to_owned(),
            Val::Tuple(parts) if parts.is_empty() => "nothing".to_owned(),
            Val::Ir(_) | Val::Numbers(_) | Val::Tuple(_) | Val::Struct(..) => {
                format!("`{}`", self.show_plain(val))
            }
        }
    }

    fn show_plain(&self, val: &Val<'a>) -> String {
        match val {
            Val::Ir(value) => self.show_type(self.cx.b.ty(*value)),
            Val::Number(number) => number.default_dtype().to_string(),
            Val::Numbers(numbers) => {
                let sizes: Vec<String> = numbers.shape.iter().map(i64::to_string).collect();
                format!(
                    "{}[{}]",
                    super::literal::default_dtype(numbers),
                    sizes.join(", ")
                )
            }
            Val::Struct(def, _) if def.rows > 0 => {
                let rows = val.rows(|leaf| self.cx.b.ty(leaf));
                let sizes: Vec<String> = rows.iter().map(|size| self.show_size(size)).collect();
                format!("{}[{}]", def.decl.name, sizes.join(", "))
            }
            Val::Struct(def, _) => def.decl.name.to_string(),
            Val::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.show_plain(part)).collect();
                match parts.as_slice() {
                    [one] => format!("({one},)"),
                    _ => format!("({})", parts.join(", ")),
                }
            }
            Val::Func(_) => "fn".to_owned(),
            Val::Text(_) => "text".to_owned(),
            Val::Error => "?".to_owned(),
        }
    }

    /// Gives `value` a name for printing, unless it has one.
    pub(super) fn name_value(&mut self, val: &Val<'a>, name: &Arc<str>) {
        if let Val::Ir(value) = val {
            let named = self.cx.b.func().name(*value).is_some();
            if !named {
                self.cx.b.name(*value, &**name);
            }
        }
    }
}
