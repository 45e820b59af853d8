//! Transformations of functions: `grad` and what is made of it.
//!
//! A transformed function is a function value (`Derived`). Applied, it emits one `jvp` or `vjp` of the
//! instance of the function that it is made of; an instance of a transformed function is a function
//! around that, so transformations nest in any order. Nothing is derived here: that is for the passes.

mod apply;
mod axes;
mod batch;
mod check;
mod ignored;
mod jacobian;
mod linear;
mod parse;
mod root;
mod solvers;
mod sparse;
mod stop;
mod system;
mod tangent;

pub(super) use ignored::{as_tangent, as_value};
pub(super) use solvers::{find_root, fixed_point, minimizer};
pub(super) use stop::stop_gradient;
pub(super) use tangent::Point;

use axes::Axis;

/// A transformation as it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transform {
    /// `grad(f)`
    Grad,
    /// `value_and_grad(f)`
    ValueAndGrad,
    /// `jacfwd(f)`
    JacFwd,
    /// `jacrev(f)`
    JacRev,
    /// `jacobian(f, sparse = true)`
    Jacobian,
    /// `hessian(f)`
    Hessian,
    /// `sparsity(f, order = 2)`
    Sparsity,
    /// `sparse_values(f, pattern, order = 2)`
    SparseValues,
    /// `jvp(f, primals, tangents)`
    Jvp,
    /// `vjp(f, x, …)`
    Vjp,
    /// `hvp(f, primals, tangents)`
    Hvp,
    /// `linearize(f, x, …)`
    Linearize,
    /// `linear_transpose(f, x, …)`
    LinearTranspose,
    /// `checkpoint(f)`
    Checkpoint,
    /// `custom_root(f, x0, solve)`
    Root,
    /// `vmap(f, axes = (0, none))`
    Vmap,
    /// `check_grads(f, args, order = 2)`
    CheckGrads,
}

/// What is said of a transformation besides the function and `wrt`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Options {
    /// For `vmap`: the axes of the arguments.
    pub(super) axes: Axis,
    /// For `vmap`: the axes of the results.
    pub(super) out: Axis,
    /// For `grad`: whether the function gives its value and something besides.
    pub(super) aux: bool,
    /// For `jacobian` and `hessian`: whether only what can be other than zero is given.
    pub(super) sparse: bool,
    /// For sparse derivatives: 1, or 2 for second ones.
    pub(super) order: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            axes: Axis::At(0),
            out: Axis::At(0),
            aux: false,
            sparse: false,
            order: 1,
        }
    }
}

impl Transform {
    /// Its name in the language.
    pub(super) fn name(self) -> &'static str {
        match self {
            Transform::Grad => "grad",
            Transform::ValueAndGrad => "value_and_grad",
            Transform::JacFwd => "jacfwd",
            Transform::JacRev => "jacrev",
            Transform::Jacobian => "jacobian",
            Transform::Hessian => "hessian",
            Transform::Sparsity => "sparsity",
            Transform::SparseValues => "sparse_values",
            Transform::Jvp => "jvp",
            Transform::Vjp => "vjp",
            Transform::Hvp => "hvp",
            Transform::Linearize => "linearize",
            Transform::LinearTranspose => "linear_transpose",
            Transform::Checkpoint => "checkpoint",
            Transform::Root => "custom_root",
            Transform::Vmap => "vmap",
            Transform::CheckGrads => "check_grads",
        }
    }

    /// The names of its arguments that have one.
    fn named(self) -> &'static [&'static str] {
        match self {
            Transform::Vmap => &["axes", "out"],
            Transform::Jvp => &["wrt", "axes"],
            Transform::Grad | Transform::ValueAndGrad => &["wrt", "aux"],
            Transform::Root => &["tangent_solve"],
            Transform::Checkpoint => &[],
            Transform::Jacobian | Transform::Hessian => &["wrt", "sparse"],
            Transform::CheckGrads | Transform::Sparsity | Transform::SparseValues => {
                &["wrt", "order"]
            }
            _ => &["wrt"],
        }
    }
}

/// What a transformed function computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// The gradient.
    Grad,
    /// The value and the gradient.
    ValueAndGrad,
    /// All partial derivatives, forward.
    JacFwd,
    /// All partial derivatives, in reverse.
    JacRev,
    /// All second partial derivatives.
    Hessian,
    /// Where derivatives can be other than zero.
    Sparsity,
    /// The entries of a sparse derivative at the places that are held.
    SparseValues,
    /// A sparse derivative.
    Sparse,
    /// The tangent of the result as a vector, for a vector of all tangents.
    FlatForward,
    /// The cotangents as a vector, for a vector of all cotangents of the result.
    FlatReverse,
    /// The function for each element of an axis.
    Vmap,
    /// The cotangents of held arguments for a cotangent of the result.
    Pullback,
    /// The tangent of the result at held arguments for tangents of these.
    Pushforward,
    /// The cotangents of held arguments in which the function is linear.
    Adjoint,
    /// The function, run again in reverse.
    Checkpoint,
    /// A zero of the function, by a held solver.
    Root,
    /// The solution of the linear system of the function at a held argument, by a held solver.
    System,
    /// The same of the transposed system.
    Transposed,
    /// The tangent of the result along held tangents.
    Forward,
    /// The gradient times held tangents.
    Reverse,
    /// The result times held cotangents: a scalar.
    Project,
}

impl Kind {
    /// For the names of instances.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Grad => "grad",
            Kind::ValueAndGrad => "value_and_grad",
            Kind::JacFwd => "jacfwd",
            Kind::JacRev => "jacrev",
            Kind::Hessian => "hessian",
            Kind::Sparsity => "sparsity",
            Kind::SparseValues => "sparse_values",
            Kind::Sparse => "sparse",
            Kind::FlatForward => "flat_linear",
            Kind::FlatReverse => "flat_pullback",
            Kind::Vmap => "vmap",
            Kind::Pullback => "pullback",
            Kind::Pushforward => "linear",
            Kind::Adjoint => "transpose",
            Kind::Checkpoint => "checkpoint",
            Kind::Root => "root",
            Kind::System => "system",
            Kind::Transposed => "transposed_system",
            Kind::Forward => "forward",
            Kind::Reverse => "reverse",
            Kind::Project => "project",
        }
    }

    /// What the function is, for messages.
    pub(super) fn title(self) -> &'static str {
        match self {
            Kind::Grad => "gradient",
            Kind::ValueAndGrad => "value and gradient",
            Kind::JacFwd | Kind::JacRev => "Jacobian",
            Kind::Hessian => "Hessian",
            Kind::Sparsity => "sparsity",
            Kind::SparseValues | Kind::Sparse => "sparse derivative",
            Kind::Vmap => "map",
            Kind::Pullback | Kind::FlatReverse => "pullback",
            Kind::Pushforward | Kind::FlatForward => "linear part",
            Kind::Adjoint => "transpose",
            Kind::Checkpoint => "checkpoint",
            Kind::Root => "root",
            Kind::System | Kind::Transposed => "linear system",
            Kind::Forward | Kind::Reverse => "directional derivative",
            Kind::Project => "projection",
        }
    }

    /// The parameters, given those of the function that is transformed.
    pub(super) fn params(self, of: Vec<String>) -> Vec<String> {
        match self {
            Kind::Pullback | Kind::Adjoint | Kind::FlatReverse => vec!["cotangent".to_owned()],
            Kind::Pushforward | Kind::FlatForward => vec!["tangent".to_owned()],
            _ => of,
        }
    }

    /// Whether it is linear at arguments that are held already, and takes a tangent or cotangent.
    pub(super) fn is_linear_map(self) -> bool {
        matches!(
            self,
            Kind::Pullback
                | Kind::Adjoint
                | Kind::Pushforward
                | Kind::FlatForward
                | Kind::FlatReverse
        )
    }
}
