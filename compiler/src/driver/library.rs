//! Libraries: the files that `dfn build` writes.

use super::Result;
use super::copies::{told, unasked};
use super::cost_law::check_costs;
use super::engine::BackendName;
use super::machine::machine;
use super::optimise::{Planned, Threads, optimise_for, plan_for, verified};
use super::place::{backend_failed, describe, internal};
use super::pure::host_calls;
use super::shared::shared;
use super::taken::taking_memory;
use super::{archive, write_file};
use crate::backend::{BackendError, Options};
use crate::build::Program;
use crate::diagnostic::codes::libraries as codes;
use crate::diagnostic::{Diagnostic, SourceMap};
use crate::export::{self, Interface, Place};
use crate::passes::lower::Machine;
use crate::passes::primals;
use std::path::{Path, PathBuf};

/// A kind of output file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emit {
    /// `libNAME.a`
    Lib,
    /// `NAME.o`
    Obj,
    /// `NAME.h`
    Header,
    /// `NAME.rs`
    Rust,
    /// `libNAME.so`, or as this system calls it.
    Shared,
    /// `NAME.py`
    Python,
    /// `NAME.ir`: the SSA IR after all passes.
    Ir,
    /// `NAME.loops`: the loop IR.
    Loops,
    /// `NAME.ll`
    LlvmIr,
    /// `NAME.s`
    Asm,
    /// `dfn_pool.h`
    Pool,
}

impl Emit {
    /// The name of the file.
    fn file(self, name: &str) -> String {
        match self {
            Emit::Lib => format!("lib{name}.a"),
            Emit::Obj => format!("{name}.o"),
            Emit::Header => format!("{name}.h"),
            Emit::Rust => format!("{name}.rs"),
            Emit::Shared => format!("lib{name}{}", std::env::consts::DLL_SUFFIX),
            Emit::Python => format!("{name}.py"),
            Emit::Ir => format!("{name}.ir"),
            Emit::Loops => format!("{name}.loops"),
            Emit::LlvmIr => format!("{name}.ll"),
            Emit::Asm => format!("{name}.s"),
            Emit::Pool => "dfn_pool.h".to_owned(),
        }
    }
}

/// How a library is made.
#[derive(Clone, Debug)]
pub struct LibraryOptions {
    /// Makes the code.
    pub backend: BackendName,
    /// What the code is for.
    pub options: Options,
    /// Whether there are forms for pools of threads.
    pub threads: Threads,
}

/// A library that has been compiled down to loop programs.
#[derive(Debug)]
pub struct Library {
    interface: Interface,
    planned: Planned,
    copies: String,
    ir: String,
}

/// What libraries are made for if nothing is said.
const SHAPE: (Machine, Threads) = (Machine::AVX2, Threads::One);

impl Library {
    /// Makes the library `name` of a program. The interface is read off the program before the passes
    /// run: they make new functions.
    pub fn new(name: &str, source: &str, program: Program, sources: &SourceMap) -> Result<Library> {
        Library::shaped(name, source, program, SHAPE, sources)
    }

    fn shaped(
        name: &str,
        source: &str,
        mut program: Program,
        shape: (Machine, Threads),
        sources: &SourceMap,
    ) -> Result<Library> {
        if program.exports.is_empty() {
            let title = format!("`{source}` exports no function");
            let help = "write `export` before each function that is to be called from outside";
            return Err(vec![Diagnostic::error(codes::NO_EXPORTS, title).help(help)]);
        }
        check_costs(&program, sources)?;
        let interface = Interface::new(name, source, &program);
        let mut interface = interface
            .map_err(|errors| errors.into_iter().map(Diagnostic::from).collect::<Vec<_>>())?;
        let roots: Vec<_> = program.exports.iter().map(|export| export.func).collect();
        let primals = primals(&program.module);
        // What they copy is compared with what the exports do.
        let kept = [&roots[..], &primals].concat();
        optimise_for(&mut program.module, &kept, sources)?;
        let refused = host_calls(&program.module, &roots, sources);
        if !refused.is_empty() {
            return Err(refused);
        }
        let mut planned = plan_for(&program.module, &roots, shape, sources)?;
        let taking = taking_memory(&planned.program);
        for function in &mut interface.functions {
            let inner = planned.functions.get(&function.func).copied();
            let inner = inner.ok_or_else(|| vec![internal("an export was not lowered")])?;
            function.takes_memory = taking.contains(&inner.run);
        }
        for function in &interface.functions {
            let inner = planned.functions.get(&function.func).copied();
            let inner = inner.ok_or_else(|| vec![internal("an export was not lowered")])?;
            export::wrap(&mut planned.program, &interface, function, inner);
        }
        for function in &mut interface.functions {
            function.parallel = planned.parallel.contains_key(&function.func);
        }
        for function in &interface.functions {
            if let Some(&inner) = planned.parallel.get(&function.func) {
                export::wrap_parallel(&mut planned.program, &interface, function, inner);
            }
        }
        verified(&planned.program)?;
        interface.checks = planned
            .checks
            .iter()
            .map(|site| Place {
                message: site.message.to_string(),
                at: describe(site.span, sources),
            })
            .collect();
        let copies = unasked(&program.module, &primals, &planned.copies, sources);
        let ir = dfn_ir::text::module_to_string(&program.module);
        Ok(Library {
            interface,
            planned,
            copies: told(&copies, sources),
            ir,
        })
    }

    /// Makes the library of a program that was read from a file; it is named after the file.
    pub fn of_file(path: &Path, program: Program, sources: &SourceMap) -> Result<Library> {
        Library::named_after(path, program, SHAPE, sources)
    }

    /// [`Library::of_file`], its kernels shaped for the processor that `options` name.
    pub fn of_file_for(
        path: &Path,
        program: Program,
        options: &LibraryOptions,
        sources: &SourceMap,
    ) -> Result<Library> {
        let machine = machine(options.backend, &options.options);
        Library::named_after(path, program, (machine, options.threads), sources)
    }

    fn named_after(
        path: &Path,
        program: Program,
        shape: (Machine, Threads),
        sources: &SourceMap,
    ) -> Result<Library> {
        let name = path
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let source = path
            .file_name()
            .map_or_else(String::new, |file| file.to_string_lossy().into_owned());
        Library::shaped(&name, &source, program, shape, sources)
    }

    /// Its functions, as callers see them.
    pub(super) fn functions(&self) -> &[export::Function] {
        &self.interface.functions
    }

    /// Its loop programs.
    pub(super) fn planned(&self) -> &Planned {
        &self.planned
    }

    /// What is said of arrays that loops copy.
    pub(super) fn copies(&self) -> &str {
        &self.copies
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.interface.name
    }

    /// Writes files to a directory: their paths. Everything is made before the first is written.
    pub fn write(
        &self,
        directory: &Path,
        emit: &[Emit],
        options: &LibraryOptions,
    ) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for &kind in emit {
            let path = directory.join(kind.file(&self.interface.name));
            files.push((
                path,
                self.contents(kind, options).map_err(|error| vec![error])?,
            ));
        }
        for (path, contents) in &files {
            write_file(path, contents).map_err(|error| vec![error])?;
        }
        Ok(files.into_iter().map(|(path, _)| path).collect())
    }

    /// The contents of a file.
    pub fn contents(
        &self,
        kind: Emit,
        options: &LibraryOptions,
    ) -> std::result::Result<Vec<u8>, Diagnostic> {
        let text = match kind {
            Emit::Lib => return archive(&self.interface.name, &self.object(options)?),
            Emit::Obj => return self.object(options),
            Emit::Header => export::header(&self.interface),
            Emit::Rust => export::rust(&self.interface),
            Emit::Shared => return shared(&self.object(options)?, &options.options),
            Emit::Python => export::python(&self.interface),
            Emit::Ir => self.ir.clone(),
            Emit::Loops => self.planned.program.to_string(),
            Emit::LlvmIr => self.llvm(options, false)?,
            Emit::Asm => self.llvm(options, true)?,
            Emit::Pool => dfn_runtime::C_POOL.to_owned(),
        };
        Ok(text.into_bytes())
    }

    fn object(&self, options: &LibraryOptions) -> std::result::Result<Vec<u8>, Diagnostic> {
        let object = options
            .backend
            .backend()
            .object(&self.planned.program, &options.options);
        object.map_err(|error: BackendError| backend_failed(&error))
    }

    #[cfg(feature = "llvm")]
    fn llvm(&self, options: &LibraryOptions, asm: bool) -> std::result::Result<String, Diagnostic> {
        if options.backend != BackendName::Llvm {
            return Err(needs_llvm("choose `--backend llvm`"));
        }
        let text = match asm {
            true => crate::backend::llvm::asm(&self.planned.program, &options.options),
            false => crate::backend::llvm::llvm_ir(&self.planned.program, &options.options),
        };
        text.map_err(|error| backend_failed(&error))
    }

    #[cfg(not(feature = "llvm"))]
    fn llvm(&self, _: &LibraryOptions, _: bool) -> std::result::Result<String, Diagnostic> {
        Err(needs_llvm("build dfn with `--features llvm`"))
    }
}

fn needs_llvm(help: &str) -> Diagnostic {
    Diagnostic::error(
        codes::NOT_COMPILED,
        "LLVM's text and assembler text are made by the LLVM backend only",
    )
    .help(help)
}
