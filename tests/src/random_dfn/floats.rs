//! Expressions of one float.

use super::scope::{Float, Ty};
use super::tree::Node;
use super::{BOUND, Gen};

/// Functions of one float: the argument's bound, the text, the result's bound.
const FUNCTIONS: &[(f64, &str, f64)] = &[
    (1e9, "sin({})", 1.0),
    (1e9, "cos({})", 1.0),
    (1e9, "tanh({})", 1.0),
    (2.0, "exp({})", 7.4),
    (2.0, "expm1({})", 6.4),
    (2.0, "sinh({})", 3.7),
    (2.0, "cosh({})", 3.8),
    (2.0, "log(2.5 + {})", 1.6),
    (2.0, "log1p(1.5 + {})", 1.6),
    (2.0, "sqrt(2.5 + {})", 2.2),
    (2.0, "cbrt(2.5 + {})", 1.7),
    (1e3, "abs({})", 1e9),
    (1e3, "atan({})", 1.6),
    (1e3, "asinh({})", 8.0),
    (1e3, "erf({})", 1.0),
    (2.0, "tan(0.5 * {})", 1.6),
    (2.0, "asin(0.4 * {})", 1.0),
    (2.0, "acos(0.4 * {})", 2.6),
    (2.0, "atanh(0.4 * {})", 1.2),
    (2.0, "acosh(3.5 + {})", 2.4),
    (3.0, "{} ** 2", 9.0),
    (2.0, "{} ** 3", 8.0),
    (2.0, "(1.0 / (2.5 + {}))", 2.0),
    (1e3, "-{}", 1e3),
    (1e3, "floor({})", 1e3),
];

/// Operations on two floats, each at most 2: the text, the result's bound.
const OPERATIONS: &[(&str, f64)] = &[
    ("({} + {})", 4.0),
    ("({} - {})", 4.0),
    ("({} * {})", 4.0),
    ("({} * {})", 4.0),
    ("({} / (2.5 + {}))", 4.0),
    ("max({}, {})", 2.0),
    ("min({}, {})", 2.0),
    ("(2.5 + {}) ** {}", 21.0),
    ("atan2({}, 2.5 + {})", 1.6),
    ("hypot({}, {})", 3.0),
];

impl Gen {
    /// A float that is at most [`BOUND`].
    pub(crate) fn float(&mut self) -> Float {
        let made = self.any_float();
        self.fit(made, BOUND)
    }

    /// A float that is brought within a bound.
    pub(crate) fn fit(&mut self, made: Float, bound: f64) -> Float {
        if made.bound <= bound {
            return made;
        }
        let kind = made.node.kind.clone();
        let text = match (made.bound < 50.0, self.random.below(3)) {
            (true, 0) => "sin({})".to_owned(),
            (true, 1) => format!("({:?} * {{}})", short(bound / made.bound)),
            (true, _) => "tanh({})".to_owned(),
            (false, 0) => "sin(0.05 * {})".to_owned(),
            (false, _) => "tanh(0.05 * {})".to_owned(),
        };
        Float::new(Node::new(&kind, &text, vec![made.node]), bound)
    }

    /// A float of any bound.
    pub(crate) fn any_float(&mut self) -> Float {
        if !self.spend(1) {
            return self.simple_float();
        }
        let weights = self.policy.floats;
        match self.random.weighted(&weights) {
            0 => self.simple_float(),
            1 => self.function_of_one(),
            2 => self.operation(),
            3 => self.choice(),
            4 => self.block_of_float(),
            5 => self.reduction(),
            6 => self.generator(),
            7 => self.call_of_float(),
            8 => self.product(),
            9 => self.transform_of_float(),
            10 => self.element(),
            _ => self.function_value(),
        }
    }

    /// A name or a number.
    pub(crate) fn simple_float(&mut self) -> Float {
        let mut found: Vec<(String, f64)> = Vec::new();
        for var in &self.scope.vars {
            match &var.ty {
                Ty::Float(dims) if dims.is_empty() => found.push((var.name.clone(), var.bound)),
                Ty::Struct(_) => {
                    for field in ["a", "t.0", "t.1"] {
                        found.push((format!("{}.{field}", var.name), var.bound));
                    }
                }
                _ => {}
            }
        }
        if found.is_empty() || self.random.chance(12) {
            let number = 0.25 * (1 + self.random.below(6)) as f64;
            return Float::new(Node::leaf("f64", format!("{number:?}")), number);
        }
        // The last names are those of the innermost blocks.
        let at = match self.random.chance(50) {
            true => found.len() - 1 - self.random.below(found.len().min(4)),
            false => self.random.below(found.len()),
        };
        let (name, bound) = found[at].clone();
        Float::new(Node::leaf("f64", name), bound)
    }

    /// A function of one float, as text with a place and bounds of argument and result.
    pub(crate) fn pick_function(&mut self) -> (f64, String, f64) {
        let (argument, text, result) = self.random.pick(FUNCTIONS);
        (argument, text.to_owned(), result)
    }

    fn function_of_one(&mut self) -> Float {
        let (argument, text, result) = self.pick_function();
        let inner = self.any_float();
        let inner = self.fit(inner, argument);
        // What keeps or lowers the size keeps its bound.
        let bound = if result > 100.0 {
            inner.bound + 1.0
        } else {
            result
        };
        let text = text.replace("-{}", "(-{})").replace("{} **", "({}) **");
        Float::new(Node::new("f64", &text, vec![inner.node]), bound)
    }

    fn operation(&mut self) -> Float {
        let (text, bound) = self.random.pick(OPERATIONS);
        let (a, b) = (self.float().node, self.float().node);
        Float::new(Node::new("f64", text, vec![a, b]), bound)
    }

    fn choice(&mut self) -> Float {
        let condition = self.condition();
        let (a, b) = (self.float().node, self.float().node);
        let text = match self.random.chance(30) {
            true => "where({}, {}, {})",
            false => "(if {} {{ {} }} else {{ {} }})",
        };
        Float::new(Node::new("f64", text, vec![condition, a, b]), BOUND)
    }

    fn block_of_float(&mut self) -> Float {
        let outer = self.scope.clone();
        let (statements, value) = self.body(2, &[Ty::scalar()]);
        self.scope = outer;
        let node = Node::new("f64", "{{ {}{} }}", vec![statements, value]);
        Float::new(Node::new("f64", "({})", vec![node]), BOUND)
    }

    fn reduction(&mut self) -> Float {
        let ty = self.array_type();
        let how = self
            .random
            .pick(&["sum", "mean", "max", "min", "logsumexp", "prod"]);
        let array = self.array(&ty);
        let bound = match how {
            "sum" | "prod" => 600.0,
            "logsumexp" => 5.0,
            _ => BOUND,
        };
        Float::new(
            Node::new("f64", &format!("{how}({{}})"), vec![array]),
            bound,
        )
    }

    /// A reduction of a generator, the range of which may depend on indices around it.
    fn generator(&mut self) -> Float {
        let outer = self.scope.clone();
        let (range, dim, least) = self.range();
        let i = self.name("i");
        self.declare(&i, Ty::Index(dim), false, 0.0);
        self.scope.captured = self.scope.vars.len();
        let inner = self.float().node;
        self.scope = outer;
        // A range may be empty, and nothing has no largest element.
        let how = match least {
            true => self
                .random
                .pick(&["sum", "prod", "max", "min", "logsumexp", "mean"]),
            false => self.random.pick(&["sum", "prod"]),
        };
        let text = format!("{how}(for {i} in {range}: {{}})");
        Float::new(Node::new("f64", &text, vec![inner]), 30.0)
    }

    fn product(&mut self) -> Float {
        let n = self.random.pick(&self.scope.dims.clone());
        let ty = Ty::Float(vec![n]);
        let (a, b) = (self.array(&ty), self.array(&ty));
        Float::new(Node::new("f64", "({} @ {})", vec![a, b]), 16.0)
    }

    /// An element of a named array.
    fn element(&mut self) -> Float {
        let mut found = Vec::new();
        for var in &self.scope.vars {
            match &var.ty {
                Ty::Float(dims) if !dims.is_empty() => {
                    found.push((var.name.clone(), dims.clone(), var.bound));
                }
                Ty::Struct(n) => {
                    found.push((format!("{}.v", var.name), vec![n.clone()], var.bound))
                }
                _ => {}
            }
        }
        if found.is_empty() {
            return self.simple_float();
        }
        let (name, dims, bound) = self.random.pick(&found);
        let indices: Vec<Node> = dims.iter().map(|dim| self.index(dim)).collect();
        let places = vec!["{}"; dims.len()].join(", ");
        Float::new(
            Node::new("f64", &format!("{name}[{places}]"), indices),
            bound,
        )
    }
}

/// A factor of two digits, not more than `x`.
fn short(x: f64) -> f64 {
    (x * 64.0).floor().max(1.0) / 64.0
}
