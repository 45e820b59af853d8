// Functions on tapes of CppAD, optimised after they are recorded. What changes between calls beside the arguments is
// a dynamic parameter; the smaller and the larger of two numbers are conditional expressions, and so no branches.
#pragma once
#include <cppad/cppad.hpp>
#include <cstddef>

using Number = CppAD::AD<double>;
using Data = CppAD::AD<double>;

inline Number smaller(const Number &a, const Number &b) { return CppAD::CondExpLt(a, b, a, b); }
inline Number larger(const Number &a, const Number &b) { return CppAD::CondExpGt(a, b, a, b); }

// A function from n numbers to m, which may also read p numbers that have no derivatives.
class Tape {
    using Vector = CppAD::vector<double>;
    size_t n, p, m;
    CppAD::ADFun<double> function;
    Vector x, data, y, weights, tangents;

  public:
    // Records `f(x, data, y)` once, at `at`.
    template <class F>
    Tape(size_t n, size_t p, size_t m, const double *at, F f) : n(n), p(p), m(m), x(n), data(p), weights(m), tangents(n) {
        CppAD::thread_alloc::hold_memory(true);
        CppAD::vector<Number> arguments(n), results(m);
        CppAD::vector<Data> parameters(p);
        for (size_t k = 0; k < n; k++) arguments[k] = at[k], tangents[k] = 1;
        for (size_t k = 0; k < p; k++) parameters[k] = 1.0;
        CppAD::Independent(arguments, 0, false, parameters);
        f(arguments.data(), parameters.data(), results.data());
        function.Dependent(arguments, results);
        function.optimize();
    }

    // The results, which stay until the next call.
    const double *run(const double *at, const double *with) {
        take(at, with);
        y = function.Forward(0, x);
        return y.data();
    }

    // After `run`: the gradient of the results, weighted.
    void reverse(const double *weight, double *gradient) {
        std::copy(weight, weight + m, weights.data());
        Vector found = function.Reverse(1, weights);
        std::copy(found.data(), found.data() + n, gradient);
    }

    // After `run`: the derivatives of all results, row by row.
    void jacobian(double *rows) {
        for (size_t k = 0; k < m; k++) {
            for (size_t j = 0; j < m; j++) weights[j] = j == k;
            Vector found = function.Reverse(1, weights);
            std::copy(found.data(), found.data() + n, rows + k * n);
        }
    }

    // Of a single result: the gradient, and the product of the Hessian with ones.
    void second(const double *at, const double *with, double *gradient, double *product) {
        take(at, with);
        function.Forward(0, x);
        function.Forward(1, tangents);
        weights[0] = 1;
        Vector found = function.Reverse(2, weights);
        for (size_t k = 0; k < n; k++) gradient[k] = found[2 * k], product[k] = found[2 * k + 1];
    }

  private:
    void take(const double *at, const double *with) {
        std::copy(at, at + n, x.data());
        if (p == 0) return;
        std::copy(with, with + p, data.data());
        function.new_dynamic(data);
    }
};
