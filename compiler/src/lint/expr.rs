//! Expressions.

use super::names::{Kind, Names};
use crate::syntax::ast::{Comprehension, Expr, ExprKind, Lambda};

impl Names {
    /// An expression: the names in it are read.
    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Error => {}
            ExprKind::Name(name) => self.read(&name.text),
            ExprKind::Paren(inner)
            | ExprKind::Unary { operand: inner, .. }
            | ExprKind::Field { base: inner, .. }
            | ExprKind::TupleField { base: inner, .. } => self.expr(inner),
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
                indices.iter().for_each(|index| self.index(index));
            }
            ExprKind::Array(parts) | ExprKind::Tuple(parts) => {
                parts.iter().for_each(|part| self.expr(part));
            }
            ExprKind::Comprehension(inner) | ExprKind::Generator(inner) => {
                self.comprehension(inner);
            }
            ExprKind::Struct(literal) => {
                self.path(&literal.path);
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

    fn comprehension(&mut self, inner: &Comprehension) {
        self.open();
        for clause in &inner.clauses {
            self.iterable(&clause.iterable);
            self.pattern(&clause.pattern, Kind::Quiet);
        }
        self.expr(&inner.body);
        self.close();
    }

    fn lambda(&mut self, lambda: &Lambda) {
        self.open();
        for param in &lambda.params {
            param.ty.iter().for_each(|ty| self.ty(ty));
            self.pattern(&param.pattern, Kind::Quiet);
        }
        lambda.result.iter().for_each(|ty| self.ty(ty));
        self.expr(&lambda.body);
        self.close();
    }
}
