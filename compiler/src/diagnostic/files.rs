//! Faults of whole files.

use super::{Diagnostic, FileId, SourceMap, codes::files as codes};
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
