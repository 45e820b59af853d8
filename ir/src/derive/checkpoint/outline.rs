//! Loops as functions of their own.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::builder::Builder;
use crate::derive::clone::{copy_inst, renamed};
use crate::derive::needs;
use crate::function::{FuncId, Function, Inst, Value};
use crate::module::Module;
use crate::ops::Call;
use crate::scalar::DType;
use crate::size::Size;
use std::collections::{HashMap, HashSet};

/// Moves the instruction `inst` of `func` to a function of its own, called `name`, and calls that in its
/// place.
pub fn outline(module: &mut Module, func: &mut Function, inst: Inst, name: &str) -> FuncId {
    let source = func.clone();
    let (sizes, args) = parameters(&source, inst);
    let mut b = Builder::new(name);
    let mut map = HashMap::new();
    for &size in &sizes {
        let hint = source.values[size].name.clone();
        let param = b.size_param(hint.unwrap_or_else(|| "n".into()).as_ref());
        map.insert(size, param);
    }
    for &arg in &args {
        let ty = source.ty(arg).rename(|v| renamed(&map, v));
        let param = b.param(ty, source.values[arg].name.clone());
        map.insert(arg, param);
    }
    let made = copy_inst(&mut b, &source, inst, &mut map);
    let results = b.results(made).to_vec();
    let id = module.add(b.finish(results));
    let data = &mut func.insts[inst];
    data.op = Call { func: id }.into();
    data.args = args.into();
    data.sizes = sizes.into_iter().map(Size::value).collect();
    data.blocks = Vec::new();
    id
}

/// What the instruction needs: the numbers that types mention, then the others.
fn parameters(source: &Function, inst: Inst) -> (Vec<Value>, Vec<Value>) {
    let data = &source.insts[inst];
    let mut all = needs(source, data);
    let in_types: Vec<Value> = all.iter().flat_map(|&v| source.ty(v).values()).collect();
    all.extend(&in_types);
    let mut seen = HashSet::new();
    all.retain(|v| seen.insert(*v));
    let mut mentioned: HashSet<Value> = in_types.into_iter().collect();
    mentioned.extend(data.sizes.iter().flat_map(Size::values));
    for &result in &data.results {
        mentioned.extend(source.ty(result).values());
    }
    let is_size = |v: &Value| mentioned.contains(v) && source.ty(*v).is(DType::I64);
    all.into_iter().partition(is_size)
}
