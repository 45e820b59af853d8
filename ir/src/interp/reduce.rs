//! The order in which numbers are combined: `docs/reductions.md`, executable.

use crate::scalar::DType;

/// Blocks of this many elements are reduced alone.
const BLOCK: usize = 4096;

/// This many partial results take what does not fill all lanes.
const FEW: usize = 8;

/// The number of partial results of `lanes`.
pub(crate) fn width(dtype: DType) -> usize {
    256 / dtype.bytes() as usize
}

/// What is combined.
pub(crate) trait Fold<E> {
    /// A partial result with element `i` taken in.
    fn step(&mut self, partial: E, i: usize) -> E;
    /// Two partial results combined.
    fn join(&mut self, a: E, b: E) -> E;
}

/// Combines elements `0..n` with `width` partial results that start from `identity`; `None` of nothing.
pub(crate) fn lanes<E: Copy>(
    fold: &mut dyn Fold<E>,
    identity: E,
    n: usize,
    width: usize,
) -> Option<E> {
    let mut total = None;
    for start in (0..n).step_by(BLOCK) {
        let part = block(fold, identity, start..n.min(start + BLOCK), width);
        total = Some(match total {
            None => part,
            Some(total) => fold.join(total, part),
        });
    }
    total
}

fn block<E: Copy>(
    fold: &mut dyn Fold<E>,
    identity: E,
    range: std::ops::Range<usize>,
    width: usize,
) -> E {
    let mut at = range.start;
    let mut total = identity;
    if range.len() >= FEW {
        let mut partial = vec![identity; width];
        while range.end - at >= width {
            step(fold, &mut partial, &mut at);
        }
        halve(fold, &mut partial, FEW);
        while range.end - at >= FEW {
            step(fold, &mut partial, &mut at);
        }
        halve(fold, &mut partial, 1);
        total = partial.first().copied().unwrap_or(identity);
    }
    for i in at..range.end {
        total = fold.step(total, i);
    }
    total
}

/// One element into each partial result.
fn step<E: Copy>(fold: &mut dyn Fold<E>, partial: &mut [E], at: &mut usize) {
    for lane in partial {
        *lane = fold.step(*lane, *at);
        *at += 1;
    }
}

/// Folds by halves to `to` partial results.
fn halve<E: Copy>(fold: &mut dyn Fold<E>, partial: &mut Vec<E>, to: usize) {
    while partial.len() > to {
        let upper = partial.split_off(partial.len() / 2);
        for (lane, other) in partial.iter_mut().zip(upper) {
            *lane = fold.join(*lane, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes down how elements are combined.
    struct Trace;

    impl Fold<usize> for Trace {
        fn step(&mut self, partial: usize, i: usize) -> usize {
            partial + (1 << (i % 48))
        }
        fn join(&mut self, a: usize, b: usize) -> usize {
            a + b
        }
    }

    struct Text(Vec<String>);

    impl Fold<usize> for Text {
        fn step(&mut self, partial: usize, i: usize) -> usize {
            let text = format!("({} {i})", self.0[partial]);
            self.0.push(text);
            self.0.len() - 1
        }
        fn join(&mut self, a: usize, b: usize) -> usize {
            let text = format!("[{} {}]", self.0[a], self.0[b]);
            self.0.push(text);
            self.0.len() - 1
        }
    }

    fn text(n: usize, width: usize) -> String {
        let mut fold = Text(vec!["o".to_owned()]);
        let last = lanes(&mut fold, 0, n, width).unwrap();
        fold.0[last].clone()
    }

    #[test]
    fn every_element_is_taken_once() {
        for n in [1, 7, 8, 9, 31, 32, 40, 47] {
            assert_eq!(lanes(&mut Trace, 0, n, 32), Some((1 << n) - 1), "{n}");
        }
        assert_eq!(lanes(&mut Trace, 0, 0, 32), None);
    }

    // Written out by hand from the text of docs/reductions.md.
    #[test]
    fn the_order_is_that_of_the_page() {
        assert_eq!(text(3, 32), "(((o 0) 1) 2)");
        assert_eq!(
            text(9, 32),
            "([[[(OO 0) (OO 4)] [(OO 2) (OO 6)]] [[(OO 1) (OO 5)] [(OO 3) (OO 7)]]] 8)"
                .replace("OO", "[[o o] [o o]]")
        );
        assert_eq!(
            text(16, 16),
            "[[[[(o 0) (o 8)] [(o 4) (o 12)]] [[(o 2) (o 10)] [(o 6) (o 14)]]] \
             [[[(o 1) (o 9)] [(o 5) (o 13)]] [[(o 3) (o 11)] [(o 7) (o 15)]]]]"
        );
    }

    #[test]
    fn blocks_are_added_in_order() {
        struct Count(usize);
        impl Fold<usize> for Count {
            fn step(&mut self, partial: usize, _: usize) -> usize {
                partial + 1
            }
            fn join(&mut self, a: usize, b: usize) -> usize {
                if a.is_multiple_of(BLOCK) && a > 0 {
                    self.0 += 1;
                }
                a + b
            }
        }
        let mut count = Count(0);
        assert_eq!(lanes(&mut count, 0, 2 * BLOCK + 5, 32), Some(2 * BLOCK + 5));
        assert_eq!(count.0, 2);
    }
}
