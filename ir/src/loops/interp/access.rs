//! Execution of instructions on memory and addresses.

use super::Meter;
use super::code::{Element, Inst, Range};
use super::exec::{Machine, Trap, signed};
use super::kernel::{get, set};
use crate::loops::PointerTest;
use crate::scalar::DType;

impl<M: Meter> Machine<'_, M> {
    pub(super) fn memory_inst(&mut self, slots: &mut [u64], inst: &Inst) -> Result<(), Trap> {
        match inst {
            Inst::Load { out, from } => {
                let address = address(slots, *from, signed(slots, from.index), out.len)?;
                for lane in 0..out.len {
                    let bits = self.load(address, *from, lane)?;
                    set(slots, out.at + lane, bits);
                }
                self.meter.loads(out.len as u64);
            }
            Inst::Store { to, value } => {
                let address = address(slots, *to, signed(slots, to.index), value.len)?;
                for lane in 0..value.len {
                    self.store(address, *to, lane, get(slots, value.at + lane))?;
                }
                self.meter.stores(value.len as u64);
            }
            Inst::Gather { out, from, mask } => self.gather(slots, *out, *from, *mask)?,
            Inst::Fill { to, len, value } => {
                let len = signed(slots, *len).max(0) as usize;
                self.fill(slots, *to, len, get(slots, *value))?;
            }
            Inst::Copy { to, from, len } => {
                let len = signed(slots, *len).max(0) as usize;
                self.copy(slots, *to, *from, len)?;
            }
            _ => self.address_inst(slots, inst)?,
        }
        Ok(())
    }

    fn gather(
        &mut self,
        slots: &mut [u64],
        out: Range,
        from: Element,
        mask: Option<usize>,
    ) -> Result<(), Trap> {
        for lane in 0..out.len {
            let active = mask.is_none_or(|mask| get(slots, mask + lane) != 0);
            let mut bits = 0;
            if active {
                let index = signed(slots, from.index + lane);
                bits = self.load(address(slots, from, index, 1)?, from, 0)?;
                self.meter.loads(1);
            }
            set(slots, out.at + lane, bits);
        }
        Ok(())
    }

    fn fill(&mut self, slots: &[u64], to: Element, len: usize, bits: u64) -> Result<(), Trap> {
        if len == 0 {
            return Ok(());
        }
        let target = address(slots, to, signed(slots, to.index), len)?;
        for lane in 0..len {
            self.store(target, to, lane, bits)?;
        }
        self.meter.stores(len as u64);
        Ok(())
    }

    fn copy(&mut self, slots: &[u64], to: Element, from: Element, len: usize) -> Result<(), Trap> {
        if len == 0 {
            return Ok(());
        }
        let target = address(slots, to, signed(slots, to.index), len)?;
        let source = address(slots, from, signed(slots, from.index), len)?;
        for lane in 0..len {
            let bits = self.load(source, from, lane)?;
            self.store(target, to, lane, bits)?;
        }
        self.meter.copies(len as u64);
        Ok(())
    }

    fn load(&self, address: u64, element: Element, lane: usize) -> Result<u64, Trap> {
        let size = element.dtype.bytes();
        let address = address + lane as u64 * u64::from(size);
        let bits = match (element.dtype, size) {
            (DType::Bool, _) => self
                .memory
                .load::<1>(address)
                .map(|bits| u64::from(bits != 0)),
            (_, 4) => self.memory.load::<4>(address),
            _ => self.memory.load::<8>(address),
        };
        bits.ok_or_else(|| Trap("a read outside of all memory".into()))
    }

    fn store(
        &mut self,
        address: u64,
        element: Element,
        lane: usize,
        bits: u64,
    ) -> Result<(), Trap> {
        let size = element.dtype.bytes();
        let address = address + lane as u64 * u64::from(size);
        let done = match size {
            1 => self.memory.store::<1>(address, bits),
            4 => self.memory.store::<4>(address, bits),
            _ => self.memory.store::<8>(address, bits),
        };
        done.ok_or_else(|| Trap("a write outside of all memory".into()))
    }

    fn address_inst(&mut self, slots: &mut [u64], inst: &Inst) -> Result<(), Trap> {
        match inst {
            Inst::Alloc {
                buffer,
                len,
                size,
                place,
            } => self.alloc(slots, *buffer, signed(slots, *len), *size, *place)?,
            Inst::Field {
                out,
                base,
                offset,
                dtype,
            } => {
                let address = get(slots, *base) + u64::from(*offset);
                let element = Element {
                    buffer: 0,
                    index: 0,
                    dtype: *dtype,
                };
                let bits = self.load(address, element, 0)?;
                set(slots, *out, bits);
            }
            Inst::Address { out, base, offset } => {
                let address = get(slots, *base).wrapping_add(u64::from(*offset));
                set(slots, out.at, address);
                if out.len == 2 {
                    set(slots, out.at + 1, self.memory.end(address));
                }
            }
            Inst::Advance {
                out,
                base,
                by,
                size,
            } => self.advance(slots, *out, *base, signed(slots, *by) * i64::from(*size))?,
            _ => self.pointer_inst(slots, inst)?,
        }
        Ok(())
    }

    fn pointer_inst(&mut self, slots: &mut [u64], inst: &Inst) -> Result<(), Trap> {
        match inst {
            Inst::Test { out, pointer, test } => {
                let address = get(slots, *pointer);
                let value = match test {
                    PointerTest::Null => address == 0,
                    PointerTest::Misaligned(to) => !address.is_multiple_of(u64::from(*to)),
                };
                set(slots, *out, u64::from(value));
            }
            Inst::Malloc { out, bytes } => {
                let bytes = usize::try_from(signed(slots, *bytes)).ok();
                let address = bytes.map_or(0, |bytes| self.memory.alloc(bytes));
                set(slots, *out, address);
            }
            Inst::Free { pointer } => self.memory.free(get(slots, *pointer))?,
            _ => {}
        }
        Ok(())
    }

    fn advance(
        &mut self,
        slots: &mut [u64],
        out: Range,
        base: usize,
        bytes: i64,
    ) -> Result<(), Trap> {
        let address = get(slots, base).wrapping_add_signed(bytes);
        if out.len == 2 {
            let end = get(slots, base + 1);
            if bytes < 0 || address > end {
                return Err(Trap("an address outside of its buffer".into()));
            }
            set(slots, out.at + 1, end);
        }
        set(slots, out.at, address);
        Ok(())
    }

    fn alloc(
        &mut self,
        slots: &mut [u64],
        buffer: usize,
        len: i64,
        size: u32,
        place: Option<[usize; 2]>,
    ) -> Result<(), Trap> {
        let bytes = usize::try_from(len)
            .ok()
            .and_then(|len| len.checked_mul(size as usize))
            .ok_or_else(|| Trap(format!("a buffer of {len} elements")))?;
        let address = match place {
            None => self.memory.alloc(bytes),
            Some([base, offset]) => {
                let address = get(slots, base).wrapping_add(get(slots, offset));
                if !address.is_multiple_of(u64::from(size)) {
                    return Err(Trap("a buffer is not aligned in the workspace".into()));
                }
                self.memory.unset(address, bytes)?;
                address
            }
        };
        set(slots, buffer, address);
        set(slots, buffer + 1, address + bytes as u64);
        Ok(())
    }
}

/// The address of `len` elements from `index` on, inside of the buffer.
fn address(slots: &[u64], element: Element, index: i64, len: usize) -> Result<u64, Trap> {
    let base = get(slots, element.buffer);
    let end = get(slots, element.buffer + 1);
    let size = i128::from(element.dtype.bytes());
    let first = i128::from(base) + i128::from(index) * size;
    let last = first + len as i128 * size;
    if first < i128::from(base) || last > i128::from(end) {
        let room = i128::from(end.saturating_sub(base)) / size;
        return Err(Trap(format!(
            "elements {index} to {} of a buffer of {room}",
            i128::from(index) + len as i128
        )));
    }
    Ok(first as u64)
}
