//! Maps over the basis vectors of an array, found by their form.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use dfn_ir::Op;
use dfn_ir::function::{Block, FuncId, Function, InstData, Value};
use dfn_ir::ops::Map;
use dfn_ir::scalar::{Compare, Scalar};

/// The directions that a map takes.
pub(super) struct Directions {
    /// The extents of the array, and of the map.
    pub(super) dims: Vec<usize>,
    /// The function that is derived.
    pub(super) func: FuncId,
    /// Its active parameter.
    pub(super) param: usize,
    /// The first result of the `jvp`.
    pub(super) result: Value,
}

impl Directions {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.dims.iter().product()
    }
}

/// The directions, if `data` is a map that derives one function in each basis vector of one parameter.
pub(super) fn directions_of(func: &Function, data: &InstData) -> Option<Directions> {
    let (Op::Map(op), [block]) = (&data.op, data.blocks.as_slice()) else {
        return None;
    };
    if !only_yields(op) {
        return None;
    }
    let dims = extents(data)?;
    let mut derivatives = 0;
    func.walk(block, &mut |_, inner| {
        derivatives += usize::from(matches!(inner.op, Op::Jvp(_) | Op::Vjp(_)));
    });
    let here = block.insts.iter().map(|&inst| &func.insts[inst]);
    let mut here = here.filter(|inner| matches!(inner.op, Op::Jvp(_)));
    let jvp = here.next().filter(|_| derivatives == 1)?;
    let Op::Jvp(target) = &jvp.op else {
        return None;
    };
    let target = &target.target;
    let mut active = (0..target.active.len()).filter(|&k| target.active[k]);
    let (Some(param), None) = (active.next(), active.next()) else {
        return None;
    };
    let known = Region { func, block };
    let basis = known.is_basis(*jvp.args.last()?, &dims);
    basis.then_some(Directions {
        dims,
        func: target.func,
        param,
        result: *jvp.results.first()?,
    })
}

fn only_yields(op: &Map) -> bool {
    op.sums + op.accs == 0
}

/// The extents of a map, if all are known.
fn extents(data: &InstData) -> Option<Vec<usize>> {
    let sizes = data.sizes.iter().map(|size| size.as_constant());
    let dims = sizes.map(|n| usize::try_from(n?).ok().filter(|&n| n > 0));
    dims.collect()
}

/// The region of the map.
struct Region<'a> {
    func: &'a Function,
    block: &'a Block,
}

impl<'a> Region<'a> {
    /// Whether `value` is 1 at the indices of the region and 0 elsewhere.
    fn is_basis(&self, value: Value, dims: &[usize]) -> bool {
        let Some(data) = self.definition(value, self.block) else {
            return false;
        };
        let (Op::Map(op), [inner]) = (&data.op, data.blocks.as_slice()) else {
            return false;
        };
        if !only_yields(op) || op.yields != 1 || extents(data).as_deref() != Some(dims) {
            return false;
        }
        let [one] = inner.results.as_slice() else {
            return false;
        };
        let mut same = vec![false; dims.len()];
        let all = match self.definition(*one, inner) {
            Some(data) if matches!(data.op, Op::Convert(_)) => {
                self.compares(data.args[0], inner, &mut same)
            }
            _ => false,
        };
        all && same.iter().all(|same| *same)
    }

    /// Whether `value` says that indices of the two regions are the same, and nothing else; marks which.
    fn compares(&self, value: Value, inner: &Block, same: &mut [bool]) -> bool {
        let Some(data) = self
            .definition(value, inner)
            .or_else(|| self.anywhere(value))
        else {
            return false;
        };
        match &data.op {
            Op::Const(op) => op.value == Scalar::Bool(true),
            Op::And(_) => data.args.iter().all(|&v| self.compares(v, inner, same)),
            Op::CompareOp(op) if op.how == Compare::Eq => {
                let pair = [data.args[0], data.args[1]];
                let params = self.block.params.iter().zip(&inner.params);
                let mut axes = params.zip(same);
                let is_pair = |(a, b): (&Value, &Value)| pair == [*a, *b] || pair == [*b, *a];
                let found = axes.find(|(both, _)| is_pair(*both));
                found.map(|(_, same)| *same = true).is_some()
            }
            _ => false,
        }
    }

    fn definition(&self, value: Value, block: &Block) -> Option<&'a InstData> {
        let insts = block.insts.iter().map(|&inst| &self.func.insts[inst]);
        insts.into_iter().find(|data| data.results.contains(&value))
    }

    fn anywhere(&self, value: Value) -> Option<&'a InstData> {
        let mut all = self.func.insts.values();
        all.find(|data| data.results.contains(&value))
    }
}
