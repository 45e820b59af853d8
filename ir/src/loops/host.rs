//! What a program that runs in this process may ask of its surroundings: to print, for example.
//!
//! The interpreter and both JITs call the same trait. Objects cannot call the host.

use crate::scalar::{DType, Scalar};

/// An argument of a host function.
#[derive(Debug)]
pub enum HostValue<'a> {
    /// A number.
    Scalar(Scalar),
    /// Elements in the byte order of this machine; the host may write to them.
    Buffer {
        /// The type of an element.
        dtype: DType,
        /// The elements.
        bytes: &'a mut [u8],
    },
}

impl HostValue<'_> {
    /// The numbers of the argument.
    pub fn scalars(&self) -> Vec<Scalar> {
        match self {
            HostValue::Scalar(value) => vec![*value],
            HostValue::Buffer { dtype, bytes } => read_scalars(*dtype, bytes),
        }
    }
}

/// The numbers in `bytes`, in the byte order of this machine.
pub fn read_scalars(dtype: DType, bytes: &[u8]) -> Vec<Scalar> {
    let number = |element: &[u8]| {
        let mut bits = [0; 8];
        for (to, from) in bits.iter_mut().zip(element) {
            *to = *from;
        }
        Scalar::from_bits(dtype, u64::from_le_bytes(bits))
    };
    bytes
        .chunks_exact(dtype.bytes() as usize)
        .map(number)
        .collect()
}

/// The functions of the host.
pub trait Host {
    /// Calls the function `name`; a status other than 0 ends the program with it.
    fn call(&mut self, name: &str, args: &mut [HostValue<'_>]) -> i32;
}

/// The status of a call of a function that the host does not have.
pub const NO_SUCH_FUNCTION: i32 = i32::MIN;

/// A host without functions.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn call(&mut self, _: &str, _: &mut [HostValue<'_>]) -> i32 {
        NO_SUCH_FUNCTION
    }
}
