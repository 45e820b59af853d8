//! Elementwise functions of the compiler, and conversions.

use super::Builtin;
use super::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::facts::Opaque;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::{CompareOp, Convert, Select};
use dfn_ir::scalar::{Compare, Scalar};
use dfn_ir::{DType, Op};

impl<'a> Elab<'a> {
    /// An elementwise operation on all its arguments, of one element type, broadcast to one shape.
    pub(super) fn elementwise(
        &mut self,
        builtin: &Builtin,
        op: Op,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        let typed = args.iter().find_map(|arg| match &arg.val {
            Val::Ir(value) => Some(self.ty(*value).dtype),
            _ => None,
        });
        // A number alone becomes a float where the function is one of floats.
        let on_integers = op
            .kernel()
            .and_then(|kernel| kernel.result(DType::I64))
            .is_some();
        let fraction = args.iter().any(|arg| match &arg.val {
            Val::Number(number) => number.default_dtype().is_float(),
            Val::Numbers(numbers) => crate::build::literal::default_dtype(numbers).is_float(),
            _ => false,
        });
        let dtype = typed.or((!on_integers || fraction).then_some(DType::F64));
        let mut pairs = Vec::new();
        for arg in &args {
            if let Some(bad) = not_a_number(&arg.val) {
                let _ = bad;
                let types = [self.show(&arg.val)];
                return Err(self.fail(errors::types::operands(builtin.name, &types, arg.span)));
            }
            pairs.push((self.ir_as(&arg.val, dtype, arg.span)?, arg.span));
        }
        let first = pairs.first().map(|(value, _)| self.ty(*value).dtype);
        if let Some(&(other, span)) = pairs
            .iter()
            .find(|(value, _)| Some(self.ty(*value).dtype) != first)
        {
            let (value, first_span) = pairs.first().copied().unwrap_or((other, span));
            let (left, right) = (
                self.show_type(&self.ty(value)),
                self.show_type(&self.ty(other)),
            );
            return Err(self.fail(errors::types::mixed(
                builtin.name,
                (&left, first_span),
                (&right, span),
                at,
            )));
        }
        let defined = first.and_then(|dtype| op.kernel()?.result(dtype)).is_some();
        if !defined {
            let types: Vec<String> = args.iter().map(|arg| self.show(&arg.val)).collect();
            let diagnostic = errors::types::operands(builtin.name, &types, at);
            return Err(self.fail(diagnostic.help("convert the argument: `f64(…)`")));
        }
        let values = self.broadcast_all(builtin.name, &pairs, at)?;
        let opaque = match op {
            Op::Min(_) => Some(Opaque::Min),
            Op::Max(_) => Some(Opaque::Max),
            _ => None,
        };
        match (opaque, values.as_slice()) {
            (Some(op), &[x, y]) if self.ty(x).is(DType::I64) => self.opaque_value(op, x, y, at),
            _ => Ok(Val::Ir(self.emit(op, &values, at)?)),
        }
    }

    /// `f64(x)`: conversion of the elements.
    pub(in crate::build) fn convert_call(
        &mut self,
        dtype: DType,
        args: &'a [ast::Arg],
        at: Span,
    ) -> R<Val<'a>> {
        let args = self.arguments(args)?;
        let mut slots = self.slots(dtype.name(), &["x"], args, at)?;
        let arg = must(slots.pop().flatten())?;
        self.convert(dtype, &arg, at)
    }

    fn convert(&mut self, dtype: DType, arg: &ArgVal<'a>, at: Span) -> R<Val<'a>> {
        let fits = match &arg.val {
            Val::Number(number) => number.to(dtype).is_some(),
            Val::Numbers(numbers) => numbers
                .items
                .iter()
                .all(|number| number.to(dtype).is_some()),
            _ => false,
        };
        if fits {
            return Ok(Val::Ir(self.ir_as(&arg.val, Some(dtype), arg.span)?));
        }
        let value = self.ir(&arg.val, arg.span)?;
        let ty = self.ty(value);
        if ty.dtype == dtype {
            return Ok(Val::Ir(value));
        }
        if dtype == DType::Bool {
            // A number as a truth value: whether it is not zero.
            let zero = self.filled(Scalar::zero(ty.dtype), ty, at)?;
            return Ok(Val::Ir(self.emit(
                CompareOp { how: Compare::Ne },
                &[value, zero],
                at,
            )?));
        }
        Ok(Val::Ir(self.emit(Convert { to: dtype }, &[value], at)?))
    }
}

fn not_a_number<'v, 'a>(val: &'v Val<'a>) -> Option<&'v Val<'a>> {
    match val {
        Val::Tuple(_) | Val::Struct(..) | Val::Func(_) | Val::Text(_) => Some(val),
        Val::Ir(_) | Val::Number(_) | Val::Numbers(_) | Val::Error => None,
    }
}

/// `where(condition, x, y)`
pub(super) fn choose<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [condition, x, y] = elab.given("where", args, at)?;
    let (condition, x, y) = (must(condition)?, must(x)?, must(y)?);
    let mask = elab.ir(&condition.val, condition.span)?;
    if elab.ty(mask).dtype != DType::Bool {
        let found = elab.show(&condition.val);
        return Err(elab.fail(errors::types::mismatch(
            "a condition of type `bool`",
            &found,
            condition.span,
            None,
        )));
    }
    let (x_span, y_span) = (x.span, y.span);
    let [x, y] = elab.numbers_of("where", [&(x.val, x_span), &(y.val, y_span)], at)?;
    let pairs = [(mask, condition.span), (x, x_span), (y, y_span)];
    let values = elab.broadcast_all("where", &pairs, at)?;
    match values.len() {
        3 => Ok(Val::Ir(elab.emit(Select, &values, at)?)),
        _ => Err(Reported),
    }
}
