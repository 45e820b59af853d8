//! `if`: scalar results are results of the loop IR's `if`, arrays are written to one destination.

use dfn_ir::function::{Block, InstData};
use dfn_ir::loops::Var;

use super::copies::Cause;
use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::view::View;
use dfn_ir::Value;

/// Where an array result is written in both arms.
#[derive(Default)]
struct Dest {
    view: Option<View>,
    /// Not before the end of the arm.
    late: bool,
}

impl<'a> Cx<'a> {
    /// Emits a choice.
    pub(super) fn choice(&mut self, data: &'a InstData) -> Done {
        let (&[condition], [then, otherwise]) = (data.args.as_slice(), data.blocks.as_slice())
        else {
            return Err(internal("a choice has a condition and two regions"));
        };
        let condition = self.number(condition)?;
        let mut dests = Vec::new();
        let mut granted: Vec<Value> = Vec::new();
        for (k, &result) in data.results.iter().enumerate() {
            let ty = self.func.ty(result);
            dests.push(match ty.is_scalar() {
                true => Dest::default(),
                false if ty.is_accumulator() => self.arm_accumulator(data, k, result)?,
                // Two results cannot both lie in the memory of one array.
                false => match self.continued(data, k)?.filter(|v| !granted.contains(v)) {
                    Some(outer) => {
                        granted.push(outer);
                        let view = Some(self.accumulator(outer)?);
                        Dest { view, late: true }
                    }
                    None => {
                        let view = Some(self.dest(result)?);
                        Dest { view, late: false }
                    }
                },
            });
        }
        self.open_if(condition);
        for &value in &granted {
            let view = self.accumulator(value)?;
            self.claim(view.buffer);
        }
        self.granted.clone_from(&granted);
        let yields = self.arm(then, &dests)?;
        self.open_else(&yields);
        self.granted = granted;
        let yields = self.arm(otherwise, &dests)?;
        let mut vars = self.close_if(&yields).into_iter();
        for (&result, dest) in data.results.iter().zip(dests) {
            let val = match dest.view {
                Some(view) => Val::View(view),
                None => Val::Scalar(vars.next().ok_or_else(|| internal("no result"))?),
            };
            self.set(result, val);
        }
        Ok(())
    }

    /// The memory of the accumulator that result `k` is: that of an accumulator from outside, if an arm
    /// continues one, or else new.
    fn arm_accumulator(&mut self, data: &InstData, k: usize, result: Value) -> Done<Dest> {
        for inner in data.blocks.iter().filter_map(|block| block.results.get(k)) {
            if let Some(outer) = self.outer_accumulator(*inner) {
                let view = Some(self.accumulator(outer)?);
                return Ok(Dest { view, late: true });
            }
        }
        let view = Some(self.dest(result)?);
        Ok(Dest { view, late: false })
    }

    fn arm(&mut self, block: &'a Block, dests: &[Dest]) -> Done<Vec<Var>> {
        // An accumulator of the other arm may still be read here, by another result too: its memory is
        // written last.
        let early = |dest: &Dest| dest.view.clone().filter(|_| !dest.late);
        let hints: Vec<Option<View>> = dests.iter().map(early).collect();
        let span = self.span;
        self.block(block, &hints)?;
        self.span = span;
        for (&result, dest) in block.results.iter().zip(dests) {
            if let Some(view) = &dest.view {
                self.note_move(result, view, Cause::Chosen);
            }
            if let Some(view) = dest.view.as_ref().filter(|_| dest.late) {
                self.settle(result, view)?;
            }
        }
        let mut yields = Vec::new();
        for &result in &block.results {
            if self.func.ty(result).is_scalar() {
                yields.push(self.number(result)?);
            }
        }
        Ok(yields)
    }
}
