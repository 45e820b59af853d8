//! The verifier of the SSA IR. This list is its specification.
//!
//! A function is valid if
//!
//! 1. every value is defined once: as a parameter of a block or a result of an instruction;
//! 2. every use (operand, size operand, size in a type, result of a block) comes after the definition, in
//!    the same block or in one that encloses it;
//! 3. values in sizes are scalars of type `i64`;
//! 4. every instruction has the operands, regions and result types that its type rule says, calls
//!    compared with their callee;
//! 5. size parameters are scalars of type `i64`, and there are not more sizes and linear parameters
//!    than parameters;
//! 6. an accumulator is used at most once on each path: not in two instructions, not in a region that
//!    may run more than once unless as its operand, in both arms of an `if` or in neither;
//! 7. linear values are used only as the type and linearity rules of operations allow: never as a
//!    condition, index, size or trip count; each result of a function with linear parameters may be
//!    linear or not;
//! 8. calls do not form a cycle;
//! 9. the region of a `map` hands on the accumulators that it got, after additions: its runs have no
//!    order, so none reads what others have added.
//!
//! All errors are reported. What verifies either compiles or gives a diagnostic.

pub mod calls;
mod handed;
mod linear;
mod unique;
mod values;

use crate::function::{FuncId, Function, Inst};
use crate::module::Module;
use crate::text::inst_to_string;
use std::fmt;

/// One violation of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The function.
    pub function: String,
    /// The instruction as text; `None` for the function as a whole.
    pub inst: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}: {}", self.function, self.message)?;
        match &self.inst {
            Some(text) => write!(f, "\n    {}", text.trim_end().replace('\n', "\n    ")),
            None => Ok(()),
        }
    }
}

impl std::error::Error for VerifyError {}

/// All errors of all functions of `module`.
pub fn verify(module: &Module) -> Vec<VerifyError> {
    let mut errors: Vec<VerifyError> = module
        .ids()
        .flat_map(|id| verify_function(module, id))
        .collect();
    errors.extend(calls::cycles(module));
    errors
}

/// All errors of one function.
pub fn verify_function(module: &Module, id: FuncId) -> Vec<VerifyError> {
    let func = module.get(id);
    let mut report = Report {
        func,
        module,
        errors: Vec::new(),
    };
    if values::check(&mut report) {
        unique::check(&mut report);
        handed::check(&mut report);
        linear::check(&mut report);
    }
    report.errors
}

/// The errors found so far.
struct Report<'a> {
    func: &'a Function,
    module: &'a Module,
    errors: Vec<VerifyError>,
}

impl Report<'_> {
    fn at(&mut self, inst: Inst, message: impl Into<String>) {
        self.errors.push(VerifyError {
            function: self.func.name.clone(),
            inst: Some(inst_to_string(self.func, Some(self.module), inst)),
            message: message.into(),
        });
    }

    fn whole(&mut self, message: impl Into<String>) {
        self.errors.push(VerifyError {
            function: self.func.name.clone(),
            inst: None,
            message: message.into(),
        });
    }
}
