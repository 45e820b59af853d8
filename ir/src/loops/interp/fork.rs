//! Calls on a pool of threads: the interpreter has one thread, and runs them one after the other.
//!
//! The pool is read like that of compiled code, but for its function, which the interpreter is in the place
//! of. The word of its context says in which order calls run: 0 is the order of their numbers, other words
//! are seeds of an order without rule. A program whose results depend on it is wrong.

use super::Meter;
use super::code::Inst;
use super::exec::{Arg, Machine, Trap, given, signed};
use super::kernel::get;
use crate::loops::Fork;
use crate::scalar::{DType, Scalar};

impl<M: Meter> Machine<'_, M> {
    pub(super) fn fork(&mut self, slots: &[u64], inst: &Inst) -> Result<(), Trap> {
        let Inst::Fork {
            callee,
            args,
            count,
            pool,
            statuses,
        } = inst
        else {
            return Ok(());
        };
        let code = self.functions.get(*callee);
        let code = code.ok_or_else(|| Trap("no such function".into()))?;
        let pool = get(slots, *pool);
        let seed = self.word(pool, Fork::CONTEXT)?;
        let workers = self.word(pool, Fork::WORKERS)?.max(1);
        let shared = given(slots, args);
        for (nth, call) in order(signed(slots, *count), seed).into_iter().enumerate() {
            let mut args: Vec<Arg> = vec![(call, 0), (nth as u64 % workers, 0)];
            args.extend(&shared);
            let status = self
                .enter(code, &args)
                .map_err(|trap| Trap(format!("in @{}: {}", code.name, trap.0)))?;
            let at = get(slots, *statuses).wrapping_add(4 * call);
            if !self.memory.write(at, Scalar::I32(status)) {
                return Err(Trap("the status of a call is out of bounds".into()));
            }
        }
        Ok(())
    }

    fn word(&self, pool: u64, offset: u32) -> Result<u64, Trap> {
        let read = self.memory.read(pool + u64::from(offset), DType::U64, 1);
        let word = read.and_then(|words| words.first().map(|word| word.to_bits()));
        word.ok_or_else(|| Trap("there is no pool".into()))
    }
}

/// The numbers below `count`, mixed by `seed` if that is not 0.
fn order(count: i64, seed: u64) -> Vec<u64> {
    let mut calls: Vec<u64> = (0..count.max(0) as u64).collect();
    if seed == 0 {
        return calls;
    }
    let mut state = seed;
    for last in (1..calls.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let other = (state >> 33) as usize % (last + 1);
        calls.swap(last, other);
    }
    calls
}
