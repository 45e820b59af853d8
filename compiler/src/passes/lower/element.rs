//! Values at one point of a loop nest, in as many lanes as the nest runs at a time.

use std::collections::HashMap;

use dfn_ir::function::InstData;
use dfn_ir::loops::{Half, Var};
use dfn_ir::ops::Kernel;
use dfn_ir::{DType, Op, Scalar, Size, Value};

use super::access::Access;
use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::view::{View, plus, split};

/// A value at a point: the same in all lanes (`lanes == 1`) or a vector.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reg {
    pub(super) var: Var,
    pub(super) lanes: u16,
}

/// A point of a fused nest. Outside of any, the default: one lane, no index.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// How many elements along the innermost counter are computed at a time.
    pub(super) width: u16,
    /// The innermost counter; its scalar is that of lane 0.
    pub(super) inner: Option<Value>,
    /// Lanes beyond this value of the innermost counter repeat the element there.
    pub(super) last: Option<Var>,
    /// How many lanes count where lanes are combined in order; all, if not said.
    pub(super) count: Option<Var>,
    /// Whether the innermost axis of runs that go side by side has 8 elements, if that has been asked.
    pub(super) eights: Option<bool>,
    /// How much further on the second half of the lanes starts than the first; half as many as there are
    /// lanes, if not said.
    pub(super) gap: Option<Var>,
    /// The index of the element, one for each axis of the nest.
    pub(super) index: Vec<Size>,
    /// What has been computed at this point.
    pub(super) regs: HashMap<Value, Reg>,
    /// Whether this is a point of a nest.
    pub(super) nest: bool,
    /// Whether the index is the number of the element, row by row.
    pub(super) flat: bool,
}

impl Default for Point {
    fn default() -> Point {
        Point {
            width: 1,
            inner: None,
            last: None,
            count: None,
            eights: None,
            gap: None,
            index: Vec::new(),
            regs: HashMap::new(),
            nest: false,
            flat: false,
        }
    }
}

/// How an address runs along the lanes.
enum Pattern {
    /// All lanes at one place.
    Uniform,
    /// One element after another.
    Contiguous,
    /// Anything else.
    Scattered,
}

impl Cx<'_> {
    /// The value of `value` at this point: of a scalar, or of an array of the nest's shape.
    pub(super) fn operand(&mut self, value: Value) -> Done<Reg> {
        if let Some(&reg) = self.point.regs.get(&value) {
            return Ok(reg);
        }
        if let Some(Val::Scalar(var)) = self.vals.get(&value) {
            let (var, lanes) = (*var, self.b.value_ty(*var).lanes);
            return Ok(Reg { var, lanes });
        }
        if let Some(size) = self.bind.get(&value).cloned() {
            return self.spread(&size);
        }
        let scalar = self.func.ty(value).rank() == 0;
        let kernel = self.def(value).and_then(|data| data.op.kernel());
        let reg = match (kernel, self.def(value)) {
            (Some(kernel), Some(data)) if scalar => self.elementwise(kernel, data)?,
            _ => {
                let index = match scalar {
                    true => Vec::new(),
                    false => self.point.index.clone(),
                };
                let access = self.access(value, &index)?;
                self.read(&access)?
            }
        };
        if self.point.nest {
            self.point.regs.insert(value, reg);
        }
        Ok(reg)
    }

    /// The result of an elementwise operation at this point.
    pub(super) fn elementwise(&mut self, kernel: Kernel, data: &InstData) -> Done<Reg> {
        let mut regs = Vec::new();
        for &arg in &data.args {
            regs.push(self.operand(arg)?);
        }
        let last = data.args.last().ok_or_else(|| internal("no operand"))?;
        let dtype = self.func.ty(*last).dtype;
        let lanes = regs.iter().map(|reg| reg.lanes).max().unwrap_or(1);
        let vars: Vec<Var> = regs.iter().map(|&reg| self.widen(reg, lanes)).collect();
        let var = kernel.emit(&mut self.b.lanes(lanes), dtype, &vars);
        Ok(Reg { var, lanes })
    }

    /// `reg` in `lanes` lanes.
    pub(super) fn widen(&mut self, reg: Reg, lanes: u16) -> Var {
        match reg.lanes {
            1 => self.b.splat(reg.var, lanes),
            _ => reg.var,
        }
    }

    /// What an access gives at this point.
    pub(super) fn read(&mut self, access: &Access) -> Done<Reg> {
        match access {
            Access::Const(value) => {
                let (var, lanes) = (self.constant(*value), 1);
                Ok(Reg { var, lanes })
            }
            Access::Reg(reg) => Ok(*reg),
            Access::Number(size, dtype) => {
                let reg = self.spread(size)?;
                let convert = dfn_ir::scalar::ScalarOp::Convert(*dtype);
                match dtype {
                    DType::I64 => Ok(reg),
                    _ => Ok(Reg {
                        var: self.b.op(convert, &[reg.var]),
                        ..reg
                    }),
                }
            }
            Access::Load(view, place) => self.load(view, place),
        }
    }

    fn load(&mut self, view: &View, place: &Size) -> Done<Reg> {
        let width = self.point.width;
        let lanes = match self.pattern(place)? {
            Pattern::Uniform => 1,
            Pattern::Contiguous => width,
            Pattern::Scattered => {
                let index = self.spread(place)?;
                let index = self.widen(index, width);
                let var = self.b.gather(view.buffer, index, None);
                return Ok(Reg { var, lanes: width });
            }
        };
        let index = self.size(place)?;
        let var = match self.point.gap.filter(|_| lanes > 1) {
            None => self.b.load(view.buffer, index, lanes),
            Some(gap) => {
                let low = self.b.load(view.buffer, index, lanes / 2);
                let index = self.b.add(index, gap);
                let high = self.b.load(view.buffer, index, lanes / 2);
                self.both(low, high)
            }
        };
        Ok(Reg { var, lanes })
    }

    /// Two vectors of one type as one.
    fn both(&mut self, low: Var, high: Var) -> Var {
        let lanes = 2 * self.b.value_ty(low).lanes;
        self.b.shuffle([low, high], &Vec::from_iter(0..lanes))
    }

    /// The position of an element; in a flat nest the index is its number.
    pub(super) fn place(&self, view: &View, index: &[Size]) -> Done<Size> {
        match index {
            [number] if self.point.flat => plus(&view.offset, number),
            _ => view.place(index),
        }
    }

    /// Writes `reg` to the element of `view` at `index`.
    pub(super) fn store(&mut self, view: &View, index: &[Size], reg: Reg) -> Done {
        let place = self.place(view, index)?;
        let width = self.point.width;
        match self.pattern(&place)? {
            Pattern::Uniform if reg.lanes == 1 => {
                let index = self.size(&place)?;
                self.b.store(view.buffer, index, reg.var);
                Ok(())
            }
            Pattern::Contiguous => {
                let index = self.size(&place)?;
                let value = self.widen(reg, width);
                let Some(gap) = self.point.gap else {
                    self.b.store(view.buffer, index, value);
                    return Ok(());
                };
                let [low, high] = [Half::Low, Half::High].map(|half| self.b.half(value, half));
                self.b.store(view.buffer, index, low);
                let index = self.b.add(index, gap);
                self.b.store(view.buffer, index, high);
                Ok(())
            }
            Pattern::Uniform | Pattern::Scattered => {
                let places = self.spread(&place)?;
                for lane in 0..width {
                    let (at, value) = (self.lane(places, lane), self.lane(reg, lane));
                    self.b.store(view.buffer, at, value);
                }
                Ok(())
            }
        }
    }

    /// One lane of `reg`.
    pub(super) fn lane(&mut self, reg: Reg, lane: u16) -> Var {
        match reg.lanes {
            1 => reg.var,
            _ => self.b.extract(reg.var, lane),
        }
    }

    /// Whether `place` is the same for all lanes, or one element after another.
    pub(super) fn is_contiguous(&mut self, place: &Size) -> Done<bool> {
        Ok(matches!(self.pattern(place)?, Pattern::Contiguous))
    }

    fn pattern(&mut self, place: &Size) -> Done<Pattern> {
        if self.point.width == 1 {
            return Ok(Pattern::Uniform);
        }
        let mut vectors = 0;
        let mut along = false;
        for value in place.values() {
            if Some(value) == self.point.inner {
                along = true;
            } else if self.operand(value)?.lanes > 1 {
                vectors += 1;
            }
        }
        let step = self.point.inner.and_then(|inner| split(place, inner));
        Ok(match (vectors, along, step) {
            (0, false, _) => Pattern::Uniform,
            (0, true, Some((_, step))) if step.is(1) && self.point.last.is_none() => {
                Pattern::Contiguous
            }
            _ => Pattern::Scattered,
        })
    }

    /// The number that a resolved polynomial is in each lane.
    pub(super) fn spread(&mut self, size: &Size) -> Done<Reg> {
        if let Pattern::Uniform = self.pattern(size)? {
            let (var, lanes) = (self.size(size)?, 1);
            return Ok(Reg { var, lanes });
        }
        let width = self.point.width;
        let mut sum: Option<Var> = None;
        for (monomial, k) in size.terms() {
            let mut term: Option<Var> = None;
            for &value in monomial {
                let factor = self.vector(value)?;
                term = Some(match term {
                    None => factor,
                    Some(before) => self.b.mul(before, factor),
                });
            }
            let k = (k != 1 || term.is_none()).then(|| self.b.constant(Scalar::I64(k), width));
            let term = match (term, k) {
                (Some(term), Some(k)) => self.b.mul(term, k),
                (Some(term), None) => term,
                (None, Some(k)) => k,
                (None, None) => return Err(internal("a term without factors")),
            };
            sum = Some(match sum {
                None => term,
                Some(before) => self.b.add(before, term),
            });
        }
        let var = sum.ok_or_else(|| internal("a size without terms"))?;
        Ok(Reg { var, lanes: width })
    }

    /// An `i64` scalar as a vector.
    fn vector(&mut self, value: Value) -> Done<Var> {
        let width = self.point.width;
        let reg = self.operand(value)?;
        let all = self.widen(reg, width);
        if Some(value) != self.point.inner {
            return Ok(all);
        }
        let lanes = match self.point.gap {
            None => self.b.iota(width),
            Some(gap) => {
                let low = self.b.iota(width / 2);
                let gap = self.b.splat(gap, width / 2);
                let high = self.b.add(low, gap);
                self.both(low, high)
            }
        };
        let numbers = self.b.add(all, lanes);
        let Some(last) = self.point.last else {
            return Ok(numbers);
        };
        let last = self.b.splat(last, width);
        Ok(self.b.op(dfn_ir::scalar::ScalarOp::Min, &[numbers, last]))
    }

    /// Computes the scalar result of an instruction outside of nests.
    pub(super) fn compute(&mut self, data: &InstData) -> Done {
        let &[result] = data.results.as_slice() else {
            return Err(internal("a scalar operation has one result"));
        };
        let var = match self.abreast {
            Some(_) => self.operand(result)?.var,
            None => self.number(result)?,
        };
        if let Some(name) = self.func.name(result)
            && !matches!(data.op, Op::SizeOf(_))
        {
            self.b.name(var, name);
        }
        self.set(result, Val::Scalar(var));
        Ok(())
    }
}
