//! Each message of lexer and parser as a person sees it: source and message in one snapshot.

use super::messages;

/// One snapshot for each case, named after it.
macro_rules! snapshots {
    ($( $name:ident: $text:expr; )*) => {
        $(
            #[test]
            fn $name() {
                let text: &str = $text;
                let shown = format!("{}\n\n---\n{}", text.trim_end(), messages(text));
                insta::with_settings!({ omit_expression => true }, {
                    insta::assert_snapshot!(stringify!($name), shown);
                });
            }
        )*
    };
}

/// The statements as the body of a function.
macro_rules! body {
    ($text:expr) => {
        concat!("fn f() {\n    ", $text, "\n}\n")
    };
}

snapshots! {
    // Characters, strings, comments, numbers.
    unknown_characters: body!("let x = a ?? b;");
    hash_comment: body!("# comment");
    single_quotes: body!("print('a');");
    typographic_minus: body!("let x = a − b;");
    string_not_closed: body!("print(\"value);\n    let y = 1;");
    unknown_escapes: body!("print(\"a\\q\\u{110000}\\u12\");");
    comment_not_closed: "fn f() { }\n/* a /* b */ fn g() { }\n";
    malformed_numbers: body!("let x = (1e, 0b12, 0x, 0o8, 1.5e+);");
    integers_too_large: body!("let x = (18446744073709551616, 0xfffffffffffffffff);");
    unknown_suffixes: body!("let x = (1f16, 2.5i32, 3j, 1.0f, 0xffzz);");
    float_too_large: body!("let x = (1e999, 1e39f32);");

    // Something else expected.
    item_expected: "let x = 1;\nfn f() { }\n";
    python_function: "def f(x):\n    return x\n\nfn g() { }\n";
    statement_at_top: "print(1);\nfn f() { }\n";
    parameter_without_type: "fn f(x, y: f64) -> f64 { x }\n";
    angle_brackets: "fn f<T>(x: T) { }\n";
    rust_array_type: "fn f(x: [f64; 3]) { }\n";
    reference: "fn f(x: &f64) { g(&x); }\n";
    missing_arrow: "fn f(x: f64) f64 { x }\n";
    missing_expression: body!("let x = ;\n    let y = 1 + ;\n    f(, 2);");
    two_expressions: body!("let x = a b;");
    word_operators: body!("if a and b { }\n    let x = a or b;");
    numpy_slice: body!("let x = a[1:3];");
    repeat_literal: body!("let x = [0.0; 3];");
    leading_dot: body!("let x = .5;");
    unary_plus: body!("let x = +5;");
    elif: body!("if a { } elif b { }");
    double_colon: body!("let x = la::solve(a, b);");
    comprehension_filter: body!("let x = [for i in 0..n if i > 2: i];");
    comprehension_two_for: body!("let x = [for i in 0..n for j in 0..m: i];");
    field_with_equals: body!("let x = Model { w = 1 };");
    import_without_quotes: "import linalg;\nfn f() { }\n";
    bounded_size: "fn f[n]() -> f64[n + 1 <= n] { }\n";
    stepped_range_method: body!("for i in (0..n).step_by(2) { }");
    attribute_without_item: "fn f() { }\n@checked\n";

    mistyped_item: "strcut S { a: f64 }\nexprot fn f() { }\n";
    mistyped_statement: body!("retrun x;\n    whlie a { }\n    var y = 1;\n    let z = y;");

    // Brackets.
    parenthesis_not_closed: body!("let x = f(a, g(b);\n    let y = 1;");
    bracket_not_closed: body!("let x = [1, 2;\n    let y = 1;");
    brace_not_closed: "fn f() {\n    if a {\n        x;\n}\n\nfn g() { 1 +; }\n";
    wrong_closer: body!("let x = f(a];\n    let y = [1);");
    closer_too_many: "fn f() { }\n}\nfn g() { let x = (1)); 2 }\n";

    // Forms that look right.
    chained_comparison: body!("let x = 0 < a < 1;");
    not_a_place: body!("f(x) = 1;\n    a + b = 2;\n    (a, 1) = c;\n    (a, b) += c;\n    f(x)[0] = 1;");
    missing_semicolon: body!("let x = 1\n    let y = 2\n    f(x)\n    x = 2");
    positional_after_named: body!("f(axis = 0, x);");
    reserved_word: "fn in(type: f64) { let loop = 1; }\n";
    range_as_value: body!("let r = 0..n;\n    f(..);\n    g((0..n).rev());");
    stray_doc: "/// For nothing.\n//! Too late.\nfn f() {\n    /// Not here.\n    let x = 1;\n}\n/// At the end.\n";
    misplaced_items: "fn f() {\n    struct S { a: f64 }\n    const N = 1;\n    pub fn g() { }\n    import \"x.dfn\";\n}\npub test \"t\" { }\nexport struct S { }\n";
    assignment_as_value: body!("if a = b { }\n    let x = y = 3;\n    f(a += 1);\n    while (a = b) { }");
    open_range: body!("for i in 0.. { }\n    for i in ..n { }\n    let x = a[..=];");
    ambiguous_step: body!("let x = (a[.. step -1], a[..step - 1], a[1..step (2)]);");
    loop_as_value: body!("let x = for i in 0..n { };\n    let y = while a { };");
    let_without_value: body!("let x;\n    let y: f64;\n    let z = 1;");

    // Many at once: each is reported, once.
    many_errors: "struct S { a f64, b: }\n\nfn f(x: f64 -> f64 {\n    x\n}\n\nfn g() {\n    let = 1;\n    let y = (1 + ;\n    h(1, , 2);\n    if { }\n    y[0;\n    z\n}\n\nfn ok() { 1 }\n\nconst = 2;\ntype T f64;\n";
}
