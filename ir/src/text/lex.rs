//! Tokens of the text form.

use logos::Logos;

/// A token; the text of names, numbers and strings is read from the source.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n]+")]
#[logos(skip r"//[^\n]*")]
pub(super) enum Token {
    /// A value.
    #[regex(r"%[A-Za-z0-9_.]+")]
    Value,
    /// A function.
    #[regex(r"@[A-Za-z0-9_.<>$]+")]
    Function,
    /// A mnemonic, a key, a type.
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*")]
    Word,
    /// A number.
    #[regex(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")]
    #[token("-inf")]
    Number,
    /// Text in quotes.
    #[regex(r#""([^"\\]|\\.)*""#)]
    Text,
    /// `->`
    #[token("->")]
    Arrow,
    /// `(`
    #[token("(")]
    Open,
    /// `)`
    #[token(")")]
    Close,
    /// `[`
    #[token("[")]
    OpenList,
    /// `]`
    #[token("]")]
    CloseList,
    /// `{`
    #[token("{")]
    OpenBrace,
    /// `}`
    #[token("}")]
    CloseBrace,
    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `;`
    #[token(";")]
    Semicolon,
    /// `=`
    #[token("=")]
    Equals,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Times,
    /// What is no token.
    Wrong,
}

/// A token with its place in the source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme<'a> {
    pub(super) token: Token,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

/// All tokens of `source`.
pub(super) fn lex(source: &str) -> Vec<Lexeme<'_>> {
    Token::lexer(source)
        .spanned()
        .map(|(token, span)| Lexeme {
            token: token.unwrap_or(Token::Wrong),
            text: source.get(span.clone()).unwrap_or_default(),
            start: span.start,
        })
        .collect()
}
