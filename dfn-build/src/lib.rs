//! Compiles a dfn program from the build script of a Rust package.
//!
//! In `build.rs`:
//!
//! ```no_run
//! dfn_build::compile("src/model.dfn");
//! ```
//!
//! In the package:
//!
//! ```text
//! mod model {
//!     include!(concat!(env!("OUT_DIR"), "/model.rs"));
//! }
//! ```

use dfn::backend::{Level, Options};
use dfn::diagnostic::{Colour, render};
use dfn::driver::{BackendName, Emit, Library, LibraryOptions, Session};
use std::io::Write;
use std::path::Path;

/// Compiles `file` for the package that is being built: a static library that is linked to it, and the
/// module `NAME.rs` in `OUT_DIR`. A fault in the program ends the build with the message of the compiler.
///
/// Code is made by LLVM if the feature `llvm` is on, by Cranelift otherwise.
pub fn compile(file: impl AsRef<Path>) {
    let mut errors = std::io::stderr().lock();
    let mut out = std::io::stdout().lock();
    let failed = match try_compile(file.as_ref()) {
        Ok(lines) => write!(out, "{lines}").is_err(),
        Err(message) => {
            let _ = writeln!(errors, "{message}");
            true
        }
    };
    if failed {
        std::process::exit(1);
    }
}

/// The lines that Cargo is to read.
fn try_compile(file: &Path) -> Result<String, String> {
    let directory = std::env::var_os("OUT_DIR")
        .ok_or("dfn_build::compile is for build scripts: OUT_DIR is not set")?;
    let directory = Path::new(&directory);
    let mut session = Session::default();
    let program = session.program(file);
    let sources = &session.sources;
    let show = |diagnostics: &[dfn::diagnostic::Diagnostic]| {
        let shown = diagnostics
            .iter()
            .map(|diagnostic| render(diagnostic, sources, Colour::Never));
        shown.collect::<Vec<_>>().join("\n\n")
    };
    let Some(program) = program else {
        return Err(show(&session.diagnostics));
    };
    let options = LibraryOptions {
        backend: BackendName::best(),
        options: options()?,
        threads: dfn::driver::Threads::One,
    };
    let library = Library::of_file_for(file, program, &options, sources)
        .map_err(|diagnostics| show(&diagnostics))?;
    let emit = [Emit::Lib, Emit::Header, Emit::Rust];
    library
        .write(directory, &emit, &options)
        .map_err(|diagnostics| show(&diagnostics))?;
    let mut lines = String::new();
    // The prelude is no file.
    for source in sources
        .files()
        .filter(|source| !source.name().starts_with('<'))
    {
        lines.push_str(&format!("cargo::rerun-if-changed={}\n", source.name()));
    }
    lines.push_str(&format!(
        "cargo::rustc-link-search=native={}\n",
        directory.display()
    ));
    lines.push_str(&format!(
        "cargo::rustc-link-lib=static={}\n",
        library.name()
    ));
    Ok(lines)
}

/// For the target of the package.
fn options() -> Result<Options, String> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (host, target) = (variable("HOST")?, variable("TARGET")?);
    let level = Level::O3;
    Ok(Options {
        target: (host != target).then_some(target),
        ..Options::new(level)
    })
}
