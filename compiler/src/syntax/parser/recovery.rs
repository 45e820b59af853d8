//! Where to go on after a fault.

use super::{Failed, Parser};
use crate::diagnostic::suggest;
use crate::diagnostic::syntax::SyntaxError;
use crate::syntax::token::TokenKind;

/// The words that may begin a statement.
const STATEMENT_WORDS: [&str; 9] = [
    "let", "for", "while", "if", "loop", "return", "break", "continue", "fn",
];

impl Parser<'_> {
    /// Whether the next token is the first of its line.
    pub(super) fn at_line_start(&self) -> bool {
        let between = self.previous().end as usize..self.token().span.start as usize;
        self.position == 0
            || self
                .source
                .text()
                .get(between)
                .is_some_and(|gap| gap.contains('\n'))
    }

    /// Whether the next token is the first character of its line.
    fn at_first_column(&self) -> bool {
        let start = self.token().span.start as usize;
        let before = self.source.text().get(..start).unwrap_or("");
        before.is_empty() || before.ends_with('\n')
    }

    /// Whether an item begins here. `fn` alone may begin a type.
    pub(super) fn at_item(&self) -> bool {
        let next = self.ahead(1).kind;
        match self.kind() {
            TokenKind::Fn | TokenKind::Struct | TokenKind::Type | TokenKind::Const => {
                next == TokenKind::Name
            }
            TokenKind::Import | TokenKind::Export | TokenKind::Pub => true,
            TokenKind::At => next == TokenKind::Name && self.at_line_start(),
            TokenKind::Name => next == TokenKind::Str && self.at_word("test"),
            _ => false,
        }
    }

    /// Whether the next item shows that the blocks before it were not closed.
    pub(super) fn at_item_after_unclosed_block(&self) -> bool {
        self.unbalanced && self.at_item() && self.at_first_column()
    }

    /// Whether a statement begins here, which cannot stand inside an expression.
    pub(super) fn at_statement(&self) -> bool {
        match self.kind() {
            TokenKind::Let => true,
            TokenKind::For | TokenKind::While | TokenKind::Return => self.at_line_start(),
            TokenKind::Break | TokenKind::Continue | TokenKind::If => self.at_line_start(),
            _ => self.at_item(),
        }
    }

    /// Skips the next token, and if it is an opening bracket everything up to its closing one (or
    /// to where a statement shows that there is none).
    fn skip_group(&mut self) {
        let mut closers = Vec::new();
        loop {
            let kind = self.kind();
            let unclosed = !closers.is_empty() && self.at_item_after_unclosed_block();
            if kind == TokenKind::End || unclosed {
                return;
            }
            let only_brackets = closers
                .first()
                .is_some_and(|closer| *closer != TokenKind::RightBrace)
                && closers
                    .last()
                    .is_some_and(|closer| *closer != TokenKind::RightBrace);
            if only_brackets && (kind == TokenKind::Semicolon || self.at_statement()) {
                return;
            }
            if let Some(closer) = kind.closer() {
                closers.push(closer);
            } else if kind.is_closer() && !closers.is_empty() {
                match closers.iter().rposition(|closer| *closer == kind) {
                    Some(index) => closers.truncate(index),
                    None => return,
                }
            }
            self.bump();
            if closers.is_empty() {
                return;
            }
        }
    }

    /// The index of the `]` that closes the bracket open before the token `from`, if it stands on
    /// the same line and no other bracket lies between.
    fn bracket_end_on_line(&self, from: usize) -> Option<usize> {
        let rest = self.tokens.get(from..)?;
        let length = rest.iter().position(|token| {
            token.kind.is_closer() || token.kind.closer().is_some() || token.kind == TokenKind::End
        })?;
        let end = rest.get(length)?;
        let between = self.previous().end as usize..end.span.start as usize;
        let same_line = !self.source.text().get(between)?.contains('\n');
        (end.kind == TokenKind::RightBracket && same_line).then_some(from + length)
    }

    /// Skips `[T; n]` and what else may stand between brackets where a type is expected.
    pub(super) fn skip_bracketed_type(&mut self) {
        if let Some(end) = self.bracket_end_on_line(self.position + 1) {
            self.position = end + 1;
        }
    }

    /// Reports and skips `; n` in `[x; n]`, if that is what stands here.
    pub(super) fn skip_repetition(&mut self) {
        if self.at(TokenKind::Semicolon)
            && let Some(end) = self.bracket_end_on_line(self.position + 1)
        {
            let help = "an array of equal elements is made by `full(f64[n], x)`";
            self.unexpected_with_help("`,` or `]`", Some(help));
            self.position = end;
        }
    }

    /// Skips to the end of an element of a list: before a comma or the closing bracket, or before
    /// anything that shows that the list is not closed.
    pub(super) fn skip_element(&mut self, closer: TokenKind) {
        loop {
            let kind = self.kind();
            let stops = matches!(
                kind,
                TokenKind::Comma | TokenKind::Semicolon | TokenKind::End
            );
            if stops || kind == closer || kind.is_closer() || self.at_statement() {
                return;
            }
            self.skip_group();
        }
    }

    /// Skips the rest of a statement that began at the token `start`, its `;` included.
    pub(super) fn skip_statement(&mut self, start: usize) {
        if self.position == start && !self.at(TokenKind::RightBrace) {
            self.skip_group();
        }
        loop {
            match self.kind() {
                TokenKind::Semicolon => {
                    self.bump();
                    return;
                }
                TokenKind::RightBrace | TokenKind::End => return,
                _ if self.at_statement() => return,
                kind => {
                    self.skip_group();
                    if kind == TokenKind::LeftBrace && self.at_line_start() {
                        return;
                    }
                }
            }
        }
    }

    /// Skips the rest of an item that began at the token `start`.
    pub(super) fn skip_item(&mut self, start: usize) {
        if self.position == start {
            self.skip_group();
        }
        while !self.at(TokenKind::End) && !self.at_item() {
            let ends_item = matches!(self.kind(), TokenKind::Semicolon | TokenKind::LeftBrace);
            self.skip_group();
            if ends_item {
                return;
            }
        }
    }

    /// Reports and skips a closing bracket that closes nothing.
    pub(super) fn unmatched_closer(&mut self) {
        let token = self.token();
        let closer = self.text(token.span).to_owned();
        self.report(token.span, SyntaxError::UnmatchedCloser { closer });
        self.bump();
    }

    /// Reports what follows an expression that should have ended.
    pub(super) fn unexpected_after_expr(&mut self, expected: &str) -> Failed {
        let token = self.token();
        let help = match token.kind {
            TokenKind::Eq => {
                return self.report(token.span, SyntaxError::AssignmentAsValue { plain: true });
            }
            kind if super::operator::assignment(kind).is_some() => {
                return self.report(token.span, SyntaxError::AssignmentAsValue { plain: false });
            }
            TokenKind::Name => match self.text(token.span) {
                "and" => Some("the logical and is written `&&`"),
                "or" => Some("the logical or is written `||`"),
                "is" => Some("equality is written `==`"),
                "then" => Some("a choice is written `if c { a } else { b }`"),
                _ => None,
            },
            TokenKind::Str => Some("a text with values is written `print(\"x is {}\", x)`"),
            TokenKind::If => Some("a choice is written `if c { a } else { b }`"),
            TokenKind::In => Some("`any(x == y)` says whether `y` is an element of `x`"),
            TokenKind::For if expected.contains(']') => {
                Some("an array of computed elements is written `[for i in 0..n: 2 * i]`")
            }
            TokenKind::ColonColon => Some("a name of a module is written with a dot: `la.solve`"),
            TokenKind::FatArrow => Some("a function without a name is written `|x| e`"),
            _ => None,
        };
        match (help, self.mistyped_word()) {
            (None, Some(help)) => self.unexpected_with(expected, Some(help.into())),
            _ => self.unexpected_with_help(expected, help),
        }
    }

    /// What to do if the last name is a word of other languages, or the statement consists, so far, of one
    /// that is nearly a word of this one.
    fn mistyped_word(&self) -> Option<String> {
        let last = self.tokens.get(self.position.checked_sub(1)?)?;
        match self.text(last.span) {
            "lambda" => return Some("a function without a name is written `|x| x + 1`".to_owned()),
            "not" => return Some("the logical not is written `!`".to_owned()),
            _ => {}
        }
        let before = self.tokens.get(self.position.checked_sub(2)?)?;
        let begins = matches!(
            before.kind,
            TokenKind::LeftBrace | TokenKind::RightBrace | TokenKind::Semicolon
        );
        if last.kind != TokenKind::Name || !begins {
            return None;
        }
        match self.text(last.span) {
            "var" | "val" | "auto" => Some("a variable is declared with `let`".to_owned()),
            "def" | "func" | "fun" | "function" => {
                Some("a function is declared with `fn`".to_owned())
            }
            "switch" | "match" | "case" => {
                Some("a choice is written `if a { … } else if b { … } else { … }`".to_owned())
            }
            "class" | "record" => Some("a record is declared with `struct`".to_owned()),
            word => {
                let meant = suggest(word, STATEMENT_WORDS)?;
                Some(format!("did you mean `{meant}`?"))
            }
        }
    }
}
