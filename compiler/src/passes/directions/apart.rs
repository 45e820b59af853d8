//! A function with one parameter, and the small arrays in it, as numbers.

use crate::passes::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use crate::passes::simplify::{dead, effects::Effects};
use crate::passes::unroll::Unroll;
use dfn_ir::function::{FuncId, Function};
use dfn_ir::{Module, Op, Type, TypeError};

/// The function `id`, which reads the elements of its parameter number `param` from new parameters behind
/// the others; nothing if it is not straight code on numbers then, or has a derivative of its own.
pub(super) fn apart(
    module: &Module,
    id: FuncId,
    param: usize,
) -> Result<Option<Function>, TypeError> {
    let source = module.get(id);
    if source.marks.is_whole() || source.linear > 0 {
        return Ok(None);
    }
    let mut rule = Apart {
        param,
        rest: Unroll::before_derivatives(module),
    };
    let mut made = rewrite(source, &mut rule)?;
    made.name = format!("{}.apart", source.name);
    dead::remove(&mut made, &Effects::of(module));
    Ok(Some(made).filter(is_straight))
}

/// What makes numbers of a parameter, and of the rest.
struct Apart<'a> {
    param: usize,
    rest: Unroll<'a>,
}

impl Rule for Apart<'_> {
    fn start(&mut self, cx: &mut Rewriter, source: &Function) -> Result<(), TypeError> {
        let old = source.params().get(self.param).copied();
        let old = old.ok_or_else(|| TypeError::new("there is no such parameter"))?;
        let ty = source.ty(old).clone();
        let count = ty.elements().and_then(|n| n.as_constant()).unwrap_or(0);
        let number = Type::scalar(ty.dtype);
        let numbers = (0..count).map(|_| cx.b.param(number.clone(), None));
        let numbers = numbers.collect();
        let whole = self.rest.assemble(cx, &ty, numbers)?;
        cx.bind(old, whole);
        Ok(())
    }

    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        self.rest.inst(cx, site)
    }

    fn enter(&mut self, owner: &Op) {
        self.rest.enter(owner);
    }

    fn leave(&mut self) {
        self.rest.leave();
    }
}

/// Whether a function is straight code on numbers; what it returns may be arrays of them.
fn is_straight(func: &Function) -> bool {
    let mut straight = true;
    func.walk(&func.body, &mut |_, data| {
        let numbers = data.results.iter().all(|&v| func.ty(v).rank() == 0);
        let whole = matches!(data.op, Op::Stack(_) | Op::Const(_));
        straight &= data.blocks.is_empty() && (numbers || whole) && !matches!(data.op, Op::Call(_));
    });
    straight
}
