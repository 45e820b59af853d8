//! Functions of scalars applied to arrays.
//!
//! If the body is elementwise code it is elaborated on arrays, which the operations allow; a body that
//! branches on its arguments or loops is called for each element in a `map`.

use super::{ArgVal, Bound};
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::types::Pat;
use crate::build::val::{Func, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, BinaryOp, Block, Expr, ExprKind, Literal, PatternKind, StmtKind};
use dfn_ir::DType;
use dfn_ir::ops::Index;
use std::rc::Rc;

/// The file of the code that is asked about, and how many more calls are looked into.
type Depth = (usize, u32);

impl<'a> Elab<'a> {
    /// Whether a function of scalars gets an array.
    pub(super) fn applies_elementwise(
        &mut self,
        function: &'a ast::Function,
        pats: &[(Option<Pat<'a>>, &'a ast::Param)],
        args: &[(Val<'a>, Span)],
    ) -> bool {
        let scalar = |pat: &Pat<'a>| matches!(pat, Pat::Array(_, shape) if shape.is_empty());
        let array = |val: &Val<'a>| match val {
            Val::Ir(value) => self.ty(*value).rank() > 0,
            Val::Numbers(_) => true,
            _ => false,
        };
        if pats.is_empty()
            || !pats.iter().all(|(pat, _)| pat.as_ref().is_some_and(scalar))
            || !args.iter().any(|(val, _)| array(val))
        {
            return false;
        }
        let result = function.result.as_ref().map(|ty| self.resolve(ty));
        matches!(result, Some(Ok(pat)) if scalar(&pat))
    }

    /// The arguments broadcast to one shape.
    pub(super) fn fit_elementwise(
        &mut self,
        function: &'a ast::Function,
        pats: &[(Option<Pat<'a>>, &'a ast::Param)],
        args: Vec<(Val<'a>, Span)>,
    ) -> R<Bound<'a>> {
        let mut values = Vec::new();
        for ((pat, param), (val, span)) in pats.iter().zip(&args) {
            let Some(Pat::Array(dtype, _)) = pat else {
                continue;
            };
            let value = self.ir_as(val, Some(*dtype), *span)?;
            let found = self.ty(value).dtype;
            if found != *dtype {
                let shown = self.show(val);
                let wanted = format!("`{dtype}` or an array of it");
                return Err(self.fail(errors::types::mismatch(
                    &wanted,
                    &shown,
                    *span,
                    Some(param.ty.span),
                )));
            }
            values.push((value, *span));
        }
        let at = args.first().map_or(function.name.span, |(_, span)| *span);
        let values = self.broadcast_all(function.name.as_str(), &values, at)?;
        let generics = self.solved_generics_of_scalars(function);
        Ok(Bound {
            args: values.into_iter().map(Val::Ir).collect(),
            generics,
            elementwise: true,
            sizes: Vec::new(),
        })
    }

    fn solved_generics_of_scalars(
        &self,
        function: &'a ast::Function,
    ) -> Vec<crate::build::val::Binding<'a>> {
        let found = function
            .generics
            .iter()
            .filter_map(|generic| self.cx.scope.get(generic.name.as_str()));
        found.cloned().collect()
    }

    /// Whether the body of `function` may be elaborated for whole arrays; a rule is one for elements.
    pub(super) fn is_bulk(&self, function: &ast::Function, home: usize) -> bool {
        self.is_elementwise(function, home, 8) && !self.has_rule(function)
    }

    /// Whether the body of `function`, which stands in the file `home`, does the same to an array as to
    /// each element alone.
    pub(in crate::build) fn is_elementwise(
        &self,
        function: &ast::Function,
        home: usize,
        depth: u32,
    ) -> bool {
        depth > 0 && self.is_elementwise_block(&function.body, (home, depth))
    }

    fn is_elementwise_block(&self, block: &Block, depth: Depth) -> bool {
        let plain = |stmt: &ast::Stmt| match &stmt.kind {
            StmtKind::Let(binding) => {
                let named = matches!(
                    binding.pattern.kind,
                    PatternKind::Name { mutable: false, .. }
                );
                named && binding.ty.is_none() && self.is_elementwise_expr(&binding.value, depth)
            }
            _ => false,
        };
        let value = block.value.as_ref();
        block.stmts.iter().all(plain)
            && value.is_some_and(|value| self.is_elementwise_expr(value, depth))
    }

    fn is_elementwise_expr(&self, expr: &Expr, depth: Depth) -> bool {
        match &expr.kind {
            ExprKind::Literal(literal) => !matches!(literal, Literal::Str(_)),
            ExprKind::Name(_) => true,
            ExprKind::Paren(inner) | ExprKind::Unary { operand: inner, .. } => {
                self.is_elementwise_expr(inner, depth)
            }
            ExprKind::Binary {
                op, left, right, ..
            } => {
                let lazy = matches!(op, BinaryOp::MatMul | BinaryOp::And | BinaryOp::Or);
                !lazy
                    && self.is_elementwise_expr(left, depth)
                    && self.is_elementwise_expr(right, depth)
            }
            ExprKind::Call { callee, args } => {
                let named = args.iter().any(|arg| arg.name.is_some());
                !named
                    && self.is_elementwise_callee(callee, args.len(), depth)
                    && args
                        .iter()
                        .all(|arg| self.is_elementwise_expr(&arg.value, depth))
            }
            ExprKind::Block(block) => self.is_elementwise_block(block, depth),
            _ => false,
        }
    }

    fn is_elementwise_callee(&self, callee: &Expr, args: usize, (home, depth): Depth) -> bool {
        let (item, name) = match &callee.kind {
            ExprKind::Name(name) if DType::from_name(name.as_str()).is_some() => return true,
            ExprKind::Name(name) => (self.item_in(home, name.as_str()), name),
            ExprKind::Field { base, field } => match &base.kind {
                ExprKind::Name(module) => {
                    let number = self.number_of_module(home, module.as_str());
                    let file = number.and_then(|number| self.files.get(number));
                    let item = file.and_then(|file| file.items.get(field.as_str()));
                    (item.copied(), field)
                }
                _ => return false,
            },
            _ => return false,
        };
        match item {
            Some(Item::Function(function, home)) => self.is_elementwise(function, home, depth - 1),
            Some(_) => false,
            None => {
                matches!(callee.kind, ExprKind::Name(_))
                    && crate::build::builtin::find(name.as_str())
                        .is_some_and(|b| b.is_elementwise(args))
            }
        }
    }

    /// Calls `func` for each element of its arguments, which have one shape.
    pub(super) fn map_over_elements(
        &mut self,
        func: &Func<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let leaves: Vec<dfn_ir::Value> = bound.args.iter().flat_map(Val::leaves).collect();
        let extents: Vec<dfn_ir::Size> = leaves
            .first()
            .map(|v| self.ty(*v).shape.to_vec())
            .unwrap_or_default();
        let func = Rc::new(func.clone());
        self.map_region(&extents, at, |elab, indices| {
            let mut args = Vec::new();
            for &leaf in &leaves {
                let mut operands = vec![leaf];
                operands.extend(indices);
                let element = elab.emit(Index, &operands, at)?;
                args.push(ArgVal {
                    name: None,
                    val: Val::Ir(element),
                    span: at,
                });
            }
            elab.apply(&func, args, at)
        })
    }
}
