//! The parts of a Rust module that do not depend on its functions.

use super::ALLOW;
use crate::export::interface::Interface;
use dfn_runtime::status;
use std::fmt::{self, Write};

/// The type of errors.
pub(super) fn error(out: &mut String, interface: &Interface) -> fmt::Result {
    writeln!(out, "/// Why a call gave no results.\n{ALLOW}")?;
    writeln!(
        out,
        "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum Error {{"
    )?;
    for status in status::ALL {
        writeln!(
            out,
            "    /// {}.\n    {},",
            capital(status.meaning),
            status.variant
        )?;
    }
    writeln!(
        out,
        "    /// An argument has another length than its sizes say."
    )?;
    writeln!(
        out,
        "    Length {{\n        /// The argument.\n        argument: &'static str,\n    }},"
    )?;
    writeln!(out, "    /// A check of the program failed.")?;
    writeln!(
        out,
        "    Check {{\n        /// The status.\n        status: i32,"
    )?;
    writeln!(
        out,
        "        /// Where in the source, and what it says.\n        check: &'static str,\n    }},\n}}\n"
    )?;
    writeln!(out, "{ALLOW}\nimpl Error {{")?;
    writeln!(
        out,
        "    fn check(status: i32) -> Result<(), Error> {{\n        match status {{"
    )?;
    writeln!(out, "            {} => Ok(()),", status::OK)?;
    for status in status::ALL {
        writeln!(
            out,
            "            {} => Err(Error::{}),",
            status.code, status.variant
        )?;
    }
    for (position, check) in interface.checks.iter().enumerate() {
        let code = position + status::FIRST_CHECK as usize;
        let text = format!("{}: {}", check.at, check.message);
        writeln!(
            out,
            "            {code} => Err(Error::Check {{ status, check: {text:?} }}),"
        )?;
    }
    writeln!(
        out,
        "            _ => Err(Error::Check {{ status, check: \"\" }}),\n        }}\n    }}\n}}\n"
    )?;
    display(out)
}

fn display(out: &mut String) -> fmt::Result {
    writeln!(out, "impl std::fmt::Display for Error {{")?;
    writeln!(
        out,
        "    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{\n        match self {{"
    )?;
    for status in status::ALL {
        writeln!(
            out,
            "            Error::{} => f.write_str({:?}),",
            status.variant, status.meaning
        )?;
    }
    writeln!(
        out,
        "            Error::Length {{ argument }} => write!(f, \"`{{argument}}` has a wrong length\"),"
    )?;
    writeln!(
        out,
        "            Error::Check {{ check, .. }} => f.write_str(check),"
    )?;
    writeln!(
        out,
        "        }}\n    }}\n}}\n\nimpl std::error::Error for Error {{}}\n"
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
}

/// Arithmetic on sizes.
const HELPERS: &str = r#"mod support {
    use super::Error;

    pub fn size(argument: &'static str, size: usize) -> Result<i64, Error> {
        i64::try_from(size).map_err(|_| Error::Length { argument })
    }

    pub fn product(factors: &[i64]) -> Option<i64> {
        factors.iter().try_fold(1, |product: i64, factor| product.checked_mul(*factor))
    }

    pub fn sum(terms: &[Option<i64>]) -> Option<i64> {
        terms.iter().try_fold(0, |sum: i64, term| sum.checked_add((*term)?))
    }

    fn elements(shape: &[Option<i64>]) -> Result<usize, Error> {
        let number = |size: &Option<i64>| size.and_then(|size| usize::try_from(size).ok());
        let count = shape.iter().try_fold(1, |count: usize, size| count.checked_mul(number(size)?));
        count.ok_or(Error::Size)
    }

    pub fn expect(argument: &'static str, found: usize, shape: &[Option<i64>]) -> Result<(), Error> {
        match elements(shape)? == found {
            true => Ok(()),
            false => Err(Error::Length { argument }),
        }
    }

    pub fn computed(
        a: Option<i64>,
        b: Option<i64>,
        op: impl Fn(i64, i64) -> Option<i64>,
    ) -> Result<i64, Error> {
        a.zip(b).and_then(|(a, b)| op(a, b)).ok_or(Error::Size)
    }

    pub fn shorten<T>(array: &mut Vec<T>, shape: &[Option<i64>]) -> Result<(), Error> {
        array.truncate(elements(shape)?);
        Ok(())
    }

    pub fn zeros<T: Copy>(zero: T, shape: &[Option<i64>]) -> Result<Vec<T>, Error> {
        let count = elements(shape)?;
        let mut zeros = Vec::new();
        zeros.try_reserve_exact(count).map_err(|_| Error::Memory)?;
        zeros.resize(count, zero);
        Ok(zeros)
    }
}"#;

/// The module with what every function uses.
pub(super) fn helpers(out: &mut String) -> fmt::Result {
    writeln!(out, "{ALLOW}\n{HELPERS}")
}
