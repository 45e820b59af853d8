//! The place where an operation stands, as its type rule sees it.

use super::TypeError;
use crate::function::{Block, Function, Value};
use crate::module::Module;
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::Type;

/// Operands, size operands and regions of one instruction.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The function.
    pub func: &'a Function,
    /// The module, where calls are to be checked against their callee.
    pub module: Option<&'a Module>,
    /// Operands.
    pub args: &'a [Value],
    /// Size operands.
    pub sizes: &'a [Size],
    /// Regions.
    pub blocks: &'a [Block],
    /// The types that the results are written with; may be empty where operands determine them.
    pub wanted: &'a [Type],
    /// The results, where they exist already (empty while building).
    pub results: &'a [Value],
}

impl<'a> Site<'a> {
    /// The type of operand `k`.
    pub fn arg(&self, k: usize) -> Result<&'a Type, TypeError> {
        let value = self.args.get(k);
        value
            .map(|&v| self.func.ty(v))
            .ok_or_else(|| TypeError::new("an operand is missing"))
    }

    /// The only type that the result is written with.
    pub fn wanted_type(&self) -> Result<&'a Type, TypeError> {
        match self.wanted {
            [ty] => Ok(ty),
            _ => Err(TypeError::new("the result's type must be written")),
        }
    }

    /// Refuses unless there are exactly `n` operands and neither sizes nor regions.
    pub fn plain(&self, n: usize) -> Result<(), TypeError> {
        self.arity(n)?;
        self.shape(0, 0)
    }

    /// Refuses unless there are exactly `n` operands.
    pub fn arity(&self, n: usize) -> Result<(), TypeError> {
        if self.args.len() == n {
            return Ok(());
        }
        Err(TypeError::new(format!(
            "takes {n} operands, not {}",
            self.args.len()
        )))
    }

    /// Refuses unless there are `sizes` size operands and `blocks` regions.
    pub fn shape(&self, sizes: usize, blocks: usize) -> Result<(), TypeError> {
        if self.sizes.len() != sizes {
            let n = self.sizes.len();
            return Err(TypeError::new(format!(
                "takes {sizes} size operands, not {n}"
            )));
        }
        if self.blocks.len() != blocks {
            let n = self.blocks.len();
            return Err(TypeError::new(format!("takes {blocks} regions, not {n}")));
        }
        Ok(())
    }

    /// The type of operand `k`, which must be an array (or scalar), not an accumulator.
    pub fn array(&self, k: usize) -> Result<&'a Type, TypeError> {
        let ty = self.arg(k)?;
        if ty.is_accumulator() {
            return Err(TypeError::new(format!("operand {k} is an accumulator")));
        }
        Ok(ty)
    }

    /// Refuses unless operand `k` is a scalar of type `dtype`.
    pub fn scalar(&self, k: usize, dtype: DType) -> Result<(), TypeError> {
        if self.arg(k)?.is(dtype) {
            return Ok(());
        }
        Err(TypeError::new(format!(
            "operand {k} must be a scalar {dtype}"
        )))
    }

    /// Refuses unless all operands have the type of the first; returns it.
    pub fn same_types(&self) -> Result<&'a Type, TypeError> {
        let first = self.array(0)?;
        for k in 1..self.args.len() {
            if self.arg(k)? != first {
                return Err(TypeError::new(format!("operands 0 and {k} differ in type")));
            }
        }
        Ok(first)
    }
}
