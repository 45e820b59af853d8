//! What the compiler has to say about a program, as data, and how it is shown.

mod source;

pub use source::{FileId, Position, SourceFile, SourceMap, Span};
