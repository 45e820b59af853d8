//! Comments and empty lines: which belong to which part.
//!
//! A comment on the line on which a part ends stays there; one on a line of its own stays before
//! the part that follows. A comment in a place that has no line of its own (between the operands of
//! a sum) is not moved: the statement around it is left as it was written.

use super::Formatter;
use super::doc::{Doc, concat, text};
use crate::diagnostic::Span;
use crate::syntax::token::{Comment, CommentKind};

/// One line-like part of a sequence: a statement, an item, a field, an element of a list.
pub(super) struct Entry {
    /// The offsets at which it begins and ends, its documentation and comments included.
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) doc: Doc,
    /// Whether a separator follows it: comments have none.
    pub(super) separated: bool,
    /// Comments behind it on its line.
    pub(super) behind: Vec<String>,
}

impl Formatter<'_> {
    /// Takes the comments in a range of offsets.
    pub(super) fn take_comments(&mut self, start: u32, end: u32) -> Vec<Comment> {
        let first = self
            .comments
            .partition_point(|(comment, _)| comment.span.start < start);
        let rest = self.comments.get_mut(first..).unwrap_or(&mut []);
        let inside = rest
            .iter_mut()
            .take_while(|(comment, _)| comment.span.start < end);
        let free = inside.filter(|(_, taken)| !*taken);
        free.map(|(comment, taken)| {
            *taken = true;
            *comment
        })
        .collect()
    }

    /// Whether a comment of a place was not taken.
    pub(super) fn has_comments(&self, span: Span) -> bool {
        let first = self
            .comments
            .partition_point(|(comment, _)| comment.span.start < span.start);
        let rest = self.comments.get(first..).unwrap_or(&[]);
        rest.iter()
            .take_while(|(comment, _)| comment.span.start < span.end)
            .any(|(_, taken)| !*taken)
    }

    /// The text between two offsets.
    pub(super) fn between(&self, start: u32, end: u32) -> &str {
        self.source
            .text()
            .get(start as usize..end as usize)
            .unwrap_or("")
    }

    fn same_line(&self, start: u32, end: u32) -> bool {
        !self.between(start, end).contains('\n')
    }

    /// Whether a place stands on one line.
    pub(super) fn is_one_line(&self, span: Span) -> bool {
        self.same_line(span.start, span.end)
    }

    /// The parts of a sequence between two offsets, with the comments before, between and after
    /// them. `parts` are the places of the parts, `print` prints one of them.
    pub(super) fn entries<T>(
        &mut self,
        (start, end): (u32, u32),
        parts: &[T],
        span: impl Fn(&T) -> Span,
        mut print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut before = start;
        for part in parts {
            let at = span(part);
            let prefix = self.comments_before(&mut entries, before, at.start, true);
            let printed = self.part(at, |formatter| print(formatter, part));
            let doc = match prefix.is_empty() {
                true => printed,
                false => concat([text(format!("{} ", prefix.join(" "))), printed]),
            };
            let (start, end) = (at.start, at.end);
            entries.push(Entry {
                start,
                end,
                doc,
                separated: true,
                behind: Vec::new(),
            });
            before = at.end;
        }
        self.comments_before(&mut entries, before, end, false);
        entries
    }

    /// Places the comments between the entries so far and the next part; gives those that stand on
    /// the line of the next part, before it, if there is one.
    fn comments_before(
        &mut self,
        entries: &mut Vec<Entry>,
        start: u32,
        end: u32,
        has_next: bool,
    ) -> Vec<String> {
        let mut prefix = Vec::new();
        for comment in self.take_comments(start, end) {
            let (from, to) = (comment.span.start, comment.span.end);
            let shown = self.comment_text(comment);
            let previous_end = entries.last().map_or(start, |entry| entry.end);
            let behind = self.same_line(previous_end, from);
            let ahead = has_next && comment.kind == CommentKind::Block && self.same_line(to, end);
            let gap = self.between(previous_end, from);
            let after_separator = gap.contains([',', ';']);
            match entries.last_mut() {
                Some(entry) if behind && !(ahead && after_separator) => {
                    entry.behind.push(shown);
                    entry.end = to;
                }
                _ if ahead => prefix.push(shown),
                _ => {
                    let doc = text(shown);
                    let behind = Vec::new();
                    entries.push(Entry {
                        start: from,
                        end: to,
                        doc,
                        separated: false,
                        behind,
                    });
                }
            }
        }
        prefix
    }

    /// Prints a part; if a comment in it finds no place, the part stays as it was written.
    fn part(&mut self, span: Span, print: impl FnOnce(&mut Self) -> Doc) -> Doc {
        let doc = print(self);
        if !self.has_comments(span) {
            return doc;
        }
        self.take_comments(span.start, span.end);
        self.verbatim(span)
    }

    /// The text of a place as it was written.
    pub(super) fn verbatim(&self, span: Span) -> Doc {
        let lines = self.source.slice(span).lines().map(str::trim_end);
        text(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The text of a comment.
    pub(super) fn comment_text(&self, comment: Comment) -> String {
        let lines = self.source.slice(comment.span).lines().map(str::trim_end);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Entries on lines of their own, with the empty lines between them that were written, at most
    /// one at a place.
    pub(super) fn lines(&self, entries: Vec<Entry>) -> Doc {
        let mut parts = Vec::new();
        let mut previous: Option<u32> = None;
        for entry in entries {
            if let Some(end) = previous {
                let newlines = self.between(end, entry.start).matches('\n').count();
                parts.push(if newlines > 1 {
                    Doc::EmptyLine
                } else {
                    Doc::HardLine
                });
            }
            previous = Some(entry.end);
            parts.push(entry.doc);
            for comment in entry.behind {
                parts.push(text(format!(" {comment}")));
            }
        }
        concat(parts)
    }
}
