//! Choosing what LLVM makes code for.

use inkwell::targets::{
    CodeModel, InitializationConfig, RelocMode, Target, TargetMachine, TargetMachineOptions,
    TargetTriple,
};

use super::codegen_level;
use crate::backend::{BackendError, Cpu, Options};

/// A target machine, and what functions say of it.
pub(super) struct Machine {
    pub(super) machine: TargetMachine,
    pub(super) triple: TargetTriple,
    pub(super) cpu: String,
    pub(super) features: String,
}

fn failed(target: &str, reason: impl ToString) -> BackendError {
    BackendError::Target {
        target: target.to_owned(),
        reason: reason.to_string(),
    }
}

/// Turns off two passes of LLVM's code generation: the one that chooses addresses anew in each loop (those of
/// lowering are as fast, its choice takes a third of the time of compiling, and its result is more code), and the
/// one that looks for equal instructions (there are hardly any left, and for a constant with many uses it takes
/// time for each pair of them). LLVM has no other way to say that than options of the process, so they hold for
/// every target.
#[allow(
    unsafe_code,
    reason = "an option of LLVM that its interface in Rust does not have"
)]
fn leave_out_passes() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let args = [
            c"dfn".as_ptr(),
            c"-disable-lsr".as_ptr(),
            c"-disable-machine-cse".as_ptr(),
        ];
        // SAFETY: three strings that live as long as the process, and no text before the messages.
        unsafe {
            inkwell::llvm_sys::support::LLVMParseCommandLineOptions(
                3,
                args.as_ptr(),
                std::ptr::null(),
            );
        }
    });
}

impl Machine {
    /// For objects.
    pub(super) fn new(options: &Options) -> Result<Machine, BackendError> {
        leave_out_passes();
        let config = InitializationConfig::default();
        Target::initialize_x86(&config);
        Target::initialize_aarch64(&config);
        Target::initialize_riscv(&config);
        let host = TargetMachine::get_default_triple();
        let triple = match &options.target {
            None => TargetMachine::get_default_triple(),
            // As Rust spells it; LLVM has the extensions among the features.
            Some(text) => {
                let text = text.replacen("riscv64gc-", "riscv64-", 1);
                TargetMachine::normalize_triple(&TargetTriple::create(&text))
            }
        };
        let name = triple.as_str().to_string_lossy().into_owned();
        let (cpu, features) = match &options.cpu {
            Cpu::Baseline => baseline(&name)?,
            Cpu::Named(cpu) => (cpu.clone(), baseline(&name)?.1),
            Cpu::Native if triple == host => native(),
            Cpu::Native => return Err(failed(&name, "it is not this machine")),
        };
        let target = Target::from_triple(&triple).map_err(|error| failed(&name, error))?;
        let mut settings = TargetMachineOptions::new()
            .set_cpu(&cpu)
            .set_features(&features)
            .set_level(codegen_level(options.level))
            .set_reloc_mode(RelocMode::PIC)
            .set_code_model(CodeModel::Default);
        if name.starts_with("riscv64") {
            settings = settings.set_abi("lp64d");
        }
        let machine = target
            .create_target_machine_from_options(&triple, settings)
            .ok_or_else(|| failed(&name, "LLVM has no code generator for it"))?;
        Ok(Machine {
            machine,
            triple,
            cpu,
            features,
        })
    }

    /// For functions in memory.
    pub(super) fn host(options: &Options) -> Result<Machine, BackendError> {
        if let Some(target) = &options.target
            && TargetTriple::create(target) != TargetMachine::get_default_triple()
        {
            return Err(failed(target, "it is not this machine"));
        }
        #[cfg(target_arch = "x86_64")]
        if !(std::is_x86_feature_detected!("fma") && std::is_x86_feature_detected!("avx2")) {
            return Err(BackendError::NoFma {
                target: "this machine".to_owned(),
            });
        }
        Machine::new(options)
    }
}

/// The baseline of the `fma` profile: processor and features.
fn baseline(triple: &str) -> Result<(String, String), BackendError> {
    let architecture = triple.split('-').next().unwrap_or_default();
    let (cpu, features) = match architecture {
        "x86_64" => ("x86-64-v3", ""),
        "aarch64" | "arm64" => ("generic", ""),
        "riscv64" => ("generic-rv64", "+m,+a,+f,+d,+c"),
        "wasm32" | "wasm64" => {
            return Err(BackendError::NoFma {
                target: triple.to_owned(),
            });
        }
        _ => return Err(failed(triple, "dfn knows x86_64, aarch64 and riscv64")),
    };
    Ok((cpu.to_owned(), features.to_owned()))
}

fn native() -> (String, String) {
    let cpu = TargetMachine::get_host_cpu_name().to_string();
    (cpu, TargetMachine::get_host_cpu_features().to_string())
}
