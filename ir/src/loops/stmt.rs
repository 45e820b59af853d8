//! The statements of the loop IR.

use smallvec::SmallVec;

use super::{FuncId, Var};
use crate::scalar::{Scalar, ScalarOp};

/// Statements in order, then the values that the block hands to what it stands in: the next carries of
/// a loop, the condition of a `while`, the results of an `if`. The body of a function yields nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Executed in order.
    pub stmts: Vec<Stmt>,
    /// What the block hands on.
    pub yields: Vec<Var>,
}

/// A half of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Half {
    /// Lanes `0 .. lanes / 2`.
    Low,
    /// Lanes `lanes / 2 .. lanes`.
    High,
}

/// A mask folded to one truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduce {
    /// Whether some lane is set.
    Any,
    /// Whether each lane is set.
    All,
}

/// A part of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pick {
    /// One lane, as a scalar.
    Lane(u16),
    /// Half of the lanes.
    Half(Half),
}

/// A question about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointerTest {
    /// Whether it is null.
    Null,
    /// Whether it is not a multiple of this power of two.
    Misaligned(u32),
}

/// Where a temporary lies, once memory is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The workspace: a pointer.
    pub base: Var,
    /// Bytes from there: an `i64`.
    pub offset: Var,
}

/// An argument of a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HostArg {
    /// A scalar.
    Value(Var),
    /// A buffer and the number of its elements.
    Buffer {
        /// The elements.
        buffer: Var,
        /// How many: an `i64`.
        len: Var,
    },
}

/// A variable that a loop carries from one iteration to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Carry {
    /// In the body (and in the condition of a `while`); may be a buffer or a pointer.
    pub var: Var,
    /// Its value in the first iteration.
    pub init: Var,
}

/// A counted loop. It runs for `lo, lo + step, ...` below `hi`, not at all if `hi <= lo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For {
    /// The counter: an `i64`, defined in the body.
    pub counter: Var,
    /// The first value.
    pub lo: Var,
    /// The bound, exclusive.
    pub hi: Var,
    /// At least 1.
    pub step: i64,
    /// The same counter values, from the last to the first.
    pub reverse: bool,
    /// Iterations are independent: they may run at the same time, and in any order. Engines run them in
    /// order; the pass that makes functions of them for a pool of threads looks at it.
    pub parallel: bool,
    /// What is carried.
    pub carries: Vec<Carry>,
    /// Yields the next carries.
    pub body: Block,
    /// The carries after the last iteration.
    pub results: Vec<Var>,
}

/// A loop that runs while a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct While {
    /// What is carried; visible in the condition and in the body.
    pub carries: Vec<Carry>,
    /// Yields one `bool`.
    pub condition: Block,
    /// Yields the next carries.
    pub body: Block,
    /// The carries when the condition is first false.
    pub results: Vec<Var>,
}

/// How often the first block of a choice is taken; no result depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chance {
    /// As often as not, for all that is known.
    #[default]
    Even,
    /// Seldom: it is kept out of the way, and a function where it is long and a program has it more than once.
    Rare,
    /// Always: the condition is `true`. It is a choice to be such a function.
    Sure,
}

impl Chance {
    /// The word for it in the text form.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Chance::Even => None,
            Chance::Rare => Some("rare"),
            Chance::Sure => Some("sure"),
        }
    }
}

/// A choice between two blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct If {
    /// A `bool`.
    pub condition: Var,
    /// How often the first block is taken.
    pub chance: Chance,
    /// Taken if the condition holds.
    pub then: Block,
    /// Taken if not.
    pub otherwise: Block,
    /// What the block that was taken yields.
    pub results: Vec<Var>,
}

/// Calls of one function on a pool of threads, all of which end before the statement does.
///
/// The function takes the number of the call and the number of the thread, two `i64`, and then `args`.
/// Calls write to no memory that another one reads or writes, but for what is the thread's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The function; it stands before this one.
    pub callee: FuncId,
    /// What each call is given after the two numbers.
    pub args: Vec<Var>,
    /// How many calls: an `i64`.
    pub count: Var,
    /// A pointer to the pool; not null. Its layout is that of `dfn_pool` in `docs/c-abi.md`.
    pub pool: Var,
    /// How many threads it has: an `i64`.
    pub workers: Var,
    /// A buffer of `i32` that takes the status of each call.
    pub statuses: Var,
}

impl Fork {
    /// Where the pool keeps what its function is given.
    pub const CONTEXT: u32 = 0;
    /// Where the pool keeps the number of its threads, an `i64`.
    pub const WORKERS: u32 = 8;
    /// Where the pool keeps its function.
    pub const PARALLEL_FOR: u32 = 16;
}

/// A statement. The field `out` is the variable that it defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stmt {
    /// A constant, the same in each lane.
    Const {
        /// The result.
        out: Var,
        /// The number.
        value: Scalar,
    },
    /// A scalar operation, lane by lane.
    Op {
        /// The result.
        out: Var,
        /// The operation.
        op: ScalarOp,
        /// All with the lanes of the result.
        args: SmallVec<[Var; 3]>,
    },
    /// A scalar in each lane.
    Splat {
        /// The vector.
        out: Var,
        /// The scalar.
        arg: Var,
    },
    /// The number of each lane: 0, 1, 2, ...
    Iota {
        /// A vector of `i64`.
        out: Var,
    },
    /// A part of a vector.
    Pick {
        /// A scalar or half a vector.
        out: Var,
        /// The vector.
        arg: Var,
        /// Which part.
        pick: Pick,
    },
    /// Any lanes of two vectors.
    Shuffle {
        /// A scalar or vector.
        out: Var,
        /// Two vectors of one type.
        args: [Var; 2],
        /// For each lane of the result a lane of the two, those of the second after those of the first.
        lanes: SmallVec<[u16; 8]>,
    },
    /// A mask folded to one `bool`.
    Reduce {
        /// A scalar `bool`.
        out: Var,
        /// The mask.
        arg: Var,
        /// How.
        how: Reduce,
    },
    /// As many elements as `out` has lanes, from element `index` on.
    Load {
        /// The value.
        out: Var,
        /// The buffer.
        buffer: Var,
        /// An `i64`.
        index: Var,
    },
    /// Writes as many elements as `value` has lanes, from element `index` on.
    Store {
        /// The buffer.
        buffer: Var,
        /// An `i64`.
        index: Var,
        /// The value.
        value: Var,
    },
    /// One element for each lane; lanes whose mask is not set read nothing and are zero.
    Gather {
        /// A vector.
        out: Var,
        /// The buffer.
        buffer: Var,
        /// A vector of `i64`.
        index: Var,
        /// A mask; every lane is read without one.
        mask: Option<Var>,
    },
    /// A counted loop.
    For(Box<For>),
    /// A loop with a condition.
    While(Box<While>),
    /// A choice.
    If(Box<If>),
    /// Returns `code` at once unless `condition` holds.
    Check {
        /// A `bool`.
        condition: Var,
        /// The status, not 0.
        code: i32,
    },
    /// A temporary of `len` elements, visible until the end of the block. Its elements are unset.
    Alloc {
        /// The buffer.
        buffer: Var,
        /// An `i64`, not negative.
        len: Var,
        /// Where it lies; `None` until memory is planned. Backends refuse `None`.
        place: Option<Place>,
    },
    /// Writes `value` to `len` elements from `start` on.
    Fill {
        /// The buffer.
        buffer: Var,
        /// An `i64`.
        start: Var,
        /// An `i64`; nothing happens if it is not positive.
        len: Var,
        /// A scalar.
        value: Var,
    },
    /// Copies `len` elements; the two ranges do not overlap.
    Copy {
        /// The destination.
        to: Var,
        /// An `i64`.
        to_start: Var,
        /// The source.
        from: Var,
        /// An `i64`.
        from_start: Var,
        /// An `i64`; nothing happens if it is not positive.
        len: Var,
    },
    /// Calls a function. Without `status`, a status other than 0 is returned at once.
    Call {
        /// The function; it stands before this one.
        callee: FuncId,
        /// One for each parameter.
        args: Vec<Var>,
        /// An `i32` that takes the status instead.
        status: Option<Var>,
    },
    /// Calls a function many times on a pool of threads.
    Fork(Box<Fork>),
    /// Calls the host (JIT and interpreter only). A status other than 0 is returned at once.
    Host {
        /// What the host knows the function by.
        name: String,
        /// Scalars and buffers.
        args: Vec<HostArg>,
    },
    /// Reads a member of a C struct: a scalar or a pointer.
    Field {
        /// A scalar or a pointer.
        out: Var,
        /// The struct.
        base: Var,
        /// Bytes from its start.
        offset: u32,
    },
    /// An address `offset` bytes after `base`, as a buffer or a pointer.
    Address {
        /// A buffer or a pointer.
        out: Var,
        /// A pointer.
        base: Var,
        /// Bytes.
        offset: u32,
    },
    /// An address further on: `by` elements after a buffer, or `by` bytes after a pointer.
    Advance {
        /// What `base` is.
        out: Var,
        /// A buffer or a pointer.
        base: Var,
        /// An `i64`; the address stays within the same memory, or at its end.
        by: Var,
    },
    /// A question about an address.
    Test {
        /// A `bool`.
        out: Var,
        /// A buffer or a pointer.
        pointer: Var,
        /// The question.
        test: PointerTest,
    },
    /// Memory from the C library; null if there is none.
    Malloc {
        /// A pointer.
        out: Var,
        /// An `i64`.
        bytes: Var,
    },
    /// Gives memory from `malloc` back.
    Free {
        /// A pointer.
        pointer: Var,
    },
    /// Ends the function. What follows in the block is not executed.
    Return {
        /// An `i32`.
        status: Var,
    },
}
