//! Where an access to an array lies: for each axis, its position as a polynomial in the indices of the
//! regions around it.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::chain::{Definitions, definitions};
use super::separate::Inside;
use crate::function::{Block, Function, Inst, Value};
use crate::op::Op;
use crate::ops::Const;
use crate::scalar::Scalar;
use crate::size::Size;
use cranelift_entity::EntityRef;
use std::collections::HashMap;

/// How deep the definition of a position is followed.
const DEPTH: usize = 16;

/// The largest number that is taken into a polynomial: with it, and with indices of arrays that fit a memory,
/// no position overflows.
const MOST: u64 = 1 << 16;

/// The positions of an access along the axes of its array.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// For each axis a polynomial in values, and in the spans below.
    pub(super) axes: Vec<Size>,
    /// Stand-ins for indices into the part that is accessed, with the extents.
    pub(super) spans: Vec<(Value, Size)>,
}

/// One axis while views of an array are followed: index `i` of the view is at `offset + scale * i`.
#[derive(Clone, Debug)]
struct Axis {
    offset: Size,
    scale: i64,
}

impl Axis {
    fn at(&self, index: &Size) -> Option<Size> {
        self.offset.checked_add(&index.checked_scale(self.scale)?)
    }
}

/// The places of the accesses of a function.
#[derive(Debug)]
pub(super) struct Places<'f> {
    /// The function.
    pub(super) func: &'f Function,
    definitions: Definitions,
    /// The next stand-in.
    next: usize,
}

impl<'f> Places<'f> {
    pub(super) fn of(func: &'f Function) -> Places<'f> {
        Places {
            func,
            definitions: definitions(func, std::slice::from_ref(&func.body)),
            next: func.values.len(),
        }
    }

    /// The part that `value` reads of an array, and the array.
    pub(super) fn of_read(&mut self, value: Value) -> Option<(Value, Place)> {
        let (array, axes, left) = self.view(value)?;
        let extents = self.func.ty(value).shape.clone();
        Some((array, self.place(axes, &left, &extents)?))
    }

    /// The part that the `update` `inst` writes.
    pub(super) fn of_write(&mut self, inst: Inst) -> Option<Place> {
        let func = self.func;
        let args = &func.insts[inst].args;
        let rank = func.ty(*args.first()?).rank();
        let mut axes = vec![whole(); rank];
        for (axis, &index) in axes.iter_mut().zip(args.iter().skip(2)) {
            axis.offset = self.position(index)?;
        }
        let left: Vec<usize> = (args.len().saturating_sub(2)..rank).collect();
        self.place(axes, &left, &func.ty(*args.get(1)?).shape)
    }

    /// The axes of the array that `value` is a view of, and which of them the view has.
    fn view(&self, value: Value) -> Option<(Value, Vec<Axis>, Vec<usize>)> {
        let data = match self.definitions.get(&value) {
            Some(&(inst, _)) => &self.func.insts[inst],
            None => return Some(self.all(value)),
        };
        match &data.op {
            Op::Index(_) => {
                let (array, mut axes, left) = self.view(*data.args.first()?)?;
                let indices = data.args.get(1..)?;
                for (&axis, &index) in left.iter().zip(indices) {
                    axes[axis].offset = axes[axis].at(&self.position(index)?)?;
                }
                let left = left.get(indices.len()..)?.to_vec();
                Some((array, axes, left))
            }
            Op::Slice(slice) => {
                let (array, mut axes, left) = self.view(*data.args.first()?)?;
                let axis = axes.get_mut(*left.get(slice.axis)?)?;
                axis.offset = axis.at(&self.position(*data.args.get(1)?)?)?;
                axis.scale = axis
                    .scale
                    .checked_mul(slice.step)
                    .filter(|k| k.unsigned_abs() <= MOST)?;
                Some((array, axes, left))
            }
            _ => Some(self.all(value)),
        }
    }

    fn all(&self, value: Value) -> (Value, Vec<Axis>, Vec<usize>) {
        let rank = self.func.ty(value).rank();
        (value, vec![whole(); rank], (0..rank).collect())
    }

    fn place(&mut self, axes: Vec<Axis>, left: &[usize], extents: &[Size]) -> Option<Place> {
        let mut spans = Vec::new();
        let mut positions: Vec<Size> = axes.iter().map(|axis| axis.offset.clone()).collect();
        for (&axis, extent) in left.iter().zip(extents) {
            let span = Value::new(self.next);
            self.next += 1;
            positions[axis] = axes[axis].at(&Size::value(span))?;
            spans.push((span, self.expanded(extent, 0)?));
        }
        Some(Place {
            axes: positions,
            spans,
        })
    }

    /// An index as a polynomial in values that are not themselves sums and products.
    fn position(&self, index: Value) -> Option<Size> {
        self.polynomial(index, 0)
    }

    fn polynomial(&self, value: Value, depth: usize) -> Option<Size> {
        let Some(&(inst, _)) = self.definitions.get(&value).filter(|_| depth < DEPTH) else {
            return Some(Size::value(value));
        };
        let data = &self.func.insts[inst];
        let operand = |k: usize| self.polynomial(*data.args.get(k)?, depth + 1);
        match &data.op {
            Op::Const(Const {
                value: Scalar::I64(n),
            }) if n.unsigned_abs() <= MOST => Some(Size::constant(*n)),
            Op::SizeOf(_) => self.expanded(data.sizes.first()?, depth + 1),
            Op::Add(_) => operand(0)?.checked_add(&operand(1)?),
            Op::Sub(_) => operand(0)?.checked_sub(&operand(1)?),
            Op::Mul(_) => operand(0)?.checked_mul(&operand(1)?),
            _ => Some(Size::value(value)),
        }
    }

    /// A size in terms of values that are not themselves sums and products.
    fn expanded(&self, size: &Size, depth: usize) -> Option<Size> {
        let mut forms = HashMap::new();
        for value in size.values() {
            forms.insert(value, self.polynomial(value, depth)?);
        }
        size.substitute(|v| forms.get(&v).cloned().unwrap_or_else(|| Size::value(v)))
    }

    /// What is known of the values inside of the loop `inst`.
    pub(super) fn enter(&self, inst: Inst) -> Inside {
        let func = self.func;
        let mut inside = Inside::default();
        inside.sizes.extend(func.size_params().iter().copied());
        let mut open: Vec<(Inst, &Block)> = Vec::new();
        open.extend(func.insts[inst].blocks.iter().map(|block| (inst, block)));
        while let Some((owner, block)) = open.pop() {
            let data = &func.insts[owner];
            inside.defined.extend(block.params.iter().copied());
            if matches!(data.op, Op::For(_) | Op::Map(_)) {
                for (&index, size) in block.params.iter().zip(&data.sizes) {
                    if let Some(extent) = self.expanded(size, 0) {
                        inside.nest(index, extent);
                    }
                }
            }
            for &inner in &block.insts {
                let data = &func.insts[inner];
                inside.defined.extend(data.results.iter().copied());
                open.extend(data.blocks.iter().map(|block| (inner, block)));
            }
        }
        inside
    }
}

fn whole() -> Axis {
    Axis {
        offset: Size::default(),
        scale: 1,
    }
}

/// The array that `value` is a view of.
pub(super) fn source(func: &Function, definitions: &Definitions, mut value: Value) -> Value {
    while let Some(&(inst, _)) = definitions.get(&value) {
        let data = &func.insts[inst];
        match (&data.op, data.args.first()) {
            (Op::Index(_) | Op::Slice(_), Some(&array)) => value = array,
            _ => break,
        }
    }
    value
}
