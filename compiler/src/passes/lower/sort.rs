//! Sorting rows: merge sort from below, on pairs of an element and its position.
//!
//! A pass merges neighbouring runs of `w` elements to runs of `2 w`, from one pair of buffers to another
//! and back. A merge chooses without branches: which of the two first elements comes next is a number,
//! and the places move on by it. It is stable, since the right one is taken only if it comes before.

use dfn_ir::function::InstData;
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::ops::Sort;
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{DType, Scalar, Size, Type};

use super::cx::Cx;
use super::error::{Done, internal};
use super::view::{View, plus, product, times};

/// A row that is being sorted.
struct Row {
    /// The number of its elements, at least 1.
    n: Var,
    descending: bool,
    dtype: DType,
}

/// Elements and their positions.
#[derive(Clone, Copy)]
struct Pairs {
    keys: Var,
    places: Var,
}

impl<'a> Cx<'a> {
    /// Emits a sort of rows.
    pub(super) fn sort(&mut self, op: &Sort, data: &'a InstData) -> Done {
        let (&[x], &[values, places]) = (data.args.as_slice(), data.results.as_slice()) else {
            return Err(internal("a sort has one operand and two results"));
        };
        let from = self.contiguous(x)?;
        let dests = (self.dest(values)?, self.dest(places)?);
        let out = (
            self.row_by_row(&dests.0, values)?,
            self.row_by_row(&dests.1, places)?,
        );
        let shape = self.shape_of(x)?;
        let (size, outer) = shape.split_last().ok_or_else(|| internal("no axis"))?;
        let keys = self.temporary("", &Type::array(from.dtype, [size.clone()]))?;
        let spare = self.temporary("", &Type::array(DType::I64, [size.clone()]))?;
        let hi = self.size(&product(outer)?)?;
        let spec = self.upto(hi)?;
        let (row, _) = self.open_for(spec, &[]);
        let counter = self.fresh();
        self.set(counter, super::cx::Val::Scalar(row));
        let start = times(&Size::value(counter), size)?;
        let into = self.at_row(&out, &start)?;
        let length = self.size(size)?;
        let begin = self.size(&plus(&from.offset, &start)?)?;
        let zero = self.b.index(0);
        self.b.copy((into.keys, zero), (from.buffer, begin), length);
        let (k, _) = self.open_for(ForSpec::up(zero, length), &[]);
        self.b.store(into.places, k, k);
        self.close_for(&[]);
        let row = Row {
            n: length,
            descending: op.descending,
            dtype: from.dtype,
        };
        let spare = Pairs {
            keys: keys.buffer,
            places: spare.buffer,
        };
        self.passes(&row, into, spare);
        self.close_for(&[]);
        self.deliver(values, out.0, dests.0)?;
        self.deliver(places, out.1, dests.1)
    }

    fn at_row(&mut self, (values, places): &(View, View), start: &Size) -> Done<Pairs> {
        let begin = self.size(&plus(&values.offset, start)?)?;
        let keys = self.b.advance(values.buffer, begin);
        let begin = self.size(&plus(&places.offset, start)?)?;
        let places = self.b.advance(places.buffer, begin);
        Ok(Pairs { keys, places })
    }

    /// Merges runs of 1, 2, 4, … elements; the result is in `row`.
    fn passes(&mut self, row: &Row, into: Pairs, spare: Pairs) {
        let (zero, one) = (self.b.index(0), self.b.index(1));
        let there = self.constant(Scalar::Bool(false));
        let inits = [one, into.keys, into.places, spare.keys, spare.places, there];
        let carried = self.open_while(&inits);
        let &[w, keys, places, other, others, there] = carried.as_slice() else {
            return;
        };
        let more = self.b.compare(Compare::Lt, w, row.n);
        self.open_while_body(more);
        let from = Pairs { keys, places };
        let to = Pairs {
            keys: other,
            places: others,
        };
        self.one_pass(row, w, from, to);
        let twice = self.b.add(w, w);
        let there = self.b.op(ScalarOp::Not, &[there]);
        let after = self.close_while(&[twice, other, others, keys, places, there]);
        if let Some(&moved) = after.last() {
            self.open_if(moved);
            self.b.copy((into.keys, zero), (spare.keys, zero), row.n);
            self.b
                .copy((into.places, zero), (spare.places, zero), row.n);
            self.open_else(&[]);
            self.close_if(&[]);
        }
    }

    /// Merges all neighbouring runs of `w` elements.
    fn one_pass(&mut self, row: &Row, w: Var, from: Pairs, to: Pairs) {
        let zero = self.b.index(0);
        let starts = self.open_while(&[zero]);
        let Some(&lo) = starts.first() else { return };
        let more = self.b.compare(Compare::Lt, lo, row.n);
        self.open_while_body(more);
        let end = |cx: &mut Self, start: Var| {
            let end = cx.b.add(start, w);
            cx.b.op(ScalarOp::Min, &[end, row.n])
        };
        let mid = end(self, lo);
        let hi = end(self, mid);
        self.merge(row, (lo, mid, hi), from, to);
        self.close_while(&[hi]);
    }

    /// Merges `lo..mid` and `mid..hi`.
    fn merge(&mut self, row: &Row, (lo, mid, hi): (Var, Var, Var), from: Pairs, to: Pairs) {
        let one = self.b.index(1);
        let last = self.b.sub(row.n, one);
        let (k, places) = self.open_for(ForSpec::up(lo, hi), &[lo, mid]);
        let &[i, j] = places.as_slice() else { return };
        // A run that is used up is not read; what is read in its place stays in the row.
        let left = self.b.op(ScalarOp::Min, &[i, last]);
        let right = self.b.op(ScalarOp::Min, &[j, last]);
        let a = self.b.load(from.keys, left, 1);
        let b = self.b.load(from.keys, right, 1);
        let before = self.is_before(row, b, a);
        let left_done = self.b.compare(Compare::Le, mid, i);
        let right_left = self.b.compare(Compare::Lt, j, hi);
        let take = self.b.op(ScalarOp::Or, &[left_done, before]);
        let take = self.b.op(ScalarOp::And, &[right_left, take]);
        let key = self.b.op(ScalarOp::Select, &[take, b, a]);
        let place = self.b.op(ScalarOp::Select, &[take, right, left]);
        let place = self.b.load(from.places, place, 1);
        self.b.store(to.keys, k, key);
        self.b.store(to.places, k, place);
        let by = self.b.op(ScalarOp::Convert(DType::I64), &[take]);
        let j = self.b.add(j, by);
        let by = self.b.sub(one, by);
        let i = self.b.add(i, by);
        self.close_for(&[i, j]);
    }

    /// Whether `a` comes before `b`: it is less (or more), or only `b` is NaN.
    fn is_before(&mut self, row: &Row, a: Var, b: Var) -> Var {
        let (low, high) = if row.descending { (b, a) } else { (a, b) };
        let less = self.b.compare(Compare::Lt, low, high);
        if !row.dtype.is_float() {
            return less;
        }
        let nan = self.b.compare(Compare::Ne, b, b);
        let number = self.b.compare(Compare::Eq, a, a);
        let only = self.b.op(ScalarOp::And, &[nan, number]);
        self.b.op(ScalarOp::Or, &[less, only])
    }
}
