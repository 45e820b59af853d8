//! What a primitive has to say of itself: the trait, its attributes, and the rules' common vocabulary.
//!
//! A primitive is one file in [`crate::ops`] and one row in the table there. The trait has no default
//! methods, so a rule that is missing does not compile.

pub mod attribute;
mod error;
mod example;
mod site;

pub use attribute::{Attribute, Attributes, Reader};
pub use error::{RuleError, TypeError};
pub use example::{Example, Special};
pub use site::Site;

pub use crate::ops::Op;

use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::ty::Type;

/// What running an instruction does besides giving its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may be removed, repeated and moved to any place where its operands exist.
    Pure,
    /// It may stop the program with a status; it must be kept, and stay in order with other effects.
    Check,
    /// It is seen from outside; it must be kept, in order, and is not repeated.
    Output,
}

/// How much it costs to compute a result anew, for the choice between recomputing and saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Free or nearly so at the point of use: constants, index arithmetic, moving data.
    Free,
    /// An operation of arithmetic an element: less than storing and loading it.
    Arithmetic,
    /// More.
    Work,
}

/// A primitive operation with its attributes and all its rules.
pub trait Primitive: Sized {
    /// The mnemonic in the text form.
    const NAME: &'static str;

    /// The attributes for the text form.
    fn attributes(&self) -> Attributes;

    /// The inverse of [`Primitive::attributes`].
    fn read(reader: &mut Reader<'_>) -> Result<Self, String>;

    /// The types of the results, or why the operands are refused. Where operands do not determine a
    /// result's shape, `site.wanted` gives it.
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError>;

    /// Whether the results are linear in the operands marked in `linear` (jointly, the others fixed).
    /// At least one is marked.
    fn is_linear(&self, linear: &[bool]) -> bool;

    /// Emits the primal instruction and its tangent. At least one operand has a tangent.
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError>;

    /// Sends the cotangents of the results to the linear operands.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError>;

    /// Runs it: the results for operands that are in the frame of `cx`.
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A>;

    /// Functions that show it at work; every law is tested on them.
    fn examples() -> Vec<Example>;

    /// Functions that use it wrongly; each must be refused.
    fn refused() -> Vec<Example>;

    /// What it does besides giving results.
    fn effect(&self) -> Effect;

    /// What it costs to run it again.
    fn cost(&self) -> Cost;
}
