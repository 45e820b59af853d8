// K-means by hand: blocks of points are transposed, so that a vector holds one coordinate of several points; the
// nearest centroid is found in registers. The gradient is 2 (count_j c_j - sum of the points of j), the diagonal of
// the Hessian 2 count_j.
#include "kmeans.h"
#include "simd.h"
#include <cmath>

constexpr int64_t POINTS = 8 * W;

// The squared distances of a block of points to their nearest centroids, and which these are.
INLINE V nearest(int64_t rows, int64_t k, int64_t d, const double *c, const double *x, double *columns, int64_t *which) {
    for (int64_t a = 0; a < d; a++)
        for (int64_t i = 0; i < POINTS; i++) columns[a * POINTS + i] = i < rows ? x[i * d + a] : x[a];
    V best[8];
    I index[8] = {};
    for (int v = 0; v < 8; v++) best[v] = splat(INFINITY);
    for (int64_t j = 0; j < k; j++) {
        V s[8] = {};
        for (int64_t a = 0; a < d; a++)
            for (int v = 0; v < 8; v++) {
                V e = load(columns + a * POINTS + v * W) - c[j * d + a];
                s[v] += e * e;
            }
        for (int v = 0; v < 8; v++) {
            auto less = s[v] < best[v];
            best[v] = less ? s[v] : best[v];
            index[v] = less ? (I){} + j : index[v];
        }
    }
    V sum = {};
    for (int v = 0; v < 8; v++) {
        for (int k = 0; k < W; k++)
            if (v * W + k >= rows) best[v][k] = 0;
        sum += best[v];
        memcpy(which + v * W, &index[v], sizeof index[v]);
    }
    return sum;
}

extern "C" int kmeans_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *value, void *workspace, int64_t) {
    double *columns = Arena(workspace).take(POINTS * d);
    int64_t which[POINTS];
    V sum = {};
    for (int64_t i = 0; i < n; i += POINTS)
        sum += nearest(n - i < POINTS ? n - i : POINTS, k, d, c, x + i * d, columns, which);
    *value = hsum(sum);
    return 0;
}

// The cost, the sums of the points of each centroid, and their numbers.
INLINE double gather(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *sums, double *counts, double *columns) {
    memset(sums, 0, 8 * k * d);
    memset(counts, 0, 8 * k);
    int64_t which[POINTS];
    V sum = {};
    for (int64_t i = 0; i < n; i += POINTS) {
        int64_t rows = n - i < POINTS ? n - i : POINTS;
        sum += nearest(rows, k, d, c, x + i * d, columns, which);
        for (int64_t r = 0; r < rows; r++) {
            double *s = sums + which[r] * d;
            const double *p = x + (i + r) * d;
            counts[which[r]] += 1;
            int64_t a = 0;
            for (; a + W <= d; a += W) store(s + a, load(s + a) + load(p + a));
            for (; a < d; a++) s[a] += p[a];
        }
    }
    return hsum(sum);
}

extern "C" int kmeans_grad_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *value, double *g, void *workspace, int64_t) {
    Arena arena(workspace);
    double *columns = arena.take(POINTS * d), *counts = arena.take(k);
    *value = gather(n, k, d, c, x, g, counts, columns);
    for (int64_t j = 0; j < k; j++)
        for (int64_t a = 0; a < d; a++) g[j * d + a] = 2 * (counts[j] * c[j * d + a] - g[j * d + a]);
    return 0;
}

extern "C" int kmeans_newton_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *step, void *workspace, int64_t) {
    Arena arena(workspace);
    double *columns = arena.take(POINTS * d), *counts = arena.take(k);
    gather(n, k, d, c, x, step, counts, columns);
    for (int64_t j = 0; j < k; j++)
        for (int64_t a = 0; a < d; a++) step[j * d + a] = c[j * d + a] - step[j * d + a] / counts[j];
    return 0;
}

extern "C" int kmeans_workspace(int64_t, int64_t, int64_t d, int64_t *bytes) { return *bytes = 64 + bytes_of(POINTS * d), 0; }
extern "C" int kmeans_grad_workspace(int64_t, int64_t k, int64_t d, int64_t *bytes) {
    return *bytes = 64 + bytes_of(POINTS * d) + bytes_of(k), 0;
}
extern "C" int kmeans_newton_workspace(int64_t n, int64_t k, int64_t d, int64_t *bytes) { return kmeans_grad_workspace(n, k, d, bytes); }
