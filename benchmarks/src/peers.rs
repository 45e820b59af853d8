//! The derivatives of native tools: ADOL-C, CppAD and the C of CasADi.

use crate::apart::{Request, measured};
use crate::build::{Built, Places};
use crate::measure::Times;
use crate::table::{duration, ratio};
use crate::tool::{Tool, Workshop};
use dfn_benchmarks::{CASES, Case};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The programs that are compared.
pub(crate) const PROGRAMS: [&str; 5] = ["gmm", "lstm", "kmeans", "lse", "ba"];

/// The tables.
pub(crate) fn tables(
    places: &Places,
    python: &Path,
    only: &str,
    repetitions: usize,
) -> Result<String, String> {
    let workshop = Workshop::new(places, python);
    let mut tools = Vec::new();
    let mut text = String::new();
    for tool in Tool::ALL {
        match workshop.missing(tool) {
            None => tools.push(tool),
            Some(message) => {
                let _ = writeln!(text, "{message}\n");
            }
        }
    }
    let mut rows = Vec::new();
    let mut libraries = Libraries::new(&workshop);
    let cases = CASES
        .iter()
        .filter(|case| case.name.contains(only) && PROGRAMS.contains(&case.program));
    for case in cases {
        crate::progress(case.name);
        rows.push(measure(*case, &tools, places, &mut libraries, repetitions)?);
    }
    match rows.is_empty() {
        true => Err(format!("no case is called `{only}`")),
        false => Ok(text + &ratios(&rows, &tools) + &times(&rows, &tools)),
    }
}

/// A tool's library, or why there is none.
type Maybe = Result<Built, String>;

/// What has been built: of dfn for programs, of the tools for programs or cases.
struct Libraries<'a> {
    workshop: &'a Workshop<'a>,
    dfn: BTreeMap<&'static str, Built>,
    tools: BTreeMap<(Tool, &'static str), Maybe>,
}

impl Libraries<'_> {
    fn new<'a>(workshop: &'a Workshop<'a>) -> Libraries<'a> {
        Libraries {
            workshop,
            dfn: BTreeMap::new(),
            tools: BTreeMap::new(),
        }
    }

    fn dfn(&mut self, places: &Places, program: &'static str) -> Result<Built, String> {
        if let Some(built) = self.dfn.get(program) {
            return Ok(built.clone());
        }
        let built = places.dfn(program, "llvm")?;
        self.dfn.insert(program, built.clone());
        Ok(built)
    }

    fn tool(&mut self, tool: Tool, case: Case) -> Maybe {
        // Generated code has the sizes of its case; tapes are recorded for any.
        let key = match tool {
            Tool::CasAdi => (tool, case.name),
            Tool::AdolC | Tool::CppAd => (tool, case.program),
        };
        let built = self.tools.entry(key);
        built
            .or_insert_with(|| self.workshop.build(tool, case))
            .clone()
    }
}

/// The results of a case.
struct Row {
    case: &'static str,
    dfn: (Built, Times),
    /// Of each tool, or why there is none.
    tools: Vec<Result<(Built, Times), String>>,
}

fn measure(
    case: Case,
    tools: &[Tool],
    places: &Places,
    libraries: &mut Libraries<'_>,
    repetitions: usize,
) -> Result<Row, String> {
    let dfn = libraries.dfn(places, case.program)?;
    let built: Vec<Maybe> = tools
        .iter()
        .map(|&tool| libraries.tool(tool, case))
        .collect();
    let there = tools.iter().zip(&built);
    let there = there.filter_map(|(tool, built)| {
        let path = built.as_ref().ok()?.path.clone();
        Some((tool.name().to_owned(), path))
    });
    let answer = measured(&Request {
        case: case.name.to_owned(),
        dfn: dfn.path.clone(),
        tools: there.collect(),
        repetitions,
    })?;
    let mut times = answer.tools.into_iter();
    let mut next = || {
        times
            .next()
            .unwrap_or_else(|| Err("not measured".to_owned()))
    };
    let tools = built.into_iter().map(|built| Ok((built?, next()?)));
    Ok(Row {
        case: case.name,
        dfn: (dfn, answer.dfn),
        tools: tools.collect(),
    })
}

/// How dfn compares.
fn ratios(rows: &[Row], tools: &[Tool]) -> String {
    let mut text = "| case | dfn derivative |".to_owned();
    for tool in tools {
        let _ = write!(text, " / {} |", tool.name());
    }
    let _ = write!(text, " / best | derivative / primal: dfn |");
    for tool in tools {
        let _ = write!(text, " {} |", tool.name());
    }
    let _ = writeln!(text, "\n{}|", "|---".repeat(4 + 2 * tools.len()));
    for row in rows {
        let own = row.dfn.1;
        let _ = write!(text, "| {} | {} |", row.case, duration(own.derivative));
        let mut best = f64::INFINITY;
        for tool in &row.tools {
            let cell = match tool {
                Ok((_, times)) => {
                    best = best.min(times.derivative);
                    ratio(own.derivative / times.derivative)
                }
                Err(message) => reason(message),
            };
            let _ = write!(text, " {cell} |");
        }
        let _ = write!(text, " {} |", ratio(own.derivative / best));
        let _ = write!(text, " {} |", ratio(own.derivative / own.primal));
        for tool in &row.tools {
            let cost = tool.as_ref().map_or_else(
                |_| String::new(),
                |(_, times)| ratio(times.derivative / times.primal),
            );
            let _ = write!(text, " {cost} |");
        }
        text.push('\n');
    }
    text
}

/// What the derivatives and the compilers take.
fn times(rows: &[Row], tools: &[Tool]) -> String {
    let mut text = "\n| case |".to_owned();
    for tool in tools {
        let _ = write!(text, " {} derivative |", tool.name());
    }
    let _ = write!(text, " compilation: dfn |");
    for tool in tools {
        let _ = write!(text, " {} |", tool.name());
    }
    let _ = writeln!(text, "\n{}|", "|---".repeat(2 + 2 * tools.len()));
    for row in rows {
        let _ = write!(text, "| {} |", row.case);
        let cells = |of: &dyn Fn(&(Built, Times)) -> f64| {
            let cell = |tool: &Result<_, String>| {
                tool.as_ref()
                    .map_or_else(|message| reason(message), |found| duration(of(found)))
            };
            let cells = row.tools.iter().map(cell);
            cells.map(|cell| format!(" {cell} |")).collect::<String>()
        };
        let _ = write!(text, "{}", cells(&|(_, times)| times.derivative));
        let _ = write!(text, " {} |", duration(row.dfn.0.seconds));
        let _ = writeln!(text, "{}", cells(&|(built, _)| built.seconds));
    }
    text
}

/// Why there is no number, in a cell of a table.
fn reason(message: &str) -> String {
    message.lines().next().unwrap_or_default().replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_cannot_do_a_case_says_why() {
        let built = |seconds| Built {
            path: "library.so".into(),
            seconds,
            bytes: 1000,
        };
        let times = |primal, derivative| Times { primal, derivative };
        let row = Row {
            case: "case",
            dfn: (built(0.5), times(1e-3, 2e-3)),
            tools: vec![
                Ok((built(2.0), times(2e-3, 16e-3))),
                Ok((built(4.0), times(2e-3, 8e-3))),
                Err("not compiled after 180 s".to_owned()),
            ],
        };
        let rows = [row];
        let text = ratios(&rows, &Tool::ALL) + &self::times(&rows, &Tool::ALL);
        insta::assert_snapshot!(text, @r"
        | case | dfn derivative | / ADOL-C | / CppAD | / CasADi | / best | derivative / primal: dfn | ADOL-C | CppAD | CasADi |
        |---|---|---|---|---|---|---|---|---|---|
        | case | 2.00 ms | 0.12 | 0.25 | not compiled after 180 s | 0.25 | 2.00 | 8.00 | 4.00 |  |

        | case | ADOL-C derivative | CppAD derivative | CasADi derivative | compilation: dfn | ADOL-C | CppAD | CasADi |
        |---|---|---|---|---|---|---|---|
        | case | 16.00 ms | 8.00 ms | not compiled after 180 s | 500.00 ms | 2.00 s | 4.00 s | not compiled after 180 s |
        ");
    }
}
