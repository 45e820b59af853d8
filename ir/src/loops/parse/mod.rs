//! Reads the text form of loop programs.
//!
//! The grammar is what [`super::print`] writes; names before the first dot are kept as hints. The parser
//! checks names only: types are the verifier's business.

mod function;
mod lex;
mod stmt;

use std::fmt;

use super::Program;
use function::Parser;

/// Why a text is not a loop program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl ParseError {
    fn new(text: &str, at: usize, message: impl Into<String>) -> ParseError {
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before
            .get(line_start..)
            .map_or(0, |line| line.chars().count());
        ParseError {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            message: message.into(),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// The program that `text` describes.
pub fn parse(text: &str) -> Result<Program, ParseError> {
    let tokens = lex::lex(text)?;
    Parser::new(text, tokens).program()
}
