//! Programs of any length: what the time of compiling is measured on. The same length gives the same text.

use std::fmt::Write;

/// What a generated program is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Many functions on arrays, with loops and branches; every few of them are summed by an exported
    /// function, which is there with its gradient too.
    Functions,
    /// One function of scalars, line after line, and its gradient.
    Chain,
}

impl Shape {
    /// Each with its name.
    pub const ALL: [(&str, Shape); 2] = [("functions", Shape::Functions), ("chain", Shape::Chain)];

    /// A program of about so many lines.
    pub fn program(self, lines: usize) -> String {
        match self {
            Shape::Functions => functions(lines),
            Shape::Chain => chain(lines),
        }
    }
}

/// How many functions an exported one sums.
const GROUP: usize = 10;

/// Lines of a group: its functions, the sum, the gradient.
const LINES: usize = GROUP * 15 + GROUP + 8;

fn functions(lines: usize) -> String {
    let mut text = String::new();
    for group in 0..lines.div_ceil(LINES) {
        for k in 0..GROUP {
            part(&mut text, group * GROUP + k);
        }
        sum(&mut text, group);
    }
    text
}

fn part(text: &mut String, k: usize) {
    let (shift, bound) = (k % 7, k % 5);
    // Nothing fails when a string is written to.
    let _ = write!(
        text,
        "/// Part {k}.
fn part{k}[n](w: f64[n], x: f64[n], s: f64) -> f64 {{
    let a = w * x + {shift}.5;
    let b = tanh(a) + s;
    let mut total = 0.0;
    for i in 0..n {{
        total += b[i] * x[i];
    }}
    if total > {bound}.0 {{
        total * s
    }} else {{
        sum(a * a) - s
    }}
}}

"
    );
}

fn sum(text: &mut String, group: usize) {
    let _ = writeln!(
        text,
        "export fn sum{group}[n](w: f64[n], x: f64[n], s: f64) -> f64 {{"
    );
    let _ = writeln!(text, "    let mut total = 0.0;");
    for k in 0..GROUP {
        let _ = writeln!(text, "    total += part{}(w, x, s);", group * GROUP + k);
    }
    let _ = write!(
        text,
        "    total
}}
export fn sum{group}_grad[n](w: f64[n], x: f64[n], s: f64) -> (f64, f64[n]) {{
    value_and_grad(sum{group})(w, x, s)
}}

"
    );
}

fn chain(lines: usize) -> String {
    let mut text = String::from("export fn chain(x: f64, y: f64) -> f64 {\n    let v0 = x + y;\n");
    let lines = lines.saturating_sub(6).max(3);
    let _ = writeln!(text, "    let v1 = x * y;");
    for k in 2..lines {
        let (one, two, half, four) = (k - 1, k - 2, k / 2, k.saturating_sub(4));
        let value = match k % 4 {
            0 => format!("v{one} * x + v{two}"),
            1 => format!("sin(v{one}) - v{half}"),
            2 => format!("v{one} / (1 + v{two} * v{two})"),
            _ => format!("0.5 * v{one} + y * v{four}"),
        };
        let _ = writeln!(text, "    let v{k} = {value};");
    }
    let _ = write!(
        text,
        "    v{}
}}
export fn chain_grad(x: f64, y: f64) -> (f64, f64) {{
    value_and_grad(chain)(x, y)
}}
",
        lines - 1
    );
    text
}
