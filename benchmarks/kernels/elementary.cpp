// Elementary functions of arrays by SLEEF (1 ulp, its widest and its AVX2 form) and by glibc's libmvec (4 ulp).
// The length is a multiple of 16.
#include <cstdint>
#include <cstring>
#include <immintrin.h>
#include <sleef.h>

#define LOOP1(NAME, T, VEC, N, CALL)                                                                  \
    extern "C" int NAME##_with(int64_t n, const T *x, T *out, void *, int64_t) {                       \
        for (int64_t i = 0; i < n; i += N) {                                                           \
            VEC v;                                                                                     \
            memcpy(&v, x + i, sizeof v);                                                               \
            v = CALL(v);                                                                               \
            memcpy(out + i, &v, sizeof v);                                                             \
        }                                                                                              \
        return 0;                                                                                      \
    }
#define LOOP2(NAME, T, VEC, N, CALL)                                                                  \
    extern "C" int NAME##_with(int64_t n, const T *x, const T *y, T *out, void *, int64_t) {           \
        for (int64_t i = 0; i < n; i += N) {                                                           \
            VEC v, w;                                                                                  \
            memcpy(&v, x + i, sizeof v);                                                               \
            memcpy(&w, y + i, sizeof w);                                                               \
            v = CALL(v, w);                                                                            \
            memcpy(out + i, &v, sizeof v);                                                             \
        }                                                                                              \
        return 0;                                                                                      \
    }

#define EACH(M) M(exp, LOOP1) M(log, LOOP1) M(tanh, LOOP1) M(sin, LOOP1) M(erf, LOOP1) M(pow, LOOP2)

#define NARROW(F, LOOP)                                                                               \
    LOOP(sleef256_##F##64, double, __m256d, 4, Sleef_##F##d4_u10avx2)                                  \
    LOOP(sleef256_##F##32, float, __m256, 8, Sleef_##F##f8_u10avx2)
EACH(NARROW)

#if defined(__AVX512F__)
#define WIDE(F, LOOP)                                                                                 \
    LOOP(sleef512_##F##64, double, __m512d, 8, Sleef_##F##d8_u10avx512f)                               \
    LOOP(sleef512_##F##32, float, __m512, 16, Sleef_##F##f16_u10avx512f)
EACH(WIDE)

extern "C" {
__m512d _ZGVeN8v_exp(__m512d), _ZGVeN8v_log(__m512d), _ZGVeN8v_tanh(__m512d), _ZGVeN8v_sin(__m512d), _ZGVeN8v_erf(__m512d);
__m512d _ZGVeN8vv_pow(__m512d, __m512d);
__m512 _ZGVeN16v_expf(__m512), _ZGVeN16v_logf(__m512), _ZGVeN16v_tanhf(__m512), _ZGVeN16v_sinf(__m512), _ZGVeN16v_erff(__m512);
__m512 _ZGVeN16vv_powf(__m512, __m512);
}
#define _ZGVeN8v_pow _ZGVeN8vv_pow
#define _ZGVeN16v_powf _ZGVeN16vv_powf
#define MVEC(F, LOOP)                                                                                 \
    LOOP(libmvec_##F##64, double, __m512d, 8, _ZGVeN8v_##F)                                            \
    LOOP(libmvec_##F##32, float, __m512, 16, _ZGVeN16v_##F##f)
EACH(MVEC)
#endif
