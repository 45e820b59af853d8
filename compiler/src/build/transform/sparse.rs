//! Sparse derivatives: `sparsity(f)`, `sparse_values(f, pattern)`, `jacobian(f, sparse = true)` and
//! `hessian(f, sparse = true)`.
//!
//! The pattern is one `sparsity` instruction, which a pass expands; what is made of it (compressed rows,
//! colours, values from directional derivatives) is written in the prelude. Here the arguments and results
//! of the function become vectors.

use super::tangent::Point;
use super::{Kind, Options};
use crate::build::call::{ArgVal, Bound};
use crate::build::elab::{Elab, R, Reported, ir_span};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::val::{Derived, Func, Val, Wrt};
use crate::diagnostic::Span;
use dfn_ir::ops::{Concat, Index, Reshape, Slice, Sparsity};
use dfn_ir::size::Size;
use dfn_ir::{DType, Scalar, Type, Value};
use std::rc::Rc;

fn plain<'a>(val: Val<'a>, at: Span) -> ArgVal<'a> {
    ArgVal {
        name: None,
        val,
        span: at,
    }
}

impl<'a> Elab<'a> {
    /// A function of the prelude applied.
    fn prelude(&mut self, name: &str, args: Vec<Val<'a>>, at: Span) -> R<Val<'a>> {
        let file = self.files.last();
        let item = file.and_then(|file| file.items.get(name)).copied();
        let Some(Item::Function(code, home)) = item else {
            return Err(self.fail(errors::types::internal("the prelude is incomplete", at)));
        };
        let Val::Func(func) = self.declared(code, home) else {
            return Err(Reported);
        };
        let args = args.into_iter().map(|val| plain(val, at)).collect();
        self.apply(&func, args, at)
    }

    /// `sparsity(f)` applied: the pattern with its colours.
    pub(super) fn sparsity(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let order = derived.options.order;
        let point = self.point(&derived.of, bound, &derived.wrt, at)?;
        let columns: Vec<Type> = point.leaves.iter().map(|(_, v)| self.ty(*v)).collect();
        let (_, n) = self.one_vector(&columns, at)?;
        let m = match order {
            1 => {
                let rows = self.known_result_types(&derived.of, &point, at)?;
                self.one_vector(&rows, at)?.1
            }
            _ => {
                let result = point.site.instance.result.clone();
                self.scalar_result(&derived.of, (&point, &result), Kind::Hessian, at)?;
                n.clone()
            }
        };
        let op = Sparsity {
            func: point.site.instance.func,
            columns: point.leaves.iter().map(|(place, _)| *place).collect(),
            order,
        };
        let outer = self.cx.b.at(ir_span(at));
        let inst = op.emit(&mut self.cx.b, &point.site.sizes, &point.site.operands);
        self.cx.b.at(outer);
        let &[_, r, c] = self.cx.b.results(inst) else {
            return Err(Reported);
        };
        let (r, c) = (Val::Ir(r), Val::Ir(c));
        let (m, n) = (self.size_value(&m, at)?, self.size_value(&n, at)?);
        let (m, n) = (Val::Ir(m), Val::Ir(n));
        let args = vec![r.clone(), c.clone(), m.clone(), n.clone()];
        let order_of = self.prelude("sparse_order", args, at)?;
        let args = vec![r.clone(), c.clone(), order_of.clone()];
        let first = self.prelude("sparse_first", args, at)?;
        let args = vec![r, order_of.clone(), first.clone(), m.clone()];
        let rows = self.prelude("sparse_rows", args, at)?;
        let count = self.prelude("sparse_last", vec![rows.clone()], at)?;
        let cols = self.prelude("sparse_columns", vec![c, order_of, first, count], at)?;
        match order {
            1 => self.prelude("sparse_pattern", vec![m, n, rows, cols], at),
            _ => self.prelude("sparse_symmetric", vec![n, rows, cols], at),
        }
    }

    /// The types of the float results, whose sizes the arguments determine.
    fn known_result_types(&mut self, of: &Func<'a>, point: &Point<'a>, at: Span) -> R<Vec<Type>> {
        match self.result_types(point) {
            Some(types) => Ok(types.into_iter().filter(Type::is_differentiable).collect()),
            None => {
                let name = self.title_of(of);
                Err(self.fail(errors::functions::no_pattern(&name, at)))
            }
        }
    }

    /// `sparse_values(f, pattern)` applied: the entries that the pattern names.
    pub(super) fn sparse_values(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let pattern = derived.held.first().cloned().ok_or(Reported)?;
        let point = self.point(&derived.of, bound, &derived.wrt, at)?;
        self.known_result_types(&derived.of, &point, at)?;
        let leaf = point.leaves.first().map(|(_, v)| self.ty(*v).dtype);
        let like = match leaf {
            Some(DType::F32) => Scalar::F32(0.0),
            _ => Scalar::F64(0.0),
        };
        let like = Val::Ir(self.constant(like, at)?);
        let map = |kind, of: Rc<Func<'a>>| {
            Val::Func(Rc::new(Func::Derived(Derived {
                kind,
                of,
                wrt: derived.wrt.clone(),
                held: bound.args.clone(),
                options: Options::default(),
            })))
        };
        if derived.options.order == 1 {
            let push = map(Kind::FlatForward, derived.of.clone());
            let pull = map(Kind::FlatReverse, derived.of.clone());
            return self.prelude("sparse_jacobian", vec![pattern, push, pull, like], at);
        }
        let gradient = Rc::new(Func::Derived(Derived {
            kind: Kind::Grad,
            held: Vec::new(),
            options: Options::default(),
            ..derived.clone()
        }));
        let push = map(Kind::FlatForward, gradient);
        self.prelude("sparse_hessian", vec![pattern, push, like], at)
    }

    /// `jacobian(f, sparse = true)` or `hessian(f, sparse = true)` applied.
    pub(super) fn sparse_derivative(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let pattern = self.sparsity(derived, bound, at)?;
        let Val::Struct(_, parts) = &pattern else {
            return Err(Reported);
        };
        let mut args: Vec<Val<'a>> = parts.iter().take(2).cloned().collect();
        let values = Derived {
            kind: Kind::SparseValues,
            held: vec![pattern],
            ..derived.clone()
        };
        args.push(self.sparse_values(&values, bound, at)?);
        self.prelude("sparse_matrix", args, at)
    }

    /// A linear part between vectors: of all float leaves of the arguments, and of the result.
    pub(super) fn flat_linear_map(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let held = derived.held.iter().map(|val| plain(val.clone(), at));
        let inner = self.bind(&derived.of, held.collect(), at)?;
        let point = self.point(&derived.of, &inner, &derived.wrt, at)?;
        let given = bound.args.first().cloned().ok_or(Reported)?;
        let given = self.ir(&given, at)?;
        let made = match derived.kind {
            Kind::FlatForward => {
                let types: Vec<Type> = point.leaves.iter().map(|(_, v)| self.ty(*v)).collect();
                let tangents = self.parts_of(given, &types, at)?;
                self.emit_jvp(&point, &point.leaves.clone(), tangents, at)?
                    .1
            }
            _ => {
                let types = self.float_result_types(&point, at)?;
                let cts = self.parts_of(given, &types, at)?;
                self.emit_vjp(&point, cts, at)?.1
            }
        };
        self.one_after_another(&made, at).map(Val::Ir)
    }

    /// The element type and the number of the elements of arrays together.
    fn one_vector(&mut self, types: &[Type], at: Span) -> R<(DType, Size)> {
        let dtype = types.first().map_or(DType::F64, |ty| ty.dtype);
        let mut total = Size::default();
        for ty in types {
            if ty.dtype != dtype {
                return Err(self.fail(errors::functions::mixed_floats(at)));
            }
            let sum = ty.elements().and_then(|count| total.checked_add(&count));
            total = self.size_result(sum, at)?;
        }
        Ok((dtype, total))
    }

    /// A vector taken apart into arrays of these types.
    fn parts_of(&mut self, vector: Value, types: &[Type], at: Span) -> R<Vec<Value>> {
        let mut start = Size::default();
        let mut parts = Vec::new();
        for ty in types {
            let count = self.size_result(ty.elements(), at)?;
            let from = self.size_value(&start, at)?;
            if ty.rank() == 0 {
                parts.push(self.emit(Index, &[vector, from], at)?);
            } else {
                let flat = Type::array(ty.dtype, [count.clone()]);
                let slice = Slice { axis: 0, step: 1 };
                let part = self.emit_as(slice, &[vector, from], flat, at)?;
                parts.push(match ty.rank() {
                    1 => part,
                    _ => self.emit_as(Reshape, &[part], ty.clone(), at)?,
                });
            }
            let next = start.checked_add(&count);
            start = self.size_result(next, at)?;
        }
        Ok(parts)
    }

    /// Arrays as one vector.
    fn one_after_another(&mut self, arrays: &[Value], at: Span) -> R<Value> {
        let mut flat = Vec::new();
        for &array in arrays {
            let ty = self.ty(array);
            let count = self.size_result(ty.elements(), at)?;
            let vector = Type::array(ty.dtype, [count]);
            flat.push(match ty.rank() {
                1 => array,
                _ => self.emit_as(Reshape, &[array], vector, at)?,
            });
        }
        match flat.as_slice() {
            &[one] => Ok(one),
            _ => self.emit(Concat { axis: 0 }, &flat, at),
        }
    }

    /// `sparse_values(f, pattern)`: the pattern that it is called with.
    pub(super) fn pattern_argument(&mut self, mut given: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
        let count = given.len() + 1;
        let (Some(pattern), true) = (given.pop(), given.is_empty()) else {
            let takes = "2 arguments: a function and its sparsity";
            let name = "sparse_values";
            return Err(self.fail(errors::functions::arity(name, takes, count, at, None)));
        };
        let is_pattern = |val: &Val<'a>| matches!(val, Val::Struct(def, _) if def.decl.name.as_str() == "Sparsity");
        if !is_pattern(&pattern.val) {
            let found = self.show(&pattern.val);
            let wanted = "a `Sparsity`, as `sparsity(f)(x)` gives it";
            return Err(self.fail(errors::types::mismatch(wanted, &found, pattern.span, None)));
        }
        Ok(pattern.val)
    }
}

/// In the first parameter alone, unless `wrt` says another one.
pub(super) fn first_parameter() -> Wrt {
    Wrt {
        params: vec![0],
        tuple: false,
    }
}
