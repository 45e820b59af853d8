//! Diagonals, triangles and products of all pairs.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{AccAdd, Add, Dot, Min, Mul, Order, ReduceKind};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Scalar, Size, Type, Value};

/// `diag(x, k = 0)`: the matrix with a vector on its diagonal, or the diagonal of a matrix (of its last
/// two axes). Diagonal 1 is the one above the main one, -1 the one below.
pub(super) fn diag<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, k] = elab.given("diag", args, at)?;
    let value = elab.of_rank("diag", &must(x)?, 1)?;
    let k = elab.diagonal_number(k.as_ref())?;
    let made = match elab.ty(value).rank() {
        1 => elab.with_diagonal(value, k, at)?,
        _ => elab.diagonal(value, k, at)?,
    };
    Ok(Val::Ir(made))
}

/// `trace(x)`: the sum of the diagonal.
pub(super) fn trace<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x] = elab.given("trace", args, at)?;
    let value = elab.of_rank("trace", &must(x)?, 2)?;
    let diagonal = elab.diagonal(value, 0, at)?;
    let last = elab.ty(diagonal).rank() - 1;
    Ok(Val::Ir(elab.reduced_along(
        ReduceKind::Sum,
        diagonal,
        vec![last],
        at,
    )?))
}

/// `tril(x, k = 0)`: zeros above diagonal `k`.
pub(super) fn tril<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    triangle(elab, "tril", args, at)
}

/// `triu(x, k = 0)`: zeros below diagonal `k`.
pub(super) fn triu<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    triangle(elab, "triu", args, at)
}

fn triangle<'a>(
    elab: &mut Elab<'a>,
    name: &'static str,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let [x, k] = elab.given(name, args, at)?;
    let value = elab.of_rank(name, &must(x)?, 2)?;
    let k = elab.diagonal_number(k.as_ref())?;
    let ty = elab.ty(value);
    let rows = elab.positions(&ty.shape, ty.rank() - 2, at)?;
    let columns = elab.positions(&ty.shape, ty.rank() - 1, at)?;
    let k = elab.filled(Scalar::I64(k), ty.with_dtype(DType::I64), at)?;
    let last = elab.emit(Add, &[rows, k], at)?;
    let inside = match name {
        "tril" => elab.compared(Compare::Le, columns, last, at)?,
        _ => elab.compared(Compare::Le, last, columns, at)?,
    };
    let zero = elab.filled(Scalar::zero(ty.dtype), ty, at)?;
    Ok(Val::Ir(elab.chosen(inside, value, zero, at)?))
}

/// `outer(x, y)`: the products of all pairs of elements.
pub(super) fn outer<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, y] = elab.given("outer", args, at)?;
    let (x, y) = (must(x)?, must(y)?);
    let pair = [(x.val, x.span), (y.val, y.span)];
    let [a, b] = elab.numbers_of("outer", [&pair[0], &pair[1]], at)?;
    if elab.ty(a).rank() == 0 || elab.ty(b).rank() == 0 || elab.ty(a).dtype == DType::Bool {
        let types = [elab.show(&pair[0].0), elab.show(&pair[1].0)];
        let diagnostic = crate::build::errors::types::operands("outer", &types, at);
        return Err(elab.fail(diagnostic.help("it takes two arrays of numbers")));
    }
    let (batch, contract) = (Vec::new(), Vec::new());
    let dot = Dot {
        batch,
        contract,
        order: Order::Any,
    };
    Ok(Val::Ir(elab.emit(dot, &[a, b], at)?))
}

/// `kron(x, y)`: the matrix of blocks `x[i, j] * y`; of vectors likewise.
pub(super) fn kron<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, y] = elab.given("kron", args, at)?;
    let (x, y) = (must(x)?, must(y)?);
    let pair = [(x.val, x.span), (y.val, y.span)];
    let [a, b] = elab.numbers_of("kron", [&pair[0], &pair[1]], at)?;
    let (left, right) = (elab.ty(a), elab.ty(b));
    if left.rank() != right.rank() || left.rank() == 0 || left.dtype == DType::Bool {
        let types = [elab.show(&pair[0].0), elab.show(&pair[1].0)];
        let diagnostic = crate::build::errors::types::operands("kron", &types, at);
        return Err(elab.fail(diagnostic.help("it takes two vectors, or two matrices")));
    }
    let (mut wide, mut shape) = (Vec::new(), Vec::new());
    for (m, n) in left.shape.iter().zip(&right.shape) {
        wide.extend([m.clone(), n.clone()]);
        shape.push(elab.size_result(m.checked_mul(n), at)?);
    }
    let a = elab.spread_over(a, (0..left.rank()).map(|k| 2 * k).collect(), &wide, at)?;
    let b = elab.spread_over(b, (0..left.rank()).map(|k| 2 * k + 1).collect(), &wide, at)?;
    let product = elab.emit(Mul, &[a, b], at)?;
    Ok(Val::Ir(elab.reshaped(product, shape, at)?))
}

impl<'a> Elab<'a> {
    fn diagonal_number(&mut self, k: Option<&ArgVal<'a>>) -> R<i64> {
        match k {
            None => Ok(0),
            Some(k) => self.constant_int(k),
        }
    }

    /// The matrix with `x` on diagonal `k`.
    fn with_diagonal(&mut self, x: Value, k: i64, at: Span) -> R<Value> {
        let (dtype, n) = (self.ty(x).dtype, self.axis_size(x, 0));
        let size = n.checked_add(&Size::constant(k.saturating_abs()));
        let size = self.size_result(size, at)?;
        let ty = Type::array(dtype, [size.clone(), size]);
        let zeros = self.filled(Scalar::zero(dtype), ty, at)?;
        if dtype == DType::Bool {
            let message = "convert to a type of numbers first: `diag(i64(x))`";
            return Err(self.unfit("`diag` of truth values as a matrix", at, message));
        }
        self.accumulated(zeros, &[n], at, |elab, acc, index| {
            let element = elab.part_at(x, index, at)?;
            let mut operands = vec![acc, element];
            operands.extend(elab.on_diagonal(index, k, at)?);
            elab.emit(AccAdd, &operands, at)
        })
    }

    /// Row and column of element `i` of diagonal `k`.
    fn on_diagonal(&mut self, index: &[Value], k: i64, at: Span) -> R<Vec<Value>> {
        let &[i] = index else {
            return Err(crate::build::elab::Reported);
        };
        if k == 0 {
            return Ok(vec![i, i]);
        }
        let shift = self.integer(k.saturating_abs(), at)?;
        let shifted = self.emit(Add, &[i, shift], at)?;
        Ok(if k > 0 {
            vec![i, shifted]
        } else {
            vec![shifted, i]
        })
    }

    /// Diagonal `k` of the last two axes.
    pub(super) fn diagonal(&mut self, x: Value, k: i64, at: Span) -> R<Value> {
        let shape = self.ty(x).shape.to_vec();
        let [outer @ .., rows, columns] = shape.as_slice() else {
            return Err(crate::build::elab::Reported);
        };
        let cut = Size::constant(k.saturating_abs());
        let (mut rows, mut columns) = (rows.clone(), columns.clone());
        let cut_axis = if k > 0 { &mut columns } else { &mut rows };
        *cut_axis = self.size_result(cut_axis.checked_sub(&cut), at)?;
        let count = match (rows.as_constant(), columns.as_constant()) {
            _ if rows == columns => rows,
            (Some(rows), Some(columns)) => Size::constant(rows.min(columns)),
            _ => {
                let (rows, columns) = (self.size_value(&rows, at)?, self.size_value(&columns, at)?);
                Size::value(self.emit(Min, &[rows, columns], at)?)
            }
        };
        self.natural(&count, at)?;
        let mut extents = outer.to_vec();
        extents.push(count);
        self.mapped(&extents, at, |elab, index| {
            let (last, outer) = index.split_last().ok_or(crate::build::elab::Reported)?;
            let mut place = outer.to_vec();
            place.extend(elab.on_diagonal(&[*last], k, at)?);
            elab.part_at(x, &place, at)
        })
    }
}
