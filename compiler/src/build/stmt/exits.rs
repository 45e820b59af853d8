//! Which ways out of it a piece of code has: `break`, `continue`, `return`.

use crate::syntax::ast::{Block, Expr, ExprKind, Stmt, StmtKind};

/// The ways out, of statements that are not inside of a lambda or a function of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Exits {
    /// `break` out of the loop around it.
    pub(super) breaks: bool,
    /// `continue` of the loop around it.
    pub(super) continues: bool,
    /// `return` out of the function.
    pub(super) returns: bool,
    /// A `return` from inside of a loop.
    pub(super) returns_in_loop: bool,
}

impl Exits {
    /// Whether there is one.
    pub(super) fn any(self) -> bool {
        self.breaks || self.continues || self.returns
    }

    fn or(self, other: Exits) -> Exits {
        Exits {
            breaks: self.breaks || other.breaks,
            continues: self.continues || other.continues,
            returns: self.returns || other.returns,
            returns_in_loop: self.returns_in_loop || other.returns_in_loop,
        }
    }

    /// Those of a loop whose body has these.
    fn of_loop(self) -> Exits {
        Exits {
            breaks: false,
            continues: false,
            returns: self.returns,
            returns_in_loop: self.returns,
        }
    }
}

/// The ways out of a block.
pub(super) fn of_block(block: &Block) -> Exits {
    let value = block.value.as_deref().map(of_expr);
    let stmts = block.stmts.iter().map(of_stmt);
    stmts.chain(value).fold(Exits::default(), Exits::or)
}

/// The ways out of a statement.
pub(super) fn of_stmt(stmt: &Stmt) -> Exits {
    let none = Exits::default();
    match &stmt.kind {
        StmtKind::Break(_) => Exits {
            breaks: true,
            ..none
        },
        StmtKind::Continue => Exits {
            continues: true,
            ..none
        },
        StmtKind::Return(_) => Exits {
            returns: true,
            ..none
        },
        StmtKind::For(each) => of_block(&each.body).of_loop(),
        StmtKind::While(each) => of_block(&each.body).of_loop(),
        StmtKind::Expr(expr) => of_expr(expr),
        StmtKind::Let(_) | StmtKind::Assign(_) | StmtKind::Function(_) | StmtKind::Error => none,
    }
}

/// The ways out of an expression that stands as a statement.
pub(super) fn of_expr(expr: &Expr) -> Exits {
    match &expr.kind {
        ExprKind::Block(block) => of_block(block),
        ExprKind::Loop(block) => of_block(block).of_loop(),
        ExprKind::If(choice) => {
            let other = choice.otherwise.as_ref().map(of_expr);
            of_block(&choice.then).or(other.unwrap_or_default())
        }
        _ => Exits::default(),
    }
}

/// Whether control never reaches the end of the block.
pub(super) fn always_leaves(block: &Block) -> bool {
    let by_stmt = block.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break(_) | StmtKind::Continue | StmtKind::Return(_) => true,
        StmtKind::Expr(expr) => expr_leaves(expr),
        _ => false,
    });
    by_stmt || block.value.as_deref().is_some_and(expr_leaves)
}

/// Whether control never goes on behind a branch.
pub(super) fn expr_leaves(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Block(block) => always_leaves(block),
        ExprKind::If(choice) => {
            let other = choice.otherwise.as_ref();
            always_leaves(&choice.then) && other.is_some_and(expr_leaves)
        }
        _ => false,
    }
}
