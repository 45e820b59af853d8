//! The region of a map, written into the loop for one place.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::facts::Facts;
use super::loom::{Loom, is_light};
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::{Const, Index, Map, Select};
use dfn_ir::scalar::Scalar;
use dfn_ir::{DType, Op, Size, Type};
use std::collections::HashMap;

/// How far numbers are followed.
const DEPTH: usize = 8;

/// What a run adds to an accumulator: how much, and how far from its own place.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Addition {
    value: Value,
    offset: i64,
}

/// An accumulator in a run: which one, and what has been added.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sum {
    number: usize,
    added: Option<Addition>,
}

/// A region while it is written.
pub(super) struct Region<'r> {
    loom: &'r mut Loom,
    func: &'r mut Function,
    defs: &'r HashMap<Value, Inst>,
    /// The index of the run in the source.
    index: Value,
    /// What the values of the region have become.
    values: HashMap<Value, Value>,
    sums: HashMap<Value, Sum>,
}

impl Region<'_> {
    /// Writes a map into the loop.
    pub(super) fn map(
        loom: &mut Loom,
        func: &mut Function,
        defs: &HashMap<Value, Inst>,
        op: &Map,
        data: &InstData,
    ) -> Option<()> {
        let block = data.blocks.first()?;
        let (&index, accs) = block.params.split_first()?;
        let place = loom.index(func);
        let facts = Facts::new(index, loom.n());
        let sums = (0..).map(|number| Sum {
            number,
            added: None,
        });
        let mut region = Region {
            loom,
            func,
            defs,
            index,
            values: [(index, place)].into_iter().collect(),
            sums: accs.iter().copied().zip(sums).collect(),
        };
        region.block(block, &facts, true)?;
        for (&result, &inner) in data.results.iter().zip(&block.results).take(op.yields) {
            if region.func.ty(inner).rank() > 0 {
                return None;
            }
            let x = region.value(inner);
            region.loom.give(result, x);
        }
        let accs = data.results.iter().zip(&block.results).skip(op.yields);
        for (k, (&result, inner)) in accs.enumerate() {
            let sum = *region.sums.get(inner).filter(|sum| sum.number == k)?;
            let x = match sum.added {
                None => None,
                // Element j gets what run j - offset adds to it.
                Some(Addition { value, offset }) => {
                    let zero = nothing(region.func.ty(value).dtype)?;
                    Some(region.loom.moved(region.func, value, -offset, zero)?)
                }
            };
            region
                .loom
                .add(region.func, *data.args.get(k)?, result, x)?;
        }
        Some(())
    }

    /// What a value is in the loop.
    fn value(&self, value: Value) -> Value {
        self.values.get(&value).copied().unwrap_or(value)
    }

    fn values(&self, values: &[Value]) -> Vec<Value> {
        values.iter().map(|&v| self.value(v)).collect()
    }

    fn block(&mut self, block: &Block, facts: &Facts, always: bool) -> Option<()> {
        for &inst in &block.insts {
            let data = self.func.insts[inst].clone();
            self.inst(&data, facts, always)?;
        }
        Some(())
    }

    /// An instruction of the region; of an arm, if it does not run `always`.
    fn inst(&mut self, data: &InstData, facts: &Facts, always: bool) -> Option<()> {
        match (&data.op, data.args.as_slice()) {
            (Op::Check(_), &[condition]) => {
                let (how, a, b) = self.comparison(condition)?;
                return facts.prove(how, &a, &b).then_some(());
            }
            (Op::If(_), &[condition]) => return self.choice(data, condition, facts),
            (Op::AccAdd(_), &[acc, value, place]) => {
                return self.added(data, acc, value, facts.offset(&self.place(place))?);
            }
            _ => {}
        }
        let &[result] = data.results.as_slice() else {
            return None;
        };
        let made = match (&data.op, data.args.as_slice()) {
            (Op::Index(_), &[array, ref places @ ..]) => {
                self.read(result, array, places, facts, always)?
            }
            (Op::Const(_) | Op::SizeOf(_), _) => self.copy(data, result)?,
            (op, _) if op.kernel().is_some_and(is_light) => self.copy(data, result)?,
            _ => return None,
        };
        self.values.insert(result, made);
        Some(())
    }

    fn copy(&mut self, data: &InstData, result: Value) -> Option<Value> {
        let ty = self.func.ty(result).clone();
        let args = self.values(&data.args);
        let scalar = |v: &Value| self.func.ty(*v).rank() == 0;
        if ty.rank() > 0 || !args.iter().all(scalar) {
            return None;
        }
        let sizes = data.sizes.iter().map(|size| size.rename(|v| self.value(v)));
        let sizes = sizes.collect();
        let op = data.op.clone();
        Some(self.loom.emit_with(self.func, op, &args, (sizes, ty)))
    }

    /// An element of an array.
    fn read(
        &mut self,
        result: Value,
        array: Value,
        places: &[Value],
        facts: &Facts,
        always: bool,
    ) -> Option<Value> {
        let shape = self.func.ty(array).shape.clone();
        let ty = self.func.ty(result).clone();
        let (&place, rows) = places.split_last()?;
        let offset = facts.offset(&self.place(place));
        let along = shape.last() == Some(self.loom.n());
        if let (true, true, Some(offset)) = (along, rows.is_empty(), offset) {
            let x = self.loom.element(self.func, self.defs, array)?;
            return self.before(x, offset);
        }
        if self.loom.makes(array) || ty.rank() > 0 {
            return None;
        }
        let rows = self.values(rows);
        let mut args: Vec<Value> = std::iter::once(array).chain(rows.iter().copied()).collect();
        if always {
            args.push(self.value(place));
            return Some(self.loom.emit(self.func, Index, &args, ty));
        }
        // In an arm, only what is there at each place is read.
        let there = rows
            .iter()
            .zip(&shape)
            .all(|(&row, n)| self.loom.is_step(row, n));
        let offset = offset.filter(|_| along && there)?;
        args.push(self.loom.index(self.func));
        let x = self.loom.emit(self.func, Index, &args, ty);
        self.before(x, offset)
    }

    /// What an element is so many places further on.
    fn before(&mut self, x: Value, offset: i64) -> Option<Value> {
        let zero = Scalar::zero(self.func.ty(x).dtype);
        self.loom.moved(self.func, x, offset, zero)
    }

    /// An addition to an accumulator: one in each run.
    fn added(&mut self, data: &InstData, acc: Value, value: Value, offset: i64) -> Option<()> {
        let sum = *self.sums.get(&acc)?;
        let value = self.value(value);
        if sum.added.is_some() || self.func.ty(value).rank() > 0 {
            return None;
        }
        let added = Some(Addition { value, offset });
        self.sums
            .insert(*data.results.first()?, Sum { added, ..sum });
        Some(())
    }

    /// A choice: both arms are computed.
    fn choice(&mut self, data: &InstData, condition: Value, facts: &Facts) -> Option<()> {
        let [then, otherwise] = data.blocks.as_slice() else {
            return None;
        };
        let compared = self.comparison(condition);
        let known = |holds: bool| match &compared {
            Some((how, a, b)) => facts.assume(*how, (a, b), holds),
            None => facts.clone(),
        };
        let known = [known(true), known(false)];
        for (arm, facts) in [then, otherwise].into_iter().zip(&known) {
            self.block(arm, facts, false)?;
        }
        let condition = self.value(condition);
        let arms = then.results.iter().zip(&otherwise.results);
        for (&result, (&a, &b)) in data.results.iter().zip(arms) {
            if self.func.ty(result).is_accumulator() {
                let [a, b] = [*self.sums.get(&a)?, *self.sums.get(&b)?];
                let sum = self.either(condition, (a, b), &known)?;
                self.sums.insert(result, sum);
                continue;
            }
            let made = self.select(condition, self.value(a), self.value(b))?;
            self.values.insert(result, made);
        }
        Some(())
    }

    /// What one arm or the other adds.
    fn either(&mut self, condition: Value, (a, b): (Sum, Sum), known: &[Facts; 2]) -> Option<Sum> {
        if a == b {
            return Some(a);
        }
        let first = a.added.or(b.added)?;
        if a.number != b.number
            || [a, b]
                .iter()
                .any(|s| s.added.is_some_and(|s| s.offset != first.offset))
        {
            return None;
        }
        // In the arm that adds nothing there is no such place, so nobody reads what would be added.
        for ((sum, other), facts) in [(a, b), (b, a)].into_iter().zip(known) {
            if sum.added.is_none() && facts.is_outside(first.offset) {
                return Some(other);
            }
        }
        let ty = self.func.ty(first.value).clone();
        let value = nothing(ty.dtype)?;
        let none = self.loom.emit(self.func, Const { value }, &[], ty);
        let [x, y] = [a, b].map(|sum| sum.added.map_or(none, |s| s.value));
        let value = self.select(condition, x, y)?;
        let added = Some(Addition { value, ..first });
        Some(Sum { added, ..a })
    }

    fn select(&mut self, condition: Value, a: Value, b: Value) -> Option<Value> {
        if a == b {
            return Some(a);
        }
        let ty = self.func.ty(a).clone();
        let fits = ty == Type::scalar(ty.dtype) && ty.dtype != DType::Bool;
        fits.then(|| self.loom.emit(self.func, Select, &[condition, a, b], ty))
    }

    /// Who defines a value in the source, if it compares two numbers: how, and which.
    fn comparison(&self, condition: Value) -> Option<(dfn_ir::scalar::Compare, Size, Size)> {
        let data = &self.func.insts[*self.defs.get(&condition)?];
        match (&data.op, data.args.as_slice()) {
            (Op::CompareOp(op), &[a, b]) if self.func.ty(a).is(DType::I64) => {
                Some((op.how, self.place(a), self.place(b)))
            }
            _ => None,
        }
    }

    /// A number as a polynomial in values of the source.
    fn place(&self, value: Value) -> Size {
        self.polynomial(value, DEPTH).unwrap_or(Size::value(value))
    }

    fn polynomial(&self, value: Value, depth: usize) -> Option<Size> {
        if value == self.index || depth == 0 {
            return None;
        }
        let data = &self.func.insts[*self.defs.get(&value)?];
        let of = |v: Value| self.polynomial(v, depth - 1).unwrap_or(Size::value(v));
        match (&data.op, data.args.as_slice()) {
            (Op::Add(_), &[a, b]) => of(a).checked_add(&of(b)),
            (Op::Sub(_), &[a, b]) => of(a).checked_sub(&of(b)),
            _ => data.known_size()?.substitute(of),
        }
    }
}

/// What changes nothing when it is added.
fn nothing(dtype: DType) -> Option<Scalar> {
    match dtype {
        DType::F64 => Some(Scalar::F64(-0.0)),
        DType::F32 => Some(Scalar::F32(-0.0)),
        _ => None,
    }
}
