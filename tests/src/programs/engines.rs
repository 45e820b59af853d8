//! Runs the functions of a program on every engine; all must end alike.

use super::load::Loaded;
use dfn::backend::Level;
use dfn::diagnostic::{Diagnostic, SourceMap};
use dfn::driver::{BackendName, Engine, Runner};
use dfn_ir::FuncId;

/// The engines, each compiler at its extremes.
const ENGINES: &[(Engine, Level)] = &[
    (Engine::Interp, Level::O0),
    (Engine::Loops, Level::O0),
    (Engine::Jit(BackendName::Cranelift), Level::O0),
    (Engine::Jit(BackendName::Cranelift), Level::O3),
    #[cfg(feature = "llvm")]
    (Engine::Jit(BackendName::Llvm), Level::O0),
    #[cfg(feature = "llvm")]
    (Engine::Jit(BackendName::Llvm), Level::O3),
];

/// How a function ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// What it printed.
    pub lines: Vec<String>,
    /// The message of the check that stopped it, with its place.
    pub failure: Option<String>,
}

/// How the functions of a program ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// `main`, if there is one.
    pub main: Option<Ended>,
    /// The tests, in order.
    pub tests: Vec<Ended>,
}

/// Runs `main` and the tests on every engine: how they ended, which is the same on all.
pub fn run_on_all(loaded: &Loaded, sources: &SourceMap) -> Result<Ran, String> {
    let mut first: Option<Vec<Ended>> = None;
    let roots = loaded.roots();
    for &engine in ENGINES {
        let ended = run(loaded, &roots, engine, sources)?;
        let wanted = first.get_or_insert_with(|| ended.clone());
        let differs = wanted
            .iter()
            .zip(&ended)
            .find(|(wanted, found)| wanted != found);
        if let Some((wanted, found)) = differs {
            return Err(format!(
                "{:?} gives {wanted:?}\n{engine:?} gives {found:?}",
                ENGINES.first()
            ));
        }
    }
    let mut ended = first.unwrap_or_default().into_iter();
    let main = loaded.program.main.and_then(|_| ended.next());
    Ok(Ran {
        main,
        tests: ended.collect(),
    })
}

fn run(
    loaded: &Loaded,
    roots: &[FuncId],
    engine: (Engine, Level),
    sources: &SourceMap,
) -> Result<Vec<Ended>, String> {
    let refused = |diagnostics: Vec<Diagnostic>| {
        let all: Vec<String> = diagnostics
            .iter()
            .map(|diagnostic| super::shown(diagnostic, sources))
            .collect();
        format!("{engine:?}: {}", all.join("\n"))
    };
    let runner = Runner::new(&loaded.module, roots, engine, sources).map_err(refused)?;
    let each = |&func: &FuncId| {
        let mut lines: Vec<String> = Vec::new();
        let failure = runner.run(func, &mut lines).err();
        Ended {
            lines,
            failure: failure.map(|diagnostic| super::shown(&diagnostic, sources)),
        }
    };
    Ok(roots.iter().map(each).collect())
}
