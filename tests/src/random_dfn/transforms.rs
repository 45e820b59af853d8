//! Derivatives and other functions of functions.

use super::scope::{Float, Ty};
use super::tree::Node;
use super::{BOUND, Gen};

/// What is not known to be bounded.
const ANY: f64 = 1e9;

impl Gen {
    /// A function value of one parameter that gives a value of type `result`.
    pub(crate) fn lambda(&mut self, param: &Ty, result: &Ty) -> Node {
        let outer = self.scope.clone();
        self.scope.depth += 1;
        self.scope.captured = self.scope.vars.len();
        let name = self.name("z");
        self.declare(&name, param.clone(), false, BOUND);
        let n = self.random.below(3);
        let (statements, value) = self.body(n, std::slice::from_ref(result));
        self.scope = outer;
        let text = format!("|{name}: {}| {{{{ {{}}{{}} }}}}", param.text());
        let kind = format!("fn({}) -> {}", param.text(), result.text());
        Node::new(&kind, &text, vec![statements, value])
    }

    fn vector(&mut self) -> Ty {
        Ty::Float(vec![self.random.pick(&self.scope.dims.clone())])
    }

    /// Whether there is fuel for a function value, which is paid for.
    fn affords_function(&mut self) -> bool {
        self.scope.depth < 3 && self.spend(4)
    }

    /// A derivative that is a float.
    pub(crate) fn transform_of_float(&mut self) -> Float {
        if !self.affords_function() {
            return self.simple_float();
        }
        let scalar = Ty::scalar();
        let node = match self.random.below(9) {
            0 | 1 => {
                let (f, x) = (self.lambda(&scalar, &scalar), self.float().node);
                Node::new("f64", "grad({})({})", vec![f, x])
            }
            2 => {
                let ty = self.vector();
                let (f, x) = (self.lambda(&ty, &scalar), self.array(&ty));
                Node::new("f64", "sum(grad({})({}))", vec![f, x])
            }
            3 => {
                let f = self.lambda(&scalar, &scalar);
                let (x, dx) = (self.float().node, self.float().node);
                Node::new("f64", "jvp({}, {}, {}).1", vec![f, x, dx])
            }
            4 => {
                let part = self.random.below(2);
                let (f, x) = (self.lambda(&scalar, &scalar), self.float().node);
                Node::new(
                    "f64",
                    &format!("value_and_grad({{}})({{}}).{part}"),
                    vec![f, x],
                )
            }
            5 => {
                let (f, x) = (self.lambda(&scalar, &scalar), self.float().node);
                Node::new("f64", "grad(grad({}))({})", vec![f, x])
            }
            6 => {
                let n = self.random.pick(&self.scope.dims.clone());
                let part = self.random.pick(&["a", "t.1", "v[0]"]);
                let ty = Ty::Struct(n);
                let (f, x) = (self.lambda(&ty, &scalar), self.value(&ty));
                Node::new("f64", &format!("grad({{}})({{}}).{part}"), vec![f, x])
            }
            7 => self.pulled_back(),
            _ => {
                let ty = self.vector();
                let (f, x) = (self.lambda(&ty, &scalar), self.array(&ty));
                Node::new("f64", "hessian({})({})[0, 0]", vec![f, x])
            }
        };
        Float::new(node, ANY)
    }

    fn pulled_back(&mut self) -> Node {
        let (from, to) = (self.vector(), self.vector());
        let f = self.lambda(&from, &to);
        let (x, ct) = (self.array(&from), self.array(&to));
        let (value, pull) = (self.name("v"), self.name("pull"));
        let text = format!(
            "({{{{ let ({value}, {pull}) = vjp({{}}, {{}}); sum({pull}({{}})) + sum({value}) }}}})"
        );
        Node::new("f64", &text, vec![f, x, ct])
    }

    /// A derivative that is an array.
    pub(crate) fn transform_of_array(&mut self, kind: &str, dims: &[String]) -> Float {
        let ty = Ty::Float(dims.to_vec());
        if !self.affords_function() {
            return self.any_array(&ty);
        }
        let scalar = Ty::scalar();
        let node = match (dims, self.random.below(4)) {
            ([_], 0 | 1) | ([_, _], 0) => {
                let (f, x) = (self.lambda(&ty, &scalar), self.array(&ty));
                Node::new(kind, "grad({})({})", vec![f, x])
            }
            ([_], 2) => {
                let f = self.lambda(&ty, &scalar);
                let (x, dx) = (self.array(&ty), self.array(&ty));
                Node::new(kind, "hvp({}, {}, {})", vec![f, x, dx])
            }
            ([d, e], 1 | 2) => {
                let how = self.random.pick(&["jacfwd", "jacrev"]);
                let (to, from) = (Ty::Float(vec![d.clone()]), Ty::Float(vec![e.clone()]));
                let (f, x) = (self.lambda(&from, &to), self.array(&from));
                Node::new(kind, &format!("{how}({{}})({{}})"), vec![f, x])
            }
            _ => {
                let f = self.lambda(&scalar, &ty);
                let (x, dx) = (self.float().node, self.float().node);
                Node::new(kind, "jvp({}, {}, {}).1", vec![f, x, dx])
            }
        };
        Float::new(node, ANY)
    }

    /// A function that is bound to a name and called twice.
    pub(crate) fn function_value(&mut self) -> Float {
        if !self.affords_function() {
            return self.simple_float();
        }
        let scalar = Ty::scalar();
        let f = self.lambda(&scalar, &scalar);
        let (x, y) = (self.float().node, self.float().node);
        let name = self.name("g");
        let text = format!("({{{{ let {name} = {{}}; {name}({{}}) * {name}({{}}) }}}})");
        Float::new(Node::new("f64", &text, vec![f, x, y]), 4.0)
    }
}
