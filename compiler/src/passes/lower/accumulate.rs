//! Accumulators: memory that is added to in place.

use dfn_ir::function::InstData;
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{Op, Value};

use super::cx::{Cx, Val};
use super::error::{Done, internal};

impl Cx<'_> {
    /// Emits an operation on an accumulator that is in no nest.
    pub(super) fn accumulate(&mut self, data: &InstData, result: Value) -> Done {
        match (&data.op, data.args.as_slice()) {
            (Op::AccNew(_), &[x]) => {
                // A call takes accumulators row by row.
                let array = self.func.ty(x).rank() > 0;
                let rows = array && self.view(x)?.is_some_and(|view| view.is_contiguous());
                let view = match rows && self.changeable(x)? {
                    true => self.taken(x)?,
                    false => self.copied(x, result)?,
                };
                self.set(result, Val::View(view));
            }
            (Op::AccAdd(_), &[acc, x, ref index @ ..]) => {
                let view = self.accumulator(acc)?;
                let place = view.place(&self.polys(index)?)?;
                let reg = self.operand(x)?;
                self.update(ScalarOp::Add, &place, &view, &[reg])?;
                self.set(result, Val::View(view));
            }
            (Op::AccRead(_), &[acc]) => {
                let view = self.accumulator(acc)?;
                match self.func.ty(result).rank() {
                    0 => {
                        let at = self.size(&view.offset)?;
                        let var = self.b.load(view.buffer, at, 1);
                        self.set(result, Val::Scalar(var));
                    }
                    _ => self.set(result, Val::View(view)),
                }
            }
            _ => return Err(internal("not an operation on an accumulator")),
        }
        Ok(())
    }
}
