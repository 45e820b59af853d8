//! JAX, in a process of its own that answers requests.

use crate::measure::{Contender, What};
use dfn_benchmarks::known;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The process, with a case.
pub(crate) struct Jax {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    case: &'static str,
    /// The seconds that the compilation of primal and derivative took.
    pub(crate) compilation: f64,
    value: f64,
}

impl Jax {
    /// Whether Python has JAX.
    pub(crate) fn is_there() -> bool {
        let found = Command::new("python3")
            .args(["-c", "import jax"])
            .stderr(Stdio::null())
            .status();
        found.is_ok_and(|status| status.success())
    }

    /// Starts it with a case.
    pub(crate) fn new(script: &Path, case: &'static str) -> Result<Jax, String> {
        let mut child = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("python3: {error}"))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("python3 has no pipes".to_owned());
        };
        let mut jax = Jax {
            child,
            requests,
            answers: BufReader::new(answers),
            case,
            compilation: f64::NAN,
            value: f64::NAN,
        };
        let answer = jax.ask(&format!("load {case}"))?;
        if let &[value, compilation] = answer.as_slice() {
            (jax.value, jax.compilation) = (value, compilation);
        }
        Ok(jax)
    }

    fn ask(&mut self, request: &str) -> Result<Vec<f64>, String> {
        let failed = |error: std::io::Error| format!("JAX: {error}");
        writeln!(self.requests, "{request}").map_err(failed)?;
        self.requests.flush().map_err(failed)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).map_err(failed)?;
        let numbers: Option<Vec<f64>> = answer.split_whitespace().map(|x| x.parse().ok()).collect();
        match numbers {
            Some(numbers) if !numbers.is_empty() => Ok(numbers),
            _ => Err(format!("JAX answers `{}`", answer.trim())),
        }
    }
}

impl Drop for Jax {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Contender for Jax {
    fn name(&self) -> &str {
        "JAX"
    }

    fn seconds(&mut self, what: What, count: u64) -> Result<f64, String> {
        let what = match what {
            What::Primal => "primal",
            What::Derivative => "derivative",
        };
        let answer = self.ask(&format!("{what} {count}"))?;
        Ok(answer.first().copied().unwrap_or(f64::NAN))
    }

    fn check(&mut self) -> Result<(), String> {
        // The known derivatives are its own.
        match known(self.case)?.refute_value(self.value) {
            None => Ok(()),
            Some(wrong) => Err(format!("{}, JAX: {wrong}", self.case)),
        }
    }
}
