//! Running a program given as text.

use dfn::build::{Built, Prelude, Source, build};
use dfn::diagnostic::{Colour, Diagnostic, SourceMap, render};
use dfn::passes::Manager;
use dfn::stack::with_deep_stack;
use dfn::syntax::parse;
use dfn_ir::FuncId;
use dfn_ir::interp::{Array, run, run_counted};
use dfn_ir::{DType, Scalar};

/// The program, or what is wrong with it.
pub(crate) fn elaborate(text: &str) -> (SourceMap, Built) {
    let mut sources = SourceMap::new();
    let id = sources.add("test.dfn", text);
    let (module, found) = parse(sources.get(id).unwrap());
    assert!(found.is_empty(), "{}", shown(&sources, &found));
    let (prelude, found) = Prelude::read(&mut sources);
    assert!(found.is_empty(), "{}", shown(&sources, &found));
    let built = build(
        &[Source {
            module: &module,
            imports: &[],
            standard: false,
        }],
        &prelude,
    );
    (sources, built)
}

fn shown(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let texts = diagnostics
        .iter()
        .map(|d| render(d, sources, Colour::Never));
    texts.collect::<Vec<_>>().join("\n")
}

/// The diagnostics of a program, as text.
pub(crate) fn errors(text: &str) -> String {
    with_deep_stack(|| {
        let (sources, built) = elaborate(text);
        shown(&sources, &built.diagnostics)
    })
}

/// The codes of a program's diagnostics.
pub(crate) fn codes(text: &str) -> Vec<String> {
    with_deep_stack(|| {
        let (_, built) = elaborate(text);
        built
            .diagnostics
            .iter()
            .map(|d| d.code.to_string())
            .collect()
    })
}

/// What `main` prints, and the failure of the first test or of `main`.
pub(crate) fn outcome(text: &str) -> (Vec<String>, Option<String>) {
    with_deep_stack(|| {
        let (sources, built) = elaborate(text);
        let Some(mut program) = built.program else {
            panic!("{}", shown(&sources, &built.diagnostics));
        };
        let errors = dfn_ir::verify::verify(&program.module);
        let listing = || dfn_ir::text::module_to_string(&program.module);
        assert!(
            errors.is_empty(),
            "{}\n{}",
            errors.iter().map(|e| format!("{e}\n")).collect::<String>(),
            listing()
        );
        Manager::new(None).run_all(&mut program.module).unwrap();
        let mut lines = Vec::new();
        let entries: Vec<FuncId> = program
            .tests
            .iter()
            .map(|test| test.func)
            .chain(program.main)
            .collect();
        for func in entries {
            if let Err(error) = run(&program.module, func, &[], &[], &mut lines) {
                return (lines, Some(error.to_string()));
            }
        }
        (lines, None)
    })
}

/// What `main` prints.
pub(crate) fn printed(text: &str) -> Vec<String> {
    let (lines, failure) = outcome(text);
    assert_eq!(failure, None, "{lines:?}");
    lines
}

/// The numbers in a line.
pub(crate) fn numbers(line: &str) -> Vec<f64> {
    let separated = line.replace(['[', ']', '(', ')', ','], " ");
    separated
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Asserts that the numbers of a line agree within a relative error.
#[track_caller]
pub(crate) fn assert_close(line: &str, expected: &[f64], tolerance: f64) {
    let found = numbers(line);
    assert_eq!(found.len(), expected.len(), "{line}");
    for (x, y) in found.iter().zip(expected) {
        assert!(
            (x - y).abs() <= tolerance * y.abs(),
            "{x} is not {y}: {line}"
        );
    }
}

/// Elaborates what may be anything; what is accepted has to verify.
pub(crate) fn elaborated(text: &str) {
    with_deep_stack(|| {
        let mut sources = SourceMap::new();
        let id = sources.add("test.dfn", text);
        let (module, found) = parse(sources.get(id).unwrap());
        let (prelude, _) = Prelude::read(&mut sources);
        let built = build(
            &[Source {
                module: &module,
                imports: &[],
                standard: false,
            }],
            &prelude,
        );
        shown(&sources, &built.diagnostics);
        let internal = built
            .diagnostics
            .iter()
            .find(|d| d.code.as_str() == "E0399");
        assert!(
            internal.is_none(),
            "{text}\n{}",
            shown(&sources, &built.diagnostics)
        );
        if let Some(program) = built.program.filter(|_| found.is_empty()) {
            let errors = dfn_ir::verify::verify(&program.module);
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert!(errors.is_empty(), "{text}\n{}", errors.join("\n"));
        }
    })
}

/// The elements that an export loads, stores and copies: `n` is its size and the length of its first
/// argument, `steps` its second.
pub(crate) fn counted(text: &str, export: &str, sizes: &[i64], steps: i64) -> u64 {
    with_deep_stack(|| {
        let (sources, built) = elaborate(text);
        let Some(mut program) = built.program else {
            panic!("{}", shown(&sources, &built.diagnostics));
        };
        Manager::new(None).run_all(&mut program.module).unwrap();
        let func = program
            .exports
            .iter()
            .find(|e| e.name == export)
            .unwrap()
            .func;
        let n = sizes[0] as usize;
        let numbers = (0..n).map(|k| Scalar::F64(1.0 - 1.0 / (k + 2) as f64));
        let x = Array::new(DType::F64, &[n], numbers.collect()).unwrap();
        let args = [x, Array::of(Scalar::I64(steps))];
        let (_, counts) = run_counted(&program.module, func, sizes, &args, &mut ()).unwrap();
        counts.loads + counts.stores + counts.copies
    })
}

/// The codes of the warnings about a program without errors.
pub(crate) fn warnings(text: &str) -> Vec<String> {
    with_deep_stack(|| {
        let (sources, built) = elaborate(text);
        assert!(
            built.diagnostics.is_empty(),
            "{}",
            shown(&sources, &built.diagnostics)
        );
        built.warnings.iter().map(|d| d.code.to_string()).collect()
    })
}

/// The warnings about a program, as text.
pub(crate) fn shown_warnings(text: &str) -> String {
    with_deep_stack(|| {
        let (sources, built) = elaborate(text);
        shown(&sources, &built.warnings)
    })
}
