//! The formatter: one layout for every program.
//!
//! It prints the syntax tree, with the spelling of numbers and strings, the parentheses, the
//! comments and the single empty lines of the text. What was written on one line and fits stays on
//! one line; what does not fit is broken from the outside to the inside. Formatting a formatted
//! program changes nothing.

mod comments;
mod doc;
mod expr;
mod item;
mod list;
mod stmt;
mod ty;

use super::ast::Module;
use super::token::{Comment, CommentKind, TokenKind, lex};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::stack::with_deep_stack;
use doc::layout;

/// The program in the one layout, or what is wrong with its syntax.
pub fn format(source: &SourceFile) -> Result<String, Vec<Diagnostic>> {
    let (module, diagnostics) = super::parse(source);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let formatted = with_deep_stack(|| print(source, &module));
    // Nothing but the layout may change. The tree of every program has been seen to survive, but
    // losing a line of a program is worse than an odd layout: so it is checked, each time.
    match significant(source) == significant(&SourceFile::single("", formatted.as_str())) {
        true => Ok(formatted),
        false => Ok(source.text().to_owned()),
    }
}

fn print(source: &SourceFile, module: &Module) -> String {
    let is_comment = |kind| matches!(kind, CommentKind::Line | CommentKind::Block);
    let comments = lex(source).comments;
    let comments = comments
        .into_iter()
        .filter(|comment| is_comment(comment.kind));
    let comments = comments.map(|comment| (comment, false)).collect();
    let mut formatter = Formatter { source, comments };
    let mut text = layout(&formatter.module(module));
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

struct Formatter<'a> {
    source: &'a SourceFile,
    /// The comments in order, and whether they were printed.
    comments: Vec<(Comment, bool)>,
}

/// What must not change: the tokens but commas, semicolons and parentheses (which the layout adds
/// and removes), and the texts of all comments.
fn significant(source: &SourceFile) -> (Vec<&str>, Vec<String>) {
    let lexed = lex(source);
    let mut tokens: Vec<&str> = Vec::new();
    for token in lexed.tokens {
        let text = source.slice(token.span);
        match token.kind {
            TokenKind::Comma
            | TokenKind::Semicolon
            | TokenKind::LeftParen
            | TokenKind::RightParen => {}
            // `t.0.1` has one number, `t.0 .1` two, and they mean the same.
            TokenKind::Number if tokens.last() == Some(&".") => {
                let parts = text.split('.').flat_map(|part| [part, "."]);
                tokens.extend(parts);
                tokens.pop();
            }
            // A function without parameters may be written `| | e`.
            TokenKind::OrOr => tokens.extend(["|", "|"]),
            _ => tokens.push(text),
        }
    }
    let mut comments: Vec<String> = lexed
        .comments
        .iter()
        .map(|comment| words(source, comment))
        .collect();
    comments.sort_unstable();
    (tokens, comments)
}

/// The text of a comment without what the layout may change: its indentation, and a space after
/// the marks of documentation.
fn words(source: &SourceFile, comment: &Comment) -> String {
    let text = source.slice(comment.span);
    let text = match comment.kind {
        CommentKind::Doc | CommentKind::ModuleDoc => text.get(3..).unwrap_or(""),
        CommentKind::Line | CommentKind::Block => text,
    };
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}
