//! `if`: scalar results are results of the loop IR's `if`, arrays are written to one destination.

use dfn_ir::function::{Block, InstData};
use dfn_ir::loops::Var;

use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::view::View;

impl<'a> Cx<'a> {
    /// Emits a choice.
    pub(super) fn choice(&mut self, data: &'a InstData) -> Done {
        let (&[condition], [then, otherwise]) = (data.args.as_slice(), data.blocks.as_slice())
        else {
            return Err(internal("a choice has a condition and two regions"));
        };
        let condition = self.number(condition)?;
        let mut dests = Vec::new();
        for &result in &data.results {
            let ty = self.func.ty(result);
            dests.push(match ty.is_scalar() || ty.is_accumulator() {
                true => None,
                false => Some(self.dest(result)?),
            });
        }
        self.open_if(condition);
        let yields = self.arm(then, &dests)?;
        self.open_else(&yields);
        let yields = self.arm(otherwise, &dests)?;
        let mut vars = self.close_if(&yields).into_iter();
        for ((&result, inner), dest) in data.results.iter().zip(&then.results).zip(dests) {
            let ty = self.func.ty(result);
            let val = match dest {
                Some(view) => Val::View(view),
                None if ty.is_accumulator() => Val::View(self.accumulator(*inner)?),
                None => Val::Scalar(vars.next().ok_or_else(|| internal("no result"))?),
            };
            self.set(result, val);
        }
        Ok(())
    }

    fn arm(&mut self, block: &'a Block, dests: &[Option<View>]) -> Done<Vec<Var>> {
        self.block(block, dests)?;
        let mut yields = Vec::new();
        for &result in &block.results {
            if self.func.ty(result).is_scalar() {
                yields.push(self.number(result)?);
            }
        }
        Ok(yields)
    }
}
