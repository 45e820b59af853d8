//! Which names a piece of code mentions, and which it assigns.
//!
//! Both are asked before the code is elaborated: a lambda captures what it mentions, a loop carries what
//! it assigns. Names that the code itself binds are not told apart; who asks knows the outer ones.

use crate::syntax::ast::{
    Block, Clause, Comprehension, Expr, ExprKind, Index, Item, ItemKind, Iterable, Range, Size,
    Stmt, StmtKind, Type, TypeKind,
};
use std::sync::Arc;

/// Names in the order in which they are met, each once.
#[derive(Debug, Default)]
struct Names {
    mentioned: Vec<Arc<str>>,
    assigned: Vec<Arc<str>>,
}

/// The names that an expression mentions.
pub(super) fn mentioned_in_expr(expr: &Expr) -> Vec<Arc<str>> {
    let mut names = Names::default();
    names.expr(expr);
    names.mentioned
}

/// The names that a function mentions, in its types and its body.
pub(super) fn mentioned_in_function(function: &crate::syntax::ast::Function) -> Vec<Arc<str>> {
    let mut names = Names::default();
    names.function(function);
    names.mentioned
}

/// The names that the types of a function's parameters and result mention.
pub(super) fn mentioned_in_signature(function: &crate::syntax::ast::Function) -> Vec<Arc<str>> {
    let mut names = Names::default();
    let params = function.params.iter().map(|param| &param.ty);
    params.chain(&function.result).for_each(|ty| names.ty(ty));
    names.mentioned
}

/// The names that a lambda mentions.
pub(super) fn mentioned_in_lambda(lambda: &crate::syntax::ast::Lambda) -> Vec<Arc<str>> {
    let mut names = Names::default();
    names.lambda(lambda);
    names.mentioned
}

/// The names that a block assigns.
pub(super) fn assigned_in_block(block: &Block) -> Vec<Arc<str>> {
    let mut names = Names::default();
    names.block(block);
    names.assigned
}

fn add(list: &mut Vec<Arc<str>>, name: &Arc<str>) {
    if !list.contains(name) {
        list.push(name.clone());
    }
}

impl Names {
    fn function(&mut self, function: &crate::syntax::ast::Function) {
        for param in &function.params {
            self.ty(&param.ty);
            param.default.iter().for_each(|expr| self.expr(expr));
        }
        function.result.iter().for_each(|ty| self.ty(ty));
        self.block(&function.body);
    }

    fn lambda(&mut self, lambda: &crate::syntax::ast::Lambda) {
        lambda
            .params
            .iter()
            .filter_map(|param| param.ty.as_ref())
            .for_each(|ty| self.ty(ty));
        lambda.result.iter().for_each(|ty| self.ty(ty));
        self.expr(&lambda.body);
    }

    fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Named(path) => add(&mut self.mentioned, &path.name.text),
            TypeKind::Apply { base, args } => {
                self.ty(base);
                for arg in args {
                    match arg {
                        Size::Exact(expr) | Size::Bounded { bound: expr, .. } => self.expr(expr),
                    }
                }
            }
            TypeKind::Tuple(parts) => parts.iter().for_each(|part| self.ty(part)),
            TypeKind::Function(function) => {
                function.params.iter().for_each(|param| self.ty(param));
                function.result.iter().for_each(|ty| self.ty(ty));
            }
            TypeKind::Error => {}
        }
    }

    fn block(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
        block.value.iter().for_each(|value| self.expr(value));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(binding) => {
                binding.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&binding.value);
            }
            StmtKind::Assign(assign) => {
                self.place(&assign.place);
                self.expr(&assign.place);
                self.expr(&assign.value);
            }
            StmtKind::For(each) => {
                self.iterable(&each.iterable);
                self.block(&each.body);
            }
            StmtKind::While(each) => {
                self.expr(&each.condition);
                self.block(&each.body);
            }
            StmtKind::Break(value) | StmtKind::Return(value) => {
                value.iter().for_each(|v| self.expr(v))
            }
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Function(item) => self.item(item),
            StmtKind::Continue | StmtKind::Error => {}
        }
    }

    fn item(&mut self, item: &Item) {
        if let ItemKind::Function(function) = &item.kind {
            self.function(function);
        }
    }

    fn place(&mut self, place: &Expr) {
        match &place.kind {
            ExprKind::Name(name) => add(&mut self.assigned, &name.text),
            ExprKind::Field { base, .. }
            | ExprKind::TupleField { base, .. }
            | ExprKind::Index { base, .. } => {
                self.place(base);
            }
            ExprKind::Paren(inner) => self.place(inner),
            ExprKind::Tuple(parts) => parts.iter().for_each(|part| self.place(part)),
            _ => {}
        }
    }

    fn iterable(&mut self, iterable: &Iterable) {
        match iterable {
            Iterable::Range(range) => self.range(range),
            Iterable::Values(expr) => self.expr(expr),
        }
    }

    fn range(&mut self, range: &Range) {
        let parts = [&range.start, &range.end, &range.step];
        parts.into_iter().flatten().for_each(|expr| self.expr(expr));
    }

    fn comprehension(&mut self, comprehension: &Comprehension) {
        comprehension
            .clauses
            .iter()
            .for_each(|Clause { iterable, .. }| self.iterable(iterable));
        self.expr(&comprehension.body);
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Error => {}
            ExprKind::Name(name) => add(&mut self.mentioned, &name.text),
            ExprKind::Paren(inner) | ExprKind::Unary { operand: inner, .. } => self.expr(inner),
            ExprKind::Field { base, .. } | ExprKind::TupleField { base, .. } => self.expr(base),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                args.iter().for_each(|arg| self.expr(&arg.value));
            }
            ExprKind::Cast { value, ty } => {
                self.expr(value);
                self.ty(ty);
            }
            ExprKind::Index { base, indices } => {
                self.expr(base);
                for index in indices {
                    match index {
                        Index::At(expr) => self.expr(expr),
                        Index::Slice(range) => self.range(range),
                        Index::All(_) => {}
                    }
                }
            }
            ExprKind::Array(parts) | ExprKind::Tuple(parts) => {
                parts.iter().for_each(|part| self.expr(part))
            }
            ExprKind::Comprehension(inner) | ExprKind::Generator(inner) => {
                self.comprehension(inner)
            }
            ExprKind::Struct(literal) => {
                literal
                    .fields
                    .iter()
                    .for_each(|field| self.expr(&field.value));
                literal.rest.iter().for_each(|rest| self.expr(rest));
            }
            ExprKind::Lambda(lambda) => self.lambda(lambda),
            ExprKind::Block(block) | ExprKind::Loop(block) => self.block(block),
            ExprKind::If(choice) => {
                self.expr(&choice.condition);
                self.block(&choice.then);
                choice.otherwise.iter().for_each(|other| self.expr(other));
            }
        }
    }
}
