//! Pages of the documentation that show IR show what the tool makes.
//!
//! A block "dfn NAME" holds a program; a block "ir NAME PASS FUNCTION" holds a function of it after a pass.
//! With `DFN_PAGES=write` the blocks are written anew; read the difference.

use dfn::driver::{Session, Stages, Wanted};
use std::collections::HashMap;
use std::path::Path;

/// The function `name` of the program in `file`, after the last run of `pass`.
fn function(file: &Path, pass: &str, name: &str) -> String {
    let mut session = Session::default();
    let stages = Stages::of_file(file, &mut session);
    let stages = stages.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    let text = stages.show(&Wanted::After(pass.to_owned()), &session.sources);
    let text = text.unwrap();
    let found = text.split("\n\n").find(|part| {
        let head = part.trim_start().strip_prefix("func @");
        head.and_then(|head| head.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with(['[', '(']))
    });
    let found = found.unwrap_or_else(|| panic!("no `{name}` after {pass} in\n{text}"));
    found.trim().to_owned() + "\n"
}

/// The page with every block of IR made anew.
fn renewed(page: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut programs = HashMap::new();
    let mut out = String::new();
    let mut rest = page;
    while let Some((before, opened)) = rest.split_once("```") {
        let (head, inner) = opened.split_once('\n').unwrap();
        let (block, after) = inner.split_once("```").unwrap();
        let block = match head.split(' ').collect::<Vec<_>>().as_slice() {
            ["dfn", name] => {
                let file = directory.path().join(name);
                std::fs::write(&file, block).unwrap();
                programs.insert((*name).to_owned(), file);
                block.to_owned()
            }
            ["ir", name, pass, wanted] => function(&programs[*name], pass, wanted),
            _ => block.to_owned(),
        };
        out += &format!("{before}```{head}\n{block}```");
        rest = after;
    }
    out + rest
}

#[test]
fn of_differentiation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/differentiation.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let made = renewed(&page);
    if std::env::var("DFN_PAGES").is_ok_and(|value| value == "write") {
        std::fs::write(&path, &made).unwrap();
        return;
    }
    assert!(page.matches("```ir ").count() >= 6, "the page shows IR");
    assert_eq!(
        page, made,
        "run with DFN_PAGES=write, and read the difference"
    );
}
