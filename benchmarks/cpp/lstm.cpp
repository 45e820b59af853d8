// The stacked LSTM by hand: each layer's units in vectors, filled up to whole ones; the forward pass keeps the gates,
// the memory and its tanh for each step and layer, the reverse pass needs no elementary function.
#include "lstm.h"
#include "simd.h"
#include <cmath>

struct Sizes {
    int64_t l, t, h, p; // p: the units of a layer, filled up
};

// What is kept of a step of a layer: arrays of p units each.
enum { FORGET, INPUT, OPEN, CHANGE, MEMORY_BEFORE, TANH, X, OUTPUT_BEFORE, KEPT };

INLINE void pad(const double *from, double *to, int64_t rows, const Sizes &s) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t u = 0; u < s.p; u++) to[r * s.p + u] = u < s.h ? from[r * s.h + u] : 0;
}

// A layer: from its input, output and memory to the new ones.
template <bool KEEP>
INLINE void layer(const Sizes &s, const double *w, const double *input, double *output, double *memory, double *kept) {
    int64_t p = s.p;
    const double *b = w + 4 * p;
    for (int64_t u = 0; u < p; u += W) {
        V x = load(input + u), h = load(output + u), c = load(memory + u);
        V f = vsigmoid(x * load(w + u) + load(b + u));
        V i = vsigmoid(h * load(w + p + u) + load(b + p + u));
        V o = vsigmoid(x * load(w + 2 * p + u) + load(b + 2 * p + u));
        V a = vtanh(h * load(w + 3 * p + u) + load(b + 3 * p + u));
        V next = c * f + i * a, squashed = vtanh(next);
        if (KEEP) {
            store(kept + FORGET * p + u, f);
            store(kept + INPUT * p + u, i);
            store(kept + OPEN * p + u, o);
            store(kept + CHANGE * p + u, a);
            store(kept + MEMORY_BEFORE * p + u, c);
            store(kept + TANH * p + u, squashed);
            store(kept + X * p + u, x);
            store(kept + OUTPUT_BEFORE * p + u, h);
        }
        store(memory + u, next);
        store(output + u, o * squashed);
    }
}

// The log-likelihood of the next symbol; `kept` takes the outputs' softmax and the last layer's output.
INLINE double score(const Sizes &s, const double *extra, const double *x, const double *gold, double *kept) {
    int64_t p = s.p;
    V sum = {}, dot = {}, count = {};
    for (int64_t u = 0; u < p; u += W) {
        V y = load(x + u) * load(extra + p + u) + load(extra + 2 * p + u), g = load(gold + u);
        V e = vexp(y);
        if (s.h - u < W)
            for (int k = 0; k < W; k++)
                if (u + k >= s.h) e[k] = 0;
        sum += e;
        dot += g * y;
        count += g;
        if (kept) store(kept + u, e), store(kept + p + u, load(x + u));
    }
    double total = 2 + hsum(sum), golds = hsum(count);
    if (kept)
        for (int64_t u = 0; u < p; u += W) store(kept + u, load(gold + u) - golds / total * load(kept + u));
    return hsum(dot) - golds * log(total);
}

struct Arrays {
    double *main, *extra, *state, *sequence;
};

INLINE Arrays padded_inputs(const Sizes &s, const Weights *w, const double *state, const double *sequence, Arena &arena) {
    Arrays a = {arena.take(s.l * 8 * s.p), arena.take(3 * s.p), arena.take(s.l * 2 * s.p), arena.take(s.t * s.p)};
    pad(w->main, a.main, s.l * 8, s);
    pad(w->extra, a.extra, 3, s);
    pad(state, a.state, s.l * 2, s);
    pad(sequence, a.sequence, s.t, s);
    return a;
}

template <bool KEEP>
INLINE double forward(const Sizes &s, const Arrays &a, double *x, double *kept, double *ends) {
    double total = 0;
    for (int64_t k = 0; k + 1 < s.t; k++) {
        for (int64_t u = 0; u < s.p; u += W) store(x + u, load(a.sequence + k * s.p + u) * load(a.extra + u));
        const double *input = x;
        for (int64_t i = 0; i < s.l; i++) {
            double *output = a.state + i * 2 * s.p;
            layer<KEEP>(s, a.main + i * 8 * s.p, input, output, output + s.p, KEEP ? kept + (k * s.l + i) * KEPT * s.p : nullptr);
            input = output;
        }
        total += score(s, a.extra, input, a.sequence + (k + 1) * s.p, KEEP ? ends + k * 2 * s.p : nullptr);
    }
    return -total / double((s.t - 1) * s.h);
}

// A layer in reverse: `cx` is the cotangent of its output from above, and becomes that of its input.
INLINE void layer_reverse(const Sizes &s, const double *w, const double *kept, double *cx, double *coutput, double *cmemory, double *cw) {
    int64_t p = s.p;
    double *cb = cw + 4 * p;
    auto add = [](double *at, V v) __attribute__((always_inline)) { store(at, load(at) + v); };
    for (int64_t u = 0; u < p; u += W) {
        V f = load(kept + FORGET * p + u), i = load(kept + INPUT * p + u), o = load(kept + OPEN * p + u);
        V a = load(kept + CHANGE * p + u), tc = load(kept + TANH * p + u);
        V x = load(kept + X * p + u), h = load(kept + OUTPUT_BEFORE * p + u);
        V ch = load(cx + u) + load(coutput + u);
        V cc = load(cmemory + u) + ch * o * (1.0 - tc * tc);
        V co = ch * tc * o * (1.0 - o);
        V cf = cc * load(kept + MEMORY_BEFORE * p + u) * f * (1.0 - f);
        V ci = cc * a * i * (1.0 - i);
        V ca = cc * i * (1.0 - a * a);
        store(cmemory + u, cc * f);
        store(coutput + u, ci * load(w + p + u) + ca * load(w + 3 * p + u));
        store(cx + u, cf * load(w + u) + co * load(w + 2 * p + u));
        add(cw + u, cf * x), add(cb + u, cf);
        add(cw + p + u, ci * h), add(cb + p + u, ci);
        add(cw + 2 * p + u, co * x), add(cb + 2 * p + u, co);
        add(cw + 3 * p + u, ca * h), add(cb + 3 * p + u, ca);
    }
}

extern "C" int lstm_with(int64_t l, int64_t t, int64_t h, const Weights *w, const double *state, const double *sequence, double *value, void *workspace, int64_t) {
    Sizes s = {l, t, h, padded(h)};
    Arena arena(workspace);
    Arrays a = padded_inputs(s, w, state, sequence, arena);
    *value = forward<false>(s, a, arena.take(s.p), nullptr, nullptr);
    return 0;
}

extern "C" int lstm_grad_with(int64_t l, int64_t t, int64_t h, const Weights *w, const double *state, const double *sequence, double *value, Weights *out, void *workspace, int64_t) {
    Sizes s = {l, t, h, padded(h)};
    int64_t p = s.p;
    Arena arena(workspace);
    Arrays a = padded_inputs(s, w, state, sequence, arena);
    double *x = arena.take(p), *kept = arena.take(t * l * KEPT * p), *ends = arena.take(t * 2 * p);
    double *coutput = arena.take(l * p), *cmemory = arena.take(l * p), *cmain = arena.take(l * 8 * p), *cextra = arena.take(3 * p);
    *value = forward<true>(s, a, x, kept, ends);
    memset(coutput, 0, 8 * l * p), memset(cmemory, 0, 8 * l * p), memset(cmain, 0, 64 * l * p), memset(cextra, 0, 24 * p);
    double scale = -1 / double((t - 1) * h);
    for (int64_t k = t - 1; k-- > 0;) {
        for (int64_t u = 0; u < p; u += W) {
            V cy = scale * load(ends + k * 2 * p + u);
            store(cextra + 2 * p + u, load(cextra + 2 * p + u) + cy);
            store(cextra + p + u, load(cextra + p + u) + cy * load(ends + (k * 2 + 1) * p + u));
            store(x + u, cy * load(a.extra + p + u));
        }
        for (int64_t i = l; i-- > 0;)
            layer_reverse(s, a.main + i * 8 * p, kept + (k * l + i) * KEPT * p, x, coutput + i * p, cmemory + i * p, cmain + i * 8 * p);
        for (int64_t u = 0; u < p; u += W) store(cextra + u, load(cextra + u) + load(x + u) * load(a.sequence + k * p + u));
    }
    for (int64_t r = 0; r < l * 8; r++) memcpy(out->main + r * h, cmain + r * p, 8 * h);
    for (int64_t r = 0; r < 3; r++) memcpy(out->extra + r * h, cextra + r * p, 8 * h);
    return 0;
}

extern "C" int lstm_workspace(int64_t l, int64_t t, int64_t h, int64_t *bytes) { return *bytes = 8 * padded(h) * (l * 10 + t + 8) + 64 * 16, 0; }
extern "C" int lstm_grad_workspace(int64_t l, int64_t t, int64_t h, int64_t *bytes) {
    return *bytes = 8 * padded(h) * (l * 20 + t * (3 + l * KEPT) + 16) + 64 * 16, 0;
}
