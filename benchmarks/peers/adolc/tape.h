// Functions on tapes of ADOL-C. What changes between calls beside the arguments is a parameter of the tape
// (`mkparam`); the smaller and the larger of two numbers are operations of the tape, and so no branches.
#pragma once
#include <adolc/adolc.h>
#include <vector>

using Number = adouble;

struct Data {
    locint index;
};

inline adub operator+(const badouble &a, Data b) { return a + getparam(b.index); }
inline adub operator-(const badouble &a, Data b) { return a - getparam(b.index); }
inline adub operator-(Data a, const badouble &b) { return getparam(a.index) - b; }
inline adub operator*(const badouble &a, Data b) { return a * getparam(b.index); }
inline adub operator*(Data a, const badouble &b) { return getparam(a.index) * b; }
inline adouble smaller(const adouble &a, const adouble &b) { return fmin(a, b); }
inline adouble larger(const adouble &a, const adouble &b) { return fmax(a, b); }

// A function from n numbers to m, which may also read p numbers that have no derivatives.
class Tape {
    short tag;
    int n, p, m;
    std::vector<double> data, y, tangents, weights, squares;

  public:
    // Records `f(x, data, y)`, at `at`.
    template <class F>
    Tape(int n, int p, int m, const double *at, F f) : n(n), p(p), m(m), data(p), y(m), tangents(n, 1), weights(m * m), squares(2 * n) {
        tag = ++tags;
        for (int k = 0; k < m; k++) weights[k * m + k] = 1;
        // Nothing is to go to files, and no call is to ask for more memory than it needs: so the tape is recorded
        // with much room, and again with what it has taken.
        constexpr unsigned much = 1u << 26;
        record(at, f, much, much, much, much);
        size_t counts[STAT_SIZE];
        tapestats(tag, counts);
        record(at, f, counts[NUM_OPERATIONS] + 64, counts[NUM_LOCATIONS] + 64, counts[NUM_VALUES] + 64, counts[TAY_STACK_SIZE] + 64);
    }

    // The results, which stay until the next call.
    const double *run(const double *x, const double *with) {
        take(with);
        zos_forward(tag, m, n, 1, x, y.data());
        return y.data();
    }

    // After `run`: the gradient of the results, weighted.
    void reverse(const double *weight, double *gradient) { fos_reverse(tag, m, n, const_cast<double *>(weight), gradient); }

    // After `run`: the derivatives of all results, row by row.
    void jacobian(double *rows) {
        std::vector<double *> from(m), to(m);
        for (int k = 0; k < m; k++) from[k] = weights.data() + k * m, to[k] = rows + k * n;
        fov_reverse(tag, m, n, m, from.data(), to.data());
    }

    // Of a single result: the gradient, and the product of the Hessian with ones.
    void second(const double *x, const double *with, double *gradient, double *product) {
        take(with);
        double one = 1, slope;
        fos_forward(tag, 1, n, 2, x, tangents.data(), y.data(), &slope);
        std::vector<double *> rows(n);
        for (int k = 0; k < n; k++) rows[k] = squares.data() + 2 * k;
        hos_reverse(tag, 1, n, 1, &one, rows.data());
        for (int k = 0; k < n; k++) gradient[k] = rows[k][0], product[k] = rows[k][1];
    }

  private:
    static inline short tags = 0;

    template <class F>
    void record(const double *at, F f, size_t operations, size_t locations, size_t values, size_t taylors) {
        trace_on(tag, 0, operations, locations, values, taylors);
        std::vector<adouble> x(n), result(m);
        std::vector<Data> parameters(p);
        for (int k = 0; k < n; k++) x[k] <<= at[k];
        for (int k = 0; k < p; k++) parameters[k] = {mkparam_idx(1.0)};
        f(x.data(), parameters.data(), result.data());
        for (int k = 0; k < m; k++) result[k] >>= y[k];
        trace_off();
    }

    void take(const double *with) {
        if (p == 0) return;
        data.assign(with, with + p);
        set_param_vec(tag, p, data.data());
    }
};
