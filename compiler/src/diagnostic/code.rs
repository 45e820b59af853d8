//! The codes of diagnostics and the macro that declares them.
//!
//! A family is one file under `codes/`; one row there declares a code: its constant, its title,
//! and (by its name) the page that is embedded for `dfn explain`. A code without page does not
//! compile.

use std::fmt;

/// The code of a diagnostic, such as `E0101`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    pub(super) const fn new(code: &'static str) -> Code {
        Code(code)
    }

    /// The code as text.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// One row of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// What the code is about, in few words.
    pub title: &'static str,
    /// The text of its page.
    pub page: &'static str,
}

/// Declares the codes of one family: a constant each, and the table `ENTRIES`.
macro_rules! family {
    ($( $name:ident = $code:literal, $title:literal; )*) => {
        $(
            #[doc = concat!($code, ": ", $title)]
            pub const $name: $crate::diagnostic::Code = $crate::diagnostic::Code::new($code);
        )*

        /// The codes of this family in order.
        pub const ENTRIES: &[$crate::diagnostic::Entry] = &[
            $( $crate::diagnostic::Entry {
                code: $name,
                title: $title,
                page: include_str!(concat!("../../../../docs/errors/", $code, ".md")),
            }, )*
        ];
    };
}

pub(super) use family;
