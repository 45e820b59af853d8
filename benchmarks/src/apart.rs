//! A case measured in a process of its own: tools keep what they needed for the cases before.
//!
//! ADOL-C clears, at each sweep, room for as many values as any tape of its process has had. The process is this
//! program again, with a request in its arguments, and answers with times in JSON.

use crate::measure::{Contender, Times, compare};
use crate::native::Native;
use crate::tool::Tool;
use dfn_benchmarks::CASES;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::Command;

/// What is to be measured.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Request {
    /// The name of the case.
    pub(crate) case: String,
    /// The library of dfn.
    pub(crate) dfn: PathBuf,
    /// Those of tools, by their names.
    pub(crate) tools: Vec<(String, PathBuf)>,
    pub(crate) repetitions: usize,
}

/// The times of dfn, and those of each tool or why there are none.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Answer {
    pub(crate) dfn: Times,
    pub(crate) tools: Vec<Result<Times, String>>,
}

/// Asks another process.
pub(crate) fn measured(request: &Request) -> Result<Answer, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", request.case);
    let text = serde_json::to_string(request).map_err(|error| failed(&error))?;
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let output = Command::new(program).args(["--apart", &text]).output();
    let output = output.map_err(|error| failed(&error))?;
    match output.status.success() {
        true => serde_json::from_slice(&output.stdout).map_err(|error| failed(&error)),
        false => Err(failed(&String::from_utf8_lossy(&output.stderr))),
    }
}

/// Answers a request.
pub(crate) fn answer(request: &str) -> Result<String, String> {
    let request: Request = serde_json::from_str(request).map_err(|error| error.to_string())?;
    let case = CASES.iter().find(|case| case.name == request.case);
    let case = *case.ok_or_else(|| format!("no case is called `{}`", request.case))?;
    let mut own = Native::new("dfn", &request.dfn, case)?;
    own.check()?;
    let mut contenders: Vec<Box<dyn Contender>> = vec![Box::new(own)];
    let mut loaded = Vec::new();
    for (name, path) in &request.tools {
        let tool = Tool::ALL.into_iter().find(|tool| tool.name() == name);
        let tool = tool.ok_or_else(|| format!("no tool is called `{name}`"))?;
        let contender = Native::new(tool.name(), path, case).and_then(|mut contender| {
            contender.check()?;
            Ok(contender)
        });
        loaded.push(contender.map(|contender| contenders.push(Box::new(contender))));
    }
    let mut times = compare(&mut contenders, request.repetitions)?.into_iter();
    let mut next = || times.next().unwrap_or_default();
    let answer = Answer {
        dfn: next(),
        tools: loaded
            .into_iter()
            .map(|tool| tool.map(|()| next()))
            .collect(),
    };
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}
