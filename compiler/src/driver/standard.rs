//! The standard library: modules written in the language, which a program imports as `std/NAME`. They
//! are part of the compiler, so a program finds them wherever it is compiled.

use crate::diagnostic::{Diagnostic, FileId, SourceMap, files};

/// How the path of an import begins that means the library.
pub(super) const PREFIX: &str = "std/";

/// Declares the modules: each is a file of the folder `std`.
macro_rules! modules {
    ($($name:literal)*) => {
        /// The modules: name and text.
        pub const MODULES: &[(&str, &str)] = &[
            $( ($name, include_str!(concat!("../../../std/", $name, ".dfn"))), )*
        ];
    };
}

modules! {
    "distributions"
    "interp"
    "linalg"
    "nn"
    "ode"
    "optim"
    "random"
    "sparse"
    "stats"
}

/// Adds the text of a module to the sources.
pub(super) fn add(sources: &mut SourceMap, name: &str) -> Result<FileId, Diagnostic> {
    let known = || MODULES.iter().map(|(name, _)| *name);
    match MODULES.iter().find(|(known, _)| *known == name) {
        Some((name, text)) => Ok(sources.add(format!("<std>/{name}.dfn"), *text)),
        None => Err(files::no_standard_module(name, known())),
    }
}
