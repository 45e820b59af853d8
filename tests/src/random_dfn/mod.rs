//! Random well-typed programs of the language, from a seed.
//!
//! Everything in them is defined: each float has a known bound, and is brought into the domain of a function
//! by its argument (`log(1.5 + sin(x))`), indices are below the size by their range or by `%`, and every
//! `while` counts down or shrinks what it compares. So whatever is computed can be compared with `==`
//! between engines, and derivatives with differences in double-double.

mod arrays;
pub mod check;
mod floats;
mod functions;
mod integers;
mod library;
mod scope;
mod statements;
mod tables;
mod transforms;
pub mod tree;

pub use crate::random_ir::Random;
use scope::{Scope, Sig};
use tree::Node;

/// What a float variable, argument or result is at most.
pub(crate) const BOUND: f64 = 2.0;

/// What programs are made of.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// How often: a `let`, a variable, an assignment, an element update, `for`, `while`, `if`, a
    /// table.
    statements: [usize; 8],
    /// How often a float is: a name, a function of one, an operation, a choice, a block, a reduction, a
    /// generator, a call, a product, a transformation, an element, a function value.
    floats: [usize; 12],
}

const MIXED: Policy = Policy {
    statements: [4, 3, 3, 3, 3, 1, 2, 1],
    floats: [8, 5, 8, 2, 1, 3, 2, 2, 1, 1, 4, 1],
};

const LOOPS: Policy = Policy {
    statements: [2, 3, 4, 5, 6, 3, 2, 3],
    floats: [10, 4, 6, 1, 1, 1, 3, 1, 1, 0, 6, 0],
};

const NESTED: Policy = Policy {
    statements: [3, 2, 2, 2, 2, 1, 1, 1],
    floats: [8, 4, 6, 1, 1, 1, 1, 3, 1, 4, 3, 2],
};

const ARRAYS: Policy = Policy {
    statements: [6, 2, 2, 3, 2, 0, 1, 1],
    floats: [6, 4, 6, 2, 0, 6, 4, 1, 3, 1, 4, 0],
};

/// A generated program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it came from.
    pub seed: u64,
    /// Its source; the function to be checked is exported as `f`.
    pub tree: Node,
    /// The sizes that `f` is run on.
    pub sizes: Vec<i64>,
    /// Whether its numbers are `f32`.
    pub single: bool,
}

/// A program under construction.
pub(crate) struct Gen {
    pub(crate) random: Random,
    pub(crate) policy: Policy,
    pub(crate) scope: Scope,
    pub(crate) functions: Vec<Sig>,
    /// How many more nodes the current function may have.
    pub(crate) fuel: usize,
    names: usize,
}

/// The program of a seed.
pub fn generate(seed: u64) -> Program {
    let policies = [MIXED, LOOPS, NESTED, ARRAYS];
    let mut cx = Gen {
        random: Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)),
        policy: policies[seed as usize % policies.len()].clone(),
        scope: Scope::default(),
        functions: Vec::new(),
        fuel: 0,
        names: 0,
    };
    let mut items = vec![Node::leaf("struct", STRUCT)];
    for _ in 0..cx.random.below(3) {
        items.push(cx.function(false));
    }
    items.push(cx.function(true));
    let sizes = (0..2).map(|_| 1 + cx.random.below(3) as i64).collect();
    Program {
        seed,
        tree: Node::list("program", items),
        sizes,
        single: seed % 11 == 7,
    }
}

const STRUCT: &str = "struct S[n] { a: f64, v: f64[n], t: (f64, f64) }\n\n";

impl Gen {
    /// A name that is not in use.
    pub(crate) fn name(&mut self, start: &str) -> String {
        self.names += 1;
        format!("{start}{}", self.names)
    }

    /// Uses up fuel; whether there was any.
    pub(crate) fn spend(&mut self, n: usize) -> bool {
        let enough = self.fuel >= n;
        self.fuel = self.fuel.saturating_sub(n);
        enough
    }
}
