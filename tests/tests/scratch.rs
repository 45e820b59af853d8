#![allow(warnings)]
use dfn::backend::{cranelift::Cranelift, llvm::*, *};
use dfn_ir::loops::*;
use dfn_ir::scalar::*;
use std::time::Instant;
fn dot(lanes: u16) -> Program {
    let mut b = Builder::new("dot", Linkage::Export);
    let n = b.param("n", VarTy::Value(Ty::I64));
    let x = b.buffer_param(
        "x",
        DType::F64,
        Facts {
            class: 1,
            readonly: true,
            align: 0,
        },
    );
    let y = b.buffer_param(
        "y",
        DType::F64,
        Facts {
            class: 2,
            readonly: true,
            align: 0,
        },
    );
    let out = b.buffer_param(
        "out",
        DType::F64,
        Facts {
            class: 3,
            readonly: false,
            align: 0,
        },
    );
    let zero = b.index(0);
    let init = b.constant(Scalar::F64(-0.0), lanes);
    let spec = ForSpec::up(zero, n).step(i64::from(lanes));
    let sums = b.for_loop(spec, &[init], |b, i, sums| {
        let v = b.load(x, i, lanes);
        let w = b.load(y, i, lanes);
        vec![b.fma(v, w, sums[0])]
    });
    let mut sum = sums[0];
    for _ in 0..lanes.trailing_zeros() {
        let low = b.half(sum, Half::Low);
        let high = b.half(sum, Half::High);
        sum = b.add(low, high);
    }
    b.store(out, zero, sum);
    b.ret_code(0);
    let mut program = Program::default();
    program.functions.push(b.finish());
    program
}
#[test]
fn perf() {
    let p = dot(32);
    for cpu in [Cpu::Baseline, Cpu::Native] {
        let o = Options {
            target: None,
            cpu,
            level: Level::O3,
        };
        println!("{}", asm(&p, &o).unwrap());
    }
    let mut x = vec![1.0f64; 1024];
    let mut y = vec![2.0f64; 1024];
    let mut out = [0.0f64];
    for (name, b, level, cpu) in [
        ("clif", &Cranelift as &dyn Backend, Level::O3, Cpu::Baseline),
        ("clif0", &Cranelift, Level::O0, Cpu::Baseline),
        ("llvm0", &Llvm, Level::O0, Cpu::Baseline),
        ("llvm3", &Llvm, Level::O3, Cpu::Baseline),
        ("native", &Llvm, Level::O3, Cpu::Native),
    ] {
        let t = Instant::now();
        let j = b
            .jit(
                &p,
                &Options {
                    target: None,
                    cpu,
                    level,
                },
            )
            .unwrap();
        let c = t.elapsed();
        let args = [
            1024u64,
            x.as_ptr() as u64,
            y.as_ptr() as u64,
            out.as_mut_ptr() as u64,
        ];
        let t = Instant::now();
        for _ in 0..10000 {
            unsafe { j.invoke("dot", &args, &mut NoHost) }.unwrap();
        }
        println!(
            "{name}: compile {c:?}, run {:?}, {}",
            t.elapsed() / 10000,
            out[0]
        );
    }
}
