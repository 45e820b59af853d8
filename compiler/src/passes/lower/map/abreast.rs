//! Runs of a map side by side: each lane of a vector has a run of its own.
//!
//! Where a run loops along short axes only, its vectors would be mostly empty, and each sum along such an
//! axis would cost more control than arithmetic. So several runs are one: the scalars of a run are vectors,
//! its arrays have an element for each run at each place, and its loops go one element at a time, for all
//! these runs at once. Rows that each run reads of an array are turned first, so that neighbouring elements
//! belong to neighbouring runs. What is left of the region ([`Halves`]) follows, run by run.
//!
//! Each run computes what it does alone, so no bit changes. Whether axes are short is asked once, before the
//! first run; if they are not, and for the last few runs, runs go one by one.

use dfn_ir::function::Block;
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{Size, Type, Value};

use super::super::access::Access;
use super::super::cx::{Cx, Val};
use super::super::element::Point;
use super::super::error::{Done, internal};
use super::super::simple::only;
use super::super::view::{View, plus, product, row_major, times};
use super::Run;
use super::halves::{Halves, SHORT};

/// Runs that are emitted side by side.
#[derive(Clone, Debug)]
pub(in super::super) struct Abreast {
    /// The number of a run among these.
    pub(in super::super) lane: Value,
    /// How many there are.
    pub(in super::super) width: u16,
    /// The index of the map along which they lie.
    param: Value,
    /// What it is: the first one's, and the number among these.
    index: Size,
}

impl<'a> Cx<'a> {
    /// A point outside of nests.
    pub(in super::super) fn outside(&self) -> Point {
        self.abreast
            .as_ref()
            .map_or_else(Point::default, |abreast| Point {
                width: abreast.width,
                inner: Some(abreast.lane),
                ..Point::default()
            })
    }

    /// Says what the index of runs that go side by side is.
    pub(in super::super) fn bind_abreast(&mut self) {
        if let Some(abreast) = self.abreast.clone() {
            self.bind.insert(abreast.param, abreast.index);
        }
    }

    /// A temporary of runs that go side by side: at each place an element for each of them.
    pub(in super::super) fn temporary_of_each(&mut self, name: &str, ty: &Type) -> Done<View> {
        let abreast = self.abreast.clone().ok_or_else(|| internal("one run"))?;
        let shape = self.shape(ty)?;
        let buffer = self.space_for(name, ty, &shape, abreast.width)?;
        self.mutable.insert(buffer);
        self.interleaved(buffer, ty, shape, &abreast)
    }

    /// Memory for short arrays of several runs.
    fn space_for(&mut self, name: &str, ty: &Type, shape: &[Size], width: u16) -> Done<Var> {
        let mut len = self.size(&Size::constant(i64::from(width)))?;
        for size in shape {
            let most = self.size(&Size::constant(SHORT - 1))?;
            let size = self.size(size)?;
            let size = self.b.op(ScalarOp::Min, &[size, most]);
            len = self.b.mul(len, size);
        }
        let buffer = self.b.alloc(name, ty.dtype, len);
        self.temporaries.push((buffer, self.span));
        Ok(buffer)
    }

    fn interleaved(
        &self,
        buffer: Var,
        ty: &Type,
        shape: Vec<Size>,
        abreast: &Abreast,
    ) -> Done<View> {
        let width = Size::constant(i64::from(abreast.width));
        let strides = row_major(&shape)?;
        let strides = strides.iter().map(|stride| times(stride, &width));
        Ok(View {
            buffer,
            dtype: ty.dtype,
            offset: Size::value(abreast.lane),
            strides: strides.collect::<Done<_>>()?,
            shape,
        })
    }

    /// The last axis of a map in parts: the sums after it.
    pub(super) fn map_abreast(
        &mut self,
        run: &Run<'a>,
        halves: &Halves,
        counters: &mut Vec<Var>,
        (n, sums): (Var, &[Var]),
    ) -> Done<Vec<Var>> {
        let width: u16 = if self.shared.machine.vector >= 64 {
            8
        } else {
            4
        };
        let zero = self.size(&Size::default())?;
        let mut split = self.multiple(n, width)?;
        for size in &halves.short {
            let size = self.size(size)?;
            let most = self.size(&Size::constant(SHORT))?;
            let short = self.b.compare(Compare::Lt, size, most);
            split = self.b.op(ScalarOp::Select, &[short, split, zero]);
        }
        let alone = counters.is_empty() && run.op.sums + run.op.accs == 0;
        let shared = alone && self.seeks_threads();
        let each = |spec: ForSpec| if shared { spec.apart() } else { spec };
        let spec = each(ForSpec::up(zero, split).step(i64::from(width)));
        let (first, sums) = self.open_for(spec, sums);
        let next = self.runs_abreast(run, halves, counters, (first, width, &sums))?;
        let sums = self.close_for(&next);
        self.forget(only(run.data)?, &[]);
        let (counter, sums) = self.open_for(each(ForSpec::up(split, n)), &sums);
        counters.push(counter);
        let before = std::mem::replace(&mut self.one_by_one, true);
        let next = self.map_level(run, counters, &sums)?;
        self.one_by_one = before;
        counters.pop();
        Ok(self.close_for(&next))
    }

    /// `width` runs from `first` on: the sums after them.
    fn runs_abreast(
        &mut self,
        run: &Run<'a>,
        halves: &Halves,
        counters: &[Var],
        (first, width, sums): (Var, u16, &[Var]),
    ) -> Done<Vec<Var>> {
        let params = &only(run.data)?.params;
        let (outer, param) = match params.get(..=counters.len()) {
            Some([outer @ .., param]) => (outer, *param),
            _ => return Err(internal("a map without indices")),
        };
        let mut index: Vec<Size> = Vec::new();
        for (&param, &counter) in outer.iter().zip(counters) {
            self.set(param, Val::Scalar(counter));
            index.push(Size::value(param));
        }
        let base = self.fresh();
        self.set(base, Val::Scalar(first));
        let abreast = self.open_abreast(param, width, base)?;
        index.push(abreast.index.clone());
        self.point = self.outside();
        let outcome = self.first_half(run, halves, &index, base);
        self.abreast = None;
        self.bind.remove(&param);
        self.point = Point::default();
        let passed = outcome?;
        self.forget(only(run.data)?, &passed);
        let next = self.second_half(run, halves, &passed, (&abreast, outer, first, sums));
        for value in passed {
            self.vals.remove(&value);
        }
        next
    }

    /// Begins to emit runs side by side, from `base` on.
    fn open_abreast(&mut self, param: Value, width: u16, base: Value) -> Done<Abreast> {
        let lane = self.fresh();
        let zero = self.size(&Size::default())?;
        self.set(lane, Val::Scalar(zero));
        self.vals.remove(&param);
        let abreast = Abreast {
            lane,
            width,
            param,
            index: plus(&Size::value(base), &Size::value(lane))?,
        };
        self.abreast = Some(abreast.clone());
        self.bind_abreast();
        Ok(abreast)
    }

    /// What runs side by side: the values that what is left needs.
    fn first_half(
        &mut self,
        run: &Run<'a>,
        halves: &Halves,
        index: &[Size],
        base: Value,
    ) -> Done<Vec<Value>> {
        let block = only(run.data)?;
        let mut dests = Vec::new();
        let mut passed = halves.first.results.clone();
        for (&result, view) in block.results.iter().zip(&run.yields) {
            if halves.first.results.get(dests.len()) == Some(&result) {
                dests.push(Some(view.part(index)?));
                passed.remove(0);
            }
        }
        dests.resize(halves.first.results.len(), None);
        let mut before = Vec::new();
        for &array in &halves.rows {
            if let Some(turned) = self.turned(array, base)? {
                before.push((array, self.vals.insert(array, Val::View(turned))));
            }
        }
        self.loops += 1;
        self.block(&halves.first, &dests)?;
        self.loops -= 1;
        for (array, val) in before {
            match val {
                Some(val) => self.vals.insert(array, val),
                None => self.vals.remove(&array),
            };
        }
        Ok(passed)
    }

    /// What is left of each run, one after another: the sums after them.
    fn second_half(
        &mut self,
        run: &Run<'a>,
        halves: &Halves,
        passed: &[Value],
        (abreast, outer, first, sums): (&Abreast, &[Value], Var, &[Var]),
    ) -> Done<Vec<Var>> {
        let mut yields = halves.then.results.iter().take(run.op.yields);
        let late = yields.any(|v| !halves.first.results.contains(v));
        if run.op.sums + run.op.accs == 0 && !late {
            return Ok(sums.to_vec());
        }
        let stored = self.stored_for_each(passed, abreast.width)?;
        let hi = self.size(&Size::constant(i64::from(abreast.width)))?;
        let (spec, number) = (self.upto(hi)?, self.fresh());
        let (k, sums) = self.open_for(spec, sums);
        self.set(number, Val::Scalar(k));
        for (value, buffer) in stored {
            let var = self.b.load(buffer, k, 1);
            self.set(value, Val::Scalar(var));
        }
        self.choose_run(passed, abreast.lane, number)?;
        let at = self.b.add(first, k);
        self.set(abreast.param, Val::Scalar(at));
        let index = outer.iter().chain([&abreast.param]);
        let index: Vec<Size> = index.map(|&v| Size::value(v)).collect();
        let mut dests = Vec::new();
        for (result, view) in halves.then.results.iter().zip(&run.yields) {
            let early = halves.first.results.contains(result);
            dests.push((!early).then(|| view.part(&index)).transpose()?);
        }
        dests.resize(halves.then.results.len(), None);
        let before = std::mem::replace(&mut self.one_by_one, true);
        let next = self.map_block(run, &halves.then, &dests, &sums)?;
        self.one_by_one = before;
        Ok(self.close_for(&next))
    }

    /// Says that arrays of all these runs are now those of one of them.
    fn choose_run(&mut self, passed: &[Value], lane: Value, number: Value) -> Done {
        for &value in passed {
            if let Some(Val::View(view)) = self.vals.get(&value).cloned() {
                let of = |v| Size::value(if v == lane { number } else { v });
                let offset = view.offset.substitute(of);
                let offset = offset.ok_or_else(|| internal("an offset"))?;
                self.set(value, Val::View(View { offset, ..view }));
            }
        }
        Ok(())
    }

    /// Writes scalars of which each run has one: these and where they are.
    fn stored_for_each(&mut self, passed: &[Value], width: u16) -> Done<Vec<(Value, Var)>> {
        let mut stored = Vec::new();
        let zero = self.size(&Size::default())?;
        let len = self.size(&Size::constant(i64::from(width)))?;
        for &value in passed {
            if let Some(&Val::Scalar(var)) = self.vals.get(&value)
                && self.b.value_ty(var).lanes > 1
            {
                let buffer = self.b.alloc("", self.b.value_ty(var).dtype, len);
                self.temporaries.push((buffer, self.span));
                self.b.store(buffer, zero, var);
                stored.push((value, buffer));
            }
        }
        Ok(stored)
    }

    /// Forgets what the values of a region have become, but those of `passed`.
    fn forget(&mut self, block: &Block, passed: &[Value]) {
        let func = self.func;
        func.walk(block, &mut |_, data| {
            for result in data.results.iter().filter(|v| !passed.contains(v)) {
                self.vals.remove(result);
                self.dests.remove(result);
            }
        });
    }

    /// The rows of an array that runs from `base` on read, element by element; `None` if they lie so.
    fn turned(&mut self, array: Value, base: Value) -> Done<Option<View>> {
        let abreast = self.abreast.clone().ok_or_else(|| internal("one run"))?;
        let Some(view) = self.view(array)? else {
            return Ok(None);
        };
        let rest = view.shape.get(1..).unwrap_or_default().to_vec();
        let lies = view.strides.get(1..) == Some(row_major(&rest)?.as_slice());
        if !lies || view.strides.first().is_some_and(|stride| stride.is(1)) {
            return Ok(None);
        }
        let ty = self.func.ty(array).clone();
        let buffer = self.space_for("rows", &ty, &rest, abreast.width)?;
        let m = self.size(&product(&rest)?)?;
        let split = self.multiple(m, abreast.width)?;
        let zeros = vec![Size::default(); rest.len()];
        let row = |of: &Size| view.place(&[std::slice::from_ref(of), &zeros].concat());
        let mut starts = Vec::new();
        for r in 0..i64::from(abreast.width) {
            starts.push(row(&plus(&Size::value(base), &Size::constant(r))?)?);
        }
        self.turn(&view, &starts, buffer, split)?;
        let at = self.fresh();
        let (k, _) = self.open_for(ForSpec::up(split, m), &[]);
        self.set(at, Val::Scalar(k));
        let place = plus(&row(&abreast.index)?, &Size::value(at))?;
        let reg = self.read(&Access::Load(view.clone(), place))?;
        let var = self.widen(reg, abreast.width);
        self.store_of_each(buffer, k, var)?;
        self.close_for(&[]);
        let mut turned = self.interleaved(buffer, &ty, rest, &abreast)?;
        turned.strides.insert(0, Size::default());
        turned.shape = view.shape;
        Ok(Some(turned))
    }

    /// Writes the first `split` elements of the rows that begin at `starts`, element by element.
    fn turn(&mut self, view: &View, starts: &[Size], buffer: Var, split: Var) -> Done {
        let width = starts.len() as u16;
        let at = self.fresh();
        let spec = self.upto(split)?.step(i64::from(width));
        let (k, _) = self.open_for(spec, &[]);
        self.set(at, Val::Scalar(k));
        let mut of = Vec::new();
        for start in starts {
            let place = self.size(&plus(start, &Size::value(at))?)?;
            of.push(self.b.load(view.buffer, place, width));
        }
        self.transpose_vectors(&mut of);
        for (r, var) in (0..).zip(of) {
            let r = self.size(&Size::constant(r))?;
            let element = self.b.add(k, r);
            self.store_of_each(buffer, element, var)?;
        }
        self.close_for(&[]);
        Ok(())
    }

    /// Writes element `k` of each run.
    fn store_of_each(&mut self, buffer: Var, k: Var, var: Var) -> Done {
        let width = self.b.value_ty(var).lanes;
        let width = self.size(&Size::constant(i64::from(width)))?;
        let to = self.b.mul(k, width);
        self.b.store(buffer, to, var);
        Ok(())
    }

    /// As many vectors as each has lanes: lane `j` of vector `i` and lane `i` of vector `j` change places.
    fn transpose_vectors(&mut self, of: &mut [Var]) {
        let n = of.len();
        let mut s = 1;
        while s < n {
            for i in (0..n).filter(|i| i & s == 0) {
                let (Some(&low), Some(&high)) = (of.get(i), of.get(i + s)) else {
                    continue;
                };
                let lanes = |shift: usize| {
                    let lane = move |j: usize| match (j & s == 0, shift == 0) {
                        (true, true) => j,
                        (false, true) => n + j - s,
                        (true, false) => j + s,
                        (false, false) => n + j,
                    };
                    (0..n).map(|j| lane(j) as u16).collect::<Vec<u16>>()
                };
                let first = self.b.shuffle([low, high], &lanes(0));
                let second = self.b.shuffle([low, high], &lanes(s));
                if let Some(slot) = of.get_mut(i) {
                    *slot = first;
                }
                if let Some(slot) = of.get_mut(i + s) {
                    *slot = second;
                }
            }
            s *= 2;
        }
    }
}
