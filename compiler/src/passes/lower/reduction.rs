//! Reductions in a nest: what is combined, how, from what on, and where the result goes.

use dfn_ir::function::InstData;
use dfn_ir::loops::Var;
use dfn_ir::ops::ReduceKind;
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{DType, Op, Scalar, Size, Value};

use super::cx::Cx;
use super::dot::Space;
use super::element::Reg;
use super::error::Done;
use super::view::{View, product};

/// What an element adds.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A value at the index of the nest.
    One(Value),
    /// A product: each value with the axis of the nest for each of its axes.
    Product([(Value, Vec<usize>); 2]),
}

impl Part {
    /// The values that are read.
    pub(super) fn values(&self) -> Vec<Value> {
        match self {
            Part::One(value) => vec![*value],
            Part::Product(factors) => factors.iter().map(|(value, _)| *value).collect(),
        }
    }
}

/// Where a result goes.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// It is this scalar.
    Scalar(Value),
    /// It is an element of an array, at the index of the axes `kept`. If `whole`, it is stored; else
    /// combined with what stands there, which is filled with the identity first.
    View {
        view: View,
        kept: Vec<usize>,
        whole: bool,
    },
}

/// A reduction.
#[derive(Clone, Debug)]
pub(super) struct Reduction {
    pub(super) part: Part,
    /// How two partial results are combined.
    pub(super) fold: ScalarOp,
    /// Whether in the order `lanes`.
    pub(super) lanes: bool,
    /// All axes from this one on are reduced.
    pub(super) start: usize,
    pub(super) target: Target,
    /// The identity as a constant.
    pub(super) zero: Scalar,
    /// The identity, 0.0 for float sums of nothing.
    pub(super) identity: Var,
}

/// How two results of a kind are combined.
pub(super) fn fold(kind: ReduceKind) -> ScalarOp {
    match kind {
        ReduceKind::Sum => ScalarOp::Add,
        ReduceKind::Prod => ScalarOp::Mul,
        ReduceKind::Max => ScalarOp::Max,
        ReduceKind::Min => ScalarOp::Min,
        ReduceKind::Any => ScalarOp::Or,
        ReduceKind::All => ScalarOp::And,
    }
}

/// What the combination starts from.
pub(super) fn identity(kind: ReduceKind, dtype: DType) -> Scalar {
    let convert = |x: i64| {
        let value = dfn_ir::scalar::eval(ScalarOp::Convert(dtype), &[Scalar::I64(x)]);
        value.unwrap_or(Scalar::zero(dtype))
    };
    match (kind, dtype) {
        (ReduceKind::Sum, DType::F64) => Scalar::F64(-0.0),
        (ReduceKind::Sum, DType::F32) => Scalar::F32(-0.0),
        (ReduceKind::Sum, _) => convert(0),
        (ReduceKind::Prod, _) => convert(1),
        (ReduceKind::Any, _) => Scalar::Bool(false),
        (ReduceKind::All, _) => Scalar::Bool(true),
        (ReduceKind::Max, _) => lowest(dtype),
        (ReduceKind::Min, _) => highest(dtype),
    }
}

fn lowest(dtype: DType) -> Scalar {
    match dtype {
        DType::F32 => Scalar::F32(f32::NEG_INFINITY),
        DType::F64 => Scalar::F64(f64::NEG_INFINITY),
        DType::I32 => Scalar::I32(i32::MIN),
        DType::I64 => Scalar::I64(i64::MIN),
        DType::U32 | DType::U64 | DType::Bool => Scalar::zero(dtype),
    }
}

fn highest(dtype: DType) -> Scalar {
    match dtype {
        DType::F32 => Scalar::F32(f32::INFINITY),
        DType::F64 => Scalar::F64(f64::INFINITY),
        DType::I32 => Scalar::I32(i32::MAX),
        DType::I64 => Scalar::I64(i64::MAX),
        DType::U32 => Scalar::U32(u32::MAX),
        DType::U64 => Scalar::U64(u64::MAX),
        DType::Bool => Scalar::Bool(true),
    }
}

impl Cx<'_> {
    /// The identity of a reduction over `sizes`: of a float sum of nothing it is 0.0, not -0.0.
    pub(super) fn identity(&mut self, zero: Scalar, sizes: &[Size]) -> Done<Var> {
        let positive = match zero {
            Scalar::F64(0.0) => Scalar::F64(0.0),
            Scalar::F32(0.0) => Scalar::F32(0.0),
            _ => return Ok(self.constant(zero)),
        };
        let count = product(sizes)?;
        match count.as_constant() {
            Some(0) => Ok(self.constant(positive)),
            Some(_) => Ok(self.constant(zero)),
            None => {
                let key = (count.clone(), zero.dtype());
                if let Some(&known) = self.identities.get(&key) {
                    return Ok(known);
                }
                let count = self.size(&count)?;
                let none = self.size(&Size::default())?;
                let empty = self.b.compare(dfn_ir::scalar::Compare::Eq, count, none);
                let (positive, zero) = (self.constant(positive), self.constant(zero));
                Ok(self.b.op(ScalarOp::Select, &[empty, positive, zero]))
            }
        }
    }

    /// Computes the identities of all float sums over sizes that are parameters, so that no loop does.
    pub(super) fn identities(&mut self) -> Done {
        let mut counts = Vec::new();
        let func = self.func;
        let mut outcome = Ok(());
        func.walk(&func.body, &mut |_, data| {
            if outcome.is_ok() {
                outcome = self.summed(data, &mut counts);
            }
        });
        outcome?;
        for (sizes, dtype) in counts {
            let count = product(&sizes)?;
            let known = |v| self.vals.contains_key(&v);
            if dtype.is_float() && count.values().all(known) {
                let identity = self.identity(identity(ReduceKind::Sum, dtype), &sizes)?;
                self.identities.insert((count, dtype), identity);
            }
        }
        Ok(())
    }

    /// The sizes that a sum runs over.
    fn summed(&self, data: &InstData, counts: &mut Vec<(Vec<Size>, DType)>) -> Done {
        let Some(dtype) = data.results.first().map(|&v| self.func.ty(v).dtype) else {
            return Ok(());
        };
        match (&data.op, data.args.as_slice()) {
            (Op::Reduce(op), &[x]) => {
                let shape = self.shape_of(x)?;
                let sizes = op.axes.iter().filter_map(|&a| shape.get(a).cloned());
                counts.push((sizes.collect(), dtype));
            }
            (Op::Dot(op), _) => {
                counts.push((Space::of(self, op, data)?.contracted, dtype));
            }
            (Op::Map(op), _) if op.sums > 0 => {
                let sizes: Vec<Size> = data
                    .sizes
                    .iter()
                    .map(|s| self.resolve(s))
                    .collect::<Done<_>>()?;
                for &result in data.results.iter().skip(op.yields).take(op.sums) {
                    counts.push((sizes.clone(), self.func.ty(result).dtype));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Fills the result with the identity, if elements are combined in memory.
    pub(super) fn begin(&mut self, reduction: &Reduction) -> Done {
        match &reduction.target {
            Target::View {
                view, whole: false, ..
            } => self.fill(view, reduction.identity),
            Target::View { .. } | Target::Scalar(_) => Ok(()),
        }
    }

    /// What an accumulator starts from: the identity, or, in index order, what stands in memory.
    pub(super) fn initial(&mut self, reduction: &Reduction) -> Done<Var> {
        match &reduction.target {
            Target::View { whole: false, .. } if self.abreast.is_some() && !reduction.lanes => {
                self.held(reduction)
            }
            Target::View {
                view,
                kept,
                whole: false,
            } if !reduction.lanes => {
                let place = view.place(&self.index_of(kept))?;
                let at = self.size(&place)?;
                Ok(self.b.load(view.buffer, at, 1))
            }
            Target::View { .. } | Target::Scalar(_) => {
                let width = self.outside().width;
                Ok(self.b.splat(reduction.identity, width))
            }
        }
    }

    /// `acc` with what this point adds: `acc ∘ x`, or `fma(x, y, acc)`. `acc` has as many lanes as the
    /// point, or one.
    pub(super) fn contribute(&mut self, reduction: &Reduction, acc: Var) -> Done<Reg> {
        let parts = self.parts(&reduction.part)?;
        let lanes = self.b.value_ty(acc).lanes;
        let vars: Vec<Var> = parts.iter().map(|&reg| self.widen(reg, lanes)).collect();
        let var = self.combine(reduction.fold, acc, &vars);
        Ok(Reg { var, lanes })
    }

    /// A reduction that has no loop of its own: over one element, or into memory.
    pub(super) fn at_element(&mut self, reduction: &Reduction) -> Done<Option<(Value, Var)>> {
        if let Target::View {
            view,
            kept,
            whole: false,
        } = &reduction.target
        {
            let place = view.place(&self.index_of(kept))?;
            let parts = self.parts(&reduction.part)?;
            self.update(reduction.fold, &place, view, &parts)?;
            return Ok(None);
        }
        let acc = self.b.splat(reduction.identity, self.point.width);
        let value = self.contribute(reduction, acc)?;
        self.finish(reduction, value)
    }

    /// The index along some axes of the nest.
    pub(super) fn index_of(&self, axes: &[usize]) -> Vec<Size> {
        let at = |axis: &usize| self.point.index.get(*axis).cloned().unwrap_or_default();
        axes.iter().map(at).collect()
    }

    /// The end of an accumulation: the scalar that it gives, or the element that it writes.
    pub(super) fn finish(
        &mut self,
        reduction: &Reduction,
        value: Reg,
    ) -> Done<Option<(Value, Var)>> {
        match &reduction.target {
            Target::Scalar(result) => return Ok(Some((*result, value.var))),
            Target::View { view, kept, whole } => {
                let index = self.index_of(kept);
                match *whole || !reduction.lanes {
                    true => self.store(view, &index, value)?,
                    false => self.update(reduction.fold, &view.place(&index)?, view, &[value])?,
                }
            }
        }
        Ok(None)
    }

    /// Combines elements of `view` at `place` with `parts`, lane by lane in order.
    pub(super) fn update(
        &mut self,
        op: ScalarOp,
        place: &Size,
        view: &View,
        parts: &[Reg],
    ) -> Done {
        let width = self.point.width;
        if width > 1 && self.is_contiguous(place)? {
            let at = self.size(place)?;
            let vars: Vec<Var> = parts.iter().map(|&reg| self.widen(reg, width)).collect();
            let before = self.b.load(view.buffer, at, width);
            let after = self.combine(op, before, &vars);
            self.b.store(view.buffer, at, after);
            return Ok(());
        }
        let places = self.spread(place)?;
        for lane in 0..width {
            let at = self.lane(places, lane);
            let vars: Vec<Var> = parts.iter().map(|&reg| self.lane(reg, lane)).collect();
            let before = self.b.load(view.buffer, at, 1);
            let after = self.combine(op, before, &vars);
            self.b.store(view.buffer, at, after);
        }
        Ok(())
    }

    /// `acc` with what the lanes of this point add, one after another.
    pub(super) fn in_order(&mut self, reduction: &Reduction, mut acc: Var) -> Done<Var> {
        let parts = self.parts(&reduction.part)?;
        for lane in 0..self.point.width {
            let vars: Vec<Var> = parts.iter().map(|&reg| self.lane(reg, lane)).collect();
            let next = self.combine(reduction.fold, acc, &vars);
            acc = self.if_counted(lane, next, acc)?;
        }
        Ok(acc)
    }

    /// `next` if this lane is one of those that count, else `before`.
    fn if_counted(&mut self, lane: u16, next: Var, before: Var) -> Done<Var> {
        let Some(count) = self.point.count else {
            return Ok(next);
        };
        let lane = self.size(&Size::constant(i64::from(lane)))?;
        let counts = self.b.compare(dfn_ir::scalar::Compare::Lt, lane, count);
        Ok(self.b.op(ScalarOp::Select, &[counts, next, before]))
    }

    pub(super) fn combine(&mut self, fold: ScalarOp, acc: Var, parts: &[Var]) -> Var {
        match *parts {
            [x, y] if self.b.value_ty(acc).dtype.is_float() => self.b.fma(x, y, acc),
            [x, y] => {
                let product = self.b.mul(x, y);
                self.b.add(acc, product)
            }
            [x] => self.b.op(fold, &[acc, x]),
            _ => acc,
        }
    }

    pub(super) fn parts(&mut self, part: &Part) -> Done<Vec<Reg>> {
        match part {
            Part::One(value) => Ok(vec![self.operand(*value)?]),
            Part::Product(factors) => {
                let mut regs = Vec::new();
                for (value, axes) in factors {
                    let index = self.index_of(axes);
                    let access = self.access(*value, &index)?;
                    regs.push(self.read(&access)?);
                }
                Ok(regs)
            }
        }
    }
}
