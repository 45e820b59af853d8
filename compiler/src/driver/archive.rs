//! Static libraries: archives of object files.

use crate::diagnostic::{Diagnostic, codes::run as codes};
use ar::{GnuBuilder, Header};

/// An archive with one object in it. It has no dates and no owners: the same object gives the same
/// bytes.
pub fn archive(name: &str, object: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    let member = format!("{name}.o").into_bytes();
    let mut header = Header::new(member.clone(), object.len() as u64);
    header.set_mode(0o644);
    let failed = |error: std::io::Error| {
        Diagnostic::error(
            codes::INTERNAL,
            format!("no archive could be made: {error}"),
        )
    };
    let mut builder = GnuBuilder::new(Vec::new(), vec![member]);
    builder.append(&header, object).map_err(failed)?;
    builder.into_inner().map_err(failed)
}
