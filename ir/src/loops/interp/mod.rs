//! Runs loop programs by the semantics of [`mod@crate::scalar::eval`], with every access checked.
//!
//! A function is decoded once into instructions whose operands are positions in one array of 64-bit
//! slots and whose scalar operations are function pointers for their type ([`kernel`]); a vector is as
//! many slots in a row. The interpreter is generic over a [`Meter`], so that counting costs nothing
//! where it is not asked for.

mod access;
mod code;
mod exec;
mod fork;
mod kernel;
mod memory;
mod meter;

use std::fmt;

use cranelift_entity::PrimaryMap;

use super::{FuncId, Host, Program};
use code::Code;
pub use memory::Memory;
pub use meter::{Counts, Meter};

/// A mistake of the program (or of its caller) that compiled code would not notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The function.
    pub function: String,
    /// What happened.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}: {}", self.function, self.message)
    }
}

impl std::error::Error for Fault {}

/// A program that is ready to run.
#[derive(Debug)]
pub struct Interpreter<'a> {
    program: &'a Program,
    functions: PrimaryMap<FuncId, Code>,
}

impl<'a> Interpreter<'a> {
    /// Prepares `program`, which has been verified.
    pub fn new(program: &'a Program) -> Interpreter<'a> {
        let functions = program.functions.values().map(Code::new).collect();
        Interpreter { program, functions }
    }

    /// Runs a function. Arguments are the bits of scalars and addresses in `memory`, as compiled code
    /// takes them. The result is the status.
    pub fn run<M: Meter>(
        &self,
        function: FuncId,
        args: &[u64],
        memory: &mut Memory,
        host: &mut dyn Host,
        meter: &mut M,
    ) -> Result<i32, Fault> {
        let name = |id: FuncId| {
            self.program
                .functions
                .get(id)
                .map_or_else(String::new, |function| function.name.clone())
        };
        let Some(code) = self.functions.get(function) else {
            return Err(Fault {
                function: String::new(),
                message: "no such function".to_owned(),
            });
        };
        let mut machine = exec::Machine {
            functions: &self.functions,
            memory,
            host,
            meter,
        };
        machine.call(code, args).map_err(|trap| Fault {
            function: name(function),
            message: trap.0,
        })
    }
}
