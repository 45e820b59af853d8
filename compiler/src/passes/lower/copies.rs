//! Copies of whole arrays that each run of a loop makes.
//!
//! What a loop changes is changed where it is, if that can be (`update`, `repeat`, `choice`). Where it
//! cannot, an array is copied in each run, and a step costs as much as the array is long. Such copies are
//! listed, so that they are told and tested. Rows that a step saves or moves are not among them: they cost
//! as much as the step that makes them.

use dfn_ir::{Size, Span, Value};

use super::cx::{Cx, Val};
use super::view::View;

/// Arrays of at most so many elements, known when the program is compiled, are no matter.
const SMALL: i64 = 32;

/// A copy of an array in a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The function that the loop is in.
    pub function: String,
    /// The instruction that copies.
    pub span: Span,
    /// Why it does.
    pub cause: Cause,
}

/// Why a loop copies an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It is changed, and needed as it was.
    Kept,
    /// What a run carries on lies in another array.
    Carried,
    /// An arm of a branch gives an array that lies elsewhere.
    Chosen,
    /// It is needed row by row, and lies in another order.
    Packed,
}

impl Cause {
    /// What is said about it.
    pub fn message(self) -> &'static str {
        match self {
            Cause::Kept => "an array that is changed here is needed as it was",
            Cause::Carried => "an array that is carried on lies in another one",
            Cause::Chosen => "an arm gives an array that lies in another one",
            Cause::Packed => "an array is put row by row",
        }
    }
}

impl Cx<'_> {
    /// Takes note that the array in `from` is copied, if that is in a loop.
    pub(super) fn note_copy(&mut self, from: Option<&View>, cause: Cause) {
        let large = |view: &View| {
            let count = super::view::product(&view.shape).ok();
            let known = count.as_ref().and_then(Size::as_constant);
            !view.shape.is_empty() && known.is_none_or(|n| n > SMALL)
        };
        if self.loops == 0 || !from.is_some_and(large) {
            return;
        }
        let function = self.func.name.to_string();
        let copied = Copied {
            function,
            span: self.span,
            cause,
        };
        if !self.shared.copies.contains(&copied) {
            self.shared.copies.push(copied);
        }
    }

    /// Takes note of a copy of `value`, if it lies in memory other than `place`.
    pub(super) fn note_move(&mut self, value: Value, place: &View, cause: Cause) {
        if let Some(Val::View(view)) = self.vals.get(&value).cloned()
            && view != *place
        {
            self.note_copy(Some(&view), cause);
        }
    }
}
