//! Diagnostics as text: the source line, a caret, what is wrong, what to do.

use super::{Diagnostic, FileId, Label, Severity, SourceFile, SourceMap};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

/// Whether the text is coloured. The command line colours only on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI escapes.
    Always,
}

/// The text of a diagnostic, without newline at the end.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    renderer.render(&[report(diagnostic, sources)])
}

fn report<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(diagnostic.title.as_str())
        .id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    for file in files(diagnostic) {
        if let Some(source) = sources.get(file) {
            group = group.element(snippet(diagnostic, source));
        }
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// The files of the labels, the one of the primary label first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = Vec::new();
    for label in diagnostic.primary.iter().chain(&diagnostic.labels) {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

/// The lines from the first to the last label in a file. The renderer sees no more of the file, so
/// that many messages about a long file take no longer than they are.
fn snippet<'a>(diagnostic: &'a Diagnostic, source: &'a SourceFile) -> Snippet<'a, Annotation<'a>> {
    let here = |label: &&Label| label.span.file == source.id();
    let primary = diagnostic.primary.iter().filter(here);
    let others = diagnostic.labels.iter().filter(here);
    let spans = || {
        primary
            .clone()
            .chain(others.clone())
            .map(|label| label.span)
    };
    let start = spans().map(|span| span.start).min().unwrap_or(0);
    let end = spans().map(|span| span.end).max().unwrap_or(0);
    let window = source.lines(start, end);
    let text = source.slice(window);
    let offset = window.start as usize;
    let annotation = |kind, label| annotation(kind, label, text, offset);
    Snippet::source(text)
        .line_start(source.position(window.start).line as usize)
        .path(source.name())
        .annotations(
            primary
                .clone()
                .map(|label| annotation(AnnotationKind::Primary, label)),
        )
        .annotations(
            others
                .clone()
                .map(|label| annotation(AnnotationKind::Context, label)),
        )
}

/// A label in a text that begins at `offset` in its file. A place outside is moved inside, and one
/// inside a character to its start: the renderer takes neither.
fn annotation<'a>(
    kind: AnnotationKind,
    label: &'a Label,
    text: &str,
    offset: usize,
) -> Annotation<'a> {
    let range = label.span.range();
    let inside = |at: usize| text.floor_char_boundary(at.saturating_sub(offset));
    let start = inside(range.start);
    let annotation = kind.span(start..inside(range.end).max(start));
    match label.message.as_str() {
        "" => annotation,
        message => annotation.label(message),
    }
}
