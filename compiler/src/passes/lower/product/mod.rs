//! Matrix products: contractions of floats in the order `seq` with free axes on both sides.
//!
//! The axes are merged where strides allow. What is left is a product of two matrices, inside loops over
//! batch axes and over axes that did not merge. Products of few elements whose sizes are constants are
//! written out ([`small`]); others call a function with loops over blocks ([`blocked`]) around a kernel
//! that keeps a tile of the result in registers ([`kernel`]). See `docs/lowering.md`.

mod blocked;
mod dims;
mod kernel;
mod pack;
mod small;
mod tile;

use dfn_ir::function::InstData;
use dfn_ir::loops::{self, FuncId, Var};
use dfn_ir::ops::{Dot, Order, ReduceKind};
use dfn_ir::{DType, Scalar, Size, Value};

use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::reduction::identity;
use super::view::{View, plus, times};
use dims::{Dim, simplified};
use small::Small;
use tile::Tile;

/// Whether a contraction is lowered here.
pub(super) fn is_product(cx: &Cx<'_>, op: &Dot, data: &InstData) -> bool {
    let &[x, y] = data.args.as_slice() else {
        return false;
    };
    let (x, y) = (cx.func.ty(x), cx.func.ty(y));
    let free = !op.free(0, x.rank()).is_empty() && !op.free(1, y.rank()).is_empty();
    x.dtype.is_float() && op.order != Order::Lanes && !op.contract.is_empty() && free
}

/// A contraction as products of two matrices.
struct Product {
    x: View,
    y: View,
    out: View,
    /// Loops around the product whose iterations are independent.
    outer: Vec<Dim>,
    /// Loops over contracted axes around the product.
    deep: Vec<Dim>,
    m: Dim,
    n: Dim,
    k: Dim,
    identity: Var,
    tile: Tile,
}

impl Product {
    /// The stride of the right operand along a row; an axis with one element has any.
    fn column(&self) -> Size {
        match self.n.size.is(1) {
            true => Size::constant(1),
            false => self.n.right.clone(),
        }
    }
}

impl Cx<'_> {
    /// Emits a matrix product.
    pub(super) fn product(&mut self, op: &Dot, data: &InstData, result: Value) -> Done {
        let &[x, y] = data.args.as_slice() else {
            return Err(internal("a contraction has two operands"));
        };
        let (x, y) = (self.in_memory(x)?, self.in_memory(y)?);
        let dest = self.dest(result)?;
        let side_by_side = |view: &View| {
            let last = view.strides.last().zip(view.shape.last());
            last.is_none_or(|(stride, size)| stride.is(1) || size.is(1))
        };
        let out = match side_by_side(&dest) {
            true => dest.clone(),
            false => self.temporary("", &self.func.ty(result).clone())?,
        };
        let product = self.as_matrices(op, [x, y, out.clone()])?;
        self.multiply(&product)?;
        if out != dest {
            self.set(result, Val::View(out));
            self.copy(result, &dest)?;
        }
        self.set(result, Val::View(dest));
        Ok(())
    }

    /// The elements of `value` in memory, at strides that do not run backwards: kernels only go on from an
    /// address.
    fn in_memory(&mut self, value: Value) -> Done<View> {
        match self.view(value)? {
            Some(view) if !view.strides.iter().any(may_run_backwards) => Ok(view),
            _ => self.contiguous(value),
        }
    }

    fn as_matrices(&mut self, op: &Dot, views: [View; 3]) -> Done<Product> {
        let [x, y, out] = views;
        let all = [&x, &y, &out];
        let batch = op.batch.iter().enumerate();
        let batch = batch.map(|(k, &(a, b))| Dim::of(all, Some(a), Some(b), Some(k)));
        let mut outer = simplified(batch.collect())?;
        let mut at = op.batch.len();
        let mut free = |side: usize, rank: usize| {
            let axes = op.free(side, rank);
            let dims = axes.into_iter().map(|axis| {
                let (left, right) = match side {
                    0 => (Some(axis), None),
                    _ => (None, Some(axis)),
                };
                at += 1;
                Dim::of(all, left, right, Some(at - 1))
            });
            simplified(dims.collect())
        };
        let mut rows = free(0, x.shape.len())?;
        let mut columns = free(1, y.shape.len())?;
        let contract = op.contract.iter();
        let contract = contract.map(|&(a, b)| Dim::of(all, Some(a), Some(b), None));
        let sizes: Vec<Size> = contract.clone().map(|dim| dim.size).collect();
        let mut deep = simplified(contract.collect())?;
        let m = rows.pop().unwrap_or_else(Dim::unit);
        let n = columns.pop().unwrap_or_else(Dim::unit);
        let k = deep.pop().unwrap_or_else(Dim::unit);
        outer.extend(rows);
        outer.extend(columns);
        let zero = identity(ReduceKind::Sum, x.dtype);
        let identity = self.identity(zero, &sizes)?;
        let tile = Tile::of(self.shared.machine, x.dtype);
        Ok(Product {
            x,
            y,
            out,
            outer,
            deep,
            m,
            n,
            k,
            identity,
            tile,
        })
    }

    /// Emits the loops around the product, and the product.
    fn multiply(&mut self, product: &Product) -> Done {
        if !product.deep.is_empty() {
            self.fill(&product.out, product.identity)?;
        }
        let small = Small::of(product);
        let work = match &small {
            Some(small) => self.small_room(product, small)?,
            None => Some(self.room(product)?),
        };
        let mut places = [&product.x, &product.y, &product.out].map(|view| view.offset.clone());
        let loops: Vec<&Dim> = product.outer.iter().chain(&product.deep).collect();
        for dim in &loops {
            let hi = self.size(&dim.size)?;
            let spec = self.upto(hi)?;
            let (counter, _) = self.open_for(spec, &[]);
            let index = self.fresh();
            self.set(index, Val::Scalar(counter));
            let index = Size::value(index);
            for (place, stride) in places.iter_mut().zip([&dim.left, &dim.right, &dim.out]) {
                *place = plus(place, &times(&index, stride)?)?;
            }
        }
        match (&small, work) {
            (Some(small), work) => self.small(product, small, &places, work)?,
            (None, Some(work)) => self.large(product, &places, work)?,
            (None, None) => return Err(internal("a product without memory for packing")),
        }
        for _ in &loops {
            self.close_for(&[]);
        }
        Ok(())
    }

    /// Memory for packed blocks.
    fn room(&mut self, product: &Product) -> Done<Var> {
        let m = self.size(&product.m.size)?;
        let n = self.size(&product.n.size)?;
        let k = self.size(&product.k.size)?;
        let len = blocked::room(
            &mut self.b,
            &product.tile,
            [m, n, k],
            product.column().is(1),
        );
        Ok(self.scratch(product.tile.dtype, len))
    }

    /// A temporary that is no value of the program.
    fn scratch(&mut self, dtype: DType, len: Var) -> Var {
        let buffer = self.b.alloc("panels", dtype, len);
        self.temporaries.push((buffer, self.span));
        buffer
    }

    /// Calls the function for products of any size.
    fn large(&mut self, product: &Product, places: &[Size; 3], work: Var) -> Done {
        let kernel = self.kernel(&product.tile);
        let [x, y, out] = places;
        let at = [(&product.x, x), (&product.y, y), (&product.out, out)];
        let mut starts = Vec::new();
        for (view, place) in at {
            let by = self.size(place)?;
            starts.push(self.b.advance(view.buffer, by));
        }
        let &[x, y, out] = starts.as_slice() else {
            return Err(internal("a product has three matrices"));
        };
        let (m, n, k) = (&product.m, &product.n, &product.k);
        let column = product.column();
        let sizes = [
            &m.size, &n.size, &k.size, &m.left, &k.left, &k.right, &column, &m.out,
        ];
        let mut vars = Vec::new();
        for size in sizes {
            vars.push(self.size(size)?);
        }
        let &[m, n, k, x_row, x_step, y_step, column, out_row] = vars.as_slice() else {
            return Err(internal("a product has eight sizes"));
        };
        let begin = self.constant(Scalar::Bool(product.deep.is_empty()));
        let args = [
            m,
            n,
            k,
            x,
            x_row,
            x_step,
            y,
            y_step,
            column,
            out,
            out_row,
            begin,
            product.identity,
            work,
            self.workspace,
        ];
        self.b.call(kernel, &args);
        Ok(())
    }

    /// The function for products of any size, made when it is first needed.
    fn kernel(&mut self, tile: &Tile) -> FuncId {
        let left = i64::from(tile.rows);
        let left = self.helper(pack::name(tile, left), || pack::pack(tile, left));
        let right = tile.columns();
        let right = self.helper(pack::name(tile, right), || pack::pack(tile, right));
        let packs = blocked::Packs { left, right };
        self.helper(blocked::name(tile.dtype), || blocked::blocked(tile, packs))
    }

    /// The function of the program with this name.
    fn helper(&mut self, name: String, make: impl FnOnce() -> loops::Function) -> FuncId {
        if let Some(&known) = self.shared.kernels.get(&name) {
            return known;
        }
        let made = self.shared.program.functions.push(make());
        self.shared.kernels.insert(name, made);
        made
    }
}

/// Whether a stride may be negative: a term of the highest degree decides, as sizes are not negative.
fn may_run_backwards(stride: &Size) -> bool {
    let degree = stride.terms().map(|(sizes, _)| sizes.len()).max();
    let mut highest = stride
        .terms()
        .filter(|(sizes, _)| Some(sizes.len()) == degree);
    highest.any(|(_, factor)| factor < 0)
}
