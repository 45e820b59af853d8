//! What is in scope, and its types.

use super::tree::Node;

/// A size: of the function, a number, or the index of a loop plus one.
pub(crate) type Dim = String;

/// The type of a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ty {
    /// A float, or an array of floats.
    Float(Vec<Dim>),
    /// An index below a size, and not negative; or any number that is not negative.
    Index(Option<Dim>),
    Bool,
    /// `S[n]`.
    Struct(Dim),
}

impl Ty {
    pub(crate) fn scalar() -> Ty {
        Ty::Float(Vec::new())
    }

    /// As it is written.
    pub(crate) fn text(&self) -> String {
        match self {
            Ty::Float(dims) if dims.is_empty() => "f64".to_owned(),
            Ty::Float(dims) => format!("f64[{}]", dims.join(", ")),
            Ty::Index(_) => "i64".to_owned(),
            Ty::Bool => "bool".to_owned(),
            Ty::Struct(n) => format!("S[{n}]"),
        }
    }

    /// With other sizes in place of `n` and `m`.
    pub(crate) fn with(&self, n: &str, m: &str) -> Ty {
        let of = |dim: &Dim| match dim.as_str() {
            "n" => n.to_owned(),
            "m" => m.to_owned(),
            _ => dim.clone(),
        };
        match self {
            Ty::Float(dims) => Ty::Float(dims.iter().map(of).collect()),
            Ty::Index(below) => Ty::Index(below.as_ref().map(of)),
            Ty::Bool => Ty::Bool,
            Ty::Struct(dim) => Ty::Struct(of(dim)),
        }
    }
}

/// A name.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// Whether it may be assigned.
    pub(crate) mutable: bool,
    /// What its floats are at most.
    pub(crate) bound: f64,
}

/// The names in scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) vars: Vec<Var>,
    /// The sizes of arrays.
    pub(crate) dims: Vec<Dim>,
    /// How many loops, branches and functions are around.
    pub(crate) depth: usize,
    /// Names before this one are captured by a function value, or outside of what is computed for each
    /// element: they are not assigned.
    pub(crate) captured: usize,
}

/// A function that may be called.
#[derive(Clone, Debug)]
pub(crate) struct Sig {
    pub(crate) name: String,
    pub(crate) params: Vec<Ty>,
    pub(crate) result: Vec<Ty>,
}

/// A float expression and what it is at most.
#[derive(Clone, Debug)]
pub(crate) struct Float {
    pub(crate) node: Node,
    pub(crate) bound: f64,
}

impl Float {
    pub(crate) fn new(node: Node, bound: f64) -> Float {
        Float { node, bound }
    }
}
