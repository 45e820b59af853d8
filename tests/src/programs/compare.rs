//! Whether a printed value is the expected one, number for number.

/// What is different, if something is. Words and brackets must be the same, integers too; floats are
/// equal to the bit, or within `tolerance` times the expected one, where that is more than 0. Spaces do not
/// count.
pub fn difference(printed: &str, expected: &str, tolerance: f64) -> Option<String> {
    let (found, wanted) = (tokens(printed), tokens(expected));
    if found.len() != wanted.len() {
        return Some(format!("expected {expected}, found {printed}"));
    }
    let number = |text: &str| text.parse::<f64>().ok();
    let mut at = 0;
    for (found, wanted) in found.iter().zip(&wanted) {
        at += 1;
        if found == wanted {
            continue;
        }
        let (Some(x), Some(y)) = (number(found), number(wanted)) else {
            return Some(format!(
                "token {at}: expected {wanted}, found {found}\n  in {printed}"
            ));
        };
        let floats = is_float(found) && is_float(wanted);
        // Every number is within a part of infinity.
        let near = tolerance > 0.0 && y.is_finite() && (x - y).abs() <= tolerance * y.abs();
        if !floats || !(x.to_bits() == y.to_bits() || near) {
            let relative = (x - y).abs() / y.abs();
            return Some(format!(
                "token {at}: expected {wanted}, found {found} (relative {relative:.1e})\n  in {printed}"
            ));
        }
    }
    None
}

fn is_float(text: &str) -> bool {
    text.contains(['.', 'e', 'n'])
}

/// Numbers, words and signs.
fn tokens(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let part = c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
        match (part && open, all.last_mut()) {
            (true, Some(last)) => last.push(c),
            _ if c.is_whitespace() => {}
            _ => all.push(c.to_string()),
        }
        open = part;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn equal() {
        for (a, b, t) in [
            ("[1.0, -2.5]", "[1.0,-2.5]", 0.0),
            ("(1.0, [true])", "( 1.0, [ true ] )", 0.0),
            ("0.1", "0.10000000000000000555", 0.0),
            ("1e-7", "0.0000001", 0.0),
            ("nan inf -inf", "nan inf -inf", 0.0),
            ("1.00000001", "1.0", 1e-7),
            ("9007199254740993", "9007199254740993", 0.0),
        ] {
            assert_eq!(difference(a, b, t), None);
        }
    }

    #[test]
    fn different() {
        for (a, b, t) in [
            ("[1.0, 2.0]", "[1.0]", 1.0),
            ("1.0000000000000002", "1.0", 0.0),
            ("1.00000001", "1.0", 1e-9),
            ("0.0", "-0.0", 0.0),
            ("nan", "1.0", 1.0),
            ("1.0", "nan", 1.0),
            ("2", "2.0", 1.0),
            ("9007199254740993", "9007199254740992", 1.0),
            ("[1.0, 2.0]", "(1.0, 2.0)", 0.0),
            ("true", "false", 1.0),
            ("1e-20", "0.0", 1e-9),
            ("-inf", "inf", 1e-9),
            ("1.0", "inf", 1e-9),
        ] {
            assert!(difference(a, b, t).is_some(), "{a} {b}");
        }
    }
}
