//! Source files and places in them.
//!
//! A place is a file number and a byte range, twelve bytes that can be copied: every node of the
//! syntax tree carries one, and instructions of the IR may. Text, lines and columns are looked up
//! only when a message is written.

use std::ops::Range;
use std::sync::Arc;

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The first file that is added to a map: in a program of one file, the only one.
    pub const FIRST: FileId = FileId(0);

    /// Set in the numbers of the files that come with dfn.
    const LIBRARY: u32 = 1 << 31;

    /// The position of the file in its map.
    pub fn index(self) -> usize {
        (self.0 & !FileId::LIBRARY) as usize
    }

    /// Whether the file came with dfn: the caller of what stands there is where to look for a fault.
    pub fn is_library(self) -> bool {
        self.0 & FileId::LIBRARY != 0
    }
}

/// A byte range in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The offset of the first byte.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` to `end` of `file`.
    pub fn new(file: FileId, start: u32, end: u32) -> Span {
        Span { file, start, end }
    }

    /// The smallest range that holds `self` and `other`, which lie in one file.
    pub fn to(self, other: Span) -> Span {
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The empty range where this one starts.
    pub fn at_start(self) -> Span {
        Span {
            end: self.start,
            ..self
        }
    }

    /// The empty range where this one ends.
    pub fn at_end(self) -> Span {
        Span {
            start: self.end,
            ..self
        }
    }

    /// The range as indices into the text of the file.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One file: its name as messages show it, and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    id: FileId,
    name: Arc<str>,
    text: Arc<str>,
    /// The offset of the start of each line.
    line_starts: Arc<[u32]>,
}

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
}

impl SourceFile {
    /// A file alone, as the first of its map.
    pub fn single(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceFile {
        SourceFile::new(FileId::FIRST, name.into(), text.into())
    }

    fn new(id: FileId, name: Arc<str>, text: Arc<str>) -> SourceFile {
        let after_newlines = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(offset, _)| offset as u32 + 1);
        let line_starts = std::iter::once(0).chain(after_newlines).collect();
        SourceFile {
            id,
            name,
            text,
            line_starts,
        }
    }

    /// The number of the file.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a place in this file; empty if the place is not inside it.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The line and column of a byte offset; the end of the text if it is beyond.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.text.len() as u32);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self
            .line_starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let before = self.text.get(start as usize..offset as usize).unwrap_or("");
        Position {
            line: line as u32,
            column: before.chars().count() as u32 + 1,
        }
    }

    /// The lines that hold the bytes from `start` to `end`, without the newline of the last one.
    pub fn lines(&self, start: u32, end: u32) -> Span {
        let text = self.text();
        let start = text.floor_char_boundary(start as usize);
        let end = text.floor_char_boundary((end as usize).max(start));
        let line_start = text.get(..start).and_then(|before| before.rfind('\n'));
        let line_end = text.get(end..).and_then(|after| after.find('\n'));
        let line_start = line_start.map_or(0, |newline| newline + 1);
        let line_end = line_end.map_or(text.len(), |newline| end + newline);
        Span::new(self.id, line_start as u32, line_end as u32)
    }

    /// The place that covers the whole file.
    pub fn span(&self) -> Span {
        Span::new(self.id, 0, self.text.len() as u32)
    }
}

/// The files of one compilation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// No files.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file and gives its number. Files that come with dfn have names such as `<std>/ode.dfn`.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let name = name.into();
        let mark = match name.starts_with('<') {
            true => FileId::LIBRARY,
            false => 0,
        };
        let id = FileId(self.files.len() as u32 | mark);
        self.files.push(SourceFile::new(id, name, text.into()));
        id
    }

    /// The file with this number, if it is one of this map.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.index())
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }
}
