//! Sizes: polynomials with integer coefficients over `i64` values, in normal form.
//!
//! Two sizes are the same exactly if their normal forms are, so equality is `==`. What is not a
//! polynomial (`n / 2`, `min(n, m)`) is an instruction whose result is an atom like any other value.

use crate::function::Value;
use smallvec::{SmallVec, smallvec};

/// A product of values, sorted, with repetition; the empty product is 1.
pub type Monomial = SmallVec<[Value; 2]>;

/// A polynomial: terms with nonzero coefficients, sorted by monomial.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Size {
    terms: SmallVec<[(Monomial, i64); 1]>,
}

impl Size {
    /// The constant `n`.
    pub fn constant(n: i64) -> Size {
        let terms = if n == 0 {
            smallvec![]
        } else {
            smallvec![(Monomial::new(), n)]
        };
        Size { terms }
    }

    /// The value `v` itself.
    pub fn value(v: Value) -> Size {
        Size {
            terms: smallvec![(smallvec![v], 1)],
        }
    }

    /// The terms: monomial and coefficient.
    pub fn terms(&self) -> impl Iterator<Item = (&[Value], i64)> {
        self.terms
            .iter()
            .map(|(monomial, k)| (monomial.as_slice(), *k))
    }

    /// The constant that this is, if it mentions no value.
    pub fn as_constant(&self) -> Option<i64> {
        match self.terms.as_slice() {
            [] => Some(0),
            [(monomial, k)] if monomial.is_empty() => Some(*k),
            _ => None,
        }
    }

    /// The value that this is, if it is one value alone.
    pub fn as_value(&self) -> Option<Value> {
        match self.terms.as_slice() {
            [(monomial, 1)] if monomial.len() == 1 => monomial.first().copied(),
            _ => None,
        }
    }

    /// Whether this is the constant `n`.
    pub fn is(&self, n: i64) -> bool {
        self.as_constant() == Some(n)
    }

    /// Every value mentioned, possibly more than once.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.terms
            .iter()
            .flat_map(|(monomial, _)| monomial.iter().copied())
    }

    /// `self + other`; `None` on overflow of a coefficient.
    pub fn checked_add(&self, other: &Size) -> Option<Size> {
        let mut terms = self.terms.clone();
        terms.extend(other.terms.iter().cloned());
        normal(terms)
    }

    /// `self * other`; `None` on overflow of a coefficient.
    pub fn checked_mul(&self, other: &Size) -> Option<Size> {
        let mut terms = SmallVec::new();
        for (m, a) in &self.terms {
            for (n, b) in &other.terms {
                let mut product: Monomial = m.iter().chain(n).copied().collect();
                product.sort_unstable();
                terms.push((product, a.checked_mul(*b)?));
            }
        }
        normal(terms)
    }

    /// `self * k`; `None` on overflow of a coefficient.
    pub fn checked_scale(&self, k: i64) -> Option<Size> {
        self.checked_mul(&Size::constant(k))
    }

    /// `self - other`; `None` on overflow of a coefficient.
    pub fn checked_sub(&self, other: &Size) -> Option<Size> {
        self.checked_add(&other.checked_scale(-1)?)
    }

    /// The polynomial with each value replaced by `replace(value)`; overflow gives `None`.
    pub fn substitute(&self, mut replace: impl FnMut(Value) -> Size) -> Option<Size> {
        let mut sum = Size::default();
        for (monomial, k) in &self.terms {
            let mut product = Size::constant(*k);
            for &value in monomial {
                product = product.checked_mul(&replace(value))?;
            }
            sum = sum.checked_add(&product)?;
        }
        Some(sum)
    }

    /// The polynomial with values renamed; cheaper than [`Size::substitute`] and cannot overflow.
    pub fn rename(&self, mut rename: impl FnMut(Value) -> Value) -> Size {
        let mut terms = self.terms.clone();
        for (monomial, _) in &mut terms {
            for value in monomial.iter_mut() {
                *value = rename(*value);
            }
            monomial.sort_unstable();
        }
        normal(terms).unwrap_or_default()
    }

    /// Its number for given values; wraps on overflow.
    pub fn evaluate(&self, mut of: impl FnMut(Value) -> i64) -> i64 {
        let term = |(monomial, k): &(Monomial, i64), of: &mut dyn FnMut(Value) -> i64| {
            monomial
                .iter()
                .fold(*k, |product, &v| product.wrapping_mul(of(v)))
        };
        self.terms
            .iter()
            .fold(0, |sum: i64, t| sum.wrapping_add(term(t, &mut of)))
    }
}

fn normal(mut terms: SmallVec<[(Monomial, i64); 1]>) -> Option<Size> {
    terms.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let mut merged: SmallVec<[(Monomial, i64); 1]> = SmallVec::new();
    for (monomial, k) in terms {
        match merged.last_mut() {
            Some((last, sum)) if *last == monomial => *sum = sum.checked_add(k)?,
            _ => merged.push((monomial, k)),
        }
    }
    merged.retain(|(_, k)| *k != 0);
    Some(Size { terms: merged })
}

impl From<i64> for Size {
    fn from(n: i64) -> Size {
        Size::constant(n)
    }
}

impl From<Value> for Size {
    fn from(v: Value) -> Size {
        Size::value(v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cranelift_entity::EntityRef;

    #[test]
    fn equality_is_by_normal_form() {
        let n = Size::value(Value::new(0));
        let m = Size::value(Value::new(1));
        let one = Size::constant(1);
        // (n + 1)(m + 1) = m n + n + m + 1
        let left = n
            .checked_add(&one)
            .unwrap()
            .checked_mul(&m.checked_add(&one).unwrap())
            .unwrap();
        let mut right = m.checked_mul(&n).unwrap();
        for term in [&m, &n, &one] {
            right = right.checked_add(term).unwrap();
        }
        assert_eq!(left, right);
        assert_eq!(left.checked_sub(&right).unwrap(), Size::constant(0));
        assert_eq!(
            left.evaluate(|v| if v == Value::new(0) { 3 } else { 4 }),
            20
        );
    }

    #[test]
    fn overflow_is_seen() {
        let big = Size::constant(i64::MAX);
        assert_eq!(big.checked_add(&Size::constant(1)), None);
        assert_eq!(big.checked_scale(2), None);
    }
}
