//! Places of the IR as places in the source, and what is said about faults of stages that know no
//! source.

use crate::backend::BackendError;
use crate::diagnostic::codes::{derivatives, libraries, run as codes};
use crate::diagnostic::{Diagnostic, SourceMap, Span};
use crate::passes::PassError;
use dfn_ir::RuleError;
use dfn_ir::interp::RunError;
use std::path::Path;

/// The place in the source, if it is one.
pub(super) fn span(place: dfn_ir::Span, sources: &SourceMap) -> Option<Span> {
    let position = (place.file as usize).checked_sub(1)?;
    let file = sources.files().nth(position)?;
    Some(Span::new(file.id(), place.start, place.end))
}

/// `file:line:column`, the file without its directory (a library is the same wherever it was built), or
/// nothing.
pub(super) fn describe(place: dfn_ir::Span, sources: &SourceMap) -> String {
    let found =
        span(place, sources).and_then(|span| sources.get(span.file).map(|file| (file, span)));
    found.map_or_else(String::new, |(file, span)| {
        let position = file.position(span.start);
        let name = Path::new(file.name()).file_name().unwrap_or_default();
        format!(
            "{}:{}:{}",
            name.to_string_lossy(),
            position.line,
            position.column
        )
    })
}

/// `file:line: text of the line`, or nothing where there is no place.
pub(super) fn line(place: dfn_ir::Span, sources: &SourceMap) -> Option<String> {
    let span = span(place, sources)?;
    let file = sources.get(span.file)?;
    let number = file.position(span.start).line;
    let text = file.text().lines().nth((number as usize).checked_sub(1)?)?;
    let name = Path::new(file.name()).file_name().unwrap_or_default();
    Some(format!(
        "{}:{number}: {}",
        name.to_string_lossy(),
        text.trim()
    ))
}

/// The diagnostic at a place of the IR.
pub(super) fn at(
    diagnostic: Diagnostic,
    place: dfn_ir::Span,
    label: &str,
    sources: &SourceMap,
) -> Diagnostic {
    match span(place, sources) {
        Some(span) => diagnostic.at(span, label),
        // There is no place to show it at.
        None => diagnostic.note(label),
    }
}

/// A pass stopped.
pub(super) fn pass_failed(error: &PassError, sources: &SourceMap) -> Diagnostic {
    match error {
        PassError::NoPattern { reason, span } => {
            let title = "the sparsity pattern of this derivative is not found".to_owned();
            let error = Diagnostic::error(derivatives::NO_PATTERN, title);
            let help = "ask for the dense derivative, without `sparse = true`, or for that of a part of the function";
            at(error, *span, reason, sources).help(help)
        }
        PassError::Rule(RuleError::NotDifferentiable { op, reason, span }) => {
            let title = format!("`{op}` has no derivative here");
            at(
                Diagnostic::error(derivatives::NO_RULE, title),
                *span,
                reason,
                sources,
            )
        }
        PassError::Rule(RuleError::NotLinear {
            what,
            op,
            reason,
            span,
        }) => {
            let title = format!("{what} is not linear");
            let label = format!("`{op}`: {reason}");
            at(
                Diagnostic::error(derivatives::NOT_LINEAR, title),
                *span,
                &label,
                sources,
            )
        }
        PassError::Rule(RuleError::NoForward { reason, span }) => {
            let diagnostic = Diagnostic::error(derivatives::NO_FORWARD, reason.clone());
            at(diagnostic, *span, "needed here", sources)
        }
        PassError::Rule(RuleError::Internal(_)) | PassError::Internal(_) => {
            internal(&error.to_string())
        }
    }
}

/// dfn is at fault.
pub(super) fn internal(message: &str) -> Diagnostic {
    Diagnostic::error(codes::INTERNAL, message.to_owned())
        .help("please report this message together with the program")
}

/// A failed check.
pub(super) fn check_failed(message: &str, place: dfn_ir::Span, sources: &SourceMap) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::CHECK_FAILED, message.to_owned());
    at(
        diagnostic,
        place,
        "this check failed while the program ran",
        sources,
    )
}

/// The interpreter stopped.
pub(super) fn run_failed(error: &RunError, sources: &SourceMap) -> Diagnostic {
    match error {
        RunError::Check { message, span } => check_failed(message, *span, sources),
        RunError::Arguments(message) => internal(message),
        RunError::Fault { message, span } => {
            let diagnostic = Diagnostic::error(codes::FAULT, message.clone());
            at(
                diagnostic,
                *span,
                "the program cannot go on from here",
                sources,
            )
        }
    }
}

/// A backend refused the program.
pub(super) fn backend_failed(error: &BackendError) -> Diagnostic {
    match error {
        BackendError::Host { .. } => Diagnostic::error(libraries::NOT_COMPILED, error.to_string())
            .help("keep `print` and `check_grads` out of exported functions"),
        BackendError::NoFma { .. } | BackendError::Target { .. } => {
            Diagnostic::error(libraries::TARGET, error.to_string())
        }
        BackendError::NotPlanned { .. } | BackendError::Internal { .. } => {
            internal(&error.to_string())
        }
    }
}
