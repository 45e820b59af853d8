//! The pass `directions`: the derivatives of a small function in each of a few numbers, written out.
//!
//! Before: a `map` over the basis vectors of a short array runs a `jvp` in each. After: one `jvp` for each
//! number, of the function with that array, and all others in it, taken apart. Why here: before `linearize`,
//! to which a number that is not active is a zero that it sees: each direction then has only the terms that
//! it has, and what all directions share is computed once. Done later, on tangents that are 0, terms could
//! not go, for 0 times what is infinite is not 0.

mod apart;
mod basis;

use super::inline::length;
use super::linearize::is_expanded;
use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use super::unroll::places;
use basis::{Directions, directions_of};
use dfn_ir::function::{FuncId, Value};
use dfn_ir::ops::transform::Target;
use dfn_ir::ops::{Index, Jvp, Reshape, Stack};
use dfn_ir::scalar::Scalar;
use dfn_ir::{Module, Op, Type, TypeError};
use std::collections::HashMap;

/// Of more directions a loop is made.
const DIRECTIONS: usize = 16;
/// How much code all directions may be, if each had all terms.
const CODE: usize = 3000;

/// Runs the pass.
pub(crate) fn directions(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    let mut apart = HashMap::new();
    for id in module.ids() {
        let source = module.get(id).clone();
        let mut derives = false;
        source.walk(&source.body, &mut |_, data| {
            derives |= matches!(data.op, Op::Jvp(_));
        });
        if !derives {
            continue;
        }
        let mut rule = WriteOut {
            module,
            apart: &mut apart,
            now: None,
        };
        let made = rewrite(&source, &mut rule)?;
        module.replace(id, made);
    }
    Ok(())
}

struct WriteOut<'a> {
    module: &'a mut Module,
    /// The functions taken apart so far, by function and parameter; `None` where that is too much code.
    apart: &'a mut HashMap<(FuncId, usize), Option<FuncId>>,
    /// The map that is being written out.
    now: Option<Now>,
}

/// Where in a map that is written out.
struct Now {
    directions: Directions,
    /// The function taken apart.
    func: FuncId,
    /// The number of the direction.
    at: usize,
    /// The array that was read last, and its elements.
    elements: Option<(Value, Vec<Value>)>,
}

impl Rule for WriteOut<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        if let Some(now) = &mut self.now {
            return match site.data.results.first() == Some(&now.directions.result) {
                true => now.derive(cx, site, self.module).map(Made::Values),
                false => Ok(Made::Copy),
            };
        }
        let found = directions_of(site.source, site.data);
        let Some(directions) = found.filter(|found| found.count() <= DIRECTIONS) else {
            return Ok(Made::Copy);
        };
        match self.taken_apart(&directions)? {
            Some(func) => self.write_out(cx, site, directions, func),
            None => Ok(Made::Copy),
        }
    }
}

impl WriteOut<'_> {
    /// The function of the directions with its parameter as numbers, if that is little straight code.
    fn taken_apart(&mut self, found: &Directions) -> Result<Option<FuncId>, TypeError> {
        if !is_expanded(self.module, found.func) {
            return Ok(None);
        }
        if let Some(&known) = self.apart.get(&(found.func, found.param)) {
            return Ok(known);
        }
        let made = apart::apart(self.module, found.func, found.param)?;
        let short = made.filter(|func| found.count() * length(func) <= CODE);
        let made = short.map(|func| self.module.add(func));
        self.apart.insert((found.func, found.param), made);
        Ok(made)
    }

    /// The results of the map, its runs one after another.
    fn write_out(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        directions: Directions,
        func: FuncId,
    ) -> Result<Made, TypeError> {
        let Some(block) = site.data.blocks.first() else {
            return Ok(Made::Copy);
        };
        let runs = places(&directions.dims);
        self.now = Some(Now {
            directions,
            func,
            at: 0,
            elements: None,
        });
        let mut yields: Vec<Vec<Value>> = vec![Vec::new(); site.types.len()];
        for (at, place) in runs.iter().enumerate() {
            if let Some(now) = &mut self.now {
                now.at = at;
            }
            let place = place.iter();
            let params = place.map(|&k| cx.b.constant(Scalar::I64(k as i64)));
            let params = params.collect::<Result<Vec<Value>, _>>()?;
            let results = cx.region(site.source, block, &params, self)?;
            for (all, value) in yields.iter_mut().zip(results) {
                all.push(value);
            }
        }
        self.now = None;
        let stacked = yields.iter().zip(&site.types);
        let stacked = stacked.map(|(parts, ty)| stack(cx, parts, ty));
        stacked.collect::<Result<_, _>>().map(Made::Values)
    }
}

/// The values along new leading axes.
fn stack(cx: &mut Rewriter, parts: &[Value], ty: &Type) -> Result<Value, TypeError> {
    let flat = cx.b.op(Stack, parts)?;
    match cx.b.ty(flat) == ty {
        true => Ok(flat),
        false => cx.b.op_as(Reshape, &[flat], ty.clone()),
    }
}

impl Now {
    /// The `jvp` in one number.
    fn derive(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        module: &Module,
    ) -> Result<Vec<Value>, TypeError> {
        let array = site.args.get(self.directions.param).copied();
        let array = array.ok_or_else(|| TypeError::new("a derivative without its argument"))?;
        let elements = self.elements(cx, array)?;
        // The tangent comes last; the function has the numbers behind its own parameters.
        let before = site.args.len() - 1;
        let mut active = vec![false; before + elements.len()];
        if let Some(this) = active.get_mut(before + self.at) {
            *this = true;
        }
        let mut args = site.args.iter().take(before).copied().collect::<Vec<_>>();
        args.extend(&elements);
        let ty = Type::scalar(cx.b.ty(array).dtype);
        args.push(cx.b.fill(1.0, &ty)?);
        let target = Target {
            func: self.func,
            active,
        };
        let inst = Jvp::emit(target, &mut cx.b, module, &site.sizes, args)?;
        Ok(cx.b.results(inst).to_vec())
    }

    /// The elements of the array, read once if all directions have the same.
    fn elements(&mut self, cx: &mut Rewriter, array: Value) -> Result<Vec<Value>, TypeError> {
        if let Some((known, elements)) = &self.elements
            && *known == array
        {
            return Ok(elements.clone());
        }
        let mut elements = Vec::new();
        for place in places(&self.directions.dims) {
            let mut args = vec![array];
            for k in place {
                args.push(cx.b.constant(Scalar::I64(k as i64))?);
            }
            elements.push(cx.b.op(Index, &args)?);
        }
        self.elements = Some((array, elements.clone()));
        Ok(elements)
    }
}
