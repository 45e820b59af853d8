//! Choosing what Cranelift makes code for.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, Flags};
use target_lexicon::{Architecture, Triple};

use crate::backend::{BackendError, Cpu, Level, Options};

/// What x86-64-v3 has and Cranelift can use.
const X86_64_V3: [&str; 11] = [
    "has_cmpxchg16b",
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_avx",
    "has_avx2",
    "has_fma",
    "has_bmi1",
    "has_bmi2",
];

/// For an object.
pub(super) fn isa(options: &Options) -> Result<OwnedTargetIsa, BackendError> {
    let host = Triple::host();
    let triple = match &options.target {
        None => host,
        Some(text) => text
            .parse()
            .map_err(|error| failed(text, format!("{error}")))?,
    };
    let name = triple.to_string();
    let x86 = triple.architecture == Architecture::X86_64;
    let mut builder = isa::lookup(triple.clone()).map_err(|error| failed(&name, error))?;
    match &options.cpu {
        Cpu::Native if triple == Triple::host() => {
            cranelift_native::infer_native_flags(&mut builder)
                .map_err(|error| failed(&name, error))?;
        }
        Cpu::Baseline if x86 => {
            for flag in X86_64_V3 {
                builder.enable(flag).map_err(|error| failed(&name, error))?;
            }
        }
        Cpu::Baseline => {}
        Cpu::Native => return Err(failed(&name, "it is not this machine")),
        Cpu::Named(cpu) => {
            let reason = format!("Cranelift does not know processors by name (`{cpu}`)");
            return Err(failed(&name, reason));
        }
    }
    finish(builder, options.level, true)
}

/// For functions in memory: this machine as it is.
pub(super) fn host_isa(options: &Options) -> Result<OwnedTargetIsa, BackendError> {
    let name = Triple::host().to_string();
    if let Some(target) = &options.target
        && *target != name
    {
        return Err(failed(target, "it is not this machine"));
    }
    let builder = cranelift_native::builder().map_err(|error| failed(&name, error))?;
    finish(builder, options.level, false)
}

fn failed(target: &str, reason: impl ToString) -> BackendError {
    BackendError::Target {
        target: target.to_owned(),
        reason: reason.to_string(),
    }
}

fn finish(builder: isa::Builder, level: Level, pic: bool) -> Result<OwnedTargetIsa, BackendError> {
    let mut flags = settings::builder();
    let optimise = match level {
        Level::O0 => "none",
        Level::O1 | Level::O2 | Level::O3 => "speed",
    };
    let pic = if pic { "true" } else { "false" };
    let verify = if cfg!(debug_assertions) {
        "true"
    } else {
        "false"
    };
    for (name, value) in [
        ("opt_level", optimise),
        ("is_pic", pic),
        ("enable_verifier", verify),
        // Large frames are touched inline, not by a call of a library.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("use_colocated_libcalls", "false"),
    ] {
        flags.set(name, value).map_err(BackendError::internal)?;
    }
    let target = builder.triple().to_string();
    let isa = builder
        .finish(Flags::new(flags))
        .map_err(|error| failed(&target, error))?;
    require_fma(isa)
}

/// On x86-64 fused multiply-add and rounding are extensions; elsewhere each processor has them.
fn require_fma(isa: OwnedTargetIsa) -> Result<OwnedTargetIsa, BackendError> {
    if isa.triple().architecture != Architecture::X86_64 {
        return Ok(isa);
    }
    let flags = isa.isa_flags();
    let has = |name: &str| {
        flags
            .iter()
            .any(|flag| flag.name == name && flag.as_bool() == Some(true))
    };
    match has("has_fma") && has("has_sse41") {
        true => Ok(isa),
        false => Err(BackendError::NoFma {
            target: isa.triple().to_string(),
        }),
    }
}
