//! Additions that the multipliers do.
//!
//! Processors for x86-64 have adders beside their units for `fma`, as many of the one as of the other. A body with
//! many more additions than products, such as a sum of squared differences, waits for the adders while the
//! multipliers idle. There `x - y` is `fma(x, 1, -y)`, the same number: the product is exact, and what is rounded is
//! the sum. LLVM would make a subtraction of that again, so the 1 is hidden behind a fence.
//!
//! An `fma` takes a cycle longer than an addition. So only sums of numbers that were just read change units, which
//! nothing before them waits for, and never a step of a running sum.

use std::collections::HashSet;

use dfn_ir::loops::{Block, Function, Stmt, Var};
use dfn_ir::scalar::{DType, Scalar, ScalarOp};

use super::function::{Made, Translator};
use super::module::Cx;
use crate::backend::BackendError;

/// Fewer additions than this are not worth a register for the 1.
const MANY: usize = 8;

/// The positions in `block` of the additions and subtractions of vectors that are made products: half of those by
/// which there are more of them than products.
pub(super) fn moved(function: &Function, block: &Block) -> HashSet<usize> {
    let (mut sums, mut products) = (0, 0);
    let mut read: HashSet<Var> = HashSet::new();
    let mut candidates = Vec::new();
    for (position, stmt) in block.stmts.iter().enumerate() {
        match stmt {
            Stmt::Load { out, .. } | Stmt::Gather { out, .. } | Stmt::Splat { out, .. } => {
                read.insert(*out);
            }
            Stmt::Op { out, op, args } if is_wide(function, *out) => match op {
                ScalarOp::Add | ScalarOp::Sub => {
                    sums += 1;
                    if args.iter().all(|arg| read.contains(arg)) {
                        candidates.push(position);
                    }
                }
                ScalarOp::Mul | ScalarOp::Fma => products += 1,
                _ => {}
            },
            _ => {}
        }
    }
    if sums < MANY {
        return HashSet::new();
    }
    let count = sums.saturating_sub(products) / 2;
    candidates.into_iter().take(count).collect()
}

/// Whether a variable is a vector of floats.
fn is_wide(function: &Function, var: Var) -> bool {
    function
        .value_ty(var)
        .is_some_and(|ty| ty.lanes >= 4 && ty.dtype.is_float())
}

impl<'ctx> Cx<'_, 'ctx> {
    /// Whether the code is for x86-64: the processor adds and multiplies in different units.
    pub(super) fn is_x86(self) -> bool {
        let triple = self.module.get_triple();
        triple.as_str().to_bytes().starts_with(b"x86_64")
    }
}

impl<'ctx> Translator<'_, 'ctx> {
    /// `x + y` or `x - y` as `fma(x, 1, ±y)`.
    pub(super) fn multiplied(&self, out: Var, op: ScalarOp, args: &[Var]) -> Made<'ctx> {
        let &[x, y] = args else {
            return Err(BackendError::internal("a sum has two operands"));
        };
        let dtype = self.dtype(out);
        let one = match dtype {
            DType::F32 => Scalar::F32(1.0),
            _ => Scalar::F64(1.0),
        };
        let one = self.cx.constant(one, 1);
        let one = self
            .cx
            .intrinsic("llvm.arithmetic.fence", &[one.get_type()], &[one])?;
        let lanes = self.lanes(out);
        let one = self.cx.splat(one, lanes)?;
        let (x, mut y) = (self.get(x)?, self.get(y)?);
        if op == ScalarOp::Sub {
            y = self.cx.scalar_op(ScalarOp::Neg, dtype, lanes, &[y])?;
        }
        self.cx.scalar_op(ScalarOp::Fma, dtype, lanes, &[x, one, y])
    }
}
