//! Literals, and what makes them IR: constants of the type that the context gives.

use super::elab::{Elab, R};
use super::errors;
use super::number::{Class, Named, Number};
use super::val::{Numbers, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{Literal, Suffix};
use dfn_ir::ops::Dense;
use dfn_ir::{DType, Scalar, Size, Type, Value};
use std::rc::Rc;
use std::sync::Arc;

/// The type of an array of numbers where nothing else asks for one.
pub(super) fn default_dtype(numbers: &Numbers) -> DType {
    let float = numbers.items.iter().any(|n| n.default_dtype().is_float());
    if float { DType::F64 } else { DType::I64 }
}

fn suffix(suffix: Suffix) -> DType {
    match suffix {
        Suffix::F32 => DType::F32,
        Suffix::F64 => DType::F64,
        Suffix::I32 => DType::I32,
        Suffix::I64 => DType::I64,
        Suffix::U32 => DType::U32,
        Suffix::U64 => DType::U64,
    }
}

impl<'a> Elab<'a> {
    /// A literal.
    pub(super) fn literal(&mut self, literal: &Literal, at: Span) -> R<Val<'a>> {
        let (number, dtype) = match literal {
            Literal::Bool(value) => return Ok(Val::Ir(self.constant(Scalar::Bool(*value), at)?)),
            Literal::Str(text) => return Ok(Val::Text(text.clone())),
            Literal::Int { value, suffix } => (Number::int(*value), *suffix),
            Literal::Float {
                text,
                value,
                suffix,
            } => (Number::float(*value, text), *suffix),
        };
        match dtype {
            Some(dtype) => Ok(Val::Ir(self.number(&number, suffix(dtype), at)?)),
            None => Ok(Val::Number(number)),
        }
    }

    /// A number as a constant of type `dtype`.
    pub(super) fn number(&mut self, number: &Number, dtype: DType, at: Span) -> R<Value> {
        let scalar = self.number_scalar(number, dtype, at)?;
        self.constant(scalar, at)
    }

    fn number_scalar(&mut self, number: &Number, dtype: DType, at: Span) -> R<Scalar> {
        let fraction = number.default_dtype().is_float() && dtype.is_int();
        if dtype != DType::Bool {
            self.decide(number, Class::of(dtype), at)?;
        }
        let scalar = number.to(dtype);
        scalar.ok_or_else(|| self.fail(errors::types::number(dtype.name(), at, fraction)))
    }

    /// An array of numbers as a constant of element type `dtype`.
    pub(super) fn numbers(&mut self, numbers: &Numbers, dtype: DType, at: Span) -> R<Value> {
        let mut values = Vec::with_capacity(numbers.items.len());
        for number in &numbers.items {
            values.push(self.number_scalar(number, dtype, at)?);
        }
        let ty = Type::array(dtype, numbers.shape.iter().map(|&n| Size::constant(n)));
        self.emit_as(
            Dense {
                values: values.into(),
            },
            &[],
            ty,
            at,
        )
    }

    /// The IR of a scalar or array; a number without type gets `dtype`, or its default type.
    pub(super) fn ir_as(&mut self, val: &Val<'a>, dtype: Option<DType>, at: Span) -> R<Value> {
        match val {
            Val::Ir(value) => Ok(*value),
            Val::Number(number) => {
                let dtype = dtype.unwrap_or(number.default_dtype());
                self.number(number, dtype, at)
            }
            Val::Numbers(numbers) => {
                let dtype = dtype.unwrap_or(default_dtype(numbers));
                self.numbers(numbers, dtype, at)
            }
            Val::Error => Err(super::elab::Reported),
            Val::Tuple(_) | Val::Struct(..) | Val::Func(_) | Val::Text(_) => {
                let found = self.show(val);
                Err(self.fail(errors::types::mismatch(
                    "a scalar or an array",
                    &found,
                    at,
                    None,
                )))
            }
        }
    }

    /// The IR of a scalar or array.
    pub(super) fn ir(&mut self, val: &Val<'a>, at: Span) -> R<Value> {
        self.ir_as(val, None, at)
    }

    /// Holds for all names of `number` from now on: it is one of `class`.
    pub(super) fn decide(&mut self, number: &Number, class: Class, at: Span) -> R<()> {
        let decided = number.decide(class, at);
        decided.map_err(|conflict| self.fail(errors::numbers::conflict(&conflict, at)))
    }

    /// Two numbers without type meet in an operation: if one of them is decided, so is the other.
    pub(super) fn decide_together(
        &mut self,
        (a, a_span): (&Number, Span),
        (b, b_span): (&Number, Span),
    ) -> R<()> {
        match a.class_with(b) {
            Some(class) => {
                self.decide(a, class, a_span)?;
                self.decide(b, class, b_span)
            }
            None => Ok(()),
        }
    }

    /// The value as `name` stands for it: a number that is 3 as an integer and 3.5 as a float, as `7 / 2`
    /// is, remembers what the name is used as, so that all uses see the same.
    pub(super) fn named_numbers(&self, val: Val<'a>, name: &Arc<str>, at: Span) -> Val<'a> {
        match &val {
            Val::Number(number) => match Named::new(name, at, number) {
                Some(named) => Val::Number(number.called(&named)),
                None => val,
            },
            Val::Numbers(numbers) => {
                let mut items = numbers.items.iter();
                let Some(named) = items.find_map(|item| Named::new(name, at, item)) else {
                    return val;
                };
                let items = numbers.items.iter().map(|item| item.called(&named));
                Val::Numbers(Rc::new(Numbers {
                    items: items.collect(),
                    shape: numbers.shape.clone(),
                }))
            }
            Val::Tuple(parts) => {
                let parts = parts.iter().cloned();
                Val::Tuple(
                    parts
                        .map(|part| self.named_numbers(part, name, at))
                        .collect(),
                )
            }
            _ => val,
        }
    }

    /// The value of a constant, which has no uses to go by: they are in many places.
    pub(super) fn constant_number(
        &mut self,
        val: Val<'a>,
        name: &Arc<str>,
        at: Span,
    ) -> R<Val<'a>> {
        let number = match &val {
            Val::Number(number) => Some(number),
            Val::Numbers(numbers) if default_dtype(numbers).is_int() => {
                numbers.items.iter().find(|item| item.is_ambiguous())
            }
            _ => None,
        };
        match number.and_then(|number| Named::new(name, at, number)) {
            Some(named) => Err(self.fail(errors::numbers::constant(&named, at))),
            None => Ok(val),
        }
    }

    /// The value with every number in it given its default type.
    pub(super) fn settled(&mut self, val: &Val<'a>, at: Span) -> R<Val<'a>> {
        match val {
            Val::Number(_) | Val::Numbers(_) => Ok(Val::Ir(self.ir(val, at)?)),
            Val::Tuple(parts) => {
                let parts: R<Vec<Val<'a>>> =
                    parts.iter().map(|part| self.settled(part, at)).collect();
                Ok(Val::Tuple(parts?))
            }
            Val::Ir(_) | Val::Struct(..) | Val::Func(_) | Val::Text(_) | Val::Error => {
                Ok(val.clone())
            }
        }
    }
}
