//! Numbers without a type yet: literals, and arithmetic on literals alone.
//!
//! `2` is an integer or a float, as its neighbour needs it, so a number has both views: `1 / 2` is 0 as an
//! integer and 0.5 as a float. Which one counts is decided where the number meets a type. A name for such a
//! number has one value: what its first use decides holds for all others (`Named`).

use crate::diagnostic::Span;
use dfn_ir::DType;
use dfn_ir::scalar::{Scalar, ScalarOp, eval};
use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

/// What a number is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Of an integer type.
    Int,
    /// Of a floating-point type.
    Float,
}

impl Class {
    /// The class of the numbers of a type.
    pub(super) fn of(dtype: DType) -> Class {
        match dtype.is_float() {
            true => Class::Float,
            false => Class::Int,
        }
    }
}

/// A name whose number is another one as an integer than as a float, and what its uses decided.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: Arc<str>,
    pub(super) bound: Span,
    pub(super) int: i128,
    pub(super) float: f64,
    used: Cell<Option<(Class, Span)>>,
}

impl Named {
    /// A name for `number`, if that has two values.
    pub(super) fn new(name: &Arc<str>, bound: Span, number: &Number) -> Option<Rc<Named>> {
        let int = number.whole().filter(|_| number.is_ambiguous())?;
        Some(Rc::new(Named {
            name: name.clone(),
            bound,
            int,
            float: number.float,
            used: Cell::new(None),
        }))
    }
}

/// A use against an earlier one.
pub(super) struct Conflict {
    pub(super) named: Rc<Named>,
    /// The earlier use.
    pub(super) before: Span,
    /// What it is used as now.
    pub(super) class: Class,
}

/// A number that adapts to its context.
#[derive(Clone, Debug)]
pub(super) struct Number {
    /// The value as an integer, if all parts were written as integers.
    int: Option<i128>,
    /// The value as a float.
    float: f64,
    /// The digits of a single literal, to be rounded once to the type it gets.
    text: Option<Arc<str>>,
    /// The names that it, or what it is computed of, has: their uses decide together.
    names: Vec<Rc<Named>>,
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        let mut names = self.names.iter().zip(&other.names);
        self.int == other.int
            && self.float.to_bits() == other.float.to_bits()
            && self.names.len() == other.names.len()
            && names.all(|(a, b)| Rc::ptr_eq(a, b))
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.int, self.float.to_bits()).hash(state);
    }
}

impl Number {
    /// An integer literal.
    pub(super) fn int(value: u64) -> Number {
        Number {
            int: Some(i128::from(value)),
            float: value as f64,
            text: None,
            names: Vec::new(),
        }
    }

    /// A float literal with its digits.
    pub(super) fn float(value: f64, text: &Arc<str>) -> Number {
        Number {
            int: None,
            float: value,
            text: Some(text.clone()),
            names: Vec::new(),
        }
    }

    /// The number under one more name.
    pub(super) fn called(&self, named: &Rc<Named>) -> Number {
        let mut number = self.clone();
        number.names.push(named.clone());
        number
    }

    /// What a use of one of its names has decided.
    fn decided(&self) -> Option<Class> {
        let mut uses = self.names.iter().filter_map(|named| named.used.get());
        uses.next().map(|(class, _)| class)
    }

    /// The value as an integer, unless it is decided that it is a float.
    fn whole(&self) -> Option<i128> {
        self.int.filter(|_| self.decided() != Some(Class::Float))
    }

    /// Decides for its names that this is a number of `class`, used at `at`.
    pub(super) fn decide(&self, class: Class, at: Span) -> Result<(), Conflict> {
        for named in &self.names {
            match named.used.get() {
                Some((other, before)) if other != class => {
                    let named = named.clone();
                    return Err(Conflict {
                        named,
                        before,
                        class,
                    });
                }
                Some(_) => {}
                None => named.used.set(Some((class, at))),
            }
        }
        Ok(())
    }

    /// The class that an operation with `other` makes them both.
    pub(super) fn class_with(&self, other: &Number) -> Option<Class> {
        match (self.whole(), other.whole()) {
            (Some(_), Some(_)) => self.decided().or(other.decided()),
            _ => Some(Class::Float),
        }
    }

    /// The type it has where nothing else asks for one.
    pub(super) fn default_dtype(&self) -> DType {
        match self.whole() {
            Some(_) => DType::I64,
            None => DType::F64,
        }
    }

    /// Whether its two views are different values, as those of `7 / 2` are.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.whole().is_some_and(|n| n as f64 != self.float)
    }

    /// The integer, if it is one and fits. Who takes it decides (`Elab::decide`).
    pub(super) fn as_i64(&self) -> Option<i64> {
        self.int.and_then(|n| i64::try_from(n).ok())
    }

    /// The integer that it equals, even if it is written as a float; `1 / 2` is none.
    pub(super) fn integral(&self) -> Option<i64> {
        let whole = self.float.fract() == 0.0 && self.float.abs() < 1e15;
        let from_float = whole.then_some(self.float as i64);
        match (self.whole(), self.decided()) {
            (Some(n), None) if n as f64 != self.float => None,
            (Some(n), _) => i64::try_from(n).ok(),
            (None, _) => from_float,
        }
    }

    /// The number as `dtype`; `None` if it does not fit or is not of that kind.
    pub(super) fn to(&self, dtype: DType) -> Option<Scalar> {
        match dtype {
            DType::F64 => Some(Scalar::F64(self.float)),
            DType::F32 => {
                let exact = self.text.as_ref().and_then(|text| text.parse().ok());
                // `1 / 2` is 0 as an integer, but not as a float.
                let from_int = self.int.filter(|n| *n as f64 == self.float);
                let from_int = from_int.map(|n| n as f32);
                Some(Scalar::F32(exact.or(from_int).unwrap_or(self.float as f32)))
            }
            DType::I32 => i32::try_from(self.int?).ok().map(Scalar::I32),
            DType::I64 => i64::try_from(self.int?).ok().map(Scalar::I64),
            DType::U32 => u32::try_from(self.int?).ok().map(Scalar::U32),
            DType::U64 => u64::try_from(self.int?).ok().map(Scalar::U64),
            DType::Bool => None,
        }
    }

    /// `-self`
    pub(super) fn neg(&self) -> Number {
        Number {
            int: self.int.map(|n| -n),
            float: -self.float,
            text: self.text.as_ref().map(|text| format!("-{text}").into()),
            names: self.names.clone(),
        }
    }

    /// `self op other` for an arithmetic operation, by both views; `None` if the integers leave their
    /// range or are divided by zero.
    pub(super) fn combine(&self, op: ScalarOp, other: &Number) -> Option<Number> {
        let float = match op {
            // Exact, as the operation on values is.
            ScalarOp::Rem => self.float % other.float,
            _ => match eval(op, &[Scalar::F64(self.float), Scalar::F64(other.float)])? {
                Scalar::F64(float) => float,
                _ => return None,
            },
        };
        let int = match (self.whole(), other.whole()) {
            (Some(a), Some(b)) => Some(combine_ints(op, a, b)?),
            _ => None,
        };
        Some(Number {
            int,
            float,
            text: None,
            names: self.names.iter().chain(&other.names).cloned().collect(),
        })
    }
}

fn combine_ints(op: ScalarOp, a: i128, b: i128) -> Option<i128> {
    let value = match op {
        ScalarOp::Add => a.checked_add(b),
        ScalarOp::Sub => a.checked_sub(b),
        ScalarOp::Mul => a.checked_mul(b),
        ScalarOp::Div => a.checked_div(b),
        ScalarOp::Rem => a.checked_rem(b),
        _ => None,
    };
    value.filter(|n| i64::try_from(*n).is_ok() || u64::try_from(*n).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_views_are_computed() {
        let half = Number::int(1)
            .combine(ScalarOp::Div, &Number::int(2))
            .unwrap();
        assert_eq!(half.to(DType::I64), Some(Scalar::I64(0)));
        assert_eq!(half.to(DType::F64), Some(Scalar::F64(0.5)));
        assert!(half.is_ambiguous());
        let two = Number::int(4).combine(ScalarOp::Div, &Number::int(2));
        assert!(!two.unwrap().is_ambiguous());
    }

    #[test]
    fn a_literal_is_rounded_once() {
        // 1 + 2^-24 + 2^-60 lies just above the middle of two binary32 numbers; through binary64 it
        // would be the middle itself and round down.
        let text: Arc<str> =
            "1.000000059604644775390625867361737988403547205962240695953369140625".into();
        let x = Number::float(text.parse().unwrap(), &text);
        assert_eq!(x.to(DType::F32), Some(Scalar::F32(1.000_000_1)));
        assert_eq!(x.to(DType::I64), None);
    }
}
