//! `stop_gradient(x)`: the value of `x`, which derivatives take for a constant.

use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
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
    let given = args.len();
    let Ok([arg]) = <[ArgVal<'a>; 1]>::try_from(args) else {
        let takes = "1 argument";
        let diagnostic = errors::functions::arity("stop_gradient", takes, given, at, None);
        return Err(elab.fail(diagnostic));
    };
    if let Some(name) = arg.name {
        let diagnostic = errors::functions::named("stop_gradient", name.as_str(), name.span, &[]);
        return Err(elab.fail(diagnostic));
    }
    elab.stopped(&arg.val, at)
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
