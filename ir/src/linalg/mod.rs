//! The algorithms of linear algebra, written in dfn, as functions of the IR.
//!
//! `NAME.dfn` is the source, `NAME.ir` what the compiler makes of it; a test compares the two. The
//! interpreters run these functions for the primitives, and the pass `expand` puts calls of them in the
//! primitives' place, so every engine does the same operations in the same order. They are written for
//! `f64`; those for `f32` are the same with the other type. See `docs/decisions/0006-linear-algebra.md`.

use crate::function::{FuncId, Function, Value};
use crate::module::Module;
use crate::op::TypeError;
use crate::scalar::DType;
use std::cell::RefCell;
use std::collections::HashMap;

/// Which algorithm computes a primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// The file.
    pub file: &'static str,
    /// The function in it.
    pub name: &'static str,
    /// How many leading operands it does not take: only the derivative rules need these.
    pub skipped: usize,
}

/// The files: name and text.
const FILES: &[(&str, &str)] = &[
    ("triangular_solve", include_str!("triangular_solve.ir")),
    ("cholesky", include_str!("cholesky.ir")),
    ("cholesky_solve", include_str!("cholesky_solve.ir")),
    ("lu", include_str!("lu.ir")),
    ("lu_solve", include_str!("lu_solve.ir")),
    ("det", include_str!("det.ir")),
    ("qr", include_str!("qr.ir")),
    ("eigh", include_str!("eigh.ir")),
    ("svd", include_str!("svd.ir")),
];

/// The names of the files, for the test that compares them with their sources.
pub fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied()
}

thread_local! {
    /// The modules that were read so far.
    static KNOWN: RefCell<HashMap<(&'static str, DType), &'static Module>> = RefCell::default();
}

impl Kernel {
    /// The name of its function for numbers of type `dtype` in a program.
    pub fn full_name(&self, dtype: DType) -> String {
        format!("linalg.{}.{}.{dtype}", self.file, self.name)
    }

    /// The module that holds it and its function there.
    pub fn find(&self, dtype: DType) -> Result<(&'static Module, FuncId), TypeError> {
        let module = module(self.file, dtype)?;
        let id = module.named(self.name);
        let id = id.ok_or_else(|| TypeError::new(format!("there is no kernel `{}`", self.name)))?;
        Ok((module, id))
    }
}

/// The module of a file. It is read once in each thread and kept for good: there are few, and they are
/// small.
fn module(file: &'static str, dtype: DType) -> Result<&'static Module, TypeError> {
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&(file, dtype)).copied()) {
        return Ok(known);
    }
    let text = FILES.iter().find(|(name, _)| *name == file);
    let text = text.map(|(_, text)| *text);
    let text = text.ok_or_else(|| TypeError::new(format!("there is no file `{file}`")))?;
    let text = text.replace("f64", dtype.name());
    let module = crate::text::parse(&text);
    let module = module.map_err(|error| TypeError::new(format!("{file}: {error}")))?;
    let module: &'static Module = Box::leak(Box::new(module));
    KNOWN.with_borrow_mut(|known| known.insert((file, dtype), module));
    Ok(module)
}

/// The sizes that `func` is to be called with, given the shapes of its arguments.
pub fn sizes<T: Clone>(func: &Function, shapes: &[Vec<T>]) -> Option<Vec<T>> {
    let find = |size: Value| {
        let mut dims = func
            .params()
            .iter()
            .zip(shapes)
            .flat_map(|(&param, shape)| {
                let shape_of_param = func.ty(param).shape.iter();
                shape_of_param.zip(shape)
            });
        let found = dims.find(|(of_param, _)| of_param.as_value() == Some(size));
        found.map(|(_, dim)| dim.clone())
    };
    func.size_params().iter().map(|&size| find(size)).collect()
}
