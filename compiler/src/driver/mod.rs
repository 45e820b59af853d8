//! From files to results: reads sources, runs the stages of the compiler in order, runs programs, and
//! writes files. Only this part and the command line do input and output.
//!
//! Everything that goes wrong is a [`Diagnostic`]; `None` and `Err` here mean that one was given.

mod archive;
mod copies;
mod cost_law;
mod costs;
mod elaborate;
mod engine;
mod host;
mod library;
mod load;
mod loops;
mod machine;
mod optimise;
mod output;
mod place;
mod pure;
mod report;
mod run;
mod shared;
mod stages;
mod standard;
mod taken;
mod workspace;

pub use archive::archive;
pub use engine::{BackendName, Engine};
pub use host::Lines;
pub use library::{Emit, Library, LibraryOptions};
pub use load::{Session, read_file, read_module};
pub use optimise::{Planned, Threads, optimise, optimise_for, plan};
pub use output::write_file;
pub use report::At;
pub use run::Runner;
pub use stages::{Stages, Wanted};
pub use standard::MODULES as STANDARD_MODULES;

use crate::diagnostic::Diagnostic;

/// The result of a stage: what it makes, or what is to be said about the program.
pub type Result<T> = std::result::Result<T, Vec<Diagnostic>>;
