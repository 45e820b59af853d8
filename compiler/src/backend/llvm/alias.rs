//! Classes of buffers as LLVM's alias scopes.
//!
//! An access to a buffer of class k is in the scope of k and does not alias the scopes of the other
//! classes. LLVM copies scopes when it inlines, so the promise stays one about a single run.

use dfn_ir::loops::{Function, Var};
use inkwell::values::{InstructionValue, MetadataValue};
use std::collections::BTreeMap;

use super::function::Done;
use super::module::Cx;
use crate::backend::BackendError;

/// What is attached to the accesses of one class: its own scope, the scopes of the others.
#[derive(Clone, Copy)]
struct Scopes<'ctx> {
    own: MetadataValue<'ctx>,
    others: MetadataValue<'ctx>,
}

/// The scopes of a function.
pub(super) struct Aliases<'ctx> {
    classes: BTreeMap<u32, Scopes<'ctx>>,
    own_kind: u32,
    others_kind: u32,
}

impl<'ctx> Aliases<'ctx> {
    pub(super) fn new(cx: Cx<'_, 'ctx>, function: &Function) -> Aliases<'ctx> {
        let context = cx.context;
        let node = |values: &[MetadataValue<'ctx>]| {
            let values: Vec<_> = values.iter().map(|&value| value.into()).collect();
            context.metadata_node(&values)
        };
        let name = &function.name;
        let domain = node(&[context.metadata_string(&format!("dfn.{name}"))]);
        let mut scopes = BTreeMap::new();
        for data in function.vars.values() {
            let class = data.facts.class;
            if class != 0 {
                let label = context.metadata_string(&format!("dfn.{name}.{class}"));
                scopes
                    .entry(class)
                    .or_insert_with(|| node(&[label, domain]));
            }
        }
        let lists = |class: u32, scope: MetadataValue<'ctx>| {
            let others: Vec<_> = scopes
                .iter()
                .filter(|(other, _)| **other != class)
                .map(|(_, &scope)| scope)
                .collect();
            Scopes {
                own: node(&[scope]),
                others: node(&others),
            }
        };
        Aliases {
            classes: scopes
                .iter()
                .map(|(&class, &scope)| (class, lists(class, scope)))
                .collect(),
            own_kind: context.get_kind_id("alias.scope"),
            others_kind: context.get_kind_id("noalias"),
        }
    }

    /// Marks an access to `buffer`.
    pub(super) fn mark(
        &self,
        function: &Function,
        buffer: Var,
        access: InstructionValue<'ctx>,
    ) -> Done {
        let class = function.vars.get(buffer).map_or(0, |data| data.facts.class);
        let Some(scopes) = self.classes.get(&class) else {
            return Ok(());
        };
        access
            .set_metadata(scopes.own, self.own_kind)
            .map_err(BackendError::internal)?;
        if self.classes.len() > 1 {
            access
                .set_metadata(scopes.others, self.others_kind)
                .map_err(BackendError::internal)?;
        }
        Ok(())
    }
}
