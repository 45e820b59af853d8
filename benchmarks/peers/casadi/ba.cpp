// Bundle adjustment: the generated code is for one observation.
#include "casadi.h"

extern "C" int ba_with(int64_t, int64_t, int64_t p, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen, double *errors, void *, int64_t) {
    int status = 0;
    for (int64_t i = 0; i < p; i++)
        status |= run_primal({cameras + pairs[2 * i] * 11, points + pairs[2 * i + 1] * 3, weights + i, seen + 2 * i}, {errors + 2 * i});
    return status;
}

extern "C" int ba_jacobian_with(int64_t, int64_t, int64_t p, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen, double *errors, double *jacobian, void *, int64_t) {
    int status = 0;
    for (int64_t i = 0; i < p; i++)
        status |= run_derivative({cameras + pairs[2 * i] * 11, points + pairs[2 * i + 1] * 3, weights + i, seen + 2 * i}, {errors + 2 * i, jacobian + 30 * i});
    return status;
}

NO_WORKSPACE(ba, int64_t, int64_t, int64_t)
NO_WORKSPACE(ba_jacobian, int64_t, int64_t, int64_t)
