//! Scopes: the names that are known at a place, innermost last.

use super::val::{Binding, Meaning, Val};
use crate::diagnostic::Span;
use std::sync::Arc;

/// The names known in a function; a block's names are a suffix.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope<'a> {
    bindings: Vec<Binding<'a>>,
}

impl<'a> Scope<'a> {
    /// A place to return to when a block ends.
    pub(super) fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Forgets the names bound since `mark`.
    pub(super) fn forget(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    /// Binds `name`.
    pub(super) fn bind(
        &mut self,
        name: &Arc<str>,
        meaning: Meaning<'a>,
        mutable: bool,
        span: Span,
    ) {
        self.bindings.push(Binding {
            name: name.clone(),
            meaning,
            mutable,
            span,
        });
    }

    /// Adds a binding.
    pub(super) fn push(&mut self, binding: Binding<'a>) {
        self.bindings.push(binding);
    }

    /// What `name` stands for.
    pub(super) fn get(&self, name: &str) -> Option<&Binding<'a>> {
        self.bindings
            .iter()
            .rev()
            .find(|binding| &*binding.name == name)
    }

    /// The innermost binding that `is` accepts.
    pub(super) fn find(&self, is: &dyn Fn(&Binding<'a>) -> bool) -> Option<&Binding<'a>> {
        self.bindings.iter().rev().find(|binding| is(binding))
    }

    /// The place of a binding that assignments may change.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.bindings
            .iter()
            .rposition(|binding| &*binding.name == name)
    }

    /// The binding at a place.
    pub(super) fn at(&self, position: usize) -> Option<&Binding<'a>> {
        self.bindings.get(position)
    }

    /// Gives the binding at `position` another value.
    pub(super) fn assign(&mut self, position: usize, val: Val<'a>) {
        if let Some(binding) = self.bindings.get_mut(position) {
            binding.meaning = Meaning::Val(val);
        }
    }

    /// The values of all bindings that may be assigned, by place, among the first `limit`.
    pub(super) fn variables(&self, limit: usize) -> Vec<(usize, Val<'a>)> {
        let list = self.bindings.iter().take(limit).enumerate();
        list.filter_map(|(place, binding)| match &binding.meaning {
            Meaning::Val(val) if binding.mutable => Some((place, val.clone())),
            _ => None,
        })
        .collect()
    }

    /// All names, for suggestions.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.bindings.iter().map(|binding| &*binding.name)
    }
}
