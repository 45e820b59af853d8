//! The pass `expand`: the primitives of linear algebra become calls of the functions that compute them.
//!
//! Before: any module without derivatives to be expanded. After: none of these primitives is left, and no
//! parameter is marked as linear, since a loop that solves a system is not made of linear operations. Why
//! here: after differentiation, whose rules are in terms of the primitives; before inlining and the order
//! of sums, so that every engine runs the same loops.

use super::inline::CopyAll;
use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use dfn_ir::function::{Function, Value};
use dfn_ir::linalg;
use dfn_ir::size::Size;
use dfn_ir::{FuncId, Module, Op, TypeError};

/// Runs the pass.
pub(crate) fn expand(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    for id in module.ids() {
        let source = module.get(id).clone();
        let mut found = false;
        source.walk(&source.body, &mut |_, data| {
            let ranks: Vec<usize> = data.args.iter().map(|&v| source.ty(v).rank()).collect();
            found |= data.op.algorithm(&ranks).is_some() || matches!(data.op, Op::Pinv(_));
        });
        if found {
            let made = rewrite(&source, &mut Expand { module })?;
            module.replace(id, made);
        }
    }
    for id in module.ids() {
        module.get_mut(id).linear = 0;
    }
    Ok(())
}

struct Expand<'a> {
    module: &'a mut Module,
}

impl Rule for Expand<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        if let (Op::Pinv(_), &[_, known]) = (&site.data.op, site.args.as_slice()) {
            return Ok(Made::Values(vec![known]));
        }
        let ranks: Vec<usize> = site.args.iter().map(|&v| cx.b.ty(v).rank()).collect();
        let Some(kernel) = site.data.op.algorithm(&ranks) else {
            return Ok(Made::Copy);
        };
        let args = site.args.get(kernel.skipped..).unwrap_or_default();
        let dtype = site.args.first().map(|&v| cx.b.ty(v).dtype);
        let dtype = dtype.ok_or_else(|| TypeError::new("an operand is missing"))?;
        let (kernels, id) = kernel.find(dtype)?;
        let func = kernels.get(id);
        let shapes: Vec<Vec<Size>> = args.iter().map(|&v| cx.b.ty(v).shape.to_vec()).collect();
        let sizes = linalg::sizes(func, &shapes);
        let sizes = sizes.ok_or_else(|| TypeError::new("a size is not that of an operand"))?;
        // The memory of a call must be known when its caller is entered.
        let known = |v: Value| cx.b.depth(v) == 0 && cx.b.definition(v).is_none();
        if !sizes.iter().flat_map(Size::values).all(known) {
            let values = cx.splice(func, &sizes, args, &mut CopyAll)?;
            return Ok(Made::Values(values));
        }
        let callee = self.function(&kernel.full_name(dtype), func);
        let inst = cx.b.call(self.module, callee, &sizes, args)?;
        Ok(Made::Values(cx.b.results(inst).to_vec()))
    }
}

impl Expand<'_> {
    /// The function of the program called `name`, which is `func`.
    fn function(&mut self, name: &str, func: &Function) -> FuncId {
        match self.module.named(name) {
            Some(known) => known,
            None => {
                let mut func = func.clone();
                func.name = name.to_owned();
                self.module.add(func)
            }
        }
    }
}
