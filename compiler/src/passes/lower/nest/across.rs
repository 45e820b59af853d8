//! Nests of runs that go side by side: each point is computed for all of these runs at once, a lane for
//! each, and so the loops go one element at a time.
//!
//! A reduction in the order `lanes` has for each of its 8 lanes a vector with a lane for each run. Axes are
//! shorter than 32 elements here, so that there is no full step and one block: what `docs/reductions.md`
//! says for 8 elements at a time and for the last few is all. What adds a point is written 8 times; where a
//! point is much code, it writes first what is to be added.

use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::scalar::Compare;
use dfn_ir::{Size, Value};

use super::lanes::EIGHT;
use super::{After, Walk};
use crate::passes::lower::cx::Cx;
use crate::passes::lower::element::Reg;
use crate::passes::lower::error::{Done, internal};
use crate::passes::lower::map::SHORT;
use crate::passes::lower::reduction::Reduction;

/// For a reduction in lanes what is combined, and where it has been written.
type Part = Option<(Value, Var)>;

impl<'a> Cx<'a> {
    /// The innermost loop of a nest of runs that go side by side; the carries after it.
    pub(super) fn across(&mut self, walk: &Walk<'_, 'a>, inits: &[Var]) -> Done<Vec<Var>> {
        let depth = walk.axes.len().saturating_sub(1);
        let size = self.extent_size(walk, depth);
        let n = self.size(&size)?;
        let carried = walk.carried(depth);
        let lanes = |k: &usize| walk.reduction(*k).is_some_and(|r| r.lanes);
        if !carried.iter().any(lanes) {
            let zero = self.size(&Size::default())?;
            return self.one_by_one(walk, (zero, n), (inits, None));
        }
        let single = |r: &Reduction| !r.lanes || r.part.values().len() == 1;
        let row = match walk.nest.heavy && walk.nest.reductions.iter().all(single) {
            true => {
                let (carries, parts) = self.written(walk, n, inits)?;
                self.row_across(walk, &size, (&carries, Some(&parts)))?
            }
            false => self.row_across(walk, &size, (inits, None))?,
        };
        // A row that is not all has a result of its own, which is combined with those before it.
        let outer = |k: usize| walk.starts.get(k).is_some_and(|start| *start < depth);
        let mut after = Vec::new();
        for ((&k, &before), row) in carried.iter().zip(inits).zip(row) {
            after.push(match walk.reduction(k).filter(|r| r.lanes && outer(k)) {
                Some(reduction) => self.b.op(reduction.fold, &[before, row]),
                None => row,
            });
        }
        Ok(after)
    }

    /// One run of the innermost loop, with reductions in lanes; the carries after it.
    fn row_across(
        &mut self,
        walk: &Walk<'_, 'a>,
        size: &Size,
        (inits, parts): (&[Var], Option<&[Part]>),
    ) -> Done<Vec<Var>> {
        let (zero, n) = (self.size(&Size::default())?, self.size(size)?);
        let eights = self.eights_end(size, n)?;
        let block = match self.point.eights {
            Some(true) => self.eights(walk, eights, (inits, parts))?,
            Some(false) => self.no_eights(walk, inits),
            None => {
                let some = self.b.compare(Compare::Lt, zero, eights);
                self.open_if(some);
                let after = self.eights(walk, eights, (inits, parts))?;
                self.open_else(&after);
                let none = self.no_eights(walk, inits);
                self.close_if(&none)
            }
        };
        self.one_by_one(walk, (eights, n), (&block, parts))
    }

    /// Where the last 8 elements of an axis end, that are 8 elements.
    fn eights_end(&mut self, size: &Size, n: Var) -> Done<Var> {
        match size.as_constant() {
            Some(known) => self.size(&Size::constant(known - known % i64::from(EIGHT))),
            None => self.multiple(n, EIGHT),
        }
    }

    /// The carries of a row that has no 8 elements, before its first element.
    fn no_eights(&mut self, walk: &Walk<'_, 'a>, inits: &[Var]) -> Vec<Var> {
        let mut none = inits.to_vec();
        let carried = walk.carried(walk.axes.len().saturating_sub(1));
        for (slot, &k) in none.iter_mut().zip(&carried) {
            if let Some(reduction) = walk.reduction(k).filter(|r| r.lanes) {
                *slot = self.b.splat(reduction.identity, self.point_width());
            }
        }
        none
    }

    /// Whether each row asks if it has 8 elements, which is the same in all rows.
    pub(super) fn eights_decide(&self, walk: &Walk<'_, 'a>) -> bool {
        let depth = walk.axes.len().saturating_sub(1);
        let mut carried = walk.carried(depth).into_iter();
        let lanes = carried.any(|k| walk.reduction(k).is_some_and(|r| r.lanes));
        let unknown = self.extent_size(walk, depth).as_constant().is_none();
        self.abreast.is_some()
            && self.point.eights.is_none()
            && lanes
            && unknown
            && !walk.nest.heavy
    }

    /// What is inside of `depth` loops, once for rows that have 8 elements and once for others. So what all rows
    /// read can stay in registers from one row to the next: nothing is read that is not there.
    pub(super) fn asked_once(
        &mut self,
        walk: &Walk<'_, 'a>,
        depth: usize,
        carries: &[Var],
    ) -> Done<After> {
        let size = self.extent_size(walk, walk.axes.len().saturating_sub(1));
        let (zero, n) = (self.size(&Size::default())?, self.size(&size)?);
        let eights = self.eights_end(&size, n)?;
        let some = self.b.compare(Compare::Lt, zero, eights);
        let vars = |(carries, scalars): &After| -> Vec<Var> {
            let scalars = scalars.iter().map(|(_, var)| *var);
            carries.iter().copied().chain(scalars).collect()
        };
        self.open_if(some);
        self.point.eights = Some(true);
        let long = self.inside(walk, depth, carries)?;
        self.open_else(&vars(&long));
        self.point.eights = Some(false);
        let short = self.inside(walk, depth, carries)?;
        self.point.eights = None;
        let mut after = self.close_if(&vars(&short));
        let scalars = after.split_off(carries.len());
        let results = short.1.iter().map(|(result, _)| *result);
        Ok((after, results.zip(scalars).collect()))
    }

    fn point_width(&self) -> u16 {
        self.abreast.as_ref().map_or(1, |abreast| abreast.width)
    }

    /// The elements `lo..hi`, all reductions in index order.
    fn one_by_one(
        &mut self,
        walk: &Walk<'_, 'a>,
        (lo, hi): (Var, Var),
        (inits, parts): (&[Var], Option<&[Part]>),
    ) -> Done<Vec<Var>> {
        let (k, mut carries) = self.open_for(ForSpec::up(lo, hi), inits);
        self.point_of_each(walk, k, parts, |cx, at, reduction| {
            if let Some(slot) = carries.get_mut(at) {
                *slot = cx.contribute(reduction, *slot)?.var;
            }
            Ok(())
        })?;
        Ok(self.close_for(&carries))
    }

    /// One point; `add` is given the reductions that have an accumulator, with their positions. If `parts`
    /// have been written, what reductions in lanes combine is there, and all else is done.
    fn point_of_each(
        &mut self,
        walk: &Walk<'_, 'a>,
        k: Var,
        parts: Option<&[Part]>,
        mut add: impl FnMut(&mut Self, usize, &Reduction) -> Done,
    ) -> Done {
        let depth = walk.axes.len().saturating_sub(1);
        self.scoped(|cx| {
            cx.bind_counter(walk, depth, k);
            match parts {
                Some(parts) => cx.read_parts(k, parts)?,
                None => cx.effects(walk)?,
            }
            for (at, &r) in walk.carried(depth).iter().enumerate() {
                if let Some(reduction) = walk.reduction(r).filter(|r| r.lanes || parts.is_none()) {
                    add(cx, at, reduction)?;
                }
            }
            for &r in &walk.starting(depth + 1) {
                if let Some(reduction) = walk.reduction(r).filter(|_| parts.is_none()) {
                    cx.at_element(reduction)?;
                }
            }
            cx.point.regs.clear();
            Ok(())
        })
    }

    fn read_parts(&mut self, k: Var, parts: &[Part]) -> Done {
        let lanes = self.point_width();
        let each = self.size(&Size::constant(i64::from(lanes)))?;
        let place = self.b.mul(k, each);
        for &(value, buffer) in parts.iter().flatten() {
            let var = self.b.load(buffer, place, lanes);
            self.point.regs.insert(value, Reg { var, lanes });
        }
        Ok(())
    }

    /// The elements before `hi`, 8 at a time, 8 at least; of reductions in lanes what their 8 lanes give.
    fn eights(
        &mut self,
        walk: &Walk<'_, 'a>,
        hi: Var,
        (inits, parts): (&[Var], Option<&[Part]>),
    ) -> Done<Vec<Var>> {
        let depth = walk.axes.len().saturating_sub(1);
        let carried = walk.carried(depth).into_iter();
        let of: Vec<Option<&Reduction>> = carried
            .map(|k| walk.reduction(k).filter(|r| r.lanes))
            .collect();
        // What the lanes begin with is the first 8 elements: the identity changes none of them.
        let (Some(&any), lanes) = (inits.first(), of.iter().flatten().count()) else {
            return Ok(Vec::new());
        };
        let mut all = inits.to_vec();
        all.resize(inits.len() + lanes * usize::from(EIGHT), any);
        let zero = self.size(&Size::default())?;
        self.eight_points(walk, zero, (&mut all, inits.len()), (parts, true))?;
        let eight = self.size(&Size::constant(i64::from(EIGHT)))?;
        let spec = ForSpec::up(eight, hi).step(i64::from(EIGHT));
        let (k, mut inner) = self.open_for(spec, &all);
        self.eight_points(walk, k, (&mut inner, inits.len()), (parts, false))?;
        let mut after = self.close_for(&inner);
        let results = after.split_off(inits.len());
        let mut results = results.chunks(usize::from(EIGHT));
        for (slot, reduction) in after.iter_mut().zip(of) {
            if let (Some(reduction), Some(part)) =
                (reduction, reduction.and_then(|_| results.next()))
            {
                *slot = self.halved(reduction, part.to_vec())?;
            }
        }
        Ok(after)
    }

    /// 8 points from `first` on. After the `ordered` carries there are the 8 lanes of each reduction in lanes,
    /// which begin here or go on.
    fn eight_points(
        &mut self,
        walk: &Walk<'_, 'a>,
        first: Var,
        (carries, ordered): (&mut [Var], usize),
        (parts, begin): (Option<&[Part]>, bool),
    ) -> Done {
        let carried = walk.carried(walk.axes.len().saturating_sub(1));
        let in_lanes = |k: &&usize| walk.reduction(**k).is_some_and(|r| r.lanes);
        for q in 0..usize::from(EIGHT) {
            let offset = self.size(&Size::constant(q as i64))?;
            let k = self.b.add(first, offset);
            self.point_of_each(walk, k, parts, |cx, at, reduction| {
                let before = carried.iter().take(at).filter(in_lanes).count();
                let place = match reduction.lanes {
                    true => ordered + before * usize::from(EIGHT) + q,
                    false => at,
                };
                if let Some(slot) = carries.get_mut(place) {
                    *slot = match begin && reduction.lanes {
                        true => cx.alone(reduction)?,
                        false => cx.contribute(reduction, *slot)?.var,
                    };
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// What this point adds, where nothing is before it.
    fn alone(&mut self, reduction: &Reduction) -> Done<Var> {
        let width = self.point_width();
        let parts = self.parts(&reduction.part)?;
        let vars: Vec<Var> = parts.iter().map(|&reg| self.widen(reg, width)).collect();
        match *vars {
            [x] => Ok(x),
            [x, y] => Ok(self.b.mul(x, y)),
            _ => Err(internal("nothing is added")),
        }
    }

    /// A first loop where a point is much code: it writes what reductions in lanes combine, so that what
    /// follows has little. The carries after it, and for each the value and where it is.
    fn written(
        &mut self,
        walk: &Walk<'_, 'a>,
        n: Var,
        inits: &[Var],
    ) -> Done<(Vec<Var>, Vec<Part>)> {
        let depth = walk.axes.len().saturating_sub(1);
        let width = self.point_width();
        let zero = self.size(&Size::default())?;
        let len = self.size(&Size::constant(i64::from(width) * (SHORT - 1)))?;
        let mut parts = Vec::new();
        for reduction in walk
            .carried(depth)
            .iter()
            .filter_map(|&k| walk.reduction(k))
        {
            let value = reduction.part.values().first().copied();
            parts.push(value.filter(|_| reduction.lanes).map(|value| {
                let buffer = self.b.alloc("parts", self.func.ty(value).dtype, len);
                self.temporaries.push((buffer, self.span));
                (value, buffer)
            }));
        }
        let (k, mut inner) = self.open_for(ForSpec::up(zero, n), inits);
        let each = self.size(&Size::constant(i64::from(width)))?;
        let place = self.b.mul(k, each);
        self.point_of_each(walk, k, None, |cx, at, reduction| {
            if let Some(&Some((value, buffer))) = parts.get(at) {
                let reg = cx.operand(value)?;
                let var = cx.widen(reg, width);
                cx.b.store(buffer, place, var);
            } else if let Some(slot) = inner.get_mut(at) {
                *slot = cx.contribute(reduction, *slot)?.var;
            }
            Ok(())
        })?;
        Ok((self.close_for(&inner), parts))
    }

    /// Vectors combined by halves.
    fn halved(&mut self, reduction: &Reduction, mut of: Vec<Var>) -> Done<Var> {
        while of.len() > 1 {
            let high = of.split_off(of.len() / 2);
            for (low, high) in of.iter_mut().zip(high) {
                *low = self.b.op(reduction.fold, &[*low, high]);
            }
        }
        of.first()
            .copied()
            .ok_or_else(|| internal("no partial results"))
    }
}
