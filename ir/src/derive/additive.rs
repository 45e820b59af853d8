//! Whether a function is linear in some of its parameters: an abstract run over what each value is, through
//! calls, branches and loops.
//!
//! The verifier checks the same of functions whose parameters are marked as linear; this asks it of a
//! function that the user wrote: the rule of a derivative, or the argument of `linear_transpose`.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Flow;
use crate::function::{Block, FuncId, Function, InstData, Span, Value};
use crate::module::Module;
use crate::op::{Op, RuleError};
use crate::scalar::Scalar;
use std::collections::HashMap;

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Additive {
    /// It does not depend on the linear parameters.
    Fixed,
    /// It is zero, whatever they are.
    Zero,
    /// It is linear in them.
    Linear,
}

use Additive::{Fixed, Linear, Zero};

/// Refuses `func` unless each result is linear in the parameters marked in `linear` (sizes not counted)
/// or zero. `whole` says what has to be linear, for the message.
pub fn check_linear(
    module: &Module,
    func: FuncId,
    linear: &[bool],
    whole: &str,
) -> Result<(), RuleError> {
    let mut run = Run {
        module,
        whole,
        memo: HashMap::new(),
    };
    let params = linear.iter().map(|&l| if l { Linear } else { Fixed });
    let results = run.function(func, params.collect())?;
    let source = module.get(func);
    for (&result, state) in source.body.results.iter().zip(results) {
        if state == Fixed && source.ty(result).is_differentiable() {
            let span = definition(source, result);
            return Err(run.refused("result", "it does not depend on them", span));
        }
    }
    Ok(())
}

/// Where `value` is computed.
fn definition(func: &Function, value: Value) -> Span {
    let mut found = Span::default();
    func.walk(&func.body, &mut |_, data| {
        if data.results.contains(&value) || found == Span::default() {
            found = data.span;
        }
    });
    found
}

struct Run<'m> {
    module: &'m Module,
    whole: &'m str,
    memo: HashMap<(FuncId, Vec<Additive>), Vec<Additive>>,
}

type States = HashMap<Value, Additive>;

impl Run<'_> {
    fn refused(&self, op: &'static str, reason: &str, span: Span) -> RuleError {
        RuleError::NotLinear {
            what: self.whole.to_owned(),
            op,
            reason: reason.to_owned(),
            span,
        }
    }

    fn function(&mut self, id: FuncId, params: Vec<Additive>) -> Result<Vec<Additive>, RuleError> {
        let key = (id, params);
        if let Some(known) = self.memo.get(&key) {
            return Ok(known.clone());
        }
        let func = self.module.get(id);
        let mut states: States = func
            .params()
            .iter()
            .copied()
            .zip(key.1.iter().copied())
            .collect();
        self.block(func, &func.body, &mut states)?;
        let results: Vec<Additive> = func
            .body
            .results
            .iter()
            .map(|v| state(&states, *v))
            .collect();
        self.memo.insert(key, results.clone());
        Ok(results)
    }

    /// What a function gives that is declared to be linear in one parameter, if no other one depends on the
    /// linear values.
    fn declared(&self, id: FuncId, args: &[Additive]) -> Option<Vec<Additive>> {
        let func = self.module.get(id);
        let linear = func.marks.rule.as_ref()?.linear?;
        let found = args.get(linear.param).copied().filter(|s| *s != Fixed)?;
        let others = args.iter().enumerate().filter(|(k, _)| *k != linear.param);
        if others.into_iter().any(|(_, state)| *state == Linear) {
            return None;
        }
        let of = |v: &Value| match func.ty(*v).is_differentiable() {
            true => found,
            false => Fixed,
        };
        Some(func.body.results.iter().map(of).collect())
    }

    fn block(
        &mut self,
        func: &Function,
        block: &Block,
        states: &mut States,
    ) -> Result<(), RuleError> {
        for &inst in &block.insts {
            let data = &func.insts[inst];
            match &data.op {
                Op::Call(call) => {
                    let args: Vec<Additive> = data.args.iter().map(|v| state(states, *v)).collect();
                    let results = match self.declared(call.func, &args) {
                        Some(results) => results,
                        None => self.function(call.func, args)?,
                    };
                    states.extend(data.results.iter().copied().zip(results));
                }
                _ if data.blocks.is_empty() => self.plain(func, data, states)?,
                _ => self.region(func, data, states)?,
            }
        }
        Ok(())
    }

    /// An instruction without regions.
    fn plain(
        &self,
        func: &Function,
        data: &InstData,
        states: &mut States,
    ) -> Result<(), RuleError> {
        let args: Vec<Additive> = data.args.iter().map(|v| state(states, *v)).collect();
        let found = match &data.op {
            Op::Const(constant) if is_zero(constant.value) => Zero,
            op if !args.contains(&Linear) => match stays_zero(op, &args) {
                true => Zero,
                false => Fixed,
            },
            op if fits(op, &args) => Linear,
            op => {
                let reason = "it is not linear in what depends on them here";
                return Err(self.refused(op.name(), reason, data.span));
            }
        };
        let differentiable = data
            .results
            .iter()
            .filter(|v| func.ty(**v).is_differentiable());
        states.extend(differentiable.map(|&v| (v, found)));
        Ok(())
    }

    /// An instruction with regions: what flows in, back and out is joined until nothing changes.
    fn region(
        &mut self,
        func: &Function,
        data: &InstData,
        states: &mut States,
    ) -> Result<(), RuleError> {
        let flow = Flow::of(data);
        self.join_all(func, data, &flow.inward, states)?;
        loop {
            let before: Vec<Option<Additive>> = flow
                .back
                .iter()
                .map(|(_, to)| states.get(to).copied())
                .collect();
            for block in &data.blocks {
                self.block(func, block, states)?;
            }
            self.join_all(func, data, &flow.back, states)?;
            let after = flow.back.iter().map(|(_, to)| states.get(to).copied());
            if before.into_iter().eq(after) {
                break;
            }
        }
        data.results.iter().for_each(|v| {
            states.remove(v);
        });
        self.join_all(func, data, &flow.outward, states)
    }

    fn join_all(
        &self,
        func: &Function,
        data: &InstData,
        pairs: &[(Value, Value)],
        states: &mut States,
    ) -> Result<(), RuleError> {
        for &(from, to) in pairs
            .iter()
            .filter(|(_, to)| func.ty(*to).is_differentiable())
        {
            let new = state(states, from);
            let joined = match (states.get(&to).copied(), new) {
                (None, new) => new,
                (Some(old), new) if old == new => old,
                (Some(Zero), Linear) | (Some(Linear), Zero) => Linear,
                (Some(Zero), Fixed) | (Some(Fixed), Zero) => Fixed,
                _ => {
                    let reason = "it gives now a value that depends on them, now one that does not";
                    return Err(self.refused(data.op.name(), reason, data.span));
                }
            };
            states.insert(to, joined);
        }
        Ok(())
    }
}

fn state(states: &States, value: Value) -> Additive {
    states.get(&value).copied().unwrap_or(Fixed)
}

fn is_zero(value: Scalar) -> bool {
    match value {
        Scalar::F64(x) => x == 0.0,
        Scalar::F32(x) => x == 0.0,
        _ => false,
    }
}

/// Whether the result is zero because operands are: because the operation is linear in some of them.
fn stays_zero(op: &Op, args: &[Additive]) -> bool {
    choices(args, &[], Zero).any(|marked| marked.contains(&true) && op.is_linear(&marked))
}

/// Whether the operation is linear in its linear operands, with some of the zeros among the others, which
/// may count as linear.
fn fits(op: &Op, args: &[Additive]) -> bool {
    choices(args, &[Linear], Zero).any(|marked| op.is_linear(&marked))
}

/// Ways to mark operands: those in `always`, and any of those that are `maybe`; of more than eight of these,
/// the rest together.
fn choices<'a>(
    args: &'a [Additive],
    always: &'a [Additive],
    maybe: Additive,
) -> impl Iterator<Item = Vec<bool>> + 'a {
    let free = (0..args.len()).filter(|&k| args.get(k) == Some(&maybe));
    let groups = subsets_of(free.collect());
    (0..1usize << groups.len()).map(move |choice| {
        let mut marked: Vec<bool> = args.iter().map(|state| always.contains(state)).collect();
        for (bit, group) in groups.iter().enumerate() {
            for &k in group {
                if let Some(flag) = marked.get_mut(k) {
                    *flag = choice >> bit & 1 == 1;
                }
            }
        }
        marked
    })
}

/// Places in groups that are chosen together: the first eight alone, the rest in one, so that there are few
/// choices.
pub(crate) fn subsets_of(places: Vec<usize>) -> Vec<Vec<usize>> {
    let (first, rest) = places.split_at(places.len().min(8));
    let mut groups: Vec<Vec<usize>> = first.iter().map(|&k| vec![k]).collect();
    if !rest.is_empty() {
        groups.push(rest.to_vec());
    }
    groups
}
