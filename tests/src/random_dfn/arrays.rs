//! Expressions of arrays.

use super::scope::{Float, Ty};
use super::tree::Node;
use super::{BOUND, Gen};

impl Gen {
    /// A type of rank 1 or 2.
    pub(crate) fn array_type(&mut self) -> Ty {
        let dims = self.scope.dims.clone();
        let rank = 1 + usize::from(self.random.chance(30));
        Ty::Float((0..rank).map(|_| self.random.pick(&dims)).collect())
    }

    /// An array that is at most [`BOUND`].
    pub(crate) fn array(&mut self, ty: &Ty) -> Node {
        let made = self.any_array(ty);
        self.fit(made, BOUND).node
    }

    /// A value of any type whose floats are at most [`BOUND`].
    pub(crate) fn value(&mut self, ty: &Ty) -> Node {
        match ty {
            Ty::Float(dims) if dims.is_empty() => self.float().node,
            Ty::Float(_) => self.array(ty),
            Ty::Bool => self.condition(),
            Ty::Index(Some(dim)) => self.index(dim),
            Ty::Index(None) => self.index("2"),
            Ty::Struct(n) => self.structure(n),
        }
    }

    fn structure(&mut self, n: &str) -> Node {
        let kind = format!("S[{n}]");
        let names = self.names_of(|ty| *ty == Ty::Struct(n.to_owned()));
        if !names.is_empty() && self.random.chance(40) {
            let name = self.random.pick(&names);
            return match self.random.chance(50) {
                true => Node::leaf(&kind, name),
                false => {
                    let a = self.float().node;
                    Node::new(&kind, &format!("S {{{{ a: {{}}, ..{name} }}}}"), vec![a])
                }
            };
        }
        let v = self.array(&Ty::Float(vec![n.to_owned()]));
        let (a, b, c) = (self.float().node, self.float().node, self.float().node);
        let text = "S {{ a: {}, v: {}, t: ({}, {}) }}";
        Node::new(&kind, text, vec![a, v, b, c])
    }

    /// An array of any bound.
    pub(crate) fn any_array(&mut self, ty: &Ty) -> Float {
        let Ty::Float(dims) = ty else {
            unreachable!("a type of floats")
        };
        let kind = ty.text();
        if !self.spend(2) || self.random.chance(25) {
            return self.simple_array(ty, dims);
        }
        if let [d] = dims.as_slice()
            && self.random.chance(20)
        {
            return self.library_array(&kind, d);
        }
        match self.random.below(9) {
            0 | 1 => self.comprehension(&kind, dims),
            2 => {
                let (argument, text, bound) = self.pick_function();
                let inner = self.any_array(ty);
                let inner = self.fit(inner, argument);
                let bound = if bound > 100.0 {
                    inner.bound + 1.0
                } else {
                    bound
                };
                let text = text.replace("-{}", "(-{})").replace("{} **", "({}) **");
                Float::new(Node::new(&kind, &text, vec![inner.node]), bound)
            }
            3 => {
                let text = self.random.pick(&["({} + {})", "({} - {})", "({} * {})"]);
                let a = self.array(ty);
                let b = if self.random.chance(30) {
                    self.float().node
                } else {
                    self.array(ty)
                };
                Float::new(Node::new(&kind, text, vec![a, b]), 4.0)
            }
            4 => self.chosen_array(&kind, ty),
            5 => self.rearranged(&kind, dims),
            6 => self.updated(&kind, ty),
            7 => self
                .call_of(ty)
                .unwrap_or_else(|| self.simple_array(ty, dims)),
            _ => match self.policy.floats[9] {
                0 => self.rearranged(&kind, dims),
                _ => self.transform_of_array(&kind, dims),
            },
        }
    }

    fn simple_array(&mut self, ty: &Ty, dims: &[String]) -> Float {
        let mut found: Vec<(String, f64)> = Vec::new();
        for var in &self.scope.vars {
            match &var.ty {
                other if other == ty => found.push((var.name.clone(), var.bound)),
                Ty::Struct(n) if dims == std::slice::from_ref(n) => {
                    found.push((format!("{}.v", var.name), var.bound));
                }
                _ => {}
            }
        }
        let kind = ty.text();
        if found.is_empty() {
            let value = self.simple_float();
            let value = self.fit(value, BOUND).node;
            let node = Node::new(&kind, &format!("full({kind}, {{}})"), vec![value]);
            return Float::new(node, BOUND);
        }
        let (name, bound) = self.random.pick(&found);
        Float::new(Node::leaf(&kind, name), bound)
    }

    fn comprehension(&mut self, kind: &str, dims: &[String]) -> Float {
        let outer = self.scope.clone();
        let rows = dims.len() == 2 && self.random.chance(30);
        let shown = if rows { &dims[..1] } else { dims };
        let mut ranges = Vec::new();
        for dim in shown {
            let i = self.name("i");
            ranges.push(format!("{i} in 0..{dim}"));
            self.declare(&i, Ty::Index(Some(dim.clone())), false, 0.0);
        }
        self.scope.captured = self.scope.vars.len();
        let inner = match rows {
            true => self.array(&Ty::Float(dims[1..].to_vec())),
            false => self.float().node,
        };
        self.scope = outer;
        let text = format!("[for {}: {{}}]", ranges.join(", "));
        Float::new(Node::new(kind, &text, vec![inner]), BOUND)
    }

    fn chosen_array(&mut self, kind: &str, ty: &Ty) -> Float {
        let (a, b) = (self.array(ty), self.array(ty));
        let (text, condition) = match self.random.chance(40) {
            true => {
                let (x, y) = (self.array(ty), self.float().node);
                (
                    "where({}, {}, {})",
                    Node::new("bool", "({} < {})", vec![x, y]),
                )
            }
            false => ("(if {} {{ {} }} else {{ {} }})", self.condition()),
        };
        // A mask is not a condition of a branch.
        let condition = condition.of_kind("condition");
        Float::new(Node::new(kind, text, vec![condition, a, b]), BOUND)
    }

    /// Moved, cut, joined, multiplied.
    fn rearranged(&mut self, kind: &str, dims: &[String]) -> Float {
        let all = self.scope.dims.clone();
        let other = self.random.pick(&all);
        let array = |cx: &mut Gen, dims: &[&String]| {
            cx.array(&Ty::Float(dims.iter().map(|dim| (*dim).clone()).collect()))
        };
        match dims {
            [d] => match self.random.below(7) {
                0 => {
                    let m = array(self, &[&other, d]);
                    let i = self.index(&other);
                    Float::new(Node::new(kind, "{}[{}]", vec![m, i]), BOUND)
                }
                1 => {
                    let m = array(self, &[d, &other]);
                    let i = self.index(&other);
                    Float::new(Node::new(kind, "{}[.., {}]", vec![m, i]), BOUND)
                }
                2 => {
                    let how = self.random.pick(&["sum", "max", "min", "mean", "prod"]);
                    let m = array(self, &[&other, d]);
                    Float::new(
                        Node::new(kind, &format!("{how}({{}}, axis = 0)"), vec![m]),
                        30.0,
                    )
                }
                3 => {
                    let (m, v) = (array(self, &[d, &other]), array(self, &[&other]));
                    Float::new(Node::new(kind, "({} @ {})", vec![m, v]), 16.0)
                }
                4 => {
                    let (v, m) = (array(self, &[&other]), array(self, &[&other, d]));
                    Float::new(Node::new(kind, "({} @ {})", vec![v, m]), 16.0)
                }
                5 => {
                    let (v, w) = (self.name("v"), array(self, &[d]));
                    let text = format!("({{{{ let {v} = {{}}; concat({v}[1..], {v}[..1]) }}}})");
                    Float::new(Node::new(kind, &text, vec![w]), BOUND)
                }
                _ => {
                    let v = array(self, &[d]);
                    Float::new(Node::new(kind, "flip({})", vec![v]), BOUND)
                }
            },
            _ => {
                let (d, e) = (&dims[0], &dims[1]);
                match self.random.below(3) {
                    0 => {
                        let m = array(self, &[e, d]);
                        Float::new(Node::new(kind, "transpose({})", vec![m]), BOUND)
                    }
                    1 => {
                        let (a, b) = (array(self, &[d, &other]), array(self, &[&other, e]));
                        Float::new(Node::new(kind, "({} @ {})", vec![a, b]), 16.0)
                    }
                    _ => {
                        let m = array(self, &[d, e]);
                        Float::new(Node::new(kind, "flip({}, axis = 1)", vec![m]), BOUND)
                    }
                }
            }
        }
    }

    /// A block that changes a copy.
    fn updated(&mut self, kind: &str, ty: &Ty) -> Float {
        let outer = self.scope.clone();
        let start = self.array(ty);
        let name = self.name("t");
        self.declare(&name, ty.clone(), true, BOUND);
        let mut statements = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            statements.push(self.update_of(&name, ty, BOUND));
        }
        self.scope = outer;
        let text = format!("({{{{ let mut {name} = {{}}; {{}}{name} }}}})");
        let statements = Node::list("stmts", statements);
        Float::new(Node::new(kind, &text, vec![start, statements]), BOUND)
    }
}
