//! Forms for pools of threads give the bits and the statuses of the forms for one thread: with any number of
//! threads, on every engine, in any order. What the values are is checked elsewhere, for one thread.

use std::path::Path;
use std::process::Command;

use dfn::backend::{Level, Options};
use dfn::driver::{BackendName, Emit, Library, LibraryOptions, Session, Threads};
use dfn_ir::loops::Program;
use dfn_ir::scalar::Scalar;
use dfn_runtime::pool;
use dfn_tests::engines::{Engine, Outcome, Ready, Value};

const WORKERS: [i64; 4] = [1, 2, 3, 7];

fn options(backend: BackendName, level: Level) -> LibraryOptions {
    LibraryOptions {
        backend,
        options: Options::new(level),
        threads: Threads::Several,
    }
}

fn library(directory: &Path, text: &str, options: &LibraryOptions) -> Library {
    let source = directory.join("code.dfn");
    std::fs::write(&source, text).unwrap();
    let mut session = Session::default();
    let program = session.program(&source);
    let program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    let library = Library::of_file_for(&source, program, options, &session.sources);
    library.unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The loop programs of a library, as their text says them.
fn loops(text: &str) -> Program {
    let options = options(BackendName::Cranelift, Level::O0);
    let directory = tempfile::tempdir().unwrap();
    let library = library(directory.path(), text, &options);
    let text = library.contents(Emit::Loops, &options).unwrap();
    dfn_ir::loops::parse(std::str::from_utf8(&text).unwrap()).unwrap()
}

/// A pool as a struct: of threads for compiled code; for the interpreter the context says the order.
fn pool(engine: Engine, workers: i64, threads: &pool::Threads) -> Value {
    let context = match engine {
        Engine::Interpreter => workers as u64 - 1,
        _ => threads.pool().context as u64,
    };
    let words = [
        context,
        workers as u64,
        threads.pool().parallel_for as usize as u64,
    ];
    let members = words.into_iter().zip((0..).step_by(8));
    let members = members.map(|(word, at)| (at, Value::Scalar(Scalar::U64(word))));
    Value::Struct(24, members.collect())
}

/// Runs `name` and its form for threads: the status.
fn check(program: &Program, name: &str, args: &[Value]) -> i32 {
    let memory = 1 << 20;
    let workspace = [Value::Workspace(memory), Value::size(memory)];
    let mut wanted: Option<Outcome> = None;
    for &engine in Engine::ALL {
        let ready = Ready::new(engine, program);
        let serial = [args, &workspace].concat();
        let (status, mut found) = ready.run(&format!("{name}_with"), &serial);
        if status != 0 {
            // After a status results are unspecified.
            found.clear();
        }
        let wanted = wanted.get_or_insert((status, found));
        let name = format!("{name}_parallel");
        let compare = |given: Value, workers: i64| {
            let args = [args, &[given], &workspace].concat();
            let (status, mut found) = ready.run(&name, &args);
            if status != 0 {
                found.clear();
            }
            assert_eq!((status, found), *wanted, "{engine:?}, {workers} threads");
        };
        compare(Value::Null, 1);
        for workers in WORKERS {
            let threads = pool::Threads::new(workers as usize).unwrap();
            compare(pool(engine, workers, &threads), workers);
        }
    }
    wanted.map_or(0, |(status, _)| status)
}

/// Numbers without a pattern, between -1 and 1.
fn numbers(n: usize) -> Vec<f64> {
    let number = |k: usize| ((k * 7919 + 13) % 1009) as f64 / 504.5 - 1.0;
    (0..n).map(number).collect()
}

fn integers(values: impl Iterator<Item = i64>) -> Value {
    Value::Buffer(values.map(Scalar::I64).collect())
}

fn zeros(n: usize) -> Value {
    Value::f64s(&vec![0.0; n])
}

/// Whether some function has a loop for threads.
fn forks(program: &Program, name: &str) -> usize {
    let function = program.find(&format!("dfn.{name}.parallel"));
    let function = function.and_then(|id| program.functions.get(id));
    let text = function.map(|function| format!("{:?}", function.body));
    text.map_or(0, |text| text.matches("Fork(Fork").count())
}

#[test]
fn rows_and_their_sums() {
    let program = loops(
        "export fn rows[n, d](x: f64[n, d]) -> (f64[n], f64, f64) {
    let y = [for i in 0..n: sum(exp(x[i]))];
    (y, sum(y), max(x))
}
export fn elements[n](x: f64[n], a: f64) -> (f64[n], f64) {
    let y = sin(a * x);
    (y, sum(y * y))
}",
    );
    assert!(forks(&program, "rows") >= 1, "{program}");
    let (n, d) = (603, 9);
    let x = Value::f64s(&numbers(n * d));
    let args = [
        Value::size(n),
        Value::size(d),
        x,
        zeros(n),
        zeros(1),
        zeros(1),
    ];
    assert_eq!(check(&program, "rows", &args), 0);
    for n in [0, 7, 8, 9001] {
        let x = Value::f64s(&numbers(n));
        let a = Value::Scalar(Scalar::F64(1.3));
        let args = [Value::size(n), x, a, zeros(n), zeros(1)];
        assert_eq!(check(&program, "elements", &args), 0);
    }
}

#[test]
fn sums_of_arrays_are_added_in_order() {
    let program = loops(
        "fn likelihood[n, k, d](c: f64[k, d], x: f64[n, d]) -> f64 {
    sum(for i in 0..n: logsumexp([for j in 0..k: -sum(for a in 0..d: (x[i, a] - c[j, a])**2)]))
}
export fn step[n, k, d](c: f64[k, d], x: f64[n, d]) -> (f64, f64[k, d]) {
    value_and_grad(likelihood)(c, x)
}",
    );
    assert!(forks(&program, "step") >= 2, "{program}");
    for (n, k, d) in [(0, 2, 2), (1, 3, 1), (600, 5, 3)] {
        let args = [
            Value::size(n),
            Value::size(k),
            Value::size(d),
            Value::f64s(&numbers(k * d)),
            Value::f64s(&numbers(n * d)),
            zeros(1),
            zeros(k * d),
        ];
        assert_eq!(check(&program, "step", &args), 0);
    }
}

#[test]
fn sums_of_numbers_are_added_in_order() {
    let program = loops(
        "fn chain(x: f64, a: f64) -> f64 {
    let mut s = x;
    for k in 0..12 { s = sin(a * s + x); }
    s
}
fn total[n](x: f64[n], a: f64) -> f64 { sum(for i in 0..n: chain(x[i], a)) }
export fn slope[n](x: f64[n], a: f64) -> (f64, (f64[n], f64)) {
    value_and_grad(total, wrt = (x, a))(x, a)
}",
    );
    let n = 900;
    let args = [
        Value::size(n),
        Value::f64s(&numbers(n)),
        Value::Scalar(Scalar::F64(0.7)),
        zeros(1),
        zeros(n),
        zeros(1),
    ];
    assert_eq!(check(&program, "slope", &args), 0);
}

#[test]
fn places_that_may_be_equal_are_added_to_in_order() {
    let program = loops(
        "fn loss[n, m](x: f64[m], at: i64[n]) -> f64 {
    sum(for i in 0..n: exp(sin(x[at[i]]) * x[at[n - 1 - i]]))
}
export fn slope[n, m](x: f64[m], at: i64[n]) -> (f64, f64[m]) { value_and_grad(loss)(x, at) }",
    );
    let (n, m) = (5000, 37);
    let args = |wrong: i64| {
        let at = (0..n as i64).map(|i| match i {
            3001 => wrong,
            _ => i * i % m as i64,
        });
        let (at, x) = (integers(at), Value::f64s(&numbers(m)));
        [Value::size(n), Value::size(m), x, at, zeros(1), zeros(m)]
    };
    assert_eq!(check(&program, "slope", &args(5)), 0);
    assert!(check(&program, "slope", &args(-1)) >= 16);
}

#[test]
fn neighbours_are_added_to_in_order() {
    let program = loops(
        "fn energy[n, d](x: f64[n, d]) -> f64 {
    sum(exp(sin(x[1..n] - 2.0 * x[0..n - 1]))) + sum(for i in 1..n, k in 0..d: x[i, k] * x[i - 1, k]**3)
}
export fn force[n, d](x: f64[n, d]) -> f64[n, d] { grad(energy)(x) }
export fn bend[n, d](x: f64[n, d], v: f64[n, d]) -> f64[n, d] { hvp(energy, x, v) }",
    );
    let (n, d) = (800, 7);
    let x = Value::f64s(&numbers(n * d));
    let args = [Value::size(n), Value::size(d), x.clone(), zeros(n * d)];
    assert_eq!(check(&program, "force", &args), 0);
    let args = [Value::size(n), Value::size(d), x.clone(), x, zeros(n * d)];
    assert_eq!(check(&program, "bend", &args), 0);
}

#[test]
fn the_first_check_that_fails_is_reported() {
    let program = loops(
        "export fn pick[n, m](x: f64[m, 4], at: i64[n], by: i64[n]) -> f64[n] {
    [for i in 0..n: {
        let mut s = 0.0;
        for k in 0..20 { s = sin(s + x[at[i], k / by[i] % 4]); }
        s
    }]
}",
    );
    assert!(forks(&program, "pick") == 1, "{program}");
    let (n, m) = (3000, 5);
    let run = |wrong: Option<usize>, zero: Option<usize>| {
        let at = (0..n).map(|i| if Some(i) == wrong { 5 } else { (i % m) as i64 });
        let by = (0..n).map(|i| i64::from(Some(i) != zero));
        let args = [
            Value::size(n),
            Value::size(m),
            Value::f64s(&numbers(m * 4)),
            integers(at),
            integers(by),
            zeros(n),
        ];
        check(&program, "pick", &args)
    };
    assert_eq!(run(None, None), 0);
    let (index, zero) = (run(Some(1200), None), run(None, Some(1200)));
    assert!(index >= 16 && zero >= 16 && index != zero);
    assert_eq!(run(Some(100), Some(2900)), index);
    assert_eq!(run(Some(2900), Some(100)), zero);
    assert_eq!(run(Some(2999), Some(2998)), zero);
    assert_eq!(
        run(Some(0), Some(0)),
        run(Some(0), None).min(run(None, Some(0)))
    );
}

#[test]
fn elements_that_loops_write_and_memory_that_depends_on_them() {
    let program = loops(
        "export fn own[n, d](x: f64[n, d]) -> (f64[n], f64[n, d]) {
    let mut y = zeros(f64[n]);
    let mut z = zeros(f64[n, d]);
    for i in 0..n {
        let row = sin(x[i]) * 2.0;
        z[i] = row / (1.0 + sum(row * row));
        y[i] = sum(z[i]);
    }
    (y, z)
}
export fn kept[n, d](x: f64[n, d]) -> (f64[n], f64[n, d]) {
    let mut y = zeros(f64[n]);
    let mut z = x * 2.0;
    for i in 0..n {
        let a = z[i];
        z[i] = sin(a) * 2.0;
        y[i] = sum(a * z[i]);
    }
    (y, z)
}
export fn again[n](x: f64[n]) -> (f64[n], f64[n]) {
    let mut y = zeros(f64[n]);
    let mut z = x * 2.0;
    for i in 0..n {
        let a = z[i];
        z[i] = sin(a) * 2.0;
        y[i] = a * z[i];
    }
    (y, z)
}
export fn before[n](x: f64[n]) -> f64[n] {
    [for i in 0..n: sum(sort(x[0..i])[0..i / 2])]
}
export fn shifted[n](x: f64[n]) -> f64[n] {
    let mut y = x;
    for i in 1..n { y[i] = sin(y[i - 1] + x[i]); }
    y
}",
    );
    assert!(forks(&program, "own") >= 1, "{program}");
    assert_eq!(forks(&program, "shifted"), 0);
    let (n, d) = (900, 6);
    let x = Value::f64s(&numbers(n * d));
    let args = [Value::size(n), Value::size(d), x, zeros(n), zeros(n * d)];
    assert_eq!(check(&program, "own", &args), 0);
    assert_eq!(
        check(
            &program,
            "again",
            &[Value::size(n), Value::f64s(&numbers(n)), zeros(n), zeros(n)]
        ),
        0
    );
    let (n, d) = (120, 40);
    let x = Value::f64s(&numbers(n * d));
    let args = [Value::size(n), Value::size(d), x, zeros(n), zeros(n * d)];
    assert_eq!(check(&program, "kept", &args), 0);
    let n = 90;
    let args = [Value::size(n), Value::f64s(&numbers(n)), zeros(n)];
    assert_eq!(check(&program, "before", &args), 0);
}

#[test]
fn pools_are_checked() {
    let program = loops("export fn f[n](x: f64[n]) -> f64[n] { [for i in 0..n: sin(cos(x[i]))] }");
    let run = |pool: Value, bytes: usize| {
        let args = [
            Value::size(64),
            Value::f64s(&numbers(64)),
            zeros(64),
            pool,
            Value::Workspace(bytes),
            Value::size(bytes),
        ];
        let (status, _) = dfn_tests::engines::run_everywhere(&program, "f_parallel", &args);
        status
    };
    let pool = |workers: i64, function: u64| {
        let members = [0, workers as u64, function].into_iter().zip([0, 8, 16]);
        let members = members.map(|(word, at)| (at, Value::Scalar(Scalar::U64(word))));
        Value::Struct(24, members.collect())
    };
    let code = |name: &str| {
        let mut all = dfn_runtime::status::ALL.iter();
        all.find(|status| status.name == name).unwrap().code
    };
    assert_eq!(run(Value::Null, 1 << 16), 0);
    assert_eq!(run(pool(0, 8), 1 << 16), code("DFN_SIZE"));
    assert_eq!(run(pool(2, 0), 1 << 16), code("DFN_NULL"));
    assert_eq!(run(Value::Null, 64), code("DFN_WORKSPACE"));
}

const SUM: &str = "
//! Numbers.

export fn pool[n](pool: f64[n], workers: i64) -> (f64, f64[n]) {
    value_and_grad(|x: f64[n]| sum(for i in 0..n: { let mut s = x[i]; for k in 0..workers { s = sin(s); } s }))(pool)
}
";

const MAIN: &str = r#"
#include "code.h"
#include "dfn_pool.h"
#include <stdio.h>
#include <string.h>

int main(void) {
    enum { n = 5000 };
    static double x[n], one[n], many[n];
    double first, second;
    for (int i = 0; i < n; i++) x[i] = (i * 37 % 101) / 50.0 - 1;
    if (pool(n, x, 9, &first, one) != 0) return 1;
    for (int64_t workers = 1; workers < 9; workers++) {
        dfn_threads threads;
        int64_t bytes = pool_parallel_workspace_size(n, 9, workers);
        void *memory = malloc((size_t)bytes);
        if (bytes < 0 || memory == NULL || dfn_threads_start(&threads, workers) != 0) return 2;
        for (int k = 0; k < 20; k++) {
            if (pool_parallel(n, x, 9, &second, many, &threads.pool, memory, bytes) != 0) return 3;
            if (first != second || memcmp(one, many, sizeof one) != 0) return 4;
        }
        dfn_threads_stop(&threads);
        free(memory);
    }
    printf("%d\n", pool_parallel_workspace_size(n, 9, 0) == -1);
    return 0;
}
"#;

#[test]
fn c_callers_have_a_pool() {
    let backends = [
        (BackendName::Cranelift, Level::O3),
        #[cfg(feature = "llvm")]
        (BackendName::Llvm, Level::O0),
        #[cfg(feature = "llvm")]
        (BackendName::Llvm, Level::O3),
    ];
    for (backend, level) in backends {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let options = options(backend, level);
        let emit = [Emit::Lib, Emit::Header, Emit::Pool];
        library(path, SUM, &options)
            .write(path, &emit, &options)
            .unwrap();
        std::fs::write(path.join("main.c"), MAIN).unwrap();
        std::fs::write(path.join("main.cpp"), MAIN).unwrap();
        for (compiler, standard, main) in [
            ("cc", "-std=c99", "main.c"),
            ("c++", "-std=c++11", "main.cpp"),
        ] {
            let mut command = Command::new(compiler);
            command.args([standard, "-Wall", "-Wextra", "-pedantic", "-Werror", main]);
            command.args(["libcode.a", "-pthread", "-o", "main"]);
            assert!(command.current_dir(path).status().unwrap().success());
            let output = Command::new(path.join("main")).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), "1\n");
            assert!(output.status.success());
        }
    }
}
