//! Loops over the places of arrays that carry numbers from one place to the next run in vectors, if no carried
//! number depends on itself: the vector of what the places before had is made of the vector at hand and the one
//! before it.
//!
//! What is left over of a vector runs in ever shorter ones, never overlapped: what one loop stores the next one
//! loads in the same pieces, which a processor hands over without a way through memory.

use std::collections::{HashMap, HashSet};

use dfn_ir::function::{Block, InstData};
use dfn_ir::loops::{ForSpec, Half, Var};
use dfn_ir::ops::For;
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{DType, Op, Size, Value};

use super::cx::{Cx, Val};
use super::element::{Point, Reg};
use super::error::{Done, internal};
use super::simple::only;
use super::view::View;

/// Lanes of the widest vectors.
const WIDTH: u16 = 8;

/// Larger bodies stay loops of single elements.
const LIMIT: usize = 200;

/// What is done at a place, in an order in which all that it needs is there.
enum Step<'a> {
    /// The carried number becomes what its source was at the place before.
    Delay(usize),
    Inst(&'a InstData),
}

/// A loop with its parts apart.
struct Loop<'a> {
    reverse: bool,
    index: Value,
    /// What is done at each place.
    steps: Vec<Step<'a>>,
    /// Carried numbers: the parameters, and what they are at the next place.
    delays: Vec<(Value, Value)>,
    /// What is written at each place, and where.
    stacks: Vec<(Value, View)>,
}

impl<'a> Cx<'a> {
    /// Emits a `for` in vectors, if it can run in vectors.
    pub(super) fn delayed_loop(&mut self, op: &For, data: &'a InstData) -> Done<bool> {
        if self.abreast.is_some() {
            return Ok(false);
        }
        let block = only(data)?;
        let Some((&index, params)) = block.params.split_first() else {
            return Ok(false);
        };
        let number = |v: &Value| self.func.ty(*v).is_scalar();
        let pairs = params.iter().copied().zip(block.results.iter().copied());
        let delays: Vec<(Value, Value)> = pairs.filter(|(param, _)| number(param)).collect();
        let Some(steps) = self.steps_of(block, index, &delays) else {
            return Ok(false);
        };
        let mut spec = Loop {
            reverse: op.reverse,
            index,
            steps,
            delays,
            stacks: Vec::new(),
        };
        let mut inits = Vec::new();
        for (k, (&param, &arg)) in params.iter().zip(&data.args).enumerate() {
            if self.func.ty(param).is_scalar() {
                inits.push(self.number(arg)?);
                continue;
            }
            let view = self.accumulator(arg)?;
            self.set(param, Val::View(view.clone()));
            if let Some(&result) = data.results.get(k) {
                self.set(result, Val::View(view));
            }
        }
        let stacked = block.results.iter().zip(&data.results).skip(params.len());
        for (&element, &result) in stacked.clone() {
            let view = self.dest(result)?;
            spec.stacks.push((element, view));
        }
        let size = data.sizes.first().ok_or_else(|| internal("no size"))?;
        let size = self.resolve(size)?;
        let after = self.in_pieces(&spec, &size, inits)?;
        let numbers = params.iter().zip(&data.results);
        let numbers = numbers.filter(|(param, _)| self.func.ty(**param).is_scalar());
        for ((_, &result), var) in numbers.collect::<Vec<_>>().into_iter().zip(after) {
            self.set(result, Val::Scalar(var));
        }
        for ((_, &result), (_, view)) in stacked.zip(spec.stacks) {
            self.set(result, Val::View(view));
        }
        Ok(true)
    }

    /// The order of a body in which a vector of places can run.
    fn steps_of(
        &self,
        block: &'a Block,
        index: Value,
        delays: &[(Value, Value)],
    ) -> Option<Vec<Step<'a>>> {
        let scalar = |v: &Value| {
            let ty = self.func.ty(*v);
            ty.is_scalar() && !ty.is_accumulator()
        };
        let carries = block.params.len() - 1;
        let fits = !delays.is_empty()
            && block.insts.len() <= LIMIT
            && delays
                .iter()
                .all(|(v, _)| self.func.ty(*v).dtype != DType::Bool)
            && block.results.iter().skip(carries).all(scalar)
            && self.accumulators_add(block, index);
        if !fits {
            return None;
        }
        let mut defs = HashMap::new();
        for &inst in &block.insts {
            let data = self.data(inst);
            let plain = match &data.op {
                Op::Index(_) => data.args.first().is_some_and(|v| !defs.contains_key(v)),
                Op::Const(_) | Op::SizeOf(_) | Op::AccAdd(_) => true,
                op => op.kernel().is_some(),
            };
            let numbers = matches!(data.op, Op::AccAdd(_)) || data.results.iter().all(scalar);
            if !plain || !numbers {
                return None;
            }
            defs.extend(data.results.iter().map(|&v| (v, data)));
        }
        let mut order = Order {
            defs,
            delays,
            steps: Vec::new(),
            done: HashSet::new(),
            open: HashSet::new(),
        };
        for &value in &block.results {
            order.visit(value)?;
        }
        Some(order.steps)
    }

    /// Whether all that the body does with accumulators is to add at the index.
    fn accumulators_add(&self, block: &Block, index: Value) -> bool {
        let mut chains: HashMap<Value, Value> = HashMap::new();
        let mut carried = Vec::new();
        for &param in block.params.iter().skip(1) {
            let ty = self.func.ty(param);
            if ty.is_accumulator() && ty.rank() == 1 {
                chains.insert(param, param);
                carried.push(param);
            } else if !ty.is_scalar() || ty.is_accumulator() {
                return false;
            }
        }
        for &inst in &block.insts {
            let data = self.data(inst);
            if !matches!(data.op, Op::AccAdd(_)) {
                continue;
            }
            let (&[acc, _, place], Some(&result)) = (data.args.as_slice(), data.results.first())
            else {
                return false;
            };
            match chains.remove(&acc) {
                Some(root) if place == index => chains.insert(result, root),
                _ => return false,
            };
        }
        let pairs = block.params.iter().skip(1).zip(&block.results);
        let mut pairs = pairs.filter(|(param, _)| carried.contains(param));
        pairs.all(|(param, result)| chains.get(result) == Some(param))
    }

    /// The whole loop; the carried numbers after it.
    fn in_pieces(&mut self, spec: &Loop<'a>, size: &Size, mut carries: Vec<Var>) -> Done<Vec<Var>> {
        let n = self.size(size)?;
        let mut pieces = vec![(
            WIDTH,
            self.size(&Size::default())?,
            self.multiple(n, WIDTH)?,
        )];
        let mut width = WIDTH / 2;
        while width > 0 {
            let lo = self.multiple(n, 2 * width)?;
            let hi = match width {
                1 => n,
                _ => self.multiple(n, width)?,
            };
            let known = size.as_constant();
            if known.is_none_or(|n| n & i64::from(width) != 0) {
                pieces.push((width, lo, hi));
            }
            width /= 2;
        }
        if spec.reverse {
            pieces.reverse();
        }
        for (width, lo, hi) in pieces {
            carries = self.piece(spec, width, (lo, hi), carries)?;
        }
        let numbers = carries
            .into_iter()
            .map(|var| self.fitted(spec.reverse, 1, var));
        Ok(numbers.collect())
    }

    /// The places `lo..hi`, so many at a time; the carried numbers after them.
    fn piece(
        &mut self,
        spec: &Loop<'a>,
        width: u16,
        (lo, hi): (Var, Var),
        carries: Vec<Var>,
    ) -> Done<Vec<Var>> {
        let before: Vec<Var> = carries
            .into_iter()
            .map(|var| self.fitted(spec.reverse, width, var))
            .collect();
        if width < WIDTH {
            // One vector, or none.
            let some = self.b.compare(Compare::Lt, lo, hi);
            self.open_if(some);
            let next = self.places(spec, width, lo, &before)?;
            self.open_else(&next);
            return Ok(self.close_if(&before));
        }
        let around = match spec.reverse {
            true => ForSpec::down(lo, hi),
            false => ForSpec::up(lo, hi),
        };
        let (k, before) = self.open_for(around.step(i64::from(width)), &before);
        let next = self.places(spec, width, k, &before)?;
        Ok(self.close_for(&next))
    }

    /// What is carried, in so many lanes: of a vector the lane counts that is next to the places to come, the last
    /// one, or the first one in a loop that goes down.
    fn fitted(&mut self, reverse: bool, width: u16, mut var: Var) -> Var {
        let half = if reverse { Half::Low } else { Half::High };
        loop {
            let lanes = self.b.value_ty(var).lanes;
            if lanes == width {
                return var;
            }
            var = match lanes < width {
                true if lanes == 1 => return self.b.splat(var, width),
                true => self.b.extract(var, if reverse { 0 } else { lanes - 1 }),
                false => self.b.half(var, half),
            };
        }
    }

    /// The places from `k` on; the vectors of which lanes are carried.
    fn places(&mut self, spec: &Loop<'a>, width: u16, k: Var, before: &[Var]) -> Done<Vec<Var>> {
        let counter = self.fresh();
        let bound = self.bind.insert(spec.index, Size::value(counter));
        let outer = std::mem::take(&mut self.point);
        self.point = Point {
            width,
            inner: Some(counter),
            index: vec![Size::value(counter)],
            nest: true,
            ..self.outside()
        };
        self.set(counter, Val::Scalar(k));
        let outcome = self.scoped(|cx| cx.all_steps(spec, width, before));
        self.point = outer;
        match bound {
            Some(size) => self.bind.insert(spec.index, size),
            None => self.bind.remove(&spec.index),
        };
        outcome
    }

    fn all_steps(&mut self, spec: &Loop<'a>, width: u16, before: &[Var]) -> Done<Vec<Var>> {
        let mut sums: Vec<(View, Var)> = Vec::new();
        for step in &spec.steps {
            match step {
                Step::Delay(k) => {
                    let (Some(&(param, source)), Some(&before)) =
                        (spec.delays.get(*k), before.get(*k))
                    else {
                        return Err(internal("a carry is missing"));
                    };
                    let now = self.in_all_lanes(source, width)?;
                    let var = self.moved(spec.reverse, width, before, now);
                    self.point.regs.insert(param, Reg { var, lanes: width });
                }
                Step::Inst(data) => match (&data.op, data.args.as_slice(), data.results.first()) {
                    (Op::AccAdd(_), &[acc, x, _], Some(&result)) => {
                        let view = self.accumulator(acc)?;
                        let x = self.in_all_lanes(x, width)?;
                        self.add_in_lanes(&mut sums, &view, x)?;
                        self.set(result, Val::View(view));
                    }
                    (op, _, Some(&result)) if op.kernel().is_some() => {
                        self.operand(result)?;
                    }
                    _ => {}
                },
            }
        }
        let mut next = Vec::new();
        for &(_, source) in &spec.delays {
            next.push(self.in_all_lanes(source, width)?);
        }
        let index = self.point.index.clone();
        for (element, view) in &spec.stacks {
            let reg = self.operand(*element)?;
            self.store(view, &index, reg)?;
        }
        for (view, var) in sums {
            self.store(&view, &index, Reg { var, lanes: width })?;
        }
        Ok(next)
    }

    fn in_all_lanes(&mut self, value: Value, width: u16) -> Done<Var> {
        let reg = self.operand(value)?;
        Ok(match width {
            1 => reg.var,
            _ => self.widen(reg, width),
        })
    }

    /// The elements at the places before those at hand.
    fn moved(&mut self, reverse: bool, width: u16, before: Var, now: Var) -> Var {
        match (width, reverse) {
            (1, _) => before,
            (_, false) => {
                let lanes: Vec<u16> = (width - 1..2 * width - 1).collect();
                self.b.shuffle([before, now], &lanes)
            }
            (_, true) => {
                let lanes: Vec<u16> = (1..=width).collect();
                self.b.shuffle([now, before], &lanes)
            }
        }
    }

    /// Adds to the elements of an accumulator, which are read once and written at the end.
    fn add_in_lanes(&mut self, sums: &mut Vec<(View, Var)>, view: &View, x: Var) -> Done {
        if let Some((_, sum)) = sums.iter_mut().find(|(known, _)| known == view) {
            *sum = self.b.op(ScalarOp::Add, &[*sum, x]);
            return Ok(());
        }
        let index = self.point.index.clone();
        let place = self.place(view, &index)?;
        let before = self.read(&super::access::Access::Load(view.clone(), place))?;
        let before = self.widen(before, self.point.width);
        let sum = self.b.op(ScalarOp::Add, &[before, x]);
        sums.push((view.clone(), sum));
        Ok(())
    }
}

/// Instructions while they are put in order.
struct Order<'a, 'd> {
    defs: HashMap<Value, &'a InstData>,
    delays: &'d [(Value, Value)],
    steps: Vec<Step<'a>>,
    done: HashSet<Value>,
    /// What is being visited: a value that needs itself has no order.
    open: HashSet<Value>,
}

impl Order<'_, '_> {
    fn visit(&mut self, value: Value) -> Option<()> {
        if self.done.contains(&value) {
            return Some(());
        }
        if !self.open.insert(value) {
            return None;
        }
        let delay = self.delays.iter().position(|(param, _)| *param == value);
        if let Some(k) = delay {
            let (_, source) = *self.delays.get(k)?;
            self.visit(source)?;
            self.steps.push(Step::Delay(k));
        } else if let Some(&data) = self.defs.get(&value) {
            let sizes = data.sizes.iter().flat_map(Size::values);
            for needed in data.args.iter().copied().chain(sizes) {
                self.visit(needed)?;
            }
            self.steps.push(Step::Inst(data));
        }
        self.open.remove(&value);
        self.done.insert(value);
        Some(())
    }
}
