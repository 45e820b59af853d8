// Products of small matrices of constant size, left to the compiler; and reading an array once.
#include <cstdint>
#include <cstring>

template <int N>
static inline int product(const double *__restrict a, const double *__restrict b, double *__restrict c) {
    typedef double Row __attribute__((vector_size(N <= 2 ? 16 : N <= 4 ? 32 : N <= 8 ? 64 : 128)));
    constexpr int L = sizeof(Row) / 8;
    Row rows[N];
    for (int k = 0; k < N; k++) {
        rows[k] = (Row){};
        memcpy(&rows[k], b + k * N, 8 * N);
    }
    for (int i = 0; i < N; i++) {
        Row s = a[i * N] * rows[0];
        for (int k = 1; k < N; k++) s += a[i * N + k] * rows[k];
        memcpy(c + i * N, &s, 8 * N);
    }
    static_assert(L >= N);
    return 0;
}

#define SMALL(N) \
    extern "C" int small##N##_with(const double *a, const double *b, double *c, void *, int64_t) { return product<N>(a, b, c); }
SMALL(2) SMALL(3) SMALL(4) SMALL(6) SMALL(8) SMALL(12) SMALL(16)

// The sum, in as many streams and lanes as memory can be read in.
extern "C" int read_with(int64_t n, const double *x, double *out, void *, int64_t) {
    typedef double V __attribute__((vector_size(64)));
    constexpr int STREAMS = 8;
    V s[STREAMS] = {};
    int64_t part = n / STREAMS / 8 * 8;
    for (int64_t i = 0; i < part; i += 8)
        for (int k = 0; k < STREAMS; k++) {
            V v;
            memcpy(&v, x + k * part + i, sizeof v);
            s[k] += v;
        }
    V all = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    double sum = 0;
    for (int k = 0; k < 8; k++) sum += all[k];
    for (int64_t i = part * STREAMS; i < n; i++) sum += x[i];
    *out = sum;
    return 0;
}

// The same in order, as one stream.
extern "C" int read1_with(int64_t n, const double *x, double *out, void *, int64_t) {
    typedef double V __attribute__((vector_size(64)));
    V s[8] = {};
    int64_t i = 0;
    for (; i + 64 <= n; i += 64)
        for (int k = 0; k < 8; k++) {
            V v;
            memcpy(&v, x + i + 8 * k, sizeof v);
            s[k] += v;
        }
    V all = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    double sum = 0;
    for (int k = 0; k < 8; k++) sum += all[k];
    for (; i < n; i++) sum += x[i];
    *out = sum;
    return 0;
}
