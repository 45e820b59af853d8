// K-means: the tape has the squared distance of one point to its nearest centroid, and serves for all points.
#include "kmeans.h"
#include "peer.h"
#include <vector>

template <class T, class D>
static T nearest(int64_t k, int64_t d, const T *centroids, const D *point) {
    T best = 0;
    for (int64_t j = 0; j < k; j++) {
        T sum = 0;
        for (int64_t a = 0; a < d; a++) {
            T e = point[a] - centroids[j * d + a];
            sum += e * e;
        }
        best = j == 0 ? sum : smaller(sum, best);
    }
    return best;
}

static Tape &tape(int64_t k, int64_t d, const double *centroids) {
    static std::map<Sizes, std::unique_ptr<Tape>> tapes;
    return recorded(tapes, {k, d}, [=] {
        return new Tape(k * d, d, 1, centroids, [=](const Number *c, const Data *x, Number *y) { y[0] = nearest(k, d, c, x); });
    });
}

extern "C" int kmeans_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *value, void *, int64_t) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += nearest(k, d, c, x + i * d);
    *value = sum;
    return 0;
}

extern "C" int kmeans_grad_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *value, double *g, void *, int64_t) {
    Tape &t = tape(k, d, c);
    std::vector<double> term(k * d);
    double one = 1, sum = 0;
    memset(g, 0, 8 * k * d);
    for (int64_t i = 0; i < n; i++) {
        sum += *t.run(c, x + i * d);
        t.reverse(&one, term.data());
        for (int64_t j = 0; j < k * d; j++) g[j] += term[j];
    }
    *value = sum;
    return 0;
}

// The Hessian has nothing beside its diagonal, and so its product with ones is that diagonal.
extern "C" int kmeans_newton_with(int64_t n, int64_t k, int64_t d, const double *c, const double *x, double *step, void *, int64_t) {
    Tape &t = tape(k, d, c);
    std::vector<double> term(k * d), product(k * d), diagonal(k * d);
    memset(step, 0, 8 * k * d);
    for (int64_t i = 0; i < n; i++) {
        t.second(c, x + i * d, term.data(), product.data());
        for (int64_t j = 0; j < k * d; j++) step[j] += term[j], diagonal[j] += product[j];
    }
    for (int64_t j = 0; j < k * d; j++) step[j] /= diagonal[j];
    return 0;
}

NO_WORKSPACE(kmeans, int64_t, int64_t, int64_t)
NO_WORKSPACE(kmeans_grad, int64_t, int64_t, int64_t)
NO_WORKSPACE(kmeans_newton, int64_t, int64_t, int64_t)
