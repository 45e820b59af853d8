//! Index functions: what an element of an array is, without computing the array.

use dfn_ir::loops::Var;
use dfn_ir::{DType, Op, Scalar, Size, Value};

use super::cx::{Cx, Val};
use super::element::Reg;
use super::error::{Done, internal};
use super::view::{View, plus, times};

/// Where an element comes from.
#[derive(Clone, Debug)]
pub(super) enum Access {
    /// It is this number.
    Const(Scalar),
    /// It is the value of a polynomial, converted.
    Number(Size, DType),
    /// It is in memory.
    Load(View, Size),
    /// It has been computed at this point.
    Reg(Reg),
}

impl Cx<'_> {
    /// The element of `value` at `index`.
    pub(super) fn access(&mut self, value: Value, index: &[Size]) -> Done<Access> {
        if let Some(&reg) = self.point.regs.get(&value)
            && (index.is_empty() || index == self.point.index)
        {
            return Ok(Access::Reg(reg));
        }
        if let Some(Val::Scalar(var)) = self.vals.get(&value) {
            let (var, lanes) = (*var, self.b.value_ty(*var).lanes);
            return Ok(Access::Reg(Reg { var, lanes }));
        }
        if let Some(view) = self.view(value)? {
            let place = self.place(&view, index)?;
            return Ok(Access::Load(view, place));
        }
        self.through(value, index)
    }

    /// The element of the result of a free operation, as one of its operand.
    fn through(&mut self, value: Value, index: &[Size]) -> Done<Access> {
        let data = self
            .def(value)
            .ok_or_else(|| internal("a value without a definition"))?;
        let operand = data.args.first().copied();
        let at = |k: usize| index.get(k).cloned().unwrap_or_default();
        let (operand, index) = match (&data.op, operand) {
            (Op::Const(op), _) => return Ok(Access::Const(op.value)),
            (Op::SizeOf(_), _) => {
                let size = data.sizes.first().ok_or_else(|| internal("no size"))?;
                return Ok(Access::Number(self.resolve(size)?, DType::I64));
            }
            (Op::Iota(_), _) => return Ok(Access::Number(at(0), self.func.ty(value).dtype)),
            (Op::Broadcast(op), Some(x)) => (x, op.axes.iter().map(|&a| at(a)).collect()),
            (Op::Transposed(op), Some(x)) => {
                let inverse = op.inverse();
                (x, inverse.axes.iter().map(|&a| at(a)).collect())
            }
            (Op::Slice(op), Some(x)) => {
                let start = data.args.get(1).ok_or_else(|| internal("no start"))?;
                let start = self.poly(*start)?;
                let mut index = index.to_vec();
                if let Some(i) = index.get_mut(op.axis) {
                    *i = plus(&start, &times(i, &Size::constant(op.step))?)?;
                }
                (x, index)
            }
            (Op::Window(op), Some(x)) => {
                let (&[ref rest @ .., ref k], i) = (index, at(op.axis)) else {
                    return Err(internal("no index"));
                };
                let mut rest = rest.to_vec();
                if let Some(slot) = rest.get_mut(op.axis) {
                    let start = times(&i, &Size::constant(op.step))?;
                    *slot = plus(&start, &times(k, &Size::constant(op.dilation))?)?;
                }
                (x, rest)
            }
            (Op::Index(_), Some(x)) => {
                let mut all = self.polys(data.args.get(1..).unwrap_or_default())?;
                all.extend_from_slice(index);
                (x, all)
            }
            (Op::Reshape(_), Some(x)) if self.is_uniform(x) => (x, Vec::new()),
            (Op::Reshape(_), Some(x)) => (x, self.without_units(value, x, index)?),
            _ => return Err(internal("a value that is not available here")),
        };
        if self.func.ty(operand).rank() == 0 {
            return self.operand(operand).map(Access::Reg);
        }
        self.access(operand, &index)
    }

    /// Whether all elements of `value` are one constant or one scalar.
    pub(super) fn is_uniform(&self, mut value: Value) -> bool {
        loop {
            if let Some(Val::View(_)) = self.vals.get(&value) {
                return false;
            }
            if self.func.ty(value).rank() == 0 {
                return true;
            }
            let data = self.def(value);
            value = match data.map(|data| (&data.op, data.args.first())) {
                Some((Op::Const(_), _)) => return true,
                Some((op, Some(&x))) if is_view(op) => x,
                _ => return false,
            };
        }
    }

    /// The scalar that all elements of `value` are, if it is a constant or repeats a scalar. Outside of
    /// nests only.
    pub(super) fn uniform(&mut self, value: Value) -> Done<Option<Var>> {
        let mut value = value;
        loop {
            if let Some(Val::View(_)) = self.vals.get(&value) {
                return Ok(None);
            }
            if self.func.ty(value).rank() == 0 {
                return self.number(value).map(Some);
            }
            let Some(data) = self.def(value) else {
                return Ok(None);
            };
            value = match (&data.op, data.args.first()) {
                (Op::Const(op), _) => return Ok(Some(self.constant(op.value))),
                (op, Some(&x)) if is_view(op) => x,
                _ => return Ok(None),
            };
        }
    }

    /// An index into the operand of a `reshape` that only adds or drops axes with one element.
    fn without_units(&self, result: Value, operand: Value, index: &[Size]) -> Done<Vec<Size>> {
        let shape = self.shape_of(result)?;
        let mut rest = index.iter().zip(&shape).filter(|(_, size)| !size.is(1));
        let mut all = Vec::new();
        for size in self.shape_of(operand)? {
            let next = if size.is(1) { None } else { rest.next() };
            all.push(next.map(|(i, _)| i.clone()).unwrap_or_default());
        }
        Ok(all)
    }

    /// The polynomials of scalars.
    pub(super) fn polys(&self, values: &[Value]) -> Done<Vec<Size>> {
        values.iter().map(|&v| self.poly(v)).collect()
    }

    /// Where the elements of `value` are, if they are in memory.
    pub(super) fn view(&mut self, value: Value) -> Done<Option<View>> {
        match self.vals.get(&value) {
            Some(Val::View(view)) => return Ok(Some(view.clone())),
            Some(Val::Scalar(_)) => return Ok(None),
            None => {}
        }
        let Some(data) = self.def(value).filter(|data| is_view(&data.op)) else {
            return Ok(None);
        };
        let &[x, ref rest @ ..] = data.args.as_slice() else {
            return Err(internal("no operand"));
        };
        let Some(x) = self.view(x)? else {
            return Ok(None);
        };
        let shape = self.shape_of(value)?;
        let view = match &data.op {
            Op::Broadcast(op) => Some(x.broadcast(&op.axes, shape)),
            Op::Transposed(op) => Some(x.transpose(&op.axes)),
            Op::Index(_) => Some(x.part(&self.polys(rest)?)?),
            Op::Slice(op) => {
                let start = rest.first().ok_or_else(|| internal("no start"))?;
                Some(x.slice(op.axis, &self.poly(*start)?, op.step, shape)?)
            }
            Op::Reshape(_) => x.reshape(&shape)?,
            Op::Window(op) => Some(x.window((op.axis, op.step, op.dilation), shape)?),
            _ => None,
        };
        // An element is read where its instruction stands: it does not share the memory.
        if let Some(view) = view.as_ref().filter(|_| self.func.ty(value).rank() > 0) {
            self.set(value, Val::View(view.clone()));
        }
        Ok(view)
    }
}

fn is_view(op: &Op) -> bool {
    matches!(
        op,
        Op::Broadcast(_)
            | Op::Transposed(_)
            | Op::Index(_)
            | Op::Slice(_)
            | Op::Reshape(_)
            | Op::Window(_)
    )
}
