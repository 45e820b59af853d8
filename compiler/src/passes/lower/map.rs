//! Maps whose region is more than a scalar expression: plain loops around the region.

use std::collections::HashMap;

use dfn_ir::function::{Block, InstData};
use dfn_ir::loops::Var;
use dfn_ir::ops::{Map, ReduceKind};
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{Size, Value};

use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::nest::{Effect, Nest};
use super::reduction::identity;
use super::simple::only;
use super::view::View;

mod abreast;
mod halves;
mod rounds;

pub(super) use abreast::Abreast;
pub(super) use halves::SHORT;

/// A map while its loops are emitted.
struct Run<'a> {
    op: &'a Map,
    data: &'a InstData,
    shape: Vec<Size>,
    /// Destinations of what is stacked; `None` for what nobody uses.
    yields: Vec<View>,
    /// Memory of the arrays that are added up; `None` for scalars.
    sums: Vec<Option<View>>,
}

impl<'a> Cx<'a> {
    /// Emits a map as loops.
    pub(super) fn map(&mut self, op: &'a Map, data: &'a InstData) -> Done {
        let block = only(data)?;
        let mut shape = Vec::new();
        for size in &data.sizes {
            shape.push(self.resolve(size)?);
        }
        let accs = block.params.iter().skip(shape.len());
        for (&param, &arg) in accs.zip(&data.args) {
            let view = self.accumulator(arg)?;
            self.set(param, Val::View(view));
        }
        let mut run = Run {
            op,
            data,
            shape,
            yields: Vec::new(),
            sums: Vec::new(),
        };
        for &result in data.results.iter().take(op.yields) {
            run.yields.push(self.dest(result)?);
        }
        let mut inits = Vec::new();
        for &result in data.results.iter().skip(op.yields).take(op.sums) {
            let zero = identity(ReduceKind::Sum, self.func.ty(result).dtype);
            let zero = self.identity(zero, &run.shape)?;
            run.sums.push(match self.func.ty(result).is_scalar() {
                true => {
                    inits.push(zero);
                    None
                }
                false => {
                    let view = self.dest(result)?;
                    self.fill(&view, zero)?;
                    Some(view)
                }
            });
        }
        let sums = match self.is_summed_by_threads(&run) {
            true => self.map_in_rounds(&run, &inits)?,
            false => self.map_level(&run, &mut Vec::new(), &inits)?,
        };
        self.map_results(run, sums)
    }

    fn map_results(&mut self, run: Run<'a>, sums: Vec<Var>) -> Done {
        let mut sums = sums.into_iter();
        let summed = run
            .sums
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        let yields = run
            .yields
            .into_iter()
            .map(|view| Some(Some(view)))
            .chain(summed);
        for ((k, &result), made) in run.data.results.iter().enumerate().zip(yields) {
            let val = match made {
                Some(Some(view)) => Val::View(view),
                Some(None) => Val::Scalar(sums.next().ok_or_else(|| internal("no sum"))?),
                None => {
                    let arg = run.data.args.get(k - run.op.yields - run.op.sums);
                    Val::View(self.accumulator(*arg.ok_or_else(|| internal("no operand"))?)?)
                }
            };
            self.set(result, val);
        }
        Ok(())
    }

    /// The loops from `counters` on; the sums after them.
    fn map_level(
        &mut self,
        run: &Run<'a>,
        counters: &mut Vec<Var>,
        sums: &[Var],
    ) -> Done<Vec<Var>> {
        let Some(size) = run.shape.get(counters.len()) else {
            return self.map_body(run, counters, sums);
        };
        let hi = self.size(size)?;
        if counters.len() + 1 == run.shape.len()
            && let Some(&param) = only(run.data)?.params.get(counters.len())
            && let Some(halves) = halves::halves(self, only(run.data)?, run.op.yields, param)
        {
            return self.map_abreast(run, &halves, counters, (hi, sums));
        }
        let spec = self.upto(hi)?;
        let alone = counters.is_empty() && run.op.sums + run.op.accs == 0;
        let spec = match alone && self.seeks_threads() {
            true => spec.apart(),
            false => spec,
        };
        let (counter, sums) = self.open_for(spec, sums);
        counters.push(counter);
        let next = self.map_level(run, counters, &sums)?;
        counters.pop();
        Ok(self.close_for(&next))
    }

    fn map_body(&mut self, run: &Run<'a>, counters: &[Var], sums: &[Var]) -> Done<Vec<Var>> {
        let block = only(run.data)?;
        let mut index = Vec::new();
        for (&param, &counter) in block.params.iter().zip(counters) {
            self.set(param, Val::Scalar(counter));
            index.push(Size::value(param));
        }
        let mut dests = Vec::new();
        for view in &run.yields {
            dests.push(Some(view.part(&index)?));
        }
        dests.resize(block.results.len(), None);
        self.map_block(run, block, &dests, sums)
    }

    /// The region of a run, or what is left of it: the sums after it.
    fn map_block(
        &mut self,
        run: &Run<'a>,
        block: &Block,
        dests: &[Option<View>],
        sums: &[Var],
    ) -> Done<Vec<Var>> {
        self.adders = self.adders_of(run, block);
        self.loops += 1;
        self.block(block, dests)?;
        self.loops -= 1;
        let mut next = Vec::new();
        let mut before = sums.iter();
        let results = block.results.iter().skip(run.op.yields);
        for (&result, view) in results.zip(&run.sums) {
            match (view, before.as_slice().first()) {
                (Some(_), _) if self.added.remove(&result) => {}
                (Some(view), _) => self.add_to(result, view)?,
                (None, Some(&sum)) => {
                    before.next();
                    let value = self.number(result)?;
                    next.push(self.b.add(sum, value));
                }
                (None, None) => return Err(internal("no sum")),
            }
        }
        Ok(next)
    }

    /// Says which results of the region may be added to their sums where they are computed.
    fn adders_of(&self, run: &Run<'a>, block: &Block) -> HashMap<Value, View> {
        let results = block.results.iter().skip(run.op.yields).zip(&run.sums);
        let once = |v: &Value| {
            self.single.contains(v)
                && self
                    .defs
                    .get(v)
                    .is_some_and(|inst| block.insts.contains(inst))
        };
        let found = results.filter_map(|(v, view)| Some((*v, view.clone().filter(|_| once(v))?)));
        found.collect()
    }

    /// Adds the array `value` to `view`.
    pub(super) fn add_to(&mut self, value: Value, view: &View) -> Done {
        let effect = Effect::Update(ScalarOp::Add, value, view.clone());
        self.nest(&Nest::simple(view.shape.clone(), effect, view.dtype))
    }
}
