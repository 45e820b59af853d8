//! Matrix products: the kernels of every processor give the bits of the SSA interpreter, whatever the
//! sizes, the layout of the operands and the blocks.

use super::run::{array, array32, module, ordered, run_loops};
use dfn::passes::buffers::buffers;
use dfn::passes::lower::{Lowered, Machine, lower_for};
use dfn_ir::interp::Array;
use dfn_ir::loops::verify;
use dfn_ir::{FuncId, Module};

pub(crate) const MACHINES: [Machine; 4] = [
    Machine::SHORT,
    Machine::AVX2,
    Machine::AVX512,
    Machine::NEON,
];

pub(crate) fn planned(module: &Module, root: FuncId, machine: Machine) -> Lowered {
    let mut lowered = lower_for(module, &[root], machine).unwrap_or_else(|e| panic!("{}", e[0]));
    buffers(&mut lowered).unwrap_or_else(|e| panic!("{}", e[0]));
    if let Err(errors) = verify(&lowered.program) {
        panic!("{}\n{}", errors[0], lowered.program);
    }
    lowered
}

/// Runs `@f` on every processor and compares.
pub(crate) fn compare(text: &str, sizes: &[i64], args: &[Array]) {
    let module = ordered(&module(text));
    let root = module.named("f").unwrap();
    let wanted = dfn_ir::interp::run(&module, root, sizes, args, &mut ()).unwrap();
    let shape = |a: &Array| (a.dtype(), a.dims().to_vec());
    let shapes: Vec<_> = wanted.iter().map(shape).collect();
    for machine in MACHINES {
        let lowered = planned(&module, root, machine);
        let found = run_loops(&lowered, root, sizes, args, &shapes);
        assert_eq!(found.status, 0);
        assert_eq!(found.results, wanted, "{machine:?}, sizes {sizes:?}");
    }
}

/// The four layouts: each operand as it is, or transposed.
fn layouts(m: i64, n: i64, k: i64) {
    for (left, pair) in [("%m, %k", 1), ("%k, %m", 0)] {
        for (right, other) in [("%k, %n", 0), ("%n, %k", 1)] {
            for dtype in ["f64", "f32"] {
                let text = format!(
                    "func @f[%m, %n, %k](%x: {dtype}[{left}], %y: {dtype}[{right}]) -> ({dtype}[%m, %n]) {{
                       %z = dot %x, %y {{batch = [], contract = [{pair}, {other}]}} : {dtype}[%m, %n]
                       return %z
                     }}"
                );
                let make = if dtype == "f64" { array } else { array32 };
                let [m, n, k] = [m, n, k].map(|size| usize::try_from(size).unwrap());
                let x = if pair == 1 { [m, k] } else { [k, m] };
                let y = if other == 0 { [k, n] } else { [n, k] };
                compare(
                    &text,
                    &[m as i64, n as i64, k as i64],
                    &[make(1, &x), make(2, &y)],
                );
            }
        }
    }
}

/// Operands that run backwards along either axis.
#[test]
fn backwards() {
    for (axis, other) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let last = ["%m", "%k", "%n"];
        let (x, y) = (last[axis], last[other + 1]);
        for (m, n, k) in [(2, 2, 3), (7, 9, 5), (13, 26, 6)] {
            let text = format!(
                "func @f[%m, %n, %k](%x: f64[%m, %k], %y: f64[%k, %n]) -> (f64[%m, %n]) {{
                   %i = size [{x} - 1] : i64
                   %a = slice %x, %i {{axis = {axis}, step = -1}} : f64[%m, %k]
                   %j = size [{y} - 1] : i64
                   %b = slice %y, %j {{axis = {other}, step = -1}} : f64[%k, %n]
                   %z = dot %a, %b {{batch = [], contract = [1, 0]}} : f64[%m, %n]
                   return %z
                 }}"
            );
            let [x, y] = [[m, k], [k, n]];
            compare(
                &text,
                &[m as i64, n as i64, k as i64],
                &[array(1, &x), array(2, &y)],
            );
        }
    }
}

#[test]
fn sizes_around_the_tile() {
    for (m, n, k) in [
        (1, 1, 1),
        (2, 3, 4),
        (5, 7, 3),
        (6, 8, 5),
        (7, 9, 2),
        (13, 25, 6),
        (9, 50, 4),
        (17, 47, 9),
    ] {
        layouts(m, n, k);
    }
}

#[test]
fn empty_matrices() {
    for (m, n, k) in [(0, 3, 2), (3, 0, 2), (3, 2, 0), (0, 0, 0), (9, 20, 0)] {
        layouts(m, n, k);
    }
}

#[test]
fn sizes_beyond_the_blocks() {
    // Blocks are 256 deep, 192 or 384 high, 1008 wide; above 96 rows, and above 160 KiB, operands are packed.
    for (m, n, k) in [(100, 9, 259), (390, 3, 52), (3, 1013, 4)] {
        layouts(m, n, k);
    }
}

#[test]
fn sizes_that_are_constants() {
    for n in [1, 2, 3, 4, 5, 7, 8, 12, 16] {
        for (contract, other) in [(1, 0), (0, 1), (0, 0)] {
            let text = format!(
                "func @f(%x: f64[{n}, {n}], %y: f64[{n}, {n}]) -> (f64[{n}, {n}]) {{
                   %z = dot %x, %y {{batch = [], contract = [{contract}, {other}]}} : f64[{n}, {n}]
                   return %z
                 }}"
            );
            compare(&text, &[], &[array(1, &[n, n]), array(2, &[n, n])]);
        }
    }
    // Many rows of few columns.
    let text = "func @f[%m](%x: f64[%m, 3], %y: f64[3, 5]) -> (f64[%m, 5]) {
        %z = dot %x, %y {batch = [], contract = [1, 0]} : f64[%m, 5]
        return %z
    }";
    for m in [0usize, 1, 4, 31] {
        compare(text, &[m as i64], &[array(3, &[m, 3]), array(4, &[3, 5])]);
    }
}

#[test]
fn several_axes() {
    // Batches; axes that merge and axes that do not; several contracted axes; results in other places.
    let text = "
    func @f[%b, %m, %n, %k](%x: f64[%b, %m, 2, %k], %y: f64[%k, %n, %b, 3])
        -> (f64[%b, %m, 2, %n, 3], f64[%m, %m], f64[%b, 2, %n, 3], f64[3, 2 * %n, %m]) {
      %z = dot %x, %y {batch = [0, 2], contract = [3, 0]} : f64[%b, %m, 2, %n, 3]
      %g = dot %x, %x {batch = [], contract = [0, 0, 2, 2, 3, 3]} : f64[%m, %m]
      %w = dot %z, %x {batch = [0, 0, 2, 2], contract = [1, 1]} : f64[%b, 2, %n, 3, %k]
      %o = const {value = i64 0} : i64
      %v = slice %w, %o {axis = 4, step = 1} : f64[%b, 2, %n, 3, 1]
      %u = reshape %v : f64[%b, 2, %n, 3]
      %h = dot %z, %u {batch = [4, 3, 3, 2], contract = [0, 0, 2, 1]} : f64[3, %n, %m]
      %t = dot %h, %g {batch = [], contract = [2, 0]} : f64[3, %n, %m]
      %q = concat %t, %h {axis = 1} : f64[3, 2 * %n, %m]
      return %z, %g, %u, %q
    }";
    let args = [array(5, &[2, 4, 2, 5]), array(6, &[5, 7, 2, 3])];
    compare(text, &[2, 4, 7, 5], &args);
}

#[test]
fn operands_that_are_not_in_memory() {
    let text = "
    func @f[%n](%x: f64[%n, %n], %c: f64, %v: f64[%n]) -> (f64[%n, %n], f64[%n, %n]) {
      %s = broadcast %c {axes = []} : f64[%n, %n]
      %y = dot %x, %s {batch = [], contract = [1, 0]} : f64[%n, %n]
      %i = broadcast %v {axes = [1]} : f64[%n, %n]
      %z = dot %i, %x {batch = [], contract = [1, 1]} : f64[%n, %n]
      %w = add %z, %y : f64[%n, %n]
      return %y, %w
    }";
    compare(
        text,
        &[11],
        &[array(7, &[11, 11]), array(8, &[]), array(9, &[11])],
    );
}
