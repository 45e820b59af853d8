//! What runs along one axis, each element made of the one before: cumulative reductions and recurrences.
//!
//! Along the last axis, the element before is carried in a register. Along another one, a step makes a
//! row of the result from the row before, in vectors.

use dfn_ir::function::InstData;
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::ops::{Cumulate, Form, Recur};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{Scalar, Size, Type, Value};

use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::nest::width;
use super::view::{View, product};

/// One operation along an axis.
struct Scan {
    /// What the elements are made from.
    operands: Vec<View>,
    out: View,
    rule: Rule,
    /// The number of places before the axis, on it, and after it.
    outer: Size,
    size: Size,
    inner: Size,
    reverse: bool,
}

/// How an element is made.
#[derive(Clone, Copy)]
enum Rule {
    /// From the one before and the operand's.
    Cumulate(ScalarOp),
    /// The same with the operand's element before, beginning with a number.
    Before(ScalarOp, Scalar),
    Recur(Form, Scalar),
}

/// A place on the axis.
#[derive(Clone, Copy)]
struct Step {
    /// The number of the element in memory.
    here: Var,
    /// That of the one before.
    before: Var,
    lanes: u16,
}

impl<'a> Cx<'a> {
    /// Emits a cumulative reduction.
    pub(super) fn cumulate(&mut self, op: &Cumulate, data: &'a InstData, result: Value) -> Done {
        let dtype = self.func.ty(result).dtype;
        let rule = match op.exclusive {
            true => Rule::Before(op.kind.operation(), op.start(dtype)),
            false => Rule::Cumulate(op.kind.operation()),
        };
        self.scan(rule, (op.axis, op.reverse), data, result)
    }

    /// Emits a linear recurrence.
    pub(super) fn recur(&mut self, op: &Recur, data: &'a InstData, result: Value) -> Done {
        let zero = Scalar::zero(self.func.ty(result).dtype);
        let rule = Rule::Recur(op.form, zero);
        self.scan(rule, (op.axis, op.reverse), data, result)
    }

    fn scan(
        &mut self,
        rule: Rule,
        (axis, reverse): (usize, bool),
        data: &'a InstData,
        result: Value,
    ) -> Done {
        let mut operands = Vec::new();
        for &arg in &data.args {
            operands.push(self.contiguous(arg)?);
        }
        let shape = self.shape_of(result)?;
        let dest = self.dest(result)?;
        let out = self.row_by_row(&dest, result)?;
        let (before, after) = shape
            .split_at_checked(axis)
            .ok_or_else(|| internal("no such axis"))?;
        let (size, after) = after
            .split_first()
            .ok_or_else(|| internal("no such axis"))?;
        let scan = Scan {
            operands,
            out: out.clone(),
            rule,
            outer: product(before)?,
            size: size.clone(),
            inner: product(after)?,
            reverse,
        };
        self.outer_loop(&scan)?;
        self.deliver(result, out, dest)
    }

    /// `dest`, or a temporary for `result` if `dest` does not lie row by row.
    pub(super) fn row_by_row(&mut self, dest: &View, result: Value) -> Done<View> {
        match dest.is_contiguous() {
            true => Ok(dest.clone()),
            false => {
                let ty: Type = self.func.ty(result).clone();
                self.temporary("", &ty)
            }
        }
    }

    /// Says that `result` was made in `out`, and brings it to `dest`.
    pub(super) fn deliver(&mut self, result: Value, out: View, dest: View) -> Done {
        let moved = out != dest;
        self.set(result, Val::View(out));
        if moved {
            self.settle(result, &dest)?;
            self.set(result, Val::View(dest));
        }
        Ok(())
    }

    fn outer_loop(&mut self, scan: &Scan) -> Done {
        let zero = self.size(&Size::default())?;
        if scan.outer.is(1) {
            return self.along_axis(scan, zero);
        }
        let hi = self.size(&scan.outer)?;
        let spec = self.upto(hi)?;
        let (row, _) = self.open_for(spec, &[]);
        let block = self.size(&product(&[scan.size.clone(), scan.inner.clone()])?)?;
        let base = self.b.mul(row, block);
        self.along_axis(scan, base)?;
        self.close_for(&[]);
        Ok(())
    }

    /// All steps of one place before the axis, if there are any; its elements begin at `base`.
    fn along_axis(&mut self, scan: &Scan, base: Var) -> Done {
        let size = self.size(&scan.size)?;
        let (zero, one) = (self.size(&Size::default())?, self.size(&Size::constant(1))?);
        let some = self.b.compare(Compare::Lt, zero, size);
        self.open_if(some);
        let last = self.b.sub(size, one);
        let first = if scan.reverse { last } else { zero };
        let spec = match scan.reverse {
            true => ForSpec::down(zero, last),
            false => ForSpec::up(one, size),
        };
        match scan.inner.is(1) {
            true => {
                let at = self.b.add(base, first);
                let start = self.first_element(scan, at, 1)?;
                self.put(scan, at, start)?;
                let (k, carried) = self.open_for(spec, &[start]);
                let step = self.step(scan, base, k, None)?;
                let before = carried.first().copied();
                let before = before.ok_or_else(|| internal("nothing is carried"))?;
                let next = self.next_element(scan, step, before)?;
                self.put(scan, step.here, next)?;
                self.close_for(&[next]);
            }
            false => {
                let inner = self.size(&scan.inner)?;
                let row = self.b.mul(first, inner);
                let row = self.b.add(base, row);
                self.in_chunks(scan, |cx, t, lanes| {
                    let at = cx.b.add(row, t);
                    let start = cx.first_element(scan, at, lanes)?;
                    cx.put(scan, at, start)
                })?;
                let (k, _) = self.open_for(spec, &[]);
                self.in_chunks(scan, |cx, t, lanes| {
                    let step = cx.step(scan, base, k, Some((inner, t, lanes)))?;
                    let before = cx.fetch(&scan.out, step.before, lanes)?;
                    let next = cx.next_element(scan, step, before)?;
                    cx.put(scan, step.here, next)
                })?;
                self.close_for(&[]);
            }
        }
        self.open_else(&[]);
        self.close_if(&[]);
        Ok(())
    }

    /// The places of step `k` of the axis, and of the one before it.
    fn step(
        &mut self,
        scan: &Scan,
        base: Var,
        k: Var,
        column: Option<(Var, Var, u16)>,
    ) -> Done<Step> {
        let one = self.b.index(1);
        let last = match scan.reverse {
            true => self.b.add(k, one),
            false => self.b.sub(k, one),
        };
        let mut place = |k: Var| match column {
            None => self.b.add(base, k),
            Some((inner, t, _)) => {
                let row = self.b.mul(k, inner);
                let row = self.b.add(base, row);
                self.b.add(row, t)
            }
        };
        let (here, before) = (place(k), place(last));
        let lanes = column.map_or(1, |(_, _, lanes)| lanes);
        Ok(Step {
            here,
            before,
            lanes,
        })
    }

    /// Runs `emit` for all places after the axis, several at a time and then one by one.
    fn in_chunks(
        &mut self,
        scan: &Scan,
        mut emit: impl FnMut(&mut Self, Var, u16) -> Done,
    ) -> Done {
        let lanes = width(scan.out.dtype);
        let inner = self.size(&scan.inner)?;
        let (zero, wide) = (self.b.index(0), self.b.index(i64::from(lanes)));
        let whole = self.b.op(ScalarOp::Div, &[inner, wide]);
        let whole = self.b.mul(whole, wide);
        let spec = ForSpec::up(zero, whole).step(i64::from(lanes));
        let (t, _) = self.open_for(spec, &[]);
        emit(self, t, lanes)?;
        self.close_for(&[]);
        let (t, _) = self.open_for(ForSpec::up(whole, inner), &[]);
        emit(self, t, 1)?;
        self.close_for(&[]);
        Ok(())
    }

    fn first_element(&mut self, scan: &Scan, at: Var, lanes: u16) -> Done<Var> {
        match (scan.rule, scan.operands.last()) {
            (Rule::Before(_, start) | Rule::Recur(Form::Exclusive, start), _) => {
                Ok(self.b.constant(start, lanes))
            }
            (_, Some(last)) => self.fetch(last, at, lanes),
            (_, None) => Err(internal("no operand")),
        }
    }

    fn next_element(&mut self, scan: &Scan, step: Step, before: Var) -> Done<Var> {
        let Step {
            here, before: last, ..
        } = step;
        match (scan.rule, scan.operands.as_slice()) {
            (Rule::Cumulate(op), [x]) => {
                let x = self.fetch(x, here, step.lanes)?;
                Ok(self.b.op(op, &[before, x]))
            }
            (Rule::Before(op, _), [x]) => {
                let x = self.fetch(x, last, step.lanes)?;
                Ok(self.b.op(op, &[before, x]))
            }
            (Rule::Recur(form, _), [factor, added]) => {
                let of_factor = if form == Form::Inclusive { here } else { last };
                let of_added = if form == Form::Exclusive { last } else { here };
                let factor = self.fetch(factor, of_factor, step.lanes)?;
                let added = self.fetch(added, of_added, step.lanes)?;
                Ok(self.b.fma(factor, before, added))
            }
            _ => Err(internal("a wrong number of operands")),
        }
    }

    fn fetch(&mut self, view: &View, at: Var, lanes: u16) -> Done<Var> {
        let place = self.number_of(view, at)?;
        Ok(self.b.load(view.buffer, place, lanes))
    }

    fn put(&mut self, scan: &Scan, at: Var, value: Var) -> Done {
        let place = self.number_of(&scan.out, at)?;
        self.b.store(scan.out.buffer, place, value);
        Ok(())
    }

    /// The place in its buffer of the element number `at` of a view that lies row by row.
    fn number_of(&mut self, view: &View, at: Var) -> Done<Var> {
        if view.offset.is(0) {
            return Ok(at);
        }
        let start = self.size(&view.offset)?;
        Ok(self.b.add(start, at))
    }
}
