//! The parser. Its first error ends it: the text is made by the printer or by a compiler engineer.

use super::lex::{Lexeme, Token, lex};
use crate::builder::{Builder, Parts};
use crate::function::{Block, FuncId, Function, Value};
use crate::module::Module;
use crate::op::{Attribute, Op, Reader, Site};
use crate::scalar::{DType, Scalar};
use crate::ty::Type;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::fmt;

/// How deep regions may be nested.
const MAX_DEPTH: usize = 200;

/// Why a text is not an IR module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Reads a module.
pub fn parse(source: &str) -> Result<Module, ParseError> {
    let tokens = lex(source);
    let mut module = Module::new();
    for pair in tokens.windows(2) {
        if let [
            Lexeme { text: "func", .. },
            Lexeme {
                token: Token::Function,
                text,
                ..
            },
        ] = pair
        {
            module.add(Function::new(text.trim_start_matches('@')));
        }
    }
    let mut parser = Parser {
        source,
        tokens: &tokens,
        at: 0,
        module: &module,
        values: HashMap::new(),
        builder: Builder::new(""),
    };
    let mut functions = Vec::new();
    while parser.at < tokens.len() {
        functions.push(parser.function()?);
    }
    for (id, function) in module.ids().zip(functions) {
        module.replace(id, function);
    }
    Ok(module)
}

pub(super) struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Lexeme<'a>],
    at: usize,
    module: &'a Module,
    values: HashMap<&'a str, Value>,
    builder: Builder,
}

impl<'a> Parser<'a> {
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        let start = self
            .tokens
            .get(self.at.saturating_sub(1))
            .map_or(0, |lexeme| lexeme.start);
        let before = self.source.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |k| k + 1);
        ParseError {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            message: message.into(),
        }
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).map(|lexeme| lexeme.token)
    }

    fn peek_word(&self) -> Option<&'a str> {
        let lexeme = self.tokens.get(self.at)?;
        (lexeme.token == Token::Word).then_some(lexeme.text)
    }

    pub(super) fn next(&mut self) -> Option<Lexeme<'a>> {
        let lexeme = self.tokens.get(self.at).copied();
        self.at += 1;
        lexeme
    }

    pub(super) fn take(&mut self, token: Token) -> Option<&'a str> {
        let lexeme = self
            .tokens
            .get(self.at)
            .filter(|lexeme| lexeme.token == token)?;
        self.at += 1;
        Some(lexeme.text)
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == Some(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, token: Token) -> Result<&'a str, ParseError> {
        match self.next() {
            Some(lexeme) if lexeme.token == token => Ok(lexeme.text),
            Some(lexeme) => Err(self.error(format!("expected {token:?}, found `{}`", lexeme.text))),
            None => Err(self.error(format!("expected {token:?}, found the end"))),
        }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), ParseError> {
        match self.expect(Token::Word)? {
            found if found == word => Ok(()),
            found => Err(self.error(format!("expected `{word}`, found `{found}`"))),
        }
    }

    /// Items separated by commas up to `end`, which is taken.
    pub(super) fn list<T>(
        &mut self,
        end: Token,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut items = Vec::new();
        while self.take(end).is_none() {
            if !items.is_empty() {
                self.expect(Token::Comma)?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn value(&mut self) -> Result<Value, ParseError> {
        let text = self.expect(Token::Value)?;
        let value = self.values.get(text).copied();
        value.ok_or_else(|| self.error(format!("`{text}` is not defined here")))
    }

    fn values(&mut self) -> Result<Vec<Value>, ParseError> {
        let mut values = Vec::new();
        while self.peek() == Some(Token::Value) {
            values.push(self.value()?);
            if self.take(Token::Comma).is_none() {
                break;
            }
        }
        Ok(values)
    }

    fn define(&mut self, text: &'a str, value: Value) -> Result<(), ParseError> {
        let hint = text.trim_start_matches('%');
        let base = hint.split('.').next().unwrap_or(hint);
        if !base.starts_with(|c: char| c.is_ascii_digit()) {
            self.builder.name(value, base);
        }
        match self.values.insert(text, value) {
            None => Ok(()),
            Some(_) => Err(self.error(format!("`{text}` is defined twice"))),
        }
    }

    fn function(&mut self) -> Result<Function, ParseError> {
        self.expect_word("func")?;
        let name = self.expect(Token::Function)?.trim_start_matches('@');
        self.builder = Builder::new(name);
        self.values.clear();
        if self.take(Token::OpenList).is_some() {
            while self.take(Token::CloseList).is_none() {
                let text = self.expect(Token::Value)?;
                let value = self.builder.param(Type::scalar(DType::I64), None);
                self.builder.func_mut().sizes += 1;
                self.define(text, value)?;
                self.take(Token::Comma);
            }
        }
        self.expect(Token::Open)?;
        let mut linear = None;
        while self.take(Token::Close).is_none() {
            if self.take(Token::Semicolon).is_some() {
                self.expect_word("lin")?;
                linear = Some(self.builder.func().values.len());
            }
            self.typed_param()?;
            self.take(Token::Comma);
        }
        let params = self.builder.func().values.len();
        self.builder.func_mut().linear = linear.map_or(0, |first| params - first);
        self.expect(Token::Arrow)?;
        let types_at = self.at;
        let written = self.skip_result_types()?;
        let marks = self.marks()?;
        self.builder.func_mut().marks = marks;
        self.expect(Token::OpenBrace)?;
        let results = self.insts("return", 0)?;
        self.expect(Token::CloseBrace)?;
        if results.len() != written {
            return Err(self.error(format!(
                "{written} results announced, {} returned",
                results.len()
            )));
        }
        self.compare_result_types(types_at, &results)?;
        let builder = std::mem::replace(&mut self.builder, Builder::new(""));
        Ok(builder.finish(results))
    }

    /// Reads the result types, which stand at token `at`, now that all values are known, and compares
    /// them with those of the values returned.
    fn compare_result_types(&mut self, at: usize, results: &[Value]) -> Result<(), ParseError> {
        let end = std::mem::replace(&mut self.at, at);
        self.expect(Token::Open)?;
        let written = self.list(Token::Close, Parser::ty)?;
        for (k, (ty, &result)) in written.iter().zip(results).enumerate() {
            if ty != self.builder.ty(result) {
                return Err(self.error(format!(
                    "result {k}: the value returned has another type than what is written"
                )));
            }
        }
        self.at = end;
        Ok(())
    }

    /// A function by its name.
    pub(super) fn function_name(&mut self) -> Result<FuncId, ParseError> {
        let name = self.expect(Token::Function)?;
        let found = self.module.named(name.trim_start_matches('@'));
        found.ok_or_else(|| self.error(format!("there is no function `{name}`")))
    }

    /// The result types repeat those of the values returned; they may mention values defined later.
    fn skip_result_types(&mut self) -> Result<usize, ParseError> {
        self.expect(Token::Open)?;
        let mut depth = 0;
        let mut count = 0;
        loop {
            match self.next().map(|lexeme| lexeme.token) {
                None => return Err(self.error("the list of result types does not end")),
                Some(Token::Close) => return Ok(count),
                Some(Token::OpenList) => depth += 1,
                Some(Token::CloseList) => depth -= 1,
                Some(Token::Word) if count == 0 => count = 1,
                Some(Token::Comma) if depth == 0 => count += 1,
                Some(_) => {}
            }
        }
    }

    fn typed_param(&mut self) -> Result<(), ParseError> {
        let text = self.expect(Token::Value)?;
        self.expect(Token::Colon)?;
        let ty = self.ty()?;
        let value = self.builder.param(ty, None);
        self.define(text, value)
    }

    /// Instructions up to `end`, whose operands are given back.
    fn insts(&mut self, end: &str, depth: usize) -> Result<Vec<Value>, ParseError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("regions are nested deeper than {MAX_DEPTH}")));
        }
        while !self.take_word(end) {
            self.inst(depth)?;
        }
        self.values()
    }

    fn inst(&mut self, depth: usize) -> Result<(), ParseError> {
        let mut names = Vec::new();
        if self.peek() == Some(Token::Value) {
            loop {
                names.push(self.expect(Token::Value)?);
                if self.take(Token::Comma).is_none() {
                    break;
                }
            }
            self.expect(Token::Equals)?;
        }
        let mnemonic = self.expect(Token::Word)?;
        let mut parts = Parts::default();
        if self.take(Token::OpenList).is_some() {
            parts.sizes = self.list(Token::CloseList, Parser::size)?.into();
        }
        parts.args = self.values()?.into();
        let mut attributes = Vec::new();
        if self.take(Token::OpenBrace).is_some() {
            attributes = self.list(Token::CloseBrace, Parser::attribute)?;
        }
        let op = Op::read(mnemonic, &mut Reader::new(&mut attributes));
        let op = op.map_err(|message| self.error(message))?;
        if let Some((key, _)) = attributes.first() {
            return Err(self.error(format!("`{mnemonic}` has no attribute `{key}`")));
        }
        let mut results = SmallVec::new();
        if !names.is_empty() {
            self.expect(Token::Colon)?;
        }
        // A result's type may mention the results before it; regions come after, but see none of them.
        for (k, &name) in names.iter().enumerate() {
            if k > 0 {
                self.expect(Token::Comma)?;
            }
            let ty = self.ty()?;
            let value = self.builder.fresh(ty, None);
            self.define(name, value)?;
            results.push(value);
        }
        parts.blocks = self.blocks(depth)?;
        self.check(&op, &parts, &results)?;
        self.builder.push_with(op, parts, results);
        Ok(())
    }

    fn blocks(&mut self, depth: usize) -> Result<Vec<Block>, ParseError> {
        let mut blocks = Vec::new();
        while self.take_word(if blocks.is_empty() { "do" } else { "else" }) {
            self.expect(Token::OpenBrace)?;
            self.builder.open();
            if self.take(Token::Open).is_some() {
                self.list(Token::Close, Parser::typed_param)?;
                self.expect(Token::Colon)?;
            }
            let results = self.insts("yield", depth + 1)?;
            self.expect(Token::CloseBrace)?;
            blocks.push(self.builder.close(results));
        }
        Ok(blocks)
    }

    fn check(&self, op: &Op, parts: &Parts, results: &[Value]) -> Result<(), ParseError> {
        let wanted = self.builder.func().types(results);
        let site = Site {
            func: self.builder.func(),
            module: None,
            args: &parts.args,
            sizes: &parts.sizes,
            blocks: &parts.blocks,
            wanted: &wanted,
            results,
        };
        match op.infer(&site) {
            Ok(types) if types == wanted => Ok(()),
            Ok(types) if types.len() != wanted.len() => {
                Err(self.error(format!("`{}` has {} results", op.name(), types.len())))
            }
            Ok(_) => Err(self.error(format!("a result of `{}` has another type", op.name()))),
            Err(error) => Err(self.error(format!("`{}`: {error}", op.name()))),
        }
    }

    fn attribute(&mut self) -> Result<(String, Attribute), ParseError> {
        let key = self.expect(Token::Word)?.to_owned();
        self.expect(Token::Equals)?;
        let value = match self.next() {
            Some(Lexeme {
                token: Token::Number,
                text,
                ..
            }) => self.int(text).map(Attribute::Int),
            Some(Lexeme {
                token: Token::Text,
                text,
                ..
            }) => self.text(text).map(Attribute::Text),
            Some(Lexeme {
                token: Token::Function,
                text,
                ..
            }) => {
                let id = self.module.named(text.trim_start_matches('@'));
                let id = id.ok_or_else(|| self.error(format!("there is no function `{text}`")));
                id.map(Attribute::Function)
            }
            Some(Lexeme {
                token: Token::OpenList,
                ..
            }) => {
                let ints = self.list(Token::CloseList, |p| {
                    let text = p.expect(Token::Number)?;
                    p.int(text)
                });
                ints.map(Attribute::Ints)
            }
            Some(Lexeme {
                token: Token::Word,
                text,
                ..
            }) => self.word(text),
            _ => Err(self.error("expected the value of an attribute")),
        };
        Ok((key, value?))
    }

    /// A bare word, or a type followed by a number or a list of numbers.
    fn word(&mut self, text: &'a str) -> Result<Attribute, ParseError> {
        let Some(dtype) = DType::from_name(text) else {
            return Ok(Attribute::Word(text.to_owned()));
        };
        if self.take(Token::OpenList).is_some() {
            let numbers = self.list(Token::CloseList, |p| p.number(dtype))?;
            return Ok(Attribute::Numbers(numbers.into()));
        }
        match self.peek() {
            Some(Token::Number) => self.number(dtype).map(Attribute::Number),
            Some(Token::Word) => self.number(dtype).map(Attribute::Number),
            _ => Ok(Attribute::Word(text.to_owned())),
        }
    }

    pub(super) fn int(&self, text: &str) -> Result<i64, ParseError> {
        text.parse()
            .map_err(|_| self.error(format!("`{text}` is not an integer of 64 bits")))
    }

    fn text(&self, text: &str) -> Result<String, ParseError> {
        unescape(text).ok_or_else(|| self.error("an escape in the text is not known"))
    }

    fn number(&mut self, dtype: DType) -> Result<Scalar, ParseError> {
        let text = self.next().map_or("", |lexeme| lexeme.text);
        let number = match dtype {
            DType::F32 => text.parse().ok().map(Scalar::F32),
            DType::F64 => text.parse().ok().map(Scalar::F64),
            DType::I32 => text.parse().ok().map(Scalar::I32),
            DType::I64 => text.parse().ok().map(Scalar::I64),
            DType::U32 => text.parse().ok().map(Scalar::U32),
            DType::U64 => text.parse().ok().map(Scalar::U64),
            DType::Bool => text.parse().ok().map(Scalar::Bool),
        };
        number.ok_or_else(|| self.error(format!("`{text}` is not a number of type {dtype}")))
    }
}

/// The inverse of printing a string with `{:?}`.
fn unescape(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '0' => text.push('\0'),
            'u' => {
                let code: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
            }
            other => text.push(other),
        }
    }
    Some(text)
}
