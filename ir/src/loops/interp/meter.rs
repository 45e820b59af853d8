//! Counting what a program does.

/// What counts while a program runs.
pub trait Meter {
    /// `lanes` scalar operations on floats (`float`) or on integers and truth values.
    fn ops(&mut self, float: bool, lanes: u64);
    /// Elements read from memory.
    fn loads(&mut self, elements: u64);
    /// Elements written to memory, by `fill` too.
    fn stores(&mut self, elements: u64);
    /// Elements copied from memory to memory.
    fn copies(&mut self, elements: u64);
}

/// Counts nothing.
impl Meter for () {
    fn ops(&mut self, _: bool, _: u64) {}
    fn loads(&mut self, _: u64) {}
    fn stores(&mut self, _: u64) {}
    fn copies(&mut self, _: u64) {}
}

/// Counts of what a program did. A vector operation counts once for each lane.
///
/// Constants, `splat`, `iota`, `extract`, halves, loop counters and addresses count nothing: they are
/// gone or free in compiled code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Scalar operations on floats: those whose first operand or whose result is a float.
    pub float_ops: u64,
    /// Scalar operations on integers and truth values.
    pub int_ops: u64,
    /// Elements read from memory.
    pub loads: u64,
    /// Elements written to memory.
    pub stores: u64,
    /// Elements copied from memory to memory.
    pub copies: u64,
}

impl Meter for Counts {
    fn ops(&mut self, float: bool, lanes: u64) {
        if float {
            self.float_ops += lanes;
        } else {
            self.int_ops += lanes;
        }
    }

    fn loads(&mut self, elements: u64) {
        self.loads += elements;
    }

    fn stores(&mut self, elements: u64) {
        self.stores += elements;
    }

    fn copies(&mut self, elements: u64) {
        self.copies += elements;
    }
}
