//! What functions cost, as formulas in their sizes: counted on loop programs whose memory is planned,
//! without running them.
//!
//! The counts are those of [`dfn_ir::loops::interp::Counts`], up to what no formula says: a loop whose
//! number of iterations is only known while the function runs has a name of its own in the formulas; of a
//! branch the costlier arm counts, of one that is marked as rare the usual arm; and where a strip of a
//! vector's length is rounded down and the rest is done one by one, both together count as the whole.

mod poly;
mod walk;

pub use poly::{Atom, Poly};

use dfn_ir::Span;
use dfn_ir::loops::{FuncId, Program, Var};
use std::collections::HashMap;

/// What one call does.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Scalar operations on floats; a fused multiply-add is one.
    pub operations: Poly,
    /// Bytes loaded.
    pub read: Poly,
    /// Bytes stored.
    pub written: Poly,
}

/// An array that needs memory while a function runs.
#[derive(Clone, Debug)]
pub struct Temporary {
    /// Its bytes.
    pub bytes: Poly,
    /// Where in the source it comes from.
    pub span: Span,
}

/// What a function costs, with what it calls.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// What one call does.
    pub counts: Counts,
    /// The loops of the code.
    pub loops: usize,
    /// How deep they are nested.
    pub depth: usize,
    /// The arrays that need memory.
    pub temporaries: Vec<Temporary>,
    /// What a function that measures a workspace measures.
    pub(crate) stored: Option<Poly>,
}

/// Where in the source the temporaries of functions come from.
pub type Spans = HashMap<(FuncId, Var), Span>;

/// The costs of all functions of a program.
#[derive(Debug, Default)]
pub struct Costs {
    functions: HashMap<FuncId, Cost>,
}

impl Costs {
    /// Of a program whose memory is planned; `spans` says where its temporaries come from.
    pub fn of(program: &Program, spans: &Spans) -> Costs {
        let mut costs = Costs::default();
        let mut unknown = 0;
        for (id, function) in program.functions.iter() {
            let cost = walk::walk(spans, &costs, (id, function), &mut unknown);
            costs.functions.insert(id, cost);
        }
        costs
    }

    /// Of a function.
    pub fn get(&self, id: FuncId) -> Option<&Cost> {
        self.functions.get(&id)
    }

    /// The bytes of workspace that a function measures.
    pub fn workspace(&self, measure: FuncId) -> Option<&Poly> {
        self.get(measure)?.stored.as_ref()
    }
}

impl Counts {
    fn parts(&mut self) -> [&mut Poly; 3] {
        [&mut self.operations, &mut self.read, &mut self.written]
    }

    fn add(&mut self, other: &Counts) {
        self.operations.add(&other.operations);
        self.read.add(&other.read);
        self.written.add(&other.written);
    }

    fn map(mut self, change: impl Fn(&Poly) -> Poly) -> Counts {
        for part in self.parts() {
            *part = change(part);
        }
        self
    }

    /// Of each the larger one.
    fn larger(mut self, mut other: Counts) -> Counts {
        for (part, other) in self.parts().into_iter().zip(other.parts()) {
            *part = Poly::larger(part, other);
        }
        self
    }
}
