//! Random numbers. Test vectors: Random123 1.14, `kat_vectors`, threefry2x32 with 20 rounds.

use super::support::{outcome, printed};

#[test]
fn published_vectors() {
    let program = r#"
        test "threefry" {
            let a = threefry(0, 0, 0, 0);
            assert(a.0 == 0x6b200159 && a.1 == 0x99ba4efe);
            let ones = 0xffffffff;
            let b = threefry(ones, ones, ones, ones);
            assert(b.0 == 0x1cb996fc && b.1 == 0xbb002be7);
            let c = threefry(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3);
            assert(c.0 == 0xc4923a9c && c.1 == 0x483df7a0);
        }
    "#;
    assert_eq!(outcome(program).1, None);
}

#[test]
fn moments_of_the_distributions() {
    // The bounds are five standard errors.
    let program = r#"
        test "moments" {
            let (k, l) = split(key(42));
            let x = normal(k, f64[10000]);
            assert(abs(mean(x)) < 0.05, "mean");
            assert(abs(mean(x * x) - 1) < 0.0708, "variance");
            assert(abs(mean(x ** 4) - 3) < 0.49, "kurtosis");
            let u = uniform(l, f64[100, 100]);
            assert(min(u) >= 0 && max(u) < 1, "range");
            assert(abs(mean(u) - 0.5) < 0.0145, "mean of uniform");
            assert(abs(mean((u - 0.5) ** 2) - 0.08333) < 0.0038, "variance of uniform");
        }
    "#;
    assert_eq!(outcome(program).1, None);
}

#[test]
fn keys_differ_and_repeat() {
    let program = "fn main() {
        let (k, l) = split(key(1));
        print(all(uniform(k, f64[4]) == uniform(k, f64[4])));
        print(any(uniform(k, f64[4]) == uniform(l, f64[4])));
        print(any(uniform(k, f64[4]) == uniform(key(1), f64[4])));
        print(all(uniform(k, f64[8])[..4] == uniform(k, f64[4])));
    }";
    assert_eq!(printed(program), ["true", "false", "false", "true"]);
}
