//! The parser's state, functions, definitions and blocks.

use std::collections::HashMap;

use cranelift_entity::PrimaryMap;

use super::ParseError;
use super::lex::{Spanned, Token};
use crate::loops::{Block, Facts, FuncId, Function, Linkage, Program, Ty, Var, VarData, VarTy};
use crate::scalar::DType;

/// Blocks deeper than this are refused rather than overflow the stack.
const MAX_DEPTH: usize = 200;

pub(super) struct Parser<'a> {
    text: &'a str,
    tokens: std::vec::IntoIter<Spanned>,
    next: Spanned,
    pub(super) program: Program,
    pub(super) vars: PrimaryMap<Var, VarData>,
    names: HashMap<String, Var>,
    depth: usize,
}

pub(super) type Parsed<T> = Result<T, ParseError>;

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, tokens: Vec<Spanned>) -> Parser<'a> {
        let end = Spanned {
            token: Token::End,
            at: text.len(),
        };
        let mut parser = Parser {
            text,
            tokens: tokens.into_iter(),
            next: end,
            program: Program::default(),
            vars: PrimaryMap::new(),
            names: HashMap::new(),
            depth: 0,
        };
        parser.advance();
        parser
    }

    /// Takes the next token.
    pub(super) fn advance(&mut self) -> Token {
        let end = Spanned {
            token: Token::End,
            at: self.text.len(),
        };
        let next = self.tokens.next().unwrap_or(end);
        std::mem::replace(&mut self.next, next).token
    }

    pub(super) fn peek(&self) -> &Token {
        &self.next.token
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(ParseError::new(self.text, self.next.at, message))
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        let found = match &self.next.token {
            Token::Word(word) => format!("`{word}`"),
            Token::Var(name) => format!("`%{name}`"),
            Token::Symbol(name) => format!("`@{name}`"),
            Token::Text(text) => format!("{text:?}"),
            Token::Mark(c) => format!("`{c}`"),
            Token::End => "the end".to_owned(),
        };
        self.error(format!("expected {what}, found {found}"))
    }

    pub(super) fn eat(&mut self, mark: char) -> bool {
        let found = self.next.token == Token::Mark(mark);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn mark(&mut self, mark: char) -> Parsed<()> {
        match self.eat(mark) {
            true => Ok(()),
            false => self.expected(&format!("`{mark}`")),
        }
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(&self.next.token, Token::Word(next) if next == word);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn keyword(&mut self, word: &str) -> Parsed<()> {
        match self.eat_word(word) {
            true => Ok(()),
            false => self.expected(&format!("`{word}`")),
        }
    }

    pub(super) fn word(&mut self, what: &str) -> Parsed<String> {
        match &self.next.token {
            Token::Word(word) => {
                let word = word.clone();
                self.advance();
                Ok(word)
            }
            _ => self.expected(what),
        }
    }

    pub(super) fn text(&mut self) -> Parsed<String> {
        match &self.next.token {
            Token::Text(text) => {
                let text = text.clone();
                self.advance();
                Ok(text)
            }
            _ => self.expected("a text in quotes"),
        }
    }

    /// A number of some integer type.
    pub(super) fn integer<T: std::str::FromStr>(&mut self) -> Parsed<T> {
        let parsed = match &self.next.token {
            Token::Word(word) => word.parse().ok(),
            _ => None,
        };
        match parsed {
            Some(value) => {
                self.advance();
                Ok(value)
            }
            None => self.expected("an integer in range"),
        }
    }

    pub(super) fn symbol(&mut self) -> Parsed<String> {
        match &self.next.token {
            Token::Symbol(name) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            _ => self.expected("`@name`"),
        }
    }

    pub(super) fn callee(&mut self) -> Parsed<FuncId> {
        if let Token::Symbol(name) = &self.next.token {
            let Some(found) = self.program.find(name) else {
                return self.error(format!("no function `@{name}` stands before this one"));
            };
            self.advance();
            return Ok(found);
        }
        self.expected("`@name`")
    }

    /// A variable that is defined already.
    pub(super) fn var(&mut self) -> Parsed<Var> {
        let Token::Var(name) = &self.next.token else {
            return self.expected("`%name`");
        };
        let Some(&var) = self.names.get(name) else {
            return self.error(format!("`%{name}` is not defined before this use"));
        };
        self.advance();
        Ok(var)
    }

    /// A new variable of a known type.
    pub(super) fn new_var(&mut self, ty: Option<VarTy>) -> Parsed<Var> {
        let Token::Var(name) = &self.next.token else {
            return self.expected("`%name`");
        };
        let name = name.clone();
        if self.names.contains_key(&name) {
            return self.error(format!("`%{name}` is defined twice"));
        }
        self.advance();
        let (ty, facts) = match ty {
            Some(ty) => (ty, Facts::default()),
            None => {
                self.mark(':')?;
                (self.var_ty()?, self.facts()?)
            }
        };
        let hint = name.split('.').next().unwrap_or_default();
        let numbered = hint.starts_with(|c: char| c.is_ascii_digit());
        let hint = if numbered { "" } else { hint };
        let var = self.vars.push(VarData {
            ty,
            name: hint.to_owned(),
            facts,
        });
        self.names.insert(name, var);
        Ok(var)
    }

    fn var_ty(&mut self) -> Parsed<VarTy> {
        if self.eat_word("pointer") {
            return Ok(VarTy::Pointer);
        }
        if self.eat_word("buffer") {
            let ty = self.ty()?;
            return match ty.lanes {
                1 => Ok(VarTy::Buffer(ty.dtype)),
                _ => self.error("a buffer has elements of a scalar type"),
            };
        }
        self.ty().map(VarTy::Value)
    }

    fn ty(&mut self) -> Parsed<Ty> {
        let parsed = match &self.next.token {
            Token::Word(word) => ty_from(word),
            _ => None,
        };
        match parsed {
            Some(ty) => {
                self.advance();
                Ok(ty)
            }
            None => self.expected("a type"),
        }
    }

    fn facts(&mut self) -> Parsed<Facts> {
        let mut facts = Facts::default();
        loop {
            if self.eat_word("class") {
                facts.class = self.integer()?;
            } else if self.eat_word("readonly") {
                facts.readonly = true;
            } else if self.eat_word("align") {
                facts.align = self.integer()?;
            } else {
                return Ok(facts);
            }
        }
    }

    pub(super) fn program(mut self) -> Parsed<Program> {
        while self.next.token != Token::End {
            let function = self.function()?;
            self.program.functions.push(function);
        }
        Ok(self.program)
    }

    fn function(&mut self) -> Parsed<Function> {
        let linkage = match self.eat_word("export") {
            true => Linkage::Export,
            false => Linkage::Local,
        };
        self.keyword("func")?;
        let name = self.symbol()?;
        if self.program.find(&name).is_some() {
            return self.error(format!("`@{name}` is defined twice"));
        }
        self.names.clear();
        self.mark('(')?;
        let params = self.list(|parser| parser.new_var(None))?;
        let body = self.block()?;
        Ok(Function {
            name,
            linkage,
            vars: std::mem::take(&mut self.vars),
            params,
            body,
        })
    }

    /// `item, item)`, after the opening parenthesis.
    pub(super) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat(')') {
            if !items.is_empty() {
                self.mark(',')?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `{ statements yield ... }`
    pub(super) fn block(&mut self) -> Parsed<Block> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error("blocks are nested too deeply");
        }
        self.mark('{')?;
        let mut block = Block::default();
        while !self.eat('}') {
            if self.eat_word("yield") {
                block.yields.push(self.var()?);
                while self.eat(',') {
                    block.yields.push(self.var()?);
                }
                self.mark('}')?;
                break;
            }
            let stmt = self.stmt()?;
            block.stmts.push(stmt);
        }
        self.depth -= 1;
        Ok(block)
    }
}

/// `f64` or `f64x8`
fn ty_from(word: &str) -> Option<Ty> {
    if let Some(dtype) = DType::from_name(word) {
        return Some(Ty::scalar(dtype));
    }
    let (dtype, lanes) = word.split_once('x')?;
    let dtype = DType::from_name(dtype)?;
    let lanes = lanes.parse().ok()?;
    Some(Ty::vector(dtype, lanes)).filter(|ty| ty.is_valid() && lanes > 1)
}
