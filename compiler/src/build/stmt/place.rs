//! Places: the parts of a variable that an assignment replaces.
//!
//! A place is evaluated once, to the steps that lead from its variable to the part. Replacing a part gives
//! the variable a new value; for elements that is an `update`, in a loop for each axis that a slice or an
//! array of positions runs through. So each element costs O(1), in the derivative as well.

use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::expr::{Cut, Entry};
use crate::build::types::Pat;
use crate::build::unify::Place as Fit;
use crate::build::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};
use dfn_ir::ops::{For, Index, Update};
use dfn_ir::{DType, Parts, Size, Type, Value};
use std::sync::Arc;

/// A place, evaluated.
#[derive(Debug)]
pub(super) struct Place {
    /// Where its variable is bound.
    pub(super) position: usize,
    /// The variable's name.
    pub(super) name: Arc<str>,
    /// From the variable to the part.
    pub(super) steps: Vec<Step>,
    /// The place in the source.
    pub(super) span: Span,
}

/// A step to a part.
#[derive(Debug)]
pub(super) enum Step {
    /// A field or a part of a tuple, by position.
    Part(usize),
    /// Elements.
    Elements(Vec<Entry>),
}

/// What a loop does with an array at its indices: the array afterwards.
type Body<'b, 'a> = dyn FnMut(&mut Elab<'a>, &[Value], Value) -> R<Value> + 'b;

/// What an axis of the assigned elements runs through.
enum Axis {
    /// Positions of one axis of the array.
    Cut(Cut),
    /// Positions that arrays give, one of possibly several axes of theirs.
    Many(Size),
}

impl Axis {
    fn extent(&self) -> &Size {
        match self {
            Axis::Cut(cut) => &cut.count,
            Axis::Many(size) => size,
        }
    }
}

/// Elements to replace: the loops over them, and how many leading axes of the array they index.
struct Elements<'e> {
    entries: &'e [Entry],
    axes: Vec<Axis>,
    /// The type of what is assigned at once, after the indexed axes.
    part: Type,
}

impl<'a> Elab<'a> {
    /// Evaluates a place, outermost first.
    pub(super) fn place(&mut self, place: &'a Expr) -> R<Place> {
        let place = place.unparenthesized();
        let (mut found, base) = match &place.kind {
            ExprKind::Name(name) => {
                let (position, name) = self.variable(name)?;
                return Ok(Place {
                    position,
                    name,
                    steps: Vec::new(),
                    span: place.span,
                });
            }
            ExprKind::Field { base, .. }
            | ExprKind::TupleField { base, .. }
            | ExprKind::Index { base, .. } => (self.place(base)?, base),
            _ => return Err(self.fail(errors::types::immutable("this", place.span, None))),
        };
        let owner = self.read_place(&found)?;
        let step = match &place.kind {
            ExprKind::Field { field, .. } => Step::Part(self.field_place(&owner, field)?),
            ExprKind::TupleField {
                index, index_span, ..
            } => Step::Part(self.tuple_place(&owner, *index, *index_span)?),
            ExprKind::Index { indices, .. } => {
                let shape = self.indexed_axes(&owner, base.span)?;
                Step::Elements(self.entries(&shape, indices, &owner, place.span)?)
            }
            _ => return Err(Reported),
        };
        // The field of an element is the element of the field.
        match (step, found.steps.last()) {
            (step @ Step::Part(_), Some(Step::Elements(_))) => {
                let last = found.steps.len() - 1;
                found.steps.insert(last, step);
            }
            (step, _) => found.steps.push(step),
        }
        found.span = place.span;
        Ok(found)
    }

    /// The binding of a variable.
    fn variable(&mut self, name: &'a crate::syntax::ast::Name) -> R<(usize, Arc<str>)> {
        let position = self.cx.scope.position(name.as_str());
        let binding = position
            .and_then(|position| self.cx.scope.at(position))
            .cloned();
        match (position, binding) {
            (Some(position), Some(binding)) if position < self.cx.captured => {
                let (at, bound) = (name.span, binding.span);
                Err(self.fail(errors::types::captured(name.as_str(), at, bound)))
            }
            (Some(position), Some(binding)) if binding.mutable && position < self.cx.held => {
                let (at, bound) = (name.span, binding.span);
                if position < self.cx.asked {
                    return Err(self.fail(errors::types::asked(name.as_str(), at, bound)));
                }
                Err(self.fail(errors::types::held(name.as_str(), at, bound)))
            }
            (Some(position), Some(binding)) if binding.mutable => Ok((position, name.text.clone())),
            (_, Some(binding)) => Err(self.fail(errors::types::immutable(
                name.as_str(),
                name.span,
                Some(binding.span),
            ))),
            _ => {
                let known = self.known_names();
                let known = known.iter().map(String::as_str);
                Err(self.fail(errors::names::unknown(
                    "variable",
                    name.as_str(),
                    name.span,
                    known,
                )))
            }
        }
    }

    fn variable_of(&mut self, place: &Place) -> R<Val<'a>> {
        match self
            .cx
            .scope
            .at(place.position)
            .map(|binding| &binding.meaning)
        {
            Some(Meaning::Val(Val::Error)) | None => Err(Reported),
            Some(Meaning::Val(val)) => Ok(val.clone()),
            Some(Meaning::Size(_) | Meaning::DType(_)) => Err(Reported),
        }
    }

    /// The value at a place.
    pub(super) fn read_place(&mut self, place: &Place) -> R<Val<'a>> {
        let mut val = self.variable_of(place)?;
        for step in &place.steps {
            val = self.read_step(&val, step, place.span)?;
        }
        Ok(val)
    }

    fn read_step(&mut self, owner: &Val<'a>, step: &Step, at: Span) -> R<Val<'a>> {
        match (step, owner) {
            (Step::Part(part), Val::Tuple(parts) | Val::Struct(_, parts)) => {
                parts.get(*part).cloned().ok_or(Reported)
            }
            (Step::Part(_), _) => Err(Reported),
            (Step::Elements(entries), _) => self.read_elements(owner, entries, at),
        }
    }

    /// Gives a place a value.
    pub(super) fn write_place(&mut self, place: &Place, val: &Val<'a>, at: Span) -> R<()> {
        let before = self.variable_of(place)?;
        let after = self.with_step(&before, &place.steps, val, place.span, at)?;
        self.name_value(&after, &place.name);
        self.cx.scope.assign(place.position, after);
        Ok(())
    }

    /// `owner` with the part that the steps lead to replaced.
    fn with_step(
        &mut self,
        owner: &Val<'a>,
        steps: &[Step],
        val: &Val<'a>,
        place: Span,
        at: Span,
    ) -> R<Val<'a>> {
        let Some((step, rest)) = steps.split_first() else {
            return self.like(owner, val, place, at);
        };
        match step {
            Step::Part(part) => {
                let before = self.read_step(owner, step, place)?;
                let after = self.with_step(&before, rest, val, place, at)?;
                with_part(owner, *part, after)
            }
            Step::Elements(entries) if matches!(owner, Val::Struct(..)) => {
                let before = self.read_step(owner, step, place)?;
                let after = self.with_step(&before, rest, val, place, at)?;
                let mut leaves = after.leaves().into_iter();
                owner.map_leaves(&mut |array| {
                    let new = Val::Ir(leaves.next().ok_or(Reported)?);
                    self.updated(array, entries, &new, None, place, at)
                })
            }
            Step::Elements(entries) if rest.is_empty() => {
                let array = self.ir(owner, place)?;
                self.updated(array, entries, val, None, place, at)
                    .map(Val::Ir)
            }
            Step::Elements(entries) => {
                let before = self.read_step(owner, step, place)?;
                let after = self.with_step(&before, rest, val, place, at)?;
                let array = self.ir(owner, place)?;
                self.updated(array, entries, &after, None, place, at)
                    .map(Val::Ir)
            }
        }
    }

    /// `a[idx] += v` with an array of positions: one element after the other, so that one that is named
    /// twice gets both.
    pub(super) fn accumulate(
        &mut self,
        place: &Place,
        op: (BinaryOp, Span),
        val: &Val<'a>,
        at: Span,
    ) -> R<()> {
        let Some((Step::Elements(entries), steps)) = place.steps.split_last() else {
            return Err(Reported);
        };
        let mut owner = self.variable_of(place)?;
        for step in steps {
            owner = self.read_step(&owner, step, place.span)?;
        }
        let array = self.ir(&owner, place.span)?;
        let after = self.updated(array, entries, val, Some(op), place.span, at)?;
        let whole = Place {
            position: place.position,
            name: place.name.clone(),
            steps: Vec::new(),
            span: place.span,
        };
        let before = self.variable_of(&whole)?;
        let after = self.with_step(&before, steps, &Val::Ir(after), place.span, at)?;
        self.name_value(&after, &place.name);
        self.cx.scope.assign(place.position, after);
        Ok(())
    }

    /// `array` with the elements of `entries` replaced by `val`, or by what `op` makes of both.
    fn updated(
        &mut self,
        array: Value,
        entries: &[Entry],
        val: &Val<'a>,
        op: Option<(BinaryOp, Span)>,
        place: Span,
        at: Span,
    ) -> R<Value> {
        let ty = self.ty(array);
        let elements = self.elements(&ty, entries);
        let extents: Vec<Size> = elements
            .axes
            .iter()
            .map(|axis| axis.extent().clone())
            .collect();
        let shape = extents.iter().chain(&elements.part.shape).cloned();
        let whole = Type::array(ty.dtype, shape);
        let value = self.fit_part(val, &whole, place, at)?;
        let mut body = |elab: &mut Self, indices: &[Value], array: Value| {
            let mut part = value;
            if !indices.is_empty() && elab.ty(value).rank() > 0 {
                let operands: Vec<Value> = std::iter::once(value)
                    .chain(indices.iter().copied())
                    .collect();
                part = elab.emit(Index, &operands, place)?;
            }
            let positions = elab.element_positions(&elements, indices, place)?;
            if let Some((op, op_span)) = op {
                let operands: Vec<Value> = std::iter::once(array)
                    .chain(positions.iter().copied())
                    .collect();
                let old = Val::Ir(elab.emit(Index, &operands, place)?);
                let new = elab.combine(op, op_span, (old, place), (Val::Ir(part), at), place)?;
                part = elab.ir(&new, place)?;
            }
            let operands: Vec<Value> = [array, part].into_iter().chain(positions).collect();
            elab.emit(Update, &operands, place)
        };
        self.nest(&extents, &mut Vec::new(), array, place, &mut body)
    }

    /// The loops over the elements of `entries`; whole axes at the end are replaced at once.
    fn elements<'e>(&self, ty: &Type, entries: &'e [Entry]) -> Elements<'e> {
        let last = entries
            .iter()
            .rposition(|entry| !matches!(entry, Entry::All));
        let entries = entries
            .get(..last.map_or(0, |last| last + 1))
            .unwrap_or_default();
        let mut axes = Vec::new();
        let mut met = false;
        for (entry, size) in entries.iter().zip(&ty.shape) {
            match entry {
                Entry::At(_) => {}
                Entry::All => axes.push(Axis::Cut(Cut {
                    first: Size::constant(0),
                    step: Size::constant(1),
                    count: size.clone(),
                })),
                Entry::Slice(cut) => axes.push(Axis::Cut(cut.clone())),
                Entry::Many(value) if !met => {
                    let extents = self.cx.b.ty(*value).shape.to_vec();
                    axes.extend(extents.into_iter().map(Axis::Many));
                    met = true;
                }
                Entry::Many(_) => {}
            }
        }
        Elements {
            part: ty.drop_axes(entries.len()),
            entries,
            axes,
        }
    }

    /// The position on each indexed axis at a step of the loops.
    fn element_positions(
        &mut self,
        elements: &Elements<'_>,
        indices: &[Value],
        at: Span,
    ) -> R<Vec<Value>> {
        let steps = || elements.axes.iter().zip(indices);
        let many: Vec<Value> = steps()
            .filter(|(axis, _)| matches!(axis, Axis::Many(_)))
            .map(|(_, index)| *index)
            .collect();
        let mut cuts = steps().filter_map(|(axis, index)| match axis {
            Axis::Cut(cut) => Some((cut, *index)),
            Axis::Many(_) => None,
        });
        let mut positions = Vec::new();
        for entry in elements.entries {
            positions.push(match entry {
                Entry::At(_) | Entry::Many(_) => self.position_at(entry, &many, at)?,
                Entry::All | Entry::Slice(_) => {
                    let (cut, index) = cuts.next().ok_or(Reported)?;
                    let offset = Size::value(index).checked_mul(&cut.step);
                    let position = offset.and_then(|offset| offset.checked_add(&cut.first));
                    let position = self.size_result(position, at)?;
                    self.size_value(&position, at)?
                }
            });
        }
        Ok(positions)
    }

    /// Loops in each other that carry an array.
    fn nest(
        &mut self,
        extents: &[Size],
        indices: &mut Vec<Value>,
        array: Value,
        at: Span,
        body: &mut Body<'_, 'a>,
    ) -> R<Value> {
        let Some((extent, inner)) = extents.split_first() else {
            return body(self, indices, array);
        };
        let ty = self.ty(array);
        let facts = self.cx.facts.clone();
        self.cx.b.open();
        let index = self.cx.b.param(Type::scalar(DType::I64), None);
        let carried = self.cx.b.param(ty, None);
        indices.push(index);
        let after = self.nest(inner, indices, carried, at, body);
        indices.pop();
        let block = self.cx.b.close(after.iter().copied().collect());
        self.cx.facts = facts;
        after?;
        let parts = Parts {
            args: [array].into_iter().collect(),
            sizes: [extent.clone()].into_iter().collect(),
            blocks: vec![block],
            wanted: Vec::new(),
        };
        let results = self.emit_parts(For { reverse: false }, parts, at)?;
        results.first().copied().ok_or(Reported)
    }

    /// The assigned value in the type of the elements; a scalar stays one, and is repeated where it is put.
    fn fit_part(&mut self, val: &Val<'a>, whole: &Type, place: Span, at: Span) -> R<Value> {
        let pat = Pat::Array(whole.dtype, whole.shape.to_vec());
        let fit = Fit {
            at,
            declared: place,
            what: "the elements",
        };
        let number = matches!(val, Val::Number(_) | Val::Numbers(_)) && whole.dtype != DType::Bool;
        let value = match val {
            Val::Ir(value) => *value,
            _ if number => self.ir_as(val, Some(whole.dtype), at)?,
            _ => {
                let val = self.fit_known(&pat, val, fit)?;
                return self.ir(&val, at);
            }
        };
        let ty = self.ty(value);
        if ty.dtype != whole.dtype || ty.rank() > whole.rank() {
            return Err(self.type_differs(&pat, val, fit));
        }
        let offset = whole.rank() - ty.rank();
        for (wanted, size) in whole.shape.iter().skip(offset).zip(&ty.shape) {
            if wanted != size && !size.is(1) {
                return Err(self.sizes_differ("the elements", wanted, size, at));
            }
        }
        self.broadcast_to(value, &whole.shape, at)
    }
}

/// A struct or tuple with one part replaced.
fn with_part<'a>(owner: &Val<'a>, part: usize, val: Val<'a>) -> R<Val<'a>> {
    let replaced = |parts: &[Val<'a>]| {
        let mut parts = parts.to_vec();
        if let Some(slot) = parts.get_mut(part) {
            *slot = val;
        }
        parts
    };
    match owner {
        Val::Tuple(parts) => Ok(Val::Tuple(replaced(parts))),
        Val::Struct(def, parts) => Ok(Val::Struct(*def, replaced(parts))),
        _ => Err(Reported),
    }
}
