//! Constants in LLVM's objects for x86-64: behind the code, so that nothing is left to a linker but functions of
//! others; and long functions once.

use cranelift_object::object::read::File;
use cranelift_object::object::{
    Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind,
};
use dfn::backend::llvm::Llvm;
use dfn::backend::{Backend, Cpu, Level, Options};
use dfn_ir::elementary::Elementary;
use dfn_ir::loops::{Builder, Facts, Linkage, Program, Ty, VarTy};
use dfn_ir::scalar::DType;

/// `f(x) = f(f(x))` of eight numbers in place, with memory from the heap beside it.
fn twice(function: Elementary) -> Program {
    let mut b = Builder::new("twice", Linkage::Export);
    let facts = Facts {
        class: 1,
        ..Facts::default()
    };
    let x = b.buffer_param("x", DType::F64, facts);
    let n = b.param("n", VarTy::Value(Ty::I64));
    let zero = b.index(0);
    b.for_loop(
        dfn_ir::loops::ForSpec::up(zero, n).step(8),
        &[],
        |b, i, _| {
            let mut value = b.load(x, i, 8);
            for _ in 0..2 {
                value = function.expand(&mut b.lanes(8), DType::F64, &[value]);
            }
            b.store(x, i, value);
            Vec::new()
        },
    );
    b.ret_code(0);
    let mut program = Program::default();
    program.functions.push(b.finish());
    dfn_ir::loops::verify(&program).unwrap();
    program
}

fn object(function: Elementary, cpu: &str) -> Vec<u8> {
    let options = Options {
        target: Some("x86_64-unknown-linux-gnu".to_owned()),
        cpu: Cpu::Named(cpu.to_owned()),
        level: Level::O3,
    };
    Llvm.object(&twice(function), &options).unwrap()
}

#[test]
fn the_linker_has_to_resolve_functions_of_others_only() {
    for cpu in ["x86-64-v3", "x86-64-v4"] {
        for function in [Elementary::Exp, Elementary::Sin, Elementary::Lgamma] {
            let bytes = object(function, cpu);
            let file = File::parse(&*bytes).unwrap();
            for section in file.sections() {
                let constants = section.kind() == SectionKind::ReadOnlyData;
                assert!(!constants, "{:?}", section.name());
                for (_, relocation) in section.relocations() {
                    let RelocationTarget::Symbol(symbol) = relocation.target() else {
                        panic!("{relocation:?}");
                    };
                    assert!(file.symbol_by_index(symbol).unwrap().is_undefined());
                }
            }
        }
    }
}

#[test]
fn linkers_are_told_that_the_stack_holds_no_code() {
    let bytes = object(Elementary::Exp, "x86-64-v3");
    let file = File::parse(&*bytes).unwrap();
    assert!(file.section_by_name(".note.GNU-stack").is_some());
}

/// What the objects compute is compared with other engines by many tests; that a reference is resolved to the
/// right place shows in the symbols too: all of them lie in the one section with code.
#[test]
fn functions_keep_their_names() {
    let bytes = object(Elementary::Lgamma, "x86-64-v3");
    let file = File::parse(&*bytes).unwrap();
    let defined: Vec<&str> = file
        .symbols()
        .filter(|symbol| symbol.is_definition())
        .map(|symbol| symbol.name().unwrap())
        .collect();
    assert!(defined.contains(&"twice"), "{defined:?}");
    // `lgamma`, which is needed twice, is a function.
    assert!(defined.contains(&"dfn.rare.0"), "{defined:?}");
}
