//! Faults of syntax.

use std::borrow::Cow;

use super::{Diagnostic, Span, codes::syntax as codes};

/// What was found in place of what the grammar asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The end of the file.
    End,
    /// A name.
    Name(String),
    /// A reserved word.
    Word(String),
    /// A number.
    Number(String),
    /// A string.
    Str,
    /// A sign.
    Sign(String),
}

impl Found {
    fn describe(&self) -> String {
        match self {
            Found::End => "the end of the file".to_owned(),
            Found::Name(text) | Found::Sign(text) => format!("`{text}`"),
            Found::Word(text) => format!("the word `{text}`"),
            Found::Number(text) => format!("the number `{text}`"),
            Found::Str => "a string".to_owned(),
        }
    }
}

/// What is wrong with the order of the tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum SyntaxError {
    /// The grammar asks for something else.
    Unexpected {
        /// What it asks for, with its article or in backquotes.
        expected: String,
        /// What is there.
        found: Found,
        /// What to do, where that is known.
        help: Option<Cow<'static, str>>,
    },
    /// The file or the statement ends before the bracket is closed.
    Unclosed {
        /// The bracket.
        opener: String,
        /// Where it stands.
        opened: Span,
        /// The bracket that is missing.
        closer: &'static str,
    },
    /// A closing bracket without an opening one.
    UnmatchedCloser {
        /// The bracket.
        closer: String,
    },
    /// Too many levels.
    TooDeep {
        /// How many there may be.
        limit: u32,
    },
    /// Too many operators in one expression.
    TooLong {
        /// How high the tree may be.
        limit: u32,
    },
    /// `a < b < c`.
    ChainedComparison {
        /// The comparison before.
        first: Span,
    },
    /// The left side of an assignment is not a place.
    NotAPlace,
    /// `(a, b) += c`.
    CompoundOnTuple,
    /// A statement without `;`.
    MissingSemicolon,
    /// `f(a = 1, b)`.
    PositionalAfterNamed {
        /// The named argument before.
        named: Span,
    },
    /// `let in = 1;`
    ReservedWord {
        /// The word.
        word: String,
    },
    /// `let r = 0..n;`
    RangeAsValue,
    /// `///` before nothing, or `//!` not at the top.
    StrayDoc {
        /// Whether it is `//!`.
        module: bool,
    },
    /// An item or a modifier where it cannot stand.
    MisplacedItem {
        /// What stands there.
        what: &'static str,
        /// What is wrong with that.
        why: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// `if a = b { … }`.
    AssignmentAsValue {
        /// Whether the sign is `=` alone.
        plain: bool,
    },
    /// `for i in 0.. { … }`.
    OpenRange {
        /// Whether the start is missing (or else the end).
        start: bool,
    },
    /// `.. step -1`: a step, or a variable `step` less one.
    AmbiguousStep,
    /// `let x = for …`.
    LoopAsValue,
    /// `let x;`
    LetWithoutValue,
}

impl SyntaxError {
    /// The message about this fault at a place.
    pub fn diagnostic(self, at: Span) -> Diagnostic {
        match self {
            SyntaxError::Unexpected {
                expected,
                found,
                help,
            } => unexpected(at, &expected, &found, help),
            SyntaxError::Unclosed {
                opener,
                opened,
                closer,
            } => Diagnostic::error(codes::UNCLOSED, format!("`{opener}` is never closed"))
                .at(at, format!("expected `{closer}` here"))
                .also(opened, "to close this"),
            SyntaxError::UnmatchedCloser { closer } => Diagnostic::error(
                codes::UNMATCHED_CLOSER,
                format!("`{closer}` closes nothing"),
            )
            .at(at, "no bracket is open here that this could close")
            .help("remove it, or add the bracket that opens"),
            SyntaxError::TooDeep { .. } | SyntaxError::TooLong { .. } => self.limit(at),
            SyntaxError::ChainedComparison { first } => {
                Diagnostic::error(codes::CHAINED_COMPARISON, "comparisons cannot be chained")
                    .at(at, "this compares the result of a comparison")
                    .also(first, "the first comparison")
                    .help("write `a < b && b < c`, or put one comparison in parentheses")
            }
            SyntaxError::NotAPlace | SyntaxError::CompoundOnTuple => self.assignment(at),
            SyntaxError::MissingSemicolon => {
                Diagnostic::error(codes::MISSING_SEMICOLON, "missing `;`")
                    .at(at, "expected `;` here")
            }
            SyntaxError::PositionalAfterNamed { named } => {
                let title = "positional argument after a named one";
                Diagnostic::error(codes::POSITIONAL_AFTER_NAMED, title)
                    .at(at, "this argument has no name")
                    .also(named, "a named argument stands before it")
                    .help("put it before the named ones, or name it too")
            }
            SyntaxError::ReservedWord { word } => {
                let title = format!("`{word}` is a reserved word");
                Diagnostic::error(codes::RESERVED_WORD, title)
                    .at(at, "this cannot be a name")
                    .help(format!("choose another name, such as `{word}_`"))
            }
            SyntaxError::StrayDoc { module } => stray_doc(at, module),
            SyntaxError::MisplacedItem { what, why, help } => {
                Diagnostic::error(codes::MISPLACED_ITEM, format!("{what} cannot stand here"))
                    .at(at, why)
                    .help(help)
            }
            SyntaxError::AssignmentAsValue { plain } => assignment_as_value(at, plain),
            SyntaxError::LetWithoutValue => {
                Diagnostic::error(codes::LET_WITHOUT_VALUE, "`let` without a value")
                    .at(at, "expected `= value` here")
                    .help("give the value at once: `let x = if c { a } else { b };`")
            }
            SyntaxError::RangeAsValue
            | SyntaxError::OpenRange { .. }
            | SyntaxError::AmbiguousStep
            | SyntaxError::LoopAsValue => self.range_or_loop(at),
        }
    }

    fn limit(self, at: Span) -> Diagnostic {
        match self {
            SyntaxError::TooLong { limit } => {
                let title = format!("expression is higher than {limit} levels");
                Diagnostic::error(codes::TOO_DEEP, title)
                    .at(at, "this operator is one too many")
                    .note("each operator of a chain such as `a + b + c` adds a level")
                    .help("split the expression with `let`, or write a loop or a reduction")
            }
            SyntaxError::TooDeep { limit } => {
                let title = format!("more than {limit} levels lie in each other");
                Diagnostic::error(codes::TOO_DEEP, title)
                    .at(at, "this level is one too many")
                    .help("split it with `let`, or move a part into a function")
            }
            other => other.diagnostic(at),
        }
    }

    fn assignment(self, at: Span) -> Diagnostic {
        match self {
            SyntaxError::CompoundOnTuple => {
                Diagnostic::error(codes::NOT_A_PLACE, "a tuple cannot be updated as a whole")
                    .at(at, "only `=` assigns to a tuple")
                    .help("update its parts one by one")
            }
            SyntaxError::NotAPlace => {
                Diagnostic::error(codes::NOT_A_PLACE, "cannot assign to this expression")
                    .at(at, "this is not a place that holds a value")
                    .help("a place is a variable, a field `m.w`, an index `a[i]`, or a slice")
            }
            other => other.diagnostic(at),
        }
    }

    fn range_or_loop(self, at: Span) -> Diagnostic {
        match self {
            SyntaxError::OpenRange { start } => {
                let (missing, help) = match start {
                    true => ("start", "a loop has to know where to begin: write `0..n`"),
                    false => ("end", "a loop has to know where to end: write `0..n`"),
                };
                Diagnostic::error(codes::OPEN_RANGE, format!("range without {missing}"))
                    .at(at, format!("this range has no {missing}"))
                    .help(help)
            }
            SyntaxError::AmbiguousStep => {
                let title = "`step` here may be the step or a variable";
                Diagnostic::error(codes::AMBIGUOUS_STEP, title)
                    .at(at, "what follows could belong to either")
                    .help("write `(step)` for the variable, `(..).rev()` for a reversed axis")
            }
            SyntaxError::LoopAsValue => {
                Diagnostic::error(codes::LOOP_AS_VALUE, "a loop has no value")
                    .at(at, "this loop stands where a value is needed")
                    .help("an array is made by `[for i in 0..n: x[i]]`, a sum by `sum(for …)`")
            }
            _ => Diagnostic::error(codes::RANGE_AS_VALUE, "a range is not a value")
                .at(
                    at,
                    "a range stands only after `in` and between the brackets of an index",
                )
                .help("an array of numbers is made by `iota(n)` or `[for i in 0..n: i]`"),
        }
    }
}

fn unexpected(
    at: Span,
    expected: &str,
    found: &Found,
    help: Option<Cow<'static, str>>,
) -> Diagnostic {
    let found = found.describe();
    let diagnostic = Diagnostic::error(
        codes::UNEXPECTED,
        format!("expected {expected}, found {found}"),
    )
    .at(at, format!("expected {expected}"));
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn stray_doc(at: Span, module: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::STRAY_DOC, "documentation of nothing");
    match module {
        true => diagnostic
            .at(at, "`//!` documents the file and stands at its top")
            .help("write `///` before an item, or `//` for a comment"),
        false => diagnostic
            .at(at, "no item or field follows this documentation")
            .help("write `//` for a comment"),
    }
}

fn assignment_as_value(at: Span, plain: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::ASSIGNMENT_AS_VALUE, "an assignment is not a value");
    match plain {
        true => diagnostic
            .at(at, "this assigns, in a place where a value is needed")
            .help("to compare, write `==`"),
        false => diagnostic
            .at(at, "this assigns, in a place where a value is needed")
            .help("make the assignment a statement of its own"),
    }
}
