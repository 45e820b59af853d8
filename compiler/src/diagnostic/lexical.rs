//! Faults of characters, strings, comments and numbers.

use super::{Diagnostic, Span, codes::files as codes};

/// What is wrong with a piece of text that should be one token.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LexicalError {
    /// Characters that begin nothing.
    #[default]
    UnknownCharacter,
    /// A string without closing quote on its line.
    UnterminatedString,
    /// A comment without closing mark.
    UnterminatedComment,
    /// A backslash followed by something unknown.
    UnknownEscape,
    /// A number that breaks off or has impossible digits; the text says how.
    MalformedNumber(&'static str),
    /// An integer beyond 64 bits.
    IntegerTooLarge,
    /// Letters after a number that are no element type.
    UnknownSuffix {
        /// The letters.
        suffix: String,
    },
    /// Fractional digits with an integer type.
    IntegerSuffixOnFloat {
        /// The type.
        suffix: String,
    },
    /// A float that would be infinite.
    FloatTooLarge {
        /// The type.
        ty: &'static str,
    },
}

impl LexicalError {
    /// The message about this fault at a place, where `text` stands.
    pub fn diagnostic(&self, span: Span, text: &str) -> Diagnostic {
        match self {
            LexicalError::UnknownCharacter => unknown_character(span, text),
            LexicalError::UnterminatedString => {
                Diagnostic::error(codes::UNTERMINATED_STRING, "string is not closed")
                    .at(span, "this string has no closing `\"` on its line")
                    .help("close it with `\"`; a newline in a string is written `\\n`")
            }
            LexicalError::UnterminatedComment => {
                Diagnostic::error(codes::UNTERMINATED_COMMENT, "comment is not closed")
                    .at(span, "this comment has no closing `*/`")
                    .help("comments may be nested: each `/*` needs its own `*/`")
            }
            LexicalError::UnknownEscape => {
                Diagnostic::error(codes::UNKNOWN_ESCAPE, format!("unknown escape `{text}`"))
                    .at(span, "this escape has no meaning")
                    .help("the escapes are `\\n \\r \\t \\0 \\\\ \\\"` and `\\u{1f600}`")
            }
            LexicalError::MalformedNumber(why) => Diagnostic::error(
                codes::MALFORMED_NUMBER,
                format!("malformed number `{text}`"),
            )
            .at(span, *why),
            LexicalError::IntegerTooLarge => {
                Diagnostic::error(codes::INTEGER_TOO_LARGE, "integer is too large")
                    .at(span, "this does not fit into 64 bits")
                    .help("a large float is written with an exponent: `1e20`")
            }
            LexicalError::UnknownSuffix { suffix } => unknown_suffix(span, suffix),
            LexicalError::IntegerSuffixOnFloat { suffix } => Diagnostic::error(
                codes::UNKNOWN_SUFFIX,
                format!("a number with a fraction cannot be `{suffix}`"),
            )
            .at(
                span,
                "this has a fraction or an exponent, but the suffix of an integer",
            )
            .help("use the suffix `f32` or `f64`, or none"),
            LexicalError::FloatTooLarge { ty } => Diagnostic::error(
                codes::FLOAT_TOO_LARGE,
                format!("number is beyond the range of `{ty}`"),
            )
            .at(span, "this would round to infinity")
            .help("infinity is written `inf`"),
        }
    }
}

fn unknown_character(span: Span, text: &str) -> Diagnostic {
    let shown: String = text.chars().map(visible).collect();
    let title = match text.chars().count() {
        1 => format!("unknown character `{shown}`"),
        _ => format!("unknown characters `{shown}`"),
    };
    let diagnostic =
        Diagnostic::error(codes::UNKNOWN_CHARACTER, title).at(span, "this has no meaning here");
    match text.chars().next() {
        Some('#') => diagnostic.help("a comment begins with `//`"),
        Some('\'') => diagnostic.help("a string stands between double quotes: `\"text\"`"),
        Some('?') => diagnostic.help("a choice is written `if c { a } else { b }`"),
        Some('×' | '·') => diagnostic.help("a product is written `*`"),
        Some('−' | '–') => diagnostic.help("a minus is written `-`"),
        Some('“' | '”' | '„') => diagnostic.help("a quote is written `\"`"),
        _ => diagnostic,
    }
}

/// A character as it can stand in a message.
fn visible(character: char) -> String {
    match character {
        '\'' | '"' | '\\' => character.to_string(),
        _ => character.escape_debug().to_string(),
    }
}

fn unknown_suffix(span: Span, suffix: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        codes::UNKNOWN_SUFFIX,
        format!("unknown suffix `{suffix}` of a number"),
    )
    .at(span, "this is no element type");
    match suffix {
        "j" | "i" => diagnostic.help("complex numbers are not part of the language"),
        "f" => diagnostic.help("the suffixes are `f32 f64 i32 i64 u32 u64`: write `f32`"),
        _ => diagnostic.help("the suffixes are `f32 f64 i32 i64 u32 u64`"),
    }
}
