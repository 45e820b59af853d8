//! Control flow: loops, branches, early returns, assignments, and derivatives through them.

use super::support::{assert_close, outcome, printed};

#[test]
fn loops_carry_what_they_assign() {
    let program = "
        fn factorial(n: i64) -> i64 { let mut p = 1; for i in 1..=n { p *= i; } p }
        fn cumsum[n](x: f64[n]) -> f64[n] {
            let mut out = zeros(f64[n]);
            let mut s = 0.0;
            for i in 0..n { s += x[i]; out[i] = s; }
            out
        }
        fn collatz(n: i64) -> i64 {
            let mut k = n;
            let mut count = 0;
            while k != 1 { if k % 2 == 0 { k = k / 2; } else { k = 3 * k + 1; } count += 1; }
            count
        }
        fn main() {
            print(factorial(5), factorial(0));
            print(cumsum([1, 2, 3, 4]));
            print(collatz(27));
            for i in (0..6 step 2).rev() { print(i); }
            for x in [1.5, 2.5] { print(x); }
            for i in 3..1 { print(i); }
        }";
    // 27 takes 111 steps: OEIS A006577.
    let expected = [
        "120 1",
        "[1.0, 3.0, 6.0, 10.0]",
        "111",
        "4",
        "2",
        "0",
        "1.5",
        "2.5",
    ];
    assert_eq!(printed(program), expected);
}

#[test]
fn branches_give_values_and_variables() {
    let program = "
        fn sign_of(x: f64) -> f64 { if x > 0 { return 1; } if x < 0 { return -1; } 0 }
        fn both(x: f64) -> (f64, f64) {
            let mut a = x;
            let mut b = 0.0;
            let c = if x > 1 { a *= 2; 10 } else { b = a; 20.5 };
            (a + c, b)
        }
        fn main() {
            print(sign_of(-3), sign_of(0), sign_of(2.5));
            print(both(2), both(0.5));
            print(sign_of([1.0, -2.0, 0.0]));
            let x = [1.0, 2.0];
            let i = 7;
            print(i < 2 && x[i] > 0, i >= 2 || x[i] > 0);
        }";
    let expected = [
        "-1.0 0.0 1.0",
        "(14.0, 0.0) (21.0, 0.5)",
        "[1.0, -1.0, 0.0]",
        "false true",
    ];
    assert_eq!(printed(program), expected);
}

#[test]
fn derivatives_through_loops_and_branches() {
    let program = "
        fn newton(a: f64) -> f64 {
            let mut x = a;
            while abs(x * x - a) > 1e-12 { x = 0.5 * (x + a / x); }
            x
        }
        fn power(x: f64, n: i64) -> f64 { let mut p = 1.0; for _ in 0..n { p = p * x; } p }
        fn relu_(x: f64) -> f64 { if x > 0 { x } else { 0 } }
        fn last[n](x: f64[n]) -> f64 {
            let mut y = x;
            for i in 1..n { y[i] = y[i - 1] * y[i]; }
            y[-1]
        }
        fn main() {
            print(grad(newton)(2));
            print(grad(power)(3, 4), grad(grad(power))(3, 4));
            print(grad(|x| sum(relu_(x)))([-1.0, 2.0]));
            print(grad(last)([2.0, 3.0, 5.0]));
            print(hessian(last)([2.0, 3.0, 5.0]));
        }
        test \"checked\" {
            check_grads(newton, (2.0,), order = 2);
            check_grads(last, ([2.0, 3.0, 5.0],), order = 2);
            check_grads(power, (1.5, 4), order = 2);
        }";
    let lines = printed(program);
    // 1 / (2 √2); 4·27 and 12·9; products of the others.
    assert_close(&lines[0], &[0.353_553_390_593_273_76], 1e-12);
    assert_eq!(lines[1], "108.0 108.0");
    assert_eq!(lines[2], "[0.0, 1.0]");
    assert_eq!(lines[3], "[15.0, 10.0, 6.0]");
    assert_eq!(
        lines[4],
        "[[0.0, 5.0, 3.0], [5.0, 0.0, 2.0], [3.0, 2.0, 0.0]]"
    );
}

#[test]
fn failed_checks_stop_the_program() {
    let fails = |body: &str| outcome(&format!("test \"t\" {{ {body} }}")).1;
    assert_eq!(fails("let i = len([1, 2]) - 3; assert(i == -1);"), None);
    assert_eq!(
        fails("assert(1 > 2, \"one is small\");"),
        Some("one is small".to_owned())
    );
    let zero = "let x = i64(sum([0.0])); print(1 / x);";
    assert_eq!(fails(zero), Some("division by zero".to_owned()));
    let outside = "let x = [1, 2, 3]; let i = i64(sum([5.0])); print(x[i]);";
    let message = fails(outside).unwrap_or_default();
    assert!(message.contains("outside of the axis"), "{message}");
    let claimed = "let n = i64(sum([2.0])); let x = [1.0, 2.0, 3.0] as f64[n]; print(x);";
    let message = fails(claimed).unwrap_or_default();
    assert!(message.contains("differ"), "{message}");
}

#[test]
fn a_half_wrong_derivative_fails_its_check() {
    // At 1, the branch of every second element has another slope than its neighbourhood.
    let program = "
        fn f[n](x: f64[n]) -> f64 { sum(for i in 0..n: if x[i] == 1 && i % 2 == 0 { x[i] } else { x[i] * x[i] }) }
        test \"right\" { check_grads(|x| sum(x * x * x), (1 + uniform(key(1), f64[40]),), order = 2); }
        test \"wrong\" { check_grads(f, (ones(f64[40]),), order = 1); }";
    let message = outcome(program).1.unwrap_or_default();
    assert!(
        message.contains("check_grads") && message.contains("`f`"),
        "{message}"
    );
}
