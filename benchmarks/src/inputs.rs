//! Inputs that any language can regenerate bit for bit.

/// An argument of an exported function, in the order of its parameters; the fields of a struct are
/// arguments of their own.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// An `f64`.
    Number(f64),
    /// An `i64`.
    Integer(i64),
    /// An array of `f64` with its sizes.
    Floats(Vec<usize>, Vec<f64>),
    /// An array of `i64` with its sizes.
    Integers(Vec<usize>, Vec<i64>),
}

/// The numbers of splitmix64 from a seed: the k-th one is its finaliser of seed + k · 0x9E3779B97F4A7C15.
#[derive(Clone, Debug)]
pub struct Stream(u64);

impl Stream {
    /// From a seed.
    pub fn new(seed: u64) -> Stream {
        Stream(seed)
    }

    /// Uniform in [0, 1), from the upper 53 bits.
    pub fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 * 2f64.powi(-53)
    }

    /// An array of numbers in [0, 1), each changed by `change`, row by row.
    pub fn array(&mut self, sizes: &[usize], change: impl Fn(f64) -> f64) -> Input {
        let count = sizes.iter().product();
        let numbers = (0..count).map(|_| change(self.number()));
        Input::Floats(sizes.to_vec(), numbers.collect())
    }

    /// In [0, 1).
    pub fn unit(&mut self, sizes: &[usize]) -> Input {
        self.array(sizes, |u| u)
    }

    /// In [-1, 1).
    pub fn symmetric(&mut self, sizes: &[usize]) -> Input {
        self.array(sizes, |u| 2.0 * u - 1.0)
    }

    /// 0 or 1.
    pub fn bits(&mut self, sizes: &[usize]) -> Input {
        self.array(sizes, |u| f64::from(u8::from(u < 0.5)))
    }
}
