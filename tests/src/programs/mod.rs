//! Programs of the language that say in comments what must come out; see [`directives`].
//!
//! Each expression of a `run:` becomes a test block that prints it, so it is elaborated like code of the
//! program; then every function without parameters runs on every engine, and all must print the same.

pub mod compare;
pub mod directives;
mod engines;
mod load;

pub use engines::{Ended, run_on_all};
pub use load::{Loaded, load};

use compare::difference;
use dfn::diagnostic::{Colour, Diagnostic, SourceMap, render};
use directives::{Count, Directives, Fails, Run, Wanted};
use std::path::Path;

/// Checks what the comments of a program ask for; all that is wrong.
pub fn check(path: &Path, source: &str) -> Vec<String> {
    let directives = match Directives::read(source) {
        Ok(directives) => directives,
        Err(error) => return vec![error],
    };
    let (mut sources, loaded) = load(path, &with_tests(source, &directives));
    match loaded {
        Err(diagnostics) if directives.errors.is_empty() => diagnostics
            .iter()
            .map(|diagnostic| shown(diagnostic, &sources))
            .collect(),
        Err(diagnostics) => unlike(&directives.errors, &diagnostics, &sources),
        Ok(_) if !directives.errors.is_empty() => {
            vec!["it compiles, but errors are expected".to_owned()]
        }
        Ok(loaded) => check_loaded(&loaded, &directives, &mut sources),
    }
}

/// The source with a test block for each expression; their lines come after those of the source.
fn with_tests(source: &str, directives: &Directives) -> String {
    let runs = directives
        .runs
        .iter()
        .map(|run| (run.line, &run.expression));
    let fails = directives
        .fails
        .iter()
        .map(|fails| (fails.line, &fails.expression));
    let mut text = source.to_owned();
    for (line, expression) in runs.chain(fails) {
        text.push_str(&format!(
            "\ntest \"line {line}\" {{ print({expression}); }}"
        ));
    }
    text
}

fn check_loaded(loaded: &Loaded, directives: &Directives, sources: &mut SourceMap) -> Vec<String> {
    let mut wrong: Vec<String> = directives
        .counts
        .iter()
        .filter_map(|count| miscount(loaded, count))
        .collect();
    let ran = match run_on_all(loaded, sources) {
        Ok(ran) => ran,
        Err(error) => return vec![error],
    };
    let own = loaded.program.tests.len() - directives.runs.len() - directives.fails.len();
    let (tests, added) = ran.tests.split_at(own);
    for (test, ended) in loaded.program.tests.iter().zip(tests) {
        if let Some(failure) = &ended.failure {
            wrong.push(format!("test \"{}\": {failure}", test.name));
        }
    }
    let (runs, fails) = added.split_at(directives.runs.len());
    wrong.extend(
        directives
            .runs
            .iter()
            .zip(runs)
            .filter_map(|(run, ended)| misrun(run, ended)),
    );
    wrong.extend(
        directives
            .fails
            .iter()
            .zip(fails)
            .filter_map(|(fails, ended)| unfailed(fails, ended)),
    );
    wrong.extend(
        ran.main
            .iter()
            .filter_map(|ended| misprinted(directives.prints.as_deref(), ended)),
    );
    if ran.main.is_none() && directives.prints.is_some() {
        wrong.push("there is no `main` to print something".to_owned());
    }
    wrong
}

fn misrun(run: &Run, ended: &Ended) -> Option<String> {
    let found = match (&ended.failure, ended.lines.as_slice()) {
        (Some(failure), _) => Some(failure.clone()),
        (None, [.., line]) => difference(line, &run.value, run.tolerance),
        (None, []) => Some("nothing was printed".to_owned()),
    };
    found.map(|found| format!("line {}: {}: {found}", run.line, run.expression))
}

fn unfailed(fails: &Fails, ended: &Ended) -> Option<String> {
    let found = match &ended.failure {
        Some(failure) if failure.contains(&fails.message) => return None,
        Some(failure) => failure.clone(),
        None => format!("it does not fail: {}", ended.lines.join("\n")),
    };
    Some(format!(
        "line {}: {}: expected a failure with `{}`: {found}",
        fails.line, fails.expression, fails.message
    ))
}

fn misprinted(prints: Option<&[String]>, ended: &Ended) -> Option<String> {
    if let Some(failure) = &ended.failure {
        return Some(format!("main: {failure}"));
    }
    let prints = prints?;
    let differs =
        (0..prints.len().max(ended.lines.len())).find(|&k| prints.get(k) != ended.lines.get(k))?;
    let (wanted, found) = (prints.get(differs), ended.lines.get(differs));
    Some(format!(
        "line {} that main prints: expected {wanted:?}, found {found:?}",
        differs + 1
    ))
}

fn miscount(loaded: &Loaded, count: &Count) -> Option<String> {
    let found = match loaded.counted(&count.pass, &count.function, &count.operation) {
        Ok(found) if found == count.count => return None,
        Ok(found) => format!("there are {found}, not {}", count.count),
        Err(error) => error,
    };
    Some(format!(
        "line {}: `{}` in `{}` after `{}`: {found}",
        count.line, count.operation, count.function, count.pass
    ))
}

/// What is wrong with the diagnostics of a program that must be refused.
fn unlike(wanted: &[Wanted], found: &[Diagnostic], sources: &SourceMap) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut left: Vec<&Diagnostic> = found
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .collect();
    for error in wanted {
        match left
            .iter()
            .position(|diagnostic| is_meant(error, diagnostic, sources))
        {
            Some(place) => drop(left.remove(place)),
            None => wrong.push(format!(
                "missing: error[{}] at {} with `{}`",
                error.code, error.place, error.message
            )),
        }
    }
    wrong.extend(
        left.iter()
            .map(|diagnostic| format!("not expected:\n{}", shown(diagnostic, sources))),
    );
    wrong
}

fn is_meant(wanted: &Wanted, found: &Diagnostic, sources: &SourceMap) -> bool {
    let place = found.primary.as_ref().and_then(|label| {
        let position = sources.get(label.span.file)?.position(label.span.start);
        Some(format!("{}:{}", position.line, position.column))
    });
    let same =
        place.as_deref() == Some(wanted.place.as_str()) && found.code.to_string() == wanted.code;
    same && shown(found, sources).contains(&wanted.message)
}

/// A diagnostic as a person sees it.
fn shown(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    render(diagnostic, sources, Colour::Never)
}
