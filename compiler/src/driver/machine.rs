//! What lowering is told of the processor that code is made for.

use super::BackendName;
use crate::backend::{Cpu, Options};
use crate::passes::lower::Machine;

/// Names of processors with vectors of 512 bits, as they begin.
const LONG: &[&str] = &[
    "x86-64-v4",
    "skylake-avx512",
    "cascadelake",
    "cooperlake",
    "cannonlake",
    "icelake",
    "rocketlake",
    "tigerlake",
    "sapphirerapids",
    "emeraldrapids",
    "graniterapids",
    "znver4",
    "znver5",
    "znver6",
];

/// The processor that `options` name.
pub(super) fn machine(backend: BackendName, options: &Options) -> Machine {
    if backend == BackendName::Cranelift {
        return Machine::SHORT;
    }
    let host = std::env::consts::ARCH;
    let target = options.target.as_deref();
    let architecture = target.and_then(|triple| triple.split('-').next());
    match (architecture.unwrap_or(host), &options.cpu) {
        ("x86_64", Cpu::Baseline) => Machine::AVX2,
        ("x86_64", Cpu::Native) => native(),
        ("x86_64", Cpu::Named(name)) => match LONG.iter().any(|long| name.starts_with(long)) {
            true => Machine::AVX512,
            false => Machine::AVX2,
        },
        _ => Machine::NEON,
    }
}

#[cfg(target_arch = "x86_64")]
fn native() -> Machine {
    match std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512dq") {
        true => Machine::AVX512,
        false => Machine::AVX2,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn native() -> Machine {
    Machine::NEON
}
