//! What is known of the index of a run in an arm.

use dfn_ir::scalar::Compare;
use dfn_ir::{Size, Value};

/// The index is at least `lo`, and at most `n - 1 - hi`.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    index: Value,
    n: Size,
    lo: i64,
    hi: i64,
    /// The place that it is.
    is: Option<Size>,
}

impl Facts {
    /// An index that is below `n`.
    pub(super) fn new(index: Value, n: &Size) -> Facts {
        Facts {
            index,
            n: n.clone(),
            lo: 0,
            hi: 0,
            is: None,
        }
    }

    /// How far from the index a place is.
    pub(super) fn offset(&self, place: &Size) -> Option<i64> {
        let from = |index: &Size| place.checked_sub(index)?.as_constant();
        from(&Size::value(self.index)).or_else(|| from(self.is.as_ref()?))
    }

    /// Whether there is no place so far from the index.
    pub(super) fn is_outside(&self, offset: i64) -> bool {
        let from = |start: Option<Size>| {
            let place = self.is.as_ref()?.checked_sub(&start?)?.as_constant()?;
            place.checked_add(offset)
        };
        from(Some(Size::default())).is_some_and(|k| k < 0)
            || from(Some(self.n.clone())).is_some_and(|k| k >= 0)
    }

    /// Whether a comparison holds.
    pub(super) fn prove(&self, how: Compare, a: &Size, b: &Size) -> bool {
        let Some(d) = b.checked_sub(a) else {
            return false;
        };
        match how {
            Compare::Le => self.is_at_least(&d, 0),
            Compare::Lt => self.is_at_least(&d, 1),
            Compare::Eq | Compare::Ne => false,
        }
    }

    fn is_at_least(&self, d: &Size, least: i64) -> bool {
        let index = Size::value(self.index);
        // The least value of the difference, which rises with the index, or falls with it, or does neither.
        let low =
            d.checked_sub(&index)
                .and_then(|rest| match rest.values().any(|v| v == self.index) {
                    true => None,
                    false => rest.checked_add(&Size::constant(self.lo)),
                });
        let high =
            d.checked_add(&index)
                .and_then(|rest| match rest.values().any(|v| v == self.index) {
                    true => None,
                    false => rest.checked_sub(&index_bound(&self.n, self.hi)?),
                });
        let flat = (!d.values().any(|v| v == self.index)).then(|| d.clone());
        [low, high, flat].into_iter().flatten().any(|d| {
            let rest = d.checked_sub(&self.n).and_then(|rest| rest.as_constant());
            // There is a run, so there are as many.
            let with_n = rest.map(|rest| rest + self.lo + self.hi + 1);
            d.as_constant().or(with_n).is_some_and(|d| d >= least)
        })
    }

    /// In an arm where a comparison has this outcome.
    pub(super) fn assume(&self, how: Compare, (a, b): (&Size, &Size), holds: bool) -> Facts {
        let mut facts = self.clone();
        let (Some(d), Some(back)) = (b.checked_sub(a), a.checked_sub(b)) else {
            return facts;
        };
        match (how, holds) {
            (Compare::Lt, true) => facts.bound(&d, 1),
            (Compare::Le, true) => facts.bound(&d, 0),
            (Compare::Lt, false) => facts.bound(&back, 0),
            (Compare::Le, false) => facts.bound(&back, 1),
            (Compare::Eq, true) | (Compare::Ne, false) => {
                facts.bound(&d, 0);
                facts.bound(&back, 0);
                let index = Size::value(self.index);
                let other = if *a == index { b } else { a };
                facts.is = (*a == index || *b == index).then(|| other.clone());
            }
            (Compare::Eq, false) | (Compare::Ne, true) => {
                // It is not the first one, or not the last one.
                for d in [&d, &back] {
                    if self.rises_from(d) == Some(self.lo) {
                        facts.lo = self.lo + 1;
                    } else if self.falls_from(d) == Some(self.hi) {
                        facts.hi = self.hi + 1;
                    }
                }
            }
        }
        facts
    }

    /// The difference is at least that.
    fn bound(&mut self, d: &Size, least: i64) {
        let index = Size::value(self.index);
        let end = index_bound(&self.n, self.hi);
        if let Some(from) = self.rises_from(d) {
            self.lo = self.lo.max(from.saturating_add(least));
        } else if let Some(from) = self.falls_from(d) {
            self.hi = self.hi.max(from.saturating_add(least));
        } else if d.checked_add(&index) == Some(Size::constant(self.lo.saturating_add(least))) {
            // At most the first one, or at least the last one.
            self.is = Some(Size::constant(self.lo));
        } else if let Some(end) = end
            && let Some(from) = index.checked_sub(&end)
            && from.checked_add(&Size::constant(least)).as_ref() == Some(d)
        {
            self.is = Some(end);
        }
    }

    /// `k`, if the difference is `i - k`.
    fn rises_from(&self, d: &Size) -> Option<i64> {
        Size::value(self.index).checked_sub(d)?.as_constant()
    }

    /// `k`, if the difference is `n - 1 - k - i`.
    fn falls_from(&self, d: &Size) -> Option<i64> {
        let end = index_bound(&self.n, 0)?.checked_sub(&Size::value(self.index))?;
        end.checked_sub(d)?.as_constant()
    }
}

/// `n - 1 - k`.
fn index_bound(n: &Size, k: i64) -> Option<Size> {
    n.checked_sub(&Size::constant(k.checked_add(1)?))
}
