// The Gaussian mixture: calls of the generated code.
#include "gmm.h"
#include "casadi.h"

#ifdef HAS_PREPARE
// The code is for one point.
static Function<prepare, prepare_work> run_prepare;
static Function<finish, finish_work> run_finish;

extern "C" int gmm_with(int64_t n, int64_t k, int64_t d, int64_t, const Mixture *m, const double *x, double *value, void *, int64_t) {
    std::vector<double> weight(k), diagonal(k * d);
    double sum, term = 0;
    int status = run_prepare({m->alpha, m->q, m->l}, {weight.data(), diagonal.data(), &sum});
    for (int64_t i = 0; i < n; i++) {
        status |= run_primal({weight.data(), m->mu, diagonal.data(), m->l, x + i * d}, {&term});
        sum += term;
    }
    *value = sum;
    return status;
}

extern "C" int gmm_grad_with(int64_t n, int64_t k, int64_t d, int64_t t, const Mixture *m, const double *x, double *value, Mixture *out, void *, int64_t) {
    std::vector<double> weight(k), diagonal(k * d), slope(k + 2 * k * d + k * t), total(slope.size());
    double *at = slope.data(), *all = total.data(), sum, term = 0;
    int status = run_prepare({m->alpha, m->q, m->l}, {weight.data(), diagonal.data(), &sum});
    for (int64_t i = 0; i < n; i++) {
        status |= run_derivative({weight.data(), m->mu, diagonal.data(), m->l, x + i * d}, {&term, at, at + k, at + k + k * d, at + k + 2 * k * d});
        sum += term;
        for (size_t j = 0; j < total.size(); j++) total[j] += slope[j];
    }
    *value = sum;
    return status | run_finish({m->alpha, m->q, m->l, all, all + k, all + k + k * d, all + k + 2 * k * d}, {out->alpha, out->mu, out->q, out->l});
}
#else
// The code is for all points.
extern "C" int gmm_with(int64_t, int64_t, int64_t, int64_t, const Mixture *m, const double *x, double *value, void *, int64_t) {
    return run_primal({m->alpha, m->mu, m->q, m->l, x}, {value});
}

extern "C" int gmm_grad_with(int64_t, int64_t, int64_t, int64_t, const Mixture *m, const double *x, double *value, Mixture *out, void *, int64_t) {
    return run_derivative({m->alpha, m->mu, m->q, m->l, x}, {value, out->alpha, out->mu, out->q, out->l});
}
#endif

NO_WORKSPACE(gmm, int64_t, int64_t, int64_t, int64_t)
NO_WORKSPACE(gmm_grad, int64_t, int64_t, int64_t, int64_t)
