//! Formulas: `i64` values as expressions of a function's `i64` parameters.

use std::collections::HashMap;
use std::rc::Rc;

use dfn_ir::DType;
use dfn_ir::loops::{Block, Function, Stmt, Ty, Var};
use dfn_ir::scalar::{Scalar, ScalarOp, eval};

use super::measure::scalars;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Formula {
    /// The `i64` scalar parameter of this number.
    Param(usize),
    /// A constant.
    Number(i64),
    /// An operation.
    Op(ScalarOp, Rc<[Formula]>),
}

impl Formula {
    /// A constant.
    pub(super) fn number(n: i64) -> Formula {
        Formula::Number(n)
    }

    /// The constant that this is.
    pub(super) fn constant(&self) -> Option<i64> {
        match self {
            Formula::Number(n) => Some(*n),
            Formula::Param(_) | Formula::Op(..) => None,
        }
    }

    /// `op` on this and `other`.
    pub(super) fn with(&self, op: ScalarOp, other: &Formula) -> Formula {
        Formula::op(op, &[self.clone(), other.clone()])
    }

    /// `op` on `args`, computed if these are constants.
    fn op(op: ScalarOp, args: &[Formula]) -> Formula {
        let numbers: Option<Vec<Scalar>> = args
            .iter()
            .map(|arg| arg.constant().map(Scalar::I64))
            .collect();
        let value = numbers
            .and_then(|numbers| eval(op, &numbers))
            .and_then(Scalar::as_i64);
        match value {
            Some(n) => Formula::Number(n),
            None => Formula::Op(op, args.into()),
        }
    }

    /// Marks the parameters that occur.
    pub(super) fn mark(&self, params: &mut [bool]) {
        match self {
            Formula::Param(k) => {
                if let Some(slot) = params.get_mut(*k) {
                    *slot = true;
                }
            }
            Formula::Number(_) => {}
            Formula::Op(_, args) => args.iter().for_each(|arg| arg.mark(params)),
        }
    }

    /// Whether the expression does not fall where a parameter rises. Parameters are sizes here.
    pub(super) fn rises(&self) -> bool {
        match self {
            Formula::Param(_) => true,
            Formula::Number(n) => *n >= 0,
            Formula::Op(ScalarOp::Add, args) => args
                .iter()
                .all(|arg| arg.constant().is_some() || arg.rises()),
            Formula::Op(ScalarOp::Mul | ScalarOp::Min | ScalarOp::Max, args) => {
                args.iter().all(Formula::rises)
            }
            // Rounding to a multiple of a power of two.
            Formula::Op(ScalarOp::And, args) => match args.as_ref() {
                [inner, Formula::Number(mask)] => *mask < 0 && inner.rises(),
                _ => false,
            },
            Formula::Op(..) => false,
        }
    }

    /// How large the expression is.
    fn size(&self) -> usize {
        match self {
            Formula::Param(_) | Formula::Number(_) => 1,
            Formula::Op(_, args) => args.iter().map(Formula::size).sum::<usize>() + 1,
        }
    }
}

/// Expressions beyond this size are not followed.
const LIMIT: usize = 500;

/// The values of a function that are formulas.
#[derive(Debug)]
pub(super) struct Formulas {
    known: HashMap<Var, Formula>,
    /// Formulas that are not less than the value, if it is a size.
    most: HashMap<Var, Formula>,
}

impl Formulas {
    /// The formulas of `function`; those of its first `skip` scalars are not followed.
    pub(super) fn of(function: &Function, skip: usize) -> Formulas {
        let mut formulas = Formulas {
            known: HashMap::new(),
            most: HashMap::new(),
        };
        for (k, at) in scalars(function).into_iter().enumerate().skip(skip) {
            if let Some(&var) = function.params.get(at) {
                formulas.known.insert(var, Formula::Param(k));
            }
        }
        formulas.block(function, &function.body);
        formulas
    }

    /// The formula of `var`, if it has one.
    pub(super) fn get(&self, var: Var) -> Option<&Formula> {
        self.known.get(&var)
    }

    /// The formula of a size, or one that is not less.
    pub(super) fn most(&self, var: Var) -> Option<&Formula> {
        self.get(var).or_else(|| self.most.get(&var))
    }

    /// What an operation on sizes, none of which is negative, gives at most.
    fn most_of(&self, op: ScalarOp, args: &[Var]) -> Option<Formula> {
        let &[a, b] = args else { return None };
        let (x, y) = (self.most(a), self.most(b));
        match (op, x, y) {
            (ScalarOp::Min, Some(x), Some(y)) => Some(x.with(op, y)),
            (ScalarOp::Min, x, y) => x.or(y).cloned(),
            (ScalarOp::Add | ScalarOp::Mul | ScalarOp::Max, Some(x), Some(y)) => {
                Some(x.with(op, y))
            }
            _ => None,
        }
    }

    fn block(&mut self, function: &Function, block: &Block) {
        for stmt in &block.stmts {
            match stmt {
                Stmt::Const {
                    out,
                    value: Scalar::I64(n),
                } => {
                    self.known.insert(*out, Formula::Number(*n));
                }
                Stmt::Op { out, op, args }
                    if is_integral(*op) && function.value_ty(*out) == Some(result_of(*op)) =>
                {
                    let known: Option<Vec<Formula>> = args
                        .iter()
                        .map(|arg| self.known.get(arg).cloned())
                        .collect();
                    if let Some(known) = known {
                        let formula = Formula::op(*op, &known);
                        if formula.size() <= LIMIT {
                            self.known.insert(*out, formula);
                        }
                    } else if let Some(most) = self.most_of(*op, args)
                        && most.size() <= LIMIT
                    {
                        self.most.insert(*out, most);
                    }
                }
                _ => {}
            }
            for inner in stmt.blocks() {
                self.block(function, inner);
            }
        }
    }
}

/// The type of what an operation of a formula gives: all are on `i64` but those that a square root takes.
pub(super) fn result_of(op: ScalarOp) -> Ty {
    let dtype = match op {
        ScalarOp::Convert(DType::F64) | ScalarOp::Sqrt | ScalarOp::Ceil => DType::F64,
        _ => DType::I64,
    };
    Ty { dtype, lanes: 1 }
}

/// Operations of formulas.
fn is_integral(op: ScalarOp) -> bool {
    matches!(
        op,
        ScalarOp::Neg
            | ScalarOp::Abs
            | ScalarOp::Add
            | ScalarOp::Sub
            | ScalarOp::Mul
            | ScalarOp::Div
            | ScalarOp::Rem
            | ScalarOp::Min
            | ScalarOp::Max
            | ScalarOp::And
            | ScalarOp::Shl
            | ScalarOp::Shr
            | ScalarOp::Convert(DType::I64 | DType::F64)
            | ScalarOp::Sqrt
            | ScalarOp::Ceil
    )
}
