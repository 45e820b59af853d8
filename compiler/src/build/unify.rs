//! Declared types against values: literals get the declared type, unknown sizes are determined, and what
//! does not fit is reported with both sides.
//!
//! The sizes that a signature declares are, while arguments are bound, *unknowns*: values with numbers
//! that no function uses. A declared size is then a polynomial over unknowns and values of the caller.

use super::elab::{Elab, R};
use super::errors;
use super::errors::sizes::Side;
use super::types::Pat;
use super::val::{Binding, Meaning, Val};
use crate::diagnostic::Span;
use cranelift_entity::EntityRef;
use dfn_ir::{Size, Value};
use std::sync::Arc;

/// A size that arguments are to determine.
#[derive(Clone, Debug)]
pub(super) struct Unknown {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its value, once known.
    pub(super) solved: Option<Size>,
    /// The value that determined it.
    pub(super) by: Option<Span>,
}

/// The number of the first unknown; functions have fewer values.
const FIRST: usize = 1 << 30;

/// Where a value meets a declared type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    /// The value.
    pub(super) at: Span,
    /// The type.
    pub(super) declared: Span,
    /// What the value is, as in "argument `x` of `f`".
    pub(super) what: &'p str,
}

/// What could not be compared yet, because a size was unknown.
#[derive(Clone, Debug)]
pub(super) struct Postponed {
    pattern: Size,
    actual: Size,
    at: Span,
    what: String,
}

impl<'a> Elab<'a> {
    /// A new unknown size, as an atom.
    pub(super) fn unknown(&mut self, name: &Arc<str>) -> Size {
        let atom = Value::new(FIRST + self.unknowns.len());
        self.unknowns.push(Unknown {
            name: name.clone(),
            solved: None,
            by: None,
        });
        Size::value(atom)
    }

    /// The unknown that `value` stands for.
    pub(super) fn unknown_of(&self, value: Value) -> Option<&Unknown> {
        self.unknowns.get(value.index().checked_sub(FIRST)?)
    }

    /// The size with the unknowns that are known put in.
    pub(super) fn solved(&self, size: &Size) -> Size {
        let known = |v: Value| {
            let solved = self
                .unknown_of(v)
                .and_then(|unknown| unknown.solved.clone());
            solved.unwrap_or_else(|| Size::value(v))
        };
        size.substitute(known).unwrap_or_else(|| size.clone())
    }

    /// The only unknown of `size`, with its coefficient and what is left, if it stands there alone.
    fn only_unknown(&self, size: &Size) -> Option<(Value, i64, Size)> {
        let mut unknown = size.values().filter(|v| self.unknown_of(*v).is_some());
        let (value, None) = (unknown.next()?, unknown.next()) else {
            return None;
        };
        let k = size
            .terms()
            .find_map(|(values, k)| (values == [value]).then_some(k))?;
        let rest = size.checked_sub(&Size::value(value).checked_scale(k)?)?;
        Some((value, k, rest))
    }

    /// Compares a declared size with that of a value; determines an unknown if there is one.
    fn unify_size(
        &mut self,
        pattern: &Size,
        actual: &Size,
        place: Place<'_>,
        later: &mut Vec<Postponed>,
    ) -> R<()> {
        let declared = pattern;
        let pattern = self.solved(pattern);
        if pattern == *actual {
            return Ok(());
        }
        if let Some((value, k, rest)) = self.only_unknown(&pattern) {
            let solution = actual.checked_sub(&rest).and_then(|size| divide(&size, k));
            if let Some(size) = solution {
                let index = value.index().wrapping_sub(FIRST);
                if let Some(unknown) = self.unknowns.get_mut(index) {
                    unknown.solved = Some(size);
                    unknown.by = Some(place.at);
                }
                return Ok(());
            }
        }
        if pattern.values().any(|v| self.unknown_of(v).is_some()) {
            later.push(Postponed {
                pattern: declared.clone(),
                actual: actual.clone(),
                at: place.at,
                what: place.what.to_owned(),
            });
            return Ok(());
        }
        Err(self.declared_differs(declared, actual, place.at, place.what))
    }

    /// Says that a declared size is not the one found, and what determined the names in it.
    fn declared_differs(
        &mut self,
        declared: &Size,
        found: &Size,
        at: Span,
        what: &str,
    ) -> super::elab::Reported {
        let mut wanted = self.side(&self.solved(declared));
        for unknown in declared.values().filter_map(|v| self.unknown_of(v)) {
            if let (Some(by), Some(solved)) = (unknown.by, &unknown.solved) {
                let solved = self.show_size(solved);
                let text = format!("this makes `{}` the size `{solved}`", unknown.name);
                wanted.origins.insert(0, (by, text));
            }
        }
        let found = self.side(found);
        self.fail(errors::sizes::differ(what, &wanted, &found, at))
    }

    /// Says that two sizes differ.
    pub(super) fn sizes_differ(
        &mut self,
        what: &str,
        wanted: &Size,
        found: &Size,
        at: Span,
    ) -> super::elab::Reported {
        let (wanted, found) = (self.side(wanted), self.side(found));
        self.fail(errors::sizes::differ(what, &wanted, &found, at))
    }

    /// A size for a message, with the place that its first name comes from.
    pub(super) fn side(&self, size: &Size) -> Side {
        let scopes = || {
            std::iter::once(&self.cx.scope)
                .chain(self.cx.suspended.iter().rev().map(|(scope, _)| scope))
        };
        let is = |binding: &Binding<'a>, value: Value| match &binding.meaning {
            Meaning::Size(size) => size.as_value() == Some(value),
            Meaning::Val(Val::Ir(v)) => *v == value,
            Meaning::Val(_) | Meaning::DType(_) => false,
        };
        let origin = size.values().find_map(|value| {
            let found = scopes().find_map(|scope| scope.find(&|binding| is(binding, value)))?;
            Some((
                found.span,
                format!("the size `{}` comes from here", found.name),
            ))
        });
        Side {
            size: self.show_size(size),
            origins: origin.into_iter().collect(),
        }
    }

    /// Compares what had to wait, now that all unknowns are determined.
    pub(super) fn unify_postponed(&mut self, later: Vec<Postponed>) -> R<()> {
        let mut result = Ok(());
        for item in later {
            let pattern = self.solved(&item.pattern);
            let open = pattern.values().any(|v| self.unknown_of(v).is_some());
            if pattern != item.actual && !open {
                result =
                    Err(self.declared_differs(&item.pattern, &item.actual, item.at, &item.what));
            }
        }
        result
    }

    /// The value as the declared type asks for it.
    pub(super) fn fit(
        &mut self,
        pat: &Pat<'a>,
        val: &Val<'a>,
        place: Place<'_>,
        later: &mut Vec<Postponed>,
    ) -> R<Val<'a>> {
        match (pat, val) {
            (_, Val::Error) => Err(super::elab::Reported),
            (Pat::Array(dtype, shape), Val::Number(number))
                if shape.is_empty() && *dtype != dfn_ir::DType::Bool =>
            {
                Ok(Val::Ir(self.number(number, *dtype, place.at)?))
            }
            (Pat::Array(dtype, shape), Val::Numbers(numbers))
                if shape.len() == numbers.shape.len() && *dtype != dfn_ir::DType::Bool =>
            {
                let value = self.numbers(numbers, *dtype, place.at)?;
                self.fit_array(shape, value, place, later)
            }
            (Pat::Array(dtype, shape), Val::Ir(value)) => {
                let ty = self.ty(*value);
                match ty.dtype == *dtype && ty.rank() == shape.len() {
                    true => self.fit_array(shape, *value, place, later),
                    false => Err(self.type_differs(pat, val, place)),
                }
            }
            (Pat::Tuple(pats), Val::Tuple(parts)) if pats.len() == parts.len() => {
                let parts: R<Vec<Val<'a>>> = pats
                    .iter()
                    .zip(parts)
                    .map(|(pat, part)| self.fit(pat, part, place, later))
                    .collect();
                Ok(Val::Tuple(parts?))
            }
            (Pat::Struct(def, pats), Val::Struct(found, parts)) if def == found => {
                let parts: R<Vec<Val<'a>>> = pats
                    .iter()
                    .zip(parts)
                    .map(|(pat, part)| self.fit(pat, part, place, later))
                    .collect();
                Ok(Val::Struct(*def, parts?))
            }
            (Pat::Func(_), Val::Func(_)) => Ok(val.clone()),
            _ => Err(self.type_differs(pat, val, place)),
        }
    }

    fn fit_array(
        &mut self,
        shape: &[Size],
        value: Value,
        place: Place<'_>,
        later: &mut Vec<Postponed>,
    ) -> R<Val<'a>> {
        let ty = self.ty(value);
        for (pattern, actual) in shape.iter().zip(&ty.shape) {
            self.unify_size(pattern, actual, place, later)?;
        }
        Ok(Val::Ir(value))
    }

    /// Says that a value has another type than declared.
    pub(super) fn type_differs(
        &mut self,
        pat: &Pat<'a>,
        val: &Val<'a>,
        place: Place<'_>,
    ) -> super::elab::Reported {
        let wanted = self.show_pat(pat);
        let found = self.show(val);
        self.fail(errors::types::mismatch(
            &wanted,
            &found,
            place.at,
            Some(place.declared),
        ))
    }

    /// The value as a declared type without unknowns asks for it.
    pub(super) fn fit_known(
        &mut self,
        pat: &Pat<'a>,
        val: &Val<'a>,
        place: Place<'_>,
    ) -> R<Val<'a>> {
        let mut later = Vec::new();
        let val = self.fit(pat, val, place, &mut later)?;
        self.unify_postponed(later)?;
        Ok(val)
    }
}

/// `size / k` if all coefficients are multiples of `k`.
pub(super) fn divide(size: &Size, k: i64) -> Option<Size> {
    let mut sum = Size::default();
    for (values, c) in size.terms() {
        if k == 0 || c % k != 0 {
            return None;
        }
        let product = values.iter().try_fold(Size::constant(c / k), |p, &v| {
            p.checked_mul(&Size::value(v))
        })?;
        sum = sum.checked_add(&product)?;
    }
    Some(sum)
}
