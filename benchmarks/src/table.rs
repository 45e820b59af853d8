//! The results as a table in Markdown, and as JSON.

use crate::build::Built;
use crate::measure::Times;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The libraries of a program.
#[derive(Debug)]
pub(crate) struct Code {
    /// dfn, through LLVM.
    pub(crate) llvm: Built,
    /// dfn, through Cranelift.
    pub(crate) cranelift: Built,
    /// C++.
    pub(crate) cpp: Built,
}

/// The results of a case.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name.
    pub(crate) case: &'static str,
    /// Each contender with its times; dfn is the first.
    pub(crate) times: Vec<(String, Times)>,
    /// The bytes of workspace of dfn: of the function, and of the derivative.
    pub(crate) workspaces: [i64; 2],
    /// The seconds that JAX compiled.
    pub(crate) jax_compilation: Option<f64>,
}

/// A table in Markdown.
pub(crate) fn text(rows: &[Row], code: &BTreeMap<&str, Code>) -> String {
    let mut text = String::new();
    let others: Vec<&str> = rows
        .first()
        .map(|row| {
            row.times
                .iter()
                .skip(1)
                .map(|(name, _)| name.as_str())
                .collect()
        })
        .unwrap_or_default();
    let mut head = "| case | dfn primal | dfn derivative | derivative / primal |".to_owned();
    for other in &others {
        let _ = write!(head, " primal / {other} | derivative / {other} |");
    }
    let _ = writeln!(
        text,
        "{head} {other} derivative / primal |",
        other = others.join(", ")
    );
    let _ = writeln!(text, "{}", "|---".repeat(5 + 2 * others.len()) + "|");
    for row in rows {
        let _ = writeln!(text, "{}", line(row));
    }
    let _ = writeln!(text, "{}", means(rows, others.len()));
    text.push_str(&sizes(rows, code));
    text
}

fn line(row: &Row) -> String {
    let Some(((_, dfn), others)) = row.times.split_first() else {
        return String::new();
    };
    let mut line = format!(
        "| {} | {} | {} | {} |",
        row.case,
        duration(dfn.primal),
        duration(dfn.derivative),
        ratio(dfn.derivative / dfn.primal)
    );
    for (_, other) in others {
        let (primal, derivative) = (dfn.primal / other.primal, dfn.derivative / other.derivative);
        let _ = write!(line, " {} | {} |", ratio(primal), ratio(derivative));
    }
    let costs = others
        .iter()
        .map(|(_, other)| ratio(other.derivative / other.primal));
    let _ = write!(line, " {} |", costs.collect::<Vec<_>>().join(", "));
    line
}

/// The geometric means of the ratios.
fn means(rows: &[Row], others: usize) -> String {
    let mut line = "| geometric mean | | | |".to_owned();
    let mean = |of: &dyn Fn(&Times) -> f64, k: usize| {
        let logs = rows.iter().filter_map(|row| {
            let ((_, dfn), (_, other)) = (row.times.first()?, row.times.get(k + 1)?);
            Some((of(dfn) / of(other)).ln())
        });
        let logs: Vec<f64> = logs.collect();
        (logs.iter().sum::<f64>() / logs.len() as f64).exp()
    };
    for k in 0..others {
        let primal = ratio(mean(&|times| times.primal, k));
        let derivative = ratio(mean(&|times| times.derivative, k));
        let _ = write!(line, " {primal} | {derivative} |");
    }
    line + " |"
}

fn sizes(rows: &[Row], code: &BTreeMap<&str, Code>) -> String {
    let mut text =
        "\n| program | `dfn build`, LLVM | Cranelift | C++ | library, LLVM | Cranelift |\n"
            .to_owned();
    text.push_str("|---|---|---|---|---|---|\n");
    for (program, code) in code {
        let _ = writeln!(
            text,
            "| {program} | {} | {} | {} | {} | {} |",
            duration(code.llvm.seconds),
            duration(code.cranelift.seconds),
            duration(code.cpp.seconds),
            bytes(code.llvm.bytes as f64),
            bytes(code.cranelift.bytes as f64),
        );
    }
    text.push_str("\n| case | workspace of the function | of the derivative | compilation by JAX |\n|---|---|---|---|\n");
    for row in rows {
        let [primal, derivative] = row.workspaces.map(|n| bytes(n as f64));
        let jax = row.jax_compilation.map_or_else(String::new, duration);
        let _ = writeln!(text, "| {} | {primal} | {derivative} | {jax} |", row.case);
    }
    text
}

/// A ratio.
pub(crate) fn ratio(x: f64) -> String {
    format!("{x:.2}")
}

/// A time.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

fn bytes(n: f64) -> String {
    match n {
        n if n < 1e3 => format!("{n} B"),
        n if n < 1e6 => format!("{:.1} kB", n / 1e3),
        n => format!("{:.1} MB", n / 1e6),
    }
}

/// Everything, in seconds and bytes.
pub(crate) fn json(rows: &[Row], code: &BTreeMap<&str, Code>) -> Result<String, String> {
    let built = |built: &Built| serde_json::json!({"seconds": built.seconds, "bytes": built.bytes});
    let cases: Vec<_> = rows
        .iter()
        .map(|row| {
            let times = row.times.iter().map(|(name, times)| {
                let times =
                    serde_json::json!({"primal": times.primal, "derivative": times.derivative});
                (name.clone(), times)
            });
            let times: serde_json::Map<_, _> = times.collect();
            serde_json::json!({"case": row.case, "seconds": times, "workspace": row.workspaces})
        })
        .collect();
    let programs = code.iter().map(|(&program, code)| {
        let built = serde_json::json!({
            "llvm": built(&code.llvm),
            "cranelift": built(&code.cranelift),
            "c++": built(&code.cpp),
        });
        (program.to_owned(), built)
    });
    let programs: serde_json::Map<_, _> = programs.collect();
    let all = serde_json::json!({"cases": cases, "programs": programs});
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}
