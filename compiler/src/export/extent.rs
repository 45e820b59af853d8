//! Sizes and numbers of elements as loop IR, with every overflow checked.

use super::interface::Function;
use super::shape::{Computed, Extent, Source};
use crate::build::Opaque;
use dfn_ir::loops::{Builder, Var};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_runtime::status;

/// The values of what sizes mention; none of them is negative.
pub(super) struct Values<'a> {
    /// The size parameters, then the computed sizes.
    pub(super) sizes: &'a [Var],
    /// The input leaves that are `i64` scalars and are mentioned.
    pub(super) leaves: &'a [(usize, Var)],
}

impl Values<'_> {
    pub(super) fn of(&self, source: Source) -> Option<Var> {
        match source {
            Source::Size(position) => self.sizes.get(position).copied(),
            Source::Leaf(position) => {
                let found = self.leaves.iter().find(|(leaf, _)| *leaf == position);
                found.map(|(_, var)| *var)
            }
            // The memory of a result is given for its bound.
            Source::Found(_) => None,
        }
    }
}

/// The size parameters, and the sizes that are computed of them and of the leaves.
pub(super) fn all_sizes(
    b: &mut Builder,
    function: &Function,
    sizes: &[Var],
    leaves: &[(usize, Var)],
) -> Vec<Var> {
    let mut all = sizes.to_vec();
    for size in &function.computed {
        let var = computed(b, size, &all, leaves);
        all.push(var);
    }
    all
}

/// A computed size, as the program computes it: its operands wrap, as integers do.
fn computed(b: &mut Builder, size: &Computed, sizes: &[Var], leaves: &[(usize, Var)]) -> Var {
    let values = Values { sizes, leaves };
    let (x, y) = &size.operands;
    let (x, y) = (wrapping(b, x, &values), wrapping(b, y, &values));
    if matches!(size.op, Opaque::Div | Opaque::Rem) {
        let zero = b.index(0);
        let is_zero = b.compare(Compare::Eq, y, zero);
        let fine = b.op(ScalarOp::Not, &[is_zero]);
        b.check(fine, status::SIZE.code);
    }
    let op = match size.op {
        Opaque::Div => ScalarOp::Div,
        Opaque::Rem => ScalarOp::Rem,
        Opaque::Min => ScalarOp::Min,
        Opaque::Max => ScalarOp::Max,
    };
    b.op(op, &[x, y])
}

fn wrapping(b: &mut Builder, extent: &Extent, values: &Values<'_>) -> Var {
    let mut total = b.index(0);
    for (k, product) in &extent.0 {
        let mut term = b.index(*k);
        for factor in product.iter().filter_map(|&source| values.of(source)) {
            term = b.mul(term, factor);
        }
        total = b.add(total, term);
    }
    total
}

/// The value of a size. The sums of its positive and of its negative terms are formed apart, so that
/// their difference cannot overflow.
pub(super) fn extent(b: &mut Builder, extent: &Extent, values: &Values<'_>) -> Var {
    let (positive, negative): (Vec<_>, Vec<_>) = extent.0.iter().partition(|(k, _)| *k >= 0);
    let plus = sum(b, &positive, values);
    if negative.is_empty() {
        return plus;
    }
    let minus = sum(b, &negative, values);
    let fits = b.compare(Compare::Le, minus, plus);
    b.check(fits, status::SIZE.code);
    b.sub(plus, minus)
}

fn sum(b: &mut Builder, terms: &[&(i64, Vec<Source>)], values: &Values<'_>) -> Var {
    let mut total = None;
    for (k, product) in terms {
        let factors = product.iter().filter_map(|&source| values.of(source));
        let mut factors: Vec<Var> = factors.collect();
        if k.unsigned_abs() != 1 || factors.is_empty() {
            // |MIN| does not exist; a coefficient as large as that overflows all the same.
            factors.push(b.index(k.checked_abs().unwrap_or(i64::MAX)));
        }
        let term = product_of(b, &factors);
        total = Some(match total {
            None => term,
            Some(total) => add(b, total, term),
        });
    }
    total.unwrap_or_else(|| b.index(0))
}

/// The product of numbers that are not negative.
pub(super) fn product_of(b: &mut Builder, factors: &[Var]) -> Var {
    let mut factors = factors.iter().copied();
    let Some(first) = factors.next() else {
        return b.index(1);
    };
    factors.fold(first, |product, factor| multiply(b, product, factor))
}

/// `x * y`; both are not negative. It overflows exactly if `y > 0` and `x > MAX / y`.
fn multiply(b: &mut Builder, x: Var, y: Var) -> Var {
    let one = b.index(1);
    let max = b.index(i64::MAX);
    let divisor = b.op(ScalarOp::Max, &[y, one]);
    let limit = b.op(ScalarOp::Div, &[max, divisor]);
    let fits = b.compare(Compare::Le, x, limit);
    b.check(fits, status::SIZE.code);
    b.mul(x, y)
}

/// `x + y`; both are not negative.
fn add(b: &mut Builder, x: Var, y: Var) -> Var {
    let max = b.index(i64::MAX);
    let room = b.sub(max, x);
    let fits = b.compare(Compare::Le, y, room);
    b.check(fits, status::SIZE.code);
    b.add(x, y)
}
