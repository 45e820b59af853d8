//! Long blocks in stretches: what is needed in a later stretch waits in memory.
//!
//! Allocators of registers go, for each value, through the machine's blocks in which it is alive. A function
//! of thousands of branches one after another, whose first values are needed last (as those of a derivative
//! are), costs the square of its length. So a long block is cut into stretches of a bounded number of
//! branches. Where one ends, what later ones need of it is written to the stack; where one begins, what it
//! needs of others is read. Then no value is alive for long, and the time is proportional to the length.
//!
//! Short blocks, which are nearly all, stay as they are.

use std::collections::HashMap;

use dfn_ir::loops::{Block, Function, Stmt, Var, VarTy};

use super::rare::room;

/// The branches of a stretch.
const BRANCHES: usize = 64;

/// Blocks with fewer branches are not cut.
const LONG: usize = 4 * BRANCHES;

/// What happens between two stretches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// The statement before which it is.
    pub(super) before: usize,
    /// What is written, and the byte at which it lies.
    pub(super) write: Vec<(Var, u32)>,
    /// What is read.
    pub(super) read: Vec<(Var, u32)>,
    /// Statements that are translated again: constants.
    pub(super) again: Vec<usize>,
}

/// Where a block is cut.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cuts {
    /// In order; none in a block that is not long.
    pub(super) cuts: Vec<Cut>,
    /// The bytes of the stack that are needed.
    pub(super) bytes: u32,
}

impl Cuts {
    /// Those of a block.
    pub(super) fn of(function: &Function, block: &Block) -> Cuts {
        let starts = starts(block);
        if starts.len() * BRANCHES < LONG {
            return Cuts::default();
        }
        // What is needed after a block may not be read anew within it; after the whole function, nothing is.
        let whole = std::ptr::eq(block, &raw const function.body);
        let params: &[Var] = if whole { &function.params } else { &[] };
        let stretches = Stretches::of(params, block, &starts);
        stretches.cuts(function, block, &starts)
    }
}

/// The machine's branches of a statement, about.
pub(super) fn branches(stmt: &Stmt) -> usize {
    let own = match stmt {
        Stmt::For(_) | Stmt::While(_) | Stmt::If(_) | Stmt::Check { .. } | Stmt::Call { .. } => 1,
        Stmt::Host { .. } | Stmt::Fill { .. } | Stmt::Copy { .. } | Stmt::Fork(_) => 1,
        _ => 0,
    };
    let blocks = stmt.blocks();
    let inner = blocks.iter().flat_map(|block| &block.stmts);
    own + inner.map(branches).sum::<usize>()
}

/// The first statement of each stretch but the first.
fn starts(block: &Block) -> Vec<usize> {
    let (mut starts, mut sum) = (Vec::new(), 0);
    for (position, stmt) in block.stmts.iter().enumerate() {
        if sum >= BRANCHES {
            starts.push(position);
            sum = 0;
        }
        sum += branches(stmt);
    }
    starts
}

/// Calls `each` with what a statement and its blocks read.
pub(super) fn uses(stmt: &Stmt, each: &mut impl FnMut(Var)) {
    stmt.uses().into_iter().for_each(&mut *each);
    for block in stmt.blocks() {
        block.stmts.iter().for_each(|stmt| uses(stmt, each));
        block.yields.iter().copied().for_each(&mut *each);
    }
}

/// A variable that the block itself defines, or a parameter.
#[derive(Clone, Copy, Debug)]
struct Defined {
    stretch: usize,
    /// Where; nowhere if it is a parameter.
    position: Option<usize>,
    /// The last stretch that needs it.
    last: usize,
}

struct Stretches {
    defined: HashMap<Var, Defined>,
    /// What each stretch needs of those before it.
    needed: Vec<Vec<Var>>,
    /// What it defines.
    defines: Vec<Vec<Var>>,
}

impl Stretches {
    fn of(params: &[Var], block: &Block, starts: &[usize]) -> Stretches {
        let count = starts.len() + 1;
        let mut this = Stretches {
            defined: HashMap::new(),
            needed: vec![Vec::new(); count],
            defines: vec![Vec::new(); count],
        };
        for &param in params {
            this.define(param, 0, None);
        }
        let (mut stretch, mut ends) = (0, starts.iter().copied().peekable());
        for (position, stmt) in block.stmts.iter().enumerate() {
            stretch += usize::from(ends.next_if_eq(&position).is_some());
            uses(stmt, &mut |var| this.used(var, stretch));
            for out in stmt.outs() {
                this.define(out, stretch, Some(position));
            }
        }
        for &var in &block.yields {
            this.used(var, stretch);
        }
        this
    }

    fn define(&mut self, var: Var, stretch: usize, position: Option<usize>) {
        let last = stretch;
        let defined = Defined {
            stretch,
            position,
            last,
        };
        self.defined.insert(var, defined);
        if let Some(defines) = self.defines.get_mut(stretch) {
            defines.push(var);
        }
    }

    fn used(&mut self, var: Var, stretch: usize) {
        if let Some(defined) = self.defined.get_mut(&var)
            && defined.last < stretch
        {
            defined.last = stretch;
            if let Some(needed) = self.needed.get_mut(stretch) {
                needed.push(var);
            }
        }
    }

    fn cuts(&self, function: &Function, block: &Block, starts: &[usize]) -> Cuts {
        let mut stack = Stack::default();
        let mut places: HashMap<Var, u32> = HashMap::new();
        let mut cuts = Vec::new();
        for (ending, &before) in starts.iter().enumerate() {
            let mut cut = Cut {
                before,
                ..Cut::default()
            };
            for &var in self.defines.get(ending).into_iter().flatten() {
                if self.waits(block, var) {
                    let place = stack.take(words(function, var));
                    places.insert(var, place);
                    cut.write.push((var, place));
                }
            }
            for &var in self.needed.get(ending + 1).into_iter().flatten() {
                match (self.constant(block, var), places.get(&var)) {
                    (None, Some(&place)) => cut.read.push((var, place)),
                    (position, _) => cut.again.extend(position),
                }
            }
            for &(var, place) in &cut.read {
                if self.last(var) == Some(ending + 1) {
                    stack.give_back(words(function, var), place);
                }
            }
            cuts.push(cut);
        }
        Cuts {
            cuts,
            bytes: stack.bytes,
        }
    }

    /// Whether a later stretch needs a variable, which is no constant.
    fn waits(&self, block: &Block, var: Var) -> bool {
        let defined = self.defined.get(&var);
        let later = defined.is_some_and(|defined| defined.last > defined.stretch);
        later && self.constant(block, var).is_none()
    }

    fn last(&self, var: Var) -> Option<usize> {
        self.defined.get(&var).map(|defined| defined.last)
    }

    /// Where a constant is defined.
    fn constant(&self, block: &Block, var: Var) -> Option<usize> {
        let position = self.defined.get(&var)?.position?;
        let stmt = block.stmts.get(position)?;
        matches!(stmt, Stmt::Const { .. }).then_some(position)
    }
}

/// The bytes of a variable in whole words.
fn words(function: &Function, var: Var) -> u32 {
    match function.ty(var) {
        VarTy::Value(ty) => room(ty),
        VarTy::Buffer(_) | VarTy::Pointer => 8,
    }
}

/// Places on the stack; one that is given back is taken again for as many bytes.
#[derive(Default)]
struct Stack {
    bytes: u32,
    free: std::collections::BTreeMap<u32, Vec<u32>>,
}

impl Stack {
    fn take(&mut self, bytes: u32) -> u32 {
        let free = self.free.get_mut(&bytes).and_then(Vec::pop);
        free.unwrap_or_else(|| {
            self.bytes += bytes;
            self.bytes - bytes
        })
    }

    fn give_back(&mut self, bytes: u32, place: u32) {
        self.free.entry(bytes).or_default().push(place);
    }
}
