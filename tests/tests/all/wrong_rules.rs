//! `check_grads` finds wrong rules: a fault is planted in the derivative, and only there, at several
//! array sizes and as small as one element of many or one part in 10⁸.

use dfn_ir::interp::RunError;
use dfn_tests::programs::load;
use std::path::Path;

/// A derivative of the sine that is `cos(x) * factor`, where `factor` is made by IR text.
struct Fault {
    what: &'static str,
    /// The lines that define `%wrong`; `N` is the size, `LAST` its last position.
    factor: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        what: "all elements are off by one part in 10⁸",
        factor: "%wrong = const {value = f64 1.00000001} : f64[N]",
    },
    Fault {
        what: "the derivative is zero",
        factor: "%wrong = const {value = f64 0.0} : f64[N]",
    },
    Fault {
        what: "one element is twice what it should be",
        factor: "%ones = const {value = f64 1.0} : f64[N]\n  %two = const {value = f64 2.0} : f64\n  \
                 %last = const {value = i64 LAST} : i64\n  %wrong = update %ones, %two, %last : f64[N]",
    },
    Fault {
        what: "one element has the wrong sign",
        factor: "%ones = const {value = f64 1.0} : f64[N]\n  %two = const {value = f64 -1.0} : f64\n  \
                 %last = const {value = i64 LAST} : i64\n  %wrong = update %ones, %two, %last : f64[N]",
    },
];

/// The IR text after all passes of a program that checks the derivative of `body`.
fn checked(body: &str, size: usize) -> String {
    let source = format!(
        "test \"it\" {{ check_grads(|x: f64[{size}]| {body}, ([for i in 0..{size}: 0.1 * f64(i + 1)],), order = 1); }}"
    );
    let (_, loaded) = load(Path::new("wrong.dfn"), &source);
    dfn_ir::text::module_to_string(&loaded.unwrap().module)
}

/// The text with each cosine of the test itself, which holds the inlined derivative, made wrong. The
/// functions that differences are taken of stay as they are.
fn with_fault(text: &str, fault: &Fault, size: usize) -> String {
    let start = text.find("func @test.1()").unwrap();
    let end = start + text[start..].find("\n}").unwrap();
    let mut planted = 0;
    let mut lines: Vec<String> = Vec::new();
    for line in text[start..end].lines() {
        match line.split_once(" = cos ") {
            Some((name, rest)) if planted == 0 => {
                planted += 1;
                let factor = fault.factor.replace("LAST", &(size - 1).to_string());
                lines.push(format!("  %right = cos {rest}"));
                lines.push(format!("  {}", factor.replace('N', &size.to_string())));
                lines.push(format!("{name} = mul %right, %wrong : f64[{size}]"));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    assert_eq!(planted, 1, "the derivative has no cosine:\n{text}");
    format!("{}{}{}", &text[..start], lines.join("\n"), &text[end..])
}

fn run(text: &str) -> Result<(), RunError> {
    let module = dfn_ir::text::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let errors = dfn_ir::verify::verify(&module);
    assert!(errors.is_empty(), "{}\n{text}", errors[0]);
    let test = module.named("test.1").unwrap();
    dfn_ir::interp::run(&module, test, &[], &[], &mut ()).map(|_| ())
}

fn faults_are_found(body: &str) {
    for size in [2, 3, 40, 1000] {
        let text = checked(body, size);
        run(&text).unwrap();
        for fault in FAULTS {
            let found = run(&with_fault(&text, fault, size));
            let Err(RunError::Check { message, .. }) = &found else {
                panic!("{body} at size {size}: {}: {found:?}", fault.what);
            };
            assert!(
                message.contains("differs from its differences"),
                "{message}"
            );
        }
    }
}

#[test]
fn in_the_derivative_of_a_sum() {
    faults_are_found("sum(sin(x) * x)");
}

#[test]
fn in_the_derivative_of_an_array() {
    faults_are_found("sin(x) * x");
}
