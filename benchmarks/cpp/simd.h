// Vectors of doubles as wide as the machine has them, and the elementary functions of glibc's libmvec on them
// (4 ulp). Everything is inlined; nothing here allocates.
#pragma once
#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
constexpr int W = 8;
#elif defined(__AVX2__)
constexpr int W = 4;
#else
#error "these contenders are for x86-64 with AVX2 or AVX-512"
#endif

typedef double V __attribute__((vector_size(8 * W)));
typedef int64_t I __attribute__((vector_size(8 * W)));

#define INLINE static inline __attribute__((always_inline))

extern "C" {
#if defined(__AVX512F__)
V _ZGVeN8v_exp(V);
V _ZGVeN8v_log(V);
V _ZGVeN8v_sin(V);
V _ZGVeN8v_cos(V);
#define MVEC(f) _ZGVeN8v_##f
#else
V _ZGVdN4v_exp(V);
V _ZGVdN4v_log(V);
V _ZGVdN4v_sin(V);
V _ZGVdN4v_cos(V);
#define MVEC(f) _ZGVdN4v_##f
#endif
}

INLINE V vexp(V x) { return MVEC(exp)(x); }
INLINE V vlog(V x) { return MVEC(log)(x); }
INLINE V vsin(V x) { return MVEC(sin)(x); }
INLINE V vcos(V x) { return MVEC(cos)(x); }
INLINE V vsigmoid(V x) { return 1.0 / (1.0 + vexp(-x)); }
INLINE V vtanh(V x) { return 1.0 - 2.0 / (vexp(x + x) + 1.0); }
INLINE V vmax(V a, V b) { return a > b ? a : b; }
INLINE V splat(double x) { return x - (V){}; }

INLINE V load(const double *p) {
    V v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store(double *p, V v) { memcpy(p, &v, sizeof v); }

// The first `count` elements at `p`; `rest` in the others.
INLINE V load_part(const double *p, int64_t count, double rest) {
    V v = splat(rest);
    for (int k = 0; k < W; k++)
        if (k < count) v[k] = p[k];
    return v;
}

INLINE void store_part(double *p, V v, int64_t count) {
    for (int k = 0; k < W; k++)
        if (k < count) p[k] = v[k];
}

INLINE double hsum(V v) {
    double s = 0;
    for (int k = 0; k < W; k++) s += v[k];
    return s;
}

INLINE double hmax(V v) {
    double s = v[0];
    for (int k = 1; k < W; k++) s = v[k] > s ? v[k] : s;
    return s;
}

// The next multiple of the vector's length.
INLINE int64_t padded(int64_t n) { return (n + W - 1) / W * W; }

// A stack of arrays in a workspace that is aligned to 16 bytes only.
struct Arena {
    char *at;
    explicit Arena(void *p) : at((char *)(((uintptr_t)p + 63) & ~(uintptr_t)63)) {}
    double *take(int64_t count) {
        double *p = (double *)at;
        at += (count * 8 + 63) & ~(int64_t)63;
        return p;
    }
};

INLINE int64_t bytes_of(int64_t count) { return (count * 8 + 63) & ~(int64_t)63; }
