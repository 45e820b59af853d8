//! What callers of compiled code see at run time: the statuses that every function returns.
//!
//! The crate has no dependency and no other contents by design: a generated library holds only emitted
//! code, and its C header and Rust wrapper stand alone. The contract is `docs/c-abi.md`.

pub mod status;

pub use status::Status;
