//! Frames: blocks of functions with what their parameters are, and the integers in them as indices.

use super::atoms::{Atom, Atoms, Counters, Expr, Kind};
use super::solved::Guard;
use dfn_ir::function::{Block, FuncId, Function, Inst, InstData, Value};
use dfn_ir::ops::{Call, CompareOp};
use dfn_ir::scalar::{Compare, DType};
use dfn_ir::size::Size;
use dfn_ir::{Module, Op};
use std::collections::HashMap;

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FrameId(u32);

/// The block of a frame: that of a region by its owner and number, or the body.
pub(super) type Place = Option<(Inst, usize)>;

/// What a parameter of a block is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bound {
    /// This index.
    Index(Expr),
    /// A value of the parent frame.
    Outer(Value),
    /// Something else: a carry, or a counter of which nothing is known.
    Other,
}

/// A block with what its parameters are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Frame {
    /// The frame around it, or that of the call.
    pub(super) parent: Option<FrameId>,
    /// The function.
    pub(super) func: FuncId,
    /// The block.
    pub(super) place: Place,
    /// The instruction of the parent frame that owns the block or calls the function.
    pub(super) owner: Option<Inst>,
    /// The parameters.
    pub(super) params: Vec<(Value, Bound)>,
}

/// What an arm of a branch says of the counters.
pub(super) enum Branch {
    /// These are equal.
    Equal(Expr, Expr),
    /// This holds.
    Guard(Guard),
}

/// Where the values of a function are defined.
#[derive(Debug, Default)]
struct Info {
    places: HashMap<Value, Place>,
    definitions: HashMap<Value, (Inst, usize)>,
    order: HashMap<Inst, usize>,
}

/// All frames, with the integers in them.
#[derive(Debug)]
pub(super) struct Frames<'a> {
    pub(super) module: &'a Module,
    pub(super) atoms: Atoms,
    frames: Vec<Frame>,
    over: Vec<Counters>,
    known: HashMap<Frame, FrameId>,
    info: HashMap<FuncId, Info>,
    /// The float parameters of the root, on which the pattern must not depend.
    floats: Vec<Value>,
    copied: HashMap<(FrameId, Value), Option<Counters>>,
    /// How many states were searched.
    pub(super) searched: usize,
}

/// The frame of the function whose pattern is sought.
pub(super) const ROOT: FrameId = FrameId(0);

impl<'a> Frames<'a> {
    /// The frame of `root` alone.
    pub(super) fn new(module: &'a Module, root: FuncId) -> Frames<'a> {
        let func = module.get(root);
        let params = func.params().iter().copied();
        let mut frames = Frames {
            module,
            atoms: Atoms::default(),
            frames: Vec::new(),
            over: Vec::new(),
            known: HashMap::new(),
            info: HashMap::new(),
            floats: params.filter(|&v| func.ty(v).is_differentiable()).collect(),
            copied: HashMap::new(),
            searched: 0,
        };
        frames.frame(Frame {
            parent: None,
            func: root,
            place: None,
            owner: None,
            params: Vec::new(),
        });
        for &size in module.get(root).size_params() {
            let atom = frames
                .atoms
                .atom(Kind::Integer(ROOT, size), Counters::new());
            frames.atoms.is_natural(atom);
        }
        frames
    }

    /// A frame; the same one for the same contents.
    pub(super) fn frame(&mut self, frame: Frame) -> FrameId {
        if let Some(&id) = self.known.get(&frame) {
            return id;
        }
        let id = FrameId(self.frames.len() as u32);
        let mut over = frame.parent.map(|p| self.over(p)).unwrap_or_default();
        for (_, bound) in &frame.params {
            if let Bound::Index(expr) = bound {
                over.extend(self.atoms.counters(expr));
            }
        }
        let func = frame.func;
        let module = self.module;
        self.info
            .entry(func)
            .or_insert_with(|| Info::of(module.get(func)));
        self.known.insert(frame.clone(), id);
        self.frames.push(frame);
        self.over.push(over);
        id
    }

    /// What it is.
    pub(super) fn get(&self, id: FrameId) -> Option<&Frame> {
        self.frames.get(id.0 as usize)
    }

    /// The counters that its parameters depend on.
    pub(super) fn over(&self, id: FrameId) -> Counters {
        self.over.get(id.0 as usize).cloned().unwrap_or_default()
    }

    /// The function of a frame.
    pub(super) fn func(&self, id: FrameId) -> &'a Function {
        let func = self.get(id).map(|frame| frame.func);
        let root = self.frames.first().map(|frame| frame.func);
        self.module
            .get(func.or(root).unwrap_or(FuncId::from_u32(0)))
    }

    /// The block of a frame.
    pub(super) fn block(&self, id: FrameId) -> &'a Block {
        let func = self.func(id);
        match self.get(id).and_then(|frame| frame.place) {
            Some((inst, k)) => func.insts[inst].blocks.get(k).unwrap_or(&func.body),
            None => &func.body,
        }
    }

    /// The frame, at or around `id`, whose block defines `value`.
    pub(super) fn home(&self, id: FrameId, value: Value) -> FrameId {
        let mut id = id;
        while let Some(frame) = self.get(id) {
            let place = self
                .info
                .get(&frame.func)
                .and_then(|i| i.places.get(&value));
            match frame.parent {
                Some(parent) if frame.place.is_some() && place != Some(&frame.place) => id = parent,
                _ => break,
            }
        }
        id
    }

    /// The instruction that defines `value` in the frame of its block, and the number of the result.
    pub(super) fn definition(&self, id: FrameId, value: Value) -> Option<(Inst, usize)> {
        let info = self.info.get(&self.get(id)?.func)?;
        info.definitions.get(&value).copied()
    }

    /// Where an instruction stands in its block.
    pub(super) fn position(&self, id: FrameId, inst: Inst) -> usize {
        let info = self.get(id).and_then(|frame| self.info.get(&frame.func));
        info.and_then(|i| i.order.get(&inst).copied())
            .unwrap_or_default()
    }

    /// What a parameter of the block of a frame is.
    pub(super) fn bound(&self, id: FrameId, param: Value) -> Option<&Bound> {
        let params = &self.get(id)?.params;
        params.iter().find(|(v, _)| *v == param).map(|(_, b)| b)
    }

    /// Whether the block of a frame runs exactly once whenever the root does.
    pub(super) fn runs_once(&self, id: FrameId) -> bool {
        match self.get(id) {
            Some(frame) if frame.place.is_some() => false,
            Some(frame) => frame.parent.is_none_or(|parent| self.runs_once(parent)),
            None => false,
        }
    }

    /// The frame of a region of `inst`, whose parameters are these; more parameters are something else.
    pub(super) fn region(
        &mut self,
        id: FrameId,
        inst: Inst,
        number: usize,
        params: Vec<Option<Expr>>,
    ) -> FrameId {
        let Some(frame) = self.get(id) else { return id };
        let func = frame.func;
        let block = self.module.get(func).insts[inst].blocks.get(number);
        let names = block.map(|b| b.params.clone()).unwrap_or_default();
        let mut given = params.into_iter();
        let bound = |value| match given.next().flatten() {
            Some(expr) => (value, Bound::Index(expr)),
            None => (value, Bound::Other),
        };
        let params = names.into_iter().map(bound).collect();
        self.frame(Frame {
            parent: Some(id),
            func,
            place: Some((inst, number)),
            owner: Some(inst),
            params,
        })
    }

    /// The frame of the function that `inst` calls.
    pub(super) fn callee(&mut self, id: FrameId, inst: Inst) -> Option<FrameId> {
        let data: &'a InstData = &self.func(id).insts[inst];
        let Op::Call(Call { func }) = data.op else {
            return None;
        };
        let callee = self.module.get(func);
        let mut params = Vec::new();
        for (&param, size) in callee.size_params().iter().zip(&data.sizes) {
            let bound = self.size(id, size).map_or(Bound::Other, Bound::Index);
            params.push((param, bound));
        }
        let args = callee.params().iter().zip(&data.args);
        params.extend(args.map(|(&param, &arg)| (param, Bound::Outer(arg))));
        Some(self.frame(Frame {
            parent: Some(id),
            func,
            place: None,
            owner: Some(inst),
            params,
        }))
    }

    /// A size as an index, if it is known.
    pub(super) fn size(&mut self, id: FrameId, size: &Size) -> Option<Expr> {
        let mut known = HashMap::new();
        for value in size.values() {
            known.insert(value, self.integer(id, value)?);
        }
        size.substitute(|v| known.get(&v).cloned().unwrap_or_default())
    }

    /// An integer scalar as an index, if it is known without floats that are given.
    pub(super) fn integer(&mut self, id: FrameId, value: Value) -> Option<Expr> {
        let home = self.home(id, value);
        let func = self.func(home);
        if !func.ty(value).is(DType::I64) {
            return None;
        }
        let Some((inst, result)) = self.definition(home, value) else {
            return match self.bound(home, value).cloned() {
                Some(Bound::Index(expr)) => Some(expr),
                Some(Bound::Outer(outer)) => self.integer(self.get(home)?.parent?, outer),
                Some(Bound::Other) => None,
                None => self.opaque(home, value),
            };
        };
        let data = &func.insts[inst];
        let arg = |k: usize| data.args.get(k).copied();
        let known = match &data.op {
            Op::Const(constant) => constant.value.as_i64().map(Expr::constant),
            Op::SizeOf(_) => self.size(home, data.sizes.first()?),
            Op::Add(_) | Op::Sub(_) | Op::Mul(_) => {
                let (a, b) = (self.integer(home, arg(0)?), self.integer(home, arg(1)?));
                match (&data.op, a, b) {
                    (Op::Add(_), Some(a), Some(b)) => a.checked_add(&b),
                    (Op::Sub(_), Some(a), Some(b)) => a.checked_sub(&b),
                    (_, Some(a), Some(b)) => a.checked_mul(&b),
                    _ => return None,
                }
            }
            Op::Neg(_) => self.integer(home, arg(0)?)?.checked_scale(-1),
            Op::Call(_) => {
                let inner = self.callee(home, inst)?;
                let value = self.block(inner).results.get(result).copied()?;
                return self.integer(inner, value);
            }
            _ => None,
        };
        known.or_else(|| self.opaque(home, value))
    }

    /// What it says that a condition holds, or does not.
    pub(super) fn branch(&mut self, id: FrameId, condition: Value, holds: bool) -> Option<Branch> {
        let frame = self.home(id, condition);
        let func = self.func(frame);
        let wanted = if holds { Compare::Eq } else { Compare::Ne };
        if let Some((inst, _)) = self.definition(frame, condition)
            && let Op::CompareOp(CompareOp { how }) = &func.insts[inst].op
            && *how == wanted
            && let &[a, b] = func.insts[inst].args.as_slice()
            && let (Some(a), Some(b)) = (self.integer(frame, a), self.integer(frame, b))
        {
            return Some(Branch::Equal(a, b));
        }
        let over = self.copyable(frame, condition)?;
        Some(Branch::Guard(Guard {
            frame,
            condition,
            holds,
            over,
        }))
    }

    /// An integer that is computed as the function computes it.
    fn opaque(&mut self, home: FrameId, value: Value) -> Option<Expr> {
        let over = self.copyable(home, value)?;
        let atom: Atom = self.atoms.atom(Kind::Integer(home, value), over);
        Some(Expr::value(atom))
    }

    /// The counters that a value depends on, if it can be computed without floats that are given: what runs once may
    /// be anything, inside of regions there are only operations that are total, and elements of arrays.
    pub(super) fn copyable(&mut self, id: FrameId, value: Value) -> Option<Counters> {
        let home = self.home(id, value);
        if let Some(known) = self.copied.get(&(home, value)) {
            return known.clone();
        }
        let found = self.copyable_value(home, value);
        self.copied.insert((home, value), found.clone());
        found
    }

    fn copyable_value(&mut self, home: FrameId, value: Value) -> Option<Counters> {
        let func = self.func(home);
        if func.ty(value).is_accumulator() {
            return None;
        }
        let Some((inst, result)) = self.definition(home, value) else {
            return match self.bound(home, value).cloned() {
                Some(Bound::Index(expr)) => Some(self.atoms.counters(&expr)),
                Some(Bound::Outer(outer)) => self.copyable(self.get(home)?.parent?, outer),
                Some(Bound::Other) => None,
                None if self.floats.contains(&value) => None,
                None => Some(Counters::new()),
            };
        };
        let data = &func.insts[inst];
        if let Op::Call(call) = &data.op
            && self.module.get(call.func).marks.rule.is_none()
        {
            let inner = self.callee(home, inst)?;
            let value = self.block(inner).results.get(result).copied()?;
            return self.copyable(inner, value);
        }
        let allowed = match self.runs_once(home) {
            true => is_quiet(self.module, func, data),
            false => is_total(&data.op),
        };
        if !allowed {
            return None;
        }
        let mut over = Counters::new();
        for used in uses(func, data) {
            over.extend(self.copyable(home, used)?);
        }
        // Where an index is out of bounds a size that depends on it may be negative.
        if !self.runs_once(home) {
            for size in data.results.iter().flat_map(|&v| func.ty(v).values()) {
                self.copyable(home, size).filter(Counters::is_empty)?;
            }
        }
        Some(over)
    }
}

impl Info {
    fn of(func: &Function) -> Info {
        let mut info = Info::default();
        info.block(func, &func.body, None);
        info
    }

    fn block(&mut self, func: &Function, block: &Block, place: Place) {
        self.places.extend(block.params.iter().map(|&v| (v, place)));
        for (position, &inst) in block.insts.iter().enumerate() {
            self.order.insert(inst, position);
            let data = &func.insts[inst];
            for (k, &value) in data.results.iter().enumerate() {
                self.places.insert(value, place);
                self.definitions.insert(value, (inst, k));
            }
            for (k, inner) in data.blocks.iter().enumerate() {
                self.block(func, inner, Some((inst, k)));
            }
        }
    }
}

/// The values outside of an instruction that it uses, sizes and what its regions capture included.
pub(super) fn uses(func: &Function, data: &InstData) -> Vec<Value> {
    let mut found: Vec<Value> = data.args.to_vec();
    found.extend(data.sizes.iter().flat_map(Size::values));
    found.extend(data.results.iter().flat_map(|&v| func.ty(v).values()));
    let mut inner = data.results.to_vec();
    for block in &data.blocks {
        inside(func, block, &mut found, &mut inner);
    }
    found.retain(|v| !inner.contains(v));
    found.sort_unstable();
    found.dedup();
    found
}

fn inside(func: &Function, block: &Block, found: &mut Vec<Value>, inner: &mut Vec<Value>) {
    inner.extend(&block.params);
    for &param in &block.params {
        found.extend(func.ty(param).values());
    }
    for &inst in &block.insts {
        let data = &func.insts[inst];
        found.extend(&data.args);
        found.extend(data.sizes.iter().flat_map(Size::values));
        found.extend(data.results.iter().flat_map(|&v| func.ty(v).values()));
        inner.extend(&data.results);
        for nested in &data.blocks {
            inside(func, nested, found, inner);
        }
    }
    found.extend(&block.results);
}

/// Whether running an instruction again does nothing that is seen.
fn is_quiet(module: &Module, func: &Function, data: &InstData) -> bool {
    let loud = |data: &InstData| match &data.op {
        Op::Print(_) | Op::Differences(_) => true,
        Op::Call(call) => prints(module, call.func),
        _ => false,
    };
    let mut quiet = !loud(data);
    for block in &data.blocks {
        func.walk(block, &mut |_, inner| quiet &= !loud(inner));
    }
    quiet
}

fn prints(module: &Module, id: FuncId) -> bool {
    let func = module.get(id);
    let mut found = false;
    func.walk(&func.body, &mut |_, data| {
        found |= !is_quiet(module, func, data);
    });
    found
}

/// Whether an operation may run where the function would not: elements of arrays are read within bounds.
fn is_total(op: &Op) -> bool {
    op.kernel().is_some()
        || matches!(
            op,
            Op::Const(_)
                | Op::SizeOf(_)
                | Op::Iota(_)
                | Op::Dense(_)
                | Op::Broadcast(_)
                | Op::Index(_)
                | Op::Reshape(_)
                | Op::Transposed(_)
                | Op::Stack(_)
                | Op::Concat(_)
                | Op::Reduce(_)
        )
}
