//! Functions that make arrays from a type: `zeros(f64[n, m])`.

use super::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::types::Pat;
use crate::build::val::{Func, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Index};
use dfn_ir::ops::{CompareOp, Convert, Iota, Reshape};
use dfn_ir::scalar::{Compare, Scalar, ScalarOp, eval};
use dfn_ir::{DType, Size, Type, Value};
use std::rc::Rc;

impl<'a> Elab<'a> {
    /// A type as an argument: `f64`, `f64[n, m]`, `Model[d]`.
    pub(super) fn type_argument(&mut self, expr: &'a Expr) -> R<Pat<'a>> {
        let (base, indices): (&'a Expr, &'a [Index]) = match &expr.unparenthesized().kind {
            ExprKind::Index { base, indices } => (base, indices),
            _ => (expr.unparenthesized(), &[]),
        };
        let dtype = match &base.kind {
            ExprKind::Name(name) => self.dtype_named(name.as_str()),
            _ => None,
        };
        let Some(dtype) = dtype else {
            return Err(self.fail(errors::names::not_a_type(
                "a type such as `f64[n]`",
                expr.span,
            )));
        };
        let mut sizes = Vec::new();
        for index in indices {
            match index {
                Index::At(expr) => {
                    let size = self.size_expr(expr)?;
                    self.natural(&size, expr.span)?;
                    sizes.push(size);
                }
                Index::Slice(_) | Index::All(_) => {
                    return Err(self.fail(errors::sizes::not_a_size("a range", index.span())));
                }
            }
        }
        Ok(Pat::Array(dtype, sizes))
    }

    /// The only argument of `name`, which is a type.
    fn array_type(&mut self, name: &str, args: &'a [ast::Arg], at: Span) -> R<Type> {
        let [arg] = self.given(name, args.iter().collect(), at)?;
        self.array_type_of(&must(arg)?.value)
    }

    fn array_type_of(&mut self, expr: &'a Expr) -> R<Type> {
        match self.type_argument(expr)? {
            Pat::Array(dtype, sizes) => Ok(Type::array(dtype, sizes)),
            _ => Err(Reported),
        }
    }

    /// An array of equal numbers.
    fn uniform_array(&mut self, x: i64, ty: Type, at: Span) -> R<Val<'a>> {
        let value = match ty.dtype {
            DType::Bool => Some(Scalar::Bool(x != 0)),
            dtype => eval(ScalarOp::Convert(dtype), &[Scalar::I64(x)]),
        };
        Ok(Val::Ir(self.filled(
            value.unwrap_or(Scalar::zero(ty.dtype)),
            ty,
            at,
        )?))
    }

    /// The numbers of a random array: a function of the prelude for each of the counters 0, 1, 2, ….
    fn random(&mut self, function: &str, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
        let [key, shape] = self.given(function, args.iter().collect(), at)?;
        let (key, shape) = (must(key)?, must(shape)?);
        let key_val = self.expr(&key.value)?;
        let ty = self.array_type_of(&shape.value)?;
        if !ty.dtype.is_float() {
            let found = format!("`{}`", ty.dtype);
            return Err(self.fail(errors::types::mismatch(
                "a type of floats",
                &found,
                shape.value.span,
                None,
            )));
        }
        let name = format!("random_{function}");
        let Some(Item::Function(code, home)) = self
            .files
            .last()
            .and_then(|file| file.items.get(name.as_str()))
            .copied()
        else {
            return Err(self.fail(errors::types::internal("the prelude is incomplete", at)));
        };
        let count = self.size_result(ty.elements(), at)?;
        let flat = Type::array(DType::I64, [count.clone()]);
        let counters = self.emit_as(Iota, &[], flat, at)?;
        let Val::Func(func) = self.declared(code, home) else {
            return Err(Reported);
        };
        let func: Rc<Func<'a>> = func;
        let args = vec![
            ArgVal {
                name: None,
                val: key_val,
                span: key.value.span,
            },
            ArgVal {
                name: None,
                val: Val::Ir(counters),
                span: shape.value.span,
            },
        ];
        let val = self.apply(&func, args, at)?;
        let mut value = self.ir(&val, at)?;
        if ty.dtype != DType::F64 {
            value = self.emit(Convert { to: ty.dtype }, &[value], at)?;
        }
        Ok(Val::Ir(self.emit_as(Reshape, &[value], ty, at)?))
    }
}

/// `zeros(f64[n, m])`
pub(super) fn zeros<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let ty = elab.array_type("zeros", args, at)?;
    elab.uniform_array(0, ty, at)
}

/// `ones(f64[n, m])`
pub(super) fn ones<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let ty = elab.array_type("ones", args, at)?;
    elab.uniform_array(1, ty, at)
}

/// `full(f64[n], x)`
pub(super) fn full<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let [ty, x] = elab.given("full", args.iter().collect(), at)?;
    let (ty, x) = (must(ty)?, must(x)?);
    let to = elab.array_type_of(&ty.value)?;
    let val = elab.expr(&x.value)?;
    let value = elab.ir_as(&val, Some(to.dtype), x.value.span)?;
    let found = elab.ty(value);
    if !found.is(to.dtype) {
        let (wanted, found) = (format!("`{}`", to.dtype), elab.show(&val));
        return Err(elab.fail(errors::types::mismatch(
            &wanted,
            &found,
            x.value.span,
            Some(ty.value.span),
        )));
    }
    Ok(Val::Ir(elab.broadcast_to(value, &to.shape, at)?))
}

/// `iota(n)`: 0, 1, …, n - 1.
pub(super) fn iota<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let size = only_size(elab, "iota", args, at)?;
    let ty = Type::array(DType::I64, [size]);
    Ok(Val::Ir(elab.emit_as(Iota, &[], ty, at)?))
}

fn only_size<'a>(elab: &mut Elab<'a>, name: &str, args: &'a [ast::Arg], at: Span) -> R<Size> {
    let [arg] = elab.given(name, args.iter().collect(), at)?;
    let arg = must(arg)?;
    let size = elab.size_expr(&arg.value)?;
    elab.natural(&size, arg.value.span)?;
    Ok(size)
}

/// `eye(n)`: the identity matrix in f64.
pub(super) fn eye<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let size = only_size(elab, "eye", args, at)?;
    elab.map_region(&[size.clone(), size], at, |elab, indices| {
        let on_diagonal: Value = elab.emit(CompareOp { how: Compare::Eq }, indices, at)?;
        Ok(Val::Ir(elab.emit(
            Convert { to: DType::F64 },
            &[on_diagonal],
            at,
        )?))
    })
}

/// `uniform(key, f64[n])`: numbers in [0, 1).
pub(super) fn uniform<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    elab.random("uniform", args, at)
}

/// `normal(key, f64[n])`: numbers of the standard normal distribution.
pub(super) fn normal<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    elab.random("normal", args, at)
}
