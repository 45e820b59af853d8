//! The modules of the standard library on every engine: their `test` blocks hold their expected values.

use super::programs::{check_file, programs, root};
use dfn::driver::STANDARD_MODULES;

/// A test for each module.
macro_rules! modules {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check_file(&root().join(concat!("std/", stringify!($name), ".dfn")));
            }
        )*

        #[test]
        fn every_module_is_tested_and_known() {
            let listed = [$(stringify!($name)),*];
            let files = programs(&root().join("std"));
            let names: Vec<_> = files.iter().map(|path| path.file_stem().unwrap()).collect();
            let known: Vec<&str> = STANDARD_MODULES.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, listed);
            assert_eq!(known, listed);
        }
    };
}

modules! { distributions interp linalg nn ode optim random sparse stats }
