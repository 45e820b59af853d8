// The logarithm of a sum of exponentials, on one tape.
#include "lse.h"
#include "peer.h"

template <class T>
static T lse(int64_t n, const T *x) {
    using std::exp, std::log;
    T largest = x[0], sum = 0;
    for (int64_t i = 1; i < n; i++) largest = larger(largest, x[i]);
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - largest);
    return largest + log(sum);
}

static Tape &tape(int64_t n, const double *x) {
    static std::map<Sizes, std::unique_ptr<Tape>> tapes;
    return recorded(tapes, {n}, [=] {
        return new Tape(n, 0, 1, x, [=](const Number *x, const Data *, Number *y) { y[0] = lse(n, x); });
    });
}

extern "C" int lse_with(int64_t n, const double *x, double *value, void *, int64_t) {
    *value = lse(n, x);
    return 0;
}

extern "C" int lse_grad_with(int64_t n, const double *x, double *value, double *g, void *, int64_t) {
    Tape &t = tape(n, x);
    double one = 1;
    *value = *t.run(x, nullptr);
    t.reverse(&one, g);
    return 0;
}

NO_WORKSPACE(lse, int64_t)
NO_WORKSPACE(lse_grad, int64_t)
