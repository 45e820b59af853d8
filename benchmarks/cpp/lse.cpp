// The logarithm of a sum of exponentials by hand: the largest element, then the exponentials, whose scaled values
// are the gradient.
#include "lse.h"
#include "simd.h"
#include <cmath>

INLINE double largest(int64_t n, const double *x) {
    V m[4] = {splat(-INFINITY), splat(-INFINITY), splat(-INFINITY), splat(-INFINITY)};
    int64_t i = 0;
    for (; i + 4 * W <= n; i += 4 * W)
        for (int k = 0; k < 4; k++) m[k] = vmax(m[k], load(x + i + k * W));
    double a = hmax(vmax(vmax(m[0], m[1]), vmax(m[2], m[3])));
    for (; i < n; i++) a = x[i] > a ? x[i] : a;
    return a;
}

extern "C" int lse_with(int64_t n, const double *x, double *value, void *, int64_t) {
    double a = largest(n, x);
    V s = {}, s2 = {};
    int64_t i = 0;
    for (; i + 2 * W <= n; i += 2 * W) {
        s += vexp(load(x + i) - a);
        s2 += vexp(load(x + i + W) - a);
    }
    for (; i < n; i += W) s += vexp(load_part(x + i, n - i, -INFINITY) - a);
    *value = a + log(hsum(s + s2));
    return 0;
}

extern "C" int lse_grad_with(int64_t n, const double *x, double *value, double *g, void *, int64_t) {
    double a = largest(n, x);
    V s = {};
    int64_t i = 0;
    for (; i + W <= n; i += W) {
        V e = vexp(load(x + i) - a);
        s += e;
        store(g + i, e);
    }
    if (i < n) {
        V e = vexp(load_part(x + i, n - i, -INFINITY) - a);
        s += e;
        store_part(g + i, e, n - i);
    }
    double total = hsum(s), scale = 1 / total;
    *value = a + log(total);
    for (i = 0; i < n; i++) g[i] *= scale;
    return 0;
}

extern "C" int lse_workspace(int64_t, int64_t *bytes) { return *bytes = 0, 0; }
extern "C" int lse_grad_workspace(int64_t, int64_t *bytes) { return *bytes = 0, 0; }
