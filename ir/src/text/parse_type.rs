//! Reading types and sizes.

use super::lex::Token;
use super::parse::{ParseError, Parser};
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::{Shape, Type};

impl Parser<'_> {
    /// A type: `f64`, `f64[%n, 3]`, `acc f64[%n]`.
    pub(super) fn ty(&mut self) -> Result<Type, ParseError> {
        let mut word = self.expect(Token::Word)?;
        let accumulator = word == "acc";
        if accumulator {
            word = self.expect(Token::Word)?;
        }
        let dtype = DType::from_name(word);
        let dtype = dtype.ok_or_else(|| self.error(format!("there is no type `{word}`")))?;
        let mut shape = Shape::new();
        if self.take(Token::OpenList).is_some() {
            shape.extend(self.list(Token::CloseList, Parser::size)?);
        }
        let ty = Type::array(dtype, shape);
        Ok(if accumulator { ty.accumulator() } else { ty })
    }

    /// A size: a sum of products of numbers and values.
    pub(super) fn size(&mut self) -> Result<Size, ParseError> {
        let mut sum = self.signed_term()?;
        loop {
            let negative = match self.peek() {
                Some(Token::Plus) => false,
                Some(Token::Minus) => true,
                // `n -1` is read as a number with its sign.
                Some(Token::Number) => {
                    let term = self.term()?;
                    sum = self.in_range(sum.checked_add(&term))?;
                    continue;
                }
                _ => return Ok(sum),
            };
            self.next();
            let term = self.term()?;
            let next = if negative {
                sum.checked_sub(&term)
            } else {
                sum.checked_add(&term)
            };
            sum = self.in_range(next)?;
        }
    }

    fn signed_term(&mut self) -> Result<Size, ParseError> {
        let negative = self.take(Token::Minus).is_some();
        let term = self.term()?;
        match negative {
            true => self.in_range(term.checked_scale(-1)),
            false => Ok(term),
        }
    }

    fn term(&mut self) -> Result<Size, ParseError> {
        let mut product = self.factor()?;
        while self.take(Token::Times).is_some() {
            let factor = self.factor()?;
            product = self.in_range(product.checked_mul(&factor))?;
        }
        Ok(product)
    }

    fn factor(&mut self) -> Result<Size, ParseError> {
        match self.peek() {
            Some(Token::Value) => self.value().map(Size::value),
            _ => {
                let text = self.expect(Token::Number)?;
                let n = text
                    .parse()
                    .map_err(|_| self.error("a size is an integer"))?;
                Ok(Size::constant(n))
            }
        }
    }

    fn in_range(&self, size: Option<Size>) -> Result<Size, ParseError> {
        size.ok_or_else(|| self.error("the size overflows"))
    }
}
