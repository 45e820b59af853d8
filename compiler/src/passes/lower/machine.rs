//! What lowering knows of the processor.

/// The processor, as far as kernels are shaped for it. It decides speed only, never a bit of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Bytes of a vector register, a power of two.
    pub vector: u32,
    /// How many vector registers there are.
    pub registers: usize,
}

impl Machine {
    /// Vectors of 128 bits, as every target of Cranelift has them.
    pub const SHORT: Machine = Machine {
        vector: 16,
        registers: 16,
    };
    /// x86-64-v3.
    pub const AVX2: Machine = Machine {
        vector: 32,
        registers: 16,
    };
    /// x86-64-v4.
    pub const AVX512: Machine = Machine {
        vector: 64,
        registers: 32,
    };
    /// aarch64.
    pub const NEON: Machine = Machine {
        vector: 16,
        registers: 32,
    };
}
