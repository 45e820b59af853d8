// The Gaussian mixture by hand. Points are transposed once, so that a vector holds one coordinate of several points;
// they are taken in blocks of 64. For each component: v = x - mu, z = L v with L lower triangular. A first pass gives
// the log densities, then the logarithms of their sums and the responsibilities w; a second pass computes v and z
// again and adds the gradient: with g = -w z,
//   dL = Σ g vᵀ,   dmu = -Lᵀ Σ g,   d(alpha + Σ q) = Σ w.
#include "gmm.h"
#include "simd.h"
#include <cmath>

constexpr int64_t B = 64, VB = B / W; // the points of a block, and its vectors

struct Sizes {
    int64_t n, k, d, t, blocks;
};

// Where column j of the packed triangle starts, less j + 1: L[i][j] is l[column(d, j) + i].
INLINE int64_t column(int64_t d, int64_t j) { return j * d - j * (j + 1) / 2 - j - 1; }

// v = x - mu for a block, and z = L v; L is row by row with its diagonal.
INLINE void residuals(int64_t d, const double *x, const double *mu, const double *L, double *v, double *z) {
    for (int64_t a = 0; a < d; a++)
        for (int p = 0; p < VB; p++) store(v + a * B + p * W, load(x + a * B + p * W) - mu[a]);
    for (int64_t a = 0; a < d; a++) {
        V s[VB] = {};
        for (int64_t b = 0; b <= a; b++)
            for (int p = 0; p < VB; p++) s[p] += L[a * d + b] * load(v + b * B + p * W);
        for (int p = 0; p < VB; p++) store(z + a * B + p * W, s[p]);
    }
}

INLINE void unpack(const Sizes &s, const Mixture *m, int64_t c, double *L) {
    int64_t d = s.d;
    for (int64_t a = 0; a < d; a++) L[a * d + a] = exp(m->q[c * d + a]);
    for (int64_t b = 0; b < d; b++)
        for (int64_t a = b + 1; a < d; a++) L[a * d + b] = m->l[c * s.t + column(d, b) + a];
}

// Blocks of points, each coordinate by coordinate; the last is filled up with zeros.
INLINE void transposed(const Sizes &s, const double *x, double *xt) {
    for (int64_t block = 0; block < s.blocks; block++)
        for (int64_t a = 0; a < s.d; a++)
            for (int64_t p = 0; p < B; p++) {
                int64_t i = block * B + p;
                xt[(block * s.d + a) * B + p] = i < s.n ? x[i * s.d + a] : 0;
            }
}

// Log densities by component and point.
INLINE void densities(const Sizes &s, const Mixture *m, const double *xt, double *beta, double *L, double *v, double *z) {
    for (int64_t c = 0; c < s.k; c++) {
        unpack(s, m, c, L);
        double weight = m->alpha[c];
        for (int64_t a = 0; a < s.d; a++) weight += m->q[c * s.d + a];
        for (int64_t block = 0; block < s.blocks; block++) {
            residuals(s.d, xt + block * s.d * B, m->mu + c * s.d, L, v, z);
            V sum[VB] = {};
            for (int64_t a = 0; a < s.d; a++)
                for (int p = 0; p < VB; p++) sum[p] += load(z + a * B + p * W) * load(z + a * B + p * W);
            for (int p = 0; p < VB; p++) store(beta + (c * s.blocks + block) * B + p * W, weight - 0.5 * sum[p]);
        }
    }
}

// Σ log Σ exp beta; with `respond`, beta becomes the responsibilities, 0 for the points that fill up the last block.
INLINE double likelihood(const Sizes &s, double *beta, bool respond) {
    int64_t points = s.blocks * B;
    V total = {};
    for (int64_t i = 0; i < s.n; i += W) {
        V largest = load(beta + i), sum = {};
        for (int64_t c = 1; c < s.k; c++) largest = vmax(largest, load(beta + c * points + i));
        for (int64_t c = 0; c < s.k; c++) {
            V e = vexp(load(beta + c * points + i) - largest);
            sum += e;
            if (respond) store(beta + c * points + i, e);
        }
        V value = largest + vlog(sum), scale = 1.0 / sum;
        for (int k = 0; k < W; k++)
            if (i + k >= s.n) value[k] = 0, scale[k] = 0;
        total += value;
        if (respond)
            for (int64_t c = 0; c < s.k; c++) store(beta + c * points + i, load(beta + c * points + i) * scale);
    }
    if (respond)
        for (int64_t i = padded(s.n); i < points; i++)
            for (int64_t c = 0; c < s.k; c++) beta[c * points + i] = 0;
    return hsum(total);
}

// The rest of the value.
INLINE double rest(const Sizes &s, const Mixture *m, double *weights) {
    double largest = m->alpha[0], sum = 0, squares = 0;
    for (int64_t c = 1; c < s.k; c++) largest = fmax(largest, m->alpha[c]);
    for (int64_t c = 0; c < s.k; c++) sum += weights[c] = exp(m->alpha[c] - largest);
    for (int64_t c = 0; c < s.k; c++) weights[c] /= sum;
    for (int64_t i = 0; i < s.k * s.d; i++) squares += exp(2 * m->q[i]);
    for (int64_t i = 0; i < s.k * s.t; i++) squares += m->l[i] * m->l[i];
    double degrees = s.d + 1, log_gamma = 0.25 * s.d * (s.d - 1) * log(M_PI);
    for (int64_t j = 0; j < s.d; j++) log_gamma += lgamma(0.5 * (degrees - j));
    double constant = -s.k * (0.5 * degrees * s.d * log(2) + log_gamma) - 0.5 * s.n * s.d * log(2 * M_PI);
    return constant - s.n * (largest + log(sum)) - 0.5 * squares;
}

// The products of up to 4 rows of g with up to 4 of v, over a block.
template <int ROWS, int COLUMNS>
INLINE void outer(const double *g, const double *v, double *out, int64_t stride) {
    V s[ROWS][COLUMNS] = {};
    for (int p = 0; p < VB; p++)
        for (int a = 0; a < ROWS; a++)
            for (int b = 0; b < COLUMNS; b++) s[a][b] += load(g + a * B + p * W) * load(v + b * B + p * W);
    for (int a = 0; a < ROWS; a++)
        for (int b = 0; b < COLUMNS; b++) {
            double *at = out + (a * stride + b) * W;
            store(at, load(at) + s[a][b]);
        }
}

// Adds g vᵀ of a block to the sums, which hold a vector for each element.
INLINE void products(int64_t d, const double *g, const double *v, double *sums) {
    int64_t a = 0;
    for (; a + 4 <= d; a += 4)
        for (int64_t b = 0; b <= a; b += 4) outer<4, 4>(g + a * B, v + b * B, sums + (a * d + b) * W, d);
    for (; a < d; a++)
        for (int64_t b = 0; b <= a; b++) outer<1, 1>(g + a * B, v + b * B, sums + (a * d + b) * W, d);
}

INLINE void component(const Sizes &s, const Mixture *m, int64_t c, const double *xt, const double *w, const Mixture *out, const double *weights,
                      double *L, double *v, double *z, double *sums, double *slopes) {
    int64_t d = s.d;
    unpack(s, m, c, L);
    memset(sums, 0, 8 * W * d * d);
    memset(slopes, 0, 8 * W * d);
    V total = {};
    for (int64_t block = 0; block < s.blocks; block++) {
        residuals(d, xt + block * d * B, m->mu + c * d, L, v, z);
        V r[VB];
        for (int p = 0; p < VB; p++) total += r[p] = load(w + (c * s.blocks + block) * B + p * W);
        for (int64_t a = 0; a < d; a++) {
            V slope = load(slopes + a * W);
            for (int p = 0; p < VB; p++) {
                V g = -r[p] * load(z + a * B + p * W);
                slope += g;
                store(z + a * B + p * W, g);
            }
            store(slopes + a * W, slope);
        }
        products(d, z, v, sums);
    }
    double share = hsum(total);
    out->alpha[c] = share - s.n * weights[c];
    for (int64_t a = 0; a < d; a++) {
        double scale = L[a * d + a];
        out->q[c * d + a] = share + scale * hsum(load(sums + (a * d + a) * W)) - scale * scale;
        double slope = 0;
        for (int64_t i = a; i < d; i++) slope += L[i * d + a] * hsum(load(slopes + i * W));
        out->mu[c * d + a] = -slope;
        for (int64_t b = 0; b < a; b++) {
            int64_t at = c * s.t + column(d, b) + a;
            out->l[at] = hsum(load(sums + (a * d + b) * W)) - m->l[at];
        }
    }
}

static int64_t bytes(const Sizes &s, bool gradient) {
    int64_t count = s.blocks * B * (s.d + s.k) + s.k + s.d * s.d + 2 * s.d * B + 64;
    return 8 * (count + (gradient ? W * s.d * (s.d + 1) : 0)) + 64 * 9;
}

INLINE double run(const Sizes &s, const Mixture *m, const double *x, const Mixture *out, void *workspace) {
    Arena arena(workspace);
    int64_t d = s.d, points = s.blocks * B;
    double *xt = arena.take(points * d), *beta = arena.take(points * s.k), *weights = arena.take(s.k), *L = arena.take(d * d);
    double *v = arena.take(d * B), *z = arena.take(d * B);
    transposed(s, x, xt);
    densities(s, m, xt, beta, L, v, z);
    double value = likelihood(s, beta, out) + rest(s, m, weights);
    if (out) {
        double *sums = arena.take(W * d * d), *slopes = arena.take(W * d);
        for (int64_t c = 0; c < s.k; c++) component(s, m, c, xt, beta, out, weights, L, v, z, sums, slopes);
    }
    return value;
}

INLINE Sizes sizes(int64_t n, int64_t k, int64_t d, int64_t t) { return {n, k, d, t, (n + B - 1) / B}; }

extern "C" int gmm_with(int64_t n, int64_t k, int64_t d, int64_t t, const Mixture *m, const double *x, double *value, void *workspace, int64_t) {
    *value = run(sizes(n, k, d, t), m, x, nullptr, workspace);
    return 0;
}

extern "C" int gmm_grad_with(int64_t n, int64_t k, int64_t d, int64_t t, const Mixture *m, const double *x, double *value, Mixture *out, void *workspace, int64_t) {
    *value = run(sizes(n, k, d, t), m, x, out, workspace);
    return 0;
}

extern "C" int gmm_workspace(int64_t n, int64_t k, int64_t d, int64_t t, int64_t *count) { return *count = bytes(sizes(n, k, d, t), false), 0; }
extern "C" int gmm_grad_workspace(int64_t n, int64_t k, int64_t d, int64_t t, int64_t *count) { return *count = bytes(sizes(n, k, d, t), true), 0; }
