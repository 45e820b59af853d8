//! Loops and branches.

use dfn_ir::loops::{Carry, Chance, For, If, Stmt, Var, While};
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::types::BasicType;
use inkwell::values::{BasicValueEnum, IntValue, PhiValue};

use super::function::{Done, Translator};
use crate::backend::BackendError;

/// How seldom a rare branch is taken.
const SELDOM: [u64; 2] = [1, 2000];

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn control(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::For(inner) => self.for_loop(inner),
            Stmt::While(inner) => self.while_loop(inner),
            Stmt::If(inner) => self.choice(inner),
            _ => Err(BackendError::internal("not a loop or a branch")),
        }
    }

    pub(super) fn here(&self) -> Result<BasicBlock<'ctx>, BackendError> {
        self.cx
            .b
            .get_insert_block()
            .ok_or_else(|| BackendError::internal("no block is open"))
    }

    /// Values that start as `inits`, at the beginning of a loop's header.
    fn carry(
        &mut self,
        carries: &[Carry],
        from: BasicBlock<'ctx>,
    ) -> Result<Vec<PhiValue<'ctx>>, BackendError> {
        let mut phis = Vec::new();
        for carry in carries {
            let phi = self.cx.b.build_phi(self.ty(carry.var), "")?;
            let init = self.get(carry.init)?;
            phi.add_incoming(&[(&init, from)]);
            phis.push(phi);
        }
        for (carry, phi) in carries.iter().zip(&phis) {
            self.define(carry.var, phi.as_basic_value());
        }
        Ok(phis)
    }

    /// The values of the next iteration.
    fn next(&self, phis: &[PhiValue<'ctx>], next: &[Var], from: BasicBlock<'ctx>) -> Done {
        for (phi, &next) in phis.iter().zip(next) {
            let next = self.get(next)?;
            phi.add_incoming(&[(&next, from)]);
        }
        Ok(())
    }

    /// The loop is left from its header, so that its results are the header's values.
    fn results(&mut self, results: &[Var], phis: &[PhiValue<'ctx>]) {
        for (&result, phi) in results.iter().zip(phis) {
            self.define(result, phi.as_basic_value());
        }
    }

    /// `header(i, carries): i < hi ? body : exit`, backwards with `i >= lo`.
    fn for_loop(&mut self, inner: &For) -> Done {
        let [header, body, exit] = ["for", "body", "done"].map(|name| self.append(name));
        let (lo, hi) = (self.int(inner.lo)?, self.int(inner.hi)?);
        let first = match inner.reverse {
            false => lo,
            true => self.last(lo, hi, inner.step)?,
        };
        let before = self.here()?;
        self.cx.b.build_unconditional_branch(header)?;
        self.cx.b.position_at_end(header);
        let counter = self.cx.b.build_phi(self.cx.context.i64_type(), "i")?;
        counter.add_incoming(&[(&first, before)]);
        self.define(inner.counter, counter.as_basic_value());
        let phis = self.carry(&inner.carries, before)?;
        let i = self.int(inner.counter)?;
        let (how, bound) = match inner.reverse {
            false => (IntPredicate::SLT, hi),
            true => (IntPredicate::SGE, lo),
        };
        let more = self.cx.b.build_int_compare(how, i, bound, "")?;
        self.cx.b.build_conditional_branch(more, body, exit)?;
        self.cx.b.position_at_end(body);
        if self.block(&inner.body)? {
            let step = if inner.reverse {
                -inner.step
            } else {
                inner.step
            };
            let next = self.cx.b.build_int_nsw_add(i, self.cx.index(step), "")?;
            let end = self.here()?;
            counter.add_incoming(&[(&next, end)]);
            self.next(&phis, &inner.body.yields, end)?;
            self.cx.b.build_unconditional_branch(header)?;
        }
        self.cx.b.position_at_end(exit);
        self.results(&inner.results, &phis);
        Ok(())
    }

    /// The last value of a counter; below `lo` if there is none.
    fn last(
        &self,
        lo: IntValue<'ctx>,
        hi: IntValue<'ctx>,
        step: i64,
    ) -> Result<IntValue<'ctx>, BackendError> {
        let b = self.cx.b;
        let below = b.build_int_sub(hi, self.cx.index(1), "")?;
        if step == 1 {
            return Ok(below);
        }
        // lo + (hi - 1 - lo) / step * step
        let distance = b.build_int_sub(below, lo, "")?;
        let trips = b.build_int_signed_div(distance, self.cx.index(step), "")?;
        let distance = b.build_int_mul(trips, self.cx.index(step), "")?;
        let last = b.build_int_add(lo, distance, "")?;
        let none = b.build_int_sub(lo, self.cx.index(1), "")?;
        let any = b.build_int_compare(IntPredicate::SLT, lo, hi, "")?;
        Ok(b.build_select(any, last, none, "")?.into_int_value())
    }

    fn while_loop(&mut self, inner: &While) -> Done {
        let [header, body, exit] = ["while", "body", "done"].map(|name| self.append(name));
        let before = self.here()?;
        self.cx.b.build_unconditional_branch(header)?;
        self.cx.b.position_at_end(header);
        let phis = self.carry(&inner.carries, before)?;
        if self.block(&inner.condition)? {
            let more = match inner.condition.yields.as_slice() {
                &[condition] => self.int(condition)?,
                _ => return Err(BackendError::internal("a condition is not one value")),
            };
            self.cx.b.build_conditional_branch(more, body, exit)?;
            self.cx.b.position_at_end(body);
            if self.block(&inner.body)? {
                let end = self.here()?;
                self.next(&phis, &inner.body.yields, end)?;
                self.cx.b.build_unconditional_branch(header)?;
            }
        } else {
            self.cx.b.position_at_end(body);
            self.cx.b.build_unreachable()?;
        }
        self.cx.b.position_at_end(exit);
        self.results(&inner.results, &phis);
        Ok(())
    }

    /// A branch that is seldom taken if `rare`.
    pub(super) fn branch(
        &self,
        condition: IntValue<'ctx>,
        [then, otherwise]: [BasicBlock<'ctx>; 2],
        rare: bool,
    ) -> Done {
        let branch = self
            .cx
            .b
            .build_conditional_branch(condition, then, otherwise)?;
        if rare {
            let context = self.cx.context;
            let [seldom, often] = SELDOM.map(|weight| context.i32_type().const_int(weight, false));
            let label = context.metadata_string("branch_weights");
            let weights = context.metadata_node(&[label.into(), seldom.into(), often.into()]);
            branch
                .set_metadata(weights, context.get_kind_id("prof"))
                .map_err(BackendError::internal)?;
        }
        Ok(())
    }

    fn choice(&mut self, inner: &If) -> Done {
        let [then, otherwise, after] = ["then", "else", "after"].map(|name| self.append(name));
        let condition = self.int(inner.condition)?;
        let rare = inner.chance == Chance::Rare;
        self.branch(condition, [then, otherwise], rare)?;
        let mut ends: Vec<(Vec<BasicValueEnum<'ctx>>, BasicBlock<'ctx>)> = Vec::new();
        for (target, block) in [(then, &inner.then), (otherwise, &inner.otherwise)] {
            self.cx.b.position_at_end(target);
            if target == then
                && let Some(values) = self.taken_out(inner)?
            {
                ends.push((values, target));
                self.cx.b.build_unconditional_branch(after)?;
            } else if self.block(block)? {
                let values = block
                    .yields
                    .iter()
                    .map(|&var| self.get(var))
                    .collect::<Result<_, _>>()?;
                ends.push((values, self.here()?));
                self.cx.b.build_unconditional_branch(after)?;
            }
        }
        self.cx.b.position_at_end(after);
        for (position, &result) in inner.results.iter().enumerate() {
            let ty = self.ty(result);
            if ends.is_empty() {
                // Never executed.
                self.define(result, ty.as_basic_type_enum().const_zero());
                continue;
            }
            let phi = self.cx.b.build_phi(ty, "")?;
            for (values, end) in &ends {
                if let Some(value) = values.get(position) {
                    phi.add_incoming(&[(value, *end)]);
                }
            }
            self.define(result, phi.as_basic_value());
        }
        Ok(())
    }
}
