//! "Did you mean": the known name that a mistyped one is nearest to.

/// The candidate nearest to `name`, if it is near enough to be meant: at most a third of the
/// letters are wrong, or only their case.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = name.chars().count().div_ceil(3);
    candidates
        .into_iter()
        .map(|candidate| (distance_ignoring_case(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

fn distance_ignoring_case(a: &str, b: &str) -> usize {
    distance(&a.to_lowercase(), &b.to_lowercase())
}

/// The least number of letters inserted, removed, replaced, or exchanged with their neighbour that
/// makes `a` of `b` (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, x) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, y) in b.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX);
            let replaced = at(&last, column) + usize::from(x != *y);
            let removed = at(&last, column + 1) + 1;
            let inserted = at(&current, column) + 1;
            let mut best = replaced.min(removed).min(inserted);
            let left = column.checked_sub(1).and_then(|index| b.get(index));
            if previous == Some(*y) && left == Some(&x) {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(x);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        // The worked examples of Levenshtein's and Damerau's distances.
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("saturday", "sunday"), 3);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("ca", "abc"), 3);
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["inputs", "targets", "weights", "n"];
        assert_eq!(suggest("input", known), Some("inputs"));
        assert_eq!(suggest("Targets", known), Some("targets"));
        assert_eq!(suggest("wieghts", known), Some("weights"));
        assert_eq!(suggest("gradient", known), None);
        assert_eq!(suggest("x", known), None);
        assert_eq!(suggest("N", known), Some("n"));
    }
}
