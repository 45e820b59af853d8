//! What a loop program must be. A program that verifies is compiled by every backend, or refused with a
//! message; it never makes one panic.
//!
//! 1. Names of functions are unique; that of an exported one is a C identifier.
//! 2. Parameters are scalars, buffers and pointers, not vectors.
//! 3. Each variable is defined once: as a parameter, a result, a counter or a carry. Each use stands
//!    after the definition, in the same block or in a block inside.
//! 4. Lanes are a power of two, at most 64. An alignment is 0 or a power of two. Values have no facts.
//! 5. A constant has the lane type of its variable.
//! 6. The operands of a scalar operation have the lanes of its result and one lane type on which it is
//!    defined (of a `select`, after the `bool` one); the result's lane type is what the operation gives.
//! 7. `splat` takes a scalar to a vector of its type; `iota` makes an `i64` vector; `extract` takes an
//!    existing lane; `low` and `high` halve; `shuffle` takes existing lanes of two vectors of one type;
//!    `any` and `all` take a `bool` vector to a `bool`.
//! 8. `load`, `store`, `gather`, `fill` and `copy` have the element type of their buffers. Indices,
//!    starts and lengths are `i64` scalars, of a gather an `i64` vector with the lanes of the result; a
//!    mask is a `bool` vector with those lanes. Nothing is written to a `readonly` buffer.
//! 9. A loop has a positive step and `i64` bounds. A carry, its initial value, its next value and its
//!    result have one type. Both blocks of an `if` yield the types of the results.
//!    Conditions are `bool` scalars.
//! 10. A check has a status other than 0. A status is an `i32` scalar. The body of a function ends in a
//!     `return`; it yields nothing.
//! 11. A callee stands before its caller; arguments have exactly the types of its parameters.
//!     Arguments of the host are scalars and buffers. The callee of a `fork` is a local function that takes
//!     two `i64` first; how often it is called is an `i64`, the pool is a pointer, and statuses are written
//!     to a buffer of `i32`.
//! 12. `alloc` defines a buffer; its length and its offset are `i64`, its base is a pointer. `field`
//!     reads scalars and pointers, `address` makes buffers and pointers, both from a pointer.
//! 13. A temporary is not yielded by the block that allocates it: it ends there.

mod memory;
mod value;

use std::collections::HashSet;
use std::fmt;

use super::print::headline;
use super::visit::Names;
use super::{Block, Fork, FuncId, Function, Linkage, Program, Stmt, Ty, Var, VarTy};
use crate::scalar::DType;

/// A violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The function.
    pub function: String,
    /// The statement, as it is printed.
    pub stmt: Option<String>,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}: {}", self.function, self.message)?;
        match &self.stmt {
            Some(stmt) => write!(f, "\n  in: {stmt}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Every violation in `program`.
pub fn verify(program: &Program) -> Result<(), Vec<VerifyError>> {
    let mut errors = Vec::new();
    let mut names = HashSet::new();
    for (id, function) in &program.functions {
        let mut checker = Checker {
            program,
            id,
            function,
            names: Names::new(function),
            defined: HashSet::new(),
            visible: HashSet::new(),
            stmt: None,
            errors: &mut errors,
        };
        if !names.insert(function.name.as_str()) {
            checker.error("another function has this name");
        }
        checker.function();
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors),
    }
}

struct Checker<'a> {
    program: &'a Program,
    id: FuncId,
    function: &'a Function,
    names: Names,
    /// Defined anywhere so far.
    defined: HashSet<Var>,
    /// Defined in this block or one around it.
    visible: HashSet<Var>,
    stmt: Option<&'a Stmt>,
    errors: &'a mut Vec<VerifyError>,
}

impl<'a> Checker<'a> {
    fn error(&mut self, message: impl Into<String>) {
        let headline = |stmt| headline(self.program, self.function, stmt);
        self.errors.push(VerifyError {
            function: self.function.name.clone(),
            stmt: self.stmt.map(headline),
            message: message.into(),
        });
    }

    fn require(&mut self, holds: bool, message: impl FnOnce(&Self) -> String) {
        if !holds {
            let message = message(self);
            self.error(message);
        }
    }

    fn function(&mut self) {
        let exported = self.function.linkage == Linkage::Export;
        if exported && !is_identifier(&self.function.name) {
            self.error("the name of an exported function is not a C identifier");
        }
        for &param in &self.function.params {
            self.define(param);
            let lanes = self.value(param).map_or(1, |ty| ty.lanes);
            self.require(lanes == 1, |cx| {
                format!("the parameter {} is a vector", cx.name(param))
            });
        }
        let body = &self.function.body;
        self.block(body);
        self.stmt = None;
        if !matches!(body.stmts.last(), Some(Stmt::Return { .. })) {
            self.error("the body does not end in a return");
        }
        if !body.yields.is_empty() {
            self.error("the body of a function yields nothing");
        }
    }

    fn name(&self, var: Var) -> String {
        self.names.get(var)
    }

    fn ty(&self, var: Var) -> Option<VarTy> {
        self.function.vars.get(var).map(|data| data.ty)
    }

    fn value(&self, var: Var) -> Option<Ty> {
        self.ty(var).and_then(VarTy::value)
    }

    fn define(&mut self, var: Var) {
        let Some(data) = self.function.vars.get(var) else {
            return self.error(format!(
                "{} is not a variable of the function",
                self.name(var)
            ));
        };
        if !self.defined.insert(var) {
            self.error(format!("{} is defined twice", self.name(var)));
        }
        self.visible.insert(var);
        let facts = data.facts;
        match data.ty {
            VarTy::Value(ty) if !ty.is_valid() => {
                self.error(format!("{} has {} lanes", self.name(var), ty.lanes));
            }
            VarTy::Value(_) if facts != super::Facts::default() => {
                self.error(format!("{} is a value and has facts", self.name(var)));
            }
            _ => {}
        }
        let aligned = facts.align == 0 || facts.align.is_power_of_two();
        self.require(aligned, |cx| {
            format!("the alignment of {} is not a power of two", cx.name(var))
        });
    }

    /// Checks a use, and that it has type `ty`.
    fn expect(&mut self, what: &str, var: Var, ty: VarTy) {
        let found = self.ty(var);
        self.require(found == Some(ty), |cx| {
            let found = found.map_or_else(|| "no type".to_owned(), |found| found.to_string());
            format!("{what} {} is {found}, not {ty}", cx.name(var))
        });
    }

    fn expect_value(&mut self, what: &str, var: Var, ty: Ty) {
        self.expect(what, var, VarTy::Value(ty));
    }

    fn expect_index(&mut self, what: &str, var: Var) {
        self.expect_value(what, var, Ty::scalar(DType::I64));
    }

    fn expect_condition(&mut self, var: Var) {
        self.expect_value("the condition", var, Ty::BOOL);
    }

    /// A block: what it defines is not visible after it.
    fn block(&mut self, block: &'a Block) {
        let mut added = Vec::new();
        for stmt in &block.stmts {
            self.stmt = Some(stmt);
            self.uses(&stmt.uses());
            let inner = stmt.inner();
            for &var in &inner {
                self.define(var);
            }
            for block in stmt.blocks() {
                self.block(block);
            }
            for var in &inner {
                self.visible.remove(var);
            }
            self.stmt = Some(stmt);
            self.types(stmt);
            for var in stmt.outs() {
                self.define(var);
                added.push(var);
            }
        }
        self.uses(&block.yields);
        self.temporaries_stay(block);
        for var in &added {
            self.visible.remove(var);
        }
    }

    fn temporaries_stay(&mut self, block: &Block) {
        for stmt in &block.stmts {
            if let Stmt::Alloc { buffer, .. } = stmt
                && block.yields.contains(buffer)
            {
                self.error(format!(
                    "{} is yielded by its own block",
                    self.name(*buffer)
                ));
            }
        }
    }

    fn uses(&mut self, vars: &[Var]) {
        for &var in vars {
            self.require(self.visible.contains(&var), |cx| {
                format!("{} is not defined before this use", cx.name(var))
            });
        }
    }

    fn types(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Const { .. }
            | Stmt::Op { .. }
            | Stmt::Splat { .. }
            | Stmt::Iota { .. }
            | Stmt::Pick { .. }
            | Stmt::Shuffle { .. }
            | Stmt::Reduce { .. } => self.value_stmt(stmt),
            Stmt::For(_) | Stmt::While(_) | Stmt::If(_) => self.control(stmt),
            Stmt::Check { condition, code } => {
                self.expect_condition(*condition);
                self.require(*code != 0, |_| "the status of a check is 0".to_owned());
            }
            Stmt::Return { status } => self.expect_value("the status", *status, Ty::I32),
            Stmt::Call {
                callee,
                args,
                status,
            } => self.call(*callee, args, *status),
            Stmt::Fork(fork) => self.fork(fork),
            _ => self.memory_stmt(stmt),
        }
    }

    fn call(&mut self, callee: FuncId, args: &[Var], status: Option<Var>) {
        if let Some(status) = status {
            self.expect_value("the status", status, Ty::I32);
        }
        let Some(function) = self.program.functions.get(callee) else {
            return self.error("the callee is not a function of the program");
        };
        self.require(callee < self.id, |_| {
            "the callee does not stand before its caller".to_owned()
        });
        self.arguments(function, &function.params, args);
    }

    fn arguments(&mut self, function: &Function, params: &[Var], args: &[Var]) {
        let (wanted, found) = (params.len(), args.len());
        self.require(wanted == found, |_| {
            format!("the callee takes {wanted} arguments, not {found}")
        });
        for (&param, &arg) in params.iter().zip(args) {
            if let Some(data) = function.vars.get(param) {
                self.expect("the argument", arg, data.ty);
            }
        }
    }

    fn fork(&mut self, fork: &Fork) {
        self.expect_index("the number of calls", fork.count);
        self.expect("the pool", fork.pool, VarTy::Pointer);
        self.expect_index("the number of threads", fork.workers);
        self.expect("the buffer", fork.statuses, VarTy::Buffer(DType::I32));
        let Some(function) = self.program.functions.get(fork.callee) else {
            return self.error("the callee is not a function of the program");
        };
        self.require(fork.callee < self.id, |_| {
            "the callee does not stand before its caller".to_owned()
        });
        self.require(function.linkage == Linkage::Local, |_| {
            "the callee is exported".to_owned()
        });
        match function.params.as_slice() {
            [call, worker, params @ ..]
                if [call, worker].map(|&var| function.value_ty(var)) == [Some(Ty::I64); 2] =>
            {
                self.arguments(function, params, &fork.args);
            }
            _ => self.error("the callee does not take two numbers first"),
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
