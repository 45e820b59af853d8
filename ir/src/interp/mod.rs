//! The reference interpreter of the SSA IR: what a program means, executable.
//!
//! It is generic over its [`Arithmetic`]: the reference semantics, the same with everything counted, or
//! double-double, which derivatives are checked with. What an operation computes stands in its own file
//! in [`crate::ops`]; here is what the rules share. Arrays are shared until someone writes; an array or
//! accumulator is let go of at its last use, so updates in loops are in place.

mod arithmetic;
mod array;
mod differences;
mod elementwise;
pub mod format;
mod lives;
mod machine;
pub(crate) mod reduce;
mod wide;

pub use arithmetic::{Arithmetic, Reference};
pub use array::{Array, Dims};
pub(crate) use array::{Offsets, volume};
pub(crate) use differences::differences;
pub use differences::{Direction, derivative};
pub(crate) use elementwise::{elementwise, truth};
pub(crate) use machine::Machine;
pub use machine::{At, Eval, Evaluated, Outputs};
pub use wide::{Number, Wide};

use crate::function::{FuncId, Span};
use crate::loops::interp::Counts;
use crate::module::Module;
use crate::scalar::Scalar;
use std::fmt;
use std::rc::Rc;

/// What a running program may ask of its surroundings.
pub trait Host {
    /// Writes a line of output.
    fn line(&mut self, text: &str);
}

/// Keeps the lines.
impl Host for Vec<String> {
    fn line(&mut self, text: &str) {
        self.push(text.to_owned());
    }
}

/// Drops the lines.
impl Host for () {
    fn line(&mut self, _: &str) {}
}

/// Why a run gave no results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// A check of the program failed.
    Check {
        /// What the check says.
        message: Rc<str>,
        /// Where in the source it stands.
        span: Span,
    },
    /// The arguments do not fit the function's parameters.
    Arguments(String),
    /// What the checks of a compiled program exclude: an index out of bounds, a negative size, memory
    /// that is not to be had, a derivative that has not been expanded.
    Fault {
        /// What happened.
        message: String,
        /// Where in the source.
        span: Span,
    },
}

impl RunError {
    pub(crate) fn fault(message: impl Into<String>) -> RunError {
        RunError::Fault {
            message: message.into(),
            span: Span::default(),
        }
    }

    /// The place in the source, if there is one.
    pub fn span(&self) -> Span {
        match self {
            RunError::Check { span, .. } | RunError::Fault { span, .. } => *span,
            RunError::Arguments(_) => Span::default(),
        }
    }

    /// The error with a place, if it has none yet.
    fn at(mut self, place: Span) -> RunError {
        match &mut self {
            RunError::Fault { span, .. } if *span == Span::default() => *span = place,
            _ => {}
        }
        self
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Check { message, .. } => f.write_str(message),
            RunError::Arguments(message) | RunError::Fault { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for RunError {}

/// Runs `func` of a verified module on sizes and arguments; gives its results.
pub fn run(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
    host: &mut dyn Host,
) -> Result<Vec<Array>, RunError> {
    run_with(Reference::<()>::default(), module, func, sizes, args, host)
        .map(|(results, _)| results)
}

/// Runs like [`run`] and counts what is done.
pub fn run_counted(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
    host: &mut dyn Host,
) -> Result<(Vec<Array>, Counts), RunError> {
    let (results, counted) = run_with(
        Reference::<Counts>::default(),
        module,
        func,
        sizes,
        args,
        host,
    )?;
    Ok((results, counted.meter))
}

/// What a run in an arithmetic gives: results, and the arithmetic.
pub type Ran<A> = (Vec<Array<<A as Arithmetic>::Element>>, A);

/// Runs in a given arithmetic; gives that back too.
pub fn run_with<A: Arithmetic>(
    arithmetic: A,
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array<A::Element>],
    host: &mut dyn Host,
) -> Result<Ran<A>, RunError> {
    check_arguments(module, func, sizes, args)?;
    let mut machine = Machine::new(module, arithmetic, host);
    let results = machine.call(func, sizes, args.to_vec())?;
    Ok((results, machine.arithmetic))
}

/// The array with each element converted.
pub(crate) fn convert<E: Copy, F: Copy>(
    array: &Array<E>,
    each: impl FnMut(E) -> F,
) -> Result<Array<F>, RunError> {
    let elements = array.elements().iter().copied().map(each).collect();
    let array = Array::new(array.dtype(), array.dims(), elements);
    array.ok_or_else(|| RunError::fault("a wrong number of elements"))
}

/// Refuses arguments whose types are not those of the parameters. Sizes in types that are computed from
/// integer arguments are looked up there.
fn check_arguments<E: Copy>(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array<E>],
) -> Result<(), RunError> {
    let refuse = |message: String| Err(RunError::Arguments(message));
    let Some(func) = module.find(func) else {
        return refuse("there is no such function".to_owned());
    };
    if sizes.len() != func.sizes || args.len() != func.params().len() {
        return refuse("the number of sizes or arguments is wrong".to_owned());
    }
    if let Some(n) = sizes.iter().find(|n| **n < 0) {
        return refuse(format!("the size {n} is negative"));
    }
    for (k, (&param, arg)) in func.params().iter().zip(args).enumerate() {
        let ty = func.ty(param);
        let known = ty.values().all(|v| func.size_params().contains(&v));
        let size_of = |v| {
            let position = func.size_params().iter().position(|&s| s == v);
            position
                .and_then(|p| sizes.get(p).copied())
                .unwrap_or_default()
        };
        let dims = ty.shape.iter().map(|size| size.evaluate(size_of));
        let fits = !known || dims.eq(arg.dims().iter().map(|&n| n as i64));
        if arg.dtype() != ty.dtype || arg.dims().len() != ty.rank() || !fits {
            return refuse(format!("argument {k} does not have the parameter's type"));
        }
    }
    Ok(())
}

/// Shorthand for tests and hosts: a vector of binary64 numbers.
impl From<&[f64]> for Array {
    fn from(numbers: &[f64]) -> Array {
        let elements: Vec<Scalar> = numbers.iter().copied().map(Scalar::F64).collect();
        Array::new(crate::scalar::DType::F64, &[numbers.len()], elements)
            .expect("as many elements as the only size")
    }
}
