//! Numbers and strings: from the text of a token to its value.

use super::Parser;
use crate::diagnostic::Span;
use crate::diagnostic::lexical::LexicalError;
use crate::syntax::ast::{Literal, Suffix};
use crate::syntax::token::Token;
use std::sync::Arc;

impl Parser<'_> {
    /// The value of a number; zero after a fault, which is reported.
    pub(super) fn number(&mut self, token: Token) -> Literal {
        let text = self.text(token.span);
        number(text).unwrap_or_else(|error| {
            self.diagnostics.push(error.diagnostic(token.span, text));
            Literal::Int {
                value: 0,
                suffix: None,
            }
        })
    }

    /// The value of a string, its escapes replaced.
    pub(super) fn string(&mut self, token: Token) -> Arc<str> {
        let text = self.text(token.span);
        let inside = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
            .unwrap_or("");
        let mut value = String::with_capacity(inside.len());
        let mut rest = inside;
        while let Some(start) = rest.find('\\') {
            let (plain, escape) = rest.split_at(start);
            value.push_str(plain);
            let (character, length) = escaped(escape);
            match character {
                Some(character) => value.push(character),
                None => {
                    let offset = token.span.start + 1 + (inside.len() - escape.len()) as u32;
                    let at = Span {
                        start: offset,
                        end: offset + length as u32,
                        ..token.span
                    };
                    let error = LexicalError::UnknownEscape;
                    self.diagnostics.push(error.diagnostic(at, self.text(at)));
                }
            }
            rest = escape.get(length..).unwrap_or("");
        }
        value.push_str(rest);
        value.into()
    }
}

/// The character that the escape at the start of `text` means, and the length of the escape.
fn escaped(text: &str) -> (Option<char>, usize) {
    let mut chars = text.chars().skip(1);
    match chars.next() {
        Some('n') => (Some('\n'), 2),
        Some('r') => (Some('\r'), 2),
        Some('t') => (Some('\t'), 2),
        Some('0') => (Some('\0'), 2),
        Some(same @ ('\\' | '"')) => (Some(same), 2),
        Some('u') => {
            let digits = text
                .strip_prefix("\\u{")
                .and_then(|rest| rest.split_once('}'));
            match digits {
                Some((digits, _)) if digits.len() <= 6 => {
                    let code = u32::from_str_radix(digits, 16).ok();
                    (code.and_then(char::from_u32), digits.len() + 4)
                }
                _ => (None, 2),
            }
        }
        Some(other) => (None, 1 + other.len_utf8()),
        None => (None, 1),
    }
}

fn number(text: &str) -> Result<Literal, LexicalError> {
    let based = |prefix: [&str; 2]| prefix.iter().find_map(|prefix| text.strip_prefix(prefix));
    if let Some(digits) = based(["0x", "0X"]) {
        return integer(
            digits,
            16,
            "hexadecimal digits are `0` to `9` and `a` to `f`",
        );
    }
    if let Some(digits) = based(["0b", "0B"]) {
        return integer(digits, 2, "binary digits are `0` and `1`");
    }
    if let Some(digits) = based(["0o", "0O"]) {
        return integer(digits, 8, "octal digits are `0` to `7`");
    }
    let (digits, suffix) = split_decimal(text)?;
    let is_integer = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'_');
    match (suffix_of(suffix)?, is_integer) {
        (None | Some(Suffix::I32 | Suffix::I64 | Suffix::U32 | Suffix::U64), true) => {
            integer(text, 10, "decimal digits are `0` to `9`")
        }
        (float @ (None | Some(Suffix::F32 | Suffix::F64)), _) => float_literal(digits, float),
        (Some(_), false) => Err(LexicalError::IntegerSuffixOnFloat {
            suffix: suffix.to_owned(),
        }),
    }
}

/// Divides a decimal into its digits (with fraction and exponent) and its suffix.
fn split_decimal(text: &str) -> Result<(&str, &str), LexicalError> {
    let rest = text.trim_start_matches(is_digit);
    let rest = rest
        .strip_prefix('.')
        .map_or(rest, |rest| rest.trim_start_matches(is_digit));
    let rest = match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let rest = unsigned.trim_start_matches(is_digit);
            let digits = unsigned.strip_suffix(rest).unwrap_or("");
            if !digits.contains(|digit: char| digit.is_ascii_digit()) {
                return Err(LexicalError::MalformedNumber("the exponent has no digits"));
            }
            rest
        }
        None => rest,
    };
    Ok(text.split_at(text.len() - rest.len()))
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit() || character == '_'
}

fn suffix_of(text: &str) -> Result<Option<Suffix>, LexicalError> {
    Ok(Some(match text {
        "" => return Ok(None),
        "f32" => Suffix::F32,
        "f64" => Suffix::F64,
        "i32" => Suffix::I32,
        "i64" => Suffix::I64,
        "u32" => Suffix::U32,
        "u64" => Suffix::U64,
        _ => {
            return Err(LexicalError::UnknownSuffix {
                suffix: text.to_owned(),
            });
        }
    }))
}

/// An integer from its digits and suffix; `digits_are` says which digits there are.
fn integer(text: &str, base: u32, digits_are: &'static str) -> Result<Literal, LexicalError> {
    let is_part = |c: char| c.is_digit(base) || c == '_' || (base < 10 && c.is_ascii_digit());
    let suffix = text.trim_start_matches(is_part);
    let digits: String = text
        .strip_suffix(suffix)
        .unwrap_or(text)
        .chars()
        .filter(|character| *character != '_')
        .collect();
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return Err(LexicalError::MalformedNumber(digits_are));
    }
    let value = u64::from_str_radix(&digits, base).map_err(|_| LexicalError::IntegerTooLarge)?;
    match suffix_of(suffix)? {
        Some(Suffix::F32 | Suffix::F64) => Err(LexicalError::MalformedNumber(
            "a float is written in decimal digits",
        )),
        suffix => Ok(Literal::Int { value, suffix }),
    }
}

fn float_literal(digits: &str, suffix: Option<Suffix>) -> Result<Literal, LexicalError> {
    let text: String = digits
        .chars()
        .filter(|character| *character != '_')
        .collect();
    let value: f64 = text
        .parse()
        .map_err(|_| LexicalError::MalformedNumber("this is no decimal number"))?;
    if value.is_infinite() {
        return Err(LexicalError::FloatTooLarge { ty: "f64" });
    }
    if suffix == Some(Suffix::F32) && text.parse().is_ok_and(f32::is_infinite) {
        return Err(LexicalError::FloatTooLarge { ty: "f32" });
    }
    Ok(Literal::Float {
        text: text.into(),
        value,
        suffix,
    })
}
