// The stacked LSTM, on one tape for the whole sequence.
#include "lstm.h"
#include "peer.h"
#include <vector>

template <class T>
static T sigmoid(const T &x) {
    using std::exp;
    return 1 / (1 + exp(-x));
}

// A layer: from its input, output and memory to the new ones; the input becomes the output.
template <class T>
static void layer(int64_t h, const T *w, T *x, T *output, T *memory) {
    using std::tanh;
    const T *b = w + 4 * h;
    for (int64_t u = 0; u < h; u++) {
        T forget = sigmoid(T(x[u] * w[u] + b[u]));
        T input = sigmoid(T(output[u] * w[h + u] + b[h + u]));
        T open = sigmoid(T(x[u] * w[2 * h + u] + b[2 * h + u]));
        T change = tanh(output[u] * w[3 * h + u] + b[3 * h + u]);
        memory[u] = memory[u] * forget + input * change;
        x[u] = open * tanh(memory[u]);
        output[u] = x[u];
    }
}

template <class T, class D>
static T lstm(int64_t l, int64_t t, int64_t h, const T *main, const T *extra, T *state, const D *sequence) {
    using std::exp, std::log;
    std::vector<T> x(h);
    T total = 0;
    for (int64_t k = 0; k + 1 < t; k++) {
        for (int64_t u = 0; u < h; u++) x[u] = sequence[k * h + u] * extra[u];
        for (int64_t i = 0; i < l; i++) layer(h, main + i * 8 * h, x.data(), state + i * 2 * h, state + (i * 2 + 1) * h);
        T sum = 2;
        for (int64_t u = 0; u < h; u++) {
            x[u] = x[u] * extra[h + u] + extra[2 * h + u];
            sum += exp(x[u]);
        }
        T norm = log(sum);
        for (int64_t u = 0; u < h; u++) total += sequence[(k + 1) * h + u] * (x[u] - norm);
    }
    return -total / double((t - 1) * h);
}

extern "C" int lstm_with(int64_t l, int64_t t, int64_t h, const Weights *w, const double *state, const double *sequence, double *value, void *, int64_t) {
    std::vector<double> changing(state, state + l * 2 * h);
    *value = lstm(l, t, h, w->main, w->extra, changing.data(), sequence);
    return 0;
}

static Tape *record(int64_t l, int64_t t, int64_t h, const double *at) {
    int64_t weights = l * 8 * h, states = l * 2 * h;
    return new Tape(weights + 3 * h, states + t * h, 1, at, [=](const Number *w, const Data *data, Number *y) {
        std::vector<Number> state(states);
        for (int64_t k = 0; k < states; k++) state[k] = Number(0) + data[k];
        y[0] = lstm(l, t, h, w, w + weights, state.data(), data + states);
    });
}

extern "C" int lstm_grad_with(int64_t l, int64_t t, int64_t h, const Weights *w, const double *state, const double *sequence, double *value, Weights *out, void *, int64_t) {
    static std::map<Sizes, std::unique_ptr<Tape>> tapes;
    int64_t weights = l * 8 * h, states = l * 2 * h;
    std::vector<double> x(w->main, w->main + weights), data(state, state + states);
    x.insert(x.end(), w->extra, w->extra + 3 * h);
    data.insert(data.end(), sequence, sequence + t * h);
    Tape &tape = recorded(tapes, {l, t, h}, [&] { return record(l, t, h, x.data()); });
    double one = 1;
    *value = *tape.run(x.data(), data.data());
    tape.reverse(&one, x.data());
    memcpy(out->main, x.data(), 8 * weights);
    memcpy(out->extra, x.data() + weights, 24 * h);
    return 0;
}

NO_WORKSPACE(lstm, int64_t, int64_t, int64_t)
NO_WORKSPACE(lstm_grad, int64_t, int64_t, int64_t)
