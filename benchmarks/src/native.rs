//! Calls the functions of a shared library: those of dfn and the contenders in C++, which have the same C
//! interface.

#![allow(unsafe_code, reason = "calls of C functions")]

use crate::aligned::Aligned;
use crate::measure::{Contender, What, repeat};
use dfn_benchmarks::{Case, Found, Input};
use dfn_runtime::Pool;
use libloading::{Library, Symbol};
use std::path::Path;

/// An input array.
type In = *const f64;
/// A result, or the workspace.
type Out = *mut f64;
/// An array of integers.
type Ints = *const i64;

/// A case in a library.
pub(crate) struct Native {
    name: &'static str,
    library: Library,
    case: Case,
    inputs: Vec<Aligned>,
    numbers: Vec<f64>,
    integers: Vec<i64>,
    value: Aligned,
    derivative: Vec<Aligned>,
    workspace: [Aligned; 2],
    /// The pool of the forms for threads; without one, those for one thread are called.
    pool: Option<*const Pool>,
}

impl Native {
    /// Loads a library for a case.
    pub(crate) fn new(name: &'static str, path: &Path, case: Case) -> Result<Native, String> {
        // SAFETY: the libraries have no code that runs when they are loaded.
        let library = unsafe { Library::new(path) }.map_err(|error| error.to_string())?;
        let mut native = Native {
            name,
            library,
            case,
            inputs: Vec::new(),
            numbers: Vec::new(),
            integers: Vec::new(),
            value: Aligned::zeros(1),
            derivative: Vec::new(),
            workspace: [Aligned::zeros(0), Aligned::zeros(0)],
            pool: None,
        };
        for input in case.inputs() {
            native.take(input);
        }
        native.make_results();
        for (k, function) in [case.program, case.derivative].into_iter().enumerate() {
            let bytes = native.workspace_bytes(&format!("{function}_workspace"), None)?;
            let words = usize::try_from(bytes).map_err(|_| "a negative workspace".to_owned())?;
            if let Some(place) = native.workspace.get_mut(k) {
                *place = Aligned::zeros(words.div_ceil(8));
            }
        }
        Ok(native)
    }

    /// Calls the forms for threads from now on, on a pool that must outlive this.
    pub(crate) fn on(mut self, pool: &Pool) -> Result<Native, String> {
        self.pool = Some(pool);
        for (k, what) in [What::Primal, What::Derivative].into_iter().enumerate() {
            if !self.is_parallel(what) {
                continue;
            }
            let name = format!("{}_parallel_workspace", self.function(what));
            let bytes = self.workspace_bytes(&name, Some(pool.workers))?;
            let words = usize::try_from(bytes).map_err(|_| "a negative workspace".to_owned())?;
            if let Some(place) = self.workspace.get_mut(k) {
                *place = Aligned::zeros(words.div_ceil(8));
            }
        }
        Ok(self)
    }

    /// Whether a function has a form for threads.
    pub(crate) fn is_parallel(&self, what: What) -> bool {
        let name = format!("{}_parallel", self.function(what));
        self.symbol::<unsafe extern "C" fn() -> i32>(&name).is_ok()
    }

    fn function(&self, what: What) -> &'static str {
        match what {
            What::Primal => self.case.program,
            What::Derivative => self.case.derivative,
        }
    }

    /// The bits that one run gives.
    pub(crate) fn bits(&mut self, what: What) -> Result<Vec<u64>, String> {
        self.run(what, 1)?;
        let found = self.found(what);
        let value = self.value.numbers().chain(found.derivative);
        Ok(value.map(f64::to_bits).collect())
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Number(x) => self.numbers.push(x),
            Input::Integer(i) => self.integers.push(i),
            Input::Floats(_, x) => self
                .inputs
                .push(Aligned::of(x.into_iter().map(f64::to_bits))),
            Input::Integers(_, x) => self
                .inputs
                .push(Aligned::of(x.into_iter().map(i64::cast_unsigned))),
        }
    }

    /// The derivative has the shape of the arguments that it is taken in.
    fn make_results(&mut self) {
        let like = |k: usize| self.inputs.get(k).map_or(0, |x| x.bytes() as usize / 8);
        let observations = self.case.sizes.last().map_or(0, |&p| p as usize);
        let lens = match self.case.program {
            "tiny" | "logistic" => vec![like(0), 1],
            "gmm" => vec![like(0), like(1), like(2), like(3)],
            "lstm" => vec![like(0), like(1)],
            "ba" => vec![30 * observations],
            _ => vec![like(0)],
        };
        self.derivative = lens.into_iter().map(Aligned::zeros).collect();
        if self.case.program == "ba" {
            self.value = Aligned::zeros(2 * observations);
        }
    }

    /// The bytes of workspace that each function asks for.
    pub(crate) fn workspaces(&self) -> [i64; 2] {
        let [primal, derivative] = &self.workspace;
        [primal.bytes(), derivative.bytes()]
    }

    fn symbol<F>(&self, name: &str) -> Result<Symbol<'_, F>, String> {
        // SAFETY: the type is that of the generated header, which the C++ includes too.
        unsafe { self.library.get(name.as_bytes()) }
            .map_err(|error| format!("{}: {name}: {error}", self.name))
    }

    fn workspace_bytes(&self, name: &str, workers: Option<i64>) -> Result<i64, String> {
        type F0 = unsafe extern "C" fn(*mut i64) -> i32;
        type F1 = unsafe extern "C" fn(i64, *mut i64) -> i32;
        type F2 = unsafe extern "C" fn(i64, i64, *mut i64) -> i32;
        type F3 = unsafe extern "C" fn(i64, i64, i64, *mut i64) -> i32;
        type F4 = unsafe extern "C" fn(i64, i64, i64, i64, *mut i64) -> i32;
        type F5 = unsafe extern "C" fn(i64, i64, i64, i64, i64, *mut i64) -> i32;
        let mut bytes = 0;
        let sizes: Vec<i64> = self
            .case
            .sizes
            .iter()
            .chain(&self.integers)
            .copied()
            .chain(workers)
            .collect();
        // SAFETY: as above.
        let status = unsafe {
            match *sizes {
                [] => self.symbol::<F0>(name)?(&mut bytes),
                [a] => self.symbol::<F1>(name)?(a, &mut bytes),
                [a, b] => self.symbol::<F2>(name)?(a, b, &mut bytes),
                [a, b, c] => self.symbol::<F3>(name)?(a, b, c, &mut bytes),
                [a, b, c, d] => self.symbol::<F4>(name)?(a, b, c, d, &mut bytes),
                [a, b, c, d, e] => self.symbol::<F5>(name)?(a, b, c, d, e, &mut bytes),
                _ => return Err(format!("{name} takes too many sizes")),
            }
        };
        (status == 0)
            .then_some(bytes)
            .ok_or(format!("{name} returns {status}"))
    }

    /// What the last run gave.
    fn found(&self, what: What) -> Found {
        let value = match self.case.program {
            "ba" => self.value.numbers().map(|x| x * x).sum(),
            _ => self.value.numbers().next().unwrap_or(f64::NAN),
        };
        let derivative = match what {
            What::Primal => Vec::new(),
            What::Derivative => self.derivative.iter().flat_map(Aligned::numbers).collect(),
        };
        Found { value, derivative }
    }

    fn run(&mut self, what: What, count: u64) -> Result<f64, String> {
        let mut inputs = self.inputs.iter_mut().map(Aligned::start);
        let mut input = || inputs.next().unwrap_or(std::ptr::null_mut());
        let i: [Out; 5] = std::array::from_fn(|_| input());
        let mut results = self.derivative.iter_mut().map(Aligned::start);
        let mut result = || results.next().unwrap_or(std::ptr::null_mut());
        let r: [Out; 4] = std::array::from_fn(|_| result());
        let value = self.value.start();
        let [primal, derivative] = &mut self.workspace;
        let workspace = match what {
            What::Primal => primal,
            What::Derivative => derivative,
        };
        let arguments = Arguments {
            sizes: self.case.sizes,
            number: self.numbers.first().copied().unwrap_or(0.0),
            integer: self.integers.first().copied().unwrap_or(0),
            i: i.map(<*mut f64>::cast_const),
            r,
            value,
            bytes: workspace.bytes(),
            workspace: workspace.start(),
        };
        self.call(what, &arguments, count)
    }

    fn call(&self, what: What, a: &Arguments<'_>, count: u64) -> Result<f64, String> {
        let Arguments {
            sizes,
            number: b,
            integer,
            i,
            r,
            value: v,
            workspace: w,
            bytes,
        } = *a;
        let name = self.function(what);
        let symbol = match self.pool {
            Some(_) => format!("{name}_parallel"),
            None => format!("{name}_with"),
        };
        macro_rules! calls {
            ($(($pattern:pat, $name:literal): ($($arg:expr => $ty:ty),*);)*) => {
                match (sizes, name) {
                    $(($pattern, $name) if self.pool.is_some() => {
                        let pool = self.pool.unwrap_or(std::ptr::null());
                        let f = self.symbol::<unsafe extern "C" fn($($ty,)* *const Pool, Out, i64) -> i32>(&symbol)?;
                        // SAFETY: as below; the pool is alive.
                        repeat(count, || unsafe { f($($arg,)* pool, w, bytes) })
                    })*
                    $(($pattern, $name) => {
                        let f = self.symbol::<unsafe extern "C" fn($($ty,)* Out, i64) -> i32>(&symbol)?;
                        // SAFETY: the arguments are those of the header, with room for the results.
                        repeat(count, || unsafe { f($($arg,)* w, bytes) })
                    })*
                    _ => return Err(format!("the harness does not know `{name}`")),
                }
            };
        }
        let mixture = [i[0], i[1], i[2], i[3]];
        let gradient = [r[0], r[1], r[2], r[3]];
        let (mixture, gradient) = (mixture.as_ptr().cast(), gradient.as_ptr().cast_mut().cast());
        let (status, seconds) = calls! {
            (_, "tiny"): (i[0] => In, b => f64, v => Out);
            (_, "tiny_grad"): (i[0] => In, b => f64, v => Out, r[0] => Out, r[1] => Out);
            (&[n, d], "logistic"): (n => i64, d => i64, i[0] => In, b => f64, i[1] => In, i[2] => In, v => Out);
            (&[n, d], "logistic_grad"): (n => i64, d => i64, i[0] => In, b => f64, i[1] => In, i[2] => In, v => Out, r[0] => Out, r[1] => Out);
            (&[n, k, d, t], "gmm"): (n => i64, k => i64, d => i64, t => i64, mixture => In, i[4] => In, v => Out);
            (&[n, k, d, t], "gmm_grad"): (n => i64, k => i64, d => i64, t => i64, mixture => In, i[4] => In, v => Out, gradient => Out);
            (&[l, t, h], "lstm"): (l => i64, t => i64, h => i64, mixture => In, i[2] => In, i[3] => In, v => Out);
            (&[l, t, h], "lstm_grad"): (l => i64, t => i64, h => i64, mixture => In, i[2] => In, i[3] => In, v => Out, gradient => Out);
            (&[n, k, d], "kmeans"): (n => i64, k => i64, d => i64, i[0] => In, i[1] => In, v => Out);
            (&[n, k, d], "kmeans_grad"): (n => i64, k => i64, d => i64, i[0] => In, i[1] => In, v => Out, r[0] => Out);
            (&[n, k, d], "kmeans_newton"): (n => i64, k => i64, d => i64, i[0] => In, i[1] => In, r[0] => Out);
            (&[n], "ode"): (n => i64, i[0] => In, integer => i64, v => Out);
            (&[n], "ode_grad"): (n => i64, i[0] => In, integer => i64, v => Out, r[0] => Out);
            (&[n], "lse"): (n => i64, i[0] => In, v => Out);
            (&[n], "lse_grad"): (n => i64, i[0] => In, v => Out, r[0] => Out);
            (&[n, m, p], "ba"): (n => i64, m => i64, p => i64, i[0] => In, i[1] => In, i[2] => In, i[3].cast() => Ints, i[4] => In, v => Out);
            (&[n, m, p], "ba_jacobian"): (n => i64, m => i64, p => i64, i[0] => In, i[1] => In, i[2] => In, i[3].cast() => Ints, i[4] => In, v => Out, r[0] => Out);
        };
        match status {
            0 => Ok(seconds),
            _ => Err(format!("{}: {name} returns {status}", self.name)),
        }
    }
}

/// What a function is called with.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    sizes: &'a [i64],
    number: f64,
    integer: i64,
    i: [In; 5],
    r: [Out; 4],
    value: Out,
    workspace: Out,
    bytes: i64,
}

impl Contender for Native {
    fn name(&self) -> &str {
        self.name
    }

    fn seconds(&mut self, what: What, count: u64) -> Result<f64, String> {
        self.run(what, count)
    }

    fn check(&mut self) -> Result<(), String> {
        let known = dfn_benchmarks::known(self.case.name)?;
        let newton = self.case.derivative == "kmeans_newton";
        for what in [What::Primal, What::Derivative] {
            // What is not written must not look right.
            self.value =
                Aligned::of(vec![f64::NAN.to_bits(); self.value.bytes() as usize / 8].into_iter());
            self.run(what, 1)?;
            let mut found = self.found(what);
            if newton && what == What::Derivative {
                found.value = known.value;
            }
            let wrong = match what {
                What::Primal => known.refute_value(found.value),
                What::Derivative => known.refute(&found),
            };
            if let Some(wrong) = wrong {
                return Err(format!(
                    "{}, {}, {what:?}: {wrong}",
                    self.case.name, self.name
                ));
            }
        }
        Ok(())
    }
}
