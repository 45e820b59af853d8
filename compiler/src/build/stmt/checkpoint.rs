//! `@checkpoint` before a loop: the loop becomes a function of its own, which says what its derivative saves.

use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::syntax::ast::{Attribute, Expr, ExprKind, Literal};
use dfn_ir::Snapshots;
use dfn_ir::Value;
use dfn_ir::derive::outline;

/// How it is written.
const FORM: &str = "`@checkpoint`, `@checkpoint(snapshots = 8)` or `@checkpoint(bytes = 65536)`";

impl Elab<'_> {
    /// Marks the loop that has given `results`, if it has the attribute.
    pub(super) fn checkpoint_loop(
        &mut self,
        attribute: Option<&Attribute>,
        results: &[Value],
    ) -> R<()> {
        let Some(attribute) = attribute else {
            return Ok(());
        };
        let Some(snapshots) = snapshots(attribute) else {
            return Err(self.fail(errors::rules::checkpoint(FORM, attribute.span)));
        };
        // A loop that carries nothing has no derivative.
        let inst = results.first().and_then(|&v| self.cx.b.definition(v));
        if let Some(inst) = inst {
            let name = format!("{}.loop", self.cx.b.func().name);
            let id = outline(&mut self.module, self.cx.b.func_mut(), inst, &name);
            self.module.get_mut(id).marks.snapshots = Some(snapshots);
        }
        Ok(())
    }
}

/// What the attribute says; nothing if it is written otherwise.
fn snapshots(attribute: &Attribute) -> Option<Snapshots> {
    let [arg] = attribute.args.as_slice() else {
        return attribute.args.is_empty().then_some(Snapshots::Root);
    };
    let number = positive(&arg.value)?;
    match arg.name.as_ref()?.as_str() {
        "snapshots" => u32::try_from(number).ok().map(Snapshots::Count),
        "bytes" => i64::try_from(number)
            .is_ok()
            .then_some(Snapshots::Bytes(number)),
        _ => None,
    }
}

fn positive(value: &Expr) -> Option<u64> {
    match value.kind {
        ExprKind::Literal(Literal::Int { value, .. }) if value > 0 => Some(value),
        _ => None,
    }
}
