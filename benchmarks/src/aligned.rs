//! Memory for the arguments of native functions, on cache lines of its own.

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line([u64; 8]);

/// Lines of a page.
const PAGE: usize = 64;

/// An array of 64-bit elements that starts at a multiple of 64 bytes, and of 4096 if it fills a page, so that no
/// contender is lucky: a processor takes a load for one of what it has just stored if their addresses differ by a
/// multiple of 4096, and so a result that starts a line after its operand, but for pages, costs 2.5 times the time (`exp` of 1024 numbers).
#[derive(Debug)]
pub(crate) struct Aligned {
    lines: Vec<Line>,
    /// The first line that is used.
    first: usize,
    len: usize,
}

impl Aligned {
    /// Zeros.
    pub(crate) fn zeros(len: usize) -> Aligned {
        let used = len.div_ceil(8).max(1);
        let spare = if used < PAGE { 0 } else { PAGE };
        let lines = vec![Line([0; 8]); used + spare];
        let at = lines.as_ptr().addr() / size_of::<Line>();
        let first = at.next_multiple_of(PAGE) - at;
        Aligned {
            lines,
            first: first.min(spare),
            len,
        }
    }

    fn used(&self) -> impl Iterator<Item = u64> {
        let words = self.lines.iter().skip(self.first).flat_map(|line| line.0);
        words.take(self.len)
    }

    /// These bits.
    pub(crate) fn of(bits: impl ExactSizeIterator<Item = u64>) -> Aligned {
        let mut array = Aligned::zeros(bits.len());
        let lines = array.lines.iter_mut().skip(array.first);
        let places = lines.flat_map(|line| &mut line.0);
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
        let lines = self.lines.get_mut(self.first..).unwrap_or_default();
        lines.as_mut_ptr().cast()
    }

    /// The elements as numbers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> {
        self.used().map(f64::from_bits)
    }

    /// The elements as singles.
    pub(crate) fn singles(&self) -> impl Iterator<Item = f32> {
        let halves = |word| [word as u32, (word >> 32) as u32].map(f32::from_bits);
        self.used().flat_map(halves)
    }

    /// The length in bytes.
    pub(crate) fn bytes(&self) -> i64 {
        self.len as i64 * 8
    }
}
