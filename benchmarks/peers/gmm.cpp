// The Gaussian mixture on two tapes: one from the parameters to the components' weights, the diagonals of their
// roots and what of the value does not depend on the points; and one from there to the log density of a point, which
// serves for all points. What the second gives back goes into the first.
#include "gmm.h"
#include "peer.h"
#include <vector>

// The numbers of each array, and where each starts among the arguments of both tapes.
struct Shape {
    int64_t n, k, d, t;
    int64_t mu() const { return k; }
    int64_t q() const { return k + k * d; }
    int64_t l() const { return k + 2 * k * d; }
    int64_t count() const { return k + 2 * k * d + k * t; }
};

template <class T>
static T logsumexp(int64_t n, const T *x) {
    using std::exp, std::log;
    T largest = x[0], sum = 0;
    for (int64_t i = 1; i < n; i++) largest = larger(largest, x[i]);
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - largest);
    return largest + log(sum);
}

// The weights and diagonals, and last the rest of the value.
template <class T>
static void prepare(const Shape &s, const T *m, T *result) {
    using std::exp;
    T squares = 0;
    for (int64_t c = 0; c < s.k; c++) {
        result[c] = m[c];
        for (int64_t a = 0; a < s.d; a++) {
            int64_t at = c * s.d + a;
            result[c] += m[s.q() + at];
            result[s.k + at] = exp(m[s.q() + at]);
            squares += result[s.k + at] * result[s.k + at];
        }
    }
    for (int64_t i = s.l(); i < s.count(); i++) squares += m[i] * m[i];
    double degrees = s.d + 1, log_gamma = 0.25 * s.d * (s.d - 1) * std::log(M_PI);
    for (int64_t j = 0; j < s.d; j++) log_gamma += std::lgamma(0.5 * (degrees - j));
    double constant = -s.k * (0.5 * degrees * s.d * std::log(2) + log_gamma) - 0.5 * s.n * s.d * std::log(2 * M_PI);
    result[s.k + s.k * s.d] = constant - double(s.n) * logsumexp(s.k, m) - 0.5 * squares;
}

// The log density of a point; `v` has the weights, means, diagonals and strict lower triangles.
template <class T, class D>
static T density(const Shape &s, const T *v, const D *x) {
    std::vector<T> e(s.d), z(s.d), terms(s.k);
    for (int64_t c = 0; c < s.k; c++) {
        const T *l = v + s.l() + c * s.t;
        for (int64_t a = 0; a < s.d; a++) {
            e[a] = x[a] - v[s.mu() + c * s.d + a];
            z[a] = v[s.q() + c * s.d + a] * e[a];
        }
        for (int64_t b = 0; b < s.d; b++)
            for (int64_t a = b + 1; a < s.d; a++) z[a] += *l++ * e[b];
        T squares = 0;
        for (int64_t a = 0; a < s.d; a++) squares += z[a] * z[a];
        terms[c] = v[c] - 0.5 * squares;
    }
    return logsumexp(s.k, terms.data());
}

static std::vector<double> packed(const Shape &s, const Mixture *m) {
    std::vector<double> v(m->alpha, m->alpha + s.k);
    v.insert(v.end(), m->mu, m->mu + s.k * s.d);
    v.insert(v.end(), m->q, m->q + s.k * s.d);
    v.insert(v.end(), m->l, m->l + s.k * s.t);
    return v;
}

// The arguments of `density`, from those of `prepare` and its results.
static std::vector<double> prepared(const Shape &s, std::vector<double> v, const double *result) {
    std::copy(result, result + s.k, v.data());
    std::copy(result + s.k, result + s.k + s.k * s.d, v.data() + s.q());
    return v;
}

extern "C" int gmm_with(int64_t n, int64_t k, int64_t d, int64_t t, const Mixture *m, const double *x, double *value, void *, int64_t) {
    Shape s = {n, k, d, t};
    std::vector<double> v = packed(s, m), result(k + k * d + 1);
    prepare(s, v.data(), result.data());
    v = prepared(s, v, result.data());
    *value = result.back();
    for (int64_t i = 0; i < n; i++) *value += density(s, v.data(), x + i * d);
    return 0;
}

extern "C" int gmm_grad_with(int64_t n, int64_t k, int64_t d, int64_t t, const Mixture *m, const double *x, double *value, Mixture *out, void *, int64_t) {
    static std::map<Sizes, std::unique_ptr<Tape>> firsts, seconds;
    Shape s = {n, k, d, t};
    std::vector<double> v = packed(s, m);
    Tape &first = recorded(firsts, {n, k, d, t}, [&] {
        return new Tape(s.count(), 0, k + k * d + 1, v.data(), [=](const Number *m, const Data *, Number *y) { prepare(s, m, y); });
    });
    const double *result = first.run(v.data(), nullptr);
    double sum = result[k + k * d], one = 1;
    v = prepared(s, v, result);
    Tape &second = recorded(seconds, {k, d, t}, [&] {
        return new Tape(s.count(), d, 1, v.data(), [=](const Number *v, const Data *x, Number *y) { y[0] = density(s, v, x); });
    });
    std::vector<double> term(s.count()), total(s.count()), weights(k + k * d + 1);
    for (int64_t i = 0; i < n; i++) {
        sum += *second.run(v.data(), x + i * d);
        second.reverse(&one, term.data());
        for (int64_t j = 0; j < s.count(); j++) total[j] += term[j];
    }
    *value = sum;
    // The means and the triangles of both tapes are the same; weights and diagonals are results of the first.
    std::copy(total.data(), total.data() + k, weights.data());
    std::copy(total.data() + s.q(), total.data() + s.l(), weights.data() + k);
    weights.back() = 1;
    first.reverse(weights.data(), term.data());
    for (int64_t j = s.mu(); j < s.q(); j++) term[j] += total[j];
    for (int64_t j = s.l(); j < s.count(); j++) term[j] += total[j];
    memcpy(out->alpha, term.data(), 8 * k);
    memcpy(out->mu, term.data() + s.mu(), 8 * k * d);
    memcpy(out->q, term.data() + s.q(), 8 * k * d);
    memcpy(out->l, term.data() + s.l(), 8 * k * t);
    return 0;
}

NO_WORKSPACE(gmm, int64_t, int64_t, int64_t, int64_t)
NO_WORKSPACE(gmm_grad, int64_t, int64_t, int64_t, int64_t)
