//! Output files: written whole, or not at all.

use crate::diagnostic::{Diagnostic, codes::libraries as codes};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file: first under another name in the same directory, then renamed, so that whoever looks
/// sees the old file or the new one.
pub fn write_file(path: &Path, contents: &[u8]) -> Result<(), Diagnostic> {
    try_write(path, contents).map_err(|reason| {
        Diagnostic::error(
            codes::CANNOT_WRITE,
            format!("cannot write `{}`: {reason}", path.display()),
        )
    })
}

fn try_write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new()
        .prefix(".dfn-")
        .permissions(permissions())
        .tempfile_in(directory)?;
    file.write_all(contents)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Temporary files are private by default; output files are as readable as others.
#[cfg(unix)]
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    // The system takes away what the user's mask forbids.
    std::fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/er/x.h");
        write_file(&path, b"one, longer").unwrap();
        write_file(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
        assert!(write_file(directory.path(), b"x").is_err());
    }
}
