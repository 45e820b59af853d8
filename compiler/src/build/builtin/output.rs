//! `print` and `assert`.

use super::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Order, Print, Reduce, ReduceKind};
use dfn_ir::{DType, Parts, Value};

/// `print(x, y)`: the values in one line, separated by spaces. A first text with braces is a template for
/// the others; alone, it is a template only with `{}`.
pub(super) fn print<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    if let Some(wrong) = args.iter().find_map(|arg| arg.name) {
        return Err(elab.fail(errors::functions::named(
            "print",
            wrong.as_str(),
            wrong.span,
            &[],
        )));
    }
    let mut values = Vec::new();
    let (first, rest) = match args.split_first() {
        Some((
            ArgVal {
                val: Val::Text(text),
                span,
                ..
            },
            rest,
        )) if is_template(text, rest) => (Some((text.clone(), *span)), rest),
        _ => (None, args.as_slice()),
    };
    let template = match first {
        Some((text, span)) => {
            let pieces = pieces(&text)
                .map_err(|found| elab.fail(errors::functions::placeholder(found, span)))?;
            fill(elab, &pieces, rest, &mut values, at)?
        }
        None => {
            let parts: R<Vec<String>> = args
                .iter()
                .map(|arg| show(elab, &arg.val, arg.span, &mut values))
                .collect();
            parts?.join(" ")
        }
    };
    let parts = Parts {
        args: values.into(),
        ..Parts::default()
    };
    elab.emit_parts(
        Print {
            template: template.into(),
        },
        parts,
        at,
    )?;
    Ok(Val::unit())
}

fn is_template(text: &str, rest: &[ArgVal<'_>]) -> bool {
    text.contains("{}") || (!rest.is_empty() && text.contains(['{', '}']))
}

/// The pieces of a template around its `{}`; `{{` and `}}` stay as they are. Or the first other brace, as
/// far as it goes.
fn pieces(text: &str) -> Result<Vec<&str>, &str> {
    let mut pieces = Vec::new();
    let (mut piece, mut rest) = (text, text);
    while let Some(place) = rest.find(['{', '}']) {
        let found = rest.get(place..).unwrap_or_default();
        let after = found.get(2..).unwrap_or_default();
        if found.starts_with("{}") {
            let length = piece.len() - found.len();
            pieces.push(piece.get(..length).unwrap_or_default());
            piece = after;
        } else if !found.starts_with("{{") && !found.starts_with("}}") {
            let end = found.find('}').map_or(found.len(), |end| end + 1);
            return Err(found.get(..end).unwrap_or(found));
        }
        rest = after;
    }
    pieces.push(piece);
    Ok(pieces)
}

/// Puts the arguments between the pieces of a template.
fn fill<'a>(
    elab: &mut Elab<'a>,
    pieces: &[&str],
    args: &[ArgVal<'a>],
    values: &mut Vec<Value>,
    at: Span,
) -> R<String> {
    let mut template = String::new();
    let mut next = args.iter();
    let holes = pieces.len().saturating_sub(1);
    if holes != args.len() {
        let takes = format!("{holes} values after its text");
        return Err(elab.fail(errors::functions::arity(
            "print",
            &takes,
            args.len(),
            at,
            None,
        )));
    }
    for (k, piece) in pieces.iter().enumerate() {
        if k > 0
            && let Some(arg) = next.next()
        {
            template.push_str(&show(elab, &arg.val, arg.span, values)?);
        }
        template.push_str(piece);
    }
    Ok(template)
}

/// The template of a value; its leaves are added to `values`.
fn show<'a>(elab: &mut Elab<'a>, val: &Val<'a>, at: Span, values: &mut Vec<Value>) -> R<String> {
    let mut all = |elab: &mut Elab<'a>, parts: &[Val<'a>]| -> R<Vec<String>> {
        parts
            .iter()
            .map(|part| show(elab, part, at, &mut *values))
            .collect()
    };
    match val {
        Val::Text(text) => Ok(text.replace('{', "{{").replace('}', "}}")),
        Val::Tuple(parts) => {
            let parts = all(elab, parts)?;
            Ok(match parts.as_slice() {
                [one] => format!("({one},)"),
                _ => format!("({})", parts.join(", ")),
            })
        }
        Val::Struct(def, parts) => {
            let shown = all(elab, parts)?;
            let fields = def.decl.fields.iter().zip(parts).zip(shown);
            let fields = fields
                .filter(|((_, part), _)| !matches!(part, Val::Tuple(inner) if inner.is_empty()));
            let fields: Vec<String> = fields
                .map(|((field, _), text)| format!("{}: {text}", field.name))
                .collect();
            Ok(format!("{} {{{{ {} }}}}", def.decl.name, fields.join(", ")))
        }
        Val::Func(_) => Err(elab.fail(errors::functions::function_value("printed", at))),
        Val::Ir(_) | Val::Number(_) | Val::Numbers(_) | Val::Error => {
            values.push(elab.ir(val, at)?);
            Ok("{}".to_owned())
        }
    }
}

/// `assert(condition)`, `assert(condition, "message")`. Of an array, all elements must be true.
pub(super) fn assert<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [condition, message] = elab.given("assert", args, at)?;
    let condition = must(condition)?;
    let message = match message {
        None => "the assertion does not hold".to_owned(),
        Some(ArgVal {
            val: Val::Text(text),
            ..
        }) => text.to_string(),
        Some(other) => {
            let (found, span) = (elab.show(&other.val), other.span);
            return Err(elab.fail(errors::types::mismatch("a text", &found, span, None)));
        }
    };
    let mut value = elab.ir(&condition.val, condition.span)?;
    let ty = elab.ty(value);
    if ty.dtype != DType::Bool {
        let found = elab.show(&condition.val);
        return Err(elab.fail(errors::types::mismatch(
            "a condition of type `bool`",
            &found,
            condition.span,
            None,
        )));
    }
    if ty.rank() > 0 {
        let axes = (0..ty.rank()).collect();
        value = elab.emit(
            Reduce {
                kind: ReduceKind::All,
                axes,
                order: Order::Any,
            },
            &[value],
            at,
        )?;
    }
    elab.check(value, &message, at)?;
    Ok(Val::unit())
}
