//! A group of instructions as a nest.

use std::collections::HashMap;

use dfn_ir::function::{Block, InstData};
use dfn_ir::ops::{Kernel, Order, Reduce, ReduceKind};
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{DType, Inst, Op, Size, Value};

use super::copies::Cause;
use super::cx::{Cx, Val};
use super::dot::Space;
use super::error::{Done, internal};
use super::nest::{Beside, Effect, Nest, width};
use super::reduction::{Part, Reduction, Target, fold, identity};
use super::schedule::Group;
use super::simple::{only, parts};
use super::strips::Strip;
use super::view::{View, plus, product, times};

/// Whether a reduction runs in the order `lanes`. Along a last axis of one element there is no loop, and
/// what is left is in order.
pub(super) fn in_lanes(cx: &Cx<'_>, op: &Reduce, data: &InstData) -> bool {
    let shape = data.args.first().map_or(&[][..], |&x| &cx.func.ty(x).shape);
    let last = shape.last().filter(|size| !size.is(1));
    let axis = shape.len().checked_sub(1);
    op.order == Order::Lanes && last.is_some() && op.axes.last() == axis.as_ref()
}

/// A nest under construction.
struct Made<'a> {
    nest: Nest<'a>,
    /// What values are after the nest.
    after: Vec<(Value, Val)>,
    bytes: u32,
}

impl<'a> Cx<'a> {
    /// Emits a group.
    ///
    /// What it adds to arrays in memory is in `adders`.
    pub(super) fn group(&mut self, group: &Group, adders: &HashMap<Value, View>) -> Done {
        let mut made = self.made(group, adders)?;
        self.flatten(&mut made.nest, group)?;
        match self.short_rows(&made.nest, group)? {
            Some(rows) => self.in_eights(&made.nest, &rows)?,
            None => self.nest(&made.nest)?,
        }
        for (value, val) in made.after {
            self.set(value, val);
        }
        Ok(())
    }

    /// Emits nests that run strip by strip.
    pub(super) fn nests_in_strips(&mut self, strip: &Strip) -> Done {
        let none = HashMap::new();
        let before = self.made(&strip.before, &none)?;
        for (value, val) in before.after {
            self.set(value, val);
        }
        let mut main = self.made(&strip.main, &none)?;
        // The other nests are written once.
        main.nest.heavy = true;
        let after = self.made(&strip.after, &none)?;
        let beside = Beside {
            before: before.nest,
            main: main.after,
            after: after.nest,
        };
        self.nest_beside(&main.nest, &beside)?;
        for (value, val) in beside.main.into_iter().chain(after.after) {
            self.set(value, val);
        }
        Ok(())
    }

    /// The nest of a group.
    fn made(&mut self, group: &Group, adders: &HashMap<Value, View>) -> Done<Made<'a>> {
        let nest = Nest {
            shape: group.shape.clone(),
            effects: Vec::new(),
            reductions: Vec::new(),
            width: 8,
            heavy: false,
            flat: false,
        };
        let mut made = Made {
            nest,
            after: Vec::new(),
            bytes: 4,
        };
        for &inst in &group.insts {
            let data = self.data(inst);
            self.member(&mut made, group, data)
                .map_err(|e| e.at(data.span))?;
        }
        for value in &group.added {
            let view = adders.get(value).ok_or_else(|| internal("no array"))?;
            let effect = Effect::Update(ScalarOp::Add, *value, view.clone());
            made.nest.effects.push(effect);
            self.added.insert(*value);
        }
        let widest = if made.bytes == 8 {
            DType::F64
        } else {
            DType::F32
        };
        made.nest.width = group.width.unwrap_or(width(widest));
        made.nest
            .reductions
            .sort_by_key(|reduction| reduction.start);
        made.nest.heavy = group.insts.len() > 12 || group.insts.iter().any(|&i| self.is_heavy(i));
        Ok(made)
    }

    /// Whether an instruction, or its region, is much code at each point.
    fn is_heavy(&self, inst: Inst) -> bool {
        let data = self.data(inst);
        let inner = data.blocks.iter().flat_map(|block| &block.insts);
        let large = matches!(data.op.kernel(), Some(Kernel::Elementary(_)));
        large || inner.clone().count() > 12 || inner.into_iter().any(|&inner| self.is_heavy(inner))
    }

    /// Makes one loop of a nest whose arrays lie row by row and are read at the index only.
    fn flatten(&mut self, nest: &mut Nest<'a>, group: &Group) -> Done {
        if nest.shape.len() < 2 || !nest.reductions.is_empty() {
            return Ok(());
        }
        for effect in &nest.effects {
            let fits = match effect {
                Effect::Eval(_) => true,
                Effect::Store(_, view) | Effect::Put(_, view) => view.is_contiguous(),
                Effect::Update(_, _, view) => view.is_contiguous(),
                Effect::Body(_) | Effect::Alias(..) => false,
            };
            if !fits {
                return Ok(());
            }
        }
        let inside = |v: &Value| {
            self.defs
                .get(v)
                .is_some_and(|inst| group.insts.contains(inst))
        };
        let mut outside: Vec<Value> = Vec::new();
        for &inst in &group.insts {
            outside.extend(self.data(inst).args.iter().filter(|v| !inside(v)));
        }
        for value in outside {
            let ty = self.func.ty(value);
            let skip = ty.is_accumulator() || ty.rank() == 0 || self.is_uniform(value);
            if !skip && !self.view(value)?.is_some_and(|view| view.is_contiguous()) {
                return Ok(());
            }
        }
        nest.shape = vec![product(&nest.shape)?];
        nest.flat = true;
        Ok(())
    }

    fn member(&mut self, made: &mut Made<'a>, group: &Group, data: &'a InstData) -> Done {
        for &value in data.args.iter().chain(&data.results) {
            made.bytes = made.bytes.max(self.func.ty(value).dtype.bytes());
        }
        let result = data.results.first().copied();
        match (&data.op, data.args.as_slice(), result) {
            (op, _, Some(result)) if op.kernel().is_some() => {
                made.nest.effects.push(Effect::Eval(result));
                self.stored(made, group, result)
            }
            (Op::Map(_), ..) => self.map_member(made, group, data),
            (Op::Reduce(op), &[x], Some(result)) => {
                let reduction = self.reduction(op, data, x, result)?;
                self.reduced(made, reduction, result);
                Ok(())
            }
            (Op::Dot(op), &[x, y], Some(result)) => {
                let space = Space::of(self, op, data)?;
                let reduction = self.contraction(&space, (x, y), result)?;
                self.reduced(made, reduction, result);
                Ok(())
            }
            (Op::AccAdd(_), &[acc, x, ref index @ ..], Some(result)) => {
                let whole = self.accumulator(acc)?;
                let part = whole.part(&self.polys(index)?)?;
                made.nest
                    .effects
                    .push(Effect::Update(ScalarOp::Add, x, part));
                self.set(result, Val::View(whole));
                Ok(())
            }
            (Op::AccNew(_), &[x], Some(result)) => {
                let from = self.view(x)?;
                self.note_copy(from.as_ref(), Cause::Kept);
                let view = self.dest(result)?;
                made.nest.effects.push(Effect::Store(x, view.clone()));
                self.set(result, Val::View(view));
                Ok(())
            }
            _ => Err(internal("not a member of a nest")),
        }
    }

    /// A value that exists at each point, written if it is needed outside.
    fn stored(&mut self, made: &mut Made<'a>, group: &Group, value: Value) -> Done {
        if group.stored.contains(&value) {
            let view = self.dest(value)?;
            made.nest.effects.push(Effect::Store(value, view.clone()));
            made.after.push((value, Val::View(view)));
        }
        Ok(())
    }

    /// An array that each run yields, written scalar by scalar.
    fn stored_parts(
        &mut self,
        made: &mut Made<'a>,
        block: &Block,
        result: Value,
        inner: Value,
    ) -> Done {
        let view = self.dest(result)?;
        let axes = view.shape.len() - self.func.ty(inner).rank();
        for (part, place) in parts(self, block, inner).unwrap_or_default() {
            let mut at = view.clone();
            for (&k, stride) in place.iter().zip(view.strides.iter().skip(axes)) {
                at.offset = plus(&at.offset, &times(&Size::constant(k), stride)?)?;
            }
            at.shape.truncate(axes);
            at.strides.truncate(axes);
            made.nest.effects.push(Effect::Store(part, at));
        }
        made.after.push((result, Val::View(view)));
        Ok(())
    }

    fn reduced(&mut self, made: &mut Made<'a>, reduction: Reduction, result: Value) {
        if let Target::View { view, .. } = &reduction.target {
            made.after.push((result, Val::View(view.clone())));
        }
        made.nest.reductions.push(reduction);
    }

    fn map_member(&mut self, made: &mut Made<'a>, group: &Group, data: &'a InstData) -> Done {
        let Op::Map(op) = &data.op else {
            return Err(internal("not a map"));
        };
        let block = only(data)?;
        made.bytes = 8;
        made.nest.effects.push(Effect::Body(data));
        for (k, (&result, &inner)) in data.results.iter().zip(&block.results).enumerate() {
            if k < op.yields && !self.func.ty(inner).is_scalar() {
                self.stored_parts(made, block, result, inner)?;
            } else if k < op.yields {
                made.nest.effects.push(Effect::Alias(result, inner));
                self.stored(made, group, result)?;
            } else if k < op.yields + op.sums {
                let zero = identity(ReduceKind::Sum, self.func.ty(result).dtype);
                let identity = self.identity(zero, &group.shape)?;
                made.nest.reductions.push(Reduction {
                    part: Part::One(inner),
                    fold: ScalarOp::Add,
                    lanes: false,
                    start: 0,
                    target: Target::Scalar(result),
                    zero,
                    identity,
                });
            } else if let Some(&arg) = data.args.get(k - op.yields - op.sums) {
                let view = self.accumulator(arg)?;
                self.set(result, Val::View(view));
            }
        }
        Ok(())
    }

    fn reduction(
        &mut self,
        op: &Reduce,
        data: &InstData,
        x: Value,
        result: Value,
    ) -> Done<Reduction> {
        let shape = self.shape_of(x)?;
        let rank = shape.len();
        let reduced = |axis: usize| op.axes.contains(&axis);
        let start = (0..=rank)
            .rev()
            .take_while(|&a| a == rank || reduced(a))
            .last();
        let start = start.unwrap_or(rank);
        let kept: Vec<usize> = (0..rank).filter(|&a| !reduced(a)).collect();
        let sizes: Vec<Size> = op
            .axes
            .iter()
            .filter_map(|&a| shape.get(a).cloned())
            .collect();
        let zero = identity(op.kind, self.func.ty(x).dtype);
        let identity = self.identity(zero, &sizes)?;
        let whole = kept.len() == start;
        Ok(Reduction {
            part: Part::One(x),
            fold: fold(op.kind),
            lanes: in_lanes(self, op, data),
            start,
            target: self.target(result, kept, whole)?,
            zero,
            identity,
        })
    }

    fn contraction(
        &mut self,
        space: &Space,
        (x, y): (Value, Value),
        result: Value,
    ) -> Done<Reduction> {
        let zero = identity(ReduceKind::Sum, self.func.ty(x).dtype);
        let identity = self.identity(zero, &space.contracted)?;
        let whole = space.start == space.kept.len();
        Ok(Reduction {
            part: Part::Product(space.factors(x, y)),
            fold: ScalarOp::Add,
            lanes: space.lanes,
            start: space.start,
            target: self.target(result, space.kept.clone(), whole)?,
            zero,
            identity,
        })
    }

    fn target(&mut self, result: Value, kept: Vec<usize>, whole: bool) -> Done<Target> {
        if kept.is_empty() && whole {
            return Ok(Target::Scalar(result));
        }
        let view = self.dest(result)?;
        Ok(Target::View { view, kept, whole })
    }
}
