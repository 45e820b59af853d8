//! Programs at the stages of the compiler, as text.

use super::Result;
use super::load::{Session, read_file};
use super::optimise::{optimise, optimise_for, plan};
use super::place::{internal, line, pass_failed};
use crate::build::Program;
use crate::diagnostic::{Diagnostic, SourceMap, codes::syntax as codes};
use crate::passes::{Manager, Observe, Pass, find};
use dfn_ir::text::annotated;
use dfn_ir::{FuncId, Module};
use std::path::Path;

/// A program before the passes.
#[derive(Debug)]
pub struct Stages {
    pub(super) module: Module,
    /// The functions that are called from outside.
    pub(super) roots: Vec<FuncId>,
    /// Whether the lines of the source stand above the instructions that come from them.
    lines: bool,
}

/// A stage.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// As it was elaborated.
    Elaborated,
    /// After the last run of a pass in the pipeline.
    After(String),
    /// After exactly these passes.
    Passes(Vec<String>),
    /// As loops with planned memory.
    Loops,
}

impl Stages {
    /// The program in a file: IR text if its name ends in `.ir`.
    pub fn of_file(path: &Path, session: &mut Session) -> Option<Stages> {
        if path.extension().is_none_or(|extension| extension != "ir") {
            return session.program(path).map(Stages::of_program);
        }
        match read_ir(path, &mut session.sources) {
            Ok(module) => {
                let roots = module.ids().collect();
                Some(Stages {
                    module,
                    roots,
                    lines: false,
                })
            }
            Err(diagnostic) => {
                session.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn of_program(program: Program) -> Stages {
        let exports = program.exports.iter().map(|export| export.func);
        let tests = program.tests.iter().map(|test| test.func);
        let roots = exports.chain(tests).chain(program.main).collect();
        Stages {
            module: program.module,
            roots,
            lines: true,
        }
    }

    /// Without the lines of the source.
    pub fn bare(self) -> Stages {
        Stages {
            lines: false,
            ..self
        }
    }

    /// The text of a stage.
    pub fn show(mut self, wanted: &Wanted, sources: &SourceMap) -> Result<String> {
        match wanted {
            Wanted::Elaborated => {}
            Wanted::After(pass) => return self.after(pass, sources),
            Wanted::Passes(passes) => {
                let mut manager = Manager::new(None).always_verify();
                for pass in passes.iter().filter_map(|name| find(name)) {
                    manager
                        .run(pass, &mut self.module)
                        .map_err(|error| vec![pass_failed(&error, sources)])?;
                }
            }
            Wanted::Loops => {
                optimise_for(&mut self.module, &self.roots, sources)?;
                return Ok(plan(&self.module, &self.roots, sources)?
                    .program
                    .to_string());
            }
        }
        Ok(text(&self.module, sources, self.lines))
    }

    fn after(mut self, pass: &str, sources: &SourceMap) -> Result<String> {
        let mut seen = Seen {
            pass: pass.to_owned(),
            sources,
            lines: self.lines,
            text: None,
        };
        let outcome = optimise(&mut self.module, sources, Some(&mut seen));
        match (seen.text, outcome) {
            // What a later pass refuses does not matter here.
            (Some(text), _) => Ok(text),
            (None, Err(diagnostics)) => Err(diagnostics),
            // A program without derivatives is not linearized.
            (None, Ok(())) => Ok(text(&self.module, sources, self.lines)),
        }
    }
}

/// Keeps the text after the last run of a pass.
#[derive(Debug)]
struct Seen<'s> {
    pass: String,
    sources: &'s SourceMap,
    lines: bool,
    text: Option<String>,
}

impl Observe for Seen<'_> {
    fn after(&mut self, pass: &'static Pass, module: &Module) {
        if pass.name == self.pass {
            self.text = Some(text(module, self.sources, self.lines));
        }
    }
}

fn text(module: &Module, sources: &SourceMap, lines: bool) -> String {
    annotated(module, &|place| line(place, sources).filter(|_| lines))
}

fn read_ir(path: &Path, sources: &mut SourceMap) -> std::result::Result<Module, Diagnostic> {
    let id = read_file(sources, path)?;
    let text = sources.get(id).map_or("", |file| file.text());
    let module = dfn_ir::text::parse(text).map_err(|error| {
        let title = format!("`{}` is not IR text: {error}", path.display());
        Diagnostic::error(codes::UNEXPECTED, title)
            .help("the text form is described in docs/ssa-ir.md")
    })?;
    let errors = dfn_ir::verify::verify(&module);
    match errors.first() {
        None => Ok(module),
        Some(first) => {
            let title = format!(
                "`{}` is not valid IR ({} errors): {first}",
                path.display(),
                errors.len()
            );
            Err(internal(&title))
        }
    }
}
