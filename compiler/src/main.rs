//! The `dfn` command.

fn main() -> std::process::ExitCode {
    dfn::cli::main()
}
