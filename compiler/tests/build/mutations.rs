//! Mutated programs: a diagnostic or a program, never a panic, never a hang, and what is accepted
//! verifies.

use super::support::elaborated;

const PROGRAMS: [&str; 4] = [
    "struct Model[d] { w: f64[d], b: f64 }
     fn act(x: f64) -> f64 { 0.5 * (tanh(x / 2) + 1) }
     fn loss[n, d](m: Model[d], inputs: f64[n, d], targets: bool[n]) -> f64 {
         let p = act(inputs @ m.w + m.b);
         let t = f64(targets);
         -sum(log(p * t + (1 - p) * (1 - t)))
     }
     export fn loss_grad[n, d](m: Model[d], inputs: f64[n, d], targets: bool[n]) -> (f64, Model[d]) {
         value_and_grad(loss)(m, inputs, targets)
     }
     fn main() { print(hessian(loss)(Model { w: [1, 2], b: 0 }, [[1.0, 2.0]], [true])); }",
    "fn cumsum[n](x: f64[n]) -> f64[n] {
         let mut out = zeros(f64[n]);
         let mut s = 0.0;
         for i in 0..n { s += x[i]; out[i] = s; }
         out
     }
     fn diff[n](x: f64[n + 1]) -> f64[n] { x[1..] - x[..-1] }
     fn tri[n](x: f64[n]) -> f64 { sum(for i in 0..n, j in i..n: x[i] * x[j]) }
     fn main() { print(cumsum(diff([1, 4, 9])), tri([1, 2]), grad(tri)([1, 2])); }",
    "fn twice(f: fn(f64) -> f64, x: f64) -> f64 { f(f(x)) }
     fn adder(a: f64) -> fn(f64) -> f64 { |x| x + a }
     fn pick(x: f64) -> (f64, i64) { if x > 0 { (x, 1) } else { (-x, 0) } }
     fn root(a: f64) -> f64 { let mut x = a; while abs(x * x - a) > 0.1 { x = 0.5 * (x + a / x); } x }
     fn main() { let (p, q) = pick(2); print(twice(adder(p), root(3)), q, vjp(twice, |x| x * x, 2, wrt = x).1(1)); }",
    "fn first[n, T: float](x: T[n, 3], k: i64 = 1) -> T[n] { x[.., k] * T(2) }
     const A: f64[2, 3] = [[1, 2, 3], [4, 5, 6]];
     fn main() {
         print(first(A), jvp(first, (A, 0), A, wrt = x), jacfwd(|x| first(x))(A));
         print(concat(A, A, axis = 1)[0, (..).rev()], where(A > 2, A, -1), uniform(key(1), f64[2]));
         check_grads(|x| sum(first(x) ** 2), (A,), order = 1);
     }",
];

/// A linear congruential generator (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// The words and signs of a program.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut joins = false;
    for c in text.chars() {
        let word = c.is_alphanumeric() || c == '_' || c == '.';
        match tokens.last_mut() {
            Some(last) if word && joins => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        joins = word;
    }
    tokens
}

#[test]
fn mutated_programs_never_panic() {
    let mut numbers = Numbers(7);
    for round in 0..240 {
        let program = PROGRAMS[round % PROGRAMS.len()];
        let mut words = tokens(program);
        for _ in 0..=numbers.below(3) {
            let (at, from) = (numbers.below(words.len()), numbers.below(words.len()));
            match numbers.below(4) {
                0 => drop(words.remove(at)),
                1 => words[at] = words[from].clone(),
                2 => words.insert(at, words[from].clone()),
                _ => words.swap(at, from),
            }
        }
        elaborated(&words.concat());
    }
}

#[test]
fn the_programs_themselves_are_accepted() {
    for program in PROGRAMS {
        assert_eq!(super::support::errors(program), "");
    }
}
