//! Which instructions of a block share a loop nest.
//!
//! A greedy pass in program order: a member joins the last nest of its iteration space that stands after
//! all that it needs; a value that is used only at the same index in the same nest is never stored. What
//! reads memory at a computed index stays behind the last check. Other instructions keep their order.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use dfn_ir::derive::free_values;
use dfn_ir::function::{Block, InstData};
use dfn_ir::{DType, Inst, Op, Size, Value};

use super::cx::Cx;
use super::dot::Space;
use super::early::ordered;
use super::error::Done;
use super::kind::{Kind, is_free, kind};
use super::simple;
use super::sink::sink;
use super::strips::{Strip, strips};

/// A nest stays below this number of instructions.
pub(super) const LIMIT: usize = 200;

/// A member joins one of the last items, so that planning takes linear time.
const REACH: usize = 256;

/// Something to emit.
pub(super) enum Item {
    /// An instruction by itself.
    One(Inst),
    /// Instructions in one nest.
    Group(Group),
    /// Nests that run strip by strip.
    Strip(Box<Strip>),
}

/// Instructions with one iteration space.
pub(super) struct Group {
    pub(super) shape: Vec<Size>,
    /// The width that a reduction in lanes asks for.
    pub(super) width: Option<u16>,
    pub(super) insts: Vec<Inst>,
    /// Values that are needed outside.
    pub(super) stored: HashSet<Value>,
    /// Values that are added to arrays in memory.
    pub(super) added: Vec<Value>,
}

impl Group {
    /// What is here; nothing stays.
    pub(super) fn take(&mut self) -> Group {
        let empty = Group {
            shape: self.shape.clone(),
            width: None,
            insts: Vec::new(),
            stored: HashSet::new(),
            added: Vec::new(),
        };
        std::mem::replace(self, empty)
    }

    /// Whether a member of this space and width may join.
    pub(super) fn takes(&self, shape: &[Size], width: Option<u16>) -> bool {
        let widths = self.width.is_none() || width.is_none() || self.width == width;
        self.shape == shape && widths && self.insts.len() < LIMIT
    }
}

/// A use of a value.
pub(super) struct Use {
    pub(super) value: Value,
    /// The item that uses it; the number of items for the results of the block.
    pub(super) item: usize,
    /// Only at the index of the nest.
    pub(super) direct: bool,
}

/// What an instruction needs.
struct Need {
    value: Value,
    /// Only at the index of the nest.
    direct: bool,
}

struct Planner<'c, 'a> {
    cx: &'c Cx<'a>,
    items: Vec<Item>,
    /// The item that defines a value.
    place: HashMap<Value, usize>,
    /// Values that exist at each point of their nest.
    pointwise: HashSet<Value>,
    uses: Vec<Use>,
    /// The first item after the last check.
    barrier: usize,
}

/// For each value the last item that uses it, and how often.
pub(super) type LastUses = HashMap<Value, (usize, usize)>;

/// The order of emission of `block`, and the last uses of values.
pub(super) fn plan(cx: &Cx<'_>, block: &Block) -> Done<(Vec<Item>, LastUses)> {
    let mut planner = Planner {
        cx,
        items: Vec::new(),
        place: HashMap::new(),
        pointwise: HashSet::new(),
        uses: Vec::new(),
        barrier: 0,
    };
    for inst in ordered(cx, block) {
        planner.add(inst)?;
    }
    let end = planner.items.len();
    for &result in &block.results {
        if planner.adds(result)? {
            continue;
        }
        let mut needs = Vec::new();
        planner.sources(result, false, &mut needs);
        let use_at_end = |need: Need| Use {
            value: need.value,
            item: end,
            direct: false,
        };
        planner.uses.extend(needs.into_iter().map(use_at_end));
    }
    planner.finish()
}

impl Planner<'_, '_> {
    fn add(&mut self, inst: Inst) -> Done {
        let data = self.cx.data(inst);
        let kind = kind(self.cx, data);
        if kind == Kind::Free {
            return Ok(());
        }
        let needs = self.needs(data, kind)?;
        let at = match kind {
            Kind::Member => self.join(inst, data, &needs)?,
            Kind::Free | Kind::Scalar | Kind::Own => {
                self.items.push(Item::One(inst));
                let at = self.items.len() - 1;
                if may_stop(&data.op) {
                    self.barrier = at + 1;
                }
                at
            }
        };
        self.place.extend(data.results.iter().map(|&v| (v, at)));
        self.uses.extend(needs.iter().map(|need| Use {
            value: need.value,
            item: at,
            direct: need.direct,
        }));
        Ok(())
    }

    /// Puts a member into a nest: the position.
    fn join(&mut self, inst: Inst, data: &InstData, needs: &[Need]) -> Done<usize> {
        let (shape, width) = space(self.cx, data)?;
        let rank = shape.len();
        let checks = simple::has_check(self.cx, data);
        let first = self.earliest(data, &shape, needs);
        let first = first.max(self.items.len().saturating_sub(REACH));
        let fits = |item: &Item| matches!(item, Item::Group(g) if g.takes(&shape, width));
        let after = self.items.get(first..).unwrap_or_default();
        let last = after.iter().rposition(fits).filter(|_| !checks);
        let at = last.map_or(self.items.len(), |at| first + at);
        match self.items.get_mut(at) {
            Some(Item::Group(group)) => {
                group.insts.push(inst);
                group.width = group.width.or(width);
            }
            _ => self.items.push(Item::Group(Group {
                shape,
                width,
                insts: vec![inst],
                stored: HashSet::new(),
                added: Vec::new(),
            })),
        }
        if checks {
            self.barrier = at + 1;
        }
        let yields = match &data.op {
            Op::Map(op) => op.yields,
            op if op.kernel().is_some() => 1,
            _ => 0,
        };
        // An array that a run yields is in memory only.
        let results = data.results.iter().take(yields);
        let scalar = |v: &&Value| self.cx.func.ty(**v).rank() == rank;
        self.pointwise.extend(results.filter(scalar));
        if matches!(data.op, Op::AccAdd(_)) {
            self.pointwise.extend(&data.results);
        }
        Ok(at)
    }

    /// The first position where all that a member needs is there.
    fn earliest(&self, data: &InstData, shape: &[Size], needs: &[Need]) -> usize {
        let mut first = if self.guarded(data) { self.barrier } else { 0 };
        for need in needs {
            let Some(&at) = self.place.get(&need.value) else {
                continue;
            };
            let together = need.direct
                && self.pointwise.contains(&need.value)
                && matches!(self.items.get(at), Some(Item::Group(g)) if g.shape == shape)
                && (!self.is_added(need.value) || self.only_adds(at));
            first = first.max(if together { at } else { at + 1 });
        }
        first
    }

    /// Whether a nest has no reduction, whose rows could not run side by side any more.
    fn only_adds(&self, at: usize) -> bool {
        let plain = |inst: &Inst| {
            let op = &self.cx.data(*inst).op;
            matches!(op, Op::AccAdd(_)) || op.kernel().is_some()
        };
        matches!(self.items.get(at), Some(Item::Group(g)) if g.insts.iter().all(plain))
    }

    /// Whether an accumulator is what an addition of arrays leaves.
    fn is_added(&self, acc: Value) -> bool {
        let data = self.cx.def(acc);
        data.is_some_and(|data| {
            matches!(data.op, Op::AccAdd(_)) && kind(self.cx, data) == Kind::Member
        })
    }

    /// Whether a member reads memory at an index that a check may guard.
    fn guarded(&self, data: &InstData) -> bool {
        let indexed = |v: &Value| {
            let mut value = *v;
            while let Some(data) = self.cx.def(value) {
                match (&data.op, data.args.first()) {
                    (Op::Index(_) | Op::Slice(_) | Op::Window(_), _) => return true,
                    (Op::Broadcast(_) | Op::Transposed(_) | Op::Reshape(_), Some(&x)) => value = x,
                    _ => return false,
                }
            }
            false
        };
        let places = matches!(data.op, Op::AccAdd(_)) && data.args.len() > 2;
        matches!(data.op, Op::Map(_)) || places || data.args.iter().any(indexed)
    }

    fn needs(&self, data: &InstData, kind: Kind) -> Done<Vec<Need>> {
        let mut needs = Vec::new();
        let member = kind == Kind::Member;
        for (k, &arg) in data.args.iter().enumerate() {
            let direct = match &data.op {
                Op::Dot(op) => Space::of(self.cx, op, data)?.is_direct(k),
                // Parts of one accumulator are the same or apart: element by element, additions keep
                // their order in one nest.
                Op::AccAdd(_) => k == 1 || k == 0 && self.is_added(arg),
                Op::Map(_) => false,
                _ => true,
            };
            self.sources(arg, member && direct, &mut needs);
        }
        let types = data
            .results
            .iter()
            .flat_map(|&v| self.cx.func.ty(v).values());
        for value in data.sizes.iter().flat_map(Size::values).chain(types) {
            self.sources(value, false, &mut needs);
        }
        for value in free_values(self.cx.func, &data.blocks) {
            let direct = member && simple::reads_at_index(self.cx, data, value);
            self.sources(value, direct, &mut needs);
        }
        Ok(needs)
    }

    /// What computes `value`, through index functions.
    fn sources(&self, value: Value, direct: bool, needs: &mut Vec<Need>) {
        match self.cx.def(value) {
            Some(data) if !self.place.contains_key(&value) && is_free(self.cx, data) => {
                for &arg in &data.args {
                    self.sources(arg, false, needs);
                }
            }
            _ => needs.push(Need { value, direct }),
        }
    }

    /// Whether `result` is only to be added to an array in memory, and can be where it is computed.
    fn adds(&mut self, result: Value) -> Done<bool> {
        if !self.cx.adders.contains_key(&result) || !self.pointwise.contains(&result) {
            return Ok(false);
        }
        let shape = self.cx.shape_of(result)?;
        let at = self.place.get(&result).copied().unwrap_or(usize::MAX);
        let Some(Item::Group(group)) = self.items.get_mut(at) else {
            return Ok(false);
        };
        let fits = group.shape == shape;
        if fits {
            group.added.push(result);
            // It stays where it is.
            self.uses.push(Use {
                value: result,
                item: at,
                direct: true,
            });
        }
        Ok(fits)
    }

    /// Marks what has to be stored.
    fn finish(mut self) -> Done<(Vec<Item>, LastUses)> {
        let pointwise = std::mem::take(&mut self.pointwise);
        let inside = |value: &Value| pointwise.contains(value);
        sink(
            self.cx,
            &mut self.items,
            &mut self.place,
            &mut self.uses,
            inside,
        );
        for used in &self.uses {
            let Some(&at) = self.place.get(&used.value) else {
                continue;
            };
            if used.direct && at == used.item {
                continue;
            }
            if let Some(Item::Group(group)) = self.items.get_mut(at) {
                group.stored.insert(used.value);
            }
        }
        if self.cx.abreast.is_none() {
            strips(self.cx, &mut self.items, &mut self.place, &mut self.uses)?;
        }
        let mut last = LastUses::new();
        for used in self.uses {
            let entry = last.entry(used.value).or_insert((used.item, 0));
            match entry.0.cmp(&used.item) {
                Ordering::Less => *entry = (used.item, 1),
                Ordering::Equal => entry.1 += 1,
                Ordering::Greater => {}
            }
        }
        Ok((self.items, last))
    }
}

/// Whether an instruction may end the program, or hold one that does.
pub(super) fn may_stop(op: &Op) -> bool {
    matches!(
        op,
        Op::Check(_)
            | Op::Call(_)
            | Op::For(_)
            | Op::While(_)
            | Op::If(_)
            | Op::Map(_)
            | Op::Print(_)
            | Op::Differences(_)
    )
}

/// The iteration space of a member, and the width that it asks for.
fn space(cx: &Cx<'_>, data: &InstData) -> Done<(Vec<Size>, Option<u16>)> {
    let shape_of = |k: usize| match data.args.get(k) {
        Some(&v) => cx.shape_of(v),
        None => Ok(Vec::new()),
    };
    let shape = match &data.op {
        Op::Dot(op) => {
            let space = Space::of(cx, op, data)?;
            let width = if space.lanes { lanes(cx, data) } else { None };
            return Ok((space.shape, width));
        }
        Op::Reduce(op) => {
            let width = if super::group::in_lanes(cx, op, data) {
                lanes(cx, data)
            } else {
                None
            };
            return Ok((shape_of(0)?, width));
        }
        Op::Map(_) => data
            .sizes
            .iter()
            .map(|size| cx.resolve(size))
            .collect::<Done<_>>()?,
        Op::AccAdd(_) => shape_of(1)?,
        _ => shape_of(0)?,
    };
    Ok((shape, None))
}

/// The width that the order `lanes` asks for; integers and truth values are indifferent.
fn lanes(cx: &Cx<'_>, data: &InstData) -> Option<u16> {
    let dtype = data.args.first().map(|&v| cx.func.ty(v).dtype);
    match dtype {
        Some(DType::F64) => Some(8),
        Some(DType::F32) => Some(16),
        _ => None,
    }
}
