// Logistic regression by hand: blocks of 16 rows, whose gradient is added while they are in the first-level cache,
// so that the matrix is read from memory once; products of four rows at a time.
#include "logistic.h"
#include "simd.h"

constexpr int64_t ROWS = 16;

// The products of four rows with w.
INLINE void dot4(const double *x, int64_t d, const double *w, double *z) {
    V s[4] = {};
    int64_t j = 0;
    for (; j + W <= d; j += W) {
        V u = load(w + j);
        for (int r = 0; r < 4; r++) s[r] += load(x + r * d + j) * u;
    }
    for (int r = 0; r < 4; r++) {
        double t = hsum(s[r]);
        for (int64_t k = j; k < d; k++) t += x[r * d + k] * w[k];
        z[r] = t;
    }
}

INLINE double dot(const double *x, int64_t d, const double *w) {
    V s = {};
    int64_t j = 0;
    for (; j + W <= d; j += W) s += load(x + j) * load(w + j);
    double t = hsum(s);
    for (; j < d; j++) t += x[j] * w[j];
    return t;
}

// g += Σ z_r x_r over four rows.
INLINE void add4(double *g, const double *x, int64_t d, const double *z) {
    int64_t j = 0;
    for (; j + W <= d; j += W) {
        V s = load(g + j);
        for (int r = 0; r < 4; r++) s += load(x + r * d + j) * z[r];
        store(g + j, s);
    }
    for (; j < d; j++)
        for (int r = 0; r < 4; r++) g[j] += x[r * d + j] * z[r];
}

template <bool GRADIENT>
INLINE double run(int64_t n, int64_t d, const double *w, double b, const double *x, const double *t, double *g, double *db) {
    V value = {}, slope = {};
    for (int64_t i = 0; i < n; i += ROWS) {
        int64_t rows = n - i < ROWS ? n - i : ROWS, r = 0;
        double z[ROWS] = {};
        for (; r + 4 <= rows; r += 4) dot4(x + (i + r) * d, d, w, z + r);
        for (; r < rows; r++) z[r] = dot(x + (i + r) * d, d, w);
        for (int64_t r = 0; r < rows; r += W) {
            int64_t count = rows - r;
            V target = count < W ? load_part(t + i + r, count, 1.0) : load(t + i + r);
            V p = vsigmoid(load(z + r) + b);
            V q = p * target + (1.0 - p) * (1.0 - target);
            if (count < W)
                for (int k = count; k < W; k++) q[k] = 1;
            value -= vlog(q);
            if (GRADIENT) {
                // d/dz of -log q is (1 - 2 t) p (1 - p) / q.
                V dz = (1.0 - 2.0 * target) * p * (1.0 - p) / q;
                if (count < W)
                    for (int k = count; k < W; k++) dz[k] = 0;
                slope += dz;
                store(z + r, dz);
            }
        }
        if (GRADIENT) {
            r = 0;
            for (; r + 4 <= rows; r += 4) add4(g, x + (i + r) * d, d, z + r);
            for (; r < rows; r++)
                for (int64_t j = 0; j < d; j++) g[j] += x[(i + r) * d + j] * z[r];
        }
    }
    if (GRADIENT) *db = hsum(slope);
    return hsum(value);
}

extern "C" int logistic_with(int64_t n, int64_t d, const double *w, double b, const double *x, const double *t, double *value, void *, int64_t) {
    *value = run<false>(n, d, w, b, x, t, nullptr, nullptr);
    return 0;
}

extern "C" int logistic_grad_with(int64_t n, int64_t d, const double *w, double b, const double *x, const double *t, double *value, double *dw, double *db, void *, int64_t) {
    memset(dw, 0, 8 * d);
    *value = run<true>(n, d, w, b, x, t, dw, db);
    return 0;
}

extern "C" int logistic_workspace(int64_t, int64_t, int64_t *bytes) { return *bytes = 0, 0; }
extern "C" int logistic_grad_workspace(int64_t, int64_t, int64_t *bytes) { return *bytes = 0, 0; }
