//! `cargo xtask bench`: the suite, against C++ with derivatives by hand, and against JAX if Python has it.
//!
//! All contenders of a case run in one process or answer its requests, on one thread, in turns; what is
//! compared is the median of the processor time. See `docs/performance.md`.

mod aligned;
mod apart;
mod build;
mod compile;
mod contractions;
mod elementary;
mod jax;
mod kernel;
mod measure;
mod native;
mod peers;
mod table;
mod threads;
mod tool;

use build::Places;
use clap::{Parser, ValueEnum};
use dfn_benchmarks::{CASES, Case};
use jax::Jax;
use measure::{Contender, compare};
use native::Native;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::{Code, Row};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The programs of the suite, with C++ and JAX.
    Suite,
    /// Elementary functions, with SLEEF and libmvec.
    Elementary,
    /// Matrix products, with the crates gemm, faer and matrixmultiply, and reading a matrix once.
    Contractions,
    /// Derivatives, with the native tools ADOL-C, CppAD and CasADi.
    Peers,
    /// The programs of the suite on several threads, against themselves on one.
    Threads,
    /// The time that generated programs of up to 20,000 lines take to compile, and the code they become.
    Compile,
}

/// Compare dfn with others.
#[derive(Debug, Parser)]
struct Args {
    /// What is compared.
    #[arg(long, value_enum, default_value = "suite")]
    part: Part,
    /// Only the cases whose names contain this.
    #[arg(long, default_value = "")]
    only: String,
    /// How often everything is measured.
    #[arg(long, default_value_t = 7)]
    repetitions: usize,
    /// Print JSON instead of a table; of the suite only.
    #[arg(long)]
    json: bool,
    /// How many threads there are; of the part `threads` only.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// What makes the code; of the part `threads` only.
    #[arg(long, default_value = "llvm")]
    backend: String,
    /// Leave JAX out.
    #[arg(long)]
    no_jax: bool,
    /// The compiler.
    #[arg(long, default_value = "target/release/dfn")]
    dfn: PathBuf,
    /// A Python with the packages of the native tools.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// A case that another process of this program asks for.
    #[arg(long, hide = true)]
    apart: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(text) => {
            let written = std::io::stdout().write_all(text.as_bytes());
            written.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        Err(message) => {
            progress(&format!("bench: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<String, String> {
    if let Some(request) = &args.apart {
        return apart::answer(request);
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf();
    let out = tempfile::tempdir().map_err(|error| error.to_string())?;
    let places = Places {
        dfn: args.dfn.clone(),
        here,
        out: out.path().to_path_buf(),
    };
    match args.part {
        Part::Suite => suite(args, &places),
        Part::Elementary => elementary::compare(&places, &args.only, args.repetitions),
        Part::Compile => compile::table(&places, &args.only),
        Part::Threads => threads::compare(&places, args),
        Part::Contractions => contractions::compare(&places, &args.only, args.repetitions),
        Part::Peers => peers::tables(&places, &args.python, &args.only, args.repetitions),
    }
}

fn suite(args: &Args, places: &Places) -> Result<String, String> {
    let with_jax = !args.no_jax && Jax::is_there();
    let mut code: BTreeMap<&str, Code> = BTreeMap::new();
    let mut rows = Vec::new();
    for case in CASES.iter().filter(|case| case.name.contains(&args.only)) {
        progress(case.name);
        if !code.contains_key(case.program) {
            code.insert(case.program, build_all(places, case.program)?);
        }
        let Some(code) = code.get(case.program) else {
            continue;
        };
        rows.push(measure(args, places, *case, code, with_jax)?);
    }
    if rows.is_empty() {
        return Err(format!("no case is called `{}`", args.only));
    }
    match args.json {
        true => table::json(&rows, &code),
        false => Ok(table::text(&rows, &code)),
    }
}

fn build_all(places: &Places, program: &str) -> Result<Code, String> {
    Ok(Code {
        llvm: places.dfn(program, "llvm")?,
        cranelift: places.dfn(program, "cranelift")?,
        cpp: places.cpp(program)?,
    })
}

fn measure(
    args: &Args,
    places: &Places,
    case: Case,
    code: &Code,
    with_jax: bool,
) -> Result<Row, String> {
    let dfn = Native::new("dfn", &code.llvm.path, case)?;
    let workspaces = dfn.workspaces();
    let cpp = Native::new("C++", &code.cpp.path, case)?;
    let mut contenders: Vec<Box<dyn Contender>> = vec![Box::new(dfn), Box::new(cpp)];
    let mut compilation = None;
    if with_jax {
        let jax = Jax::new(&places.here.join("jax/suite.py"), case.name)?;
        compilation = Some(jax.compilation);
        contenders.push(Box::new(jax));
    }
    let mut wrong = None;
    for contender in &mut contenders {
        if let Err(message) = contender.check() {
            progress(&message);
            wrong = wrong.or(Some(message));
        }
    }
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    Native::new("dfn through Cranelift", &code.cranelift.path, case)?.check()?;
    let times = compare(&mut contenders, args.repetitions)?;
    let names = contenders
        .iter()
        .map(|contender| contender.name().to_owned());
    Ok(Row {
        case: case.name,
        times: names.zip(times).collect(),
        workspaces,
        jax_compilation: compilation,
    })
}

/// Says on the standard error what is going on.
fn progress(message: &str) {
    // Nobody is hurt if it is not seen.
    let _ = writeln!(std::io::stderr(), "{message}");
}
