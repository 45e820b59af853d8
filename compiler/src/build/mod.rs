//! Elaboration: type checking and lowering of the syntax tree to SSA IR, in one walk.
//!
//! A function is elaborated when it is called, once for each signature (element types, relations of
//! sizes, functions among its arguments), and becomes one IR function, symbolic in its sizes. Function
//! values exist only here: code and what it captures, which becomes parameters of the IR function.
//! Functions without parameters that are functions are elaborated at their definition as well, so that
//! each is checked whether it is called or not.
//!
//! This walk knows no pass: `grad` and its relatives are instructions that name a function.
//!
//! The syntax tree is recursive: call [`build`] where there is room for that
//! ([`crate::stack::with_deep_stack`]).

mod bounded;
mod builtin;
mod call;
mod cost_law;
mod definitions;
mod elab;
mod errors;
mod expr;
mod facts;
mod imports;
mod instance;
mod items;
mod literal;
mod names;
mod number;
mod prelude;
mod program;
mod rules;
mod scope;
mod signature;
mod size;
mod stmt;
mod transform;
mod types;
mod unify;
mod val;

pub use bounded::room;
pub use builtin::{names as function_names, params as function_params};
pub use cost_law::{CostLaw, Counted, Derivative};
pub use facts::Opaque;
pub use prelude::Prelude;
pub use program::{
    Export, ExportBound, ExportField, ExportParam, ExportSize, ExportType, Program, Test,
};

use crate::diagnostic::{Diagnostic, codes};
use crate::lint::lint;
use crate::syntax::ast;
use elab::{Cx, Elab};
use std::collections::HashMap;

/// A file of the program.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its syntax tree.
    pub module: &'a ast::Module,
    /// For each import, in order, the position of its file among all, if it could be read.
    pub imports: &'a [Option<usize>],
    /// Whether it belongs to the standard library: then its functions are elaborated only as they are
    /// called, and its own tests check them.
    pub standard: bool,
}

/// What elaboration gives.
#[derive(Clone, Debug)]
pub struct Built {
    /// The program; absent if an error was found.
    pub program: Option<Program>,
    /// All errors, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// What is perhaps not meant, in the files that are not of the standard library.
    pub warnings: Vec<Diagnostic>,
}

/// Elaborates the program of these files, the main one first.
pub fn build(files: &[Source<'_>], prelude: &Prelude) -> Built {
    let mut elab = Elab {
        files: Vec::new(),
        module: dfn_ir::Module::new(),
        memo: HashMap::new(),
        diagnostics: Vec::new(),
        warnings: Vec::new(),
        in_test: false,
        cx: Cx::new("", 0),
        chain: Vec::new(),
        unknowns: Vec::new(),
        rules: HashMap::new(),
        pending: Vec::new(),
    };
    let modules: Vec<&ast::Module> = files.iter().map(|file| file.module).collect();
    elab.files.resize(modules.len() + 1, items::File::default());
    for (number, module) in modules.iter().enumerate() {
        elab.collect(module, number);
    }
    for module in prelude.modules() {
        elab.collect(module, modules.len());
    }
    elab.imports(files);
    let program = elab.program(files);
    let mut diagnostics = elab.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span));
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    debug_assert!(failed || diagnostics.iter().all(|d| d.code != codes::types::INTERNAL));
    Built {
        program: (!failed).then_some(program),
        diagnostics,
        warnings: warnings(files, elab.warnings),
    }
}

/// The warnings about the files of the program, those found by elaboration among them.
fn warnings(files: &[Source<'_>], typed: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let own = || files.iter().filter(|file| !file.standard);
    let place = |d: &Diagnostic| d.primary.as_ref().map(|label| label.span);
    let ours: Vec<_> = own().map(|file| file.module.span.file).collect();
    let is_ours = |d: &Diagnostic| place(d).is_some_and(|span| ours.contains(&span.file));
    let mut all: Vec<Diagnostic> = own().flat_map(|file| lint(file.module)).collect();
    all.extend(typed.into_iter().filter(is_ours));
    all.sort_by_key(place);
    all
}
