//! Automation: `cargo xtask TASK`.

fn main() {}
