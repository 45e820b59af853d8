//! The parser: recursive descent, with precedence climbing for operators.
//!
//! A part that cannot be read reports one diagnostic and gives [`Failed`]; the nearest list,
//! statement or item skips to where it can go on, so that every fault of a file is reported once.
//! At most one diagnostic is given for a token.
//!
//! Two bounds keep recursion safe: `depth`, the recursion of the parser itself, and `reach`, the
//! depth of the deepest node below the one being built, which chains such as `a + b + c` push down
//! by one level an operator.

mod expr;
mod item;
mod list;
mod literal;
mod operator;
mod pattern;
mod primary;
mod range;
mod recovery;
mod stmt;
mod ty;

use super::MAX_HEIGHT;
use super::ast::{Doc, Module, Name, Path};
use super::token::{Comment, CommentKind, Token, TokenKind, lex};
use crate::diagnostic::syntax::{Found, SyntaxError};
use crate::diagnostic::{Diagnostic, SourceFile, Span};
use crate::stack::with_deep_stack;
use std::borrow::Cow;
use std::collections::VecDeque;

/// The largest depth of the parser's recursion.
const MAX_DEPTH: u32 = 256;

/// A part could not be read; a diagnostic was given.
#[derive(Clone, Copy, Debug)]
struct Failed;

type Parse<T> = Result<T, Failed>;

/// Reads a file. The module is always there; where the text is wrong it has gaps or error nodes,
/// and a diagnostic says why.
pub fn parse(source: &SourceFile) -> (Module, Vec<Diagnostic>) {
    with_deep_stack(|| parse_here(source))
}

fn parse_here(source: &SourceFile) -> (Module, Vec<Diagnostic>) {
    let lexed = lex(source);
    let docs = lexed
        .comments
        .into_iter()
        .filter(|comment| matches!(comment.kind, CommentKind::Doc | CommentKind::ModuleDoc))
        .collect();
    let mut parser = Parser::new(source, &lexed.tokens, docs);
    let module = parser.module();
    let mut diagnostics = lexed.diagnostics;
    diagnostics.append(&mut parser.diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span));
    (module, diagnostics)
}

struct Parser<'a> {
    source: &'a SourceFile,
    tokens: &'a [Token],
    /// The index of the next token.
    position: usize,
    /// Documentation that was not taken yet, in order.
    docs: VecDeque<Comment>,
    depth: u32,
    reach: u32,
    /// Whether `Name {` begins a struct literal: not in the head of `if`, `for` and `while`.
    structs: bool,
    /// Whether the braces of the file do not match. Only then an item at the start of a line is
    /// taken as the end of the block before it.
    unbalanced: bool,
    /// The position of the token that the last diagnostic was about.
    reported: Option<usize>,
    /// Reserved words that were declared as names: their uses are no further faults.
    misused: Vec<TokenKind>,
    /// Whether a limit was reported in this item: then the rest of it is given up.
    limit_reported: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a SourceFile, tokens: &'a [Token], docs: VecDeque<Comment>) -> Parser<'a> {
        let count = |kind| tokens.iter().filter(|token| token.kind == kind).count();
        Parser {
            source,
            tokens,
            position: 0,
            docs,
            depth: 0,
            reach: 0,
            structs: true,
            unbalanced: count(TokenKind::LeftBrace) != count(TokenKind::RightBrace),
            reported: None,
            misused: Vec::new(),
            limit_reported: false,
            diagnostics: Vec::new(),
        }
    }

    // Tokens.

    fn token(&self) -> Token {
        self.ahead(0)
    }

    fn kind(&self) -> TokenKind {
        self.ahead(0).kind
    }

    /// The token `count` after the next one; the end if there are no more.
    fn ahead(&self, count: usize) -> Token {
        let last = || self.tokens.last().copied();
        let end = Token {
            kind: TokenKind::End,
            span: self.source.span().at_end(),
        };
        self.tokens
            .get(self.position + count)
            .copied()
            .or_else(last)
            .unwrap_or(end)
    }

    /// The place of the token before the next one.
    fn previous(&self) -> Span {
        let before = self
            .position
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index));
        before.map_or(self.source.span().at_start(), |token| token.span)
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn at_word(&self, word: &str) -> bool {
        self.at(TokenKind::Name) && self.text(self.token().span) == word
    }

    fn text(&self, span: Span) -> &'a str {
        self.source.text().get(span.range()).unwrap_or("")
    }

    fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind != TokenKind::End {
            self.position += 1;
        }
        token
    }

    fn eat(&mut self, kind: TokenKind) -> Option<Token> {
        self.at(kind).then(|| self.bump())
    }

    fn expect(&mut self, kind: TokenKind, expected: &str) -> Parse<Token> {
        match self.eat(kind) {
            Some(token) => Ok(token),
            None => Err(self.unexpected(expected)),
        }
    }

    /// A name; `expected` says which.
    fn name(&mut self, expected: &str) -> Parse<Name> {
        let token = self.token();
        if token.kind.is_reserved_word() {
            let word = self.text(token.span).to_owned();
            self.misused.push(token.kind);
            self.report(token.span, SyntaxError::ReservedWord { word });
            self.bump();
            return Ok(self.name_of(token));
        }
        let token = self.expect(TokenKind::Name, expected)?;
        Ok(self.name_of(token))
    }

    fn name_of(&self, token: Token) -> Name {
        Name {
            text: self.text(token.span).into(),
            span: token.span,
        }
    }

    /// `Model` or `la.Model`.
    fn path(&mut self, expected: &str) -> Parse<Path> {
        let first = self.name(expected)?;
        if self.at(TokenKind::Dot) && self.ahead(1).kind == TokenKind::Name {
            self.bump();
            let name = self.name(expected)?;
            return Ok(Path {
                module: Some(first),
                name,
            });
        }
        Ok(Path {
            module: None,
            name: first,
        })
    }

    // Documentation.

    /// Takes the documentation that stands between the last token and the next one.
    fn doc(&mut self, kind: CommentKind) -> Option<Doc> {
        let next = self.token().span.start;
        let mut lines = Vec::new();
        while let Some(line) = self.docs.pop_front_if(|doc| doc.span.start < next) {
            match line.kind == kind && line.span.start >= self.previous().start {
                true => lines.push(line),
                false => self.stray_doc(line),
            }
        }
        self.join_docs(&lines)
    }

    fn join_docs(&self, lines: &[Comment]) -> Option<Doc> {
        let (first, last) = (lines.first()?, lines.last()?);
        let text_of = |line: &Comment| {
            let text = self.text(line.span).get(3..).unwrap_or("");
            text.strip_prefix(' ').unwrap_or(text)
        };
        let text: Vec<&str> = lines.iter().map(text_of).collect();
        Some(Doc {
            text: text.join("\n").into(),
            span: first.span.to(last.span),
        })
    }

    /// Reports the documentation that nothing has taken.
    fn remaining_docs(&mut self) {
        for line in std::mem::take(&mut self.docs) {
            self.stray_doc(line);
        }
    }

    fn stray_doc(&mut self, line: Comment) {
        let module = line.kind == CommentKind::ModuleDoc;
        self.diagnostics
            .push(SyntaxError::StrayDoc { module }.diagnostic(line.span));
    }

    // Diagnostics.

    /// Reports a fault at a place, unless one was reported at the next token already, or the lexer
    /// has refused the token before it.
    fn report(&mut self, at: Span, error: SyntaxError) -> Failed {
        let before = self
            .position
            .checked_sub(1)
            .and_then(|index| self.tokens.get(index));
        let after_fault = before.is_some_and(|token| token.kind == TokenKind::Error);
        if self.reported != Some(self.position) && !after_fault && !self.limit_reported {
            self.reported = Some(self.position);
            self.diagnostics.push(error.diagnostic(at));
        }
        Failed
    }

    /// Reports that the next token is not what the grammar asks for.
    fn unexpected(&mut self, expected: &str) -> Failed {
        self.unexpected_with_help(expected, None)
    }

    fn unexpected_with_help(&mut self, expected: &str, help: Option<&'static str>) -> Failed {
        self.unexpected_with(expected, help.map(Cow::Borrowed))
    }

    fn unexpected_with(&mut self, expected: &str, help: Option<Cow<'static, str>>) -> Failed {
        let token = self.token();
        if token.kind == TokenKind::Error {
            // The lexer has said what is wrong with it.
            return Failed;
        }
        let expected = expected.to_owned();
        let error = SyntaxError::Unexpected {
            expected,
            found: self.found(token),
            help,
        };
        self.report(token.span, error)
    }

    fn found(&self, token: Token) -> Found {
        let text = || self.text(token.span).to_owned();
        match token.kind {
            TokenKind::End => Found::End,
            TokenKind::Name => Found::Name(text()),
            TokenKind::Number => Found::Number(text()),
            TokenKind::Str => Found::Str,
            kind if kind.is_reserved_word() => Found::Word(text()),
            _ => Found::Sign(text()),
        }
    }

    // Bounds and context.

    /// Reads a part that lies one level deeper.
    fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.limit(SyntaxError::TooDeep { limit: MAX_DEPTH }));
        }
        self.depth += 1;
        self.reach = self.reach.max(self.depth);
        let result = part(self);
        self.depth -= 1;
        result
    }

    /// Reads a chain, each link of which calls [`Parser::link`].
    fn chain<T>(&mut self, part: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let around = std::mem::replace(&mut self.reach, self.depth);
        let result = part(self);
        self.reach = self.reach.max(around);
        result
    }

    /// Puts all of the chain that was read so far below one more node.
    fn link(&mut self) -> Parse<()> {
        self.reach += 1;
        match self.reach > MAX_HEIGHT {
            true => Err(self.limit(SyntaxError::TooLong { limit: MAX_HEIGHT })),
            false => Ok(()),
        }
    }

    fn limit(&mut self, error: SyntaxError) -> Failed {
        let at = self.token().span;
        let failed = self.report(at, error);
        self.limit_reported = true;
        failed
    }

    /// Reads a part in which struct literals are or are not allowed.
    fn with_structs<T>(
        &mut self,
        structs: bool,
        part: impl FnOnce(&mut Self) -> Parse<T>,
    ) -> Parse<T> {
        let around = std::mem::replace(&mut self.structs, structs);
        let result = part(self);
        self.structs = around;
        result
    }
}
