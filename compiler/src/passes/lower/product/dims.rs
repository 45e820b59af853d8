//! The axes of a contraction with their strides, as few as possible.

use dfn_ir::Size;

use crate::passes::lower::error::Done;
use crate::passes::lower::view::{View, times};

/// An axis: its size and its strides in both operands and in the result.
#[derive(Clone, Debug)]
pub(super) struct Dim {
    pub(super) size: Size,
    pub(super) left: Size,
    pub(super) right: Size,
    pub(super) out: Size,
}

impl Dim {
    /// An axis with one element.
    pub(super) fn unit() -> Dim {
        let zero = Size::default();
        Dim {
            size: Size::constant(1),
            left: zero.clone(),
            right: zero.clone(),
            out: zero,
        }
    }

    /// The axis that runs along these axes of the operands and the result.
    pub(super) fn of(
        views: [&View; 3],
        left: Option<usize>,
        right: Option<usize>,
        out: Option<usize>,
    ) -> Dim {
        let [x, y, z] = views;
        let pick = |list: &[Size], axis: Option<usize>| {
            axis.and_then(|a| list.get(a).cloned()).unwrap_or_default()
        };
        let size = match (left, right) {
            (Some(_), _) => pick(&x.shape, left),
            _ => pick(&y.shape, right),
        };
        Dim {
            size,
            left: pick(&x.strides, left),
            right: pick(&y.strides, right),
            out: pick(&z.strides, out),
        }
    }

    /// This axis and the one inside of it as one, if strides can say it.
    fn merge(&self, inner: &Dim) -> Done<Option<Dim>> {
        let fits = |outer: &Size, step: &Size| Ok(*outer == times(step, &inner.size)?);
        let all = fits(&self.left, &inner.left)?
            && fits(&self.right, &inner.right)?
            && fits(&self.out, &inner.out)?;
        Ok(match all {
            true => Some(Dim {
                size: times(&self.size, &inner.size)?,
                ..inner.clone()
            }),
            false => None,
        })
    }
}

/// The same axes without those of one element, neighbours merged.
pub(super) fn simplified(dims: Vec<Dim>) -> Done<Vec<Dim>> {
    let mut all: Vec<Dim> = Vec::new();
    for dim in dims {
        if dim.size.is(1) {
            continue;
        }
        let merged = match all.last() {
            Some(last) => last.merge(&dim)?,
            None => None,
        };
        match merged {
            Some(merged) => {
                all.pop();
                all.push(merged);
            }
            None => all.push(dim),
        }
    }
    Ok(all)
}
