//! The place of every node is the text it was read from.

use super::{dump, parse};
use dfn::diagnostic::SourceFile;
use dfn::syntax::ast::*;

/// All expressions of a function body, the outer ones first.
fn expressions<'a>(expr: &'a Expr, found: &mut Vec<&'a Expr>) {
    found.push(expr);
    let mut all = |exprs: &mut dyn Iterator<Item = &'a Expr>| {
        exprs.for_each(|expr| expressions(expr, found));
    };
    let range = |range: &'a Range| {
        [&range.start, &range.end, &range.step]
            .into_iter()
            .flatten()
            .map(AsRef::as_ref)
    };
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Unary { operand: inner, .. } => {
            all(&mut std::iter::once(inner.as_ref()));
        }
        ExprKind::Binary { left, right, .. } => {
            all(&mut [left.as_ref(), right.as_ref()].into_iter());
        }
        ExprKind::Call { callee, args } => {
            all(&mut std::iter::once(callee.as_ref()));
            // A generator is no expression of its own.
            let plain = |arg: &&Arg| !matches!(arg.value.kind, ExprKind::Generator(_));
            all(&mut args.iter().filter(plain).map(|arg| &arg.value));
        }
        ExprKind::Cast { value: base, .. }
        | ExprKind::Field { base, .. }
        | ExprKind::TupleField { base, .. } => all(&mut std::iter::once(base.as_ref())),
        ExprKind::Index { base, indices } => {
            all(&mut std::iter::once(base.as_ref()));
            for index in indices {
                match index {
                    Index::At(expr) => all(&mut std::iter::once(expr)),
                    Index::Slice(slice) => all(&mut range(slice)),
                    Index::All(_) => {}
                }
            }
        }
        ExprKind::Array(parts) | ExprKind::Tuple(parts) => all(&mut parts.iter()),
        ExprKind::Comprehension(value) => all(&mut std::iter::once(&value.body)),
        ExprKind::Struct(literal) => {
            all(&mut literal.fields.iter().map(|init| &init.value));
            all(&mut literal.rest.iter());
        }
        ExprKind::Lambda(lambda) => all(&mut std::iter::once(&lambda.body)),
        ExprKind::If(choice) => {
            all(&mut std::iter::once(&choice.condition));
            all(&mut choice.otherwise.iter());
        }
        _ => {}
    }
}

fn value(module: &Module) -> &Expr {
    match &module.items[0].kind {
        ItemKind::Function(function) => match &function.body.stmts[0].kind {
            StmtKind::Let(stmt) => &stmt.value,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Reading the text at the place of a node gives the node.
#[test]
fn each_expression_stands_where_it_says() {
    let texts = [
        "-x ** 2 ** -y * a @ b % c + d << 1 & g ^ h | i == j && k || l != m",
        "(x as f64[n + 1] < y && !(z as i64 >= 1))",
        "t.0.1.w.2(x)[1](y = 1, z = [2])",
        "(1, 2.5e-3, 0x1f, \"a\", (), (1,), (-1.0f32))",
        "[[for i in 0..n, j in i..m: x[i] * y[j]], sum(for j in 0..m: a[i] , axis = k + 1)]",
        "Net { w: e + 1, b, ..rnd.Net { w } }",
        "a[i, .., 1..n + 1, ..n, 1.., .. step 2, a..b step s, (p..q).rev(), mask]",
        "|x, (y, z): f64| if a < b { x } else if c { y } else { z + f(|| 1) }",
        "f(g(h)(i).j[k])",
    ];
    let mut count = 0;
    for text in texts {
        let program = |text: &str| format!("fn f() {{ let x = {text}; }}");
        let whole = program(text);
        let source = SourceFile::single("example.dfn", whole.as_str());
        let (module, diagnostics) = parse(&whole);
        assert!(diagnostics.is_empty(), "{text}");
        let mut found = Vec::new();
        expressions(value(&module), &mut found);
        for expr in found {
            let part = source.slice(expr.span);
            let (again, diagnostics) = parse(&program(part));
            assert!(diagnostics.is_empty(), "{text}: {part}");
            assert_eq!(
                dump::expr(value(&again), 2),
                dump::expr(expr, 2),
                "{text}: {part}"
            );
            count += 1;
        }
    }
    assert!(count > 120, "{count}");
}

/// The places of statements and items hold what separates them, and no more.
#[test]
fn statements_and_items_stand_where_they_say() {
    let text =
        "/// Doc.\n@a @b(1) pub fn f(x: f64) -> f64 {\n  let y = x ;\n y += 1; if a { } g(); y }\n";
    let source = SourceFile::single("example.dfn", text);
    let (module, _) = parse(text);
    let item = &module.items[0];
    assert!(source.slice(item.span).starts_with("@a @b(1) pub fn"));
    assert!(source.slice(item.span).ends_with("y }"));
    assert_eq!(source.slice(item.doc.as_ref().unwrap().span), "/// Doc.");
    let attributes: Vec<_> = item
        .attributes
        .iter()
        .map(|a| source.slice(a.span))
        .collect();
    assert_eq!(attributes, ["@a", "@b(1)"]);
    let ItemKind::Function(function) = &item.kind else {
        panic!("{item:?}")
    };
    let stmts: Vec<_> = function
        .body
        .stmts
        .iter()
        .map(|stmt| source.slice(stmt.span))
        .collect();
    assert_eq!(stmts, ["let y = x ;", "y += 1;", "if a { }", "g();"]);
    assert_eq!(
        source.slice(function.body.value.as_ref().unwrap().span),
        "y"
    );
}

/// The grammar's page and the lexer have the same reserved words.
#[test]
fn reserved_words_are_documented() {
    let page = include_str!("../../../docs/language/grammar.md");
    let line = page
        .lines()
        .find(|line| line.starts_with("Reserved words:"))
        .unwrap();
    let words = line.split('`').nth(1).unwrap();
    for word in words.split(' ') {
        let (_, found) = parse(&format!("fn {word}() {{ }}"));
        assert_eq!(
            found.first().map(|found| found.code.as_str()),
            Some("E0109"),
            "{word}"
        );
    }
    assert_eq!(words.split(' ').count(), 21);
    for word in ["test", "step", "rev", "match", "where", "x"] {
        assert!(
            parse(&format!("fn {word}({word}: f64) {{ {word} }}"))
                .1
                .is_empty(),
            "{word}"
        );
    }
}
