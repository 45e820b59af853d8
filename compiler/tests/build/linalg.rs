//! The algorithms of linear algebra: the IR that `ir` holds is what their sources compile to.

use super::support::elaborate;
use dfn::passes::{Manager, find};
use dfn::stack::with_deep_stack;
use dfn_ir::Module;
use dfn_ir::text::{module_to_string, parse};

/// With this in the environment the files are written instead of compared.
const WRITE: &str = "DFN_WRITE_KERNELS";

#[test]
fn algorithms_are_what_their_sources_compile_to() {
    for (name, text) in dfn_ir::linalg::files() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../ir/src/linalg");
        let source = std::fs::read_to_string(format!("{root}/{name}.dfn")).unwrap();
        let made = with_deep_stack(move || compiled(&source));
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(format!("{root}/{name}.ir"), &made).unwrap();
        } else {
            assert!(
                made == text,
                "{name}.ir is stale: run with {WRITE}=1\n{made}"
            );
        }
    }
}

/// The exported functions of a program as IR, without the checks of indices, which hold.
fn compiled(source: &str) -> String {
    let (_, built) = elaborate(source);
    assert!(built.diagnostics.is_empty(), "{:?}", built.diagnostics);
    let mut program = built.program.unwrap();
    run(&["inline", "simplify"], &mut program.module);
    let mut alone = Module::new();
    for export in &program.exports {
        alone.add(program.module.get(export.func).clone());
    }
    let text = module_to_string(&alone);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("check "));
    let mut module = parse(&lines.collect::<Vec<_>>().join("\n")).unwrap();
    run(&["simplify"], &mut module);
    module_to_string(&module)
}

fn run(passes: &[&str], module: &mut Module) {
    let mut manager = Manager::new(None).always_verify();
    for pass in passes {
        manager.run(find(pass).unwrap(), module).unwrap();
    }
}
