// K-means: the generated code is for one point.
#include "casadi.h"

extern "C" int kmeans_with(int64_t n, int64_t, int64_t d, const double *c, const double *x, double *value, void *, int64_t) {
    int status = 0;
    double sum = 0, term = 0;
    for (int64_t i = 0; i < n; i++) {
        status |= run_primal({c, x + i * d}, {&term});
        sum += term;
    }
    *value = sum;
    return status;
}

// Adds up the gradients of the points, and the diagonals of their Hessians if the code has them.
static int add_up(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *value, double *g, double *diagonal) {
    static std::vector<double> slope, second;
    slope.resize(k * d), second.resize(k * d);
    int status = 0;
    double sum = 0, term = 0;
    memset(g, 0, 8 * k * d);
    for (int64_t i = 0; i < n; i++) {
        if (diagonal)
            status |= run_derivative({c, x + i * d}, {&term, slope.data(), second.data()});
        else
            status |= run_derivative({c, x + i * d}, {&term, slope.data()});
        sum += term;
        for (int64_t j = 0; j < k * d; j++) g[j] += slope[j];
        if (diagonal)
            for (int64_t j = 0; j < k * d; j++) diagonal[j] += second[j];
    }
    *value = sum;
    return status;
}

extern "C" int kmeans_grad_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *value, double *g, void *, int64_t) {
    return add_up(n, k, d, c, x, value, g, nullptr);
}

extern "C" int kmeans_newton_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *step, void *, int64_t) {
    std::vector<double> diagonal(k * d);
    double value;
    int status = add_up(n, k, d, c, x, &value, step, diagonal.data());
    for (int64_t j = 0; j < k * d; j++) step[j] /= diagonal[j];
    return status;
}

NO_WORKSPACE(kmeans, int64_t, int64_t, int64_t)
NO_WORKSPACE(kmeans_grad, int64_t, int64_t, int64_t)
NO_WORKSPACE(kmeans_newton, int64_t, int64_t, int64_t)
