//! Indices and conditions.

use super::Gen;
use super::scope::Ty;
use super::tree::Node;

impl Gen {
    /// An index below the size `dim`.
    pub(crate) fn index(&mut self, dim: &str) -> Node {
        let fits = self.names_of(|ty| *ty == Ty::Index(Some(dim.to_owned())));
        if !fits.is_empty() && self.random.chance(75) {
            return Node::leaf("i64", self.random.pick(&fits));
        }
        let any = self.names_of(|ty| matches!(ty, Ty::Index(_)));
        if any.is_empty() || self.random.chance(30) {
            return match (self.random.below(3), dim.parse::<usize>()) {
                (0, Ok(n)) => Node::leaf("i64", self.random.below(n).to_string()),
                (1, Err(_)) => Node::leaf("i64", format!("{dim} - 1")),
                _ => Node::leaf("i64", "0"),
            };
        }
        let i = self.random.pick(&any);
        let text = match self.random.below(3) {
            0 => format!("({i} + {}) % {}", 1 + self.random.below(2), paren(dim)),
            1 => format!("{} * {i} % {}", 2 + self.random.below(2), paren(dim)),
            _ => format!("{i} % {}", paren(dim)),
        };
        Node::leaf("i64", text)
    }

    /// A condition.
    pub(crate) fn condition(&mut self) -> Node {
        self.fuel = self.fuel.saturating_sub(1);
        let names = self.names_of(|ty| *ty == Ty::Bool);
        let indices = self.names_of(|ty| matches!(ty, Ty::Index(_)));
        match self.random.below(6) {
            0 if !names.is_empty() => Node::leaf("bool", self.random.pick(&names)),
            1 if !indices.is_empty() => {
                let i = self.random.pick(&indices);
                Node::leaf("bool", format!("{i} % 2 == {}", self.random.below(2)))
            }
            2 if indices.len() > 1 => {
                let (i, j) = (self.random.pick(&indices), self.random.pick(&indices));
                Node::leaf("bool", format!("{i} < {j}"))
            }
            3 if self.fuel > 4 => {
                let how = self.random.pick(&["&&", "||"]);
                let (a, b) = (self.condition(), self.condition());
                Node::new("bool", &format!("({{}} {how} {{}})"), vec![a, b])
            }
            4 if self.fuel > 4 => Node::new("bool", "!({})", vec![self.condition()]),
            _ => {
                let how = self.random.pick(&["<", ">", "<="]);
                let (a, b) = (self.float().node, self.float().node);
                Node::new("bool", &format!("({{}} {how} {{}})"), vec![a, b])
            }
        }
    }

    pub(crate) fn names_of(&self, fits: impl Fn(&Ty) -> bool) -> Vec<String> {
        let vars = self.scope.vars.iter().filter(|var| fits(&var.ty));
        vars.map(|var| var.name.clone()).collect()
    }
}

/// A size as an operand.
pub(crate) fn paren(dim: &str) -> String {
    match dim.contains(' ') {
        true => format!("({dim})"),
        false => dim.to_owned(),
    }
}
