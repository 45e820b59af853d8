//! Integers of the function computed again in the function of its pattern.
//!
//! What runs once is copied as it is, with the checks before it, to the beginning. What stands in a region
//! is computed where it is needed, for indices at which the function may not come by: so elements are read
//! within bounds, and a divisor of 0 is taken for 1.

use super::atoms::{Atom, Expr, Kind};
use super::frames::{Bound, FrameId, Frames, ROOT, uses};
use super::solved::Solved;
use dfn_ir::function::{Block, Function, InstData, Value};
use dfn_ir::ops::{Add, And, CompareOp, Const, If, Index, Max, Min, Mul, Select};
use dfn_ir::scalar::{Compare, DType};
use dfn_ir::size::Size;
use dfn_ir::ty::Type;
use dfn_ir::{Builder, Inst, Op, Parts, Scalar, TypeError};
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};

/// A value of the function in a frame.
type Key = (FrameId, Value);

/// The function of a pattern under construction.
pub(super) struct Copier<'c, 'a> {
    pub(super) frames: &'c mut Frames<'a>,
    pub(super) b: Builder,
    /// What runs once.
    once: HashMap<Key, Value>,
    checked: HashSet<(FrameId, Inst)>,
    /// What was computed in each of the open blocks.
    scopes: Vec<HashMap<Key, Value>>,
    /// The counters of the open loops.
    pub(super) counters: Vec<(Atom, Value)>,
    /// The equations that hold.
    solved: Solved,
}

impl<'c, 'a> Copier<'c, 'a> {
    /// A function called `name` with the parameters of the root.
    pub(super) fn new(frames: &'c mut Frames<'a>, name: String) -> Result<Self, TypeError> {
        let root = frames.func(ROOT);
        let mut copier = Copier {
            frames,
            b: Builder::new(name),
            once: HashMap::new(),
            checked: HashSet::new(),
            scopes: vec![HashMap::new()],
            counters: Vec::new(),
            solved: Solved::default(),
        };
        for &param in root.size_params() {
            let name = root.name(param).unwrap_or("n").to_owned();
            let new = copier.b.size_param(name);
            copier.once.insert((ROOT, param), new);
        }
        for &param in root.params() {
            let ty = copier.ty(ROOT, root.ty(param), &HashMap::new())?;
            let name = root.name(param).map(Into::into);
            let new = copier.b.param(ty, name);
            copier.once.insert((ROOT, param), new);
        }
        Ok(copier)
    }

    /// Begins where other equations hold.
    pub(super) fn begin(&mut self, solved: &Solved) {
        self.solved = solved.clone();
        self.scopes = vec![HashMap::new()];
    }

    /// Opens a region with a counter.
    pub(super) fn open(&mut self, counter: Atom) {
        self.b.open();
        let value = self.b.param(Type::scalar(DType::I64), None);
        self.counters.push((counter, value));
        self.scopes.push(HashMap::new());
    }

    /// Closes it.
    pub(super) fn close(&mut self, results: Vec<Value>) -> Block {
        self.counters.pop();
        self.scopes.pop();
        self.b.close(results)
    }

    /// An integer constant.
    pub(super) fn number(&mut self, n: i64) -> Result<Value, TypeError> {
        self.b.constant(Scalar::I64(n))
    }

    /// The value of an index.
    pub(super) fn eval(&mut self, expr: &Expr) -> Result<Value, TypeError> {
        let mut sum: Option<Value> = None;
        for (atoms, k) in expr.terms() {
            let mut term = match k {
                1 if !atoms.is_empty() => None,
                k => Some(self.number(k)?),
            };
            for &atom in atoms {
                let value = self.atom(atom)?;
                term = Some(match term {
                    Some(before) => self.b.op(Mul, &[before, value])?,
                    None => value,
                });
            }
            sum = match (sum, term) {
                (Some(a), Some(b)) => Some(self.b.op(Add, &[a, b])?),
                (a, b) => a.or(b),
            };
        }
        match sum {
            Some(sum) => Ok(sum),
            None => self.number(0),
        }
    }

    fn atom(&mut self, atom: Atom) -> Result<Value, TypeError> {
        if let Some((_, value)) = self.counters.iter().find(|(c, _)| *c == atom) {
            return Ok(*value);
        }
        if let Some(expr) = self.solved.of(atom).cloned() {
            return self.eval(&expr);
        }
        match self.frames.atoms.kind(atom).cloned() {
            Some(Kind::Integer(frame, value)) => self.copy(frame, value),
            Some(Kind::Quotient(a, b)) => self.divide(dfn_ir::ops::Div, &a, &b),
            Some(Kind::Remainder(a, b)) => self.divide(dfn_ir::ops::Rem, &a, &b),
            _ => Err(TypeError::new("a counter is not bound")),
        }
    }

    fn divide(&mut self, op: impl Into<Op>, a: &Expr, b: &Expr) -> Result<Value, TypeError> {
        let (a, b) = (self.eval(a)?, self.eval(b)?);
        let b = self.divisor(b)?;
        self.b.op(op, &[a, b])
    }

    /// A divisor that is not 0.
    fn divisor(&mut self, value: Value) -> Result<Value, TypeError> {
        let ty = self.b.ty(value).clone();
        let (zero, one) = (self.b.fill(0.0, &ty)?, self.b.fill(1.0, &ty)?);
        let is_zero = self.b.op(CompareOp { how: Compare::Eq }, &[value, zero])?;
        self.b.op(Select, &[is_zero, one, value])
    }

    /// An index as a size.
    pub(super) fn size_of_expr(&mut self, expr: &Expr) -> Result<Size, TypeError> {
        let mut known = HashMap::new();
        for atom in expr.values() {
            let solved = match self.counters.iter().any(|(c, _)| *c == atom) {
                true => None,
                false => self.solved.of(atom).cloned(),
            };
            let size = match (solved, self.frames.atoms.kind(atom).cloned()) {
                (Some(expr), _) => self.size_of_expr(&expr)?,
                (None, Some(Kind::Integer(frame, value))) => self.size_of(frame, value)?,
                (None, _) => Size::value(self.atom(atom)?),
            };
            known.insert(atom, size);
        }
        let size = expr.substitute(|v| known.get(&v).cloned().unwrap_or_default());
        size.ok_or_else(|| TypeError::new("a size overflows"))
    }

    /// What a value is in a type.
    fn size_of(&mut self, frame: FrameId, value: Value) -> Result<Size, TypeError> {
        let home = self.frames.home(frame, value);
        if let Some((inst, result)) = self.frames.definition(home, value) {
            let data = &self.frames.func(home).insts[inst];
            match (&data.op, data.sizes.first()) {
                (Op::SizeOf(_), Some(size)) => return self.size(home, size, &HashMap::new()),
                (Op::Const(constant), _) => {
                    if let Some(n) = constant.value.as_i64() {
                        return Ok(Size::constant(n));
                    }
                }
                _ => {}
            }
            if let Some(inner) = self.frames.callee(home, inst)
                && let Some(&value) = self.frames.block(inner).results.get(result)
            {
                return self.size_of(inner, value);
            }
            return Ok(Size::value(self.copy(home, value)?));
        }
        match self.frames.bound(home, value).cloned() {
            Some(Bound::Index(expr)) => self.size_of_expr(&expr),
            Some(Bound::Outer(outer)) => {
                let parent = self.frames.get(home).and_then(|f| f.parent);
                self.size_of(parent.unwrap_or(ROOT), outer)
            }
            _ => Ok(Size::value(self.copy(home, value)?)),
        }
    }

    fn size(
        &mut self,
        frame: FrameId,
        size: &Size,
        inner: &HashMap<Value, Value>,
    ) -> Result<Size, TypeError> {
        let mut known = HashMap::new();
        for value in size.values() {
            let size = match inner.get(&value) {
                Some(&new) => Size::value(new),
                None => self.size_of(frame, value)?,
            };
            known.insert(value, size);
        }
        let size = size.substitute(|v| known.get(&v).cloned().unwrap_or_default());
        size.ok_or_else(|| TypeError::new("a size overflows"))
    }

    fn ty(
        &mut self,
        frame: FrameId,
        ty: &Type,
        inner: &HashMap<Value, Value>,
    ) -> Result<Type, TypeError> {
        let shape: Result<_, TypeError> = ty
            .shape
            .iter()
            .map(|size| self.size(frame, size, inner))
            .collect();
        Ok(Type {
            shape: shape?,
            ..ty.clone()
        })
    }

    /// A value of the function.
    pub(super) fn copy(&mut self, frame: FrameId, value: Value) -> Result<Value, TypeError> {
        let home = self.frames.home(frame, value);
        let key = (home, value);
        if let Some(&known) = self.once.get(&key) {
            return Ok(known);
        }
        if let Some(&known) = self.scopes.iter().rev().find_map(|scope| scope.get(&key)) {
            return Ok(known);
        }
        let Some((inst, result)) = self.frames.definition(home, value) else {
            return self.parameter(home, value);
        };
        if let Some(inner) = self.frames.callee(home, inst)
            && let Some(&value) = self.frames.block(inner).results.get(result)
        {
            return self.copy(inner, value);
        }
        let once = self.frames.runs_once(home);
        let made = match once {
            true => self.at_the_beginning(home, inst)?,
            false => self.guarded(home, inst)?,
        };
        let data = &self.frames.func(home).insts[inst];
        for (&old, &new) in data.results.iter().zip(&made) {
            match (once, self.scopes.last_mut()) {
                (false, Some(scope)) => scope.insert((home, old), new),
                _ => self.once.insert((home, old), new),
            };
        }
        let found = made.get(result).copied();
        found.ok_or_else(|| TypeError::new("a result is missing"))
    }

    fn parameter(&mut self, home: FrameId, value: Value) -> Result<Value, TypeError> {
        match self.frames.bound(home, value).cloned() {
            Some(Bound::Index(expr)) => self.eval(&expr),
            Some(Bound::Outer(outer)) => {
                let parent = self.frames.get(home).and_then(|f| f.parent);
                self.copy(parent.unwrap_or(ROOT), outer)
            }
            _ => Err(TypeError::new("a parameter is not known")),
        }
    }

    /// An instruction that runs once, behind the checks before it.
    fn at_the_beginning(&mut self, home: FrameId, inst: Inst) -> Result<Vec<Value>, TypeError> {
        let mut outer = std::mem::replace(&mut self.b, Builder::new(""));
        let made = outer.in_prologue(0, |b| {
            std::mem::swap(b, &mut self.b);
            let made = self
                .checks_before(home, inst)
                .and_then(|()| self.duplicate(home, inst));
            std::mem::swap(b, &mut self.b);
            made
        });
        self.b = outer;
        made
    }

    fn checks_before(&mut self, home: FrameId, inst: Inst) -> Result<(), TypeError> {
        let (func, block) = (self.frames.func(home), self.frames.block(home));
        let position = self.frames.position(home, inst);
        for &before in block.insts.iter().take(position) {
            let data = &func.insts[before];
            if !matches!(data.op, Op::Check(_)) || !self.checked.insert((home, before)) {
                continue;
            }
            let used = uses(func, data);
            if used
                .iter()
                .all(|&v| self.frames.copyable(home, v).is_some())
            {
                self.duplicate(home, before)?;
            }
        }
        Ok(())
    }

    /// An instruction with its regions.
    fn duplicate(&mut self, home: FrameId, inst: Inst) -> Result<Vec<Value>, TypeError> {
        let func = self.frames.func(home);
        let data = &func.insts[inst];
        // Before regions are opened: what they use from outside.
        for used in uses(func, data) {
            self.copy(home, used)?;
        }
        self.duplicated(home, func, data, &mut HashMap::new())
    }

    fn duplicated(
        &mut self,
        home: FrameId,
        func: &'a Function,
        data: &InstData,
        inner: &mut HashMap<Value, Value>,
    ) -> Result<Vec<Value>, TypeError> {
        let mut args = SmallVec::new();
        for &arg in &data.args {
            args.push(self.inner(home, arg, inner)?);
        }
        let mut sizes = SmallVec::new();
        for size in &data.sizes {
            sizes.push(self.size(home, size, inner)?);
        }
        let mut blocks = Vec::new();
        for block in &data.blocks {
            blocks.push(self.duplicated_block(home, func, block, inner)?);
        }
        let outer = self.b.at(data.span);
        let mut results: SmallVec<[Value; 1]> = SmallVec::new();
        for &old in &data.results {
            let ty = self.ty(home, func.ty(old), inner)?;
            let new = self.b.fresh(ty, func.name(old).map(Into::into));
            inner.insert(old, new);
            results.push(new);
        }
        let parts = Parts {
            args,
            sizes,
            blocks,
            wanted: Vec::new(),
        };
        self.b.push_with(data.op.clone(), parts, results.clone());
        self.b.at(outer);
        Ok(results.to_vec())
    }

    fn duplicated_block(
        &mut self,
        home: FrameId,
        func: &'a Function,
        block: &Block,
        inner: &mut HashMap<Value, Value>,
    ) -> Result<Block, TypeError> {
        self.b.open();
        for &param in &block.params {
            let ty = self.ty(home, func.ty(param), inner)?;
            let new = self.b.param(ty, func.name(param).map(Into::into));
            inner.insert(param, new);
        }
        for &inst in &block.insts {
            self.duplicated(home, func, &func.insts[inst], inner)?;
        }
        let results = block.results.iter();
        let results: Result<Vec<Value>, TypeError> =
            results.map(|&v| self.inner(home, v, inner)).collect();
        Ok(self.b.close(results?))
    }

    fn inner(
        &mut self,
        home: FrameId,
        value: Value,
        inner: &HashMap<Value, Value>,
    ) -> Result<Value, TypeError> {
        match inner.get(&value) {
            Some(&new) => Ok(new),
            None => self.copy(home, value),
        }
    }

    /// An instruction of a region, total wherever it runs.
    fn guarded(&mut self, home: FrameId, inst: Inst) -> Result<Vec<Value>, TypeError> {
        let data = &self.frames.func(home).insts[inst];
        match (&data.op, data.args.as_slice()) {
            (Op::Index(_), [x, indices @ ..]) => self.element(home, *x, indices).map(|v| vec![v]),
            (Op::Div(_) | Op::Rem(_), &[a, b]) => {
                let (a, mut b) = (self.copy(home, a)?, self.copy(home, b)?);
                if self.b.ty(b).dtype.is_int() {
                    b = self.divisor(b)?;
                }
                Ok(vec![self.b.op(data.op.clone(), &[a, b])?])
            }
            _ => self.duplicate(home, inst),
        }
    }

    /// An element, at the nearest index that exists.
    fn element(&mut self, home: FrameId, x: Value, indices: &[Value]) -> Result<Value, TypeError> {
        let array = self.copy(home, x)?;
        let shape = self.b.ty(array).shape.clone();
        let zero = self.number(0)?;
        let mut args = vec![array];
        let mut exists: Option<Value> = None;
        for (&index, size) in indices.iter().zip(&shape) {
            let value = self.copy(home, index)?;
            if self.is_inside(home, index, x, args.len() - 1) {
                args.push(value);
                continue;
            }
            let (n, last) = (self.b.size(size)?, size.checked_sub(&Size::constant(1)));
            let last = self
                .b
                .size(&last.ok_or_else(|| TypeError::new("a size overflows"))?)?;
            let value = self.b.op(Min, &[value, last])?;
            args.push(self.b.op(Max, &[value, zero])?);
            if size.as_constant().is_none_or(|n| n < 1) {
                let some = self.b.op(CompareOp { how: Compare::Lt }, &[zero, n])?;
                exists = Some(match exists {
                    Some(before) => self.b.op(And, &[before, some])?,
                    None => some,
                });
            }
        }
        let Some(exists) = exists else {
            return self.b.op(Index, &args);
        };
        self.b.open();
        let element = self.b.op(Index, &args)?;
        let ty = self.b.ty(element).clone();
        let then = self.b.close(vec![element]);
        self.b.open();
        let value = Scalar::zero(ty.dtype);
        let nothing = self.b.op_as(Const { value }, &[], ty)?;
        let otherwise = self.b.close(vec![nothing]);
        let parts = Parts {
            args: [exists].into_iter().collect(),
            blocks: vec![then, otherwise],
            ..Parts::default()
        };
        let inst = self.b.emit(If, parts)?;
        let made = self.b.results(inst).first().copied();
        made.ok_or_else(|| TypeError::new("a result is missing"))
    }

    /// Whether an index is in bounds because of the extents of the loops around.
    fn is_inside(&mut self, home: FrameId, index: Value, x: Value, axis: usize) -> bool {
        let size = self
            .frames
            .func(self.frames.home(home, x))
            .ty(x)
            .shape
            .get(axis)
            .cloned();
        let index = self.frames.integer(home, index);
        let size = size.and_then(|size| self.frames.size(self.frames.home(home, x), &size));
        let (Some(index), Some(size)) = (index, size) else {
            return false;
        };
        let counters = self.frames.atoms.counters(&index);
        let is_loop = |c: &Atom| self.counters.iter().any(|(l, _)| l == c);
        counters.iter().all(is_loop) && self.frames.atoms.in_range(&index, &size)
    }
}
