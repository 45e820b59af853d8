//! Transformations of functions: `grad` and what is made of it.
//!
//! A transformed function is a function value (`Derived`). Applied, it emits one `jvp` or `vjp` of the
//! instance of the function that it is made of; an instance of a transformed function is a function
//! around that, so transformations nest in any order. Nothing is derived here: that is for the passes.

mod apply;
mod axes;
mod batch;
mod check;
mod jacobian;
mod linear;
mod parse;
mod root;
mod solvers;
mod stop;
mod tangent;

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
    /// `hessian(f)`
    Hessian,
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
}

impl Default for Options {
    fn default() -> Options {
        Options {
            axes: Axis::At(0),
            out: Axis::At(0),
            aux: false,
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
            Transform::Hessian => "hessian",
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
            Transform::Checkpoint | Transform::Root => &[],
            Transform::CheckGrads => &["wrt", "order"],
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
            Kind::Vmap => "vmap",
            Kind::Pullback => "pullback",
            Kind::Pushforward => "linear",
            Kind::Adjoint => "transpose",
            Kind::Checkpoint => "checkpoint",
            Kind::Root => "root",
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
            Kind::Vmap => "map",
            Kind::Pullback => "pullback",
            Kind::Pushforward => "linear part",
            Kind::Adjoint => "transpose",
            Kind::Checkpoint => "checkpoint",
            Kind::Root => "root",
            Kind::Forward | Kind::Reverse => "directional derivative",
            Kind::Project => "projection",
        }
    }

    /// The parameters, given those of the function that is transformed.
    pub(super) fn params(self, of: Vec<String>) -> Vec<String> {
        match self {
            Kind::Pullback | Kind::Adjoint => vec!["cotangent".to_owned()],
            Kind::Pushforward => vec!["tangent".to_owned()],
            _ => of,
        }
    }

    /// Whether it is linear at arguments that are held already, and takes a tangent or cotangent.
    pub(super) fn is_linear_map(self) -> bool {
        matches!(self, Kind::Pullback | Kind::Adjoint | Kind::Pushforward)
    }
}
