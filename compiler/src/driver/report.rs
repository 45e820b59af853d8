//! What the functions of a library cost: `dfn build --report` and `--max-workspace`.

use super::library::Library;
use super::place::describe;
use crate::cost::{Atom, Cost, Costs, Poly};
use crate::diagnostic::codes::libraries as codes;
use crate::diagnostic::{Diagnostic, SourceMap};
use crate::export::Function;
use dfn_ir::Span;
use dfn_ir::loops::FuncId;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Sizes and integers by their names.
pub type At = BTreeMap<String, i64>;

/// What the arrays beyond the largest are not worth a line each.
const ARRAYS: usize = 12;

/// A function of the library with what it costs.
struct Priced<'a> {
    function: &'a Function,
    cost: &'a Cost,
    /// The names of the parameters in the formulas of `cost`.
    names: Vec<String>,
    /// The bytes of workspace, and the names in that formula.
    workspace: (Poly, Vec<String>),
    /// Where the loops stand that threads share; absent if there is no form for threads.
    shared: Option<&'a [Span]>,
}

impl Library {
    /// What each function costs, as formulas in its sizes, and as numbers if these are given.
    pub fn report(&self, at: &At, sources: &SourceMap) -> String {
        let costs = self.costs();
        let mut text = String::new();
        for priced in self.priced(&costs) {
            priced.show(at, sources, &mut text);
        }
        text.push_str(self.copies());
        text.push_str(LEGEND);
        text
    }

    /// Refuses functions that need more workspace than `limit`.
    pub fn limit_workspace(&self, limit: u64, at: &At) -> super::Result<()> {
        let costs = self.costs();
        let priced = self.priced(&costs);
        let refused = priced.iter().filter_map(|priced| priced.refuse(limit, at));
        let refused: Vec<Diagnostic> = refused.collect();
        match refused.is_empty() {
            true => Ok(()),
            false => Err(refused),
        }
    }

    fn costs(&self) -> Costs {
        let planned = self.planned();
        Costs::of(&planned.program, &planned.temporaries)
    }

    fn priced<'a>(&'a self, costs: &'a Costs) -> Vec<Priced<'a>> {
        let planned = self.planned();
        let names = |id: FuncId| -> Vec<String> {
            let Some(function) = planned.program.functions.get(id) else {
                return Vec::new();
            };
            let names = function.params.iter().map(|&var| {
                let data = function.vars.get(var);
                data.map_or_else(String::new, |data| data.name.clone())
            });
            names.collect()
        };
        let functions = self.functions().iter();
        let priced = functions.filter_map(|function| {
            let inner = planned.functions.get(&function.func)?;
            let workspace = inner
                .workspace
                .and_then(|measure| Some((costs.workspace(measure)?.clone(), names(measure))));
            Some(Priced {
                function,
                cost: costs.get(inner.run)?,
                names: names(inner.run),
                workspace: workspace.unwrap_or_default(),
                shared: planned.shared.get(&function.func).map(Vec::as_slice),
            })
        });
        priced.collect()
    }
}

/// What is said once, below all.
const LEGEND: &str = "\
Operations are those on floats; a fused multiply-add is one, an elementary function all of its own.
Bytes are those of loads and stores, in caches or not.
Of a branch the costlier arm counts; `?1`, `?2`, … are known only while the function runs.
Arrays that are not needed at the same time share workspace; each is rounded up to 64 bytes.
";

impl Priced<'_> {
    fn show(&self, at: &At, sources: &SourceMap, text: &mut String) {
        let cost = self.cost;
        let sizes = self.function.sizes.join(", ");
        let _ = match sizes.is_empty() {
            true => writeln!(text, "{}", self.function.name),
            false => writeln!(text, "{}[{sizes}]", self.function.name),
        };
        let counts = [
            ("operations", &cost.counts.operations),
            ("bytes read", &cost.counts.read),
            ("bytes written", &cost.counts.written),
        ];
        for (what, poly) in counts {
            let _ = writeln!(text, "  {what:14} {}", shown(poly, &self.names, at));
        }
        let (loops, depth) = (cost.loops, cost.depth);
        let _ = writeln!(text, "  {:14} {loops}, at most {depth} deep", "loops");
        if let Some(shared) = self.shared {
            let _ = writeln!(text, "  {:14} {} loops", "threads share", shared.len());
            for place in lines(shared, sources) {
                let _ = writeln!(text, "    {place}");
            }
        }
        let (workspace, names) = &self.workspace;
        let _ = writeln!(text, "  {:14} {}", "workspace", shown(workspace, names, at));
        for (bytes, place) in self.arrays(at, sources) {
            let _ = writeln!(text, "    {bytes} for {place}");
        }
        text.push('\n');
    }

    /// The arrays in the workspace by their places in the source, the largest first.
    fn arrays(&self, at: &At, sources: &SourceMap) -> Vec<(String, String)> {
        let mut places: BTreeMap<String, Poly> = BTreeMap::new();
        for temporary in &self.cost.temporaries {
            let place = describe(temporary.span, sources);
            let place = match place.is_empty() {
                true => "what the compiler added".to_owned(),
                false => place,
            };
            places.entry(place).or_default().add(&temporary.bytes);
        }
        let mut all: Vec<(String, Poly)> = places.into_iter().collect();
        let typical = |poly: &Poly| poly.evaluate(&|_| 64.0);
        all.sort_by(|a, b| typical(&b.1).total_cmp(&typical(&a.1)));
        let lines = all.into_iter().take(ARRAYS);
        lines
            .map(|(place, bytes)| (shown(&bytes, &self.names, at), place))
            .collect()
    }

    fn refuse(&self, limit: u64, at: &At) -> Option<Diagnostic> {
        let (workspace, names) = &self.workspace;
        let name = &self.function.name;
        let title = match number(workspace, names, at) {
            Some(bytes) if bytes <= limit as f64 => return None,
            Some(bytes) => {
                format!("`{name}` needs {bytes} bytes of workspace; {limit} are allowed")
            }
            None => {
                format!("how much workspace `{name}` needs depends on sizes that are not given")
            }
        };
        let formula = format!("it needs {}", shown(workspace, names, &At::new()));
        let diagnostic =
            Diagnostic::error(codes::WORKSPACE, title).at(self.function.span, &formula);
        let help = match number(workspace, names, at) {
            Some(_) => "`dfn build --report` says which arrays are in it",
            None => "say for which sizes: `--at n=1000,d=10`",
        };
        Some(diagnostic.help(help))
    }
}

/// Places in the source, each once, with how many loops come from there.
fn lines(shared: &[Span], sources: &SourceMap) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for &span in shared {
        let place = describe(span, sources);
        let place = match place.is_empty() {
            true => "what the compiler added".to_owned(),
            false => place,
        };
        *counts.entry(place).or_default() += 1;
    }
    let line = |(place, count): (String, usize)| match count {
        1 => place,
        _ => format!("{place}, {count} loops"),
    };
    counts.into_iter().map(line).collect()
}

/// The formula, and its value where it is known.
pub(super) fn shown(poly: &Poly, names: &[String], at: &At) -> String {
    let mut unknown: Vec<Atom> = poly
        .atoms()
        .filter(|a| !matches!(a, Atom::Param(_)))
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    let text = poly.show(&|atom| match atom {
        Atom::Param(k) => names.get(k).cloned().unwrap_or_default(),
        other => {
            let position = unknown.iter().position(|&atom| atom == other);
            format!("?{}", position.unwrap_or(0) + 1)
        }
    });
    match number(poly, names, at) {
        Some(value) if poly.constant().is_none() => format!("{text} = {value}"),
        _ => text,
    }
}

/// The value, rounded, if everything that it depends on is given.
fn number(poly: &Poly, names: &[String], at: &At) -> Option<f64> {
    let value = |atom: Atom| match atom {
        Atom::Param(k) => names.get(k).and_then(|name| at.get(name)).copied(),
        _ => None,
    };
    poly.atoms().all(|atom| value(atom).is_some()).then(|| {
        poly.evaluate(&|atom| value(atom).unwrap_or(0) as f64)
            .round()
    })
}
