//! Choices: `if` as an expression and as a statement, and what the arms leave behind.
//!
//! The variables that an arm assigns are results of the IR's `if`, besides its value.

use super::exits;
use crate::build::elab::{Elab, R, Reported, ir_span};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{Block, Expr, ExprKind, If, Stmt};
use dfn_ir::ops::{Const, Dense};
use dfn_ir::{DType, Parts, Size, Type, Value};

/// One arm after its elaboration.
struct Arm<'a> {
    /// The type that numbers without one take.
    hint: Option<DType>,
    block: dfn_ir::Block,
    result: Val<'a>,
    variables: Vec<(usize, Val<'a>)>,
}

/// Whether every `return` in a branch ends the function at once: none is in a loop, and an arm that has one
/// does not go on behind it. Then what follows belongs to the arms that go on.
pub(super) fn ends_the_function(expr: &Expr) -> bool {
    let ends = |block: &Block| exits::always_leaves(block) || !exits::of_block(block).returns;
    let found = exits::of_expr(expr);
    let arms = match &expr.kind {
        ExprKind::If(choice) => {
            let other = choice.otherwise.as_ref().map(|other| (&other.kind, other));
            let other = match other {
                None => true,
                Some((ExprKind::Block(block), _)) => ends(block),
                Some((_, other)) => !exits::of_expr(other).returns || ends_the_function(other),
            };
            ends(&choice.then) && other
        }
        _ => false,
    };
    found.returns && !found.returns_in_loop && arms
}

impl<'a> Elab<'a> {
    /// `if c { … } else { … }`.
    pub(in crate::build) fn if_expr(&mut self, choice: &'a If, at: Span) -> R<Val<'a>> {
        let hint = self.cx.hint.take();
        let condition = self.condition(&choice.condition)?;
        let then = |elab: &mut Self| elab.block(&choice.then);
        let otherwise = |elab: &mut Self| match &choice.otherwise {
            Some(expr) => elab.expr(expr),
            None => Ok(Val::unit()),
        };
        if choice.otherwise.is_none() {
            // Without `else` there is no value.
            let then = |elab: &mut Self| elab.block(&choice.then).map(|_| Val::unit());
            return self.branch(condition, None, at, then, otherwise);
        }
        self.branch(condition, hint, at, then, otherwise)
    }

    /// A branch of which [`ends_the_function`] is true.
    pub(super) fn tail_branch(
        &mut self,
        expr: &'a Expr,
        rest: &'a [Stmt],
        value: Option<&'a Expr>,
    ) -> R<Val<'a>> {
        match &expr.kind {
            ExprKind::If(choice) => self.if_with_return(choice, rest, value, expr.span),
            _ => Err(Reported),
        }
    }

    /// An `if` with a `return` in an arm: what follows belongs to the arms that go on.
    fn if_with_return(
        &mut self,
        choice: &'a If,
        rest: &'a [Stmt],
        value: Option<&'a Expr>,
        at: Span,
    ) -> R<Val<'a>> {
        let condition = self.condition(&choice.condition)?;
        let then = |elab: &mut Self| elab.arm_and_rest(&choice.then, rest, value);
        let otherwise = |elab: &mut Self| match choice
            .otherwise
            .as_ref()
            .map(|other| (&other.kind, other.span))
        {
            None => elab.tail(rest, value),
            Some((ExprKind::Block(block), _)) => elab.arm_and_rest(block, rest, value),
            Some((ExprKind::If(inner), at)) => elab.if_with_return(inner, rest, value, at),
            Some((_, at)) => Err(elab.fail(errors::types::internal(
                "an else that is neither block nor if",
                at,
            ))),
        };
        self.branch(condition, self.cx.result, at, then, otherwise)
    }

    fn arm_and_rest(
        &mut self,
        block: &'a Block,
        rest: &'a [Stmt],
        value: Option<&'a Expr>,
    ) -> R<Val<'a>> {
        if exits::always_leaves(block) {
            return self.tail_block(block);
        }
        self.block(block)?;
        self.tail(rest, value)
    }

    /// A scalar condition.
    pub(in crate::build) fn condition(&mut self, expr: &'a Expr) -> R<Value> {
        let val = self.expr(expr)?;
        match &val {
            Val::Ir(value) if self.ty(*value).is(DType::Bool) => Ok(*value),
            Val::Error => Err(crate::build::elab::Reported),
            _ => {
                let found = self.show(&val);
                let mut diagnostic = errors::types::mismatch("`bool`", &found, expr.span, None);
                if matches!(&val, Val::Ir(value) if self.ty(*value).dtype == DType::Bool) {
                    diagnostic = diagnostic
                        .help("to choose element by element, use `where(condition, a, b)`");
                }
                Err(self.fail(diagnostic))
            }
        }
    }

    /// The IR's `if`, with arms made by `then` and `other`; numbers take the type `hint`.
    pub(in crate::build) fn branch(
        &mut self,
        condition: Value,
        hint: Option<DType>,
        at: Span,
        then: impl FnOnce(&mut Self) -> R<Val<'a>>,
        other: impl FnOnce(&mut Self) -> R<Val<'a>>,
    ) -> R<Val<'a>> {
        let first = self.arm(hint, then);
        let second = self.arm(hint, other);
        let (mut first, mut second) = (first?, second?);
        let mut pairs = Vec::new();
        let result = self.merge(
            &first.result.clone(),
            &second.result.clone(),
            (&mut first, &mut second),
            &mut pairs,
            at,
        )?;
        let mut changed = Vec::new();
        for ((place, a), (_, b)) in first
            .variables
            .clone()
            .into_iter()
            .zip(second.variables.clone())
        {
            if a.leaves() != b.leaves() || self.is_changed(place, &a) {
                changed.push((
                    place,
                    self.merge(&a, &b, (&mut first, &mut second), &mut pairs, at)?,
                ));
            }
        }
        first.block.results = pairs.iter().map(|(a, _)| *a).collect();
        second.block.results = pairs.iter().map(|(_, b)| *b).collect();
        let parts = Parts {
            args: [condition].into_iter().collect(),
            blocks: vec![first.block, second.block],
            ..Parts::default()
        };
        let results = self.emit_parts(dfn_ir::ops::If, parts, at)?;
        let mut next = results.into_iter();
        let mut fill =
            |val: &Val<'a>| val.map(&mut |v| Val::Ir(next.next().unwrap_or(v)), &Size::clone);
        let result = fill(&result);
        let changed: Vec<(usize, Val<'a>)> = changed
            .iter()
            .map(|(place, val)| (*place, fill(val)))
            .collect();
        for (place, val) in changed {
            self.cx.scope.assign(place, val);
        }
        Ok(result)
    }

    fn is_changed(&self, place: usize, val: &Val<'a>) -> bool {
        match self.cx.scope.at(place).map(|binding| &binding.meaning) {
            Some(crate::build::val::Meaning::Val(before)) => before.leaves() != val.leaves(),
            _ => false,
        }
    }

    /// Elaborates an arm; variables are afterwards as they were before.
    fn arm(
        &mut self,
        hint: Option<DType>,
        body: impl FnOnce(&mut Self) -> R<Val<'a>>,
    ) -> R<Arm<'a>> {
        let limit = self.cx.scope.mark();
        let before = self.cx.scope.variables(limit);
        let facts = self.cx.facts.clone();
        self.cx.b.open();
        self.cx.hint = hint;
        let result = body(self);
        self.cx.hint = None;
        let block = self.cx.b.close(Vec::new());
        self.cx.facts = facts;
        self.cx.scope.forget(limit);
        let variables = self.cx.scope.variables(limit);
        for (place, val) in before {
            self.cx.scope.assign(place, val);
        }
        Ok(Arm {
            hint,
            block,
            result: result?,
            variables,
        })
    }

    /// A value that stands for `a` in the first arm and `b` in the second; its leaves are those of `a`,
    /// and `pairs` says what each arm gives for them.
    fn merge(
        &mut self,
        a: &Val<'a>,
        b: &Val<'a>,
        arms: (&mut Arm<'a>, &mut Arm<'a>),
        pairs: &mut Vec<(Value, Value)>,
        at: Span,
    ) -> R<Val<'a>> {
        match (a, b) {
            (Val::Number(x), Val::Number(y)) if x == y => Ok(a.clone()),
            (
                Val::Ir(_) | Val::Number(_) | Val::Numbers(_),
                Val::Ir(_) | Val::Number(_) | Val::Numbers(_),
            ) => {
                let dtype = self.common_dtype(a, b, arms.0.hint);
                let untyped = |val: &Val<'a>| matches!(val, Val::Number(_) | Val::Numbers(_));
                if dtype == DType::Bool && (untyped(a) || untyped(b)) {
                    return Err(self.arms_differ(a, b, at));
                }
                let x = self.give(&mut arms.0.block, a, dtype, at)?;
                let y = self.give(&mut arms.1.block, b, dtype, at)?;
                if self.ty(x) != self.ty(y) {
                    return Err(self.arms_differ(&Val::Ir(x), &Val::Ir(y), at));
                }
                pairs.push((x, y));
                Ok(Val::Ir(x))
            }
            (Val::Tuple(xs), Val::Tuple(ys)) if xs.len() == ys.len() => {
                Ok(Val::Tuple(self.merge_all(xs, ys, arms, pairs, at)?))
            }
            (Val::Struct(def, xs), Val::Struct(other, ys)) if def == other => {
                Ok(Val::Struct(*def, self.merge_all(xs, ys, arms, pairs, at)?))
            }
            (Val::Func(_), _) | (_, Val::Func(_)) => {
                Err(self.fail(errors::functions::function_value("chosen by an `if`", at)))
            }
            _ => Err(self.arms_differ(a, b, at)),
        }
    }

    fn merge_all(
        &mut self,
        xs: &[Val<'a>],
        ys: &[Val<'a>],
        (first, second): (&mut Arm<'a>, &mut Arm<'a>),
        pairs: &mut Vec<(Value, Value)>,
        at: Span,
    ) -> R<Vec<Val<'a>>> {
        let each = xs.iter().zip(ys);
        each.map(|(x, y)| self.merge(x, y, (&mut *first, &mut *second), &mut *pairs, at))
            .collect()
    }

    fn arms_differ(&mut self, a: &Val<'a>, b: &Val<'a>, at: Span) -> crate::build::elab::Reported {
        let (a, b) = (self.show(a), self.show(b));
        self.fail(errors::types::branches(&a, &b, at))
    }

    /// The element type that two values should have, one of which may be a number without type.
    fn common_dtype(&self, a: &Val<'a>, b: &Val<'a>, hint: Option<DType>) -> DType {
        let known = |val: &Val<'a>| match val {
            Val::Ir(value) => Some(self.ty(*value).dtype),
            _ => None,
        };
        let default = |val: &Val<'a>| match val {
            Val::Number(number) => number.default_dtype(),
            Val::Numbers(numbers) => crate::build::literal::default_dtype(numbers),
            _ => DType::I64,
        };
        let float = [a, b]
            .into_iter()
            .map(default)
            .find(|dtype| dtype.is_float());
        // A fraction stays a float whatever is asked for, so that the mismatch is reported.
        let hint = hint.filter(|dtype| dtype.is_float() || (dtype.is_int() && float.is_none()));
        known(a)
            .or(known(b))
            .or(hint)
            .or(float)
            .unwrap_or(DType::I64)
    }

    /// The value in an arm whose block is closed; a number becomes a constant at its end.
    fn give(
        &mut self,
        block: &mut dfn_ir::Block,
        val: &Val<'a>,
        dtype: DType,
        at: Span,
    ) -> R<Value> {
        let (op, ty): (dfn_ir::Op, Type) = match val {
            Val::Ir(value) => return Ok(*value),
            Val::Number(number) => {
                let Some(value) = number.to(dtype) else {
                    return Err(self.fail(errors::types::number(dtype.name(), at, true)));
                };
                (Const { value }.into(), Type::scalar(dtype))
            }
            Val::Numbers(numbers) => {
                let values: Option<Vec<_>> = numbers.items.iter().map(|n| n.to(dtype)).collect();
                let Some(values) = values else {
                    return Err(self.fail(errors::types::number(dtype.name(), at, true)));
                };
                let shape = numbers.shape.iter().map(|&n| Size::constant(n));
                (
                    Dense {
                        values: values.into(),
                    }
                    .into(),
                    Type::array(dtype, shape),
                )
            }
            _ => return Err(crate::build::elab::Reported),
        };
        let outer = self.cx.b.at(ir_span(at));
        let inst = self.cx.b.append(block, op, ty);
        self.cx.b.at(outer);
        let value = self.cx.b.results(inst).first().copied();
        value.ok_or(crate::build::elab::Reported)
    }
}
