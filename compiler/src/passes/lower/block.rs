//! Blocks: their instructions in the planned order, their results written where they are wanted.

use dfn_ir::function::{Block, InstData};
use dfn_ir::{Inst, Op, Size, Value};

use super::copies::Cause;
use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::kind::{Kind, is_free, kind};
use super::schedule::{Item, plan};
use super::update::Frame;
use super::view::{View, plus};

impl<'a> Cx<'a> {
    /// Emits a block. A result with a destination is written there.
    pub(super) fn block(&mut self, block: &Block, dests: &[Option<View>]) -> Done {
        for (&result, dest) in block.results.iter().zip(dests) {
            if let Some(dest) = dest {
                let target = self.origin(block, result);
                self.dests.entry(target).or_insert_with(|| dest.clone());
            }
        }
        for &inst in block.insts.iter().rev() {
            self.part_dests(self.data(inst))?;
            self.transposed_dest(self.data(inst))?;
            self.step_dest(block, self.data(inst))?;
        }
        let (items, last) = plan(self, block)?;
        let adders = std::mem::take(&mut self.adders);
        let granted = std::mem::take(&mut self.granted);
        let defined = block
            .insts
            .iter()
            .flat_map(|&inst| &self.data(inst).results);
        let local = block.params.iter().chain(defined).copied();
        let local = local.chain(granted).collect();
        self.frames.push(Frame { last, local, at: 0 });
        for (at, item) in items.into_iter().enumerate() {
            if let Some(frame) = self.frames.last_mut() {
                frame.at = at;
            }
            match item {
                Item::One(inst) => self.one(inst)?,
                Item::Group(group) if group.insts.is_empty() => {}
                Item::Group(group) => self.group(&group, &adders)?,
                Item::Strip(strip) => self.nests_in_strips(&strip)?,
            }
        }
        self.frames.pop();
        for (&result, dest) in block.results.iter().zip(dests) {
            if let Some(dest) = dest {
                self.settle(result, dest)?;
            }
        }
        Ok(())
    }

    /// The value of the block whose memory `value` shares: what an accumulator starts as.
    fn origin(&self, block: &Block, value: Value) -> Value {
        let mut origin = value;
        let mut at = Some(value);
        while let Some(next) = at {
            let own = self
                .defs
                .get(&next)
                .filter(|inst| block.insts.contains(inst));
            if own.is_some_and(|&inst| self.takes_dest(self.data(inst), next)) {
                origin = next;
            }
            at = self.accumulated(next);
        }
        origin
    }

    /// Whether the result of an instruction is written to its destination.
    fn takes_dest(&self, data: &InstData, result: Value) -> bool {
        let accumulator = self.func.ty(result).is_accumulator();
        match &data.op {
            Op::AccNew(_) | Op::If(_) => true,
            Op::Update(_) | Op::For(_) | Op::While(_) => !accumulator,
            Op::Dot(_) | Op::Cumulate(_) | Op::Recur(_) | Op::Sort(_) => true,
            _ => kind(self, data) == Kind::Member && !accumulator,
        }
    }

    /// The accumulator that the accumulator `value` (or what is read of it) continues.
    fn accumulated(&self, value: Value) -> Option<Value> {
        let data = self.def(value)?;
        let accumulator = self.func.ty(value).is_accumulator();
        let k = data.results.iter().position(|v| *v == value)?;
        let once = |x: Option<&Value>| x.copied().filter(|x| self.single.contains(x));
        match &data.op {
            Op::AccRead(_) | Op::AccAdd(_) => data.args.first().copied(),
            Op::Update(_) => once(data.args.first()),
            Op::AccNew(_) if kind(self, data) == Kind::Own => once(data.args.first()),
            Op::For(_) | Op::While(_) if !accumulator => once(data.args.get(k)),
            _ if accumulator => super::function::accumulator_operand(self.shared, data, value),
            _ => None,
        }
    }

    /// The accumulator from outside that `value`, in a block that is not emitted yet, continues; `None`
    /// if it is made inside.
    pub(super) fn outer_accumulator(&self, value: Value) -> Option<Value> {
        let mut at = value;
        while !self.vals.contains_key(&at) {
            let next = self.accumulated(at)?;
            at = Some(next).filter(|v| self.func.ty(*v).is_accumulator())?;
        }
        Some(at)
    }

    /// Gives the operands of a `stack` or `concat` their parts of its result as destinations.
    fn part_dests(&mut self, data: &InstData) -> Done {
        let (Op::Stack(_) | Op::Concat(_), &[result]) = (&data.op, data.results.as_slice()) else {
            return Ok(());
        };
        let known = |v: Value| self.vals.contains_key(&v);
        if !self
            .shape_of(result)?
            .iter()
            .flat_map(Size::values)
            .all(known)
        {
            return Ok(());
        }
        let whole = self.dest(result)?;
        for (&arg, part) in data.args.iter().zip(self.parts_of(data, &whole)?) {
            let own = self.def(arg).is_some_and(|data| !is_free(self, data));
            if own && !known_view(self, arg) {
                self.dests.entry(arg).or_insert(part);
            }
        }
        self.dests.insert(result, whole);
        Ok(())
    }

    /// What a map yields only to be transposed is written transposed: its runs lie side by side then, and
    /// who reads a row reads what lies row by row.
    fn transposed_dest(&mut self, data: &InstData) -> Done {
        let (Op::Transposed(op), &[x], &[result]) =
            (&data.op, data.args.as_slice(), data.results.as_slice())
        else {
            return Ok(());
        };
        let own = self.def(x).is_some_and(|data| {
            let at = data.results.iter().position(|v| *v == x);
            let given = at.and_then(|at| data.blocks.first()?.results.get(at));
            let given = given.and_then(|v| self.def(*v));
            // What an accumulator or a call fills lies row by row.
            let by_nest = given.is_some_and(|data| kind(self, data) == Kind::Member);
            matches!(data.op, Op::Map(_)) && kind(self, data) == Kind::Own && by_nest
        });
        let free = !self.dests.contains_key(&result) && !self.dests.contains_key(&x);
        let known = |v: Value| self.vals.contains_key(&v);
        let shape = self.shape_of(result)?;
        let sizes_known = shape.iter().flat_map(Size::values).all(known);
        if own && free && sizes_known && self.single.contains(&x) && !known_view(self, x) {
            let whole = self.dest(result)?;
            let mut axes = vec![0; op.axes.len()];
            for (k, &axis) in op.axes.iter().enumerate() {
                if let Some(slot) = axes.get_mut(axis) {
                    *slot = k;
                }
            }
            self.dests.insert(x, whole.transpose(&axes));
        }
        Ok(())
    }

    /// The parts of the result of a `stack` or `concat` that its operands become.
    fn parts_of(&mut self, data: &InstData, whole: &View) -> Done<Vec<View>> {
        let mut parts = Vec::new();
        let mut start = Size::default();
        for (k, &arg) in data.args.iter().enumerate() {
            let shape = self.shape_of(arg)?;
            parts.push(match &data.op {
                Op::Concat(op) => {
                    let size = shape.get(op.axis).cloned().unwrap_or_default();
                    let part = whole.slice(op.axis, &start, 1, shape)?;
                    start = plus(&start, &size)?;
                    part
                }
                _ => whole.part(&[Size::constant(k as i64)])?,
            });
        }
        Ok(parts)
    }

    /// Emits a `stack` or `concat`.
    pub(super) fn join(&mut self, data: &InstData, result: Value) -> Done {
        let whole = self.dest(result)?;
        for (&arg, part) in data.args.iter().zip(self.parts_of(data, &whole)?) {
            self.settle(arg, &part)?;
        }
        self.set(result, Val::View(whole));
        Ok(())
    }

    /// Writes `value` to `dest`, unless it is there.
    pub(super) fn settle(&mut self, value: Value, dest: &View) -> Done {
        if self.func.ty(value).is_scalar() {
            let reg = self.operand(value)?;
            return self.store(dest, &[], reg);
        }
        match self.vals.get(&value) {
            Some(Val::View(view)) if view == dest => Ok(()),
            _ => self.copy(value, dest),
        }
    }

    /// Emits an instruction that is in no nest.
    fn one(&mut self, inst: Inst) -> Done {
        let data = self.data(inst);
        self.span = data.span;
        self.instruction(data).map_err(|error| error.at(data.span))
    }

    fn instruction(&mut self, data: &'a InstData) -> Done {
        if kind(self, data) == Kind::Scalar {
            return self.compute(data);
        }
        let first = data.results.first().copied();
        match (&data.op, first) {
            (Op::Dot(op), Some(result)) => self.product(op, data, result),
            (Op::Map(op), _) => self.map(op, data),
            (Op::For(op), _) => self.for_loop(op, data),
            (Op::While(_), _) => self.while_loop(data),
            (Op::If(_), _) => self.choice(data),
            (Op::Call(op), _) => self.call(op.func, data),
            (Op::Check(op), _) => self.check(op, data),
            (Op::Print(op), _) => self.print(op, data),
            (Op::Differences(op), _) => self.differences(op, data),
            (Op::Stack(_) | Op::Concat(_), Some(result)) => self.join(data, result),
            (Op::AccNew(_) | Op::AccAdd(_) | Op::AccRead(_), Some(result)) => {
                self.accumulate(data, result)
            }
            (Op::Update(_), Some(result)) => self.update_part(data, result),
            (Op::Index(_) | Op::Slice(_), Some(result)) => self.kept_part(result),
            (Op::Reshape(_), Some(result)) => self.reshape(data, result),
            (Op::Cumulate(op), Some(result)) => self.cumulate(op, data, result),
            (Op::Recur(op), Some(result)) => self.recur(op, data, result),
            (Op::Sort(op), _) => self.sort(op, data),
            (Op::Dense(_), _) => Ok(()),
            (op, _) => Err(internal(&format!("`{}` cannot be lowered", op.name()))),
        }
    }

    fn reshape(&mut self, data: &InstData, result: Value) -> Done {
        let &[x] = data.args.as_slice() else {
            return Err(internal("no operand"));
        };
        if self.view(result)?.is_some() || self.is_uniform(x) {
            return Ok(());
        }
        let view = self.contiguous(x)?;
        let shape = self.shape_of(result)?;
        let view = View::whole(view.buffer, view.dtype, shape).map(|whole| View {
            offset: view.offset,
            ..whole
        })?;
        self.set(result, Val::View(view));
        Ok(())
    }

    /// `value` in memory, row by row: where it is, or in a temporary.
    pub(super) fn contiguous(&mut self, value: Value) -> Done<View> {
        let from = self.view(value)?;
        if let Some(view) = from.as_ref().filter(|view| view.is_contiguous()) {
            return Ok(view.clone());
        }
        self.note_copy(from.as_ref(), Cause::Packed);
        let view = self.temporary("", &self.func.ty(value).clone())?;
        self.settle(value, &view)?;
        Ok(view)
    }
}

fn known_view(cx: &Cx<'_>, value: Value) -> bool {
    matches!(cx.vals.get(&value), Some(Val::View(_)))
}
