//! The function of a pattern: loops over the counters of each term, which count the pairs and then write
//! them down.

use super::atoms::{Atom, Counters, Expr};
use super::copy::Copier;
use super::frames::Frames;
use super::solved::Solved;
use dfn_ir::function::{Function, Value};
use dfn_ir::ops::{Add, And, CompareOp, Const, Convert, For, Map, Max, Mul, Not, Slice, Update};
use dfn_ir::scalar::{Compare, DType};
use dfn_ir::size::Size;
use dfn_ir::ty::Type;
use dfn_ir::{Builder, Parts, Scalar, TypeError};

/// Pairs of a row and a column for all values of some counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nest {
    /// The numbers of the result or parameter and of the parameter that the elements are of.
    pub(super) parameters: (usize, usize),
    /// The indices of the row, then those of the column.
    pub(super) at: Vec<Expr>,
    /// How many are those of the row.
    pub(super) rank: usize,
    pub(super) row: Expr,
    pub(super) column: Expr,
    /// Indices with the extents in which they must be.
    pub(super) ranges: Vec<(Expr, Expr)>,
    pub(super) solved: Solved,
    /// Whether the pair turned around is one as well.
    pub(super) both: bool,
}

/// A nest with its loops, outermost first.
struct Loops<'n> {
    nest: &'n Nest,
    counters: Vec<Atom>,
}

/// The function `name` that gives the number of pairs, the rows and the columns.
pub(super) fn pattern(
    frames: &mut Frames<'_>,
    name: String,
    nests: &[Nest],
) -> Result<Function, TypeError> {
    let loops: Vec<Loops<'_>> = nests.iter().map(|nest| nest.loops(frames)).collect();
    let mut copier = Copier::new(frames, name)?;
    let mut count = copier.number(0)?;
    for nest in &loops {
        copier.begin(&nest.nest.solved);
        let pairs = copier.count(nest)?;
        count = copier.b.op(Add, &[count, pairs])?;
    }
    // One more, where pairs that are none are written.
    let room = Size::value(count).checked_add(&Size::constant(1));
    let room = room.ok_or_else(|| TypeError::new("a size overflows"))?;
    let list = Type::array(DType::I64, [room]);
    let zero = Const {
        value: Scalar::I64(0),
    };
    let empty = copier.b.op_as(zero, &[], list)?;
    let mut state = [empty, empty, copier.number(0)?];
    for nest in &loops {
        copier.begin(&nest.nest.solved);
        state = copier.write(nest, &nest.counters, state)?;
    }
    let start = copier.number(0)?;
    let exact = Type::array(DType::I64, [Size::value(count)]);
    let [rows, columns, _] = state;
    let slice = Slice { axis: 0, step: 1 };
    let rows = copier
        .b
        .op_as(slice.clone(), &[rows, start], exact.clone())?;
    let columns = copier.b.op_as(slice, &[columns, start], exact)?;
    let b = std::mem::replace(&mut copier.b, Builder::new(""));
    Ok(b.finish(vec![count, rows, columns]))
}

impl Nest {
    /// The counters that rows, columns and conditions depend on and that are not solved.
    fn loops(&self, frames: &Frames<'_>) -> Loops<'_> {
        let atoms = &frames.atoms;
        let mut all: Counters = atoms.counters(&self.row);
        all.extend(atoms.counters(&self.column));
        for (index, extent) in &self.ranges {
            all.extend(atoms.counters(index));
            all.extend(atoms.counters(extent));
        }
        all.extend(self.solved.mentioned(atoms));
        let all = self.solved.closure(atoms, all);
        let mut waiting: Vec<Atom> = all
            .into_iter()
            .filter(|&c| self.solved.of(c).is_none())
            .collect();
        let mut counters: Vec<Atom> = Vec::new();
        while !waiting.is_empty() {
            let needs = |c: Atom| {
                let extent = atoms.extent(c).map(|e| atoms.counters(e));
                self.solved.closure(atoms, extent.unwrap_or_default())
            };
            let ready = |c: &Atom| needs(*c).iter().all(|n| !waiting.contains(n));
            let place = waiting.iter().position(ready).unwrap_or_default();
            counters.push(waiting.remove(place));
        }
        Loops {
            nest: self,
            counters,
        }
    }
}

impl Copier<'_, '_> {
    /// How many pairs there are.
    fn count(&mut self, loops: &Loops<'_>) -> Result<Value, TypeError> {
        let nest = loops.nest;
        let one = match nest.both {
            true => 2,
            false => 1,
        };
        let solved = &nest.solved;
        let unconditional =
            nest.ranges.is_empty() && solved.checks.is_empty() && solved.guards.is_empty();
        let extents: Vec<Expr> = loops
            .counters
            .iter()
            .filter_map(|&c| self.frames.atoms.extent(c).cloned())
            .collect();
        let fixed = |e: &Expr| self.frames.atoms.counters(e).is_empty();
        if unconditional && extents.iter().all(fixed) {
            let mut product = self.number(one)?;
            for extent in extents {
                let size = self.extent(&extent)?;
                let size = self.b.size(&size)?;
                product = self.b.op(Mul, &[product, size])?;
            }
            return Ok(product);
        }
        let each = self.number(one)?;
        let found = self.counted(nest, &loops.counters)?;
        self.b.op(Mul, &[found, each])
    }

    fn counted(&mut self, nest: &Nest, counters: &[Atom]) -> Result<Value, TypeError> {
        let Some((&counter, inner)) = counters.split_first() else {
            let holds = self.holds(nest)?;
            return match holds {
                Some(holds) => self.b.op(Convert { to: DType::I64 }, &[holds]),
                None => self.number(1),
            };
        };
        let size = self.extent_of(counter)?;
        self.open(counter);
        let sum = self.counted(nest, inner)?;
        let block = self.close(vec![sum]);
        let parts = Parts {
            sizes: [size].into_iter().collect(),
            blocks: vec![block],
            ..Parts::default()
        };
        let map = Map {
            yields: 0,
            sums: 1,
            accs: 0,
        };
        let inst = self.b.emit(map, parts)?;
        let sum = self.b.results(inst).first().copied();
        sum.ok_or_else(|| TypeError::new("a result is missing"))
    }

    /// Writes the pairs behind those that are there: rows, columns, how many.
    fn write(
        &mut self,
        loops: &Loops<'_>,
        counters: &[Atom],
        state: [Value; 3],
    ) -> Result<[Value; 3], TypeError> {
        let Some((&counter, inner)) = counters.split_first() else {
            return self.write_one(loops.nest, state);
        };
        let size = self.extent_of(counter)?;
        let types = state.map(|v| self.b.ty(v).clone());
        self.open(counter);
        let carried = types.map(|ty| self.b.param(ty, None));
        let after = self.write(loops, inner, carried)?;
        let block = self.close(after.to_vec());
        let parts = Parts {
            args: state.into_iter().collect(),
            sizes: [size].into_iter().collect(),
            blocks: vec![block],
            ..Parts::default()
        };
        let inst = self.b.emit(For { reverse: false }, parts)?;
        match *self.b.results(inst) {
            [rows, columns, next] => Ok([rows, columns, next]),
            _ => Err(TypeError::new("a result is missing")),
        }
    }

    fn write_one(&mut self, nest: &Nest, state: [Value; 3]) -> Result<[Value; 3], TypeError> {
        let step = match self.holds(nest)? {
            Some(holds) => self.b.op(Convert { to: DType::I64 }, &[holds])?,
            None => self.number(1)?,
        };
        let (row, column) = (self.eval(&nest.row)?, self.eval(&nest.column)?);
        let [rows, columns, next] = state;
        let mut state = [
            self.b.op(Update, &[rows, row, next])?,
            self.b.op(Update, &[columns, column, next])?,
            self.b.op(Add, &[next, step])?,
        ];
        if nest.both {
            let [rows, columns, next] = state;
            state = [
                self.b.op(Update, &[rows, column, next])?,
                self.b.op(Update, &[columns, row, next])?,
                self.b.op(Add, &[next, step])?,
            ];
        }
        Ok(state)
    }

    /// Whether the conditions hold; none if there are none.
    fn holds(&mut self, nest: &Nest) -> Result<Option<Value>, TypeError> {
        let zero = self.number(0)?;
        let mut all: Vec<Value> = Vec::new();
        for (index, extent) in &nest.ranges {
            let (index, extent) = (self.eval(index)?, self.eval(extent)?);
            all.push(self.b.op(CompareOp { how: Compare::Le }, &[zero, index])?);
            all.push(
                self.b
                    .op(CompareOp { how: Compare::Lt }, &[index, extent])?,
            );
        }
        for guard in &nest.solved.guards {
            let condition = self.copy(guard.frame, guard.condition)?;
            all.push(match guard.holds {
                true => condition,
                false => self.b.op(Not, &[condition])?,
            });
        }
        for (a, b) in &nest.solved.checks {
            let (a, b) = (self.eval(a)?, self.eval(b)?);
            all.push(self.b.op(CompareOp { how: Compare::Eq }, &[a, b])?);
        }
        let mut result: Option<Value> = None;
        for next in all {
            result = Some(match result {
                Some(before) => self.b.op(And, &[before, next])?,
                None => next,
            });
        }
        Ok(result)
    }

    fn extent_of(&mut self, counter: Atom) -> Result<Size, TypeError> {
        let extent = self.frames.atoms.extent(counter).cloned();
        self.extent(&extent.unwrap_or_default())
    }

    /// An extent as a size; one that may be negative is 0 then.
    fn extent(&mut self, extent: &Expr) -> Result<Size, TypeError> {
        let size = self.size_of_expr(extent)?;
        if self.frames.atoms.never_negative(extent) {
            return Ok(size);
        }
        let (value, zero) = (self.eval(extent)?, self.number(0)?);
        Ok(Size::value(self.b.op(Max, &[value, zero])?))
    }
}
