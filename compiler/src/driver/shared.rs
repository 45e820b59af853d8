//! Shared libraries: an object, linked by the C compiler of the system.

use crate::backend::Options;
use crate::diagnostic::{Diagnostic, codes::libraries as codes};
use std::io;
use std::path::Path;
use std::process::Command;

/// The bytes of the shared library with the object in it. The linker is `cc`, or what `CC` names.
pub(super) fn shared(object: &[u8], options: &Options) -> Result<Vec<u8>, Diagnostic> {
    if options.target.is_some() {
        return Err(refused("shared libraries are linked for this machine only")
            .help("write the object with `--emit obj`, and link it with the tools of the target"));
    }
    let linker = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    link(object, &linker)
}

fn link(object: &[u8], linker: &str) -> Result<Vec<u8>, Diagnostic> {
    let io = |reason: io::Error| refused(&format!("no shared library could be linked: {reason}"));
    let directory = tempfile::tempdir().map_err(io)?;
    let (from, to) = (
        directory.path().join("code.o"),
        directory.path().join("library"),
    );
    std::fs::write(&from, object).map_err(io)?;
    let output = command(linker, &from, &to).output().map_err(|reason| {
        refused(&format!("the linker `{linker}` cannot be run: {reason}"))
            .help("install a C compiler, or name one in the variable `CC`")
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(refused(&format!(
            "`{linker}` links no shared library: {}",
            said.trim()
        )));
    }
    std::fs::read(&to).map_err(io)
}

/// No start files: the library has nothing to do when it is loaded.
fn command(linker: &str, from: &Path, to: &Path) -> Command {
    let mut command = Command::new(linker);
    command
        .args(["-shared", "-nostartfiles", "-o"])
        .arg(to)
        .arg(from);
    command
}

fn refused(title: &str) -> Diagnostic {
    Diagnostic::error(codes::SHARED, title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_linked_is_said() {
        let missing = link(b"", "no-such-linker").unwrap_err();
        assert!(
            missing.title.contains("`no-such-linker` cannot be run"),
            "{missing:?}"
        );
        let nonsense = link(b"no object", "cc").unwrap_err();
        assert!(
            nonsense.title.starts_with("`cc` links no shared library"),
            "{nonsense:?}"
        );
    }
}
