//! What is known of integers while a function is made: which values are polynomials of others, which
//! cannot be negative, and between which bounds an index runs.
//!
//! Bounds checks that follow from these facts are not emitted. The test is sufficient, not complete: a
//! polynomial is taken as not negative if no coefficient is, over values that are not negative.

use dfn_ir::{Size, Value};
use std::collections::{HashMap, HashSet};

/// An operation on integers that makes a size which is not a polynomial of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opaque {
    /// `a / b`
    Div,
    /// `a % b`
    Rem,
    /// `min(a, b)`
    Min,
    /// `max(a, b)`
    Max,
}

/// How a value was computed that is no polynomial; two of equal origin are one size.
pub(super) type Origin = (Opaque, Size, Size);

/// Facts about the integers of one function.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The polynomial that a value was computed as.
    polynomials: HashMap<Value, Size>,
    /// Values that are sizes of arrays, or were checked.
    natural: HashSet<Value>,
    /// Least value, and the first above the largest.
    ranges: HashMap<Value, (Size, Size)>,
    /// The values that were computed by opaque operations, and how.
    computed: HashMap<Origin, Value>,
    origins: HashMap<Value, Origin>,
    /// The positions of the true elements of a mask: the same mask twice gives one size.
    places: HashMap<Value, Vec<Value>>,
}

impl Facts {
    /// `value` is the value of `size`.
    pub(super) fn is_size(&mut self, value: Value, size: &Size) {
        if size.as_value() != Some(value) {
            self.polynomials.insert(value, size.clone());
        }
    }

    /// `value` is not negative.
    pub(super) fn is_natural(&mut self, value: Value) {
        self.natural.insert(value);
    }

    /// `low <= value < high`.
    pub(super) fn in_range(&mut self, value: Value, low: Size, high: Size) {
        self.ranges.insert(value, (low, high));
    }

    /// `value` was computed as `origin`.
    pub(super) fn is_computed(&mut self, value: Value, origin: Origin) {
        let natural = |size: &Size| self.proves_natural(size);
        let (op, a, b) = &origin;
        let is_natural = match op {
            Opaque::Div => natural(a) && b.as_constant().map_or(natural(b), |n| n > 0),
            Opaque::Rem => natural(a),
            Opaque::Min => natural(a) && natural(b),
            Opaque::Max => natural(a) || natural(b),
        };
        if is_natural {
            self.is_natural(value);
        }
        self.computed.entry(origin.clone()).or_insert(value);
        self.origins.entry(value).or_insert(origin);
    }

    /// The value that was computed as `origin` before.
    pub(super) fn computed(&self, origin: &Origin) -> Option<Value> {
        let (op, a, b) = origin;
        let swapped = || (*op, b.clone(), a.clone());
        let found = self.computed.get(origin).copied();
        found.or_else(|| match op {
            Opaque::Min | Opaque::Max => self.computed.get(&swapped()).copied(),
            Opaque::Div | Opaque::Rem => None,
        })
    }

    /// The true elements of `mask` stand at `places`.
    pub(super) fn has_places(&mut self, mask: Value, places: Vec<Value>) {
        self.places.insert(mask, places);
    }

    /// Where the true elements of `mask` stand, if that was computed before.
    pub(super) fn places(&self, mask: Value) -> Option<Vec<Value>> {
        self.places.get(&mask).cloned()
    }

    /// How `value` was computed.
    pub(super) fn origin(&self, value: Value) -> Option<&Origin> {
        self.origins.get(&value)
    }

    /// The value as a polynomial.
    pub(super) fn polynomial(&self, value: Value) -> Size {
        let known = self.polynomials.get(&value).cloned();
        known.unwrap_or_else(|| Size::value(value))
    }

    /// Whether `size >= 0` follows.
    pub(super) fn proves_natural(&self, size: &Size) -> bool {
        size.terms()
            .all(|(values, k)| k >= 0 && values.iter().all(|v| self.natural.contains(v)))
            || self.bounded_below(size, 4)
    }

    /// The same after replacing one index at a time by the bound that makes the polynomial smallest.
    fn bounded_below(&self, size: &Size, depth: u32) -> bool {
        if depth == 0 {
            return false;
        }
        let index = size.terms().find_map(|(values, k)| match values {
            [v] => self.ranges.get(v).map(|range| (*v, k, range)),
            _ => None,
        });
        let Some((value, k, (low, high))) = index else {
            return false;
        };
        let linear = size
            .terms()
            .filter(|(values, _)| values.contains(&value))
            .count()
            == 1;
        let one = Size::constant(1);
        let bound = match k > 0 {
            true => Some(low.clone()),
            false => high.checked_sub(&one),
        };
        let Some(bound) = bound.filter(|_| linear) else {
            return false;
        };
        let replaced = size.substitute(|v| {
            if v == value {
                bound.clone()
            } else {
                Size::value(v)
            }
        });
        replaced.is_some_and(|size| self.proves_natural_at(&size, depth - 1))
    }

    fn proves_natural_at(&self, size: &Size, depth: u32) -> bool {
        size.terms()
            .all(|(values, k)| k >= 0 && values.iter().all(|v| self.natural.contains(v)))
            || self.bounded_below(size, depth)
    }

    /// Whether `0 <= index` follows.
    pub(super) fn proves_not_below(&self, index: &Size) -> bool {
        self.proves_natural(index)
    }

    /// Whether `index < size` follows.
    pub(super) fn proves_below(&self, index: &Size, size: &Size) -> bool {
        let gap = size
            .checked_sub(index)
            .and_then(|gap| gap.checked_sub(&Size::constant(1)));
        gap.is_some_and(|gap| self.proves_natural(&gap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cranelift_entity::EntityRef;

    #[test]
    fn neighbours_inside_the_axis_need_no_check() {
        // for i in 1..n - 1: x[i - 1] and x[i + 1] lie in an axis of size n.
        let (n, i) = (Value::new(0), Value::new(1));
        let mut facts = Facts::default();
        facts.is_natural(n);
        let one = Size::constant(1);
        let size = Size::value(n);
        facts.in_range(i, one.clone(), size.checked_sub(&one).unwrap());
        let left = Size::value(i).checked_sub(&one).unwrap();
        let right = Size::value(i).checked_add(&one).unwrap();
        assert!(facts.proves_not_below(&left) && facts.proves_below(&left, &size));
        assert!(facts.proves_not_below(&right) && facts.proves_below(&right, &size));
        let beyond = right.checked_add(&one).unwrap();
        assert!(!facts.proves_below(&beyond, &size));
    }
}
