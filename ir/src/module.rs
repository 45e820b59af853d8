//! Modules: functions by name.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::builder::Builder;
use crate::function::{FuncId, Function};
use cranelift_entity::PrimaryMap;
use std::collections::{HashMap, HashSet};

/// A set of functions that call each other, without recursion.
#[derive(Clone, Debug, Default)]
pub struct Module {
    functions: PrimaryMap<FuncId, Function>,
    by_name: HashMap<String, FuncId>,
    /// Functions that are gone; their places stay, since ids are positions.
    dropped: HashSet<FuncId>,
}

impl Module {
    /// A module without functions.
    pub fn new() -> Module {
        Module::default()
    }

    /// Adds `function`; if its name is taken, it gets a numbered one.
    pub fn add(&mut self, mut function: Function) -> FuncId {
        if self.by_name.contains_key(&function.name) {
            function.name = self.free_name(&function.name);
        }
        let name = function.name.clone();
        let id = self.functions.push(function);
        self.by_name.insert(name, id);
        id
    }

    fn free_name(&self, wanted: &str) -> String {
        let numbered = (1..).map(|k: u64| format!("{wanted}.{k}"));
        numbered
            .into_iter()
            .find(|name| !self.by_name.contains_key(name))
            .unwrap_or_default()
    }

    /// The function `id`.
    pub fn get(&self, id: FuncId) -> &Function {
        &self.functions[id]
    }

    /// The function `id`, if there is one.
    pub fn find(&self, id: FuncId) -> Option<&Function> {
        self.functions.get(id)
    }

    /// The function `id`, to change; its name must stay.
    pub fn get_mut(&mut self, id: FuncId) -> &mut Function {
        &mut self.functions[id]
    }

    /// Puts `function` in the place of `id`; the name of the old one stays.
    pub fn replace(&mut self, id: FuncId, mut function: Function) {
        function.name = self.functions[id].name.clone();
        self.functions[id] = function;
    }

    /// Drops a function that nothing calls.
    pub fn drop_function(&mut self, id: FuncId) {
        if self.dropped.insert(id) {
            self.by_name.remove(&self.functions[id].name);
            self.functions[id] = Builder::new("").finish(Vec::new());
        }
    }

    /// The function called `name`.
    pub fn named(&self, name: &str) -> Option<FuncId> {
        self.by_name.get(name).copied()
    }

    /// All functions, in order of their addition.
    pub fn iter(&self) -> impl Iterator<Item = (FuncId, &Function)> {
        let all = self.functions.iter();
        all.filter(|(id, _)| !self.dropped.contains(id))
    }

    /// The number of functions.
    pub fn len(&self) -> usize {
        self.functions.len() - self.dropped.len()
    }

    /// Whether there is no function.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of all functions.
    pub fn ids(&self) -> impl Iterator<Item = FuncId> + use<> {
        let ids: Vec<FuncId> = self.iter().map(|(id, _)| id).collect();
        ids.into_iter()
    }
}
