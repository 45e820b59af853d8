//! One example at one point.

use dfn_ir::interp::{Arithmetic, Array, Number, Wide, run_with};
use dfn_ir::numeric::DD;
use dfn_ir::op::{Example, Special};
use dfn_ir::text::parse;
use dfn_ir::{DType, FuncId, Module, Scalar};

/// Numbers that look random and are the same in every run (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between `low` and `high`.
    pub(crate) fn float(&mut self, (low, high): (f64, f64)) -> f64 {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        // Representable in binary32, so that both types have the same point.
        f64::from((low + (high - low) * unit) as f32)
    }

    fn int(&mut self, (low, high): (i64, i64)) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    /// An array of floats like `like`.
    pub(crate) fn array_like(&mut self, like: &Array<Number>) -> Array<Number> {
        let each = |_: &Number| Number::Float(DD::from(self.float((-1.5, 1.5))));
        let elements = like.elements().iter().map(each).collect();
        Array::new(like.dtype(), like.dims(), elements).unwrap()
    }
}

/// A function of a module with arguments.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) module: Module,
    pub(crate) f: FuncId,
    pub(crate) sizes: Vec<i64>,
    pub(crate) args: Vec<Array<Number>>,
}

pub(crate) fn narrow(array: &Array<Number>) -> Array {
    let element = |&e: &Number| Wide::default().unwrap(e, array.dtype());
    let elements = array.elements().iter().map(element).collect();
    Array::new(array.dtype(), array.dims(), elements).unwrap()
}

pub(crate) fn floats(array: &Array) -> Vec<f64> {
    let number = |x: &Scalar| match *x {
        Scalar::F32(x) => f64::from(x),
        Scalar::F64(x) => x,
        _ => f64::NAN,
    };
    array.elements().iter().map(number).collect()
}

pub(crate) fn wide(x: &Number) -> DD {
    match x {
        Number::Float(x) => *x,
        Number::Other(_) => DD::ZERO,
    }
}

impl Case {
    /// The example at a random point; `None` if it cannot be run as it stands.
    pub(crate) fn new(example: &Example, seed: u64) -> Option<Case> {
        let mut random = Random::new(seed);
        Case::with(example, |dtype, n| {
            let mut element = || match dtype {
                DType::Bool => Scalar::Bool(random.int((0, 1)) == 1),
                _ if dtype.is_float() => Scalar::F64(random.float(example.floats)),
                _ => number(dtype, random.int(example.ints)),
            };
            (0..n).map(|_| element()).collect()
        })
    }

    /// The example at a special point.
    pub(crate) fn at(example: &Example, special: &Special) -> Option<Case> {
        let mut args = special.args.iter();
        Case::with(example, |_, n| {
            let arg = args.next().unwrap();
            assert_eq!(arg.len(), n);
            arg.iter().copied().map(Scalar::F64).collect()
        })
    }

    fn with(
        example: &Example,
        mut elements: impl FnMut(DType, usize) -> Vec<Scalar>,
    ) -> Option<Case> {
        if !example.runs {
            return None;
        }
        let module = parse(&example.source).unwrap();
        let f = module.named("f").unwrap();
        let func = module.get(f);
        let size = |v| {
            let k = func.size_params().iter().position(|s| *s == v).unwrap();
            example.sizes[k]
        };
        let mut args = Vec::new();
        for &param in func.params() {
            let ty = func.ty(param);
            let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(size) as usize).collect();
            let elements = elements(ty.dtype, dims.iter().product());
            let elements = elements
                .into_iter()
                .map(|x| Wide::default().wrap(x))
                .collect();
            args.push(Array::new(ty.dtype, &dims, elements).unwrap());
        }
        let sizes = example.sizes.clone();
        Some(Case {
            module,
            f,
            sizes,
            args,
        })
    }

    /// Runs `func` of the module.
    pub(crate) fn run(
        &self,
        func: FuncId,
        args: &[Array<Number>],
    ) -> Result<Vec<Array<Number>>, String> {
        let run = run_with(
            Wide::default(),
            &self.module,
            func,
            &self.sizes,
            args,
            &mut (),
        );
        run.map(|(results, _)| results).map_err(|e| e.to_string())
    }

    /// Which parameters are floats.
    pub(crate) fn float_params(&self) -> Vec<bool> {
        let func = self.module.get(self.f);
        func.params()
            .iter()
            .map(|&v| func.ty(v).is_differentiable())
            .collect()
    }

    pub(crate) fn has_accumulators(&self) -> bool {
        let func = self.module.get(self.f);
        let mut values = func.params().iter().chain(&func.body.results);
        values.any(|&v| func.ty(v).is_accumulator())
    }

    /// Whether the only instruction claims to be linear in the parameters marked; `None` where the
    /// function is not one instruction on its parameters, or none is marked.
    pub(crate) fn claims_linear(&self, subset: &[bool]) -> Option<bool> {
        let func = self.module.get(self.f);
        let &[inst] = func.body.insts.as_slice() else {
            return None;
        };
        let data = &func.insts[inst];
        let plain = data.blocks.is_empty() && data.args.as_slice() == func.params();
        (plain && subset.contains(&true)).then(|| data.op.is_linear(subset))
    }

    /// Whether `f(u + 3 v) = f(u) + 3 f(v)` in the operands marked, the others fixed.
    pub(crate) fn is_linear_in(
        &self,
        subset: &[bool],
        random: &mut Random,
    ) -> Result<bool, String> {
        let at = |points: &dyn Fn(usize) -> Array<Number>| {
            let args: Vec<_> = (0..self.args.len())
                .map(|k| {
                    if subset[k] {
                        points(k)
                    } else {
                        self.args[k].clone()
                    }
                })
                .collect();
            self.run(self.f, &args)
        };
        let v: Vec<_> = self.args.iter().map(|a| random.array_like(a)).collect();
        let sum = |k: usize| combine(&self.args[k], DD::from(3.0), &v[k]);
        let (fu, fv) = (at(&|k| self.args[k].clone())?, at(&|k| v[k].clone())?);
        let whole = at(&sum)?;
        let mut holds = true;
        for ((u, v), whole) in fu.iter().zip(&fv).zip(&whole) {
            if !whole.dtype().is_float() {
                return Ok(false);
            }
            let parts = combine(u, DD::from(3.0), v);
            for (a, b) in parts.elements().iter().zip(whole.elements()) {
                let gap = (wide(a) - wide(b)).abs().to_f64();
                holds &= gap < 1e-25;
            }
        }
        Ok(holds)
    }
}

/// `a + k b`
fn combine(a: &Array<Number>, k: DD, b: &Array<Number>) -> Array<Number> {
    let pairs = a.elements().iter().zip(b.elements());
    let sums = pairs.map(|(a, b)| Number::Float(wide(a) + k * wide(b)));
    Array::new(a.dtype(), a.dims(), sums.collect()).unwrap()
}

fn number(dtype: DType, x: i64) -> Scalar {
    let to = dfn_ir::scalar::ScalarOp::Convert(dtype);
    dfn_ir::scalar::eval(to, &[Scalar::I64(x)]).unwrap()
}
