//! Exports whose results have sizes that only they know, and sizes that are no polynomials: what C and Rust
//! get, from every backend. The expected values are counted by hand.

use std::path::Path;
use std::process::Command;

use dfn::backend::{Level, Options};
use dfn::driver::{BackendName, Emit, Library, LibraryOptions, Session};

const PROGRAM: &str = "\
struct Chosen[n] { at: i64[n], total: f64 }

/// The elements above zero.
export fn positive[n](x: f64[n]) -> f64[k <= n] { x[x > 0] }

export fn rows[n, m](x: f64[n, m]) -> (f64[k <= n, m], f64[n - k]) {
    let keep = [for i in 0..n: x[i, 0] > 0];
    let y = x[keep];
    let k = len(y);
    (y, zeros(f64[n - k]) + 1)
}

export fn chosen[n](x: f64[n]) -> Chosen[k <= n] {
    Chosen { at: iota(n)[x > 0], total: sum(x) }
}

export fn columns[n](x: f64[n]) -> f64[2, k <= n] { let y = x[x > 0]; [for i in 0..2: f64(i + 1) * y] }

export fn few[n](x: f64[n]) -> f64[k <= n - 1] { x[x > 0] }

export fn halves[n](x: f64[n]) -> f64[n / 2] { x[..n / 2] }

export fn least[n, m](x: f64[n], y: f64[m], k: i64) -> f64[min(n, m), max(k - 1, 0)] {
    [for i in 0..min(n, m), j in 0..max(k - 1, 0): x[i] + y[i]]
}

export fn shared[n, m](x: f64[n / m], y: f64[n]) -> f64 { sum(x) * sum(y) }
";

const MAIN_C: &str = r#"
#include "sizes.h"
#include <stdio.h>

static void show(int status, const int64_t *k, const double *x, int n) {
    printf("%d %d:", status, (int)*k);
    for (int i = 0; i < n; i++) printf(" %g", x[i]);
    printf("\n");
}

int main(void) {
    double x[4] = {1, -1, 2, 3}, m[6] = {1, 2, -1, 3, 5, 6}, r[8], rest[3], memory[64];
    int64_t k = -1, none = 0, at[4];
    Chosen c;
    c.at = at;
    show(positive(4, x, &k, r), &k, r, 4);
    show(positive(0, NULL, &k, NULL), &k, r, 0);
    printf("%d %d\n", positive(4, x, NULL, r), positive(4, x, &k, NULL));
    printf("%d %d\n", positive_workspace_size(4) <= 512, (int)positive_workspace_size(-1));
    show(positive_with(4, x, &k, r, memory, sizeof memory), &k, r, 4);
    show(rows(3, 2, m, &k, r, rest), &k, r, 6);
    show(0, &k, rest, 3);
    show(chosen(4, x, &k, &c), &k, &c.total, 1);
    printf("%d %d %d %d\n", (int)at[0], (int)at[1], (int)at[2], (int)at[3]);
    show(columns(3, x, &k, r), &k, r, 6);
    show(few(4, x, &k, r), &k, r, 3);
    printf("%d\n", few(1, x, &k, r) >= DFN_CHECK);
    show(halves(3, x, r), &none, r, 1);
    show(least(2, 3, x, x, 3, r), &none, r, 4);
    show(least(2, 3, x, x, -5, r), &none, r, 0);
    show(shared(4, 2, x, x, r), &none, r, 1);
    printf("%d\n", shared(4, 0, x, x, r));
    return 0;
}
"#;

/// The third line: null pointers. In `least` each element is `2 x[i]`. The last one divides by zero.
const OUTPUT_C: &str = "\
0 3: 1 2 3 0
0 0:
2 2
1 -1
0 3: 1 2 3 0
0 2: 1 2 5 6 0 0
0 2: 1 0 0
0 3: 5
0 2 3 0
0 2: 1 2 2 4 0 0
0 3: 1 2 3
1
0 0: 1
0 0: 2 2 -2 -2
0 0:
0 0: 0
1
";

const MAIN_RS: &str = r#"
mod sizes { include!("sizes.rs"); }

fn main() -> Result<(), sizes::Error> {
    let x = [1.0, -1.0, 2.0, 3.0];
    println!("{:?}", sizes::positive(4, &x)?);
    println!("{:?}", sizes::rows(3, 2, &[1.0, 2.0, -1.0, 3.0, 5.0, 6.0])?);
    println!("{:?}", sizes::chosen(4, &x)?);
    println!("{:?}", sizes::halves(3, &x[..3])?);
    println!("{:?}", sizes::least(2, 3, &x[..2], &x[..3], 3)?);
    println!("{:?}", sizes::shared(4, 0, &x, &x));
    println!("{:?}", sizes::few(1, &[1.0]).is_err());
    Ok(())
}
"#;

const OUTPUT_RS: &str = "\
(3, [1.0, 2.0, 3.0])
(2, [1.0, 2.0, 5.0, 6.0], [1.0])
(3, Chosen { at: [0, 2, 3], total: 5.0 })
[1.0]
[2.0, 2.0, -2.0, -2.0]
Err(Size)
true
";

const MAIN_PY: &str = r#"
import sizes

x = [1.0, -1.0, 2.0, 3.0]
print(*sizes.positive(x))
print(*sizes.rows([[1.0, 2.0], [-1.0, 3.0], [5.0, 6.0]]))
k, chosen = sizes.chosen(x)
print(k, chosen.at, chosen.total)
print(sizes.halves(x[:3]), sizes.least(x[:2], x[:3], 3))
try:
    sizes.shared(x, x, m=0)
except sizes.Error as error:
    print(error.status)
try:
    sizes.few([1.0])
except sizes.Error as error:
    print(error)
"#;

const OUTPUT_PY: &str = "\
3 [1. 2. 3.]
2 [[1. 2.]
 [5. 6.]] [1.]
3 [0 2 3] 5.0
[1.] [[ 2.  2.]
 [-2. -2.]]
1
sizes.dfn:19:36: the size `k` is larger than its bound `n - 1`
";

/// Writes the library to a directory.
fn library(directory: &Path, backend: BackendName, level: Level) {
    let source = directory.join("sizes.dfn");
    std::fs::write(&source, PROGRAM).unwrap();
    let mut session = Session::default();
    let program = session.program(&source);
    let program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    let library = Library::of_file(&source, program, &session.sources).unwrap();
    let options = LibraryOptions {
        backend,
        options: Options::new(level),
        threads: dfn::driver::Threads::One,
    };
    let emit = [
        Emit::Lib,
        Emit::Header,
        Emit::Rust,
        Emit::Shared,
        Emit::Python,
    ];
    library.write(directory, &emit, &options).unwrap();
}

fn run(directory: &Path, command: &str, args: &[&str]) -> String {
    let mut command = Command::new(command);
    let status = command.args(args).current_dir(directory).status().unwrap();
    assert!(status.success(), "{args:?}");
    let output = Command::new(directory.join("main")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn backends() -> Vec<(BackendName, Level)> {
    vec![
        (BackendName::Cranelift, Level::O3),
        #[cfg(feature = "llvm")]
        (BackendName::Llvm, Level::O0),
        #[cfg(feature = "llvm")]
        (BackendName::Llvm, Level::O3),
    ]
}

#[test]
fn c_and_rust_get_sizes_with_results() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("main.c"), MAIN_C).unwrap();
    std::fs::write(path.join("main.rs"), MAIN_RS).unwrap();
    let strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];
    let files = [
        "-fsanitize=address,undefined",
        "main.c",
        "libsizes.a",
        "-o",
        "main",
    ];
    let rust = [
        "--edition=2024",
        "-Dwarnings",
        "main.rs",
        "-Clink-arg=libsizes.a",
    ];
    for (backend, level) in backends() {
        library(path, backend, level);
        let args: Vec<&str> = strict.iter().chain(&files).copied().collect();
        assert_eq!(run(path, "cc", &args), OUTPUT_C, "{backend:?}");
        assert_eq!(run(path, "rustc", &rust), OUTPUT_RS, "{backend:?}");
    }
    std::fs::write(path.join("main.py"), MAIN_PY).unwrap();
    let mut python = dfn_tests::numpy::python();
    let output = python.arg(path.join("main.py")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), OUTPUT_PY, "{said}");
    let header = std::fs::read_to_string(path.join("sizes.h")).unwrap();
    let functions: Vec<&str> = header.lines().filter(|l| l.contains(" out ")).collect();
    insta::assert_snapshot!(functions.join("\n"));
}
