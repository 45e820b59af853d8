//! Memory for the arguments of native functions, on cache lines of its own.

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u64; 8]);

/// An array of 64-bit elements that starts at a multiple of 64 bytes, so that no contender is lucky.
#[derive(Debug)]
pub(crate) struct Aligned {
    lines: Vec<Line>,
    len: usize,
}

impl Aligned {
    /// Zeros.
    pub(crate) fn zeros(len: usize) -> Aligned {
        let lines = vec![Line([0; 8]); len.div_ceil(8).max(1)];
        Aligned { lines, len }
    }

    /// These bits.
    pub(crate) fn of(bits: impl ExactSizeIterator<Item = u64>) -> Aligned {
        let mut array = Aligned::zeros(bits.len());
        let places = array.lines.iter_mut().flat_map(|line| &mut line.0);
        for (place, bits) in places.zip(bits) {
            *place = bits;
        }
        array
    }

    /// An even number of singles.
    pub(crate) fn of_singles(numbers: &[f32]) -> Aligned {
        let pairs = numbers.chunks(2).map(|pair| {
            let bits = |k: usize| u64::from(pair.get(k).map_or(0, |x| x.to_bits()));
            bits(0) | bits(1) << 32
        });
        Aligned::of(pairs)
    }

    /// Where it starts.
    pub(crate) fn start(&mut self) -> *mut f64 {
        self.lines.as_mut_ptr().cast()
    }

    /// The elements as numbers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> {
        let all = self.lines.iter().flat_map(|line| line.0);
        all.take(self.len).map(f64::from_bits)
    }

    /// The elements as singles.
    pub(crate) fn singles(&self) -> impl Iterator<Item = f32> {
        let words = self.lines.iter().flat_map(|line| line.0).take(self.len);
        words.flat_map(|word| [word as u32, (word >> 32) as u32].map(f32::from_bits))
    }

    /// The length in bytes.
    pub(crate) fn bytes(&self) -> i64 {
        self.len as i64 * 8
    }
}
