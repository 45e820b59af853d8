//! From syntax trees to a program: the call of elaboration.

use super::load::File;
use crate::build::Program;
use crate::diagnostic::Diagnostic;

pub(super) fn elaborate(files: &[File]) -> (Program, Vec<Diagnostic>) {
    let fine = files
        .iter()
        .all(|file| file.imports.len() <= file.module.items.len());
    let message = format!("elaboration is not there yet ({fine})");
    (Program::default(), vec![super::place::internal(&message)])
}
