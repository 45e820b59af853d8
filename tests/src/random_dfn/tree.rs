//! Source text as a tree, so that a program that fails can be made smaller.

use std::fmt;
use std::rc::Rc;

/// A piece of source text that another one of the same kind may take the place of.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is: a type, `stmt` or `item`.
    pub kind: Rc<str>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Node(Node),
}

impl Node {
    /// Text with a node in place of each `{}`; `{{` and `}}` are braces.
    pub fn new(kind: &str, text: &str, inner: Vec<Node>) -> Node {
        let mut parts = Vec::new();
        let mut inner = inner.into_iter();
        for (k, piece) in text.split("{}").enumerate() {
            if k > 0 {
                parts.push(Part::Node(inner.next().expect("a node for each place")));
            }
            let piece = piece.replace("{{", "{").replace("}}", "}");
            parts.push(Part::Text(piece));
        }
        assert!(inner.next().is_none(), "more nodes than places in {text}");
        Node {
            kind: kind.into(),
            parts,
        }
    }

    /// Nodes one after the other.
    pub fn list(kind: &str, nodes: Vec<Node>) -> Node {
        Node {
            kind: kind.into(),
            parts: nodes.into_iter().map(Part::Node).collect(),
        }
    }

    /// Plain text.
    pub fn leaf(kind: &str, text: impl Into<String>) -> Node {
        Node {
            kind: kind.into(),
            parts: vec![Part::Text(text.into())],
        }
    }

    /// The same text, taken for something else.
    pub fn of_kind(self, kind: &str) -> Node {
        let kind = kind.into();
        Node { kind, ..self }
    }

    /// The number of nodes.
    pub fn size(&self) -> usize {
        1 + self.children().map(Node::size).sum::<usize>()
    }

    fn children(&self) -> impl Iterator<Item = &Node> {
        self.parts.iter().filter_map(|part| match part {
            Part::Node(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    /// The least text of this kind.
    fn least(&self) -> Option<Node> {
        let text = match &*self.kind {
            "f64" => "0.5".to_owned(),
            "i64" => "0".to_owned(),
            "bool" => "true".to_owned(),
            "stmt" | "item" => String::new(),
            array if array.starts_with("f64[") => format!("full({array}, 0.5)"),
            _ => return None,
        };
        Some(Node::leaf(&self.kind, text))
    }

    /// Smaller trees: those with one node replaced by the least of its kind, or by one inside it.
    pub fn smaller(&self) -> Vec<Node> {
        let mut all = Vec::new();
        let least = self.least().filter(|least| least != self);
        all.extend(least);
        let mut inside = Vec::new();
        self.children()
            .for_each(|node| node.collect(&self.kind, &mut inside));
        all.extend(inside.into_iter().filter(|node| *node != self).cloned());
        for (k, part) in self.parts.iter().enumerate() {
            let Part::Node(node) = part else { continue };
            for smaller in node.smaller() {
                let mut made = self.clone();
                made.parts[k] = Part::Node(smaller);
                all.push(made);
            }
        }
        all
    }

    fn collect<'a>(&'a self, kind: &str, found: &mut Vec<&'a Node>) {
        if &*self.kind == kind {
            found.push(self);
        }
        self.children().for_each(|node| node.collect(kind, found));
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Node(node) => node.fmt(f)?,
            }
        }
        Ok(())
    }
}

/// The smallest tree found that is still `wrong`, within `tries` tests.
pub fn shrink(tree: &Node, mut tries: usize, wrong: impl Fn(&Node) -> bool) -> Node {
    let mut best = tree.clone();
    'again: loop {
        let mut candidates = best.smaller();
        candidates.sort_by_key(Node::size);
        for candidate in candidates {
            if tries == 0 {
                return best;
            }
            if candidate.size() >= best.size() {
                continue;
            }
            tries -= 1;
            if wrong(&candidate) {
                best = candidate;
                continue 'again;
            }
        }
        return best;
    }
}
