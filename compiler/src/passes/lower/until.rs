//! `while`: like `for`, with a condition on the carries and the number of runs as the last result.

use dfn_ir::function::InstData;
use dfn_ir::{Size, Value};

use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::repeat::Carried;

impl<'a> Cx<'a> {
    /// Emits a loop that runs while a condition holds.
    pub(super) fn while_loop(&mut self, data: &'a InstData) -> Done {
        let [condition, body] = data.blocks.as_slice() else {
            return Err(internal("a loop has a condition and a body"));
        };
        let kinds: Vec<Carried> = body
            .params
            .iter()
            .zip(&body.results)
            .map(|(&p, &r)| self.carried(p, r))
            .collect();
        let mut inits = vec![self.size(&Size::default())?];
        for (k, kind) in kinds.iter().enumerate() {
            self.enter((&body.params, data), k, *kind, &mut inits)?;
        }
        let vars = self.open_while(&inits);
        let (&count, carries) = vars.split_first().ok_or_else(|| internal("no carries"))?;
        self.loop_params(&condition.params, &kinds, carries)?;
        self.same_places(&condition.params, &body.params)?;
        let span = self.span;
        self.loops += 1;
        self.block(condition, &[])?;
        let again = *condition
            .results
            .first()
            .ok_or_else(|| internal("no condition"))?;
        let again = self.number(again)?;
        self.open_while_body(again);
        let dests = self.loop_params(&body.params, &kinds, carries)?;
        self.leave_condition(&body.params, &kinds)?;
        self.block(body, &dests)?;
        self.span = span;
        let one = self.size(&Size::constant(1))?;
        let mut next = vec![self.b.add(count, one)];
        next.extend(self.next((&body.params, &body.results), &kinds, carries)?);
        self.loops -= 1;
        let mut after = self.close_while(&next);
        let carries = after.split_off(1);
        self.loop_results((&body.params, &data.results), &kinds, carries)?;
        if let (Some(&result), Some(&count)) = (data.results.last(), after.first()) {
            self.set(result, Val::Scalar(count));
        }
        Ok(())
    }

    /// The body may change what the condition has read.
    fn leave_condition(&mut self, params: &[Value], kinds: &[Carried]) -> Done {
        let updated = params
            .iter()
            .zip(kinds)
            .filter(|(_, kind)| **kind == Carried::Updated);
        for (&param, _) in updated {
            let view = self.accumulator(param)?;
            self.claim(view.buffer);
            self.set(param, Val::View(view));
        }
        Ok(())
    }

    /// What does not move is the same for both regions.
    fn same_places(&mut self, to: &[Value], from: &[Value]) -> Done {
        for (&to, &from) in to.iter().zip(from) {
            if !self.vals.contains_key(&to)
                && let Some(Val::View(view)) = self.vals.get(&from).cloned()
            {
                self.set(to, Val::View(view));
            }
        }
        Ok(())
    }
}
