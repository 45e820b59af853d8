//! `@cost(grad <= 4 * primal)` above an exported function: what its derivatives may cost.

use super::elab::{Elab, R};
use super::errors;
use crate::diagnostic::Span;
use crate::syntax::ast::{Arg, Attribute, BinaryOp, Expr, ExprKind, Item, Literal};

/// How it is written.
const FORM: &str =
    "`@cost(grad <= 4 * primal)`, with `grad` or `jvp`, or `bytes(grad) <= 4 * bytes(primal)`";

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Operations on floats.
    Operations,
    /// Bytes loaded and stored.
    Bytes,
}

/// A derivative in all parameters that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivative {
    /// The value with its gradient.
    Grad,
    /// The value with a directional derivative.
    Jvp,
}

/// What a derivative of an exported function may cost.
#[derive(Clone, Copy, Debug)]
pub struct CostLaw {
    /// The derivative.
    pub derivative: Derivative,
    /// What is counted.
    pub counted: Counted,
    /// How many times what the function costs.
    pub factor: f64,
    /// The attribute.
    pub span: Span,
}

impl Elab<'_> {
    /// The laws that the attributes of an exported function declare.
    pub(super) fn cost_laws(&mut self, item: &Item) -> R<Vec<CostLaw>> {
        let is_cost = |attribute: &&Attribute| attribute.name.as_str() == "cost";
        let mut laws = Vec::new();
        for attribute in item.attributes.iter().filter(is_cost) {
            let law = match attribute.args.as_slice() {
                [Arg { name: None, value }] => law(value, attribute.span),
                _ => None,
            };
            match law {
                Some(law) => laws.push(law),
                None => return Err(self.fail(errors::rules::cost(FORM, attribute.span))),
            }
        }
        Ok(laws)
    }
}

/// `derivative <= factor * primal`.
fn law(value: &Expr, span: Span) -> Option<CostLaw> {
    let (left, right) = binary(value, BinaryOp::Le)?;
    let (factor, primal) = binary(right, BinaryOp::Mul)?;
    let (name, counted) = subject(left)?;
    let derivative = match name {
        "grad" => Derivative::Grad,
        "jvp" => Derivative::Jvp,
        _ => return None,
    };
    let factor = match &factor.kind {
        ExprKind::Literal(Literal::Int { value, .. }) => *value as f64,
        ExprKind::Literal(Literal::Float { value, .. }) => *value,
        _ => return None,
    };
    (subject(primal)? == ("primal", counted)).then_some(CostLaw {
        derivative,
        counted,
        factor,
        span,
    })
}

fn binary(value: &Expr, wanted: BinaryOp) -> Option<(&Expr, &Expr)> {
    match &value.kind {
        ExprKind::Binary {
            op, left, right, ..
        } if *op == wanted => Some((left, right)),
        _ => None,
    }
}

/// `grad` or `bytes(grad)`.
fn subject(value: &Expr) -> Option<(&str, Counted)> {
    match &value.kind {
        ExprKind::Name(name) => Some((name.as_str(), Counted::Operations)),
        ExprKind::Call { callee, args } => {
            let is_bytes = matches!(&callee.kind, ExprKind::Name(name) if name.as_str() == "bytes");
            match args.as_slice() {
                [Arg { name: None, value }] if is_bytes => match &value.kind {
                    ExprKind::Name(name) => Some((name.as_str(), Counted::Bytes)),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}
