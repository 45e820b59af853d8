//! Code grows as the source does: of generated programs the statements of the loop IR, the bytes of the
//! object, and what allocating registers takes are linear in the lines. No clock is read; `cargo xtask bench --part compile` does that.

use dfn::backend::cranelift::Cranelift;
use dfn::backend::{Backend, Level, Options, alive};
use dfn::driver::{Session, optimise_for, plan};
use dfn_benchmarks::generated::Shape;
use dfn_ir::loops::Block;

/// Each twice the one before.
const LINES: [usize; 3] = [700, 1400, 2800];

/// Lines, statements, bytes, values alive at branches.
struct Size {
    lines: f64,
    statements: f64,
    bytes: f64,
    alive: f64,
}

fn statements(block: &Block) -> usize {
    let inner = block.stmts.iter().flat_map(|stmt| stmt.blocks());
    block.stmts.len() + inner.map(statements).sum::<usize>()
}

fn size(shape: Shape, lines: usize) -> Size {
    let text = shape.program(lines);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("generated.dfn");
    std::fs::write(&path, &text).unwrap();
    let mut session = Session::default();
    let program = session.program(&path);
    let mut program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    let roots: Vec<_> = program.exports.iter().map(|export| export.func).collect();
    optimise_for(&mut program.module, &roots, &session.sources).unwrap();
    let planned = plan(&program.module, &roots, &session.sources).unwrap();
    let functions = planned.program.functions.values();
    let statements = functions
        .map(|function| statements(&function.body))
        .sum::<usize>();
    // Without optimisation: what is measured is how much there is.
    let object = Cranelift
        .object(&planned.program, &Options::new(Level::O0))
        .unwrap();
    Size {
        lines: text.lines().count() as f64,
        statements: statements as f64,
        bytes: object.len() as f64,
        alive: alive(&planned.program) as f64,
    }
}

/// What a line more is worth, from the shorter two and from the longer two programs.
fn is_linear(name: &str, sizes: &[Size], of: impl Fn(&Size) -> f64) {
    let slope = |a: &Size, b: &Size| (of(b) - of(a)) / (b.lines - a.lines);
    let [short, long] = [slope(&sizes[0], &sizes[1]), slope(&sizes[1], &sizes[2])];
    assert!(
        long <= 1.1 * short,
        "{name}: {short} a line in short programs, {long} in long ones"
    );
}

#[test]
fn code_is_linear_in_the_lines() {
    for (name, shape) in Shape::ALL {
        let sizes = LINES.map(|lines| size(shape, lines));
        is_linear(&format!("{name}, statements"), &sizes, |size| {
            size.statements
        });
        is_linear(&format!("{name}, bytes"), &sizes, |size| size.bytes);
        is_linear(&format!("{name}, alive"), &sizes, |size| size.alive);
    }
}
