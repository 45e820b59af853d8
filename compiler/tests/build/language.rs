//! The language beside control flow: arrays, sizes, generics, functions as values. Expected values are
//! computed by hand or with NumPy.

use super::support::{outcome, printed};

#[test]
fn arrays() {
    let program = "fn main() {
        let a = [[1, 2, 3], [4, 5, 6]];
        print(a[1, ..], a[.., 1], a[-1, -1], a[0, 1..], a[(..).rev(), 0], a[.., .. step 2]);
        print(sum(a, axis = 0), sum(a, axis = 1), sum(a), mean(f64(a), axis = -1), max(a), min(3, 2));
        print(transpose(a), flip([1, 2, 3]), reshape(iota(4), i64[2, 2]));
        print([1, 2, 3] @ [4, 5, 6], [[1, 2], [3, 4]] @ [5, 6], eye(2));
        print(concat([1, 2], [3]), stack([1, 2], [3, 4]), [[1.0, 2.0], [3.0, 4.0]][[1, 0, 1]]);
        print(where([true, false], 1.0, [2, 3]), any([false, true]), all([false, true]), prod([2, 3]));
        print(argmax([1.0, 5.0, 2.0]), norm([3.0, 4.0]), softmax([0.0, 0.0]), logsumexp([0.0, 0.0]));
        print([[1.0], [2.0]] + [10.0, 20.0], [1, 2] - 1, 2 * [0.5, 1.5]);
    }";
    let expected = [
        "[4, 5, 6] [2, 5] 6 [2, 3] [4, 1] [[1, 3], [4, 6]]",
        "[5, 7, 9] [6, 15] 21 [2.0, 5.0] 6 2",
        "[[1, 4], [2, 5], [3, 6]] [3, 2, 1] [[0, 1], [2, 3]]",
        "32 [17, 39] [[1.0, 0.0], [0.0, 1.0]]",
        "[1, 2, 3] [[1, 2], [3, 4]] [[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]",
        "[1.0, 3.0] true false 6",
        "1 5.0 [0.5, 0.5] 0.6931471805599453",
        "[[11.0, 21.0], [12.0, 22.0]] [0, 1] [1.0, 3.0]",
    ];
    assert_eq!(printed(program), expected);
}

#[test]
fn scalars() {
    let program = "fn main() {
        print(7 % 3, -7 / 2, -7 % 2, 2 ** 10, 1 << 4, 6 & 3, 6 | 3, 6 ^ 3, !true);
        print(i64(3.7), f64(3), bool(2), f32(0.1), u32(-1), 1 / 2, 1.0 / 2, 0.5f32);
        print(-2.0 ** 2, abs(-3), sign(-2.5), floor(2.5), round(2.5), max(1, 2.5));
        let half = 1 / 2;
        print(half * 3.0, 3 * half);
    }";
    let expected = [
        "1 -3 -1 1024 16 2 7 5 false",
        "3 3.0 true 0.1 4294967295 0 0.5 0.5",
        "-4.0 3 -1.0 2.0 2.0 2.5",
        "1.5 1.5",
    ];
    assert_eq!(printed(program), expected);
}

#[test]
fn functions_are_values() {
    let program = "
        fn twice(f: fn(f64) -> f64, x: f64) -> f64 { f(f(x)) }
        fn adder(a: f64) -> fn(f64) -> f64 { |x| x + a }
        fn scale[n](f: fn(f64[n]) -> f64, x: f64[n]) -> f64 { f(2 * x) }
        fn main() {
            let k = 3.0;
            fn local(x: f64) -> f64 { x * k }
            print(twice(|x| x * x, 3), twice(local, 2), twice(adder(10), 1));
            let mut v = 1.0;
            let f = |x| x + v;
            v = 100.0;
            print(f(1.0), v);
            let data = [1.0, 2.0];
            print(scale(|x| sum(x * data), [3, 4]));
            print(grad(adder(1))(5), grad(|a| adder(a)(2.0) * a)(3));
            print(grad(|x| grad(|y| x * y * y)(x))(2.0));
        }";
    // d/dx of 2 x·x is 4 x.
    let expected = ["81.0 18.0 21.0", "2.0 100.0", "22.0", "1.0 8.0", "8.0"];
    assert_eq!(printed(program), expected);
}

#[test]
fn sizes_are_polynomials() {
    let program = "
        fn diff[n](x: f64[n + 1]) -> f64[n] { x[1..] - x[..-1] }
        fn outer[n, m](x: f64[n], y: f64[m]) -> f64[n, m] { [for i in 0..n, j in 0..m: x[i] * y[j]] }
        fn flat[n, m](x: f64[n, m]) -> f64[n * m] { reshape(x, f64[n * m]) }
        fn twice[n](x: f64[n]) -> f64[2 * n] { concat(x, x) }
        fn triangle[n](x: f64[n]) -> f64 { sum(for i in 0..n, j in i..n: x[i] * x[j]) }
        fn smooth[n](x: f64[n + 2]) -> f64[n] { [for i in 0..n: x[i] + x[i + 1] + x[i + 2]] }
        fn grid(n: i64) -> f64[n] { [for i in 0..n: f64(i) / f64(n)] }
        fn generic[n, T: float](x: T[n]) -> T { sum(x) / T(n) }
        fn main() {
            print(diff([1, 4, 9, 16]), outer([1, 2], [3, 4, 5]), flat([[1, 2], [3, 4]]));
            print(twice([1, 2]), triangle([1, 2, 3]), smooth([1, 2, 3, 4]), grid(4));
            print(generic([1f32, 2f32]), generic([1.0, 5.0]));
            let n = len([1.0, 2.0]) + 1;
            let x: f64[n] = zeros(f64[3]);
            print(x, size([[1, 2, 3]], 1));
        }";
    let expected = [
        "[3.0, 5.0, 7.0] [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]] [1.0, 2.0, 3.0, 4.0]",
        "[1.0, 2.0, 1.0, 2.0] 25.0 [6.0, 9.0] [0.0, 0.25, 0.5, 0.75]",
        "1.5 3.0",
        "[0.0, 0.0, 0.0] 3",
    ];
    assert_eq!(printed(program), expected);
}

#[test]
fn integers_are_sizes() {
    let program = "
        fn half(n: i64) -> f64[n] { let k = n; full(f64[k], 0.5) }
        fn take[m](n: i64, x: f64[m]) -> f64[n] { x[..n] }
        fn same(n: i64, x: f64[n]) -> f64[n] { x + zeros(f64[n]) }
        fn main() {
            print(half(3) + [1.0, 2.0, 3.0], take(2, [1.0, 2.0, 3.0]) + [1.0, 1.0]);
            let n = i64(sum([2.0]));
            let x = half(n + 1);
            print(same(n + 1, x) + x, take(n, x) + half(n));
            print(grad(|y| sum(same(2, y) ** 2))([1.0, 2.0]));
        }";
    let expected = [
        "[1.5, 2.5, 3.5] [2.0, 3.0]",
        "[1.0, 1.0, 1.0] [1.0, 1.0]",
        "[2.0, 4.0]",
    ];
    assert_eq!(printed(program), expected);
}

#[test]
fn structs_and_defaults() {
    let program = "
        struct Point[T: float] { x: T, y: T }
        struct Path[n] { xs: f64[n], ys: f64[n], closed: bool }
        const ORIGIN: Point[f64] = Point { x: 0, y: 0 };
        type Pair = (f64, f64);
        fn distance(a: Point[f64], b: Point[f64] = ORIGIN) -> f64 { hypot(a.x - b.x, a.y - b.y) }
        fn length[n](p: Path[n + 1]) -> f64 {
            let Path { xs, ys, .. } = p;
            sum(for i in 0..n: hypot(xs[i + 1] - xs[i], ys[i + 1] - ys[i]))
        }
        fn swap(p: Pair) -> Pair { (p.1, p.0) }
        fn main() {
            let mut p = Point { x: 3.0, y: 4.0 };
            print(distance(p), distance(p, b = Point { x: 3, y: 0 }));
            p.x += 1;
            print(p, Point { y: 1.5, ..p }, swap((1, 2)));
            print(length(Path { xs: [0, 3, 3], ys: [0, 4, 5], closed: false }));
            print(grad(length)(Path { xs: [0, 3], ys: [0, 4], closed: true }));
        }";
    let expected = [
        "5.0 4.0",
        "Point { x: 4.0, y: 4.0 } Point { x: 4.0, y: 1.5 } (2.0, 1.0)",
        "6.0",
        "Path { xs: [-0.6, 0.6], ys: [-0.8, 0.8] }",
    ];
    assert_eq!(printed(program), expected);
}

#[test]
fn products_are_fused_within_an_expression() {
    // (1 + 2^-30)² = 1 + 2^-29 + 2^-60; the last term survives only one rounding.
    let program = "fn main() {
        let a = 1.0 + 2.0 ** -30;
        let square = a * a;
        print(a * a - (1.0 + 2.0 ** -29) == 2.0 ** -60, square - (1.0 + 2.0 ** -29) == 0);
        let v = [a, a];
        print(v * v - (1.0 + 2.0 ** -29) == 2.0 ** -60);
    }";
    assert_eq!(printed(program), ["true true", "[true, true]"]);
}

#[test]
fn tests_and_main_are_separate() {
    let program = "fn main() { print(1); } test \"a\" { print(2); } test \"b\" { assert(false); }";
    let (lines, failure) = outcome(program);
    assert_eq!(lines, ["2"]);
    assert_eq!(failure.as_deref(), Some("the assertion does not hold"));
}
