//! The example programs on every engine: their `test` blocks hold values of independent sources.

use super::programs::{check_file, programs, root};

/// A test for each example that is a program of `dfn run` and `dfn test`.
macro_rules! examples {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let folder = root().join("examples").join(stringify!($name));
                assert!(folder.join("README.md").is_file());
                for file in programs(&folder) {
                    check_file(&file);
                }
            }
        )*
    };
}

examples! { cart_pole fits gaussian_process kalman options sparse }
