//! Faults of whole files.

use super::{Diagnostic, FileId, SourceFile, SourceMap, Span, codes::files as codes, suggest};
use std::io;

/// The largest source file: offsets are 32 bits, and a text that long is not a program.
pub const MAX_FILE_BYTES: usize = 64 << 20;

/// What is wrong with a file.
#[derive(Debug)]
pub enum FileError {
    /// The system does not give its contents.
    CannotRead {
        /// The name as it was given.
        name: String,
        /// The system's reason.
        reason: io::Error,
    },
    /// It holds a byte that is not UTF-8.
    NotUtf8 {
        /// The name as it was given.
        name: String,
        /// The offset of the first such byte.
        offset: usize,
        /// That byte.
        byte: u8,
        /// The line it is in, from 1.
        line: usize,
    },
    /// It is larger than [`MAX_FILE_BYTES`].
    TooLarge {
        /// The name as it was given.
        name: String,
        /// Its size in bytes.
        size: usize,
    },
}

impl From<FileError> for Diagnostic {
    fn from(error: FileError) -> Diagnostic {
        match error {
            FileError::CannotRead { name, reason } => Diagnostic::error(
                codes::CANNOT_READ,
                format!("cannot read `{name}`: {reason}"),
            ),
            FileError::NotUtf8 {
                name,
                offset,
                byte,
                line,
            } => Diagnostic::error(
                codes::NOT_UTF8,
                format!("`{name}` is not UTF-8: byte 0x{byte:02x} at offset {offset}, line {line}"),
            )
            .help("save the file in the encoding UTF-8"),
            FileError::TooLarge { name, size } => Diagnostic::error(
                codes::FILE_TOO_LARGE,
                format!("`{name}` has {size} bytes, more than {MAX_FILE_BYTES}"),
            )
            .help("keep data out of the program: give it as an argument"),
        }
    }
}

/// Files that import each other; `imports` are the places on the way round, the last one closes it.
pub fn import_cycle(imports: &[Span], sources: &SourceMap) -> Diagnostic {
    let name = |span: &Span| sources.get(span.file).map_or("?", SourceFile::name);
    let names: Vec<&str> = imports.iter().chain(imports.first()).map(name).collect();
    let title = match names.as_slice() {
        [file, _] => format!("`{file}` imports itself"),
        _ => "files import each other".to_owned(),
    };
    let mut diagnostic = Diagnostic::error(codes::IMPORT_CYCLE, title);
    if let Some((last, before)) = imports.split_last() {
        diagnostic = diagnostic.at(*last, "this import closes the circle");
        for span in before {
            diagnostic = diagnostic.also(*span, "on the way");
        }
    }
    if names.len() > 2 {
        diagnostic = diagnostic.note(format!("`{}`", names.join("` imports `")));
    }
    diagnostic.help("move what both need into a file of its own, which imports neither")
}

/// The standard library has no such module.
pub fn no_standard_module<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    let title = format!("the standard library has no module `std/{name}`");
    let diagnostic = Diagnostic::error(super::codes::names::UNKNOWN_MODULE, title);
    let stem = name.strip_suffix(".dfn").unwrap_or(name);
    let diagnostic = match suggest(stem, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `std/{near}`?")),
        None => diagnostic.note(format!("its modules are `std/{}`", known.join("`, `std/"))),
    };
    diagnostic.note("a folder of your own with this name is `./std`")
}

impl SourceMap {
    /// Adds a file of which the bytes were read (or not).
    pub fn add_read(
        &mut self,
        name: &str,
        contents: io::Result<Vec<u8>>,
    ) -> Result<FileId, FileError> {
        let name_owned = || name.to_owned();
        let bytes = contents.map_err(|reason| FileError::CannotRead {
            name: name_owned(),
            reason,
        })?;
        if bytes.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge {
                name: name_owned(),
                size: bytes.len(),
            });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(self.add(name, text)),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let (before, after) = error.as_bytes().split_at(offset);
                Err(FileError::NotUtf8 {
                    name: name_owned(),
                    offset,
                    byte: after.first().copied().unwrap_or(0),
                    line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
                })
            }
        }
    }
}
