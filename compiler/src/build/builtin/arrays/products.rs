//! Products of arrays beside `@`.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Dot, Order};
use dfn_ir::{DType, Value};

/// `vdot(x, y)`: the sum of all products of corresponding elements of two arrays of one shape.
pub(super) fn vdot<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, y] = elab.given("vdot", args, at)?;
    let (x, y) = (must(x)?, must(y)?);
    let [a, b] = elab.factors_of("vdot", &x, &y, at)?;
    let (left, right) = (elab.ty(a), elab.ty(b));
    if left.rank() != right.rank() {
        let wanted = elab.show(&Val::Ir(a));
        return Err(elab.wrong(&y, &wanted));
    }
    let pairs = (0..left.rank()).map(|axis| (axis, axis)).collect();
    elab.contraction("vdot", [(a, x.span), (b, y.span)], pairs, at)
}

/// `tensordot(x, y, axes = 2)`: sums of products over the last axes of `x` and the first of `y`;
/// `axes = ((1, 0), (0, 2))` names the axes on both sides.
pub(super) fn tensordot<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, y, axes] = elab.given("tensordot", args, at)?;
    let (x, y) = (must(x)?, must(y)?);
    let [a, b] = elab.factors_of("tensordot", &x, &y, at)?;
    let ranks = (elab.ty(a).rank(), elab.ty(b).rank());
    let pairs = elab.axis_pairs(axes.as_ref(), ranks, at)?;
    elab.contraction("tensordot", [(a, x.span), (b, y.span)], pairs, at)
}

impl<'a> Elab<'a> {
    /// Two arrays of numbers of one type.
    fn factors_of(
        &mut self,
        name: &str,
        x: &ArgVal<'a>,
        y: &ArgVal<'a>,
        at: Span,
    ) -> R<[Value; 2]> {
        let (left, right) = ((x.val.clone(), x.span), (y.val.clone(), y.span));
        let both = self.numbers_of(name, [&left, &right], at)?;
        if self.ty(both[0]).dtype == DType::Bool {
            let types = [self.show(&x.val), self.show(&y.val)];
            return Err(self.fail(errors::types::operands(name, &types, at)));
        }
        Ok(both)
    }

    /// The sums of products over pairs of axes.
    fn contraction(
        &mut self,
        name: &str,
        [a, b]: [(Value, Span); 2],
        pairs: Vec<(usize, usize)>,
        at: Span,
    ) -> R<Val<'a>> {
        for &(i, j) in &pairs {
            let (m, n) = (self.axis_size(a.0, i), self.axis_size(b.0, j));
            if m != n {
                return Err(self.shapes_differ(name, a, b, (&m, &n), at));
            }
        }
        let dot = Dot {
            batch: Vec::new(),
            contract: pairs,
            order: Order::Any,
        };
        Ok(Val::Ir(self.emit(dot, &[a.0, b.0], at)?))
    }

    fn axis_pairs(
        &mut self,
        axes: Option<&ArgVal<'a>>,
        (left, right): (usize, usize),
        at: Span,
    ) -> R<Vec<(usize, usize)>> {
        let count = match axes {
            Some(arg) if matches!(arg.val, Val::Tuple(_)) => {
                return self.named_pairs(arg, (left, right));
            }
            Some(arg) => self.constant_int(arg)?,
            None => 2,
        };
        match usize::try_from(count)
            .ok()
            .filter(|n| *n <= left.min(right))
        {
            Some(n) => Ok((0..n).map(|k| (left - n + k, k)).collect()),
            None => {
                let at = axes.map_or(at, |arg| arg.span);
                let title =
                    format!("`tensordot` over {count} axes of arrays with {left} and {right}");
                Err(self.unfit(title, at, "`axes` is at most the smaller number of axes"))
            }
        }
    }

    fn named_pairs(
        &mut self,
        arg: &ArgVal<'a>,
        (left, right): (usize, usize),
    ) -> R<Vec<(usize, usize)>> {
        let wanted = "a number of axes, or two tuples of as many axes";
        let Val::Tuple(sides) = &arg.val else {
            return Err(self.wrong(arg, wanted));
        };
        let [a, b] = sides.as_slice() else {
            return Err(self.wrong(arg, wanted));
        };
        let (a, b) = (
            self.axis_list(arg, a, left)?,
            self.axis_list(arg, b, right)?,
        );
        let twice = |list: &[usize]| {
            let before = |k: usize| list.iter().take(k);
            list.iter()
                .enumerate()
                .any(|(k, x)| before(k).any(|y| y == x))
        };
        if a.len() != b.len() || twice(&a) || twice(&b) {
            return Err(self.wrong(arg, wanted));
        }
        Ok(a.into_iter().zip(b).collect())
    }

    /// Axes in the order in which they are written.
    fn axis_list(&mut self, arg: &ArgVal<'a>, val: &Val<'a>, rank: usize) -> R<Vec<usize>> {
        let vals = match val {
            Val::Tuple(parts) => parts.clone(),
            one => vec![one.clone()],
        };
        let mut axes = Vec::new();
        for val in vals {
            let one = ArgVal { val, ..arg.clone() };
            axes.push(self.one_axis(Some(&one), rank, 0)?);
        }
        Ok(axes)
    }
}
