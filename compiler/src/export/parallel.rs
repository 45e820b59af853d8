//! The form of an export for pools of threads, in C.

use super::header::{comment, parameters};
use super::interface::{Function, Interface};
use std::fmt::{self, Write};

/// Declares the form for threads, and what tells the size of its workspace.
pub(super) fn declare(out: &mut String, interface: &Interface, item: &Function) -> fmt::Result {
    let (name, symbol) = (&item.name, item.parallel_symbol());
    let more = match item.takes_memory {
        true => ", and allocates what has a size that only the run tells.",
        false => ".",
    };
    let lines = [
        format!("`{symbol}` gives the bits of `{name}` with any number of threads. It takes"),
        format!("`{symbol}_workspace_size` bytes for the pool's `workers`, aligned to 16{more}"),
        "Without a pool, which is null then, it runs on this thread alone, as with one worker."
            .to_owned(),
    ];
    comment(out, "", &lines)?;
    let [pool, workers] = ["pool", "workers"].map(|name| free(item, name));
    let mut own = parameters(interface, item);
    own.extend([
        format!("const dfn_pool *{pool}"),
        "void *workspace".to_owned(),
        "int64_t workspace_bytes".to_owned(),
    ]);
    writeln!(out, "int {symbol}({});\n", own.join(", "))?;
    let names = item.sizes.iter().cloned();
    let names = names.chain(item.integers().map(|(_, name)| name));
    let names: Vec<String> = names.chain([workers]).collect();
    let typed = |name: &String| format!("int64_t {name}");
    let declared: Vec<String> = names.iter().map(typed).collect();
    let (declared, given) = (declared.join(", "), names.join(", "));
    let measure = item.parallel_workspace_symbol();
    writeln!(out, "int {measure}({declared}, int64_t *workspace_bytes);")?;
    writeln!(
        out,
        "static inline int64_t {measure}_size({declared}) {{\n    int64_t workspace_bytes = -1;\n    \
         return {measure}({given}, &workspace_bytes) == DFN_OK ? workspace_bytes : -1;\n}}\n"
    )
}

/// A name that no parameter has.
fn free(item: &Function, name: &str) -> String {
    let taken = |name: &str| {
        let params = item.params.iter().map(|param| param.name.as_str());
        let sizes = item.sizes.iter().map(String::as_str);
        params.chain(sizes).any(|known| known == name)
    };
    let mut name = name.to_owned();
    while taken(&name) {
        name.push('_');
    }
    name
}
