//! The innermost loop in vectors: as many elements at a time as the nest has lanes, then the rest.

use dfn_ir::Size;
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::scalar::ScalarOp;

use super::Walk;
use crate::passes::lower::cx::Cx;
use crate::passes::lower::error::Done;

impl<'a> Cx<'a> {
    /// The innermost loop; the carries after it.
    pub(super) fn innermost(&mut self, walk: &Walk<'_, 'a>, inits: &[Var]) -> Done<Vec<Var>> {
        let depth = walk.axes.len().saturating_sub(1);
        let carried = walk.carried(depth);
        let lanes = carried
            .iter()
            .filter_map(|&k| walk.reduction(k))
            .any(|r| r.lanes);
        if lanes {
            return self.blocks(walk, inits);
        }
        let width = walk.nest.width;
        let size = self.extent_size(walk, depth);
        if carried.is_empty() && walk.again && walk.beside.is_none() {
            self.windows(walk, &size)?;
            return Ok(Vec::new());
        }
        let zero = self.size(&Size::default())?;
        let hi = self.size(&size)?;
        let Some(n) = size.as_constant() else {
            let split = self.multiple(hi, width)?;
            let carries = self.strip(walk, (zero, split), width, inits)?;
            return self.rest(walk, (split, hi), &carries);
        };
        let split = n - n % i64::from(width);
        let mut carries = inits.to_vec();
        let middle = self.size(&Size::constant(split))?;
        if split > 0 {
            carries = self.strip(walk, (zero, middle), width, &carries)?;
        }
        match split < n {
            true => self.rest(walk, (middle, hi), &carries),
            false => Ok(carries),
        }
    }

    /// `n` rounded down to a multiple of a power of two.
    pub(in super::super) fn multiple(&mut self, n: Var, of: u16) -> Done<Var> {
        let mask = self.size(&Size::constant(-i64::from(of)))?;
        Ok(self.b.op(ScalarOp::And, &[n, mask]))
    }

    /// A loop over `lo..hi`, `width` elements at a time, reductions in index order.
    pub(super) fn strip(
        &mut self,
        walk: &Walk<'_, 'a>,
        (lo, hi): (Var, Var),
        width: u16,
        inits: &[Var],
    ) -> Done<Vec<Var>> {
        let spec = ForSpec::up(lo, hi).step(i64::from(width));
        let (k, mut carries) = self.open_for(spec, inits);
        self.chunk(walk, (k, width), &mut carries, None)?;
        Ok(self.close_for(&carries))
    }
}
