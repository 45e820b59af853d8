//! Reading what is said of a function besides what it computes.

use super::lex::Token;
use super::parse::{ParseError, Parser};
use crate::function::{Inline, LinearIn, Marks, Snapshots};

impl Parser<'_> {
    /// What is said of a function between its result types and its body.
    pub(super) fn marks(&mut self) -> Result<Marks, ParseError> {
        let mut marks = Marks::default();
        loop {
            if self.take_word("tangent") {
                let tangent = self.function_name()?;
                marks.rule.get_or_insert_default().tangent = Some(tangent);
            } else if self.take_word("pullback") {
                let pair = (self.function_name()?, self.function_name()?);
                marks.rule.get_or_insert_default().pullback = Some(pair);
            } else if self.take_word("linear") {
                let text = self.expect(Token::Number)?;
                let number = self.int(text)?;
                let param = usize::try_from(number)
                    .map_err(|_| self.error(format!("`{text}` is no place of a parameter")))?;
                let transpose = self.function_name()?;
                let linear = Some(LinearIn { param, transpose });
                marks.rule.get_or_insert_default().linear = linear;
            } else if self.take_word("declared") {
                marks.declared_linear = true;
            } else if self.take_word("checkpoint") {
                marks.checkpoint = true;
            } else if self.take_word("snapshots") {
                marks.snapshots = Some(self.snapshots()?);
            } else if self.take_word("inline") {
                marks.inline = Inline::Always;
            } else if self.take_word("apart") {
                marks.inline = Inline::Never;
            } else {
                return Ok(marks);
            }
        }
    }

    /// `root`, `count N` or `bytes N`.
    fn snapshots(&mut self) -> Result<Snapshots, ParseError> {
        if self.take_word("root") {
            return Ok(Snapshots::Root);
        }
        let of_bytes = self.take_word("bytes");
        if !of_bytes && !self.take_word("count") {
            return Err(self.error("expected `root`, `count` or `bytes`"));
        }
        let text = self.expect(Token::Number)?;
        let number = self.int(text)?;
        let number = match of_bytes {
            true => u64::try_from(number).map(Snapshots::Bytes),
            false => u32::try_from(number).map(Snapshots::Count),
        };
        number.map_err(|_| self.error(format!("`{text}` is no number of snapshots")))
    }
}
