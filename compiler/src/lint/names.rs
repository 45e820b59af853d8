//! The names that are known at a place, and whether they were read.

use super::warnings;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{Name, Pattern, PatternKind};
use std::collections::HashSet;
use std::sync::Arc;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bound by `let`.
    Variable,
    /// A parameter of a declared function.
    Parameter,
    /// A function in a function.
    Function,
    /// A counter, an element, a parameter of a lambda: these are often there for their place alone.
    Quiet,
}

impl Kind {
    fn text(self) -> &'static str {
        match self {
            Kind::Variable | Kind::Quiet => "variable",
            Kind::Parameter => "parameter",
            Kind::Function => "function",
        }
    }
}

/// A name of the current place.
#[derive(Debug)]
struct Local {
    name: Arc<str>,
    kind: Kind,
    span: Span,
    mutable: bool,
    read: bool,
    assigned: bool,
}

/// The walk through a file.
#[derive(Debug, Default)]
pub(super) struct Names {
    locals: Vec<Local>,
    /// The first local of each open block.
    blocks: Vec<usize>,
    /// The names that are not local ones.
    pub(super) mentioned: HashSet<Arc<str>>,
    /// What was found.
    pub(super) found: Vec<Diagnostic>,
}

impl Names {
    /// Opens a block.
    pub(super) fn open(&mut self) {
        self.blocks.push(self.locals.len());
    }

    /// Closes a block: what was bound in it and not read is reported.
    pub(super) fn close(&mut self) {
        let start = self.blocks.pop().unwrap_or_default();
        for local in self.locals.split_off(start.min(self.locals.len())) {
            let quiet = local.kind == Kind::Quiet || local.name.starts_with('_');
            if !local.read && !quiet && !local.name.is_empty() {
                let (kind, name) = (local.kind.text(), &local.name);
                self.found
                    .push(warnings::unused(kind, name, local.span, local.assigned));
            }
        }
    }

    /// Binds a name in the innermost block.
    pub(super) fn bind(&mut self, name: &Name, kind: Kind, mutable: bool) {
        let start = self.blocks.last().copied().unwrap_or_default();
        let outer = self.locals.iter().take(start).rev();
        let hidden = outer.into_iter().find(|local| local.name == name.text);
        let inner = self
            .locals
            .iter()
            .skip(start)
            .any(|local| local.name == name.text);
        if let Some(hidden) =
            hidden.filter(|local| local.mutable && !inner && kind == Kind::Variable)
        {
            self.found
                .push(warnings::hides(name.as_str(), name.span, hidden.span));
        }
        self.locals.push(Local {
            name: name.text.clone(),
            kind,
            span: name.span,
            mutable,
            read: false,
            assigned: false,
        });
    }

    /// Binds the names of a pattern.
    pub(super) fn pattern(&mut self, pattern: &Pattern, kind: Kind) {
        match &pattern.kind {
            PatternKind::Name { name, mutable } => self.bind(name, kind, *mutable),
            PatternKind::Tuple(parts) => parts.iter().for_each(|part| self.pattern(part, kind)),
            PatternKind::Struct { path, fields, .. } => {
                self.path(path);
                fields
                    .iter()
                    .for_each(|field| self.pattern(&field.pattern, kind));
            }
            PatternKind::Ignore | PatternKind::Error => {}
        }
    }

    fn local(&mut self, name: &str) -> Option<&mut Local> {
        self.locals
            .iter_mut()
            .rev()
            .find(|local| &*local.name == name)
    }

    /// A name whose value is used.
    pub(super) fn read(&mut self, name: &Arc<str>) {
        match self.local(name) {
            Some(local) => local.read = true,
            None => {
                self.mentioned.insert(name.clone());
            }
        }
    }

    /// A name that is assigned.
    pub(super) fn assign(&mut self, name: &Arc<str>) {
        if let Some(local) = self.local(name) {
            local.assigned = true;
        }
    }
}
