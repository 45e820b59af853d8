//! The documentation of a module as Markdown: what other files may use, with signatures and `///` lines.

use crate::diagnostic::{SourceFile, Span};
use crate::syntax::ast::{Item, ItemKind, Module};

/// The page of a module called `title`: its `//!` lines, then each public item in the order of the file.
pub fn markdown(title: &str, source: &SourceFile, module: &Module) -> String {
    let entries: Vec<Entry<'_>> = module
        .items
        .iter()
        .filter_map(|item| Entry::of(item, source))
        .collect();
    let mut page = format!("# {title}\n");
    if let Some(doc) = &module.doc {
        page.push_str(&format!("\n{}\n", doc.text));
    }
    if !entries.is_empty() {
        page.push_str("\n| item | what it is |\n|---|---|\n");
    }
    for entry in &entries {
        page.push_str(&format!("| {} | {} |\n", entry.link(), entry.summary()));
    }
    for entry in &entries {
        page.push_str(&entry.section(&entries));
    }
    page
}

/// A public item.
struct Entry<'a> {
    name: &'a str,
    /// What a program has to know of it to use it: a function without its body, a struct whole.
    signature: &'a str,
    doc: &'a str,
    /// Whether it is a type, which signatures of others may mention.
    is_type: bool,
}

impl<'a> Entry<'a> {
    fn of(item: &'a Item, source: &'a SourceFile) -> Option<Entry<'a>> {
        let until = |end: u32| source.slice(Span { end, ..item.span }).trim_end();
        let (name, signature, is_type, exported) = match &item.kind {
            ItemKind::Function(function) => {
                let signature = until(function.body.span.start);
                (&function.name, signature, false, function.export.is_some())
            }
            ItemKind::Struct(decl) => (&decl.name, until(item.span.end), true, false),
            ItemKind::TypeAlias(alias) => (&alias.name, until(item.span.end), true, false),
            ItemKind::Const(constant) => (&constant.name, until(item.span.end), false, false),
            ItemKind::Import(_) | ItemKind::Test(_) | ItemKind::Error => return None,
        };
        let public = item.public.is_some() || exported;
        public.then_some(Entry {
            name: name.as_str(),
            signature,
            doc: item.doc.as_ref().map_or("", |doc| &doc.text),
            is_type,
        })
    }

    /// A link to its section; headings become anchors in lower case.
    fn link(&self) -> String {
        format!("[`{}`](#{})", self.name, self.name.to_lowercase())
    }

    /// The first sentence of its documentation, as a cell of a table.
    fn summary(&self) -> String {
        let text = self
            .doc
            .split("\n\n")
            .next()
            .unwrap_or("")
            .replace('\n', " ");
        let end = text.find(". ").map_or(text.len(), |stop| stop + 1);
        text.get(..end).unwrap_or("").replace('|', "\\|")
    }

    fn section(&self, all: &[Entry<'_>]) -> String {
        let mut text = format!("\n## {}\n\n```text\n{}\n```\n", self.name, self.signature);
        if !self.doc.is_empty() {
            text.push_str(&format!("\n{}\n", self.doc));
        }
        let types: Vec<String> = all
            .iter()
            .filter(|other| other.is_type && other.name != self.name)
            .filter(|other| mentions(self.signature, other.name))
            .map(Entry::link)
            .collect();
        if !types.is_empty() {
            text.push_str(&format!("\nTypes: {}.\n", types.join(", ")));
        }
        text
    }
}

/// Whether `name` stands in `text` as a whole word.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_part(c)).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_is_public() {
        let source = SourceFile::single(
            "shapes.dfn",
            "//! Shapes.\n\n/// A rectangle. It is flat.\npub struct Box { w: f64, h: f64 }\n\n\
             /// Its area,\n/// never negative.\npub fn area(b: Box) -> f64 { b.w * b.h }\n\nfn half(x: f64) -> f64 { x / 2 }\n",
        );
        let (module, _) = crate::syntax::parse(&source);
        let expected = "# shapes\n\nShapes.\n\n| item | what it is |\n|---|---|\n\
                        | [`Box`](#box) | A rectangle. |\n| [`area`](#area) | Its area, never negative. |\n\
                        \n## Box\n\n```text\npub struct Box { w: f64, h: f64 }\n```\n\nA rectangle. It is flat.\n\
                        \n## area\n\n```text\npub fn area(b: Box) -> f64\n```\n\nIts area,\nnever negative.\n\nTypes: [`Box`](#box).\n";
        assert_eq!(markdown("shapes", &source, &module), expected);
    }

    #[test]
    fn a_name_is_a_whole_word() {
        assert!(mentions("fn f(x: Box[n])", "Box") && !mentions("fn f(x: Boxes)", "Box"));
    }
}
