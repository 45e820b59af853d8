//! Short rows: elementwise nests in which one row meets every row of an array, as the mean that is taken from
//! each point.
//!
//! Vectors along rows of 2 or 10 elements are hardly filled. So the row is written eight times, one after
//! another, and the nest runs over eight rows at a time as if they were one: its vectors lie where they lie,
//! across the ends of rows. Rows that are long enough run as they are, by the same code.

use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{Size, Value};

use super::cx::{Cx, Val};
use super::error::Done;
use super::nest::{Effect, Nest};
use super::schedule::Group;
use super::view::{View, plus, product};

/// Rows of so many elements are long enough.
const LONG: i64 = 32;
/// How many short rows are one; a vector of any width ends with them.
const ROWS: i64 = 8;

/// What a nest over short rows reads.
pub(super) struct ShortRows {
    /// The elements of a row, and how many rows there are.
    row: Size,
    rows: Size,
    /// Values that are the same in each row, as they are and as one row.
    repeated: Vec<(Value, View, View)>,
    /// Values that lie row by row.
    lying: Vec<(Value, View)>,
}

impl<'a> Cx<'a> {
    /// What a nest reads, if its rows may be short and one row at least is repeated.
    pub(super) fn short_rows(&mut self, nest: &Nest<'a>, group: &Group) -> Done<Option<ShortRows>> {
        let plain =
            nest.shape.len() >= 2 && !nest.flat && !nest.heavy && nest.reductions.is_empty();
        let alone = self.abreast.is_none() && !self.seeks_threads();
        if !plain || !alone || !nest.effects.iter().all(lies_row_by_row) {
            return Ok(None);
        }
        let (mut lying, mut repeated) = (Vec::new(), Vec::new());
        let mut axes = None;
        for value in self.read_by(group) {
            let Some(view) = self.view(value)? else {
                return Ok(None);
            };
            if view.is_contiguous() {
                lying.push((value, view));
                continue;
            }
            let over = view
                .strides
                .iter()
                .take_while(|s| **s == Size::default())
                .count();
            let row = view.part(&vec![Size::default(); over])?;
            if !row.is_contiguous() || axes.is_some_and(|axes| axes != over) || over == 0 {
                return Ok(None);
            }
            axes = Some(over);
            repeated.push((value, view, row));
        }
        let Some((over, inner)) = axes.and_then(|axes| nest.shape.split_at_checked(axes)) else {
            return Ok(None);
        };
        let short = ShortRows {
            row: product(inner)?,
            rows: product(over)?,
            repeated,
            lying,
        };
        Ok(short.pays(nest).then_some(short))
    }

    /// The arrays that a group reads, but for those that are one number.
    fn read_by(&self, group: &Group) -> Vec<Value> {
        let insts = group.insts.iter();
        let made: Vec<Value> = insts
            .clone()
            .flat_map(|&i| self.data(i).results.to_vec())
            .collect();
        let mut read = Vec::new();
        for &inst in &group.insts {
            for &value in &self.data(inst).args {
                let ty = self.func.ty(value);
                let one = ty.is_accumulator() || ty.rank() == 0 || self.is_uniform(value);
                if !one && !made.contains(&value) && !read.contains(&value) {
                    read.push(value);
                }
            }
        }
        read
    }

    /// Emits the nest: a loop over eight rows, or one that is long, around a loop over their elements.
    pub(super) fn in_eights(&mut self, nest: &Nest<'a>, short: &ShortRows) -> Done {
        let row = self.size(&short.row)?;
        let [one, eight, long] = [1, ROWS, LONG].map(|number| self.b.index(number));
        let few = self.b.compare(Compare::Lt, row, long);
        let together = self.b.op(ScalarOp::Select, &[few, eight, one]);
        let mut wheels = Vec::new();
        for (value, _, view) in &short.repeated {
            wheels.push((*value, self.wheel(view, few, row)?));
        }
        let [begin, len] = self.open_blocks(short, row, together)?;
        for (value, buffer) in wheels {
            let dtype = self.func.ty(value).dtype;
            let view = View::whole(buffer, dtype, vec![len.clone()])?;
            self.vals.insert(value, Val::View(view));
        }
        for (value, view) in &short.lying {
            let view = from(view, &begin)?;
            self.vals.insert(*value, Val::View(view));
        }
        self.nest(&part(nest, &begin, len)?)?;
        self.close_for(&[]);
        let repeated = short.repeated.iter().map(|(value, view, _)| (value, view));
        for (value, view) in repeated.chain(short.lying.iter().map(|(v, view)| (v, view))) {
            self.vals.insert(*value, Val::View(view.clone()));
        }
        Ok(())
    }

    /// Opens a loop over blocks of `together` rows: the number of its first element, and how many it has.
    fn open_blocks(&mut self, short: &ShortRows, row: Var, together: Var) -> Done<[Size; 2]> {
        let rows = self.size(&short.rows)?;
        let [zero, one] = [0, 1].map(|number| self.b.index(number));
        let most = self.b.mul(row, together);
        let all = self.b.mul(row, rows);
        let up = self.b.sub(together, one);
        let blocks = self.b.add(rows, up);
        let blocks = self.b.op(ScalarOp::Div, &[blocks, together]);
        let (block, _) = self.open_for(ForSpec::up(zero, blocks), &[]);
        let begin = self.b.mul(block, most);
        let left = self.b.sub(all, begin);
        let len = self.b.op(ScalarOp::Min, &[left, most]);
        Ok([begin, len].map(|var| {
            let name = self.fresh();
            self.set(name, Val::Scalar(var));
            Size::value(name)
        }))
    }

    /// The row eight times, or as it is where that is enough.
    fn wheel(&mut self, view: &View, few: Var, row: Var) -> Done<Var> {
        let start = self.size(&view.offset)?;
        let plain = self.b.advance(view.buffer, start);
        let room = self.size(&Size::constant(ROWS * LONG))?;
        let wheel = self.b.alloc("wheel", view.dtype, room);
        self.temporaries.push((wheel, self.span));
        let zero = self.size(&Size::default())?;
        let times = self.size(&Size::constant(ROWS))?;
        let written = |b: &mut dfn_ir::loops::Builder| {
            b.for_loop(ForSpec::up(zero, times), &[], |b, turn, _| {
                let at = b.mul(turn, row);
                b.copy((wheel, at), (plain, zero), row);
                Vec::new()
            });
            vec![wheel]
        };
        let chosen = self.b.if_else(few, written, |_| vec![plain]);
        Ok(chosen.first().copied().unwrap_or(plain))
    }
}

impl ShortRows {
    /// Whether vectors along the rows would be worse, as far as sizes are known, and nothing that is written
    /// is what is repeated.
    fn pays(&self, nest: &Nest<'_>) -> bool {
        let width = i64::from(nest.width);
        let unfilled = |n: i64| n < LONG && n % width != 0;
        let written = |view: &View| {
            let mut views = nest.effects.iter().filter_map(view_of);
            views.any(|other| other.buffer == view.buffer)
        };
        self.row.as_constant().is_none_or(unfilled)
            && self.rows.as_constant().is_none_or(|n| n >= 2 * ROWS)
            && !self.repeated.iter().any(|(_, view, _)| written(view))
    }
}

fn view_of<'e>(effect: &'e Effect<'_>) -> Option<&'e View> {
    match effect {
        Effect::Store(_, view) | Effect::Put(_, view) | Effect::Update(_, _, view) => Some(view),
        Effect::Eval(_) | Effect::Alias(..) | Effect::Body(_) => None,
    }
}

fn lies_row_by_row(effect: &Effect<'_>) -> bool {
    match effect {
        Effect::Eval(_) => true,
        Effect::Body(_) | Effect::Alias(..) => false,
        Effect::Store(..) | Effect::Put(..) | Effect::Update(..) => {
            view_of(effect).is_some_and(View::is_contiguous)
        }
    }
}

/// The elements of a view from the number `begin` on.
fn from(view: &View, begin: &Size) -> Done<View> {
    Ok(View {
        offset: plus(&view.offset, begin)?,
        ..view.clone()
    })
}

/// A nest over `len` elements from the number `begin` on.
fn part<'a>(nest: &Nest<'a>, begin: &Size, len: Size) -> Done<Nest<'a>> {
    let effects = nest.effects.iter().map(|effect| {
        Ok(match effect {
            Effect::Store(value, view) => Effect::Store(*value, from(view, begin)?),
            Effect::Put(var, view) => Effect::Put(*var, from(view, begin)?),
            Effect::Update(op, value, view) => Effect::Update(*op, *value, from(view, begin)?),
            Effect::Eval(value) => Effect::Eval(*value),
            Effect::Alias(value, of) => Effect::Alias(*value, *of),
            Effect::Body(data) => Effect::Body(data),
        })
    });
    Ok(Nest {
        shape: vec![len],
        effects: effects.collect::<Done<_>>()?,
        reductions: Vec::new(),
        width: nest.width,
        heavy: nest.heavy,
        flat: true,
    })
}
