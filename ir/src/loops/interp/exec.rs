//! Execution of decoded functions.

use cranelift_entity::PrimaryMap;
use smallvec::SmallVec;

use super::code::{Body, Carried, Code, HostSlot, Inst, Range};
use super::kernel::{get, set};
use super::{Memory, Meter};
use crate::loops::host::{Host, HostValue};
use crate::loops::{FuncId, Reduce};
use crate::scalar::Scalar;

/// Why execution cannot go on.
#[derive(Debug)]
pub(super) struct Trap(pub(super) String);

/// What happens after a block: `Some` returns from the function with a status.
type Flow = Option<i32>;

/// An argument: the bits or the address, and for a buffer the end of its memory.
pub(super) type Arg = (u64, u64);

pub(super) struct Machine<'a, M> {
    pub(super) functions: &'a PrimaryMap<FuncId, Code>,
    pub(super) memory: &'a mut Memory,
    pub(super) host: &'a mut dyn Host,
    pub(super) meter: &'a mut M,
}

pub(super) fn signed(slots: &[u64], at: usize) -> i64 {
    get(slots, at) as i64
}

/// Copies slots; the ranges are different variables.
fn shift(slots: &mut [u64], to: Range, from: usize) {
    for lane in 0..to.len {
        let bits = get(slots, from + lane);
        set(slots, to.at + lane, bits);
    }
}

fn shift_all(slots: &mut [u64], to: &[Range], from: &[Range]) {
    for (to, from) in to.iter().zip(from) {
        shift(slots, *to, from.at);
    }
}

/// The next carries; they may be each other's old values.
fn advance(slots: &mut [u64], vars: &[Range], next: &[Range]) {
    if let ([var], [next]) = (vars, next) {
        return shift(slots, *var, next.at);
    }
    let values: SmallVec<[u64; 64]> = next
        .iter()
        .flat_map(|next| next.at..next.at + next.len)
        .map(|at| get(slots, at))
        .collect();
    let targets = vars.iter().flat_map(|var| var.at..var.at + var.len);
    for (at, bits) in targets.zip(values) {
        set(slots, at, bits);
    }
}

fn reduce(slots: &mut [u64], out: usize, arg: Range, how: Reduce) {
    let mut lanes = (0..arg.len).map(|lane| get(slots, arg.at + lane) != 0);
    let value = match how {
        Reduce::Any => lanes.any(|set| set),
        Reduce::All => lanes.all(|set| set),
    };
    set(slots, out, u64::from(value));
}

/// What a callee is given.
pub(super) fn given(slots: &[u64], args: &[Range]) -> Vec<Arg> {
    let arg = |arg: &Range| {
        let end = if arg.len == 2 {
            get(slots, arg.at + 1)
        } else {
            0
        };
        (get(slots, arg.at), end)
    };
    args.iter().map(arg).collect()
}

impl<M: Meter> Machine<'_, M> {
    /// Calls a function from outside.
    pub(super) fn call(&mut self, code: &Code, args: &[u64]) -> Result<i32, Trap> {
        let args: Vec<Arg> = args
            .iter()
            .map(|&bits| (bits, self.memory.end(bits)))
            .collect();
        if args.len() != code.params.len() {
            let (wanted, found) = (code.params.len(), args.len());
            return Err(Trap(format!("{wanted} arguments are needed, not {found}")));
        }
        self.enter(code, &args)
    }

    pub(super) fn enter(&mut self, code: &Code, args: &[Arg]) -> Result<i32, Trap> {
        let mut slots = code.template.clone();
        for (param, &(bits, end)) in code.params.iter().zip(args) {
            set(&mut slots, param.at, bits);
            if param.len == 2 {
                set(&mut slots, param.at + 1, end);
            }
        }
        let status = self.body(&mut slots, &code.body)?;
        status.ok_or_else(|| Trap("no return".into()))
    }

    fn body(&mut self, slots: &mut [u64], body: &Body) -> Result<Flow, Trap> {
        let mut flow = None;
        for inst in &body.insts {
            flow = self.inst(slots, inst)?;
            if flow.is_some() {
                break;
            }
        }
        for &buffer in &body.temporaries {
            // A block that was left early may not have reached the allocation.
            let address = get(slots, buffer);
            set(slots, buffer, 0);
            self.memory.free(address)?;
        }
        Ok(flow)
    }

    fn inst(&mut self, slots: &mut [u64], inst: &Inst) -> Result<Flow, Trap> {
        match inst {
            Inst::Op {
                kernel,
                operands,
                float,
            } => {
                kernel(slots, *operands);
                self.meter.ops(*float, operands.lanes as u64);
            }
            Inst::Splat { out, arg } => {
                let bits = get(slots, *arg);
                (0..out.len).for_each(|lane| set(slots, out.at + lane, bits));
            }
            Inst::Move { out, from } => shift(slots, *out, *from),
            Inst::Shuffle { out, from } => {
                for (lane, &from) in (out.at..).zip(from) {
                    set(slots, lane, get(slots, from));
                }
            }
            Inst::Reduce { out, arg, how } => {
                reduce(slots, *out, *arg, *how);
                self.meter.ops(false, arg.len as u64);
            }
            Inst::Check { condition, code } => {
                return Ok((get(slots, *condition) == 0).then_some(*code));
            }
            Inst::Return { status } => return Ok(Some(get(slots, *status) as i32)),
            Inst::For { .. } | Inst::While { .. } | Inst::If { .. } => {
                return self.control(slots, inst);
            }
            Inst::Call {
                callee,
                args,
                status,
            } => return self.call_inner(slots, *callee, args, *status),
            Inst::Fork { .. } => self.fork(slots, inst)?,
            Inst::Host { name, args } => return self.call_host(slots, name, args),
            _ => self.memory_inst(slots, inst)?,
        }
        Ok(None)
    }

    fn control(&mut self, slots: &mut [u64], inst: &Inst) -> Result<Flow, Trap> {
        match inst {
            Inst::For { .. } => self.for_loop(slots, inst),
            Inst::While {
                carried,
                condition,
                body,
            } => self.while_loop(slots, carried, condition, body),
            Inst::If {
                condition,
                arms: [then, otherwise],
                results,
            } => {
                let taken = match get(slots, *condition) {
                    0 => otherwise,
                    _ => then,
                };
                let flow = self.body(slots, taken)?;
                shift_all(slots, results, &taken.yields);
                Ok(flow)
            }
            _ => Ok(None),
        }
    }

    fn for_loop(&mut self, slots: &mut [u64], inst: &Inst) -> Result<Flow, Trap> {
        let Inst::For {
            counter,
            bounds: [lo, hi],
            step,
            reverse,
            carried,
            body,
        } = inst
        else {
            return Ok(None);
        };
        let (lo, hi) = (signed(slots, *lo), signed(slots, *hi));
        let trips = trips(lo, hi, *step)?;
        shift_all(slots, &carried.vars, &carried.inits);
        for trip in 0..trips {
            let trip = if *reverse { trips - 1 - trip } else { trip };
            // Below `hi`, so this does not wrap.
            let value = (lo as u64).wrapping_add(trip.wrapping_mul(*step as u64));
            set(slots, *counter, value);
            let flow = self.body(slots, body)?;
            if flow.is_some() {
                return Ok(flow);
            }
            advance(slots, &carried.vars, &body.yields);
        }
        shift_all(slots, &carried.results, &carried.vars);
        Ok(None)
    }

    fn while_loop(
        &mut self,
        slots: &mut [u64],
        carried: &Carried,
        condition: &Body,
        body: &Body,
    ) -> Result<Flow, Trap> {
        shift_all(slots, &carried.vars, &carried.inits);
        loop {
            let flow = self.body(slots, condition)?;
            if flow.is_some() {
                return Ok(flow);
            }
            let holds = condition
                .yields
                .first()
                .is_some_and(|range| get(slots, range.at) != 0);
            if !holds {
                break;
            }
            let flow = self.body(slots, body)?;
            if flow.is_some() {
                return Ok(flow);
            }
            advance(slots, &carried.vars, &body.yields);
        }
        shift_all(slots, &carried.results, &carried.vars);
        Ok(None)
    }

    fn call_inner(
        &mut self,
        slots: &mut [u64],
        callee: FuncId,
        args: &[Range],
        status: Option<usize>,
    ) -> Result<Flow, Trap> {
        let Some(code) = self.functions.get(callee) else {
            return Err(Trap("no such function".into()));
        };
        let args = given(slots, args);
        let result = self
            .enter(code, &args)
            .map_err(|trap| Trap(format!("in @{}: {}", code.name, trap.0)))?;
        match status {
            Some(status) => {
                set(slots, status, u64::from(result as u32));
                Ok(None)
            }
            None => Ok((result != 0).then_some(result)),
        }
    }

    fn call_host(
        &mut self,
        slots: &mut [u64],
        name: &str,
        args: &[HostSlot],
    ) -> Result<Flow, Trap> {
        // The host gets copies, which are written back: it may have several buffers at once.
        let mut buffers = Vec::new();
        for arg in args {
            if let HostSlot::Buffer(buffer, len, dtype) = arg {
                let len = signed(slots, *len).max(0) as usize * dtype.bytes() as usize;
                let address = get(slots, *buffer);
                let Some(bytes) = self.memory.bytes(address, len) else {
                    return Err(Trap(format!("{name}: {len} bytes are not in a buffer")));
                };
                buffers.push((address, bytes.to_vec()));
            }
        }
        let mut copies = buffers.iter_mut();
        let mut values: Vec<HostValue<'_>> = args
            .iter()
            .filter_map(|arg| match arg {
                HostSlot::Scalar(at, dtype) => Some(HostValue::Scalar(Scalar::from_bits(
                    *dtype,
                    get(slots, *at),
                ))),
                HostSlot::Buffer(_, _, dtype) => {
                    copies.next().map(|(_, bytes)| HostValue::Buffer {
                        dtype: *dtype,
                        bytes,
                    })
                }
            })
            .collect();
        let status = self.host.call(name, &mut values);
        for (address, bytes) in &buffers {
            if let Some(to) = self.memory.bytes_mut(*address, bytes.len()) {
                to.copy_from_slice(bytes);
            }
        }
        Ok((status != 0).then_some(status))
    }
}

/// How often a loop runs. Compiled code steps past the last value, which must not wrap around.
fn trips(lo: i64, hi: i64, step: i64) -> Result<u64, Trap> {
    if lo >= hi {
        return Ok(0);
    }
    if hi.checked_add(step).is_none() || lo.checked_sub(step).is_none() {
        return Err(Trap(format!("a loop from {lo} to {hi} by {step}")));
    }
    Ok((hi.wrapping_sub(lo) as u64).div_ceil(step as u64))
}
