//! Loop nests: what is computed for each element of an iteration space, and what is summed up over it.
//!
//! A nest runs its effects, in order, at each point of its shape, row by row. Axes with one element have
//! no loop. The innermost loop runs in vectors: several elements at a time, then one by one what is left;
//! or in the order `lanes` of `docs/reductions.md`, if the nest has a reduction of that order.

mod across;
mod jam;
mod lanes;
mod plain;
mod ragged;
mod rows;
mod threads;

use dfn_ir::function::InstData;
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{DType, Size, Value};

use super::cx::{Cx, Val};
use super::element::{Point, Reg};
use super::error::Done;
use super::reduction::Reduction;
use super::view::View;

/// What happens at each point.
pub(super) enum Effect<'a> {
    /// An elementwise value is computed.
    Eval(Value),
    /// The region of a simple map runs; its indices are the first axes.
    Body(&'a InstData),
    /// A value (the first) is another.
    Alias(Value, Value),
    /// The value is written at the index.
    Store(Value, View),
    /// The scalar is written at the index.
    Put(Var, View),
    /// The value is combined with what stands at the index.
    Update(ScalarOp, Value, View),
}

/// A loop nest before it is emitted.
pub(super) struct Nest<'a> {
    pub(super) shape: Vec<Size>,
    pub(super) effects: Vec<Effect<'a>>,
    pub(super) reductions: Vec<Reduction>,
    /// How many elements are computed at a time.
    pub(super) width: u16,
    /// Whether a point is much code, not to be repeated for speed.
    pub(super) heavy: bool,
    /// Whether all arrays lie row by row and are read at the index only: the nest is one loop over all
    /// elements.
    pub(super) flat: bool,
}

impl<'a> Nest<'a> {
    /// A nest with one effect.
    pub(super) fn simple(shape: Vec<Size>, effect: Effect<'a>, dtype: DType) -> Nest<'a> {
        Nest {
            shape,
            effects: vec![effect],
            reductions: Vec::new(),
            width: width(dtype),
            heavy: false,
            flat: false,
        }
    }

    /// The axes that have a loop.
    fn loops(&self) -> Vec<usize> {
        let axes = self.shape.iter().enumerate();
        axes.filter(|(_, size)| !size.is(1))
            .map(|(axis, _)| axis)
            .collect()
    }
}

/// How many elements of a type are computed at a time.
pub(super) fn width(dtype: DType) -> u16 {
    if dtype.bytes() == 8 { 8 } else { 16 }
}

/// Nests over the rows that a nest has a point for each of: they run for the rows of each vector, one
/// before its points, one after them.
pub(super) struct Beside<'a> {
    pub(super) before: Nest<'a>,
    /// What the points give to the nest after them.
    pub(super) main: Vec<(Value, Val)>,
    pub(super) after: Nest<'a>,
}

/// A part of the outermost axis.
#[derive(Clone, Copy)]
struct Range {
    lo: Var,
    hi: Var,
    /// How many there are, if that is known.
    count: Option<i64>,
}

/// What is left after a loop: the carries, and the scalars that reductions give.
type After = (Vec<Var>, Vec<(Value, Var)>);

/// The loops of a nest while they are emitted.
struct Walk<'n, 'a> {
    nest: &'n Nest<'a>,
    /// For each loop its axis.
    axes: Vec<usize>,
    /// For each loop its counter.
    counters: Vec<Value>,
    /// For each reduction the number of loops around its accumulator.
    starts: Vec<usize>,
    /// Whether a point may run again, with nothing changed by that.
    again: bool,
    /// How rows run side by side.
    jam: Option<jam::Jam>,
    /// The part of the outermost axis that is run, if not all.
    range: Option<Range>,
    /// What runs with it.
    beside: Option<&'n Beside<'a>>,
}

impl Walk<'_, '_> {
    /// Which reductions have an accumulator that is carried by loop `depth`.
    fn carried(&self, depth: usize) -> Vec<usize> {
        let starts = self.starts.iter().enumerate();
        starts
            .filter(|(_, start)| **start <= depth)
            .map(|(k, _)| k)
            .collect()
    }

    /// Which reductions start at `depth`.
    fn starting(&self, depth: usize) -> Vec<usize> {
        let starts = self.starts.iter().enumerate();
        starts
            .filter(|(_, start)| **start == depth)
            .map(|(k, _)| k)
            .collect()
    }

    fn reduction(&self, k: usize) -> Option<&Reduction> {
        self.nest.reductions.get(k)
    }
}

impl<'a> Cx<'a> {
    /// Emits a nest. Reductions must be sorted by their start.
    pub(super) fn nest(&mut self, nest: &Nest<'a>) -> Done {
        let walk = self.walk(nest);
        for reduction in &nest.reductions {
            self.begin(reduction)?;
        }
        self.run(&walk)
    }

    /// Emits a nest with what runs beside it.
    pub(super) fn nest_beside(&mut self, nest: &Nest<'a>, beside: &Beside<'a>) -> Done {
        for nest in [&beside.before, nest, &beside.after] {
            for reduction in &nest.reductions {
                self.begin(reduction)?;
            }
        }
        let walk = Walk {
            beside: Some(beside),
            ..self.walk(nest)
        };
        self.run(&walk)
    }

    /// Emits a nest for `width` rows from `lo` on, or for those that count at this point.
    fn rows_beside(&mut self, nest: &Nest<'a>, (lo, width): (Var, u16)) -> Done {
        let count = match self.point.count {
            Some(count) => count,
            None => self.size(&Size::constant(i64::from(width)))?,
        };
        let range = Range {
            lo,
            hi: self.b.add(lo, count),
            count: self.point.count.is_none().then_some(i64::from(width)),
        };
        let walk = Walk {
            range: Some(range),
            ..self.walk(nest)
        };
        self.scoped(|cx| cx.run(&walk))
    }

    fn walk<'n>(&mut self, nest: &'n Nest<'a>) -> Walk<'n, 'a> {
        let axes = nest.loops();
        let counters: Vec<Value> = axes.iter().map(|_| self.fresh()).collect();
        let start = |r: &Reduction| axes.iter().filter(|axis| **axis < r.start).count();
        let starts: Vec<usize> = nest.reductions.iter().map(start).collect();
        let again = starts.iter().all(|start| *start < axes.len()) && self.runs_again(nest);
        let jam = match self.abreast {
            Some(_) => None,
            None => self.jam(nest, &axes, &starts),
        };
        Walk {
            nest,
            axes,
            counters,
            starts,
            again,
            jam,
            range: None,
            beside: None,
        }
    }

    fn run(&mut self, walk: &Walk<'_, 'a>) -> Done {
        let mut index = vec![Size::default(); walk.nest.shape.len()];
        for (&axis, &counter) in walk.axes.iter().zip(&walk.counters) {
            if let Some(slot) = index.get_mut(axis) {
                *slot = Size::value(counter);
            }
        }
        let bind = std::mem::take(&mut self.bind);
        self.bind_abreast();
        for effect in &walk.nest.effects {
            if let Effect::Body(data) = effect {
                self.bind_params(data, &index)?;
            }
        }
        let outer = std::mem::take(&mut self.point);
        self.point = Point {
            index,
            nest: true,
            flat: walk.nest.flat,
            ..self.outside()
        };
        let outcome = self.inside(walk, 0, &[]);
        self.point = outer;
        self.bind = bind;
        for (result, var) in outcome?.1 {
            self.set(result, Val::Scalar(var));
        }
        Ok(())
    }

    /// Emits what is inside of `depth` loops: the carries after it, and the scalars that reductions give
    /// whose accumulators start here.
    fn inside(&mut self, walk: &Walk<'_, 'a>, depth: usize, carries: &[Var]) -> Done<After> {
        let depths = walk.axes.len();
        if depth == depths {
            return self.single(walk, carries);
        }
        if let Some(jam) = walk.jam.filter(|_| depth + 2 == depths) {
            self.jammed(walk, jam)?;
            return Ok((carries.to_vec(), Vec::new()));
        }
        if depth + 2 == depths && self.eights_decide(walk) {
            return self.asked_once(walk, depth, carries);
        }
        let starting = walk.starting(depth);
        let mut inits = carries.to_vec();
        for &k in &starting {
            if let Some(reduction) = walk.reduction(k) {
                inits.push(self.initial(reduction)?);
            }
        }
        let mut after = if depth + 1 == depths {
            match self.abreast {
                Some(_) => self.across(walk, &inits)?,
                None => self.innermost(walk, &inits)?,
            }
        } else {
            let Range { lo, hi, .. } = self.range(walk, depth)?;
            let spec = self.shared_by_rows(walk, depth, ForSpec::up(lo, hi));
            let (counter, inner) = self.open_for(spec, &inits);
            self.bind_counter(walk, depth, counter);
            let (next, _) = self.inside(walk, depth + 1, &inner)?;
            self.close_for(&next)
        };
        let finished = after.split_off(carries.len());
        let mut scalars = Vec::new();
        for (&k, &var) in starting.iter().zip(&finished) {
            if let Some(reduction) = walk.reduction(k) {
                let lanes = self.b.value_ty(var).lanes;
                scalars.extend(self.finish(reduction, Reg { var, lanes })?);
            }
        }
        Ok((after, scalars))
    }

    /// A nest whose axes all have one element.
    fn single(&mut self, walk: &Walk<'_, 'a>, carries: &[Var]) -> Done<After> {
        self.effects(walk)?;
        let mut scalars = Vec::new();
        for reduction in &walk.nest.reductions {
            scalars.extend(self.at_element(reduction)?);
        }
        Ok((carries.to_vec(), scalars))
    }

    fn bind_counter(&mut self, walk: &Walk<'_, 'a>, depth: usize, var: Var) {
        if let Some(&counter) = walk.counters.get(depth) {
            self.set(counter, Val::Scalar(var));
        }
    }

    /// Where the loop `depth` runs.
    fn range(&mut self, walk: &Walk<'_, 'a>, depth: usize) -> Done<Range> {
        if let Some(range) = walk.range.filter(|_| depth == 0) {
            return Ok(range);
        }
        let size = self.extent_size(walk, depth);
        Ok(Range {
            lo: self.size(&Size::default())?,
            hi: self.size(&size)?,
            count: size.as_constant(),
        })
    }

    fn extent_size(&self, walk: &Walk<'_, 'a>, depth: usize) -> Size {
        let axis = walk.axes.get(depth);
        let size = axis.and_then(|&axis| walk.nest.shape.get(axis));
        size.cloned().unwrap_or_default()
    }

    /// Runs the effects at this point.
    fn effects(&mut self, walk: &Walk<'_, 'a>) -> Done {
        self.point.regs.clear();
        self.all_effects(&walk.nest.effects)
    }

    fn effect(&mut self, effect: &Effect<'a>) -> Done {
        let index = self.point.index.clone();
        match effect {
            Effect::Eval(value) => {
                let Some((kernel, data)) = self
                    .def(*value)
                    .and_then(|data| Some((data.op.kernel()?, data)))
                else {
                    return Err(super::error::internal("not an elementwise value"));
                };
                let reg = self.elementwise(kernel, data)?;
                self.point.regs.insert(*value, reg);
            }
            Effect::Body(data) => self.simple_body(data)?,
            Effect::Alias(value, of) => {
                let reg = self.operand(*of)?;
                self.point.regs.insert(*value, reg);
            }
            Effect::Store(value, view) => {
                let reg = self.operand(*value)?;
                self.store(view, &index, reg)?;
            }
            Effect::Put(var, view) => self.store(
                view,
                &index,
                Reg {
                    var: *var,
                    lanes: 1,
                },
            )?,
            Effect::Update(op, value, view) => {
                let reg = self.operand(*value)?;
                self.update(*op, &self.place(view, &index)?, view, &[reg])?;
            }
        }
        Ok(())
    }

    /// Emits the effects for `width` elements from the innermost counter's value `k` on. Accumulators of
    /// reductions in index order are updated in `carries`; those in lanes are given to `lanes`.
    fn chunk(
        &mut self,
        walk: &Walk<'_, 'a>,
        (k, width): (Var, u16),
        carries: &mut [Var],
        mut lanes: Option<&mut Vec<Var>>,
    ) -> Done {
        self.scoped(|cx| {
            let depth = walk.axes.len().saturating_sub(1);
            if let Some(beside) = walk.beside {
                cx.rows_beside(&beside.before, (k, width))?;
            }
            cx.point.width = width;
            cx.point.inner = walk.counters.get(depth).copied();
            cx.bind_counter(walk, depth, k);
            cx.effects(walk)?;
            let mut next_lane = 0;
            for (at, &r) in walk.carried(depth).iter().enumerate() {
                let Some(reduction) = walk.reduction(r) else {
                    continue;
                };
                match lanes.as_deref_mut().filter(|_| reduction.lanes) {
                    Some(accs) => {
                        if let Some(acc) = accs.get_mut(next_lane) {
                            *acc = cx.contribute(reduction, *acc)?.var;
                        }
                        next_lane += 1;
                    }
                    None => {
                        if let Some(slot) = carries.get_mut(at) {
                            *slot = cx.in_order(reduction, *slot)?;
                        }
                    }
                }
            }
            for &r in &walk.starting(depth + 1) {
                let Some(reduction) = walk.reduction(r) else {
                    continue;
                };
                cx.at_element(reduction)?;
            }
            cx.point.regs.clear();
            cx.point.width = 1;
            cx.point.inner = None;
            match walk.beside {
                Some(beside) => cx.after_points(beside, (k, width)),
                None => Ok(()),
            }
        })
    }

    /// Emits the nest that runs after points.
    fn after_points(&mut self, beside: &Beside<'a>, rows: (Var, u16)) -> Done {
        // The points themselves do not read from memory what they give.
        self.vals.extend(beside.main.iter().cloned());
        self.rows_beside(&beside.after, rows)?;
        for (value, _) in &beside.main {
            self.vals.remove(value);
        }
        Ok(())
    }

    /// Writes `value` to all elements of `view`.
    pub(super) fn fill(&mut self, view: &View, value: Var) -> Done {
        if view.is_contiguous() && self.abreast.is_none() {
            let len = super::view::product(&view.shape)?;
            let (start, len) = (self.size(&view.offset)?, self.size(&len)?);
            self.b.fill(view.buffer, start, len, value);
            return Ok(());
        }
        let effect = Effect::Put(value, view.clone());
        self.nest(&Nest::simple(view.shape.clone(), effect, view.dtype))
    }

    /// Writes the elements of `value` to `view`.
    pub(super) fn copy(&mut self, value: Value, view: &View) -> Done {
        if self.abreast.is_some() {
            let effect = Effect::Store(value, view.clone());
            return self.nest(&Nest::simple(view.shape.clone(), effect, view.dtype));
        }
        if let Some(var) = self.uniform(value)? {
            return self.fill(view, var);
        }
        if let Some(from) = self.view(value)?
            && from.is_contiguous()
            && view.is_contiguous()
        {
            let len = super::view::product(&view.shape)?;
            let (to, start) = (self.size(&view.offset)?, self.size(&from.offset)?);
            let len = self.size(&len)?;
            self.b.copy((view.buffer, to), (from.buffer, start), len);
            return Ok(());
        }
        let effect = Effect::Store(value, view.clone());
        self.nest(&Nest::simple(view.shape.clone(), effect, view.dtype))
    }
}
