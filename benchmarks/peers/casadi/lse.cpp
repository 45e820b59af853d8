// The logarithm of a sum of exponentials: calls of the generated code.
#include "casadi.h"

extern "C" int lse_with(int64_t, const double *x, double *value, void *, int64_t) { return run_primal({x}, {value}); }

extern "C" int lse_grad_with(int64_t, const double *x, double *value, double *g, void *, int64_t) { return run_derivative({x}, {value, g}); }

NO_WORKSPACE(lse, int64_t)
NO_WORKSPACE(lse_grad, int64_t)
