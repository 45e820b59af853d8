//! The pass `sparsity`: where a derivative can be other than zero, from the indices that a function uses.
//!
//! Before: `sparsity` names a function that contains no derivative to be expanded. After: in its place
//! stand loops that compute the indices of `f` and give pairs of a row and a column. Why here: with
//! `linearize`, innermost first, on closed functions.
//!
//! What is put in does not look at the floats that `f` is given, so a pattern holds for all their values; it loops over the elements that depend on each other, so its size does not grow with
//! theirs.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

mod atoms;
mod copy;
mod cover;
mod emit;
mod frames;
mod search;
mod second;
mod solved;
mod step;

use super::inline::CopyAll;
use super::linearize::is_expanded;
use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use atoms::{Counters, Expr};
use dfn_ir::function::{Function, Value};
use dfn_ir::ops::Sparsity;
use dfn_ir::{Module, Op, Span, TypeError};
use emit::Nest;
use frames::{Frames, ROOT};
use search::{State as Element, Term, dependencies};
use std::collections::HashMap;

/// Runs the pass.
pub(crate) fn sparsity(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    let ready: Vec<bool> = module.ids().map(|id| is_expanded(module, id)).collect();
    let mut made: HashMap<Sparsity, Function> = HashMap::new();
    for id in module.ids() {
        let source = module.get(id).clone();
        let mut any = false;
        source.walk(&source.body, &mut |_, data| {
            if let Op::Sparsity(op) = &data.op {
                any |= ready.get(op.func.as_u32() as usize) == Some(&true);
            }
        });
        if !any {
            continue;
        }
        let mut rule = Expand {
            module,
            ready: &ready,
            made: &mut made,
            failed: None,
        };
        let rebuilt = rewrite(&source, &mut rule);
        if let Some(error) = rule.failed {
            return Err(error);
        }
        module.replace(id, rebuilt?);
    }
    Ok(())
}

struct Expand<'a> {
    module: &'a Module,
    ready: &'a [bool],
    made: &'a mut HashMap<Sparsity, Function>,
    failed: Option<PassError>,
}

impl Rule for Expand<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        let Op::Sparsity(op) = &site.data.op else {
            return Ok(Made::Copy);
        };
        if self.ready.get(op.func.as_u32() as usize) != Some(&true) || self.failed.is_some() {
            return Ok(Made::Copy);
        }
        if !self.made.contains_key(op) {
            match function(self.module, op, site.data.span) {
                Ok(function) => self.made.insert(op.clone(), function),
                Err(PassError::Internal(error)) => return Err(TypeError::new(error)),
                Err(error) => {
                    self.failed = Some(error);
                    return Ok(Made::Copy);
                }
            };
        }
        let pattern = self.made.get(op);
        let pattern = pattern.ok_or_else(|| TypeError::new("a pattern is missing"))?;
        // In its place and not called: how many pairs there are may turn out to be known.
        let values = cx.splice(pattern, &site.sizes, &site.args, &mut CopyAll)?;
        Ok(Made::Values(values))
    }
}

/// The function that gives the pattern.
fn function(module: &Module, op: &Sparsity, span: Span) -> Result<Function, PassError> {
    let func = module.get(op.func);
    let params = func.params();
    let columns: Vec<Value> = op
        .columns
        .iter()
        .filter_map(|&k| params.get(k).copied())
        .collect();
    let mut frames = Frames::new(module, op.func);
    let starts = starts(&mut frames, &columns, span)?;
    let nests = match op.order {
        1 => first(&mut frames, &columns, &starts, span)?,
        _ => second_order(&mut frames, &columns, &starts, span)?,
    };
    if search::is_exhausted(&frames) || nests.len() > MAX_NESTS {
        return Err(too_much(span));
    }
    let nests = cover::fewest(&frames.atoms, nests);
    let nests: Vec<Nest> = nests
        .into_iter()
        .map(|nest| simpler(&frames, nest))
        .collect();
    let name = format!("{}.sparsity", func.name);
    Ok(emit::pattern(&mut frames, name, &nests)?)
}

/// So many parts of a pattern are compared, each with each.
const MAX_NESTS: usize = 2_000;

fn too_much(span: Span) -> PassError {
    PassError::NoPattern {
        reason: "too many ways lead from the results to the arguments to follow them all"
            .to_owned(),
        span,
    }
}

/// The sizes of an array, and where its elements begin among those of several.
struct Place {
    extents: Vec<Expr>,
    start: Expr,
}

impl Place {
    /// The number of an element.
    fn number(&self, at: &[Expr]) -> Expr {
        let known = |list: &[Expr]| list.iter().cloned().map(Some).collect::<Vec<_>>();
        let flat = step::flat(&known(at), &known(&self.extents));
        flat.and_then(|flat| self.start.checked_add(&flat))
            .unwrap_or_default()
    }

    /// The indices with their extents.
    fn ranges(&self, at: &[Expr]) -> impl Iterator<Item = (Expr, Expr)> {
        at.iter().cloned().zip(self.extents.clone())
    }
}

/// Where the elements of each of these values are, one value after another.
fn starts(frames: &mut Frames<'_>, values: &[Value], span: Span) -> Result<Vec<Place>, PassError> {
    let func = frames.func(ROOT);
    let mut start = Expr::default();
    let mut places = Vec::new();
    for &value in values {
        let sizes = func.ty(value).shape.iter();
        let extents: Option<Vec<Expr>> = sizes.map(|size| frames.size(ROOT, size)).collect();
        let extents = extents.ok_or_else(|| unknown_size(span))?;
        let mut count = Some(Expr::constant(1));
        for extent in &extents {
            count = count.and_then(|count| count.checked_mul(extent));
        }
        let next = count.and_then(|count| start.checked_add(&count));
        let next = next.ok_or_else(|| TypeError::new("a size overflows"))?;
        places.push(Place { extents, start });
        start = next;
    }
    Ok(places)
}

fn unknown_size(span: Span) -> PassError {
    PassError::NoPattern {
        reason: "a size of a result depends on floats".to_owned(),
        span,
    }
}

/// The nests of a Jacobian.
fn first(
    frames: &mut Frames<'_>,
    columns: &[Value],
    starts_of_columns: &[Place],
    span: Span,
) -> Result<Vec<Nest>, PassError> {
    let func = frames.func(ROOT);
    let results = func.body.results.iter().copied();
    let results: Vec<Value> = results
        .filter(|&v| func.ty(v).is_differentiable())
        .collect();
    let rows = starts(frames, &results, span)?;
    let mut nests = Vec::new();
    for (number, (&result, place)) in results.iter().zip(&rows).enumerate() {
        let mut reserved = Counters::new();
        let mut at = Vec::new();
        for extent in &place.extents {
            let counter = frames.atoms.fresh(extent, &reserved);
            reserved.insert(counter);
            at.push(Expr::value(counter));
        }
        let start = Element {
            frame: ROOT,
            value: result,
            at: at.iter().cloned().map(Some).collect(),
            solved: Default::default(),
        };
        for term in dependencies(frames, columns, start, &reserved) {
            let Term {
                column: parameter,
                at: index,
                solved,
            } = term;
            let Some(column) = starts_of_columns.get(parameter) else {
                continue;
            };
            let at: Vec<Expr> = at.iter().map(|e| solved.apply(e)).collect();
            nests.push(Nest {
                parameters: (number, parameter),
                at: at.iter().chain(&index).cloned().collect(),
                rank: at.len(),
                row: place.number(&at),
                column: column.number(&index),
                ranges: column.ranges(&index).collect(),
                solved: (*solved).clone(),
                both: false,
            });
        }
    }
    Ok(nests)
}

/// The nests of a Hessian.
fn second_order(
    frames: &mut Frames<'_>,
    columns: &[Value],
    starts: &[Place],
    span: Span,
) -> Result<Vec<Nest>, PassError> {
    let mut nests = Vec::new();
    for pair in second::pairs(frames, columns).ok_or_else(|| too_much(span))? {
        let (Some(row), Some(column)) = (starts.get(pair.row.0), starts.get(pair.column.0)) else {
            continue;
        };
        let ranges = row.ranges(&pair.row.1).chain(column.ranges(&pair.column.1));
        let at = pair.row.1.iter().chain(&pair.column.1);
        nests.push(Nest {
            parameters: (pair.row.0, pair.column.0),
            at: at.cloned().collect(),
            rank: pair.row.1.len(),
            row: row.number(&pair.row.1),
            column: column.number(&pair.column.1),
            ranges: ranges.collect(),
            solved: (*pair.solved).clone(),
            both: pair.row != pair.column,
        });
    }
    Ok(nests)
}

/// The nest with conditions for what was solved, without those that hold anyway.
fn simpler(frames: &Frames<'_>, mut nest: Nest) -> Nest {
    let atoms = &frames.atoms;
    for (counter, expr) in &nest.solved.counters {
        let extent = atoms.extent(*counter).cloned().unwrap_or_default();
        nest.ranges.push((expr.clone(), extent));
    }
    let solved = nest.solved.clone();
    let mut kept: Vec<(Expr, Expr)> = Vec::new();
    for (index, extent) in nest.ranges.iter().chain(&solved.ranges) {
        let range = (solved.apply(index), solved.apply(extent));
        if !solved.is_inside(atoms, &range) && !kept.contains(&range) {
            kept.push(range);
        }
    }
    nest.ranges = kept;
    nest
}
