//! The library of functions on arrays: its table, and how its functions take their arguments.

mod cumulative;
mod einsum;
mod emit;
mod gather;
mod layout;
mod matrix;
mod order;
mod products;
mod statistics;
mod window;

use super::{Builtin, ByExprs, ByValues, How};
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::{DType, Op, Scalar, Value};

const fn values(name: &'static str, params: &'static [&'static str], apply: ByValues) -> Builtin {
    Builtin {
        name,
        params,
        how: How::Values(apply),
    }
}

const fn exprs(name: &'static str, params: &'static [&'static str], apply: ByExprs) -> Builtin {
    Builtin {
        name,
        params,
        how: How::Exprs(apply),
    }
}

const X: &[&str] = &["x"];
const XY: &[&str] = &["x", "y"];
const ALONG: &[&str] = &["x", "axis?"];
const DIAGONAL: &[&str] = &["x", "k?"];
const TAKEN: &[&str] = &["x", "indices", "axis?"];
const SCATTERED: &[&str] = &["x", "indices", "values", "axis?"];

const SCANNED: &[&str] = &["x", "axis?", "reverse?"];
const RECURRENCE: &[&str] = &["a", "b", "axis?", "reverse?"];
const SORTED: &[&str] = &["x", "axis?", "descending?"];
const SPREAD: &[&str] = &["x", "axis?", "ddof?", "keepdims?"];
const NORM: &[&str] = &["x", "ord?", "axis?", "keepdims?"];
const REDUCED: &[&str] = &["x", "axis?", "keepdims?"];
const QUANTILE: &[&str] = &["x", "q", "axis?", "keepdims?"];

const WINDOWS: &[&str] = &["x", "size", "step?", "dilation?", "axis?"];
const CONVOLVED: &[&str] = &["x", "w", "stride?", "padding?", "dilation?", "groups?"];
const POOLED: &[&str] = &["x", "size", "stride?", "padding?"];

/// All of them.
pub(super) static ARRAYS: &[Builtin] = &[
    values("take", TAKEN, gather::take),
    values("take_along", TAKEN, gather::take_along),
    values("scatter_add", SCATTERED, gather::scatter_add),
    values("stack", &["x…", "axis?"], layout::stack),
    values("split", &["x", "parts", "axis?"], layout::split),
    values("roll", &["x", "shift", "axis?"], layout::roll),
    values("pad", &["x", "widths", "value?"], layout::pad),
    values("tile", &["x", "times"], layout::tile),
    values("repeat", &["x", "times", "axis?"], layout::repeat),
    values("squeeze", ALONG, layout::squeeze),
    values("expand_dims", &["x", "axis"], layout::expand_dims),
    values("swapaxes", &["x", "a", "b"], layout::swapaxes),
    values("moveaxis", &["x", "from", "to"], layout::moveaxis),
    exprs("broadcast_to", &["x", "shape"], layout::broadcast_to),
    values("meshgrid", &["x…"], layout::meshgrid),
    exprs("arange", &["start?", "stop?", "step?"], layout::arange),
    values("diag", DIAGONAL, matrix::diag),
    values("trace", X, matrix::trace),
    values("tril", DIAGONAL, matrix::tril),
    values("triu", DIAGONAL, matrix::triu),
    values("outer", XY, matrix::outer),
    values("kron", XY, matrix::kron),
    values("vdot", XY, products::vdot),
    values("tensordot", &["x", "y", "axes?"], products::tensordot),
    values("einsum", &["formula", "x…"], einsum::einsum),
    values("var", SPREAD, statistics::var),
    values("std", SPREAD, statistics::std),
    values("norm", NORM, statistics::norm),
    values("count_nonzero", REDUCED, statistics::count_nonzero),
    values("cumsum", SCANNED, cumulative::cumsum),
    values("cumprod", SCANNED, cumulative::cumprod),
    values("cummax", SCANNED, cumulative::cummax),
    values("cummin", SCANNED, cumulative::cummin),
    values(
        "linear_recurrence",
        RECURRENCE,
        cumulative::linear_recurrence,
    ),
    values("diff", ALONG, cumulative::diff),
    values("sort", SORTED, order::sort),
    values("argsort", SORTED, order::argsort),
    values("top_k", &["x", "k", "axis?"], order::top_k),
    values("searchsorted", &["a", "v", "side?"], order::searchsorted),
    values("median", REDUCED, order::median),
    values("quantile", QUANTILE, order::quantile),
    values("windows", WINDOWS, window::windows),
    values("conv1d", CONVOLVED, window::conv1d),
    values("conv2d", CONVOLVED, window::conv2d),
    values("max_pool", POOLED, window::max_pool),
    values("avg_pool", POOLED, window::avg_pool),
];

impl<'a> Elab<'a> {
    /// A call of a function of the prelude.
    pub(super) fn prelude_call(
        &mut self,
        name: &str,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        let file = self.files.last();
        let item = file.and_then(|file| file.items.get(name)).copied();
        let Some(Item::Function(code, home)) = item else {
            return Err(self.fail(errors::types::internal("the prelude is incomplete", at)));
        };
        let Val::Func(func) = self.declared(code, home) else {
            return Err(Reported);
        };
        self.apply(&func, args, at)
    }

    /// An argument of the library that is of the right type and still cannot be meant.
    fn unfit(&mut self, title: impl Into<String>, at: Span, help: &str) -> Reported {
        self.fail(errors::types::unfit(&title.into(), at, help))
    }

    /// The constant that a value is.
    fn constant_val(&self, val: &Val<'a>) -> Option<Scalar> {
        match val {
            // What is one number as an integer and another as a float is neither here.
            Val::Number(number) if number.is_ambiguous() => None,
            Val::Number(number) => number.to(number.default_dtype()),
            Val::Ir(value) => {
                let inst = self.cx.b.definition(*value)?;
                match &self.cx.b.func().insts.get(inst)?.op {
                    Op::Const(constant) => Some(constant.value),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// An integer that is known when the program is compiled.
    fn constant_int(&mut self, arg: &ArgVal<'a>) -> R<i64> {
        let constant = self.constant_val(&arg.val).and_then(|c| c.as_i64());
        constant.ok_or_else(|| self.wrong(arg, "a constant integer"))
    }

    /// `true` or `false`, written out.
    pub(super) fn flag(&mut self, arg: Option<&ArgVal<'a>>) -> R<bool> {
        let Some(arg) = arg else { return Ok(false) };
        match self.constant_val(&arg.val) {
            Some(Scalar::Bool(flag)) => Ok(flag),
            _ => Err(self.wrong(arg, "`true` or `false`")),
        }
    }

    /// One axis; `default` without an argument.
    fn one_axis(&mut self, arg: Option<&ArgVal<'a>>, rank: usize, default: usize) -> R<usize> {
        let Some(arg) = arg else { return Ok(default) };
        if let Val::Tuple(_) = arg.val {
            return Err(self.wrong(arg, "one constant axis"));
        }
        let axes = self.axes(Some(arg), rank)?;
        axes.first().copied().ok_or(Reported)
    }

    /// Says that an argument is not what is wanted.
    fn wrong(&mut self, arg: &ArgVal<'a>, wanted: &str) -> Reported {
        if let Val::Error = arg.val {
            return Reported;
        }
        let found = self.show(&arg.val);
        self.fail(errors::types::mismatch(wanted, &found, arg.span, None))
    }

    /// An array of floats; numbers without type are `f64`.
    fn float_array(&mut self, name: &str, arg: &ArgVal<'a>) -> R<Value> {
        let value = self.ir_as(&arg.val, Some(DType::F64), arg.span)?;
        if self.ty(value).dtype.is_float() {
            return Ok(value);
        }
        let types = [self.show(&arg.val)];
        let diagnostic = errors::types::operands(name, &types, arg.span);
        Err(self.fail(diagnostic.help("convert the argument: `f64(…)`")))
    }

    /// An array with at least `rank` axes.
    fn of_rank(&mut self, name: &str, arg: &ArgVal<'a>, rank: usize) -> R<Value> {
        let value = self.ir(&arg.val, arg.span)?;
        if self.ty(value).rank() >= rank {
            return Ok(value);
        }
        let types = [self.show(&arg.val)];
        let diagnostic = errors::types::operands(name, &types, arg.span);
        let axes = if rank == 1 { "1 axis" } else { "2 axes" };
        Err(self.fail(diagnostic.help(format!("it takes arrays with at least {axes}"))))
    }
}
