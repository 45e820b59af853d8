//! Lists between brackets.

use super::Formatter;
use super::comments::Entry;
use super::doc::{Doc, concat, group, indent, nothing, text};
use crate::diagnostic::Span;

/// How a list is laid out.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    /// Whether spaces stand inside the brackets on one line: `{ a }`.
    pub(super) spaced: bool,
    /// Whether a comma follows the last element where each has a line of its own.
    pub(super) trailing_comma: bool,
    /// Whether each element gets a line of its own in any case.
    pub(super) broken: bool,
}

impl Style {
    /// `(a, b)`
    pub(super) const PARENS: Style = Style {
        open: "(",
        close: ")",
        spaced: false,
        trailing_comma: true,
        broken: false,
    };
    /// `[a, b]`
    pub(super) const BRACKETS: Style = Style {
        open: "[",
        close: "]",
        ..Style::PARENS
    };
    /// `{ a, b }`
    pub(super) const BRACES: Style = Style {
        open: "{",
        close: "}",
        spaced: true,
        ..Style::PARENS
    };
}

impl Formatter<'_> {
    /// A list of which the elements stand between two offsets.
    pub(super) fn list<T>(
        &mut self,
        style: Style,
        inside: (u32, u32),
        elements: &[T],
        span: impl Fn(&T) -> Span,
        print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let entries = self.entries(inside, elements, span, print);
        self.list_of(style, entries)
    }

    pub(super) fn list_of(&mut self, style: Style, entries: Vec<Entry>) -> Doc {
        if entries.is_empty() {
            return text(format!("{}{}", style.open, style.close));
        }
        let is_line_comment = |comment: &String| comment.starts_with("//");
        let has_line_comment =
            |entry: &Entry| !entry.separated || entry.behind.iter().any(is_line_comment);
        if style.broken || entries.iter().any(has_line_comment) {
            let lines = self.lines_of_list(style, entries);
            return concat([
                text(style.open),
                indent([Doc::HardLine, lines]),
                Doc::HardLine,
                text(style.close),
            ]);
        }
        flat_list(style, entries)
    }

    fn lines_of_list(&mut self, style: Style, mut entries: Vec<Entry>) -> Doc {
        let last = entries.iter().rposition(|entry| entry.separated);
        for (position, entry) in entries.iter_mut().enumerate() {
            if entry.separated && (style.trailing_comma || Some(position) != last) {
                let printed = std::mem::replace(&mut entry.doc, nothing());
                entry.doc = concat([printed, text(",")]);
            }
        }
        self.lines(entries)
    }
}

/// A list that is on one line if it fits.
fn flat_list(style: Style, entries: Vec<Entry>) -> Doc {
    let inner_break = || {
        if style.spaced {
            Doc::Line
        } else {
            Doc::SoftLine
        }
    };
    let count = entries.len();
    let mut parts = vec![inner_break()];
    for (position, entry) in entries.into_iter().enumerate() {
        parts.push(entry.doc);
        for comment in entry.behind {
            parts.push(text(format!(" {comment}")));
        }
        match position + 1 < count {
            true => parts.extend([text(","), Doc::Line]),
            false if style.trailing_comma => parts.push(Doc::IfBroken(",")),
            false => {}
        }
    }
    group([
        text(style.open),
        indent(parts),
        inner_break(),
        text(style.close),
    ])
}
