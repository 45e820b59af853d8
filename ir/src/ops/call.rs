//! `call @f [sizes] args`: the results of another function of the module.

use super::structural::traits;
use crate::derive::{Linearize, Residual, Step, Transpose, is_array};
use crate::function::{FuncId, Function, Value};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::Type;
use std::collections::{HashMap, HashSet};

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// The function that is called.
    pub func: FuncId,
}

/// What the callee's values are at the call: sizes, parameters and results that types mention.
#[derive(Debug)]
pub struct Binding {
    known: HashMap<Value, Size>,
}

impl Binding {
    /// The parameters of `callee` bound to arguments in `caller`. An argument that a type mentions is the
    /// size that it is known to be there, as it is in the types of the caller.
    pub fn new(caller: &Function, callee: &Function, sizes: &[Size], args: &[Value]) -> Binding {
        let mut known = HashMap::new();
        known.extend(callee.size_params().iter().copied().zip(sizes.iter().cloned()));
        let params = callee.params().iter().zip(args).filter(|(p, _)| callee.ty(**p).is(DType::I64));
        let params: Vec<(Value, Value)> = params.map(|(&p, &a)| (p, a)).collect();
        if params.is_empty() {
            return Binding { known };
        }
        let typed = callee.params().iter().chain(&callee.body.results);
        let mentioned: HashSet<Value> = typed.flat_map(|&v| callee.ty(v).values()).collect();
        for (param, arg) in params {
            let size = match mentioned.contains(&param) {
                true => caller.known_size(arg).unwrap_or_else(|| Size::value(arg)),
                false => Size::value(arg),
            };
            known.insert(param, size);
        }
        Binding { known }
    }

    /// Says that the callee's result `inner` is `outer` at the call.
    pub fn define(&mut self, inner: Value, outer: Value) {
        self.known.entry(inner).or_insert_with(|| Size::value(outer));
    }

    /// A type of the callee as it is at the call.
    pub fn translate(&self, ty: &Type) -> Result<Type, TypeError> {
        if let Some(hidden) = ty.values().find(|v| !self.known.contains_key(v)) {
            return Err(TypeError::new(format!(
                "the size {hidden} of a result is not among the callee's parameters and results"
            )));
        }
        let translated = ty.substitute(|v| self.known.get(&v).cloned().unwrap_or_default());
        translated.ok_or_else(|| TypeError::new("a size overflows"))
    }
}

impl Primitive for Call {
    const NAME: &'static str = "call";

    fn attributes(&self) -> Attributes {
        vec![("func", Attribute::Function(self.func))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Call { func: reader.function("func")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        let Some(module) = site.module else { return Ok(site.wanted.to_vec()) };
        let callee = module.find(self.func).ok_or_else(|| TypeError::new("there is no such function"))?;
        site.shape(callee.sizes, 0)?;
        site.arity(callee.params().len())?;
        let mut bind = Binding::new(site.func, callee, site.sizes, site.args);
        for (k, &param) in callee.params().iter().enumerate() {
            if !site.func.agree(&bind.translate(callee.ty(param))?, site.arg(k)?) {
                return Err(TypeError::new(format!("argument {k} does not have the parameter's type")));
            }
        }
        let mut types = Vec::new();
        for (k, &result) in callee.body.results.iter().enumerate() {
            types.push(bind.translate(callee.ty(result))?);
            if let Some(&outer) = site.results.get(k) {
                bind.define(result, outer);
            }
        }
        Ok(types)
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        true
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(self, cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(self, cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let sizes: Vec<i64> =
            at.data.sizes.iter().map(|size| cx.size(size)).collect::<Result<_, _>>()?;
        let args = cx.take_all(at)?;
        cx.machine.call(self.func, &sizes, args).map(Into::into)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::module(
                "func @g[%d](%u: f64[%d], %v: f64[%d]) -> (f64, f64[%d]) {
                   %p = mul %u, %v : f64[%d]
                   %t = tanh %p : f64[%d]
                   %s = reduce %t {kind = sum, axes = [0]} : f64
                   return %s, %p
                 }
                 func @f[%n](%x: f64[%n, 3], %w: f64[3], %i: i64) -> (f64, f64[3]) {
                   %row = index %x, %i : f64[3]
                   %s, %p = call [3] %row, %w {func = @g} : f64, f64[3]
                   return %s, %p
                 }",
            )
            .sizes(&[2]),
            // One argument twice, and a result of the callee without tangent.
            Example::module(
                "func @g(%u: f64, %v: f64) -> (f64, bool, f64) {
                   %c = compare %u, %v {how = lt} : bool
                   %p = mul %u, %v : f64
                   %e = exp %v : f64
                   return %p, %c, %e
                 }
                 func @f(%x: f64, %y: f64) -> (f64, bool, f64) {
                   %a, %b, %c = call %x, %x {func = @g} : f64, bool, f64
                   %p, %q, %r = call %a, %y {func = @g} : f64, bool, f64
                   return %p, %q, %c
                 }",
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[3])", "%s, %p = call [3] %x {func = @g} : f64, f64[3]"),
            ("(%x: f64[3])", "%s, %p = call [2] %x, %x {func = @g} : f64, f64[3]"),
            ("(%x: f64[3])", "%s, %p = call %x, %x {func = @g} : f64, f64[3]"),
            ("(%x: f64[3])", "%s = call [3] %x, %x {func = @g} : f64"),
            ("(%x: f64[3])", "%s, %p = call [3] %x, %x {func = @g} : f64, f64[2]"),
            ("(%x: f32[3])", "%s, %p = call [3] %x, %x {func = @g} : f64, f64[3]"),
            ("(%x: f64[3])", "%s, %p = call [3] %x, %x {func = @h} : f64, f64[3]"),
            ("(%x: f64[3])", "%s, %p = call [3] %x, %x {func = @f} : f64, f64[3]"),
        ];
        let whole = |(params, inst): (&str, &str)| {
            let callee = "func @g[%d](%u: f64[%d], %v: f64[%d]) -> (f64, f64[%d]) {
                            %s = reduce %u {kind = sum, axes = [0]} : f64 return %s, %v }";
            Example::module(format!("{callee} {}", Example::one(params, inst).source))
        };
        refused.map(whole).to_vec()
    }
    traits!(Check, Work);
}

// f becomes f.fwd in the primal and f.lin in the linear function.
fn linearize(op: &Call, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let accs = |v: &Value| cx.primal.ty(*v).is_accumulator();
    let active: Vec<bool> =
        step.args.iter().map(|v| cx.tangent(*v).is_some() || accs(v)).collect();
    let strength = cx.strength_of_callee(step.args);
    let made = cx.deriver().linearize_with(op.func, &active, strength)?;
    let sizes: Vec<Size> =
        step.source.sizes.iter().map(|s| s.rename(|v| cx.primal_of(v))).collect();
    let inst = cx.primal.call(cx.module, made.fwd, &sizes, step.args)?;
    let outputs = cx.primal.results(inst).to_vec();
    for (&old, &new) in step.source.results.iter().zip(&outputs) {
        cx.define(old, new);
    }
    if !made.outputs.contains(&true) {
        return Ok(());
    }
    let originals = step.source.results.len();
    let mut args = Vec::new();
    for residual in &made.residuals {
        let value = match *residual {
            Residual::Input(k) => step.args.get(k),
            Residual::Output(k) => outputs.get(k),
            Residual::Saved(k) => outputs.get(originals + k),
        };
        let value = value.ok_or_else(|| TypeError::new("a residual is missing"))?;
        args.push(cx.residual(*value)?);
    }
    for (&arg, _) in step.args.iter().zip(&active).filter(|(_, active)| **active) {
        args.push(cx.tangent_or_zero(arg)?);
    }
    let lin_sizes: Vec<Size> = sizes.iter().map(|s| cx.lin_size(s)).collect::<Result<_, _>>()?;
    let inst = cx.lin.call(cx.module, made.lin, &lin_sizes, &args)?;
    let tangents = cx.lin.results(inst).to_vec();
    let active = outputs.iter().zip(&made.outputs).filter(|(_, active)| **active);
    for ((&output, _), tangent) in active.zip(tangents) {
        cx.set_tangent(output, Some(tangent));
    }
    Ok(())
}

// f.lin becomes f.bwd, which takes cotangents of the results and an accumulator for each linear array.
fn transpose(op: &Call, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let mut cts = Vec::new();
    for &result in &step.source.results {
        cts.push((result, cx.take(result)?));
    }
    if cts.iter().all(|(_, ct)| ct.is_none()) {
        return Ok(());
    }
    let callee = cx.module.get(op.func);
    let marked = callee.params().len().saturating_sub(callee.linear);
    let (fixed, linear) = step.args.split_at_checked(marked).unwrap_or_default();
    let made = cx.deriver().transpose(op.func)?;
    let fixed = fixed.iter().map(|&v| cx.fixed(step, v));
    let mut args: Vec<Value> = fixed.collect::<Result<_, _>>()?;
    for (result, ct) in cts {
        args.push(match ct {
            Some(ct) => ct,
            None => cx.b.fill(0.0, &cx.ty(result))?,
        });
    }
    for &value in linear {
        if is_array(cx.source.ty(value)) {
            args.push(cx.take_accumulator(value)?);
        }
    }
    let sizes: Vec<Size> = step.source.sizes.iter().map(|s| cx.size(s)).collect();
    let inst = cx.b.call(cx.module, made.bwd, &sizes, &args)?;
    let outputs = cx.b.results(inst).to_vec();
    for (&value, &ct) in linear.iter().zip(&outputs) {
        match is_array(cx.source.ty(value)) {
            true => cx.merge_accumulator(value, ct)?,
            false => cx.add(value, ct)?,
        }
    }
    Ok(())
}
