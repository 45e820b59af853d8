//! Diagnostics as JSON, for tools.

use super::{Diagnostic, Label, Severity, SourceMap};
use serde::Serialize;
use serde_json::Value;

/// A diagnostic as one JSON object; places carry the file's name, lines and columns from 1, and
/// byte offsets from 0.
pub fn to_json(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let shown = Shown {
        code: diagnostic.code.as_str(),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        title: &diagnostic.title,
        primary: diagnostic
            .primary
            .as_ref()
            .and_then(|label| place(label, sources)),
        labels: diagnostic
            .labels
            .iter()
            .filter_map(|label| place(label, sources))
            .collect(),
        notes: &diagnostic.notes,
        help: &diagnostic.help,
    };
    serde_json::to_value(shown).expect("strings and numbers are JSON")
}

#[derive(Serialize)]
struct Shown<'a> {
    code: &'a str,
    severity: &'a str,
    title: &'a str,
    primary: Option<Place<'a>>,
    labels: Vec<Place<'a>>,
    notes: &'a [String],
    help: &'a [String],
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start: u32,
    end: u32,
    message: &'a str,
}

fn place<'a>(label: &'a Label, sources: &'a SourceMap) -> Option<Place<'a>> {
    let source = sources.get(label.span.file)?;
    let start = source.position(label.span.start);
    let end = source.position(label.span.end);
    Some(Place {
        file: source.name(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        start: label.span.start,
        end: label.span.end,
        message: &label.message,
    })
}
