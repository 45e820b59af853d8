//! Rare arms as functions: the long way of an elementary function is the same code wherever it is needed,
//! so it is compiled once and called.
//!
//! An arm is taken out if it computes with values alone (no memory, no checks) and the program has it more
//! than once. What it takes from outside becomes its parameters, constants excepted, which are repeated. Two
//! arms are the same if they are equal after numbering their variables anew, in the order of their
//! statements.

use cranelift_entity::PrimaryMap;
use dfn_ir::loops::{
    Block, Carry, Chance, For, FuncId, Function, If, Linkage, Program, Stmt, Ty, Var, VarData,
    VarTy, While,
};
use dfn_ir::scalar::Scalar;
use std::collections::HashMap;

/// Arms with fewer statements are not taken out where code is made as it stands: they are less than a call.
pub(super) const SHORT: usize = 16;

/// Nor these where what counts is speed: a call wants registers, which the code around it then lacks.
#[cfg(feature = "llvm")]
pub(super) const MIDDLING: usize = 256;

/// An arm, as a function of values that yields values.
#[derive(Debug)]
pub(super) struct Arm {
    /// The parameters may be vectors; the body yields the results and does not return.
    pub(super) function: Function,
    /// Whether it is seldom called.
    #[cfg_attr(
        not(feature = "llvm"),
        expect(dead_code, reason = "LLVM alone puts functions out of the way")
    )]
    pub(super) seldom: bool,
}

/// The bytes that a value takes where arms find it: whole words, enough for any form of a truth value.
pub(super) fn room(ty: Ty) -> u32 {
    u32::from(ty.lanes) * ty.dtype.bytes().max(8)
}

fn room_of(function: &Function, vars: &[Var]) -> u32 {
    let types = vars.iter().filter_map(|&var| function.value_ty(var));
    types.map(room).sum()
}

/// Where an arm stood.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Its position in [`Rare::arms`].
    pub(super) arm: usize,
    /// What the arm is called with.
    pub(super) args: Vec<Var>,
    /// The bytes that either its parameters or its results take.
    pub(super) bytes: u32,
}

/// The arms of one function that are taken out, by the first result of their branches.
pub(super) type Sites = HashMap<Var, Site>;

/// Where the first arm of a branch is taken out, and the function that a backend has made of it.
pub(super) fn taken<'a, F>(
    branch: &If,
    sites: Option<&'a Sites>,
    functions: &'a [F],
) -> Option<(&'a Site, &'a F)> {
    let site = sites?.get(branch.results.first()?)?;
    Some((site, functions.get(site.arm)?))
}

/// The arms of a program that are taken out.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub(super) arms: Vec<Arm>,
    pub(super) sites: PrimaryMap<FuncId, Sites>,
}

impl Rare {
    /// Finds those with `least` statements and more.
    pub(super) fn of(program: &Program, least: usize) -> Rare {
        let mut rare = Rare::default();
        let mut seen: HashMap<(usize, Vec<VarTy>), Vec<usize>> = HashMap::new();
        for function in program.functions.values() {
            let mut found = Vec::new();
            let mut constants = HashMap::new();
            search(function, &function.body, least, &mut constants, &mut found);
            let mut sites = Sites::new();
            for (first, arm, args, seldom) in found {
                let bytes = [&arm.params, &arm.body.yields].map(|vars| room_of(&arm, vars));
                let bytes = bytes.into_iter().max().unwrap_or(0);
                let types = arm.vars.values().map(|data| data.ty).collect();
                let alike = seen.entry((args.len(), types)).or_default();
                let known = alike.iter().copied().find(|&k| {
                    let known = rare.arms.get(k);
                    known.is_some_and(|known| known.function == arm)
                });
                let arm = known.unwrap_or_else(|| {
                    alike.push(rare.arms.len());
                    rare.arms.push(Arm {
                        function: arm,
                        seldom,
                    });
                    rare.arms.len() - 1
                });
                sites.insert(first, Site { arm, args, bytes });
            }
            rare.sites.push(sites);
        }
        rare.drop_single();
        rare
    }

    /// What stands in one place only stays there.
    fn drop_single(&mut self) {
        let mut counts = vec![0usize; self.arms.len()];
        for site in self.sites.values().flat_map(HashMap::values) {
            if let Some(count) = counts.get_mut(site.arm) {
                *count += 1;
            }
        }
        let mut left = 0;
        let places: Vec<Option<usize>> = counts
            .iter()
            .map(|&count| {
                let place = (count > 1).then_some(left);
                left += usize::from(count > 1);
                place
            })
            .collect();
        let place = |arm: usize| places.get(arm).copied().flatten();
        for sites in self.sites.values_mut() {
            sites.retain(|_, site| match place(site.arm) {
                Some(arm) => {
                    site.arm = arm;
                    true
                }
                None => false,
            });
        }
        let mut position = 0;
        self.arms.retain(|_| {
            position += 1;
            place(position - 1).is_some()
        });
    }
}

type Found = Vec<(Var, Function, Vec<Var>, bool)>;

fn search(
    function: &Function,
    block: &Block,
    least: usize,
    constants: &mut HashMap<Var, Scalar>,
    found: &mut Found,
) {
    for stmt in &block.stmts {
        if let Stmt::Const { out, value } = stmt {
            constants.insert(*out, *value);
        }
        if let Stmt::If(inner) = stmt
            && inner.chance != Chance::Even
            && let Some(&first) = inner.results.first()
            && length(&inner.then) >= least
            && let Some((arm, args)) = taken_out(function, &inner.then, constants)
        {
            found.push((first, arm, args, inner.chance == Chance::Rare));
            search(function, &inner.otherwise, least, constants, found);
            continue;
        }
        for inner in stmt.blocks() {
            search(function, inner, least, constants, found);
        }
    }
}

/// The arm as a function, and what it is called with; nothing if it does more than compute.
fn taken_out(
    function: &Function,
    arm: &Block,
    constants: &HashMap<Var, Scalar>,
) -> Option<(Function, Vec<Var>)> {
    let mut copy = Copy {
        from: function,
        constants,
        to: Function {
            name: String::new(),
            linkage: Linkage::Local,
            vars: PrimaryMap::new(),
            params: Vec::new(),
            body: Block::default(),
        },
        names: HashMap::new(),
        args: Vec::new(),
        repeated: Vec::new(),
    };
    let mut body = copy.block(arm)?;
    body.stmts.splice(0..0, copy.repeated);
    copy.to.body = body;
    Some((copy.to, copy.args))
}

fn length(block: &Block) -> usize {
    let inner = block.stmts.iter().flat_map(Stmt::blocks);
    block.stmts.len() + inner.map(length).sum::<usize>()
}

/// Copies statements to a function of their own, under new numbers.
struct Copy<'a> {
    from: &'a Function,
    constants: &'a HashMap<Var, Scalar>,
    to: Function,
    names: HashMap<Var, Var>,
    args: Vec<Var>,
    repeated: Vec<Stmt>,
}

impl Copy<'_> {
    fn fresh(&mut self, var: Var) -> Option<Var> {
        let ty = VarTy::Value(self.from.value_ty(var)?);
        let new = self.to.vars.push(VarData {
            ty,
            name: String::new(),
            facts: dfn_ir::loops::Facts::default(),
        });
        self.names.insert(var, new);
        Some(new)
    }

    /// The new number of what is used; nothing for an address.
    fn used(&mut self, var: Var) -> Option<Var> {
        if let Some(&known) = self.names.get(&var) {
            return Some(known);
        }
        let new = self.fresh(var)?;
        match self.constants.get(&var) {
            Some(&value) => self.repeated.push(Stmt::Const { out: new, value }),
            None => {
                self.to.params.push(new);
                self.args.push(var);
            }
        }
        Some(new)
    }

    fn all<C: FromIterator<Var>>(&mut self, vars: &[Var]) -> Option<C> {
        vars.iter().map(|&var| self.used(var)).collect()
    }

    fn defined(&mut self, vars: &[Var]) -> Option<Vec<Var>> {
        vars.iter().map(|&var| self.fresh(var)).collect()
    }

    fn block(&mut self, block: &Block) -> Option<Block> {
        let stmts = block.stmts.iter().map(|stmt| self.stmt(stmt));
        Some(Block {
            stmts: stmts.collect::<Option<_>>()?,
            yields: self.all(&block.yields)?,
        })
    }

    fn stmt(&mut self, stmt: &Stmt) -> Option<Stmt> {
        Some(match stmt {
            Stmt::Const { out, value } => Stmt::Const {
                out: self.fresh(*out)?,
                value: *value,
            },
            Stmt::Op { out, op, args } => Stmt::Op {
                args: self.all(args)?,
                op: *op,
                out: self.fresh(*out)?,
            },
            Stmt::Splat { out, arg } => Stmt::Splat {
                arg: self.used(*arg)?,
                out: self.fresh(*out)?,
            },
            Stmt::Iota { out } => Stmt::Iota {
                out: self.fresh(*out)?,
            },
            Stmt::Pick { out, arg, pick } => Stmt::Pick {
                arg: self.used(*arg)?,
                pick: *pick,
                out: self.fresh(*out)?,
            },
            Stmt::Shuffle { out, args, lanes } => Stmt::Shuffle {
                args: [self.used(args[0])?, self.used(args[1])?],
                lanes: lanes.clone(),
                out: self.fresh(*out)?,
            },
            Stmt::Reduce { out, arg, how } => Stmt::Reduce {
                arg: self.used(*arg)?,
                how: *how,
                out: self.fresh(*out)?,
            },
            Stmt::If(inner) => Stmt::If(Box::new(self.choice(inner)?)),
            Stmt::For(inner) => Stmt::For(Box::new(self.counted(inner)?)),
            Stmt::While(inner) => Stmt::While(Box::new(self.repeated(inner)?)),
            // Memory, checks, calls.
            _ => return None,
        })
    }

    fn choice(&mut self, inner: &If) -> Option<If> {
        Some(If {
            condition: self.used(inner.condition)?,
            chance: inner.chance,
            then: self.block(&inner.then)?,
            otherwise: self.block(&inner.otherwise)?,
            results: self.defined(&inner.results)?,
        })
    }

    fn carries(&mut self, carries: &[Carry]) -> Option<Vec<Carry>> {
        let inits = carries.iter().map(|carry| self.used(carry.init));
        let inits: Vec<Var> = inits.collect::<Option<_>>()?;
        let pairs = carries.iter().zip(inits);
        let made = pairs.map(|(carry, init)| {
            let var = self.fresh(carry.var)?;
            Some(Carry { var, init })
        });
        made.collect()
    }

    fn counted(&mut self, inner: &For) -> Option<For> {
        Some(For {
            lo: self.used(inner.lo)?,
            hi: self.used(inner.hi)?,
            counter: self.fresh(inner.counter)?,
            step: inner.step,
            reverse: inner.reverse,
            parallel: inner.parallel,
            carries: self.carries(&inner.carries)?,
            body: self.block(&inner.body)?,
            results: self.defined(&inner.results)?,
        })
    }

    fn repeated(&mut self, inner: &While) -> Option<While> {
        Some(While {
            carries: self.carries(&inner.carries)?,
            condition: self.block(&inner.condition)?,
            body: self.block(&inner.body)?,
            results: self.defined(&inner.results)?,
        })
    }
}
