// Bundle adjustment: the tape has the error of one observation, and serves for all of them.
#include "ba.h"
#include "peer.h"

// The numbers of an observation: 11 of the camera, 3 of the point, and the weight.
constexpr int N = 15;

template <class T, class D>
static void error(const T *v, const D *observed, T *result) {
    using std::sqrt, std::sin, std::cos;
    T angle = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), si = sin(angle), co = cos(angle);
    T axis[3], from[3], turned[3], along = 0;
    for (int k = 0; k < 3; k++) {
        axis[k] = v[k] / angle;
        from[k] = v[11 + k] - v[3 + k];
        along += axis[k] * from[k];
    }
    for (int k = 0; k < 3; k++) {
        int i = (k + 1) % 3, j = (k + 2) % 3;
        turned[k] = from[k] * co + (axis[i] * from[j] - axis[j] * from[i]) * si + axis[k] * (along * (1 - co));
    }
    T p[2] = {turned[0] / turned[2], turned[1] / turned[2]};
    T r2 = p[0] * p[0] + p[1] * p[1], distortion = 1 + v[9] * r2 + v[10] * r2 * r2;
    for (int k = 0; k < 2; k++) result[k] = v[14] * (p[k] * distortion * v[6] + v[7 + k] - observed[k]);
}

static void gather(int64_t i, const double *cameras, const double *points, const double *weights, const int64_t *pairs, double *v) {
    memcpy(v, cameras + pairs[2 * i] * 11, 88);
    memcpy(v + 11, points + pairs[2 * i + 1] * 3, 24);
    v[14] = weights[i];
}

extern "C" int ba_with(int64_t, int64_t, int64_t p, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen, double *errors, void *, int64_t) {
    for (int64_t i = 0; i < p; i++) {
        double v[N];
        gather(i, cameras, points, weights, pairs, v);
        error(v, seen + 2 * i, errors + 2 * i);
    }
    return 0;
}

extern "C" int ba_jacobian_with(int64_t, int64_t, int64_t p, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen, double *errors, double *jacobian, void *, int64_t) {
    static std::map<Sizes, std::unique_ptr<Tape>> tapes;
    for (int64_t i = 0; i < p; i++) {
        double v[N];
        gather(i, cameras, points, weights, pairs, v);
        Tape &tape = recorded(tapes, {}, [&] {
            return new Tape(N, 2, 2, v, [](const Number *v, const Data *seen, Number *y) { error(v, seen, y); });
        });
        memcpy(errors + 2 * i, tape.run(v, seen + 2 * i), 16);
        tape.jacobian(jacobian + 2 * N * i);
    }
    return 0;
}

NO_WORKSPACE(ba, int64_t, int64_t, int64_t)
NO_WORKSPACE(ba_jacobian, int64_t, int64_t, int64_t)
