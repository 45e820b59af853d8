//! Matrix products of well-known crates behind the C interface of the benchmarks, on one thread.
//!
//! All matrices are row by row, as those of dfn.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use std::slice::{from_raw_parts, from_raw_parts_mut};

macro_rules! products {
    ($ty:ty, $gemm:ident, $faer:ident, $mm:ident, $call:path) => {
        /// The crate `gemm`.
        ///
        /// # Safety
        /// The arrays have the sizes n m, m k and n k.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $gemm(
            n: i64,
            m: i64,
            k: i64,
            a: *const $ty,
            b: *const $ty,
            c: *mut $ty,
            _: *mut f64,
            _: i64,
        ) -> i32 {
            let (n, m, k) = (n as usize, m as usize, k as usize);
            let (s, t) = (k as isize, m as isize);
            unsafe {
                gemm::gemm(
                    n,
                    k,
                    m,
                    c,
                    1,
                    s,
                    false,
                    a,
                    1,
                    t,
                    b,
                    1,
                    s,
                    0.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
            0
        }

        /// The crate `faer`.
        ///
        /// # Safety
        /// The arrays have the sizes n m, m k and n k.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $faer(
            n: i64,
            m: i64,
            k: i64,
            a: *const $ty,
            b: *const $ty,
            c: *mut $ty,
            _: *mut f64,
            _: i64,
        ) -> i32 {
            let (n, m, k) = (n as usize, m as usize, k as usize);
            let (a, b, c) = unsafe {
                (
                    from_raw_parts(a, n * m),
                    from_raw_parts(b, m * k),
                    from_raw_parts_mut(c, n * k),
                )
            };
            let a = MatRef::from_row_major_slice(a, n, m);
            let b = MatRef::from_row_major_slice(b, m, k);
            let c = MatMut::from_row_major_slice_mut(c, n, k);
            matmul(c, Accum::Replace, a, b, 1.0, Par::Seq);
            0
        }

        /// The crate `matrixmultiply`.
        ///
        /// # Safety
        /// The arrays have the sizes n m, m k and n k.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $mm(
            n: i64,
            m: i64,
            k: i64,
            a: *const $ty,
            b: *const $ty,
            c: *mut $ty,
            _: *mut f64,
            _: i64,
        ) -> i32 {
            let (n, m, k) = (n as usize, m as usize, k as usize);
            let (s, t) = (k as isize, m as isize);
            unsafe { $call(n, m, k, 1.0, a, t, 1, b, s, 1, 0.0, c, s, 1) };
            0
        }
    };
}

products!(
    f64,
    gemm_product64_with,
    faer_product64_with,
    matrixmultiply_product64_with,
    matrixmultiply::dgemm
);
products!(
    f32,
    gemm_product32_with,
    faer_product32_with,
    matrixmultiply_product32_with,
    matrixmultiply::sgemm
);
