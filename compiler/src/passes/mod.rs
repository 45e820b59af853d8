//! The passes over the SSA IR, and the pipelines made of them.
//!
//! A pass has one word for its file, its function, its name and its flag. The table [`PASSES`] is the
//! only list. After every pass the module is verified (in debug builds and tests always), and a failure
//! names the pass.

mod accumulate;
mod bodies;
pub mod buffers;
mod collect;
mod directions;
mod expand;
mod flatten;
mod fuse;
mod hash;
mod inline;
mod linearize;
pub mod lower;
mod order;
mod parallel;
mod peel;
mod precheck;
mod products;
mod prune;
mod rewrite;
mod settle;
mod simplify;
mod sparsity;
mod state;
mod transpose;
mod unroll;
mod weave;

pub use state::PassError;

use dfn_ir::{FuncId, Module};
use state::State;

/// A pass over a module.
#[derive(Debug)]
pub struct Pass {
    /// One word.
    pub name: &'static str,
    /// One line.
    pub description: &'static str,
    run: fn(&mut Module, &mut State) -> Result<(), PassError>,
}

/// Every pass.
pub const PASSES: &[Pass] = &[
    Pass {
        name: "inline",
        description: "put small functions, and functions called once, in place of their calls",
        run: inline::inline,
    },
    Pass {
        name: "simplify",
        description: "algebra that keeps values, constants, common subexpressions, invariants, dead code",
        run: simplify::simplify,
    },
    Pass {
        name: "directions",
        description: "write out the derivatives of small functions in each of a few numbers",
        run: directions::directions,
    },
    Pass {
        name: "linearize",
        description: "split derived functions into primal and linear function, innermost first",
        run: linearize::linearize,
    },
    Pass {
        name: "sparsity",
        description: "find where derivatives can be other than zero, innermost first",
        run: sparsity::sparsity,
    },
    Pass {
        name: "transpose",
        description: "turn linear functions around",
        run: transpose::transpose,
    },
    Pass {
        name: "products",
        description: "make contractions of sums of products, however written",
        run: products::products,
    },
    Pass {
        name: "accumulate",
        description: "make accumulations at a known place plain results",
        run: accumulate::accumulate,
    },
    Pass {
        name: "settle",
        description: "drop what only differentiation looks at",
        run: settle::settle,
    },
    Pass {
        name: "expand",
        description: "put calls of algorithms in the place of the primitives of linear algebra",
        run: expand::expand,
    },
    Pass {
        name: "collect",
        description: "make maps of loops that fill arrays, one part in each run",
        run: collect::collect,
    },
    Pass {
        name: "fuse",
        description: "run maps together of which one reads what the other yields at its index",
        run: fuse::fuse,
    },
    Pass {
        name: "flatten",
        description: "make one map of a map in a map whose results are reduced",
        run: flatten::flatten,
    },
    Pass {
        name: "order",
        description: "fix the order of every sum",
        run: order::order,
    },
    Pass {
        name: "unroll",
        description: "take small arrays of known size apart, and short maps",
        run: unroll::unroll,
    },
    Pass {
        name: "weave",
        description: "run in one loop what reads at the place before what is computed there",
        run: weave::weave,
    },
    Pass {
        name: "peel",
        description: "run the first run of a map apart where it does something else",
        run: peel::peel,
    },
    Pass {
        name: "precheck",
        description: "make the checks in the runs of a map before it",
        run: precheck::precheck,
    },
];

/// The pass called `name`.
pub fn find(name: &str) -> Option<&'static Pass> {
    PASSES.iter().find(|pass| pass.name == name)
}

/// One round of differentiation; repeated until nothing is left to derive.
const DIFFERENTIATE: &[&str] = &[
    "inline",
    "simplify",
    "products",
    "simplify",
    "sparsity",
    "directions",
    "linearize",
    "simplify",
    "transpose",
    "accumulate",
];

/// What follows differentiation.
const FINISH: &[&str] = &[
    "settle",
    "expand",
    "inline",
    "simplify",
    "accumulate",
    "simplify",
    "products",
    "simplify",
    "collect",
    "fuse",
    "simplify",
    "flatten",
    "simplify",
    "order",
    "unroll",
    "simplify",
    "weave",
    "simplify",
    "peel",
    "precheck",
];

/// The functions that have no derivative in them.
pub fn primals(module: &Module) -> Vec<dfn_ir::FuncId> {
    let ids = module.ids();
    ids.filter(|&id| linearize::is_expanded(module, id))
        .collect()
}

/// How deep derivatives may be nested.
const MAX_ROUNDS: usize = 64;

/// Runs passes over one module.
#[derive(Debug)]
pub struct Manager<'a> {
    state: State,
    verify: bool,
    observe: Option<&'a mut dyn Observe>,
    /// The functions that are called from outside, if that is known.
    roots: Option<Vec<FuncId>>,
}

/// Sees the module after each pass.
pub trait Observe: std::fmt::Debug {
    /// `pass` has run.
    fn after(&mut self, pass: &'static Pass, module: &Module);
}

impl<'a> Manager<'a> {
    /// A manager; `observe` is called after each pass.
    pub fn new(observe: Option<&'a mut dyn Observe>) -> Manager<'a> {
        Manager {
            state: State::default(),
            verify: cfg!(debug_assertions),
            observe,
            roots: None,
        }
    }

    /// Drops, after differentiation, what these functions do not call; without, what no function that is there
    /// before calls.
    pub fn for_roots(mut self, roots: &[FuncId]) -> Manager<'a> {
        self.roots = Some(roots.to_vec());
        self
    }

    /// Verifies after every pass, in release builds too.
    pub fn always_verify(mut self) -> Manager<'a> {
        self.verify = true;
        self
    }

    /// Runs the whole pipeline: differentiation in rounds, then what follows.
    pub fn run_all(&mut self, module: &mut Module) -> Result<(), PassError> {
        let roots: Vec<FuncId> = module.ids().collect();
        for _ in 0..MAX_ROUNDS {
            if module.ids().all(|id| linearize::is_expanded(module, id)) {
                let roots = self.roots.clone().unwrap_or(roots);
                prune::prune(module, &roots);
                for name in FINISH {
                    self.run_named(&[name], module)?;
                    if *name == "inline" {
                        prune::prune(module, &roots);
                    }
                }
                return settle::refuse_absent(module, &roots);
            }
            let before = linearize::waiting(module);
            self.run_named(DIFFERENTIATE, module)?;
            linearize::refuse_circle(&before, &linearize::waiting(module))?;
        }
        Err(PassError::Internal(format!(
            "derivatives are nested deeper than {MAX_ROUNDS}"
        )))
    }

    fn run_named(&mut self, names: &[&str], module: &mut Module) -> Result<(), PassError> {
        names
            .iter()
            .filter_map(|name| find(name))
            .try_for_each(|pass| self.run(pass, module))
    }

    /// Runs one pass.
    pub fn run(&mut self, pass: &'static Pass, module: &mut Module) -> Result<(), PassError> {
        (pass.run)(module, &mut self.state).map_err(|error| match error {
            PassError::Internal(message) => {
                PassError::Internal(format!("the pass `{}` failed: {message}", pass.name))
            }
            error => error,
        })?;
        if self.verify {
            let errors = dfn_ir::verify::verify(module);
            if let Some(first) = errors.first() {
                let n = errors.len();
                let message = format!("invalid IR after `{}` ({n} errors): {first}", pass.name);
                return Err(PassError::Internal(message));
            }
        }
        if let Some(observe) = &mut self.observe {
            observe.after(pass, module);
        }
        Ok(())
    }
}
