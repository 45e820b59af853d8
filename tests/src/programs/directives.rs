//! The directives in the comments of a program.
//!
//! ```text
//! // run: f(2.0) == 4.0
//! // run: g([1.0, 2.0]) == [0.5, 0.25] ~ 1e-14
//! // fails: f(-1) => `x` is negative
//! // prints: 1.0 [2.0, 3.0]
//! // error[E0203]: 3:14 declared twice
//! // count-after simplify: loss dot 1
//! ```
//!
//! A line that begins with `//   ` after a directive continues it. Every other comment is prose; a comment
//! that only looks like a directive (a known word, a faulty rest) is an error.

/// What a program's comments ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directives {
    /// Expressions and their values.
    pub runs: Vec<Run>,
    /// Expressions whose evaluation is stopped by a check.
    pub fails: Vec<Fails>,
    /// The lines that `main` prints; `None` if nothing is said.
    pub prints: Option<Vec<String>>,
    /// The diagnostics that the program gets; it compiles if there are none.
    pub errors: Vec<Wanted>,
    /// How many instructions of a kind there are.
    pub counts: Vec<Count>,
}

/// `run: EXPRESSION == VALUE ~ TOLERANCE`
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The line, from 1.
    pub line: usize,
    /// What is evaluated.
    pub expression: String,
    /// What `print` writes for it.
    pub value: String,
    /// The relative tolerance of floats; they are equal to the bit without one.
    pub tolerance: f64,
}

/// `fails: EXPRESSION => MESSAGE`
#[derive(Clone, Debug, PartialEq)]
pub struct Fails {
    /// The line, from 1.
    pub line: usize,
    /// What is evaluated.
    pub expression: String,
    /// A part of the message.
    pub message: String,
}

/// `error[CODE]: LINE:COLUMN MESSAGE`
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The code.
    pub code: String,
    /// `line:column` of its place.
    pub place: String,
    /// A part of the message.
    pub message: String,
}

/// `count-after PASS: FUNCTION OPERATION COUNT`
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The line, from 1.
    pub line: usize,
    /// The pass.
    pub pass: String,
    /// The function, with all that it calls.
    pub function: String,
    /// The operation.
    pub operation: String,
    /// How many.
    pub count: usize,
}

impl Directives {
    /// Reads the directives of a program; what is wrong with one is said with its line.
    pub fn read(source: &str) -> Result<Directives, String> {
        let mut found = Directives::default();
        for (line, text) in joined(source) {
            found
                .add(line, &text)
                .map_err(|error| format!("line {line}: {error}"))?;
        }
        Ok(found)
    }

    /// Whether the program says nothing that can be tested.
    pub fn is_empty(&self) -> bool {
        *self == Directives::default()
    }

    fn add(&mut self, line: usize, text: &str) -> Result<(), String> {
        let Some((head, rest)) = text.split_once(':') else {
            return Ok(());
        };
        let rest = rest.trim();
        match head
            .split_once([' ', '['])
            .map_or((head, ""), |(word, more)| (word, more))
        {
            ("run", "") => self.runs.push(run(line, rest)?),
            ("fails", "") => {
                let (expression, message) = parts(rest, " => ")?;
                self.fails.push(Fails {
                    line,
                    expression,
                    message,
                });
            }
            ("prints", "") => self.prints.get_or_insert_default().push(rest.to_owned()),
            ("error", code) => {
                let code = code
                    .strip_suffix(']')
                    .ok_or("`error` without a code in brackets")?;
                let (place, message) = parts(rest, " ")?;
                self.errors.push(Wanted {
                    code: code.to_owned(),
                    place,
                    message,
                });
            }
            ("count-after", pass) => self.counts.push(count(line, pass, rest)?),
            _ => {}
        }
        Ok(())
    }
}

/// The texts of the comments with their lines, continued ones in one piece.
fn joined(source: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut before = None;
    for (number, line) in source.lines().enumerate() {
        let comment = line
            .trim_start()
            .strip_prefix("//")
            .filter(|text| !text.starts_with(['/', '!']));
        let Some(text) = comment else { continue };
        let follows = before.is_some_and(|last| last + 1 == number);
        match (text.strip_prefix("   "), all.last_mut()) {
            (Some(more), Some((_, last))) if follows => {
                last.push(' ');
                last.push_str(more.trim());
            }
            _ => all.push((number + 1, text.trim().to_owned())),
        }
        before = Some(number);
    }
    all
}

fn parts(text: &str, between: &str) -> Result<(String, String), String> {
    let (left, right) = text
        .split_once(between)
        .ok_or(format!("`{between}` is missing in `{text}`"))?;
    Ok((left.trim().to_owned(), right.trim().to_owned()))
}

fn run(line: usize, text: &str) -> Result<Run, String> {
    // The last `==` separates: the value holds none, the expression may.
    let (expression, value) = text.rsplit_once(" == ").ok_or("`run` without ` == `")?;
    let (value, tolerance) = match value.split_once(" ~ ") {
        None => (value, 0.0),
        Some((value, number)) => (
            value,
            number
                .trim()
                .parse()
                .map_err(|_| format!("no number: `{number}`"))?,
        ),
    };
    let own = |text: &str| text.trim().to_owned();
    Ok(Run {
        line,
        expression: own(expression),
        value: own(value),
        tolerance,
    })
}

fn count(line: usize, pass: &str, text: &str) -> Result<Count, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [function, operation, count] = words.as_slice() else {
        return Err(format!(
            "`count-after` needs a function, an operation and a number, not `{text}`"
        ));
    };
    Ok(Count {
        line,
        pass: pass.to_owned(),
        function: (*function).to_owned(),
        operation: (*operation).to_owned(),
        count: count.parse().map_err(|_| format!("no number: `{count}`"))?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_directive() {
        let source = "//! run: not this\n// prose: not this\n// run: f(1 == 2) == [1.0,\n//   2.0] ~ 1e-14\nfn f() {}\n\
                      //   not continued\n// fails: g(0) => by zero\n// prints: a: b\n// error[E0201]: 3:14 no `x`\n\
                      // count-after simplify: f dot 1\n// run: h() == nan";
        let found = Directives::read(source).unwrap();
        assert_eq!(found.runs.len(), 2);
        let run = &found.runs[0];
        assert_eq!(
            (
                run.line,
                run.expression.as_str(),
                run.value.as_str(),
                run.tolerance
            ),
            (3, "f(1 == 2)", "[1.0, 2.0]", 1e-14)
        );
        assert_eq!(found.runs[1].tolerance, 0.0);
        assert_eq!(
            (
                found.fails[0].expression.as_str(),
                found.fails[0].message.as_str()
            ),
            ("g(0)", "by zero")
        );
        assert_eq!(found.prints, Some(vec!["a: b".to_owned()]));
        let error = &found.errors[0];
        assert_eq!(
            (
                error.code.as_str(),
                error.place.as_str(),
                error.message.as_str()
            ),
            ("E0201", "3:14", "no `x`")
        );
        let count = &found.counts[0];
        assert_eq!(
            (
                count.pass.as_str(),
                count.function.as_str(),
                count.operation.as_str(),
                count.count
            ),
            ("simplify", "f", "dot", 1)
        );
    }

    #[test]
    fn faulty_directives_are_errors() {
        for faulty in [
            "run: f(2.0)",
            "run: f() == 1 ~ x",
            "fails: f()",
            "error: 1:2 x",
            "error[E1]: x",
            "count-after a: b",
        ] {
            assert!(
                Directives::read(&format!("// {faulty}")).is_err(),
                "{faulty}"
            );
        }
    }
}
