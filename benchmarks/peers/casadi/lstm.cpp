// The stacked LSTM: calls of the generated code.
#include "lstm.h"
#include "casadi.h"

extern "C" int lstm_with(int64_t, int64_t, int64_t, const Weights *w, const double *state, const double *sequence, double *value, void *, int64_t) {
    return run_primal({w->main, w->extra, state, sequence}, {value});
}

extern "C" int lstm_grad_with(int64_t, int64_t, int64_t, const Weights *w, const double *state, const double *sequence, double *value, Weights *out, void *, int64_t) {
    return run_derivative({w->main, w->extra, state, sequence}, {value, out->main, out->extra});
}

NO_WORKSPACE(lstm, int64_t, int64_t, int64_t)
NO_WORKSPACE(lstm_grad, int64_t, int64_t, int64_t)
