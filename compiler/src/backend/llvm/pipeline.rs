//! The passes of LLVM that optimised code goes through.
//!
//! LLVM's own lists (`default<O3>`) are made for code that comes from C: they look for loops to vectorise and
//! unroll, for calls to inline, for values to number, many times over. Code that comes from the loop IR has its
//! vectors, its unrolled loops and few calls, so one round of what is left to find is enough, in two thirds
//! of the time and with the same code for the programs of the suite. What each is for:
//!
//! - `always-inline`, `globaldce`: short functions are where they are called, and nowhere else.
//! - `sroa`, `early-cse`, `simplifycfg`, `instcombine`: values out of memory, patterns of instructions.
//! - the loop passes: what does not change moves before a loop, which tests at its end.
//! - `gvn`, `dse`: loads of what was just stored, stores that nobody reads.
//! - `slp-vectorizer`: scalars side by side, as a program writes them that works on three numbers.

use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;

use super::target::Machine;
use crate::backend::{BackendError, Level};

/// Branches stay as they are while loops are looked at.
const BRANCHES: &str = "simplifycfg<bonus-inst-threshold=1;no-forward-switch-cond;switch-range-to-icmp;\
no-switch-to-arithmetic;no-switch-to-lookup;keep-loops;no-hoist-common-insts;no-sink-common-insts;\
speculate-blocks;simplify-cond-branch>";

/// Afterwards what both arms have in common is put together.
const LATE_BRANCHES: &str = "simplifycfg<bonus-inst-threshold=1;forward-switch-cond;switch-range-to-icmp;\
switch-to-arithmetic;no-switch-to-lookup;no-keep-loops;hoist-common-insts;sink-common-insts;\
speculate-blocks;simplify-cond-branch>";

const PATTERNS: &str = "instcombine<max-iterations=1;no-verify-fixpoint>";

const LOOPS: &str = "loop-mssa(loop-instsimplify,loop-simplifycfg,licm<no-allowspeculation>,\
loop-rotate<header-duplication>,licm<allowspeculation>,simple-loop-unswitch<no-nontrivial;trivial>)";

const INVARIANTS: &str = "loop-mssa(licm<allowspeculation>)";

/// The passes of a level, in LLVM's notation; none for the lowest.
fn passes(level: Level) -> Option<String> {
    let first =
        format!("sroa<modify-cfg>,early-cse<memssa>,{BRANCHES},{PATTERNS},{LOOPS},{BRANCHES}");
    let function = match level {
        Level::O0 => return None,
        Level::O1 => format!("{first},{PATTERNS}"),
        Level::O2 | Level::O3 => format!(
            "{first},gvn,{PATTERNS},dse,{INVARIANTS},{LATE_BRANCHES},slp-vectorizer,{PATTERNS}"
        ),
    };
    Some(format!(
        "always-inline,globaldce,function({function}),globaldce,constmerge"
    ))
}

/// Optimises a module.
pub(super) fn optimise(
    module: &Module<'_>,
    machine: &Machine,
    level: Level,
) -> Result<(), BackendError> {
    if cfg!(debug_assertions) {
        module.verify().map_err(|error| {
            BackendError::internal(format!("{error}\n{}", module.print_to_string()))
        })?;
    }
    let Some(passes) = passes(level) else {
        return Ok(());
    };
    module
        .run_passes(&passes, &machine.machine, PassBuilderOptions::create())
        .map_err(BackendError::internal)
}
