//! The `dfn` command.

fn main() {}
