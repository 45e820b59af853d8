//! Calls and checks.

use std::rc::Rc;

use dfn_ir::function::InstData;
use dfn_ir::loops::Var;
use dfn_ir::ops::Check;
use dfn_ir::{FuncId, Span, Value};

use super::cx::{Cx, Val};
use super::error::{Done, LowerError, internal};
use super::view::View;

impl Cx<'_> {
    /// Emits a call: buffers for arrays, the results through buffers.
    pub(super) fn call(&mut self, callee: FuncId, data: &InstData) -> Done {
        let found = self.shared.functions.get(&callee).copied();
        let target = found.ok_or_else(|| internal("the callee has not been lowered"))?;
        let roots = self
            .shared
            .accumulators
            .get(&callee)
            .cloned()
            .unwrap_or_default();
        let mut args = Vec::new();
        for size in &data.sizes {
            let size = self.resolve(size)?;
            args.push(self.size(&size)?);
        }
        for &arg in &data.args {
            args.push(match self.func.ty(arg).is_scalar() {
                true => self.number(arg)?,
                false => {
                    let view = self.contiguous(arg)?;
                    self.start(&view)?
                }
            });
        }
        let mut after = Vec::new();
        for (&result, root) in data.results.iter().zip(&roots) {
            let operand = root.and_then(|k| data.args.get(k));
            if let Some(&operand) = operand {
                let view = self.accumulator(operand)?;
                self.set(result, Val::View(view));
                continue;
            }
            let view = self.result_view(data, result)?;
            args.push(self.start(&view)?);
            after.push((result, view));
        }
        args.push(self.workspace);
        self.b.call(target, &args);
        for (result, view) in after {
            self.received(result, view)?;
        }
        Ok(())
    }

    /// Memory for a result that something else writes: its destination if that lies row by row.
    pub(super) fn result_view(&mut self, data: &InstData, result: Value) -> Done<View> {
        let mut sizes = self.func.ty(result).values();
        if sizes.any(|v| data.results.contains(&v)) && !self.dests.contains_key(&result) {
            return Err(LowerError::new(
                "the size of an array is only known after the call that computes it",
            ));
        }
        match self.dests.get(&result) {
            Some(view) if view.is_contiguous() => self.dest(result),
            _ => self.temporary("", &self.func.ty(result).clone()),
        }
    }

    /// A result that something else has written.
    pub(super) fn received(&mut self, result: Value, view: View) -> Done {
        let val = match self.func.ty(result).is_scalar() {
            true => {
                let at = self.size(&view.offset)?;
                Val::Scalar(self.b.load(view.buffer, at, 1))
            }
            false => Val::View(view),
        };
        self.set(result, val);
        Ok(())
    }

    /// The first element of a view, as a buffer.
    pub(super) fn start(&mut self, view: &View) -> Done<Var> {
        if view.offset.is(0) {
            return Ok(view.buffer);
        }
        let by = self.size(&view.offset)?;
        Ok(self.b.advance(view.buffer, by))
    }

    /// Emits a check.
    pub(super) fn check(&mut self, op: &Check, data: &InstData) -> Done {
        let &[condition] = data.args.as_slice() else {
            return Err(internal("a check has one operand"));
        };
        let code = self.check_code(&op.message, data.span);
        let condition = self.number(condition)?;
        self.b.check(condition, code);
        Ok(())
    }

    /// The status of a check.
    pub(super) fn check_code(&mut self, message: &Rc<str>, span: Span) -> i32 {
        self.shared.status(message, span)
    }
}
