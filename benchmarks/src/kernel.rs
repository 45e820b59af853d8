//! Single functions of shared libraries: from some arrays to one.

#![allow(unsafe_code, reason = "calls of C functions")]

use crate::aligned::Aligned;
use crate::measure::{Contender, What, repeat};
use libloading::{Library, Symbol};
use std::path::Path;

type In = *const f64;
type Out = *mut f64;

/// A function `NAME_with(sizes…, inputs…, result, workspace, workspace_bytes)`. The arrays may be of singles:
/// to C they are addresses.
pub(crate) struct Kernel {
    who: String,
    library: Library,
    symbol: String,
    sizes: Vec<i64>,
    inputs: Vec<Aligned>,
    result: Aligned,
    workspace: Aligned,
}

/// What the function is given, and the number of 64-bit words that it gives.
pub(crate) struct Given {
    /// The sizes.
    pub(crate) sizes: Vec<i64>,
    /// The arrays.
    pub(crate) inputs: Vec<Aligned>,
    /// The length of the result in words of 64 bits.
    pub(crate) words: usize,
}

impl Kernel {
    /// Loads the function; of dfn with its workspace.
    pub(crate) fn new(who: &str, path: &Path, name: &str, given: Given) -> Result<Kernel, String> {
        // SAFETY: the libraries have no code that runs when they are loaded.
        let library = unsafe { Library::new(path) }.map_err(|error| error.to_string())?;
        let mut kernel = Kernel {
            who: who.to_owned(),
            library,
            symbol: format!("{name}_with"),
            sizes: given.sizes,
            inputs: given.inputs,
            result: Aligned::zeros(given.words),
            workspace: Aligned::zeros(0),
        };
        if who == "dfn" {
            let bytes = kernel.workspace_bytes(&format!("{name}_workspace"))?;
            kernel.workspace = Aligned::zeros((bytes as usize).div_ceil(8));
        }
        Ok(kernel)
    }

    fn symbol<F>(&self, name: &str) -> Result<Symbol<'_, F>, String> {
        // SAFETY: the types are those of the generated header, which the contenders keep to.
        unsafe { self.library.get(name.as_bytes()) }
            .map_err(|error| format!("{}: {name}: {error}", self.who))
    }

    fn workspace_bytes(&self, name: &str) -> Result<i64, String> {
        type F0 = unsafe extern "C" fn(*mut i64) -> i32;
        type F1 = unsafe extern "C" fn(i64, *mut i64) -> i32;
        type F3 = unsafe extern "C" fn(i64, i64, i64, *mut i64) -> i32;
        let mut bytes = 0;
        // SAFETY: as above.
        let status = unsafe {
            match *self.sizes {
                [] => self.symbol::<F0>(name)?(&mut bytes),
                [n] => self.symbol::<F1>(name)?(n, &mut bytes),
                [n, m, k] => self.symbol::<F3>(name)?(n, m, k, &mut bytes),
                _ => return Err(format!("{name} takes too many sizes")),
            }
        };
        (status == 0 && bytes >= 0)
            .then_some(bytes)
            .ok_or_else(|| format!("{name} returns {status}"))
    }

    /// What the last run gave.
    pub(crate) fn result(&self) -> &Aligned {
        &self.result
    }

    /// Runs it `count` times: the seconds of processor time.
    pub(crate) fn run(&mut self, count: u64) -> Result<f64, String> {
        type F01 = unsafe extern "C" fn(In, In, Out, Out, i64) -> i32;
        type F11 = unsafe extern "C" fn(i64, In, Out, Out, i64) -> i32;
        type F12 = unsafe extern "C" fn(i64, In, In, Out, Out, i64) -> i32;
        type F32 = unsafe extern "C" fn(i64, i64, i64, In, In, Out, Out, i64) -> i32;
        let inputs: Vec<In> = self
            .inputs
            .iter_mut()
            .map(|x| x.start().cast_const())
            .collect();
        let (r, bytes) = (self.result.start(), self.workspace.bytes());
        let w = self.workspace.start();
        let name = &self.symbol;
        // SAFETY: the arrays have the sizes that are passed with them.
        let (status, seconds) = unsafe {
            match (&*self.sizes, &*inputs) {
                (&[], &[a, b]) => {
                    let f = self.symbol::<F01>(name)?;
                    repeat(count, || f(a, b, r, w, bytes))
                }
                (&[n], &[x]) => {
                    let f = self.symbol::<F11>(name)?;
                    repeat(count, || f(n, x, r, w, bytes))
                }
                (&[n], &[x, y]) => {
                    let f = self.symbol::<F12>(name)?;
                    repeat(count, || f(n, x, y, r, w, bytes))
                }
                (&[n, m, k], &[a, b]) => {
                    let f = self.symbol::<F32>(name)?;
                    repeat(count, || f(n, m, k, a, b, r, w, bytes))
                }
                _ => return Err(format!("the harness cannot call `{name}`")),
            }
        };
        match status {
            0 => Ok(seconds),
            _ => Err(format!("{}: {name} returns {status}", self.who)),
        }
    }
}

impl Contender for Kernel {
    fn name(&self) -> &str {
        &self.who
    }

    fn seconds(&mut self, _: What, count: u64) -> Result<f64, String> {
        self.run(count)
    }

    fn check(&mut self) -> Result<(), String> {
        // Results are compared with each other where they are made.
        Ok(())
    }
}
