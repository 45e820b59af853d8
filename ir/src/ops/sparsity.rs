//! `sparsity @f args {columns, order}`: where the derivative of a function can be other than zero, as pairs
//! of a row and a column: how many, the rows, the columns. Pairs may occur more than once. The pass
//! `sparsity` replaces it by a call of a function that computes the pairs from the indices of `f`.
//!
//! Of order 1 the rows are the elements of the differentiable results, one result after another; of order
//! 2 (for one scalar result) they are the columns again. The columns are the elements of the parameters
//! that are listed, one after another.

use super::call::Binding;
use super::structural::traits;
use super::transform::{self, expanded_by_passes};
use crate::builder::{Builder, Parts};
use crate::function::{FuncId, Inst, Value};
use crate::module::Module;
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, Site, TypeError};
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::Type;

/// The places of the nonzero elements of a derivative.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sparsity {
    /// The function.
    pub func: FuncId,
    /// The parameters (sizes not counted) whose elements are the columns, in this order.
    pub columns: Vec<usize>,
    /// 1 for first derivatives, 2 for second ones.
    pub order: usize,
}

impl Primitive for Sparsity {
    const NAME: &'static str = "sparsity";

    fn attributes(&self) -> Attributes {
        vec![
            ("func", Attribute::Function(self.func)),
            ("columns", crate::op::attribute::axes(&self.columns)),
            ("order", crate::op::attribute::count(self.order)),
        ]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let (func, columns) = (reader.function("func")?, reader.axes("columns")?);
        Ok(Sparsity { func, columns, order: reader.count("order")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        if let Some(module) = site.module {
            self.check(module, site)?;
        }
        match site.results.first() {
            Some(&count) => Ok(types(count)),
            None => Ok(site.wanted.to_vec()),
        }
    }
    expanded_by_passes!();
    fn examples() -> Vec<Example> {
        vec![
            Example::module(
                "func @g[%n](%x: f64[%n], %k: i64) -> (f64[%n], i64) {
                   %y = sin %x : f64[%n]
                   return %y, %k
                 }
                 func @f(%x: f64[2], %k: i64) -> (i64) {
                   %n, %r, %c = sparsity [2] %x, %k {func = @g, columns = [0], order = 1} : i64, i64[%n], i64[%n]
                   return %n
                 }",
            )
            .not_run(),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%n, %r, %c = sparsity [2] %x, %k, %y {func = @g, columns = [1], order = 1} : i64, i64[%n], i64[%n]",
            "%n, %r, %c = sparsity [2] %x, %k, %y {func = @g, columns = [3], order = 1} : i64, i64[%n], i64[%n]",
            "%n, %r, %c = sparsity [2] %x, %k, %y {func = @g, columns = [0], order = 3} : i64, i64[%n], i64[%n]",
            "%n, %r, %c = sparsity [3] %x, %k, %y {func = @g, columns = [0], order = 1} : i64, i64[%n], i64[%n]",
            "%n, %r, %c = sparsity [2] %x, %k {func = @g, columns = [0], order = 1} : i64, i64[%n], i64[%n]",
            "%n, %r, %c = sparsity [2] %x, %k, %y {func = @g, columns = [0], order = 1} : i64, i64[%n], i64",
            "%n, %r, %c = sparsity [2] %x, %k, %y {func = @h, columns = [0], order = 1} : i64, i64[%n], i64[%n]",
        ];
        refused.map(transform::refused).to_vec()
    }
    traits!(Check, Work);
}

/// The types of the results, of which the first is the size of the others.
fn types(count: Value) -> Vec<Type> {
    let list = Type::array(DType::I64, [Size::value(count)]);
    vec![Type::scalar(DType::I64), list.clone(), list]
}

impl Sparsity {
    /// Refuses what is not the callee's parameters, and columns that have no derivative.
    fn check(&self, module: &Module, site: &Site<'_>) -> Result<(), TypeError> {
        let callee = module.find(self.func);
        let callee = callee.ok_or_else(|| TypeError::new("there is no such function"))?;
        site.shape(callee.sizes, 0)?;
        let bind = Binding::new(site.func, callee, site.sizes, site.args);
        let params = callee.params().iter().map(|&v| bind.translate(callee.ty(v)));
        transform::check_args(site, &params.collect::<Result<Vec<Type>, _>>()?)?;
        let has_tangent = |&k: &usize| {
            callee.params().get(k).is_some_and(|&v| callee.ty(v).is_differentiable())
        };
        if !self.columns.iter().all(has_tangent) {
            return Err(TypeError::new("a column is no differentiable parameter"));
        }
        match self.order {
            1 | 2 => Ok(()),
            _ => Err(TypeError::new("the order must be 1 or 2")),
        }
    }

    /// Emits it for the function's arguments.
    pub fn emit(self, b: &mut Builder, sizes: &[Size], args: &[Value]) -> Inst {
        let count = b.fresh(Type::scalar(DType::I64), None);
        let mut results = smallvec::smallvec![count];
        for ty in types(count).into_iter().skip(1) {
            results.push(b.fresh(ty, None));
        }
        let parts = Parts { args: args.into(), sizes: sizes.into(), ..Parts::default() };
        b.push_with(self.into(), parts, results)
    }
}
