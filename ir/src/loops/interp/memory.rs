//! The interpreter's memory: regions of bytes with checked access.
//!
//! An address is the number of a region and an offset in it, packed in 64 bits so that it fits where a
//! machine address would: in a slot, an argument, or a member of a C struct. Numbers are not used again,
//! so that a stale address is found out. New memory holds a pattern, not zeros.

use super::exec::Trap;
use crate::scalar::{DType, Scalar};

/// Bits of the offset in an address.
const OFFSET_BITS: u32 = 36;
/// What an element is before it is set.
const UNSET: u8 = 0xa5;

/// Memory for interpreted programs.
#[derive(Debug, Default)]
pub struct Memory {
    regions: Vec<Option<Vec<u8>>>,
}

impl Memory {
    /// Memory without regions.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// The address of `bytes` new bytes.
    pub fn alloc(&mut self, bytes: usize) -> u64 {
        self.regions.push(Some(vec![UNSET; bytes]));
        (self.regions.len() as u64) << OFFSET_BITS
    }

    /// The address of a copy of `values`.
    pub fn alloc_scalars(&mut self, values: &[Scalar]) -> u64 {
        let mut bytes = Vec::new();
        for value in values {
            let size = value.dtype().bytes() as usize;
            bytes.extend(value.to_bits().to_le_bytes().iter().take(size));
        }
        self.regions.push(Some(bytes));
        (self.regions.len() as u64) << OFFSET_BITS
    }

    /// `len` numbers at `address`, if they exist.
    pub fn read(&self, address: u64, dtype: DType, len: usize) -> Option<Vec<Scalar>> {
        let bytes = self.bytes(address, len * dtype.bytes() as usize)?;
        Some(crate::loops::host::read_scalars(dtype, bytes))
    }

    /// Writes a number at `address`; whether there is room.
    pub fn write(&mut self, address: u64, value: Scalar) -> bool {
        let size = value.dtype().bytes() as usize;
        match self.bytes_mut(address, size) {
            Some(bytes) => {
                for (to, from) in bytes.iter_mut().zip(value.to_bits().to_le_bytes()) {
                    *to = from;
                }
                true
            }
            None => false,
        }
    }

    /// `len` bytes at `address`, if they exist.
    pub fn bytes(&self, address: u64, len: usize) -> Option<&[u8]> {
        let (region, offset) = split(address)?;
        let region = self.regions.get(region)?.as_ref()?;
        region.get(offset..offset.checked_add(len)?)
    }

    /// `len` bytes at `address`, if they exist.
    pub fn bytes_mut(&mut self, address: u64, len: usize) -> Option<&mut [u8]> {
        let (region, offset) = split(address)?;
        let region = self.regions.get_mut(region)?.as_mut()?;
        region.get_mut(offset..offset.checked_add(len)?)
    }

    /// Where the region of `address` ends; 0 if there is none.
    pub(super) fn end(&self, address: u64) -> u64 {
        let region = split(address).and_then(|(region, _)| self.regions.get(region)?.as_ref());
        let base = address >> OFFSET_BITS << OFFSET_BITS;
        region.map_or(0, |region| base + region.len() as u64)
    }

    /// Gives a region back.
    pub(super) fn free(&mut self, address: u64) -> Result<(), Trap> {
        if address == 0 {
            return Ok(());
        }
        let region = split(address)
            .filter(|(_, offset)| *offset == 0)
            .and_then(|(region, _)| self.regions.get_mut(region))
            .and_then(Option::take);
        match region {
            Some(_) => Ok(()),
            None => Err(Trap("free of an address that malloc did not give".into())),
        }
    }

    /// How many regions exist.
    pub fn live(&self) -> usize {
        self.regions.iter().flatten().count()
    }

    /// Marks elements as not set.
    pub(super) fn unset(&mut self, address: u64, len: usize) -> Result<(), Trap> {
        match self.bytes_mut(address, len) {
            Some(bytes) => {
                bytes.fill(UNSET);
                Ok(())
            }
            None => Err(Trap(format!("{len} bytes do not fit in the workspace"))),
        }
    }

    /// The bits of one element of `N` bytes.
    pub(super) fn load<const N: usize>(&self, address: u64) -> Option<u64> {
        let bytes: [u8; N] = self.bytes(address, N)?.try_into().ok()?;
        let mut bits = [0; 8];
        bits.get_mut(..N)?.copy_from_slice(&bytes);
        Some(u64::from_le_bytes(bits))
    }

    /// Writes one element of `N` bytes.
    pub(super) fn store<const N: usize>(&mut self, address: u64, bits: u64) -> Option<()> {
        let bits = bits.to_le_bytes();
        self.bytes_mut(address, N)?.copy_from_slice(bits.get(..N)?);
        Some(())
    }
}

fn split(address: u64) -> Option<(usize, usize)> {
    let region = (address >> OFFSET_BITS).checked_sub(1)?;
    let offset = address & ((1 << OFFSET_BITS) - 1);
    Some((usize::try_from(region).ok()?, usize::try_from(offset).ok()?))
}
