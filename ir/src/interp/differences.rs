//! Derivatives by differences in double-double: what derivative rules are checked with.

use super::machine::{At, Eval, Evaluated};
use super::{Arithmetic, Array, Number, RunError, Wide, convert, run_with};
use crate::function::FuncId;
use crate::module::Module;
use crate::numeric::DD;
use crate::ops::transform::Target;

/// The step, 2⁻²⁶. The truncation error is `h⁴ f⁽⁵⁾ / 30`, about 1e-33 of a function that varies on a
/// scale of 1; rounding adds 1e-31 / h, about 1e-23. A smaller step would lose digits to rounding, a
/// larger one where the function varies on a scale much below 1.
const STEP: f64 = 1.0 / 67_108_864.0;

/// A point, and a direction for each parameter that is active there.
#[derive(Debug)]
pub struct Direction<'a> {
    /// The sizes.
    pub sizes: &'a [i64],
    /// The arguments.
    pub args: &'a [Array<Number>],
    /// Which arguments are active.
    pub active: &'a [bool],
    /// The tangents of the active arguments, in order.
    pub tangents: &'a [Array<Number>],
}

/// The derivative of `func` along a direction: a tangent for each differentiable result, by
/// `(8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h`.
pub fn derivative(
    module: &Module,
    func: FuncId,
    along: &Direction<'_>,
) -> Result<Vec<Array<Number>>, RunError> {
    let mut sums: Vec<Array<Number>> = Vec::new();
    for (place, weight) in [(1.0, 8.0), (-1.0, -8.0), (2.0, -1.0), (-2.0, 1.0)] {
        let args = along.shifted(DD::from(place * STEP))?;
        let run = run_with(Wide::default(), module, func, along.sizes, &args, &mut ());
        let (results, _) = run?;
        let results = results.into_iter().filter(|r| r.dtype().is_float());
        let weight = DD::from(weight) / (DD::from(12.0) * DD::from(STEP));
        for (k, result) in results.enumerate() {
            match sums.get_mut(k) {
                Some(sum) => add_scaled(sum, weight, &result),
                None => {
                    let mut first = result.clone();
                    first.elements_mut().fill(Number::Float(DD::ZERO));
                    add_scaled(&mut first, weight, &result);
                    sums.push(first);
                }
            }
        }
    }
    Ok(sums)
}

impl Direction<'_> {
    /// The arguments moved by `step` along the tangents.
    fn shifted(&self, step: DD) -> Result<Vec<Array<Number>>, RunError> {
        let mut tangents = self.tangents.iter();
        let mut args = self.args.to_vec();
        for (arg, _) in args
            .iter_mut()
            .zip(self.active)
            .filter(|(_, active)| **active)
        {
            let tangent = tangents.next();
            let tangent = tangent.filter(|tangent| tangent.dims() == arg.dims());
            let tangent = tangent
                .ok_or_else(|| RunError::Arguments("a tangent is missing or misshapen".into()))?;
            add_scaled(arg, step, tangent);
        }
        Ok(args)
    }
}

fn add_scaled(sum: &mut Array<Number>, weight: DD, term: &Array<Number>) {
    for (sum, term) in sum.elements_mut().iter_mut().zip(term.elements()) {
        if let (Number::Float(a), Number::Float(b)) = (&sum, term) {
            *sum = Number::Float(weight.mul_add(*b, *a));
        }
    }
}

/// Evaluates the primitive `differences`: `args` are the function's arguments, then tangents.
pub(crate) fn differences<'m, A: Arithmetic>(
    cx: &mut Eval<'_, 'm, A>,
    at: At<'m>,
    target: &Target,
) -> Evaluated<A> {
    let mut sizes = Vec::new();
    for size in &at.data.sizes {
        sizes.push(cx.size(size)?);
    }
    let mut arrays = Vec::new();
    for k in 0..at.data.args.len() {
        let plain = cx.plain(cx.arg(at, k)?)?;
        arrays.push(convert(&plain, |x| Wide::default().wrap(x))?);
    }
    let tangents = arrays.split_off(target.active.len().min(arrays.len()));
    let along = Direction {
        sizes: &sizes,
        args: &arrays,
        active: &target.active,
        tangents: &tangents,
    };
    let results = derivative(cx.machine.module, target.func, &along)?;
    let mut outputs = super::Outputs::new();
    for result in results {
        let dtype = result.dtype();
        let element = |e| cx.wrap(Wide::default().unwrap(e, dtype));
        outputs.push(convert(&result, element)?);
    }
    Ok(outputs)
}
