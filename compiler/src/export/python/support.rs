//! The parts of a Python module that do not depend on its functions.

use crate::export::interface::Interface;
use dfn_runtime::status;
use std::fmt::{self, Write};

const HELPERS: &str = include_str!("support.py");

/// Imports, what the statuses mean, the type of errors, and the library.
pub(super) fn head(out: &mut String, interface: &Interface) -> fmt::Result {
    for module in ["builtins", "ctypes", "dataclasses", "pathlib", "sys"] {
        writeln!(out, "import {module} as _{module}")?;
    }
    writeln!(out, "\nimport numpy as _numpy")?;
    writeln!(out, "from numpy.typing import ArrayLike as _ArrayLike\n")?;
    writeln!(out, "_STATUSES = {{")?;
    for status in status::ALL {
        writeln!(out, "    {}: {:?},", status.code, status.meaning)?;
    }
    for (position, check) in interface.checks.iter().enumerate() {
        let code = position + status::FIRST_CHECK as usize;
        let text = literal(&format!("{}: {}", check.at, check.message));
        writeln!(out, "    {code}: {text},")?;
    }
    writeln!(out, "}}\n\n\n{HELPERS}\n")?;
    writeln!(out, "_library = _load({:?})\n", interface.name)
}

/// A string of Python.
fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            _ if letter.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The lines of a documentation string; nothing in it can end it early.
pub(super) fn doc(out: &mut String, indent: &str, lines: &[String]) -> fmt::Result {
    let safe = |line: &String| line.replace('\\', "\\\\").replace('"', "\\\"");
    match lines {
        [] => Ok(()),
        [one] => writeln!(out, "{indent}\"\"\"{}\"\"\"", safe(one)),
        [first, rest @ ..] => {
            writeln!(out, "{indent}\"\"\"{}", safe(first))?;
            for line in rest {
                match line.is_empty() {
                    true => writeln!(out)?,
                    false => writeln!(out, "{indent}{}", safe(line))?,
                }
            }
            writeln!(out, "{indent}\"\"\"")
        }
    }
}
