//! What needs no further round: functions that are as the last run left them, when it found nothing more.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::effects::Effects;
use crate::passes::hash::FxHashMap;
use dfn_ir::Op;
use dfn_ir::function::{Block, FuncId, Function, InstData, Value};
use dfn_ir::op::Effect;
use dfn_ir::size::Size;

/// The functions in which nothing more was found.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    functions: FxHashMap<FuncId, Left>,
}

/// A function as it was left.
#[derive(Debug)]
struct Left {
    function: Function,
    /// What its calls did, in their order.
    effects: Vec<Effect>,
}

impl Settled {
    /// Whether the last run left `func` as it is, and its calls do what they did.
    pub(super) fn knows(&self, id: FuncId, func: &Function, effects: &Effects) -> bool {
        self.functions.get(&id).is_some_and(|left| {
            left.effects == of_calls(func, effects) && is_same(&left.function, func)
        })
    }

    /// Forgets functions in which another run would find more.
    pub(in crate::passes) fn forget(&mut self, more: impl Fn(&Function) -> bool) {
        self.functions.retain(|_, left| !more(&left.function));
    }

    /// Keeps what a run left; nothing if another round may find more.
    pub(super) fn keep(&mut self, id: FuncId, func: Option<&Function>, effects: &Effects) {
        match func {
            Some(func) => {
                let left = Left {
                    function: func.clone(),
                    effects: of_calls(func, effects),
                };
                self.functions.insert(id, left);
            }
            None => {
                self.functions.remove(&id);
            }
        }
    }
}

fn of_calls(func: &Function, effects: &Effects) -> Vec<Effect> {
    let mut found = Vec::new();
    func.walk(&func.body, &mut |_, data| {
        if matches!(data.op, Op::Call(_)) {
            found.push(effects.of_op(&data.op));
        }
    });
    found
}

/// Whether two functions are the same but for the numbers and names of their values.
fn is_same(a: &Function, b: &Function) -> bool {
    let signature = |f: &Function| (f.sizes, f.linear, f.body.params.len());
    let mut pairs = Pairs {
        a,
        b,
        values: FxHashMap::default(),
    };
    signature(a) == signature(b) && a.marks == b.marks && pairs.block(&a.body, &b.body)
}

struct Pairs<'a> {
    a: &'a Function,
    b: &'a Function,
    /// The values of `b` for those of `a`.
    values: FxHashMap<Value, Value>,
}

impl Pairs<'_> {
    fn value(&self, value: Value) -> Value {
        self.values.get(&value).copied().unwrap_or(value)
    }

    fn used(&self, a: &[Value], b: &[Value]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| self.value(a) == b)
    }

    fn sizes(&self, a: &[Size], b: &[Size]) -> bool {
        let same = |(a, b): (&Size, &Size)| a.rename(|v| self.value(v)) == *b;
        a.len() == b.len() && a.iter().zip(b).all(same)
    }

    /// Definitions: all are paired before their types are compared, which may mention them.
    fn defined(&mut self, a: &[Value], b: &[Value]) -> bool {
        if a.len() != b.len() {
            return false;
        }
        self.values.extend(a.iter().copied().zip(b.iter().copied()));
        a.iter().zip(b).all(|(&a, &b)| {
            let (x, y) = (self.a.ty(a), self.b.ty(b));
            let alike = x.dtype == y.dtype && x.is_accumulator() == y.is_accumulator();
            alike && self.sizes(&x.shape, &y.shape)
        })
    }

    fn block(&mut self, a: &Block, b: &Block) -> bool {
        self.defined(&a.params, &b.params)
            && a.insts.len() == b.insts.len()
            && a.insts.iter().zip(&b.insts).all(|(&x, &y)| {
                let (x, y) = (&self.a.insts[x], &self.b.insts[y]);
                self.inst(x, y)
            })
            && self.used(&a.results, &b.results)
    }

    fn inst(&mut self, a: &InstData, b: &InstData) -> bool {
        a.op == b.op
            && a.span == b.span
            && self.used(&a.args, &b.args)
            && self.sizes(&a.sizes, &b.sizes)
            && a.blocks.len() == b.blocks.len()
            && a.blocks
                .iter()
                .zip(&b.blocks)
                .all(|(a, b)| self.block(a, b))
            && self.defined(&a.results, &b.results)
    }
}
