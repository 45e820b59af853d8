//! What callers of compiled code see at run time: the statuses that every function returns, and pools of
//! threads for functions that are made for them.
//!
//! The crate has no dependency and no other contents by design: a generated library holds only emitted
//! code, and its C header and Rust wrapper stand alone. The contract is `docs/c-abi.md`.

pub mod pool;
pub mod status;

pub use pool::{Pool, Threads};
pub use status::Status;

/// A pool of POSIX threads for callers in C and C++: the text of `dfn_pool.h`.
pub const C_POOL: &str = include_str!("../c/dfn_pool.h");
