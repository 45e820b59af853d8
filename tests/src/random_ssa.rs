//! Random well-typed functions of the SSA IR, as text.

use std::fmt::Write;

/// SplitMix64: every function is known by its seed.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// A number between -2 and 2.
    pub fn float(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 51) as f64 - 2.0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// The shapes of arrays.
const SHAPES: &[&str] = &[
    "", "[%n]", "[%m]", "[%n, %m]", "[%m, %n]", "[%n]", "[%n, %m]",
];

struct Generator {
    random: Random,
    text: String,
    /// Values in scope: name and shape, all `f64`.
    values: Vec<(String, String)>,
    next: usize,
    depth: usize,
}

/// The text of a module whose function `@f[%n, %m]` takes arrays of each shape and gives some.
pub fn function(seed: u64) -> String {
    let mut g = Generator {
        random: Random::new(seed),
        text: String::new(),
        values: Vec::new(),
        next: 0,
        depth: 0,
    };
    let params = [
        ("%a", ""),
        ("%b", "[%n]"),
        ("%c", "[%m]"),
        ("%d", "[%n, %m]"),
    ];
    for (name, shape) in params {
        g.values.push((name.to_owned(), shape.to_owned()));
    }
    let steps = 3 + g.random.below(12);
    for _ in 0..steps {
        g.step();
    }
    let mut results = Vec::new();
    for _ in 0..1 + g.random.below(4) {
        let at = g.random.below(g.values.len());
        results.push(g.values[at].clone());
    }
    let list = |f: &dyn Fn(&(String, String)) -> String| {
        results.iter().map(f).collect::<Vec<_>>().join(", ")
    };
    let types = list(&|(_, shape)| format!("f64{shape}"));
    let names = list(&|(name, _)| name.clone());
    format!(
        "func @f[%n, %m](%a: f64, %b: f64[%n], %c: f64[%m], %d: f64[%n, %m]) -> ({types}) {{\n\
         {}return {names}\n}}\n",
        g.text
    )
}

impl Generator {
    fn fresh(&mut self) -> String {
        self.next += 1;
        format!("%v{}", self.next)
    }

    /// Writes one instruction with one `f64` result, which is then in scope.
    fn define(&mut self, right: &str, shape: &str) -> String {
        let name = self.fresh();
        let _ = writeln!(self.text, "{name} = {right} : f64{shape}");
        self.values.push((name.clone(), shape.to_owned()));
        name
    }

    /// A value of this shape: one in scope, or a broadcast or constant.
    fn value(&mut self, shape: &str) -> String {
        let fitting: Vec<String> = self
            .values
            .iter()
            .filter(|(_, s)| s == shape)
            .map(|(n, _)| n.clone())
            .collect();
        if !fitting.is_empty() && self.random.below(8) > 0 {
            return fitting[self.random.below(fitting.len())].clone();
        }
        match self.random.below(2) {
            0 if !shape.is_empty() => {
                let x = self.value("");
                self.define(&format!("broadcast {x} {{axes = []}}"), shape)
            }
            _ => {
                let x = self.random.below(5);
                self.define(&format!("const {{value = f64 {x}.25}}"), shape)
            }
        }
    }

    fn shape(&mut self) -> &'static str {
        SHAPES[self.random.below(SHAPES.len())]
    }

    fn step(&mut self) {
        match self.random.below(18) {
            0..=2 => self.unary(),
            3..=5 => self.binary(),
            6 => self.choose(),
            7 => self.reduce(),
            8 => self.dot(),
            9 => self.structure(),
            10 => self.simple_map(),
            11 => self.map(),
            12 => self.repeat(),
            13 => self.branch(),
            14 => self.accumulate(),
            15 => self.rows(),
            16 => self.update(),
            _ => self.update_in_loop(),
        }
    }

    fn unary(&mut self) {
        let shape = self.shape();
        let x = self.value(shape);
        let op = self
            .random
            .pick(&["neg", "sin", "exp", "tanh", "abs", "sqrt", "sigmoid"]);
        self.define(&format!("{op} {x}"), shape);
    }

    fn binary(&mut self) {
        let shape = self.shape();
        let (x, y) = (self.value(shape), self.value(shape));
        let op = self
            .random
            .pick(&["add", "sub", "mul", "max", "min", "div"]);
        self.define(&format!("{op} {x}, {y}"), shape);
    }

    fn choose(&mut self) {
        let shape = self.shape();
        let (x, y) = (self.value(shape), self.value(shape));
        let c = self.fresh();
        let _ = writeln!(
            self.text,
            "{c} = compare {x}, {y} {{how = lt}} : bool{shape}"
        );
        let (x, y) = (self.value(shape), self.value(shape));
        self.define(&format!("select {c}, {x}, {y}"), shape);
    }

    fn reduce(&mut self) {
        let kind = self.random.pick(&["sum", "prod", "max", "min"]);
        let cases = [
            ("[%n]", "[0]", ""),
            ("[%m]", "[0]", ""),
            ("[%n, %m]", "[0]", "[%m]"),
            ("[%n, %m]", "[1]", "[%n]"),
            ("[%n, %m]", "[0, 1]", ""),
            ("[%m, %n]", "[1]", "[%m]"),
        ];
        let (from, axes, to) = cases[self.random.below(cases.len())];
        let x = self.value(from);
        self.define(&format!("reduce {x} {{kind = {kind}, axes = {axes}}}"), to);
    }

    fn dot(&mut self) {
        let cases = [
            ("[%n]", "[%n]", "[0, 0]", ""),
            ("[%n, %m]", "[%m]", "[1, 0]", "[%n]"),
            ("[%n, %m]", "[%n]", "[0, 0]", "[%m]"),
            ("[%n]", "[%n, %m]", "[0, 0]", "[%m]"),
            ("[%m]", "[%n]", "[]", "[%m, %n]"),
            ("[%n, %m]", "[%n, %m]", "[0, 0, 1, 1]", ""),
        ];
        let (x, y, contract, to) = cases[self.random.below(cases.len())];
        let (x, y) = (self.value(x), self.value(y));
        self.define(
            &format!("dot {x}, {y} {{batch = [], contract = {contract}}}"),
            to,
        );
    }

    fn structure(&mut self) {
        match self.random.below(5) {
            0 => {
                let x = self.value("[%n, %m]");
                self.define(&format!("transpose {x} {{axes = [1, 0]}}"), "[%m, %n]");
            }
            1 => {
                let x = self.value("[%m]");
                self.define(&format!("broadcast {x} {{axes = [1]}}"), "[%n, %m]");
            }
            2 => {
                let x = self.value("[%n]");
                self.define(&format!("broadcast {x} {{axes = [0]}}"), "[%n, %m]");
            }
            3 => {
                let x = self.value("[%n]");
                let last = self.fresh();
                let one = self.fresh();
                let _ = writeln!(self.text, "{one} = const {{value = i64 1}} : i64");
                let size = self.fresh();
                let _ = writeln!(self.text, "{size} = size [%n] : i64");
                let _ = writeln!(self.text, "{last} = sub {size}, {one} : i64");
                self.define(
                    &format!("slice {x}, {last} {{axis = 0, step = -1}}"),
                    "[%n]",
                );
            }
            _ => {
                let x = self.value("[%n, %m]");
                let flat = self.fresh();
                let _ = writeln!(self.text, "{flat} = reshape {x} : f64[%n * %m]");
                self.define(&format!("reshape {flat}"), "[%m, %n]");
            }
        }
    }

    /// A comprehension over scalars.
    fn simple_map(&mut self) {
        let x = self.value("[%n]");
        let y = self.value("[%n, %m]");
        let k = self.value("");
        let names: Vec<String> = (0..9).map(|_| self.fresh()).collect();
        let [i, j, p, q, r, s, t, z, sum] = names.as_slice() else {
            return;
        };
        let _ = writeln!(
            self.text,
            "{z}, {sum} = map [%n, %m] {{yields = 1, sums = 1, accs = 0}} : f64[%n, %m], f64 do {{\n\
             ({i}: i64, {j}: i64):\n\
             {p} = index {x}, {i} : f64\n\
             {q} = index {y}, {i}, {j} : f64\n\
             {r} = mul {p}, {q} : f64\n\
             {s} = convert {j} {{to = f64}} : f64\n\
             {t} = fma {r}, {k}, {s} : f64\n\
             yield {t}, {r}\n}}"
        );
        self.values.push((z.clone(), "[%n, %m]".to_owned()));
        self.values.push((sum.clone(), String::new()));
    }

    /// Runs `body` in a region with `extra` values in scope; what it defines goes out of scope.
    fn region(&mut self, extra: &[(String, &str)], shape: &str) -> String {
        let outer = self.values.len();
        for (name, shape) in extra {
            self.values.push((name.clone(), (*shape).to_owned()));
        }
        self.depth += 1;
        if self.depth < 3 {
            for _ in 0..1 + self.random.below(3) {
                self.step();
            }
        }
        self.depth -= 1;
        let result = self.value(shape);
        self.values.truncate(outer);
        result
    }

    /// A map over rows with anything inside.
    fn map(&mut self) {
        let x = self.value("[%n, %m]");
        let (i, row, z, sum) = (self.fresh(), self.fresh(), self.fresh(), self.fresh());
        let _ = writeln!(
            self.text,
            "{z}, {sum} = map [%n] {{yields = 1, sums = 1, accs = 0}} : f64[%n, %m], f64[%m] do {{\n\
             ({i}: i64):\n{row} = index {x}, {i} : f64[%m]"
        );
        let result = self.region(&[(row.clone(), "[%m]")], "[%m]");
        let _ = writeln!(self.text, "yield {result}, {row}\n}}");
        self.values.push((z, "[%n, %m]".to_owned()));
        self.values.push((sum, "[%m]".to_owned()));
    }

    fn repeat(&mut self) {
        let (x, s) = (self.value("[%m]"), self.value(""));
        let direction = self.random.pick(&["up", "down"]);
        let names: Vec<String> = (0..7).map(|_| self.fresh()).collect();
        let [i, p, q, y, t, stack, next] = names.as_slice() else {
            return;
        };
        let _ = writeln!(
            self.text,
            "{y}, {t}, {stack} = for [%n] {x}, {s} {{direction = {direction}}} : \
             f64[%m], f64, f64[%n, %m] do {{\n({i}: i64, {p}: f64[%m], {q}: f64):"
        );
        let result = self.region(&[(p.clone(), "[%m]"), (q.clone(), "")], "[%m]");
        let _ = writeln!(
            self.text,
            "{next} = sin {q} : f64\nyield {result}, {next}, {p}\n}}"
        );
        self.values.push((y.clone(), "[%m]".to_owned()));
        self.values.push((t.clone(), String::new()));
        self.values.push((stack.clone(), "[%n, %m]".to_owned()));
    }

    fn branch(&mut self) {
        let (x, y) = (self.value(""), self.value(""));
        let shape = self.shape();
        let (c, z) = (self.fresh(), self.fresh());
        let _ = writeln!(self.text, "{c} = compare {x}, {y} {{how = lt}} : bool");
        let _ = writeln!(self.text, "{z} = if {c} : f64{shape} do {{");
        let then = self.region(&[], shape);
        let _ = writeln!(self.text, "yield {then}\n}} else {{");
        let otherwise = self.region(&[], shape);
        let _ = writeln!(self.text, "yield {otherwise}\n}}");
        self.values.push((z, shape.to_owned()));
    }

    fn accumulate(&mut self) {
        let (x, y, z) = (
            self.value("[%n, %m]"),
            self.value("[%m]"),
            self.value("[%n]"),
        );
        let names: Vec<String> = (0..8).map(|_| self.fresh()).collect();
        let [a, b, c, i, d, v, w, zero] = names.as_slice() else {
            return;
        };
        let ty = "acc f64[%n, %m]";
        let _ = writeln!(
            self.text,
            "{a} = acc_new {x} : {ty}\n\
             {zero} = const {{value = i64 0}} : i64\n\
             {b} = acc_add {a}, {y}, {zero} : {ty}\n\
             {c} = map [%n] {b} {{yields = 0, sums = 0, accs = 1}} : {ty} do {{\n\
             ({i}: i64, {d}: {ty}):\n\
             {v} = index {z}, {i} : f64\n\
             {w} = acc_add {d}, {v}, {i}, {zero} : {ty}\n\
             yield {w}\n}}"
        );
        self.define(&format!("acc_read {c}"), "[%n, %m]");
    }

    fn update(&mut self) {
        let (x, v) = (self.value("[%n, %m]"), self.value("[%m]"));
        let zero = self.fresh();
        let _ = writeln!(self.text, "{zero} = const {{value = i64 0}} : i64");
        let y = self.define(&format!("update {x}, {v}, {zero}"), "[%n, %m]");
        let k = self.value("");
        self.define(&format!("update {y}, {k}, {zero}, {zero}"), "[%n, %m]");
    }

    /// A loop that may write an element, and sees the array in between.
    fn update_in_loop(&mut self) {
        let (x, k) = (self.value("[%n]"), self.value(""));
        let names: Vec<String> = (0..6).map(|_| self.fresh()).collect();
        let [i, p, c, y, old, new] = names.as_slice() else {
            return;
        };
        let _ = writeln!(
            self.text,
            "{y} = for [%n] {x} {{direction = up}} : f64[%n] do {{\n({i}: i64, {p}: f64[%n]):\n\
             {old} = index {p}, {i} : f64\n{c} = compare {old}, {k} {{how = lt}} : bool"
        );
        let v = self.region(&[(p.clone(), "[%n]"), (old.clone(), "")], "");
        let z = self.fresh();
        let _ = writeln!(
            self.text,
            "{z} = if {c} : f64[%n] do {{\n{new} = update {p}, {v}, {i} : f64[%n]\n\
             yield {new}\n}} else {{\nyield {p}\n}}\nyield {z}\n}}"
        );
        self.values.push((y.clone(), "[%n]".to_owned()));
    }

    fn rows(&mut self) {
        let x = self.value("[%n, %m]");
        let zero = self.fresh();
        let _ = writeln!(self.text, "{zero} = const {{value = i64 0}} : i64");
        self.define(&format!("index {x}, {zero}"), "[%m]");
    }
}
