//! Calls whose callee needs a workspace that depends on a value which is no formula, such as how often a
//! `while` ran: the callee is asked how much, and gets so much from `malloc`.

use std::collections::HashSet;

use dfn_ir::DType;
use dfn_ir::loops::{Block, Facts, FuncId, Function, Stmt, Var, VarData, VarTy};
use dfn_ir::scalar::Scalar;

/// A call: the callee and its arguments but the workspace. No two calls write to the same results.
pub(super) type Site = (FuncId, Vec<Var>);

/// The calls of one function whose callees get their workspace from `malloc`.
#[derive(Debug)]
pub(super) struct Grown {
    /// Where callees write how much they need: one `i64`.
    pub(super) bytes: Var,
    /// The status if there is no memory.
    pub(super) code: i32,
    sites: HashSet<Site>,
}

/// A call by its statement.
pub(super) fn site(callee: FuncId, args: &[Var]) -> Site {
    let given = args.split_last().map_or(&[][..], |(_, given)| given);
    (callee, given.to_vec())
}

impl Grown {
    /// These calls of `function`, which gets a temporary for what callees need.
    pub(super) fn new(function: &mut Function, sites: Vec<Site>, code: i32) -> Grown {
        let mut var = |ty, name: &str| {
            let (name, facts) = (name.to_owned(), Facts::default());
            function.vars.push(VarData { ty, name, facts })
        };
        let bytes = var(VarTy::Buffer(DType::I64), "bytes");
        let len = var(VarTy::Value(dfn_ir::loops::Ty::I64), "");
        let one = Stmt::Const {
            out: len,
            value: Scalar::I64(1),
        };
        let alloc = Stmt::Alloc {
            buffer: bytes,
            len,
            place: None,
        };
        function.body.stmts.splice(0..0, [one, alloc]);
        let sites = sites.into_iter().collect();
        Grown { bytes, code, sites }
    }

    /// Whether a call is one of these.
    pub(super) fn contains(&self, callee: FuncId, args: &[Var]) -> bool {
        self.sites.contains(&site(callee, args))
    }
}

/// Calls `visit` on every statement below `block`.
pub(super) fn each_stmt(block: &mut Block, visit: &mut dyn FnMut(&mut Stmt)) {
    for stmt in &mut block.stmts {
        visit(stmt);
        match stmt {
            Stmt::For(inner) => each_stmt(&mut inner.body, visit),
            Stmt::While(inner) => {
                each_stmt(&mut inner.condition, visit);
                each_stmt(&mut inner.body, visit);
            }
            Stmt::If(inner) => {
                each_stmt(&mut inner.then, visit);
                each_stmt(&mut inner.otherwise, visit);
            }
            _ => {}
        }
    }
}
