//! What a program that runs inside dfn may ask for: to print, and to compute differences.
//!
//! The interpreter does both itself and hands over finished lines; compiled code calls [`JitHost`] with
//! the operands that `docs/lowering.md` describes. The text of a line comes from one function for all.

use super::place::internal;
use crate::diagnostic::Diagnostic;
use crate::passes::lower::HostSite;
use dfn_ir::interp::{Arithmetic, Array, Direction, Number, RunError, Wide, derivative, format};
use dfn_ir::loops::{Host, HostValue};
use dfn_ir::ops::transform::Target;
use dfn_ir::{Module, Scalar, Type};

/// Takes the lines that a program prints.
pub trait Lines {
    /// Writes a line.
    fn line(&mut self, text: &str);
}

/// Keeps them.
impl Lines for Vec<String> {
    fn line(&mut self, text: &str) {
        self.push(text.to_owned());
    }
}

/// The lines of the interpreter.
pub(super) struct InterpHost<'a>(pub(super) &'a mut dyn Lines);

impl dfn_ir::interp::Host for InterpHost<'_> {
    fn line(&mut self, text: &str) {
        self.0.line(text);
    }
}

/// The status of a host function that failed; the reason is in [`JitHost::failure`].
pub(super) const FAILED: i32 = i32::MIN + 1;

/// The host of compiled code.
pub(super) struct JitHost<'a> {
    /// What the host functions are.
    pub(super) sites: &'a [HostSite],
    /// The functions whose differences may be asked for.
    pub(super) module: &'a Module,
    /// Where lines go.
    pub(super) lines: &'a mut dyn Lines,
    /// Why a host function failed.
    pub(super) failure: Option<Failure>,
}

/// Why a host function failed.
pub(super) enum Failure {
    /// The function whose differences were to be taken stopped.
    Run(RunError),
    /// The call does not fit its site.
    Call(Diagnostic),
}

impl Host for JitHost<'_> {
    fn call(&mut self, name: &str, args: &mut [HostValue<'_>]) -> i32 {
        let site = name
            .parse()
            .ok()
            .and_then(|position: usize| self.sites.get(position));
        let outcome = match site {
            Some(HostSite::Print { template, operands }) => self.print(template, operands, args),
            Some(HostSite::Differences {
                target,
                operands,
                results,
            }) => self.differences(target, operands, *results, args),
            None => Err(misfit("a host function that does not exist")),
        };
        match outcome {
            Ok(()) => 0,
            Err(failure) => {
                self.failure = Some(failure);
                FAILED
            }
        }
    }
}

fn misfit(what: &str) -> Failure {
    Failure::Call(internal(&format!("compiled code called {what}")))
}

impl JitHost<'_> {
    fn print(
        &mut self,
        template: &str,
        operands: &[Type],
        args: &[HostValue<'_>],
    ) -> Result<(), Failure> {
        let mut args = Args { rest: args };
        let values: Option<Vec<Array>> = operands.iter().map(|ty| args.array(ty)).collect();
        let values = values.ok_or_else(|| misfit("`print` with wrong operands"))?;
        self.lines.line(&format::line(template, &values));
        Ok(())
    }

    fn differences(
        &mut self,
        target: &Target,
        operands: &[Type],
        results: usize,
        args: &mut [HostValue<'_>],
    ) -> Result<(), Failure> {
        let wrong = || misfit("`differences` with wrong operands");
        let sizes = self.module.find(target.func).ok_or_else(wrong)?.sizes;
        let (inputs, outputs) = operands.split_at(operands.len().saturating_sub(results));
        let mut given = Args { rest: args };
        let sizes: Option<Vec<i64>> = (0..sizes).map(|_| given.size()).collect();
        let arrays: Option<Vec<Array<Number>>> = inputs
            .iter()
            .map(|ty| given.array(ty).map(|a| wide(&a)))
            .collect();
        let (sizes, mut arrays) = (sizes.ok_or_else(wrong)?, arrays.ok_or_else(wrong)?);
        let tangents = arrays.split_off(target.active.len().min(arrays.len()));
        let along = Direction {
            sizes: &sizes,
            args: &arrays,
            active: &target.active,
            tangents: &tangents,
        };
        let found = derivative(self.module, target.func, &along).map_err(Failure::Run)?;
        let mut position = args.len() - outputs.iter().map(|ty| ty.rank() + 1).sum::<usize>();
        for (ty, result) in outputs.iter().zip(found) {
            position += ty.rank();
            store(args.get_mut(position), &result).ok_or_else(wrong)?;
            position += 1;
        }
        Ok(())
    }
}

/// The array in double-double.
fn wide(array: &Array) -> Array<Number> {
    let elements = array
        .elements()
        .iter()
        .map(|&x| Wide::default().wrap(x))
        .collect();
    Array::new(array.dtype(), array.dims(), elements).expect("as many elements as before")
}

/// Writes a result to its buffer.
fn store(buffer: Option<&mut HostValue<'_>>, result: &Array<Number>) -> Option<()> {
    let Some(HostValue::Buffer { dtype, bytes }) = buffer else {
        return None;
    };
    let width = dtype.bytes() as usize;
    if bytes.len() != width * result.elements().len() {
        return None;
    }
    for (place, &element) in bytes.chunks_exact_mut(width).zip(result.elements()) {
        let bits = Wide::default()
            .unwrap(element, *dtype)
            .to_bits()
            .to_le_bytes();
        place.copy_from_slice(bits.get(..width)?);
    }
    Some(())
}

/// Operands as they were passed: sizes, then a scalar or elements.
struct Args<'a, 'b> {
    rest: &'a [HostValue<'b>],
}

impl<'a, 'b> Args<'a, 'b> {
    fn next(&mut self) -> Option<&'a HostValue<'b>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn size(&mut self) -> Option<i64> {
        match self.next()? {
            HostValue::Scalar(Scalar::I64(size)) => Some(*size),
            _ => None,
        }
    }

    fn array(&mut self, ty: &Type) -> Option<Array> {
        let dims: Option<Vec<usize>> = (0..ty.rank())
            .map(|_| self.size()?.try_into().ok())
            .collect();
        Array::new(ty.dtype, &dims?, self.next()?.scalars())
    }
}
