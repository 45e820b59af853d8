//! Documents: text with places where lines may be broken, and their layout.
//!
//! A group is laid out on one line if it fits, and else all its own breaks become newlines, from
//! the outermost group to the inner ones (Wadler, "A prettier printer"; the layout is the one of
//! Lindig, "Strictly pretty").

/// The width that lines should have.
const WIDTH: usize = 100;
/// The width of one level of indentation.
const INDENT: usize = 4;

/// A document.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Text; newlines in it (of a comment between `/*` and `*/`) stay as they are.
    Text(String),
    /// A space, or a newline where the group is broken.
    Line,
    /// Nothing, or a newline where the group is broken.
    SoftLine,
    /// A newline; breaks the groups around it.
    HardLine,
    /// An empty line; breaks the groups around it.
    EmptyLine,
    /// Text only where the group is broken: a comma after the last element.
    IfBroken(&'static str),
    /// One after the other.
    Concat(Vec<Doc>),
    /// One level further in.
    Indent(Box<Doc>),
    /// On one line if it fits.
    Group(Box<Doc>),
    /// As many elements on a line as fit; the second of each pair is a separator, which is broken
    /// if the next element does not fit.
    Fill(Vec<Doc>),
}

pub(super) fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

pub(super) fn concat(parts: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Concat(parts.into_iter().collect())
}

pub(super) fn indent(parts: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Indent(Box::new(concat(parts)))
}

pub(super) fn group(parts: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Group(Box::new(concat(parts)))
}

pub(super) fn nothing() -> Doc {
    Doc::Concat(Vec::new())
}

impl Doc {
    /// Whether there is a newline in every layout.
    pub(super) fn is_always_broken(&self) -> bool {
        match self {
            Doc::HardLine | Doc::EmptyLine => true,
            Doc::Text(text) => text.contains('\n'),
            Doc::Line | Doc::SoftLine | Doc::IfBroken(_) => false,
            Doc::Concat(parts) | Doc::Fill(parts) => parts.iter().any(Doc::is_always_broken),
            Doc::Indent(inner) | Doc::Group(inner) => inner.is_always_broken(),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Flat,
    Broken,
}

/// A part that is still to be laid out, with its indentation.
type Task<'a> = (usize, Mode, &'a Doc);

/// The text of a document, without spaces at the ends of lines.
pub(super) fn layout(doc: &Doc) -> String {
    let mut layout = Layout {
        out: String::new(),
        column: 0,
    };
    let mut tasks: Vec<Task<'_>> = vec![(0, Mode::Broken, doc)];
    while let Some((depth, mode, doc)) = tasks.pop() {
        match doc {
            Doc::Text(text) => layout.text(text),
            Doc::Line if mode == Mode::Flat => layout.text(" "),
            Doc::SoftLine if mode == Mode::Flat => {}
            Doc::Line | Doc::SoftLine | Doc::HardLine => layout.newline(depth),
            Doc::EmptyLine => {
                layout.newline(0);
                layout.newline(depth);
            }
            Doc::IfBroken(text) if mode == Mode::Broken => layout.text(text),
            Doc::IfBroken(_) => {}
            Doc::Concat(parts) => tasks.extend(parts.iter().rev().map(|part| (depth, mode, part))),
            Doc::Indent(inner) => tasks.push((depth + 1, mode, inner)),
            Doc::Group(inner) => {
                let flat = !inner.is_always_broken() && layout.fits((depth, inner), &tasks);
                tasks.push((depth, if flat { Mode::Flat } else { Mode::Broken }, inner));
            }
            Doc::Fill(parts) => layout.fill(depth, parts, &tasks),
        }
    }
    layout.out
}

struct Layout {
    out: String,
    column: usize,
}

impl Layout {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn newline(&mut self, depth: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.column = depth * INDENT;
        self.out.extend(std::iter::repeat_n(' ', self.column));
    }

    /// Whether a part fits on the rest of the line, together with what follows it up to the next
    /// place where the line may end.
    fn fits(&self, (depth, doc): (usize, &Doc), after: &[Task<'_>]) -> bool {
        let mut left = WIDTH.saturating_sub(self.column);
        let mut tasks: Vec<Task<'_>> = vec![(depth, Mode::Flat, doc)];
        let mut after = after.iter().rev();
        loop {
            let (depth, mode, doc) = match tasks.pop() {
                Some(task) => task,
                None => match after.next() {
                    Some(task) => *task,
                    None => return true,
                },
            };
            match doc {
                Doc::Text(text) => {
                    let first = text.split('\n').next().unwrap_or("").chars().count();
                    match left.checked_sub(first) {
                        Some(rest) => left = rest,
                        None => return false,
                    }
                    if text.contains('\n') {
                        return true;
                    }
                }
                Doc::Line if mode == Mode::Flat => match left.checked_sub(1) {
                    Some(rest) => left = rest,
                    None => return false,
                },
                Doc::SoftLine if mode == Mode::Flat => {}
                Doc::Line | Doc::SoftLine | Doc::HardLine | Doc::EmptyLine => return true,
                Doc::IfBroken(_) => {}
                Doc::Indent(inner) => tasks.push((depth + 1, mode, inner)),
                Doc::Group(inner) => tasks.push((depth, mode, inner)),
                Doc::Concat(parts) | Doc::Fill(parts) => {
                    tasks.extend(parts.iter().rev().map(|part| (depth, mode, part)));
                }
            }
        }
    }

    /// Lays out the elements of a fill, which are short texts, one by one.
    fn fill(&mut self, depth: usize, parts: &[Doc], after: &[Task<'_>]) {
        let mut parts = parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Doc::Line => {
                    let next = parts.peek().copied();
                    let fits = next.is_some_and(|next| {
                        let room = Layout {
                            out: String::new(),
                            column: self.column + 1,
                        };
                        let last = [(depth, Mode::Broken, &Doc::Line)];
                        room.fits((depth, next), if parts.len() > 1 { &last } else { after })
                    });
                    if fits {
                        self.text(" ")
                    } else {
                        self.newline(depth)
                    }
                }
                Doc::Text(text) => self.text(text),
                Doc::Concat(inner) => self.fill(depth, inner, after),
                _ => {}
            }
        }
    }
}
