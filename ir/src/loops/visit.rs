//! What a statement defines, reads and contains, for everything that walks functions.

use cranelift_entity::SecondaryMap;
use smallvec::{SmallVec, smallvec};

use super::{Block, Function, HostArg, Stmt, Var};

/// A few variables.
pub type Vars = SmallVec<[Var; 4]>;

impl Stmt {
    /// What is visible after the statement, in the order of the text form.
    pub fn outs(&self) -> Vars {
        match self {
            Stmt::Const { out, .. }
            | Stmt::Op { out, .. }
            | Stmt::Splat { out, .. }
            | Stmt::Iota { out }
            | Stmt::Pick { out, .. }
            | Stmt::Shuffle { out, .. }
            | Stmt::Reduce { out, .. }
            | Stmt::Load { out, .. }
            | Stmt::Gather { out, .. }
            | Stmt::Field { out, .. }
            | Stmt::Address { out, .. }
            | Stmt::Advance { out, .. }
            | Stmt::Test { out, .. }
            | Stmt::Malloc { out, .. } => smallvec![*out],
            Stmt::Alloc { buffer, .. } => smallvec![*buffer],
            Stmt::Call { status, .. } => status.iter().copied().collect(),
            Stmt::For(inner) => SmallVec::from_slice(&inner.results),
            Stmt::While(inner) => SmallVec::from_slice(&inner.results),
            Stmt::If(inner) => SmallVec::from_slice(&inner.results),
            Stmt::Store { .. }
            | Stmt::Check { .. }
            | Stmt::Fill { .. }
            | Stmt::Copy { .. }
            | Stmt::Host { .. }
            | Stmt::Fork(_)
            | Stmt::Free { .. }
            | Stmt::Return { .. } => Vars::new(),
        }
    }

    /// What is visible in the blocks of the statement only: the counter and the carries.
    pub fn inner(&self) -> Vars {
        match self {
            Stmt::For(inner) => {
                let carries = inner.carries.iter().map(|carry| carry.var);
                std::iter::once(inner.counter).chain(carries).collect()
            }
            Stmt::While(inner) => inner.carries.iter().map(|carry| carry.var).collect(),
            _ => Vars::new(),
        }
    }

    /// What the statement itself reads (its blocks not included).
    pub fn uses(&self) -> Vars {
        match self {
            Stmt::Const { .. } | Stmt::Iota { .. } => Vars::new(),
            Stmt::Op { args, .. } => SmallVec::from_slice(args),
            Stmt::Splat { arg, .. } | Stmt::Pick { arg, .. } | Stmt::Reduce { arg, .. } => {
                smallvec![*arg]
            }
            Stmt::Shuffle { args, .. } => SmallVec::from_slice(args),
            Stmt::Load { buffer, index, .. } => smallvec![*buffer, *index],
            Stmt::Store {
                buffer,
                index,
                value,
            } => smallvec![*buffer, *index, *value],
            Stmt::Gather {
                buffer,
                index,
                mask,
                ..
            } => [*buffer, *index].into_iter().chain(*mask).collect(),
            Stmt::For(inner) => [inner.lo, inner.hi]
                .into_iter()
                .chain(inner.carries.iter().map(|carry| carry.init))
                .collect(),
            Stmt::While(inner) => inner.carries.iter().map(|carry| carry.init).collect(),
            Stmt::If(inner) => smallvec![inner.condition],
            Stmt::Check { condition, .. } => smallvec![*condition],
            Stmt::Alloc { len, place, .. } => std::iter::once(*len)
                .chain(place.iter().flat_map(|place| [place.base, place.offset]))
                .collect(),
            Stmt::Fill {
                buffer,
                start,
                len,
                value,
            } => smallvec![*buffer, *start, *len, *value],
            Stmt::Copy {
                to,
                to_start,
                from,
                from_start,
                len,
            } => smallvec![*to, *to_start, *from, *from_start, *len],
            Stmt::Call { args, .. } => SmallVec::from_slice(args),
            Stmt::Host { args, .. } => args.iter().flat_map(|arg| arg.vars()).collect(),
            Stmt::Fork(fork) => [fork.count, fork.pool, fork.workers, fork.statuses]
                .into_iter()
                .chain(fork.args.iter().copied())
                .collect(),
            Stmt::Field { base, .. } | Stmt::Address { base, .. } => smallvec![*base],
            Stmt::Advance { base, by, .. } => smallvec![*base, *by],
            Stmt::Test { pointer, .. } | Stmt::Free { pointer } => smallvec![*pointer],
            Stmt::Malloc { bytes, .. } => smallvec![*bytes],
            Stmt::Return { status } => smallvec![*status],
        }
    }

    /// The blocks of the statement, in the order of the text form.
    pub fn blocks(&self) -> SmallVec<[&Block; 2]> {
        match self {
            Stmt::For(inner) => smallvec![&inner.body],
            Stmt::While(inner) => smallvec![&inner.condition, &inner.body],
            Stmt::If(inner) => smallvec![&inner.then, &inner.otherwise],
            _ => SmallVec::new(),
        }
    }
}

impl HostArg {
    /// The variables of the argument.
    pub fn vars(self) -> Vars {
        match self {
            HostArg::Value(var) => smallvec![var],
            HostArg::Buffer { buffer, len } => smallvec![buffer, len],
        }
    }
}

/// The printed name of each variable of a function: its hint, made unique in the order of the text
/// form, or a number. Everything that shows a variable to a person asks this table.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: SecondaryMap<Var, String>,
}

impl Names {
    /// The names of `function`.
    pub fn new(function: &Function) -> Names {
        let mut naming = Naming {
            function,
            names: Names::default(),
            used: std::collections::HashMap::new(),
            unnamed: 0,
        };
        for &param in &function.params {
            naming.add(param);
        }
        naming.block(&function.body);
        naming.names
    }

    /// The name of `var` with its sigil.
    pub fn get(&self, var: Var) -> String {
        match self.names.get(var) {
            Some(name) if !name.is_empty() => format!("%{name}"),
            _ => format!("%undefined.{}", var.as_u32()),
        }
    }
}

struct Naming<'a> {
    function: &'a Function,
    names: Names,
    used: std::collections::HashMap<&'a str, u32>,
    unnamed: u32,
}

impl Naming<'_> {
    fn add(&mut self, var: Var) {
        let hint = match self.function.vars.get(var) {
            Some(data) if is_name(&data.name) => data.name.as_str(),
            Some(_) | None => "",
        };
        let name = if hint.is_empty() {
            self.unnamed += 1;
            format!("{}", self.unnamed - 1)
        } else {
            let count = self.used.entry(hint).or_default();
            *count += 1;
            match *count {
                1 => hint.to_owned(),
                count => format!("{hint}.{}", count - 1),
            }
        };
        if let Some(slot) = self.slot(var) {
            *slot = name;
        }
    }

    /// Only the first definition names a variable.
    fn slot(&mut self, var: Var) -> Option<&mut String> {
        let known = self.function.vars.is_valid(var);
        let map = &mut self.names.names;
        if known && map.get(var).is_none_or(String::is_empty) {
            map.resize(self.function.vars.len());
            return Some(&mut map[var]);
        }
        None
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            for var in stmt.outs().into_iter().chain(stmt.inner()) {
                self.add(var);
            }
            for block in stmt.blocks() {
                self.block(block);
            }
        }
    }
}

/// Whether a hint can be printed as it is: a letter or `_`, then letters, digits and `_`.
fn is_name(hint: &str) -> bool {
    let mut chars = hint.chars();
    chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
