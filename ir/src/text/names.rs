//! The printed names of values: the one place where hints are made unique.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::function::{Block, Function, Value};
use cranelift_entity::SecondaryMap;
use std::collections::HashSet;

/// A unique name for each value of one function.
#[derive(Debug)]
pub struct Names {
    names: SecondaryMap<Value, String>,
}

impl Names {
    /// Names in order of definition: the hint, `hint.1` if that is taken, a number without a hint.
    pub fn new(func: &Function) -> Names {
        let mut maker = Maker {
            taken: HashSet::new(),
            next: 0,
            names: SecondaryMap::new(),
        };
        maker.block(func, &func.body);
        for value in func.values.keys() {
            if maker.names[value].is_empty() {
                maker.names[value] = format!("undefined{}", value.as_u32());
            }
        }
        Names { names: maker.names }
    }

    /// The name of `value`, without the sign before it.
    pub fn of(&self, value: Value) -> &str {
        &self.names[value]
    }
}

struct Maker {
    taken: HashSet<String>,
    next: u32,
    names: SecondaryMap<Value, String>,
}

impl Maker {
    fn block(&mut self, func: &Function, block: &Block) {
        block.params.iter().for_each(|&v| self.name(func, v));
        for &inst in &block.insts {
            let data = &func.insts[inst];
            data.results.iter().for_each(|&v| self.name(func, v));
            data.blocks.iter().for_each(|inner| self.block(func, inner));
        }
    }

    fn name(&mut self, func: &Function, value: Value) {
        let name = match func.name(value).filter(|hint| is_name(hint)) {
            None => {
                self.next += 1;
                (self.next - 1).to_string()
            }
            Some(hint) if !self.taken.contains(hint) => hint.to_owned(),
            Some(hint) => {
                let mut k = 1;
                while self.taken.contains(&format!("{hint}.{k}")) {
                    k += 1;
                }
                format!("{hint}.{k}")
            }
        };
        self.taken.insert(name.clone());
        self.names[value] = name;
    }
}

/// Whether a hint can be printed as it is: a letter or `_`, then letters, digits and `_`.
fn is_name(hint: &str) -> bool {
    let mut chars = hint.chars();
    let first = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
