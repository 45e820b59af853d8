//! The statuses of the C ABI.

/// A status with a fixed meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The number that the function returns.
    pub code: i32,
    /// The constant in C.
    pub name: &'static str,
    /// The variant in Rust.
    pub variant: &'static str,
    /// What has happened.
    pub meaning: &'static str,
}

macro_rules! statuses {
    ($( $constant:ident = $code:literal, $name:literal, $variant:literal, $meaning:literal; )*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Status = Status {
                code: $code,
                name: $name,
                variant: $variant,
                meaning: $meaning,
            };
        )*

        /// Every status with a fixed meaning, success not included.
        pub const ALL: &[Status] = &[$($constant),*];
    };
}

/// The status of success.
pub const OK: i32 = 0;

statuses! {
    SIZE = 1, "DFN_SIZE", "Size", "a size is negative, or memory for arrays of these sizes cannot be addressed";
    NULL = 2, "DFN_NULL", "Null", "a pointer is null";
    MISALIGNED = 3, "DFN_MISALIGNED", "Misaligned", "a pointer is not aligned for its type";
    WORKSPACE = 4, "DFN_WORKSPACE", "Workspace", "the workspace is too small";
    MEMORY = 5, "DFN_MEMORY", "Memory", "there is no memory for the workspace";
}

/// The status of the first check of a library; the table in its header continues from here.
pub const FIRST_CHECK: i32 = 16;

/// The constant in C for [`FIRST_CHECK`].
pub const FIRST_CHECK_NAME: &str = "DFN_CHECK";
