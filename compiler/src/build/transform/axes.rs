//! The axes that `vmap` maps: as they are written, and in the arguments and the result.

use crate::build::elab::{Elab, R};
use crate::build::errors::batches as errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{Expr, ExprKind, Literal, UnaryOp};
use dfn_ir::ops::Transposed;
use dfn_ir::{Size, Value};

/// Which axis of a value is mapped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::build) enum Axis {
    /// This axis of every array in it; a negative one counts from the last.
    At(i64),
    /// None: each call gets the whole value.
    Whole,
    /// An axis for each argument, or for each part of a tuple.
    Parts(Vec<Axis>),
}

impl Axis {
    /// The axis of argument or part `k` of `count`; `None` if there is not one for each.
    pub(super) fn part(&self, k: usize, count: usize) -> Option<&Axis> {
        match self {
            Axis::Parts(parts) if parts.len() == count => parts.get(k),
            Axis::Parts(_) => None,
            Axis::At(_) | Axis::Whole => Some(self),
        }
    }
}

/// Which axis of a value is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along<'x> {
    axis: &'x Axis,
    /// In an array of structs: how many leading axes every leaf has, which alone count.
    rows: Option<usize>,
}

impl<'x> Along<'x> {
    /// An axis of a whole value.
    pub(super) fn new(axis: &'x Axis) -> Along<'x> {
        Along { axis, rows: None }
    }

    /// The axis of part `k` of `val`, which has `count` parts; `None` if there is not one for each.
    fn part(self, val: &Val<'_>, k: usize, count: usize) -> Option<Along<'x>> {
        let rows = match val {
            Val::Struct(def, _) if def.rows > 0 => self.rows.or(Some(def.rows)),
            _ => self.rows,
        };
        let axis = self.axis.part(k, count)?;
        Some(Along { axis, rows })
    }
}

impl<'a> Elab<'a> {
    /// `axes = 1`, `axes = (0, none)`
    pub(super) fn axes_argument(&mut self, expr: &'a Expr) -> R<Axis> {
        match &expr.unparenthesized().kind {
            ExprKind::Tuple(parts) => {
                let parts: Vec<R<Axis>> =
                    parts.iter().map(|part| self.axes_argument(part)).collect();
                Ok(Axis::Parts(parts.into_iter().collect::<R<_>>()?))
            }
            ExprKind::Name(name) if name.as_str() == "none" => Ok(Axis::Whole),
            ExprKind::Literal(Literal::Int { value, .. }) => match i64::try_from(*value) {
                Ok(axis) => Ok(Axis::At(axis)),
                Err(_) => Err(self.fail(errors::not_axes(expr.span))),
            },
            ExprKind::Unary {
                op: UnaryOp::Neg,
                operand,
                ..
            } => match self.axes_argument(operand)? {
                Axis::At(axis) => Ok(Axis::At(-axis)),
                Axis::Whole | Axis::Parts(_) => Err(self.fail(errors::not_axes(expr.span))),
            },
            _ => Err(self.fail(errors::not_axes(expr.span))),
        }
    }

    /// The axis of `value` that `axis` says. Of an array of structs the `rows` leading axes alone count.
    fn axis_of(
        &mut self,
        value: Value,
        (axis, rows): (i64, Option<usize>),
        what: &str,
        at: Span,
    ) -> R<usize> {
        let ty = self.ty(value);
        let rank = rows.unwrap_or(ty.rank()) as i64;
        let counted = if axis < 0 { axis + rank } else { axis };
        let found = usize::try_from(counted).ok().filter(|k| (*k as i64) < rank);
        found.ok_or_else(|| {
            let shown = self.show_type(&ty);
            self.fail(errors::no_axis(what, &shown, axis, at))
        })
    }

    /// `val` with the mapped axis of every array first; `size` is what these axes have in common.
    pub(super) fn axis_first(
        &mut self,
        val: &Val<'a>,
        along: Along<'_>,
        (what, size): (&str, &mut Option<(Size, String)>),
        at: Span,
    ) -> R<Val<'a>> {
        let parts = match val {
            Val::Tuple(parts) | Val::Struct(_, parts) => parts,
            Val::Ir(value) => return self.leaf_first(*value, along, (what, size), at),
            _ => return Ok(val.clone()),
        };
        let mut moved = Vec::new();
        for (k, part) in parts.iter().enumerate() {
            let Some(inner) = along.part(val, k, parts.len()) else {
                return Err(self.fail(errors::count(what, parts.len(), at)));
            };
            moved.push(self.axis_first(part, inner, (what, &mut *size), at)?);
        }
        Ok(match val {
            Val::Struct(def, _) => Val::Struct(*def, moved),
            _ => Val::Tuple(moved),
        })
    }

    fn leaf_first(
        &mut self,
        value: Value,
        along: Along<'_>,
        (what, size): (&str, &mut Option<(Size, String)>),
        at: Span,
    ) -> R<Val<'a>> {
        let axis = match along.axis {
            Axis::Whole => return Ok(Val::Ir(value)),
            Axis::At(axis) => self.axis_of(value, (*axis, along.rows), what, at)?,
            Axis::Parts(parts) => return Err(self.fail(errors::count(what, parts.len(), at))),
        };
        let ty = self.ty(value);
        let own = ty.shape.get(axis).cloned().unwrap_or_default();
        match size {
            Some((known, other)) if *known != own => {
                let (known, own) = (self.show_size(known), self.show_size(&own));
                return Err(self.fail(errors::differ((other, &known), (what, &own), at)));
            }
            Some(_) => {}
            None => *size = Some((own, what.to_owned())),
        }
        if axis == 0 {
            return Ok(Val::Ir(value));
        }
        let axes = std::iter::once(axis)
            .chain((0..ty.rank()).filter(|k| *k != axis))
            .collect();
        Ok(Val::Ir(self.emit(Transposed { axes }, &[value], at)?))
    }

    /// `val`, which has the mapped axis first, with it where `axis` says.
    pub(super) fn axis_back(&mut self, val: &Val<'a>, along: Along<'_>, at: Span) -> R<Val<'a>> {
        let what = "the result";
        let parts = match val {
            Val::Tuple(parts) | Val::Struct(_, parts) => parts,
            Val::Ir(value) => {
                let axis = match along.axis {
                    Axis::At(axis) => self.axis_of(*value, (*axis, along.rows), what, at)?,
                    Axis::Whole => return Err(self.fail(errors::not_axes(at))),
                    Axis::Parts(parts) => {
                        return Err(self.fail(errors::count(what, parts.len(), at)));
                    }
                };
                let rank = self.ty(*value).rank();
                let axes = (1..=axis).chain([0]).chain(axis + 1..rank).collect();
                return match axis {
                    0 => Ok(val.clone()),
                    _ => Ok(Val::Ir(self.emit(Transposed { axes }, &[*value], at)?)),
                };
            }
            _ => return Ok(val.clone()),
        };
        let mut moved = Vec::new();
        for (k, part) in parts.iter().enumerate() {
            let Some(inner) = along.part(val, k, parts.len()) else {
                return Err(self.fail(errors::count(what, parts.len(), at)));
            };
            moved.push(self.axis_back(part, inner, at)?);
        }
        Ok(match val {
            Val::Struct(def, _) => Val::Struct(*def, moved),
            _ => Val::Tuple(moved),
        })
    }
}
