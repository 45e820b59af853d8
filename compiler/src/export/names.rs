//! Names that are valid in C, C++ and Rust, and unique where they stand.

use std::collections::HashSet;

/// Words that cannot be names in C99, C11, C++ or Rust, and the few macros and functions of the headers
/// that a generated one includes or relies on. A name with a trailing underscore is always free.
const RESERVED: &[&str] = &[
    "NULL",
    "_Alignas",
    "_Alignof",
    "_Atomic",
    "_Bool",
    "_Complex",
    "_Generic",
    "_Imaginary",
    "_Noreturn",
    "_Static_assert",
    "_Thread_local",
    "abstract",
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "as",
    "asm",
    "async",
    "auto",
    "await",
    "become",
    "bitand",
    "bitor",
    "bool",
    "box",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "crate",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dyn",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "final",
    "float",
    "fn",
    "for",
    "friend",
    "gen",
    "goto",
    "i32",
    "i64",
    "if",
    "impl",
    "in",
    "inline",
    "int",
    "let",
    "linux",
    "long",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "override",
    "priv",
    "private",
    "protected",
    "pub",
    "ref",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "self",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "super",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "trait",
    "true",
    "try",
    "type",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "u32",
    "u64",
    "union",
    "unix",
    "unsafe",
    "unsigned",
    "unsized",
    "use",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "where",
    "while",
    "xor",
    "xor_eq",
    "yield",
    "Self",
    "f32",
    "f64",
];

/// Functions of every C program, which an export must not replace.
const C_SYMBOLS: &[&str] = &[
    "main", "malloc", "free", "calloc", "realloc", "abort", "exit", "memcpy", "memset", "memmove",
];

/// Whether `name` cannot be the name of an exported function.
pub(super) fn is_taken(name: &str) -> bool {
    RESERVED.contains(&name) || C_SYMBOLS.contains(&name)
}

/// Hands out names; each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// `wanted`, or the first that is free of `wanted_`, `wanted_2`, `wanted_3`, ...
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let plain: String = wanted
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let plain = match plain.starts_with(|c: char| c.is_ascii_digit()) || plain.is_empty() {
            true => format!("_{plain}"),
            false => plain,
        };
        let first = std::iter::once(plain.clone());
        let others =
            std::iter::once(format!("{plain}_")).chain((2..).map(|k: u64| format!("{plain}_{k}")));
        let free = |name: &String| !RESERVED.contains(&name.as_str()) && !self.0.contains(name);
        let name = first.chain(others).find(free).unwrap_or(plain);
        self.0.insert(name.clone());
        name
    }

    /// Makes `name` taken; `false` if it was.
    pub(super) fn take(&mut self, name: &str) -> bool {
        self.0.insert(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_unique() {
        let mut names = Names::default();
        let given: Vec<String> = ["x", "x", "x", "double", "class", "2d", "a.b"]
            .map(|n| names.unique(n))
            .to_vec();
        assert_eq!(given, ["x", "x_", "x_2", "double_", "class_", "_2d", "a_b"]);
    }
}
