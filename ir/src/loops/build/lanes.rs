//! Expansions of elementary functions, emitted as loop IR for any number of lanes.

use super::Builder;
use crate::loops::{Chance, Var};
use crate::scalar::{Emit, Scalar, ScalarOp};

/// Emits into a builder, `lanes` at a time.
#[derive(Debug)]
pub struct Lanes<'a> {
    builder: &'a mut Builder,
    lanes: u16,
}

impl Builder {
    /// An emitter of scalar operations in `lanes` lanes.
    pub fn lanes(&mut self, lanes: u16) -> Lanes<'_> {
        Lanes {
            builder: self,
            lanes,
        }
    }
}

impl Lanes<'_> {
    /// What `first` computes if the condition holds, else `second`.
    fn choice(
        &mut self,
        (condition, chance): (Var, Chance),
        second: Var,
        first: impl FnOnce(&mut Self) -> Var,
    ) -> Var {
        self.builder.open_if(condition, chance);
        let value = first(self);
        self.builder.open_else(&[value]);
        let results = self.builder.close_if(&[second]);
        results.first().copied().unwrap_or(second)
    }
}

impl Emit for Lanes<'_> {
    type Value = Var;

    fn constant(&mut self, value: Scalar) -> Var {
        self.builder.constant(value, self.lanes)
    }

    fn op(&mut self, op: ScalarOp, args: &[Var]) -> Var {
        self.builder.op(op, args)
    }

    /// Vectors take the slow path if any lane needs it, and keep the common value in the other lanes.
    fn rare(&mut self, condition: Var, common: Var, slow: impl FnOnce(&mut Self) -> Var) -> Var {
        let any = match self.lanes {
            1 => condition,
            _ => self.builder.any(condition),
        };
        self.choice((any, Chance::Rare), common, |e| {
            let value = slow(e);
            match e.lanes {
                1 => value,
                _ => e.select(condition, value, common),
            }
        })
    }

    /// An arm that is always taken: backends make functions of long arms.
    fn apart(&mut self, like: Var, body: impl FnOnce(&mut Self) -> Var) -> Var {
        let always = self.builder.constant(Scalar::Bool(true), 1);
        self.choice((always, Chance::Sure), like, body)
    }
}
