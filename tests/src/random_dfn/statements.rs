//! Statements.

use super::scope::{Dim, Ty, Var};
use super::tree::Node;
use super::{BOUND, Gen};

/// The bound of variables that are only added to: readers bring them within theirs.
const SUM: f64 = 1e3;

impl Gen {
    /// Adds a name to the scope.
    pub(crate) fn declare(&mut self, name: &str, ty: Ty, mutable: bool, bound: f64) {
        self.scope.vars.push(Var {
            name: name.to_owned(),
            ty,
            mutable,
            bound,
        });
    }

    /// Up to `n` statements and a value of each type; several are a tuple. What is declared stays in scope.
    pub(crate) fn body(&mut self, n: usize, result: &[Ty]) -> (Node, Node) {
        let mut statements = Vec::new();
        let outside = self.scope.vars.len();
        for _ in 0..n {
            if self.fuel > 2 {
                statements.push(self.statement());
            }
        }
        let mut values: Vec<Node> = result.iter().map(|ty| self.value(ty)).collect();
        let all = self.everything(outside);
        for (value, ty) in values.iter_mut().zip(result) {
            if let Ty::Float(_) = ty
                && !all.is_empty()
            {
                let terms = vec!["{}"; all.len()].join(" + ");
                let text = format!("({{}} * cos(0.3 * ({terms})))");
                let inner = [std::slice::from_ref(&*value), all.as_slice()].concat();
                *value = Node::new(&ty.text(), &text, inner);
            }
        }
        let value = match values.len() {
            1 => values.remove(0),
            n => Node::new("tuple", &format!("({})", vec!["{}"; n].join(", ")), values),
        };
        (Node::list("stmts", statements), value)
    }

    /// What was declared last, each as one float, so that nothing is computed in vain.
    fn everything(&self, outside: usize) -> Vec<Node> {
        let of = |var: &Var| match &var.ty {
            Ty::Float(dims) if dims.is_empty() => Some(var.name.clone()),
            Ty::Float(_) => Some(format!("sum({0} * {0})", var.name)),
            Ty::Struct(_) => Some(format!("{0}.t.1 * sum({0}.v)", var.name)),
            Ty::Bool => Some(format!("(if {} {{ 0.5 }} else {{ -0.5 }})", var.name)),
            Ty::Index(_) => None,
        };
        let inside = self.scope.vars.iter().skip(outside);
        inside
            .filter_map(of)
            .map(|text| Node::leaf("f64", text))
            .collect()
    }

    fn statement(&mut self) -> Node {
        self.fuel = self.fuel.saturating_sub(1);
        let mut weights = self.policy.statements;
        if self.scope.depth >= 3 {
            weights[4..].fill(0);
        }
        match self.random.weighted(&weights) {
            0 => self.binding(),
            1 => self.variable(),
            2 => self.assignment(),
            3 => self.update(),
            4 => self.for_loop(),
            5 => self.while_loop(),
            6 => self.branch(),
            _ => self.table(),
        }
    }

    fn binding(&mut self) -> Node {
        let ty = match self.random.below(8) {
            0 => Ty::Bool,
            1 => Ty::Struct(self.random.pick(&self.scope.dims.clone())),
            2..=4 => self.array_type(),
            _ => Ty::scalar(),
        };
        let value = self.value(&ty);
        let name = self.name("x");
        self.declare(&name, ty, false, BOUND);
        Node::new("stmt", &format!("let {name} = {{}};\n"), vec![value])
    }

    fn variable(&mut self) -> Node {
        let ty = match self.random.chance(50) {
            true => self.array_type(),
            false => Ty::scalar(),
        };
        let value = self.value(&ty);
        let name = self.name("a");
        let bound = if self.random.chance(40) { SUM } else { BOUND };
        self.declare(&name, ty, true, bound);
        Node::new("stmt", &format!("let mut {name} = {{}};\n"), vec![value])
    }

    /// A variable that may be assigned here.
    fn target(&mut self, fits: impl Fn(&Ty) -> bool) -> Option<Var> {
        let vars = self.scope.vars.iter().skip(self.scope.captured);
        let found: Vec<Var> = vars.filter(|v| v.mutable && fits(&v.ty)).cloned().collect();
        (!found.is_empty()).then(|| self.random.pick(&found))
    }

    fn assignment(&mut self) -> Node {
        let Some(var) = self.target(|_| true) else {
            return self.variable();
        };
        let name = &var.name;
        let alike = self.target(|ty| *ty == var.ty);
        if let Some(other) = alike.filter(|other| other.bound == var.bound)
            && other.name != *name
            && self.random.chance(25)
        {
            let other = other.name;
            return Node::leaf("stmt", format!("({name}, {other}) = ({other}, {name});\n"));
        }
        let made = match &var.ty {
            Ty::Float(dims) if dims.is_empty() => self.any_float(),
            ty => self.any_array(ty),
        };
        match (var.bound > BOUND, self.random.below(4)) {
            (true, 0 | 1) => {
                let value = self.fit(made, BOUND).node;
                let how = self.random.pick(&["+=", "-="]);
                Node::new("stmt", &format!("{name} {how} {{}};\n"), vec![value])
            }
            (_, 0) => {
                let value = self.fit(made, 1.0).node;
                Node::new("stmt", &format!("{name} *= {{}};\n"), vec![value])
            }
            _ => {
                let value = self.fit(made, BOUND).node;
                Node::new("stmt", &format!("{name} = {{}};\n"), vec![value])
            }
        }
    }

    fn update(&mut self) -> Node {
        let is_array = |ty: &Ty| matches!(ty, Ty::Float(dims) if !dims.is_empty());
        match self.target(is_array) {
            Some(var) => self.update_of(&var.name, &var.ty, var.bound),
            None => self.variable(),
        }
    }

    /// A change of one element.
    pub(crate) fn update_of(&mut self, name: &str, ty: &Ty, bound: f64) -> Node {
        let Ty::Float(dims) = ty else {
            unreachable!("an array")
        };
        let mut inner: Vec<Node> = dims.iter().map(|dim| self.index(dim)).collect();
        let places = vec!["{}"; dims.len()].join(", ");
        let made = self.any_float();
        let (how, limit) = match (bound > BOUND, self.random.below(4)) {
            (true, 0 | 1) => (self.random.pick(&["+=", "-="]), BOUND),
            (_, 0) => ("*=", 1.0),
            _ => ("=", BOUND),
        };
        inner.push(self.fit(made, limit).node);
        Node::new("stmt", &format!("{name}[{places}] {how} {{}};\n"), inner)
    }

    /// A range: its text, what its numbers are below, and whether it has at least one.
    pub(crate) fn range(&mut self) -> (String, Option<Dim>, bool) {
        let dims: Vec<Dim> = self.scope.dims.clone();
        let indices: Vec<(String, Dim)> = self
            .scope
            .vars
            .iter()
            .filter_map(|var| match &var.ty {
                Ty::Index(Some(dim)) => Some((var.name.clone(), dim.clone())),
                _ => None,
            })
            .collect();
        let dim = self.random.pick(&dims);
        if !indices.is_empty() && self.random.chance(40) {
            let (i, dim) = self.random.pick(&indices);
            let (text, some) = match self.random.below(4) {
                0 => (format!("0..{i}"), false),
                1 => (format!("{i}..{dim}"), true),
                2 => (format!("{i} + 1..{dim}"), false),
                _ => (format!("0..={i}"), true),
            };
            return (text, Some(dim), some);
        }
        let (text, some) = match self.random.below(6) {
            0 => (format!("(0..{dim}).rev()"), true),
            1 => (format!("1..{dim}"), false),
            2 => (format!("0..{dim} step 2"), true),
            _ => (format!("0..{dim}"), true),
        };
        (text, Some(dim), some)
    }

    fn for_loop(&mut self) -> Node {
        let outer = self.scope.clone();
        self.scope.depth += 1;
        let (range, dim, _) = self.range();
        let i = self.name("i");
        self.declare(&i, Ty::Index(dim), false, 0.0);
        // Arrays whose size is known only in the loop.
        if range.starts_with("0..") && !range.contains("step") && self.random.chance(30) {
            self.scope.dims.push(format!("{i} + 1"));
        }
        let mut inside = self.inside();
        if self.random.chance(15) {
            let (out, more) = (self.way_out(), self.inside());
            inside = Node::list("stmts", vec![inside, out, more]);
        }
        self.scope = outer;
        let text = format!("for {i} in {range} {{{{\n{{}}}}}}\n");
        Node::new("stmt", &text, vec![inside])
    }

    /// What stands in a loop or branch.
    fn inside(&mut self) -> Node {
        let mut statements = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            statements.push(self.statement());
        }
        if self.random.chance(70) {
            statements.push(self.assignment());
        }
        Node::list("stmts", statements)
    }

    fn while_loop(&mut self) -> Node {
        let outer = self.scope.clone();
        self.scope.depth += 1;
        let counts = self.random.chance(50);
        let name = self.name("w");
        let (start, again, step) = match counts {
            true => {
                let most = 1 + self.random.below(3);
                // A condition asks, and assigns nothing from outside.
                let captured = self.scope.captured;
                self.scope.captured = self.scope.vars.len();
                let condition = self.condition();
                self.scope.captured = captured;
                let again = Node::new("bool", &format!("{name} < {most} && {{}}"), vec![condition]);
                self.declare(&name, Ty::Index(None), false, 0.0);
                (Node::leaf("i64", "0"), again, format!("{name} += 1;"))
            }
            false => {
                let start = self.float().node;
                self.declare(&name, Ty::scalar(), false, 3.0);
                let again = Node::leaf("condition", format!("{name} > 0.5"));
                (
                    Node::new("f64", "1.0 + abs({})", vec![start]),
                    again,
                    format!("{name} *= 0.6;"),
                )
            }
        };
        let mut inside = self.inside();
        if self.random.chance(15) {
            let out = self.way_out_for_good();
            inside = Node::list("stmts", vec![inside, out]);
        }
        self.scope = outer;
        let text = format!("let mut {name} = {{}};\nwhile {{}} {{{{\n{{}}{step}\n}}}}\n");
        // If `true` took its place, the loop would not end.
        let again = again.of_kind("condition");
        Node::new("stmt", &text, vec![start, again, inside])
    }

    fn branch(&mut self) -> Node {
        let condition = self.condition();
        let outer = self.scope.clone();
        self.scope.depth += 1;
        let first = self.inside();
        self.scope = outer.clone();
        self.scope.depth += 1;
        let second = match self.random.chance(60) {
            true => self.inside(),
            false => Node::list("stmts", Vec::new()),
        };
        self.scope = outer;
        let text = "if {} {{\n{}}} else {{\n{}}}\n";
        Node::new("stmt", text, vec![condition, first, second])
    }
}
