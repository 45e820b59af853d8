//! Builds the libraries of a program: with dfn through LLVM and through Cranelift, and the one in C++.

use crate::measure::time_of_children;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The compiler `dfn`.
    pub(crate) dfn: PathBuf,
    /// `benchmarks`.
    pub(crate) here: PathBuf,
    /// For the libraries.
    pub(crate) out: PathBuf,
}

/// What a build gave.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// The shared library.
    pub(crate) path: PathBuf,
    /// The seconds of processor time that the compiler took.
    pub(crate) seconds: f64,
    /// The bytes of the static library of dfn, or of the shared one in C++.
    pub(crate) bytes: u64,
}

impl Places {
    /// `dfn build` of a program for this machine's processor; linked into a shared library.
    pub(crate) fn dfn(&self, program: &str, backend: &str) -> Result<Built, String> {
        self.dfn_with(program, backend, &[])
    }

    /// [`Places::dfn`] with more options.
    pub(crate) fn dfn_with(
        &self,
        program: &str,
        backend: &str,
        extra: &[&str],
    ) -> Result<Built, String> {
        let directory = self.out.join(backend);
        let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
        std::fs::create_dir_all(&directory).map_err(failed)?;
        let mut source = self.here.join(format!("../examples/suite/{program}.dfn"));
        if !source.exists() {
            source = self.here.join(format!("kernels/{program}.dfn"));
        }
        let mut command = Command::new(&self.dfn);
        command.arg("build").arg(source).arg("-o").arg(&directory);
        command.args(["--cpu", "native", "--backend", backend]);
        command.args(extra);
        let seconds = run(&mut command)?;
        let archive = directory.join(format!("lib{program}.a"));
        let path = directory.join(format!("{program}.so"));
        let mut link = Command::new("cc");
        link.args(["-shared", "-nostdlib", "-Wl,--whole-archive"]);
        link.arg(&archive)
            .args(["-Wl,--no-whole-archive", "-lc", "-o"])
            .arg(&path);
        run(&mut link)?;
        Ok(Built {
            bytes: size(&archive)?,
            path,
            seconds,
        })
    }

    /// The contender in C++, against the header that dfn has made.
    pub(crate) fn cpp(&self, program: &str) -> Result<Built, String> {
        let path = self.out.join(format!("{program}-cpp.so"));
        let mut command = Command::new(compiler());
        command.args(["-std=c++20", "-O3", "-march=native", "-fno-math-errno"]);
        command.args(["-ffp-contract=fast", "-shared", "-fPIC", "-I"]);
        command.arg(self.out.join("llvm"));
        command.arg(self.here.join(format!("cpp/{program}.cpp")));
        command.arg("-o").arg(&path).args(["-lmvec", "-lm"]);
        built(&mut command, path)
    }

    /// A file of `kernels` in C++.
    pub(crate) fn kernels(&self, name: &str, libraries: &[&str]) -> Result<PathBuf, String> {
        let path = self.out.join(format!("{name}-cpp.so"));
        let mut command = Command::new(compiler());
        command.args(["-std=c++20", "-O3", "-march=native", "-shared", "-fPIC"]);
        command.arg(self.here.join(format!("kernels/{name}.cpp")));
        run(command.arg("-o").arg(&path).args(libraries))?;
        Ok(path)
    }

    /// The crates for matrix products, as a shared library.
    pub(crate) fn crates(&self) -> Result<PathBuf, String> {
        let manifest = self.here.join("kernels/crates/Cargo.toml");
        let target = self.here.join("../target/kernels");
        let mut command = Command::new("cargo");
        command.args(["build", "--release", "--manifest-path"]);
        run(command.arg(manifest).arg("--target-dir").arg(&target))?;
        Ok(target.join("release/libcontractions.so"))
    }
}

/// The compiler for C++.
pub(crate) fn compiler() -> std::ffi::OsString {
    std::env::var_os("CXX").unwrap_or_else(|| "clang++-22".into())
}

/// Runs a compiler, which writes a shared library to `path`.
pub(crate) fn built(command: &mut Command, path: PathBuf) -> Result<Built, String> {
    let seconds = run(command)?;
    Ok(Built {
        bytes: size(&path)?,
        path,
        seconds,
    })
}

/// Runs a command: the processor time that it took, in seconds.
pub(crate) fn run(command: &mut Command) -> Result<f64, String> {
    let start = time_of_children();
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(time_of_children() - start),
        false => Err(format!(
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

fn size(path: &Path) -> Result<u64, String> {
    let metadata =
        std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(metadata.len())
}
