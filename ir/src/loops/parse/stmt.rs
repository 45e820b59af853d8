//! Parsing of statements.

use super::function::{Parsed, Parser};
use super::lex::Token;
use crate::loops::{
    Block, Carry, Chance, For, Fork, Half, HostArg, If, Pick, Place, PointerTest, Reduce, Stmt, Ty,
    Var, VarTy, While,
};
use crate::scalar::{Compare, DType, Scalar, ScalarOp};

impl Parser<'_> {
    pub(super) fn stmt(&mut self) -> Parsed<Stmt> {
        let mut outs = Vec::new();
        if matches!(self.peek(), Token::Var(_)) {
            outs.push(self.new_var(None)?);
            while self.eat(',') {
                outs.push(self.new_var(None)?);
            }
            self.mark('=')?;
        }
        let word = self.word("a statement")?;
        match (word.as_str(), outs.as_slice()) {
            ("for", _) => self.for_loop(outs),
            ("while", _) => self.while_loop(outs),
            ("if", _) => self.choice(outs),
            (_, []) => self.effect(&word),
            (_, &[out]) => self.definition(&word, out),
            _ => self.error(format!("`{word}` has one result")),
        }
    }

    fn carries(&mut self) -> Parsed<Vec<Carry>> {
        if !self.eat_word("carry") {
            return Ok(Vec::new());
        }
        self.mark('(')?;
        self.list(|parser| {
            let var = parser.new_var(None)?;
            parser.mark('=')?;
            let init = parser.var()?;
            Ok(Carry { var, init })
        })
    }

    fn for_loop(&mut self, results: Vec<Var>) -> Parsed<Stmt> {
        let counter = self.new_var(Some(VarTy::Value(Ty::I64)))?;
        self.mark('=')?;
        let lo = self.var()?;
        self.keyword("to")?;
        let hi = self.var()?;
        let step = match self.eat_word("step") {
            true => self.integer()?,
            false => 1,
        };
        let reverse = self.eat_word("reverse");
        let parallel = self.eat_word("parallel");
        let carries = self.carries()?;
        let body = self.block()?;
        Ok(Stmt::For(Box::new(For {
            counter,
            lo,
            hi,
            step,
            reverse,
            parallel,
            carries,
            body,
            results,
        })))
    }

    fn while_loop(&mut self, results: Vec<Var>) -> Parsed<Stmt> {
        let carries = self.carries()?;
        let condition = self.block()?;
        self.keyword("do")?;
        let body = self.block()?;
        Ok(Stmt::While(Box::new(While {
            carries,
            condition,
            body,
            results,
        })))
    }

    fn choice(&mut self, results: Vec<Var>) -> Parsed<Stmt> {
        let condition = self.var()?;
        let mut words = [Chance::Rare, Chance::Sure].into_iter();
        let chance = words.find(|chance| chance.word().is_some_and(|word| self.eat_word(word)));
        let then = self.block()?;
        let otherwise = match self.eat_word("else") {
            true => self.block()?,
            false => Block::default(),
        };
        Ok(Stmt::If(Box::new(If {
            condition,
            chance: chance.unwrap_or_default(),
            then,
            otherwise,
            results,
        })))
    }

    /// `%buffer[%index]`
    fn element(&mut self) -> Parsed<(Var, Var)> {
        let buffer = self.var()?;
        self.mark('[')?;
        let index = self.var()?;
        self.mark(']')?;
        Ok((buffer, index))
    }

    fn comma_var(&mut self) -> Parsed<Var> {
        self.mark(',')?;
        self.var()
    }

    fn comma_integer<T: std::str::FromStr>(&mut self) -> Parsed<T> {
        self.mark(',')?;
        self.integer()
    }

    /// A statement without results.
    fn effect(&mut self, word: &str) -> Parsed<Stmt> {
        Ok(match word {
            "store" => {
                let (buffer, index) = self.element()?;
                let value = self.comma_var()?;
                Stmt::Store {
                    buffer,
                    index,
                    value,
                }
            }
            "fill" => {
                let (buffer, start) = self.element()?;
                let len = self.comma_var()?;
                let value = self.comma_var()?;
                Stmt::Fill {
                    buffer,
                    start,
                    len,
                    value,
                }
            }
            "copy" => {
                let (to, to_start) = self.element()?;
                self.keyword("from")?;
                let (from, from_start) = self.element()?;
                let len = self.comma_var()?;
                Stmt::Copy {
                    to,
                    to_start,
                    from,
                    from_start,
                    len,
                }
            }
            _ => return self.transfer(word),
        })
    }

    /// A check, a call, a return.
    fn transfer(&mut self, word: &str) -> Parsed<Stmt> {
        Ok(match word {
            "check" => {
                let condition = self.var()?;
                let code = self.comma_integer()?;
                Stmt::Check { condition, code }
            }
            "call" => self.call(None)?,
            "fork" => self.fork()?,
            "host" => {
                let name = self.text()?;
                self.mark('(')?;
                let args = self.list(Parser::host_arg)?;
                Stmt::Host { name, args }
            }
            "free" => Stmt::Free {
                pointer: self.var()?,
            },
            "return" => Stmt::Return {
                status: self.var()?,
            },
            _ => return self.error(format!("`{word}` is not a statement without results")),
        })
    }

    fn call(&mut self, status: Option<Var>) -> Parsed<Stmt> {
        let callee = self.callee()?;
        self.mark('(')?;
        let args = self.list(Parser::var)?;
        Ok(Stmt::Call {
            callee,
            args,
            status,
        })
    }

    fn fork(&mut self) -> Parsed<Stmt> {
        let callee = self.callee()?;
        self.mark('(')?;
        let args = self.list(Parser::var)?;
        self.keyword("times")?;
        let count = self.var()?;
        self.keyword("on")?;
        let pool = self.var()?;
        self.keyword("of")?;
        let workers = self.var()?;
        self.keyword("to")?;
        let statuses = self.var()?;
        Ok(Stmt::Fork(Box::new(Fork {
            callee,
            args,
            count,
            pool,
            workers,
            statuses,
        })))
    }

    fn host_arg(&mut self) -> Parsed<HostArg> {
        let buffer = self.var()?;
        if !self.eat('[') {
            return Ok(HostArg::Value(buffer));
        }
        let len = self.var()?;
        self.mark(']')?;
        Ok(HostArg::Buffer { buffer, len })
    }

    /// A statement with one result.
    fn definition(&mut self, word: &str, out: Var) -> Parsed<Stmt> {
        Ok(match word {
            "const" => {
                let value = self.number(out)?;
                Stmt::Const { out, value }
            }
            "splat" => Stmt::Splat {
                out,
                arg: self.var()?,
            },
            "iota" => Stmt::Iota { out },
            "extract" => {
                let arg = self.var()?;
                let pick = Pick::Lane(self.comma_integer()?);
                Stmt::Pick { out, arg, pick }
            }
            "low" | "high" => {
                let arg = self.var()?;
                let half = if word == "low" { Half::Low } else { Half::High };
                let pick = Pick::Half(half);
                Stmt::Pick { out, arg, pick }
            }
            "shuffle" => {
                let args = [self.var()?, self.comma_var()?];
                self.mark('[')?;
                let mut lanes = smallvec::smallvec![self.integer()?];
                while self.eat(',') {
                    lanes.push(self.integer()?);
                }
                self.mark(']')?;
                Stmt::Shuffle { out, args, lanes }
            }
            "any" | "all" => {
                let arg = self.var()?;
                let how = if word == "any" {
                    Reduce::Any
                } else {
                    Reduce::All
                };
                Stmt::Reduce { out, arg, how }
            }
            "try" => {
                self.keyword("call")?;
                self.call(Some(out))?
            }
            _ => return self.memory(word, out),
        })
    }

    /// A definition that reads memory or names a part of it.
    fn memory(&mut self, word: &str, out: Var) -> Parsed<Stmt> {
        Ok(match word {
            "load" => {
                let (buffer, index) = self.element()?;
                Stmt::Load { out, buffer, index }
            }
            "gather" => {
                let (buffer, index) = self.element()?;
                let mask = match self.eat_word("mask") {
                    true => Some(self.var()?),
                    false => None,
                };
                Stmt::Gather {
                    out,
                    buffer,
                    index,
                    mask,
                }
            }
            "alloc" => {
                let len = self.var()?;
                let place = match self.eat_word("in") {
                    true => Some(self.place()?),
                    false => None,
                };
                let buffer = out;
                Stmt::Alloc { buffer, len, place }
            }
            _ => return self.address(word, out),
        })
    }

    /// A definition that makes or asks about an address.
    fn address(&mut self, word: &str, out: Var) -> Parsed<Stmt> {
        Ok(match word {
            "field" => {
                let base = self.var()?;
                let offset = self.comma_integer()?;
                Stmt::Field { out, base, offset }
            }
            "address" => {
                let base = self.var()?;
                let offset = self.comma_integer()?;
                Stmt::Address { out, base, offset }
            }
            "advance" => {
                let base = self.var()?;
                let by = self.comma_var()?;
                Stmt::Advance { out, base, by }
            }
            "null" => {
                let pointer = self.var()?;
                let test = PointerTest::Null;
                Stmt::Test { out, pointer, test }
            }
            "misaligned" => {
                let pointer = self.var()?;
                let test = PointerTest::Misaligned(self.comma_integer()?);
                Stmt::Test { out, pointer, test }
            }
            "malloc" => Stmt::Malloc {
                out,
                bytes: self.var()?,
            },
            _ => return self.scalar_op(word, out),
        })
    }

    fn place(&mut self) -> Parsed<Place> {
        let base = self.var()?;
        self.keyword("at")?;
        let offset = self.var()?;
        Ok(Place { base, offset })
    }

    fn scalar_op(&mut self, word: &str, out: Var) -> Parsed<Stmt> {
        let dtype = self.value_dtype(out)?;
        let Some(op) = op_from(word, dtype) else {
            return self.error(format!("`{word}` is not an operation with one result"));
        };
        let mut args = smallvec::SmallVec::new();
        args.push(self.var()?);
        while self.eat(',') {
            args.push(self.var()?);
        }
        Ok(Stmt::Op { out, op, args })
    }

    fn value_dtype(&self, out: Var) -> Parsed<DType> {
        let ty = self.vars.get(out).and_then(|data| data.ty.value());
        match ty {
            Some(ty) => Ok(ty.dtype),
            None => self.error("this statement does not make an address"),
        }
    }

    /// A number of the type of `out`.
    fn number(&mut self, out: Var) -> Parsed<Scalar> {
        let dtype = self.value_dtype(out)?;
        let parsed = match self.peek() {
            Token::Word(word) => match dtype {
                DType::F32 => word.parse().ok().map(Scalar::F32),
                DType::F64 => word.parse().ok().map(Scalar::F64),
                DType::I32 => word.parse().ok().map(Scalar::I32),
                DType::I64 => word.parse().ok().map(Scalar::I64),
                DType::U32 => word.parse().ok().map(Scalar::U32),
                DType::U64 => word.parse().ok().map(Scalar::U64),
                DType::Bool => word.parse().ok().map(Scalar::Bool),
            },
            _ => None,
        };
        match parsed {
            Some(value) => {
                self.advance();
                Ok(value)
            }
            None => self.error(format!("expected a number of type {dtype}")),
        }
    }
}

/// The operation spelled `word`; conversions take their target from the type of the result.
fn op_from(word: &str, out: DType) -> Option<ScalarOp> {
    let others = [
        ScalarOp::Compare(Compare::Eq),
        ScalarOp::Compare(Compare::Ne),
        ScalarOp::Compare(Compare::Lt),
        ScalarOp::Compare(Compare::Le),
        ScalarOp::Select,
        ScalarOp::Convert(out),
        ScalarOp::Bitcast(out),
    ];
    ScalarOp::SIMPLE
        .into_iter()
        .chain(others)
        .find(|op| op.name() == word)
}
