//! Native tools for derivatives: how a contender is built with each of them.

use crate::build::{Built, Places, built, run};
use crate::measure::time_of_children;
use dfn_benchmarks::Case;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The seconds of processor time after which a compiler is stopped.
const PATIENCE: u32 = 180;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tool {
    /// Operator overloading with a tape.
    AdolC,
    /// The same, with an optimiser for the tape.
    CppAd,
    /// Symbolic expressions, from which it generates C.
    CasAdi,
}

impl Tool {
    /// All of them.
    pub(crate) const ALL: [Tool; 3] = [Tool::AdolC, Tool::CppAd, Tool::CasAdi];

    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::AdolC => "ADOL-C",
            Tool::CppAd => "CppAD",
            Tool::CasAdi => "CasADi",
        }
    }

    /// How to get it.
    fn package(self) -> &'static str {
        match self {
            Tool::AdolC => "apt-get install libadolc-dev",
            Tool::CppAd => "python3 -m pip install cmeel-cppad",
            Tool::CasAdi => "python3 -m pip install casadi",
        }
    }
}

/// Builds contenders.
#[derive(Debug)]
pub(crate) struct Workshop<'a> {
    places: &'a Places,
    /// The Python that has the packages.
    python: &'a Path,
}

impl Workshop<'_> {
    /// With the packages of a Python.
    pub(crate) fn new<'a>(places: &'a Places, python: &'a Path) -> Workshop<'a> {
        Workshop { places, python }
    }

    /// Why a tool is left out.
    pub(crate) fn missing(&self, tool: Tool) -> Option<String> {
        let found = match tool {
            Tool::AdolC => self.has_header("adolc/adolc.h"),
            Tool::CppAd => self.has_header("cppad/cppad.hpp"),
            Tool::CasAdi => self.imports("casadi"),
        };
        let (name, package) = (tool.name(), tool.package());
        (!found).then(|| format!("{name} is not installed, and left out: `{package}`"))
    }

    /// The library of a case.
    pub(crate) fn build(&self, tool: Tool, case: Case) -> Result<Built, String> {
        match tool {
            Tool::AdolC => self.tape(case.program, "adolc", &["-ladolc"]),
            Tool::CppAd => self.tape(case.program, "cppad", &[]),
            Tool::CasAdi => self.generated(case),
        }
    }

    /// The headers that come with packages of Python.
    fn headers(&self) -> Option<PathBuf> {
        let program = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let output = Command::new(self.python).args(["-c", program]).output();
        let packages = String::from_utf8(output.ok()?.stdout).ok()?;
        let headers = Path::new(packages.trim()).join("cmeel.prefix/include");
        headers.exists().then_some(headers)
    }

    fn has_header(&self, header: &str) -> bool {
        let mut command = compiler();
        command.args(["-x", "c++", "-E", "-include", header, "/dev/null"]);
        if let Some(headers) = self.headers() {
            command.arg("-isystem").arg(headers);
        }
        succeeds(&mut command)
    }

    fn imports(&self, module: &str) -> bool {
        let program = format!("import {module}");
        succeeds(Command::new(self.python).args(["-c", &program]))
    }

    /// A program on tapes.
    fn tape(&self, program: &str, tool: &str, libraries: &[&str]) -> Result<Built, String> {
        let peers = self.places.here.join("peers");
        let mut command = compiler();
        command.arg("-DNDEBUG").arg("-I").arg(&peers);
        command.arg("-I").arg(peers.join(tool));
        if let Some(headers) = self.headers() {
            command.arg("-isystem").arg(headers);
        }
        command.arg(peers.join(format!("{program}.cpp")));
        self.finish(command, &format!("{program}-{tool}.so"), libraries)
    }

    /// A case in generated C.
    fn generated(&self, case: Case) -> Result<Built, String> {
        let peers = self.places.here.join("peers/casadi");
        let directory = self.places.out.join(format!("casadi-{}", case.name));
        let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
        std::fs::create_dir_all(&directory).map_err(failed)?;
        let mut command = Command::new(self.python);
        command.arg(peers.join("generate.py")).arg(case.derivative);
        command.arg(&directory);
        command.args(case.sizes.iter().map(i64::to_string));
        let generation = run(&mut command)?;
        let mut command = compiler();
        command.arg("-I").arg(&directory);
        command.arg(peers.join(format!("{}.cpp", case.program)));
        let mut built = self.finish(command, &format!("{}-casadi.so", case.name), &[])?;
        built.seconds += generation;
        Ok(built)
    }

    fn finish(&self, mut command: Command, name: &str, libs: &[&str]) -> Result<Built, String> {
        let path = self.places.out.join(name);
        command.args(["-std=c++20", "-O3", "-march=native", "-fno-math-errno"]);
        command.args(["-ffp-contract=fast", "-shared", "-fPIC", "-I"]);
        command.arg(self.places.out.join("llvm"));
        command.arg("-o").arg(&path).args(libs);
        let start = time_of_children();
        built(&mut command, path).map_err(|message| {
            match time_of_children() - start < 0.95 * f64::from(PATIENCE) {
                true => message,
                false => format!("not compiled after {PATIENCE} s"),
            }
        })
    }
}

/// The compiler, which is killed when it has taken too long.
fn compiler() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -t {PATIENCE}; exec \"$@\""), "sh"]);
    command.arg(crate::build::compiler());
    command
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfn_benchmarks::CASES;

    #[test]
    fn what_is_missing_is_named_with_how_to_get_it() {
        let places = Places {
            dfn: "no-dfn".into(),
            here: env!("CARGO_MANIFEST_DIR").into(),
            out: "no-directory".into(),
        };
        let workshop = Workshop::new(&places, Path::new("no-python"));
        let message = workshop.missing(Tool::CasAdi).unwrap();
        insta::assert_snapshot!(message, @"CasADi is not installed, and left out: `python3 -m pip install casadi`");
        let case = *CASES.first().unwrap();
        assert!(workshop.build(Tool::CasAdi, case).is_err());
    }

    #[test]
    fn each_program_is_there_for_each_tool() {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let generator = std::fs::read_to_string(peers.join("casadi/generate.py")).unwrap();
        for case in CASES {
            if !crate::peers::PROGRAMS.contains(&case.program) {
                continue;
            }
            for directory in ["", "casadi"] {
                let source = peers.join(directory).join(format!("{}.cpp", case.program));
                let text = std::fs::read_to_string(source).unwrap();
                assert!(text.contains(&format!("int {}_with(", case.derivative)));
                assert!(text.contains(&format!("NO_WORKSPACE({},", case.derivative)));
            }
            assert!(generator.contains(&format!("\ndef {}(", case.derivative)));
        }
    }
}
