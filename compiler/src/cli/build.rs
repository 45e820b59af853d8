//! `dfn build`: a library with its header.

use super::engine::{BuildBackend, cpu, level};
use super::report::Reporter;
use super::{Failed, Outcome};
use crate::backend::Options;
use crate::driver::{At, BackendName, Emit, Library, LibraryOptions, Session, Threads};
use clap::ValueEnum;
use std::path::PathBuf;

/// Make a library of the exported functions: `libNAME.a` and `NAME.h`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The program.
    file: PathBuf,
    /// The directory for the output.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// What to write; several are separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["lib", "header"])]
    emit: Vec<Output>,
    /// What makes the code; LLVM if dfn was built with it.
    #[arg(long, value_enum)]
    backend: Option<BuildBackend>,
    /// How much to optimise, 0 to 3.
    #[arg(short = 'O', value_name = "LEVEL", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=3))]
    level: u8,
    /// The processor: `x86-64-v3`, `native`, or (LLVM only) another by its name.
    #[arg(long, default_value = "baseline")]
    cpu: String,
    /// Say what each function costs, as formulas in its sizes: operations, bytes, loops, workspace.
    #[arg(long)]
    report: bool,
    /// Sizes at which the report gives numbers too: `n=1000,d=10`.
    #[arg(long, value_name = "SIZES", value_delimiter = ',', value_parser = size)]
    at: Vec<(String, i64)>,
    /// Fail if a function needs more bytes of workspace, at the sizes of `--at`.
    #[arg(long, value_name = "BYTES")]
    max_workspace: Option<u64>,
    /// Make a form of each function for a pool of threads too, if it has loops that threads can share.
    #[arg(long)]
    parallel: bool,
    /// The target triple; this machine if it is not given.
    #[arg(long)]
    target: Option<String>,
}

/// A kind of output.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    /// libNAME.a: a static library.
    Lib,
    /// NAME.o: an object file.
    Obj,
    /// NAME.h: the C header.
    Header,
    /// NAME.rs: a safe Rust module.
    Rust,
    /// libNAME.so: a shared library, linked by `cc`.
    Shared,
    /// NAME.py: a Python module for NumPy, which loads the shared library beside it.
    Python,
    /// NAME.ir: the SSA IR after all passes.
    Ir,
    /// NAME.loops: the loop IR.
    Loops,
    /// NAME.ll: LLVM's text.
    LlvmIr,
    /// NAME.s: assembler text, from LLVM.
    Asm,
    /// dfn_pool.h: a pool of threads for C and C++.
    Pool,
}

impl From<Output> for Emit {
    fn from(output: Output) -> Emit {
        match output {
            Output::Lib => Emit::Lib,
            Output::Obj => Emit::Obj,
            Output::Header => Emit::Header,
            Output::Rust => Emit::Rust,
            Output::Shared => Emit::Shared,
            Output::Python => Emit::Python,
            Output::Ir => Emit::Ir,
            Output::Loops => Emit::Loops,
            Output::LlvmIr => Emit::LlvmIr,
            Output::Asm => Emit::Asm,
            Output::Pool => Emit::Pool,
        }
    }
}

/// `n=1000`.
pub(super) fn size(text: &str) -> Result<(String, i64), String> {
    let (name, number) = text.split_once('=').ok_or("a size is given as `n=1000`")?;
    let number = number
        .parse()
        .map_err(|_| format!("`{number}` is no integer"))?;
    Ok((name.to_owned(), number))
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let mut session = Session::default();
    let program = session.program(&args.file);
    reporter.diagnostics(
        &session.diagnostics,
        &session.sources,
        super::report::Format::Text,
    );
    let Some(program) = program else {
        return Err(Failed);
    };
    let sources = &session.sources;
    let options = Options {
        target: args.target,
        cpu: cpu(&args.cpu),
        level: level(args.level),
    };
    let backend = args
        .backend
        .map_or_else(BackendName::best, BackendName::from);
    let emit: Vec<Emit> = args.emit.into_iter().map(Emit::from).collect();
    let at: At = args.at.into_iter().collect();
    let threads = match args.parallel {
        true => Threads::Several,
        false => Threads::One,
    };
    let options = LibraryOptions {
        backend,
        options,
        threads,
    };
    let library = Library::of_file_for(&args.file, program, &options, sources);
    let made = library.and_then(|library| {
        if let Some(limit) = args.max_workspace {
            library.limit_workspace(limit, &at)?;
        }
        library.write(&args.out, &emit, &options)?;
        Ok(library)
    });
    match made {
        Ok(library) => {
            if args.report {
                reporter.text(&library.report(&at, sources));
            }
            let code = emit
                .iter()
                .any(|kind| matches!(kind, Emit::Lib | Emit::Obj | Emit::Shared));
            if code && backend == BackendName::Cranelift {
                reporter.remark("note: development code, made by Cranelift; build dfn with `--features llvm` for release code");
            }
            Ok(())
        }
        Err(diagnostics) => Err(reporter.refuse(&diagnostics, sources)),
    }
}
