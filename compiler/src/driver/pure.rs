//! What a library cannot do: ask dfn to print or to compute differences.

use super::place::at;
use crate::diagnostic::codes::libraries as codes;
use crate::diagnostic::{Diagnostic, SourceMap};
use dfn_ir::{FuncId, Module, Op};

/// The places in `roots`, and in what they call, that only dfn itself can run.
pub(super) fn host_calls(
    module: &Module,
    roots: &[FuncId],
    sources: &SourceMap,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen = roots.to_vec();
    let mut next = 0;
    while let Some(&id) = seen.get(next) {
        next += 1;
        let func = module.get(id);
        func.walk(&func.body, &mut |_, data| {
            let what = match &data.op {
                Op::Print(_) => "`print`",
                Op::Differences(_) => "`check_grads`",
                _ => return,
            };
            let title = format!("a library cannot use {what}");
            let diagnostic = Diagnostic::error(codes::NOT_COMPILED, title)
                .note("a library holds only emitted code and calls nothing but `malloc` and `free`")
                .help("keep it in `main` and in tests, or run the program with `dfn run`");
            found.push(at(
                diagnostic,
                data.span,
                "an exported function gets here",
                sources,
            ));
        });
        for callee in dfn_ir::verify::calls::callees(module, id) {
            if !seen.contains(&callee) {
                seen.push(callee);
            }
        }
    }
    found
}
