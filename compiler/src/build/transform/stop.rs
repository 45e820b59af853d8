//! `stop_gradient(x)`: the value of `x`, which derivatives take for a constant.

use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::Stop;
use dfn_ir::{Size, Value};
use std::collections::HashMap;

/// `stop_gradient(x)`, of any value: of a struct or tuple in each part, of a function in what it captures.
pub(in crate::build) fn stop_gradient<'a>(
    elab: &mut Elab<'a>,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let mut slots = elab.slots("stop_gradient", &["x"], args, at)?;
    match slots.pop().flatten() {
        Some(arg) => elab.stopped(&arg.val, at),
        None => Err(Reported),
    }
}

impl<'a> Elab<'a> {
    /// `val` with every float in it behind a `stop`.
    pub(super) fn stopped(&mut self, val: &Val<'a>, at: Span) -> R<Val<'a>> {
        let mut stops: HashMap<Value, Value> = HashMap::new();
        for leaf in self.float_leaves(val) {
            let stop = self.emit(Stop, &[leaf], at)?;
            stops.insert(leaf, stop);
        }
        let mut leaf = |v: Value| Val::Ir(stops.get(&v).copied().unwrap_or(v));
        Ok(val.map(&mut leaf, &Size::clone))
    }
}
