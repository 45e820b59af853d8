//! `dfn ir`: the program at any stage.

use super::report::{Format, Reporter};
use super::{Failed, Outcome};
use crate::diagnostic::Diagnostic;
use crate::driver::{At, Session, Stages, Wanted};
use crate::passes::PASSES;
use std::path::PathBuf;

/// Show a program as IR: as it is elaborated, after a pass, or as loops.
#[derive(Debug, clap::Args)]
#[command(after_help = passes())]
pub(super) struct Args {
    /// A program, or IR text if the name ends in `.ir`.
    file: PathBuf,
    /// Stop after the last run of this pass.
    #[arg(long, value_name = "PASS", value_parser = known(), conflicts_with_all = ["passes", "loops"])]
    after: Option<String>,
    /// Run exactly these passes, separated by commas.
    #[arg(long, value_name = "PASSES", value_delimiter = ',', value_parser = known(), conflicts_with = "loops")]
    passes: Option<Vec<String>>,
    /// Show the loop IR that backends take.
    #[arg(long)]
    loops: bool,
    /// Say what each function costs, as formulas in its sizes: operations, bytes read and written.
    #[arg(long, conflicts_with_all = ["after", "passes", "loops"])]
    cost: bool,
    /// With `--cost`, sizes and integers at which numbers are given too, formulas' and executed ones: `n=1000,d=10`.
    #[arg(long, value_name = "SIZES", value_delimiter = ',', value_parser = super::build::size, requires = "cost")]
    at: Vec<(String, i64)>,
    /// Leave out the lines of the source, which stand above what comes from them.
    #[arg(long)]
    bare: bool,
}

fn known() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(PASSES.iter().map(|pass| pass.name))
}

/// The list of passes for the help.
fn passes() -> String {
    let width = PASSES.iter().map(|pass| pass.name.len()).max().unwrap_or(0);
    let lines = PASSES
        .iter()
        .map(|pass| format!("  {:width$}  {}", pass.name, pass.description));
    format!("Passes:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let mut session = Session::default();
    let wanted = match (args.after, args.passes, args.loops) {
        (Some(pass), ..) => Wanted::After(pass),
        (_, Some(passes), _) => Wanted::Passes(passes),
        (.., true) => Wanted::Loops,
        (.., false) => Wanted::Elaborated,
    };
    let stages = Stages::of_file(&args.file, &mut session);
    reporter.diagnostics(&session.diagnostics, &session.sources, Format::Text);
    let Some(stages) = stages else {
        return Err(Failed);
    };
    let stages = if args.bare { stages.bare() } else { stages };
    let at: At = args.at.into_iter().collect();
    let shown: Result<String, Vec<Diagnostic>> = match args.cost {
        true => stages.costs(&at, &session.sources),
        false => stages.show(&wanted, &session.sources),
    };
    match shown {
        Ok(text) => {
            reporter.text(&text);
            Ok(())
        }
        Err(diagnostics) => Err(reporter.refuse(&diagnostics, &session.sources)),
    }
}
