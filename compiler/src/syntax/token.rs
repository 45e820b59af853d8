//! Tokens and the lexer.
//!
//! `logos` finds the tokens; strings, block comments and numbers are scanned by hand, because
//! their faults deserve messages of their own. Comments and documentation are kept apart from the
//! tokens that the parser sees, documentation because it may stand before few things only, comments
//! for the formatter.

use crate::diagnostic::lexical::LexicalError;
use crate::diagnostic::{Diagnostic, SourceFile, Span};
use logos::{Lexer, Logos};

/// The kinds of tokens.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(error = LexicalError, skip r"[ \t\r\n\f\u{FEFF}]+")]
#[allow(missing_docs, reason = "the text of each kind stands beside it")]
pub enum TokenKind {
    #[regex(r"[\p{XID_Start}_]\p{XID_Continue}*")]
    Name,
    #[regex(r"[0-9]", number)]
    Number,
    #[token("\"", string)]
    Str,
    #[regex(r"//[^\n]*")]
    LineComment,
    #[token("/*", block_comment)]
    BlockComment,
    #[token("as")]
    As,
    #[token("break")]
    Break,
    #[token("const")]
    Const,
    #[token("continue")]
    Continue,
    #[token("else")]
    Else,
    #[token("export")]
    Export,
    #[token("false")]
    False,
    #[token("fn")]
    Fn,
    #[token("for")]
    For,
    #[token("if")]
    If,
    #[token("import")]
    Import,
    #[token("in")]
    In,
    #[token("let")]
    Let,
    #[token("loop")]
    Loop,
    #[token("mut")]
    Mut,
    #[token("pub")]
    Pub,
    #[token("return")]
    Return,
    #[token("struct")]
    Struct,
    #[token("true")]
    True,
    #[token("type")]
    Type,
    #[token("while")]
    While,
    #[token("_", priority = 10)]
    Underscore,
    #[token("(")]
    LeftParen,
    #[token(")")]
    RightParen,
    #[token("[")]
    LeftBracket,
    #[token("]")]
    RightBracket,
    #[token("{")]
    LeftBrace,
    #[token("}")]
    RightBrace,
    #[token(",")]
    Comma,
    #[token(";")]
    Semicolon,
    #[token(":")]
    Colon,
    #[token("::")]
    ColonColon,
    #[token(".")]
    Dot,
    #[token("..")]
    DotDot,
    #[token("..=")]
    DotDotEq,
    #[token("->")]
    Arrow,
    #[token("=>")]
    FatArrow,
    #[token("=")]
    Eq,
    #[token("==")]
    EqEq,
    #[token("!=")]
    BangEq,
    #[token("<")]
    Lt,
    #[token("<=")]
    LtEq,
    #[token(">")]
    Gt,
    #[token(">=")]
    GtEq,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("**")]
    StarStar,
    #[token("@")]
    At,
    #[token("&")]
    And,
    #[token("|")]
    Or,
    #[token("^")]
    Caret,
    #[token("<<")]
    Shl,
    #[token(">>")]
    Shr,
    #[token("&&")]
    AndAnd,
    #[token("||")]
    OrOr,
    #[token("!")]
    Bang,
    #[token("+=")]
    PlusEq,
    #[token("-=")]
    MinusEq,
    #[token("*=")]
    StarEq,
    #[token("/=")]
    SlashEq,
    #[token("%=")]
    PercentEq,
    #[token("**=")]
    StarStarEq,
    #[token("@=")]
    AtEq,
    #[token("&=")]
    AndEq,
    #[token("|=")]
    OrEq,
    #[token("^=")]
    CaretEq,
    #[token("<<=")]
    ShlEq,
    #[token(">>=")]
    ShrEq,
    /// Text that is no token; a diagnostic was given.
    Error,
    /// After the last token.
    End,
}

impl TokenKind {
    /// Whether this is a reserved word.
    pub fn is_reserved_word(self) -> bool {
        (TokenKind::As as u8..=TokenKind::While as u8).contains(&(self as u8))
    }

    /// The bracket that closes this one.
    pub fn closer(self) -> Option<TokenKind> {
        match self {
            TokenKind::LeftParen => Some(TokenKind::RightParen),
            TokenKind::LeftBracket => Some(TokenKind::RightBracket),
            TokenKind::LeftBrace => Some(TokenKind::RightBrace),
            _ => None,
        }
    }

    /// Whether this is a closing bracket.
    pub fn is_closer(self) -> bool {
        matches!(
            self,
            TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace
        )
    }
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// What a comment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `//`
    Line,
    /// `/* */`
    Block,
    /// `///`: documents what follows.
    Doc,
    /// `//!`: documents the file.
    ModuleDoc,
}

/// A comment or a line of documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What it is for.
    pub kind: CommentKind,
    /// Where it stands, marks included, without the newline.
    pub span: Span,
}

/// What the lexer makes of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tokens {
    /// The tokens; the last one is [`TokenKind::End`].
    pub tokens: Vec<Token>,
    /// The comments and the documentation.
    pub comments: Vec<Comment>,
    /// The faults.
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits a file into tokens.
pub fn lex(source: &SourceFile) -> Tokens {
    let mut found = Tokens::default();
    let mut faults: Vec<(LexicalError, Span)> = Vec::new();
    let mut lexer = TokenKind::lexer(source.text());
    while let Some(result) = lexer.next() {
        let range = lexer.span();
        let span = Span::new(source.id(), range.start as u32, range.end as u32);
        match result {
            Ok(TokenKind::LineComment) => found.comments.push(line_comment(lexer.slice(), span)),
            Ok(TokenKind::BlockComment) => {
                found.comments.push(Comment {
                    kind: CommentKind::Block,
                    span,
                });
            }
            Ok(kind) => found.tokens.push(Token { kind, span }),
            Err(error) => {
                found.tokens.push(Token {
                    kind: TokenKind::Error,
                    span,
                });
                add_fault(&mut faults, error, span);
            }
        }
    }
    // What is missing at the end is shown after the last text, not on an empty line.
    let end = source.text().trim_end().len() as u32;
    let end = Span::new(source.id(), end, end);
    found.tokens.push(Token {
        kind: TokenKind::End,
        span: end,
    });
    found.diagnostics = faults
        .iter()
        .map(|(error, span)| error.diagnostic(*span, source.slice(*span)))
        .collect();
    found
}

/// Adds a fault; characters without meaning that stand side by side are one fault.
/// Whether a text is one name of the language.
pub fn is_name(text: &str) -> bool {
    let mut tokens = TokenKind::lexer(text);
    let first = tokens.next();
    matches!(first, Some(Ok(TokenKind::Name))) && tokens.slice() == text
}

fn add_fault(faults: &mut Vec<(LexicalError, Span)>, error: LexicalError, span: Span) {
    if let Some((LexicalError::UnknownCharacter, last)) = faults.last_mut()
        && error == LexicalError::UnknownCharacter
        && last.end == span.start
    {
        *last = last.to(span);
        return;
    }
    faults.push((error, span));
}

fn line_comment(text: &str, span: Span) -> Comment {
    let kind = match text {
        _ if text.starts_with("//!") => CommentKind::ModuleDoc,
        _ if text.starts_with("////") => CommentKind::Line,
        _ if text.starts_with("///") => CommentKind::Doc,
        _ => CommentKind::Line,
    };
    let trailing = text.len() - text.trim_end().len();
    Comment {
        kind,
        span: Span {
            end: span.end - trailing as u32,
            ..span
        },
    }
}

/// Takes the rest of a string: up to the closing quote, or to the end of the line.
fn string(lexer: &mut Lexer<'_, TokenKind>) -> Result<(), LexicalError> {
    let mut escaped = false;
    for (offset, byte) in lexer.remainder().bytes().enumerate() {
        match byte {
            b'\n' => {
                lexer.bump(offset);
                return Err(LexicalError::UnterminatedString);
            }
            b'"' if !escaped => {
                lexer.bump(offset + 1);
                return Ok(());
            }
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    lexer.bump(lexer.remainder().len());
    Err(LexicalError::UnterminatedString)
}

/// Takes the rest of a comment, which may hold comments.
fn block_comment(lexer: &mut Lexer<'_, TokenKind>) -> Result<(), LexicalError> {
    let mut open = 1;
    let mut previous = b' ';
    for (offset, byte) in lexer.remainder().bytes().enumerate() {
        let pair = (previous, byte);
        previous = byte;
        match pair {
            (b'/', b'*') => open += 1,
            (b'*', b'/') => open -= 1,
            _ => continue,
        }
        previous = b' ';
        if open == 0 {
            lexer.bump(offset + 1);
            return Ok(());
        }
    }
    lexer.bump(lexer.remainder().len());
    Err(LexicalError::UnterminatedComment)
}

/// Takes the rest of a number, right or wrong; the parser reads it and says what is wrong.
///
/// A dot belongs to it unless a range (`1..n`) or a field (`1.x`) begins there; a sign belongs to
/// it after the `e` of a decimal.
fn number(lexer: &mut Lexer<'_, TokenKind>) {
    let first_is_zero = lexer.slice() == "0";
    let rest = lexer.remainder().as_bytes();
    let byte_at = |index: usize| rest.get(index).copied().unwrap_or(b' ');
    let based = first_is_zero && matches!(byte_at(0), b'x' | b'X' | b'b' | b'B' | b'o' | b'O');
    let (mut length, mut dotted, mut exponent) = (0, false, false);
    loop {
        let (byte, next) = (byte_at(length), byte_at(length + 1));
        let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
        match byte {
            b'e' | b'E' if !based && !exponent => {
                exponent = true;
                length += usize::from(matches!(next, b'+' | b'-'));
            }
            b'.' if !based && !dotted && !exponent && next != b'.' && !letter(next) => {
                dotted = true;
            }
            _ if byte.is_ascii_alphanumeric() || byte == b'_' => {}
            _ => break,
        }
        length += 1;
    }
    lexer.bump(length);
}
