//! Compiles `logistic.dfn` into a static library and a Rust module.

fn main() {
    dfn_build::compile("../logistic.dfn");
}
