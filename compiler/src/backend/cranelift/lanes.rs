//! Long runs of arithmetic on vectors, as a loop over the lanes.
//!
//! Lanes written out are as many copies of the same code. Where neighbouring statements do the same with each
//! lane, one copy is enough, which runs once for each. A vector that is needed after the run lies on the
//! stack; who needs it reads its lanes from there.

use std::collections::{HashMap, HashSet};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    BlockArg, InstBuilder, MemFlagsData, StackSlot, StackSlotData, StackSlotKind, Value, types,
};
use dfn_ir::loops::{Block, Function, Stmt, Var};

use super::function::{Done, Lanes, Translator};
use super::scalar::machine_type;
use crate::backend::stretch::uses;

/// Vectors of fewer lanes are written out.
const LEAST: u16 = 4;

/// The bytes from one lane to the next on the stack.
const LANE: i32 = 8;

/// How often each variable is read.
pub(super) fn reads(function: &Function) -> HashMap<Var, u32> {
    fn block(block: &Block, count: &mut HashMap<Var, u32>) {
        let mut add = |var: Var| *count.entry(var).or_default() += 1;
        block.yields.iter().copied().for_each(&mut add);
        block.stmts.iter().for_each(|stmt| uses(stmt, &mut add));
    }
    let mut count = HashMap::new();
    block(&function.body, &mut count);
    count
}

/// What a statement is to a run.
enum Part {
    /// The same with each lane: how many.
    Lanes(u16),
    /// Executed once, before the run: a scalar, or one scalar in all lanes.
    Once,
    /// Not in a run.
    No,
}

fn part(function: &Function, stmt: &Stmt) -> Part {
    let lanes = |var: Var| function.value_ty(var).map_or(1, |ty| ty.lanes);
    match stmt {
        Stmt::Const { .. } | Stmt::Splat { .. } => Part::Once,
        Stmt::Op { out, .. } if lanes(*out) == 1 => Part::Once,
        Stmt::Op { out, .. }
        | Stmt::Iota { out }
        | Stmt::Load { out, .. }
        | Stmt::Gather { out, .. }
        | Stmt::Store { value: out, .. }
            if lanes(*out) >= LEAST =>
        {
            Part::Lanes(lanes(*out))
        }
        _ => Part::No,
    }
}

/// Accesses to memory in a run. Lanes are taken one after another, so what is written may be what is
/// accessed elsewhere in the run only in the same lane.
#[derive(Default)]
struct Accesses {
    reads: Vec<(Var, Option<Var>)>,
    writes: Vec<(Var, Option<Var>)>,
}

impl Accesses {
    /// Whether the run may have the statement too.
    fn take(&mut self, function: &Function, stmt: &Stmt) -> bool {
        let apart = |a: &(Var, Option<Var>), b: &(Var, Option<Var>)| {
            let facts = |var: Var| function.vars.get(var).map(|data| data.facts);
            let (Some(first), Some(second)) = (facts(a.0), facts(b.0)) else {
                return false;
            };
            let classes = first.class != second.class && first.class != 0 && second.class != 0;
            classes || (a.1.is_some() && a == b)
        };
        match stmt {
            Stmt::Load { buffer, index, .. } => {
                let access = (*buffer, Some(*index));
                self.reads.push(access);
                self.writes.iter().all(|write| apart(write, &access))
            }
            Stmt::Gather { buffer, .. } => {
                let access = (*buffer, None);
                self.reads.push(access);
                self.writes.iter().all(|write| apart(write, &access))
            }
            Stmt::Store { buffer, index, .. } => {
                let access = (*buffer, Some(*index));
                let mut others = self.reads.iter().chain(&self.writes);
                let apart = others.all(|other| apart(other, &access));
                self.writes.push(access);
                apart
            }
            _ => true,
        }
    }
}

/// Statements that follow one another.
pub(super) struct Run<'a> {
    pub(super) stmts: &'a [Stmt],
    lanes: u16,
    /// Vectors from outside that are no single scalar.
    takes: Vec<Var>,
    /// Vectors that are needed after it.
    gives: Vec<Var>,
    /// What one lane takes.
    length: usize,
}

impl Run<'_> {
    /// Whether one copy and what goes through memory is less than half of a copy for each lane.
    pub(super) fn pays(&self) -> bool {
        let lanes = usize::from(self.lanes);
        let through = self.takes.len() + self.gives.len();
        self.length * lanes > 2 * (self.length + (lanes + 1) * through)
    }
}

impl Translator<'_, '_> {
    /// The run at the start of some statements: as many as belong together, perhaps none.
    pub(super) fn run_of<'s>(&self, stmts: &'s [Stmt]) -> Run<'s> {
        let mut lanes = None;
        let (mut accesses, mut end) = (Accesses::default(), 0);
        for stmt in stmts {
            let belongs = match part(self.function, stmt) {
                Part::Once => true,
                Part::No => false,
                Part::Lanes(count) => {
                    *lanes.get_or_insert(count) == count && accesses.take(self.function, stmt)
                }
            };
            if !belongs {
                break;
            }
            end += 1;
        }
        let stmts = stmts.get(..end).unwrap_or_default();
        self.bounded(stmts, lanes.unwrap_or(1))
    }

    /// What goes in and out.
    fn bounded<'s>(&self, stmts: &'s [Stmt], lanes: u16) -> Run<'s> {
        let (mut made, mut inside) = (Vec::new(), HashMap::<Var, u32>::new());
        let (mut seen, mut takes, mut length) = (HashSet::new(), Vec::new(), 0);
        for stmt in stmts {
            if !matches!(part(self.function, stmt), Part::Lanes(_)) {
                seen.extend(stmt.outs());
                continue;
            }
            length += 1;
            for var in stmt.uses() {
                *inside.entry(var).or_default() += 1;
                let vector = self.function.value_ty(var).is_some_and(|ty| ty.lanes > 1);
                if seen.insert(var) && vector && !self.is_one(var) {
                    takes.push(var);
                }
            }
            seen.extend(stmt.outs());
            made.extend(stmt.outs());
        }
        let reads = |var: &Var| self.reads.get(var).copied().unwrap_or(0);
        made.retain(|var| reads(var) > inside.get(var).copied().unwrap_or(0));
        Run {
            stmts,
            lanes,
            takes,
            gives: made,
            length,
        }
    }

    /// Whether all lanes of a vector are one value.
    fn is_one(&self, var: Var) -> bool {
        let lanes = self.vars.get(var).map(|lanes| lanes.as_slice());
        matches!(lanes, Some([first, rest @ ..]) if rest.iter().all(|lane| lane == first))
    }

    /// Translates a run.
    pub(super) fn run_lanes(&mut self, run: &Run<'_>) -> Done {
        let function = self.function;
        let once = |stmt: &&Stmt| !matches!(part(function, stmt), Part::Lanes(_));
        for stmt in run.stmts.iter().filter(once) {
            self.stmt(stmt)?;
        }
        let takes: Vec<(Var, StackSlot)> = run.takes.iter().map(|&var| self.home(var)).collect();
        let gives = run.gives.iter().map(|&var| (var, self.place(run.lanes)));
        let gives: Vec<(Var, StackSlot)> = gives.collect();
        let [body, after] = [(); 2].map(|()| self.b.create_block());
        let lane = self.b.append_block_param(body, types::I64);
        let zero = self.b.ins().iconst(types::I64, 0);
        self.b.ins().jump(body, &[BlockArg::Value(zero)]);
        self.b.switch_to_block(body);
        self.lane = Some(lane);
        let before = self.take(&takes, lane);
        for stmt in run.stmts.iter().filter(|stmt| !once(stmt)) {
            self.stmt(stmt)?;
        }
        for &(var, slot) in &gives {
            let at = self.lane_of(slot, lane);
            for value in self.lanes(var) {
                self.b.ins().store(MemFlagsData::trusted(), value, at, 0);
            }
        }
        let next = self.b.ins().iadd_imm_s(lane, 1);
        let (less, count) = (IntCC::SignedLessThan, i64::from(run.lanes));
        let more = self.b.ins().icmp_imm_s(less, next, count);
        (self.b.ins()).brif(more, body, &[BlockArg::Value(next)], after, &[]);
        self.b.switch_to_block(after);
        self.lane = None;
        before
            .into_iter()
            .for_each(|(var, lanes)| self.define(var, lanes));
        for (var, slot) in gives {
            self.define(var, Lanes::new());
            self.homes.insert(var, slot);
        }
        Ok(())
    }

    /// Reads a lane of each vector from outside; what these were is given back.
    fn take(&mut self, takes: &[(Var, StackSlot)], lane: Value) -> Vec<(Var, Lanes)> {
        let read = takes.iter().map(|&(var, slot)| {
            let ty = machine_type(self.dtype(var));
            let at = self.lane_of(slot, lane);
            let value = self.b.ins().load(ty, MemFlagsData::trusted(), at, 0);
            let before = self.vars.get(var).cloned().unwrap_or_default();
            self.define(var, [value].into_iter().collect());
            (var, before)
        });
        read.collect()
    }

    fn place(&mut self, lanes: u16) -> StackSlot {
        let bytes = u32::from(lanes) * LANE as u32;
        let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3);
        self.b.create_sized_stack_slot(slot)
    }

    /// A vector, and where it lies: it is written there if it does not yet.
    fn home(&mut self, var: Var) -> (Var, StackSlot) {
        if let Some(&slot) = self.homes.get(&var) {
            return (var, slot);
        }
        let lanes = self.lanes(var);
        let slot = self.place(lanes.len() as u16);
        for (value, offset) in lanes.into_iter().zip((0..).step_by(LANE as usize)) {
            self.b.ins().stack_store(types::I64, value, slot, offset);
        }
        (var, slot)
    }

    fn lane_of(&mut self, slot: StackSlot, lane: Value) -> Value {
        let start = self.b.ins().stack_addr(types::I64, slot, 0);
        let offset = self.b.ins().imul_imm_s(lane, i64::from(LANE));
        self.b.ins().iadd(start, offset)
    }

    /// The lanes of a variable; an address has one. In a run: the lane that it is at.
    pub(super) fn lanes(&mut self, var: Var) -> Lanes {
        let known = self.vars.get(var).cloned().unwrap_or_default();
        if self.lane.is_some() {
            return known.into_iter().take(1).collect();
        }
        let Some(&slot) = self.homes.get(&var) else {
            return known;
        };
        let (ty, width) = (machine_type(self.dtype(var)), self.width(var));
        let offsets = (0..).step_by(LANE as usize).take(width);
        let lanes = offsets.map(|at| self.b.ins().stack_load(types::I64, ty, slot, at));
        lanes.collect()
    }
}
