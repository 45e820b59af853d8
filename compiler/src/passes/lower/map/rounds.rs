//! Maps with sums that several threads share.
//!
//! A sum takes what the runs give in their order, and nothing may change that. So threads compute what a
//! round of runs gives, each run into its own place; then each element of the sums takes its numbers in order,
//! and threads share the elements.

use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{DType, Op, Size};

use super::{Run, only};
use crate::passes::lower::cx::{Cx, Val};
use crate::passes::lower::error::{Done, internal};
use crate::passes::lower::view::{View, product};

/// The elements that a round may give to one sum: they stay in the cache of a processor.
const ELEMENTS: i64 = 32768;
/// The fewest runs of a round.
const RUNS: i64 = 16;
/// The elements of a sum that are added up at a time.
const WIDTH: i64 = 8;

/// What the runs of a round give to one sum.
struct Given {
    buffer: Var,
    dtype: DType,
    /// The sum, and the number of its elements; absent for a number.
    array: Option<(View, Var)>,
}

impl<'a> Cx<'a> {
    /// Whether the sums of a map are added up by threads.
    pub(super) fn is_summed_by_threads(&self, run: &Run<'a>) -> bool {
        let rows = run.sums.iter().flatten().all(View::is_contiguous);
        let mut said = false;
        for block in &run.data.blocks {
            self.func.walk(block, &mut |_, data| {
                said |= matches!(data.op, Op::Print(_));
            });
        }
        let one = run.shape.len() == 1;
        self.seeks_threads() && one && run.op.sums > 0 && run.op.accs == 0 && rows && !said
    }

    /// Emits a map of one axis round by round: the sums of numbers after it.
    pub(super) fn map_in_rounds(&mut self, run: &Run<'a>, inits: &[Var]) -> Done<Vec<Var>> {
        let size = run.shape.first().ok_or_else(|| internal("no axis"))?;
        let n = self.size(size)?;
        let zero = self.size(&Size::default())?;
        let runs = self.runs_of_a_round(run, n)?;
        let given = self.given(run, runs)?;
        let one = self.size(&Size::constant(1))?;
        let before = self.b.sub(runs, one);
        let padded = self.b.add(n, before);
        let safe = self.b.op(ScalarOp::Max, &[runs, one]);
        let rounds = self.b.op(ScalarOp::Div, &[padded, safe]);
        let (round, sums) = self.open_for(ForSpec::up(zero, rounds), inits);
        let first = self.b.mul(round, runs);
        let end = self.b.add(first, runs);
        let end = self.b.op(ScalarOp::Min, &[end, n]);
        self.runs(run, (first, end), &given)?;
        let count = self.b.sub(end, first);
        let next = self.add_up(&given, count, &sums)?;
        Ok(self.close_for(&next))
    }

    /// How many runs a round has.
    fn runs_of_a_round(&mut self, run: &Run<'a>, n: Var) -> Done<Var> {
        let mut most = n;
        for view in run.sums.iter().flatten() {
            let one = self.size(&Size::constant(1))?;
            let len = self.size(&product(&view.shape)?)?;
            let len = self.b.op(ScalarOp::Max, &[len, one]);
            let elements = self.size(&Size::constant(ELEMENTS))?;
            let least = self.size(&Size::constant(RUNS))?;
            let runs = self.b.op(ScalarOp::Div, &[elements, len]);
            let runs = self.b.op(ScalarOp::Max, &[runs, least]);
            most = self.b.op(ScalarOp::Min, &[most, runs]);
        }
        Ok(most)
    }

    fn given(&mut self, run: &Run<'a>, runs: Var) -> Done<Vec<Given>> {
        let results = run.data.results.iter().skip(run.op.yields);
        let mut given = Vec::new();
        for (&result, sum) in results.zip(&run.sums) {
            let dtype = self.func.ty(result).dtype;
            let (len, array) = match sum {
                Some(view) => {
                    let len = self.size(&product(&view.shape)?)?;
                    (self.b.mul(len, runs), Some((view.clone(), len)))
                }
                None => (runs, None),
            };
            let buffer = self.b.alloc("round", dtype, len);
            self.temporaries.push((buffer, self.span));
            given.push(Given {
                buffer,
                dtype,
                array,
            });
        }
        Ok(given)
    }

    /// The runs from `first` to `end`, each of which writes what it gives to its own place.
    fn runs(&mut self, run: &Run<'a>, (first, end): (Var, Var), given: &[Given]) -> Done {
        let block = only(run.data)?;
        let (counter, _) = self.open_for(ForSpec::up(first, end).apart(), &[]);
        let place = self.b.sub(counter, first);
        let row = self.fresh();
        self.set(row, Val::Scalar(place));
        let mut index = Vec::new();
        if let Some(&param) = block.params.first() {
            self.set(param, Val::Scalar(counter));
            index.push(Size::value(param));
        }
        let mut dests = Vec::new();
        for view in &run.yields {
            dests.push(Some(view.part(&index)?));
        }
        for given in given {
            dests.push(match &given.array {
                Some((view, _)) => {
                    let mut shape = vec![Size::constant(1)];
                    shape.extend(view.shape.iter().cloned());
                    let whole = View::whole(given.buffer, given.dtype, shape)?;
                    Some(whole.part(&[Size::value(row)])?)
                }
                None => None,
            });
        }
        self.block(block, &dests)?;
        let results = block.results.iter().skip(run.op.yields);
        for (&result, given) in results.zip(given) {
            if given.array.is_none() {
                let value = self.number(result)?;
                self.b.store(given.buffer, place, value);
            }
        }
        self.close_for(&[]);
        Ok(())
    }

    /// Adds what `count` runs have given to the sums, in order.
    fn add_up(&mut self, given: &[Given], count: Var, sums: &[Var]) -> Done<Vec<Var>> {
        let mut next = Vec::new();
        let mut before = sums.iter();
        for given in given {
            match &given.array {
                None => {
                    let &before = before.next().ok_or_else(|| internal("no sum"))?;
                    let spec = self.upto(count)?;
                    let (k, sum) = self.open_for(spec, &[before]);
                    let value = self.b.load(given.buffer, k, 1);
                    let sum: Vec<Var> = sum.iter().map(|&s| self.b.add(s, value)).collect();
                    next.extend(self.close_for(&sum));
                }
                Some((view, len)) => {
                    let mask = self.size(&Size::constant(-WIDTH))?;
                    let split = self.b.op(ScalarOp::And, &[*len, mask]);
                    let zero = self.size(&Size::default())?;
                    let wide = ForSpec::up(zero, split).step(WIDTH).apart();
                    self.add_elements(given.buffer, (view, *len), wide, count)?;
                    let rest = ForSpec::up(split, *len);
                    self.add_elements(given.buffer, (view, *len), rest, count)?;
                }
            }
        }
        Ok(next)
    }

    /// A loop over elements of a sum, as many at a time as its step says.
    fn add_elements(
        &mut self,
        buffer: Var,
        (view, len): (&View, Var),
        spec: ForSpec,
        count: Var,
    ) -> Done {
        let lanes = spec.step as u16;
        let (at, _) = self.open_for(spec, &[]);
        let start = self.size(&view.offset)?;
        let place = self.b.add(start, at);
        let held = self.b.load(view.buffer, place, lanes);
        let upto = self.upto(count)?;
        let (k, held) = self.open_for(upto, &[held]);
        let row = self.b.mul(k, len);
        let from = self.b.add(row, at);
        let value = self.b.load(buffer, from, lanes);
        let sum: Vec<Var> = held.iter().map(|&sum| self.b.add(sum, value)).collect();
        for sum in self.close_for(&sum) {
            self.b.store(view.buffer, place, sum);
        }
        self.close_for(&[]);
        Ok(())
    }
}
