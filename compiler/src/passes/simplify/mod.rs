//! The pass `simplify`: constants, algebra that keeps values, common subexpressions, invariants, dead
//! code.
//!
//! Before and after: any module. Why here: before differentiation, so that derivatives are small; after
//! it, so that primal and derivative share what they compute. It runs before the order of sums is fixed
//! and may change the sign of a zero that accumulation starts from, nothing else.

mod accumulators;
mod algebra;
mod alike;
mod arms;
pub(super) mod dead;
pub(super) mod effects;
mod element;
pub(super) mod fold;
mod invariants;
mod regions;
pub(super) mod replaced;
pub(super) mod settled;
mod sink;
mod structure;

use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use crate::passes::hash::{FxHashMap, FxHashSet};
use dfn_ir::function::Value;
use dfn_ir::op::Effect;
use dfn_ir::scalar::{Compare, Scalar};
use dfn_ir::size::Size;
use dfn_ir::ty::Type;
use dfn_ir::{Module, Op, Parts, TypeError};
use smallvec::SmallVec;

/// How often a function is simplified: what one round uncovers the next one uses.
const ROUNDS: usize = 3;

/// Runs the pass.
pub(crate) fn simplify(module: &mut Module, state: &mut State) -> Result<(), PassError> {
    let effects = effects::Effects::of(module);
    for id in module.ids() {
        if state.settled.knows(id, module.get(id), &effects) {
            continue;
        }
        let mut settled = false;
        for _ in 0..ROUNDS {
            let mut source = module.get(id).clone();
            regions::regions(&mut source);
            alike::alike(&mut source, &effects);
            arms::arms(&mut source, &effects);
            sink::sink(&mut source);
            invariants::invariants(&mut source, &effects);
            let mut rule = Simplify {
                scopes: vec![Scope::default()],
                effects: &effects,
                exact: state.ordered,
            };
            let mut made = rewrite(&source, &mut rule)?;
            dead::remove(&mut made, &effects);
            let same = super::inline::length(&made) == super::inline::length(&source);
            module.replace(id, made);
            if same {
                settled = true;
                break;
            }
        }
        let left = settled.then(|| module.get(id));
        state.settled.keep(id, left, &effects);
    }
    Ok(())
}

type Key = (Op, SmallVec<[Value; 3]>, SmallVec<[Size; 1]>, Vec<Type>);

/// What is known in one open block.
#[derive(Default)]
struct Scope {
    known: FxHashMap<Key, Vec<Value>>,
    conditional: bool,
    /// Whether something before this point may stop the program.
    checked: bool,
    /// Conditions that were checked.
    true_values: FxHashSet<Value>,
}

struct Simplify<'a> {
    scopes: Vec<Scope>,
    effects: &'a effects::Effects,
    /// Whether every bit must stay.
    exact: bool,
}

impl Rule for Simplify<'_> {
    fn enter(&mut self, owner: &Op) {
        let conditional = matches!(owner, Op::If(_));
        self.scopes.push(Scope {
            conditional,
            ..Scope::default()
        });
    }

    fn leave(&mut self) {
        let inner = self.scopes.pop();
        if let (Some(inner), Some(scope)) = (inner, self.scopes.last_mut()) {
            scope.checked |= inner.checked;
        }
    }

    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        let op = &site.data.op;
        if matches!(op, Op::Check(_)) && self.holds(cx, site) {
            return Ok(Made::Values(Vec::new()));
        }
        if let Some(value) = rules(cx, site, self.exact)? {
            return Ok(Made::Values(vec![value]));
        }
        if let (false, Some(scope)) = (self.is_pure(op), self.scopes.last_mut()) {
            scope.checked = true;
        }
        // A call that may stop the program has not stopped it where the same call has run before.
        let repeatable = matches!(op, Op::Call(_)) && self.effects.of_op(op) == Effect::Check;
        if !site.data.blocks.is_empty() || !(self.is_pure(op) || repeatable) {
            return Ok(Made::Copy);
        }
        let unique = site.types.iter().any(Type::is_accumulator)
            || site.args.iter().any(|&v| cx.b.ty(v).is_accumulator());
        let key = (
            op.clone(),
            canonical(site),
            site.sizes.clone(),
            site.types.clone(),
        );
        if !unique {
            let known = self
                .scopes
                .iter()
                .rev()
                .find_map(|scope| scope.known.get(&key));
            if let Some(values) = known {
                return Ok(Made::Values(values.clone()));
            }
        }
        // The types of a call's results may mention others of them; copying handles that.
        let results = &site.data.results;
        let mut named = site.source.types(results).into_iter();
        if unique || named.any(|ty| ty.values().any(|v| results.contains(&v))) {
            return Ok(Made::Copy);
        }
        // A call stays where it is: it may rely on checks before it, and may not end.
        let depth = match op {
            Op::Call(_) => cx.b.current_depth(),
            _ => self.home(cx, site),
        };
        let parts = Parts {
            args: site.args.clone(),
            sizes: site.sizes.clone(),
            ..Parts::default()
        };
        let inst =
            cx.b.in_block(depth, |b| b.push(op.clone(), parts, site.types.clone()));
        let values = cx.b.results(inst).to_vec();
        if let Some(scope) = self.scopes.get_mut(depth) {
            scope.known.insert(key, values.clone());
        }
        Ok(Made::Values(values))
    }
}

impl Simplify<'_> {
    fn is_pure(&self, op: &Op) -> bool {
        self.effects.of_op(op) == Effect::Pure
    }

    /// Whether a check is sure to hold: its condition is `true`, or was checked before on the way here.
    fn holds(&mut self, cx: &Rewriter, site: &Found<'_>) -> bool {
        let Some(&condition) = site.args.first() else {
            return false;
        };
        let known = self
            .scopes
            .iter()
            .any(|scope| scope.true_values.contains(&condition));
        if let Some(scope) = self.scopes.last_mut() {
            scope.true_values.insert(condition);
        }
        known || fold::constant(cx, condition) == Some(Scalar::Bool(true))
    }

    /// The depth of the outermost block in which the instruction can stand: where its operands are, not
    /// out of a branch, and only if that saves work.
    fn home(&self, cx: &Rewriter, site: &Found<'_>) -> usize {
        let here = cx.b.current_depth();
        let in_sizes = site.sizes.iter().flat_map(Size::values);
        let in_types = site.types.iter().flat_map(Type::values);
        let used = site.args.iter().copied().chain(in_sizes).chain(in_types);
        let needed = used.map(|v| cx.b.depth(v)).max().unwrap_or(0);
        let branch = self
            .scopes
            .iter()
            .rposition(|scope| scope.conditional)
            .unwrap_or(0);
        // What reads at an index relies on the checks before it.
        let reads = matches!(site.data.op, Op::Index(_) | Op::Slice(_));
        let check = self
            .scopes
            .iter()
            .rposition(|scope| reads && scope.checked)
            .unwrap_or(0);
        needed.max(branch).max(check).min(here)
    }
}

/// The operands, in one order for operations that do not mind it.
fn canonical(site: &Found<'_>) -> SmallVec<[Value; 3]> {
    let mut args = site.args.clone();
    let symmetric = match &site.data.op {
        Op::Add(_) | Op::Mul(_) | Op::And(_) | Op::Or(_) | Op::Xor(_) | Op::Fma(_) => true,
        Op::CompareOp(compare) => matches!(compare.how, Compare::Eq | Compare::Ne),
        _ => false,
    };
    if let (true, Some(pair)) = (symmetric, args.get_mut(..2)) {
        pair.sort_unstable();
    }
    args
}

/// The value that an instruction with one result is known to equal.
fn rules(cx: &mut Rewriter, site: &Found<'_>, exact: bool) -> Result<Option<Value>, TypeError> {
    for rule in [fold::fold, algebra::algebra, structure::structure] {
        if let Some(value) = rule(cx, site)? {
            return Ok(Some(value));
        }
    }
    if exact {
        // Before, a loop that fills rows is to be seen as that.
        return replaced::stacked(cx, site);
    }
    for rule in [algebra::zeros, accumulators::accumulators, replaced::zeros] {
        if let Some(value) = rule(cx, site)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}
