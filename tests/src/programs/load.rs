//! A program from its source, elaborated, and after all passes.

use dfn::build::Program;
use dfn::diagnostic::{Diagnostic, SourceMap};
use dfn::driver::{Session, optimise};
use dfn::passes::{Observe, Pass};
use dfn_ir::{FuncId, Module, Op};
use std::path::{Path, PathBuf};

/// A program that compiles.
#[derive(Debug)]
pub struct Loaded {
    /// As it was elaborated.
    pub program: Program,
    /// Its functions after all passes.
    pub module: Module,
    /// The module after each pass, in order.
    stages: Vec<(&'static str, Module)>,
}

/// Compiles a program called like `path`; files beside that may be imported.
pub fn load(path: &Path, source: &str) -> (SourceMap, Result<Loaded, Vec<Diagnostic>>) {
    // A file as it stands is read where it stands, with what it imports from other directories.
    let stands = std::fs::read_to_string(path).is_ok_and(|text| text == source);
    let copy = (!stands).then(|| copied(path, source));
    let file = match &copy {
        None => path.to_owned(),
        Some((_, file)) => file.clone(),
    };
    let mut session = Session::default();
    let program = session.program(&file);
    let loaded = match program {
        None => Err(session.diagnostics),
        Some(program) => Loaded::new(program, &session.sources),
    };
    (session.sources, loaded)
}

/// A copy of the programs around `path`, with `source` in place of its own text.
fn copied(path: &Path, source: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory for the program");
    let name = path.file_name().expect("a program has a name");
    for entry in path
        .parent()
        .and_then(|parent| std::fs::read_dir(parent).ok())
        .into_iter()
        .flatten()
        .flatten()
    {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "dfn")
        {
            std::fs::copy(entry.path(), directory.path().join(entry.file_name()))
                .expect("a copy of a program");
        }
    }
    let file = directory.path().join(name);
    std::fs::write(&file, source).expect("the program can be written");
    (directory, file)
}

impl Loaded {
    fn new(program: Program, sources: &SourceMap) -> Result<Loaded, Vec<Diagnostic>> {
        let mut module = program.module.clone();
        let mut stages = Stages::default();
        optimise(&mut module, sources, Some(&mut stages))?;
        Ok(Loaded {
            program,
            module,
            stages: stages.0,
        })
    }

    /// `main` and the tests.
    pub fn roots(&self) -> Vec<FuncId> {
        self.program
            .main
            .into_iter()
            .chain(self.program.tests.iter().map(|test| test.func))
            .collect()
    }

    /// How many instructions of a kind a function and all that it calls hold, after the last run of a
    /// pass.
    pub fn counted(&self, pass: &str, function: &str, operation: &str) -> Result<usize, String> {
        let stage = self.stages.iter().rev().find(|(name, _)| *name == pass);
        let (_, module) = stage.ok_or_else(|| format!("the pass `{pass}` did not run"))?;
        let functions = self.program.functions.iter();
        let exports = self
            .program
            .exports
            .iter()
            .map(|export| (&export.name, export.func));
        let mut named = functions.map(|(name, func)| (name, *func)).chain(exports);
        let (_, root) = named
            .find(|(name, _)| *name == function)
            .ok_or("there is no such function")?;
        if !Op::NAMES.contains(&operation) {
            return Err("there is no such operation".to_owned());
        }
        Ok(reached(module, root)
            .into_iter()
            .map(|func| count(module, func, operation))
            .sum())
    }
}

/// A function and all that it calls.
fn reached(module: &Module, root: FuncId) -> Vec<FuncId> {
    let mut all = vec![root];
    let mut next = 0;
    while let Some(&func) = all.get(next) {
        next += 1;
        let function = module.get(func);
        function.walk(&function.body, &mut |_, data| {
            if let Op::Call(call) = &data.op
                && !all.contains(&call.func)
            {
                all.push(call.func);
            }
        });
    }
    all
}

fn count(module: &Module, func: FuncId, operation: &str) -> usize {
    let function = module.get(func);
    let mut found = 0;
    function.walk(&function.body, &mut |_, data| {
        found += usize::from(data.op.name() == operation)
    });
    found
}

/// Keeps the module after each pass.
#[derive(Debug, Default)]
struct Stages(Vec<(&'static str, Module)>);

impl Observe for Stages {
    fn after(&mut self, pass: &'static Pass, module: &Module) {
        self.0.push((pass.name, module.clone()));
    }
}
