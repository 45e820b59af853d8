// The equation of the suite by hand. With y₋₁ = 1 the right-hand side is xᵢ yᵢ₋₁: a shift and a product. For up to
// 64 components the state stays in registers, whose number is a template parameter; the shift is a permutation.
// The forward pass keeps y of each step, the reverse pass computes the stages again.
#include "ode.h"
#include "simd.h"

template <int R>
struct State {
    V v[R];
};

// zᵢ = yᵢ₋₁, with `first` in front.
template <int R>
INLINE State<R> down(const State<R> &y, double first) {
    State<R> z;
    V before = splat(first);
    for (int r = 0; r < R; r++) {
#if defined(__AVX512F__)
        z.v[r] = __builtin_shufflevector(before, y.v[r], 7, 8, 9, 10, 11, 12, 13, 14);
#else
        z.v[r] = __builtin_shufflevector(before, y.v[r], 3, 4, 5, 6);
#endif
        before = y.v[r];
    }
    return z;
}

// zᵢ = yᵢ₊₁, with 0 at the end: the transpose of `down`.
template <int R>
INLINE State<R> up(const State<R> &y) {
    State<R> z;
    for (int r = 0; r < R; r++) {
        V after = r + 1 < R ? y.v[r + 1] : (V){};
#if defined(__AVX512F__)
        z.v[r] = __builtin_shufflevector(y.v[r], after, 1, 2, 3, 4, 5, 6, 7, 8);
#else
        z.v[r] = __builtin_shufflevector(y.v[r], after, 1, 2, 3, 4);
#endif
    }
    return z;
}

template <int R>
INLINE State<R> mul(const State<R> &a, const State<R> &b) {
    State<R> z;
    for (int r = 0; r < R; r++) z.v[r] = a.v[r] * b.v[r];
    return z;
}

// a + s b.
template <int R>
INLINE State<R> axpy(const State<R> &a, double s, const State<R> &b) {
    State<R> z;
    for (int r = 0; r < R; r++) z.v[r] = a.v[r] + s * b.v[r];
    return z;
}

template <int R>
INLINE State<R> scale(double s, const State<R> &b) {
    State<R> z;
    for (int r = 0; r < R; r++) z.v[r] = s * b.v[r];
    return z;
}

template <int R>
INLINE State<R> read(const double *p, int64_t n) {
    State<R> z;
    for (int r = 0; r < R; r++) z.v[r] = load_part(p + r * W, n - r * W, 0);
    return z;
}

// A step; `saved` takes y before it.
template <int R>
INLINE State<R> step(const State<R> &x, const State<R> &y, double h) {
    State<R> k1 = mul(x, down(y, 1));
    State<R> k2 = mul(x, down(axpy(y, h / 2, k1), 1));
    State<R> k3 = mul(x, down(axpy(y, h / 2, k2), 1));
    State<R> k4 = mul(x, down(axpy(y, h, k3), 1));
    State<R> z;
    for (int r = 0; r < R; r++) z.v[r] = y.v[r] + h / 6 * (k1.v[r] + 2 * (k2.v[r] + k3.v[r]) + k4.v[r]);
    return z;
}

template <int R>
static double forward(int64_t n, const double *p, int64_t steps, double *saved) {
    State<R> x = read<R>(p, n), y = {};
    double h = 2.0 / steps;
    for (int64_t s = 0; s < steps; s++) {
        if (saved)
            for (int r = 0; r < R; r++) store(saved + (s * R + r) * W, y.v[r]);
        y = step(x, y, h);
    }
    double last[R * W];
    for (int r = 0; r < R; r++) store(last + r * W, y.v[r]);
    return last[n - 1];
}

template <int R>
static double reverse(int64_t n, const double *p, int64_t steps, double *g, double *saved) {
    double value = forward<R>(n, p, steps, saved), h = 2.0 / steps;
    double seed[R * W] = {};
    seed[n - 1] = 1;
    State<R> x = read<R>(p, n), cy = read<R>(seed, R * W), cx = {};
    for (int64_t s = steps; s-- > 0;) {
        State<R> y;
        for (int r = 0; r < R; r++) y.v[r] = load(saved + (s * R + r) * W);
        State<R> d1 = down(y, 1), k1 = mul(x, d1);
        State<R> d2 = down(axpy(y, h / 2, k1), 1), k2 = mul(x, d2);
        State<R> d3 = down(axpy(y, h / 2, k2), 1), k3 = mul(x, d3);
        State<R> d4 = down(axpy(y, h, k3), 1);
        // Cotangents of k4, k3, k2, k1, and of the states they were taken at.
        State<R> c4 = scale(h / 6, cy), u4 = up(mul(x, c4));
        State<R> c3 = axpy(scale(h / 3, cy), h, u4), u3 = up(mul(x, c3));
        State<R> c2 = axpy(scale(h / 3, cy), h / 2, u3), u2 = up(mul(x, c2));
        State<R> c1 = axpy(scale(h / 6, cy), h / 2, u2), u1 = up(mul(x, c1));
        for (int r = 0; r < R; r++) {
            cx.v[r] += (c1.v[r] * d1.v[r] + c2.v[r] * d2.v[r]) + (c3.v[r] * d3.v[r] + c4.v[r] * d4.v[r]);
            cy.v[r] += (u1.v[r] + u2.v[r]) + (u3.v[r] + u4.v[r]);
        }
    }
    double out[R * W];
    for (int r = 0; r < R; r++) store(out + r * W, cx.v[r]);
    memcpy(g, out, 8 * n);
    return value;
}

#define BY_SIZE(call)                                                                                                                   \
    switch ((n + W - 1) / W) {                                                                                                          \
    case 1: { constexpr int R = 1; *value = call; return 0; }                                                                           \
    case 2: { constexpr int R = 2; *value = call; return 0; }                                                                           \
    case 3: case 4: { constexpr int R = 4; *value = call; return 0; }                                                                   \
    case 5: case 6: case 7: case 8: { constexpr int R = 8; *value = call; return 0; }                                                   \
    default: return 16; }

extern "C" int ode_with(int64_t n, const double *x, int64_t steps, double *value, void *, int64_t) {
    BY_SIZE(forward<R>(n, x, steps, nullptr))
}

extern "C" int ode_grad_with(int64_t n, const double *x, int64_t steps, double *value, double *g, void *workspace, int64_t) {
    double *saved = Arena(workspace).take(steps * 8 * W);
    BY_SIZE(reverse<R>(n, x, steps, g, saved))
}

extern "C" int ode_workspace(int64_t, int64_t, int64_t *bytes) { return *bytes = 0, 0; }
extern "C" int ode_grad_workspace(int64_t, int64_t steps, int64_t *bytes) { return *bytes = 64 + bytes_of(steps * 8 * W), 0; }
