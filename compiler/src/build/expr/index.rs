//! Indices and slices: `a[i, 1..n, ..]`.
//!
//! Slices are taken first, each on its axis; then positions, for which their axes are moved to the front.

use super::entries::{Cut, Entry};
use crate::build::elab::{Elab, R};
use crate::build::val::{StructDef, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr};
use dfn_ir::ops::{Add, Index, Iota, Mul, Slice, Transposed};
use dfn_ir::{DType, Size, Type, Value};

impl<'a> Elab<'a> {
    /// `base[indices]`
    pub(super) fn index(
        &mut self,
        base: &'a Expr,
        indices: &'a [ast::Index],
        at: Span,
    ) -> R<Val<'a>> {
        let val = self.expr(base)?;
        let shape = self.indexed_axes(&val, base.span)?;
        let entries = self.entries(&shape, indices, &val, at)?;
        self.read_elements(&val, &entries, at)
    }

    /// The sizes of the axes that an index may name.
    pub(in crate::build) fn indexed_axes(&mut self, val: &Val<'a>, at: Span) -> R<Vec<Size>> {
        let rows = val.rows(|leaf| self.cx.b.ty(leaf));
        if !rows.is_empty() {
            return Ok(rows);
        }
        let array = self.ir(val, at)?;
        Ok(self.ty(array).shape.to_vec())
    }

    /// The elements of an array, or of an array of structs, that entries say.
    pub(in crate::build) fn read_elements(
        &mut self,
        val: &Val<'a>,
        entries: &[Entry],
        at: Span,
    ) -> R<Val<'a>> {
        let Val::Struct(def, _) = val else {
            let array = self.ir(val, at)?;
            return Ok(Val::Ir(self.read_entries(array, entries, at)?));
        };
        let many = entries.iter().find_map(|entry| match entry {
            Entry::Many(value) => Some(self.ty(*value).rank()),
            _ => None,
        });
        let is_position = |entry: &&Entry| matches!(entry, Entry::At(_) | Entry::Many(_));
        let gone = entries.iter().filter(is_position).count();
        let rows = (def.rows + many.unwrap_or(0)).saturating_sub(gone);
        self.with_inner_rows(val, rows, def.rows, &mut |elab, leaf| {
            elab.read_entries(leaf, entries, at)
        })
    }

    /// An array of structs with its leaves replaced and `rows` in place of its `before` leading axes;
    /// structs in it may have more of their own.
    fn with_inner_rows(
        &mut self,
        val: &Val<'a>,
        rows: usize,
        before: usize,
        to: &mut dyn FnMut(&mut Self, Value) -> R<Value>,
    ) -> R<Val<'a>> {
        match val {
            Val::Ir(value) => Ok(Val::Ir(to(self, *value)?)),
            Val::Struct(def, parts) => {
                let inner = (def.rows + rows).saturating_sub(before);
                let parts: R<Vec<Val<'a>>> = parts
                    .iter()
                    .map(|part| self.with_inner_rows(part, rows, before, to))
                    .collect();
                Ok(Val::Struct(
                    StructDef {
                        rows: inner,
                        ..*def
                    },
                    parts?,
                ))
            }
            _ => Ok(val.clone()),
        }
    }

    /// The part of an array that entries of its leading axes say.
    pub(in crate::build) fn read_entries(
        &mut self,
        array: Value,
        entries: &[Entry],
        at: Span,
    ) -> R<Value> {
        let mut current = array;
        for (axis, entry) in entries.iter().enumerate() {
            if let Entry::Slice(cut) = entry {
                current = self.sliced(current, axis, cut, at)?;
            }
        }
        self.at_positions(current, entries, at)
    }

    /// A slice of one axis.
    fn sliced(&mut self, array: Value, axis: usize, cut: &Cut, at: Span) -> R<Value> {
        let Some(step) = cut.step.as_constant() else {
            let positions = self.positions_of(cut, at)?;
            let mut entries = vec![Entry::All; axis];
            entries.push(Entry::Many(positions));
            return self.at_positions(array, &entries, at);
        };
        let mut ty = self.ty(array);
        if let Some(slot) = ty.shape.get_mut(axis) {
            *slot = cut.count.clone();
        }
        let first = self.size_value(&cut.first, at)?;
        self.emit_as(Slice { axis, step }, &[array, first], ty, at)
    }

    /// The positions of a slice whose step is not a constant, as an array.
    fn positions_of(&mut self, cut: &Cut, at: Span) -> R<Value> {
        let ty = Type::array(DType::I64, [cut.count.clone()]);
        let numbers = self.emit_as(Iota, &[], ty.clone(), at)?;
        let step = self.size_value(&cut.step, at)?;
        let step = self.broadcast_to(step, &ty.shape, at)?;
        let first = self.size_value(&cut.first, at)?;
        let first = self.broadcast_to(first, &ty.shape, at)?;
        let offsets = self.emit(Mul, &[numbers, step], at)?;
        self.emit(Add, &[first, offsets], at)
    }

    /// The part at positions on some axes, which disappear. The axes of arrays of positions stand where the
    /// first of them stood; slices were taken before.
    fn at_positions(&mut self, array: Value, entries: &[Entry], at: Span) -> R<Value> {
        let is_position = |entry: &Entry| matches!(entry, Entry::At(_) | Entry::Many(_));
        let axes = entries.iter().enumerate();
        let taken: Vec<usize> = axes
            .filter(|(_, entry)| is_position(entry))
            .map(|(axis, _)| axis)
            .collect();
        if taken.is_empty() {
            return Ok(array);
        }
        let rank = self.ty(array).rank();
        let front = self.fronted(array, &taken, rank, at)?;
        let positions: Vec<&Entry> = entries.iter().filter(|entry| is_position(entry)).collect();
        let first = entries
            .iter()
            .enumerate()
            .find_map(|(axis, entry)| match entry {
                Entry::Many(value) => Some((axis, *value)),
                _ => None,
            });
        let Some((axis, many)) = first else {
            let at_one = positions.iter().filter_map(|entry| match entry {
                Entry::At(value) => Some(*value),
                _ => None,
            });
            let operands: Vec<Value> = std::iter::once(front).chain(at_one).collect();
            return self.emit(Index, &operands, at);
        };
        let extents = self.ty(many).shape.to_vec();
        let gathered = self.gathered(front, &positions, &extents, at)?;
        let before = (0..axis).filter(|axis| !taken.contains(axis)).count();
        self.axes_to(gathered, extents.len(), before, at)
    }

    /// The array with the axes `taken` first.
    fn fronted(&mut self, array: Value, taken: &[usize], rank: usize, at: Span) -> R<Value> {
        let mut axes = taken.to_vec();
        axes.extend((0..rank).filter(|axis| !taken.contains(axis)));
        match axes.iter().copied().eq(0..rank) {
            true => Ok(array),
            false => self.emit(Transposed { axes }, &[array], at),
        }
    }

    /// The parts of an array at many positions of its leading axes, along new first axes.
    fn gathered(
        &mut self,
        array: Value,
        positions: &[&Entry],
        extents: &[Size],
        at: Span,
    ) -> R<Value> {
        let gathered = self.map_region(extents, at, |elab, indices| {
            let mut operands = vec![array];
            for position in positions {
                operands.push(elab.position_at(position, indices, at)?);
            }
            Ok(Val::Ir(elab.emit(Index, &operands, at)?))
        })?;
        self.ir(&gathered, at)
    }

    /// A position; of an array of them the one at `indices`.
    pub(in crate::build) fn position_at(
        &mut self,
        entry: &Entry,
        indices: &[Value],
        at: Span,
    ) -> R<Value> {
        match entry {
            Entry::At(value) => Ok(*value),
            Entry::Many(value) => {
                let operands: Vec<Value> = std::iter::once(*value)
                    .chain(indices.iter().copied())
                    .collect();
                self.emit(Index, &operands, at)
            }
            Entry::All | Entry::Slice(_) => Err(crate::build::elab::Reported),
        }
    }

    /// The array with its first `count` axes moved behind the `before` axes after them.
    fn axes_to(&mut self, array: Value, count: usize, before: usize, at: Span) -> R<Value> {
        let rank = self.ty(array).rank();
        let mut axes: Vec<usize> = (count..count + before).collect();
        axes.extend(0..count);
        axes.extend(count + before..rank);
        match axes.iter().copied().eq(0..rank) {
            true => Ok(array),
            false => self.emit(Transposed { axes }, &[array], at),
        }
    }
}
