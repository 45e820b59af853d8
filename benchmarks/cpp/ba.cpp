// Bundle adjustment by hand: several observations in the lanes of vectors, with all derivatives in closed form.
// With the axis a = r / θ, v = X - C and u = v cos θ + (a × v) sin θ + a (a·v) (1 - cos θ):
//   du/dv is the rotation R;  du/dC = -R;
//   du/dθ = -v sin θ + (a × v) cos θ + a (a·v) sin θ, at fixed a;
//   du/da_k = (e_k × v) sin θ + (e_k (a·v) + a v_k) (1 - cos θ);
//   dθ/dr = a,  da/dr = (1 - a aᵀ) / θ.
#include "ba.h"
#include "simd.h"

struct V3 {
    V x, y, z;
};

INLINE V3 operator+(V3 a, V3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
INLINE V3 operator-(V3 a, V3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
INLINE V3 operator*(V3 a, V s) { return {a.x * s, a.y * s, a.z * s}; }
INLINE V dot(V3 a, V3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
INLINE V3 cross(V3 a, V3 b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
INLINE V root(V x) {
    for (int k = 0; k < W; k++) x[k] = __builtin_sqrt(x[k]);
    return x;
}

struct Observations {
    V camera[11], point[3], weight, seen[2];
};

INLINE Observations gather(int64_t i, int64_t count, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen) {
    Observations o;
    for (int k = 0; k < W; k++) {
        int64_t at = i + (k < count ? k : 0);
        const double *c = cameras + pairs[2 * at] * 11, *p = points + pairs[2 * at + 1] * 3;
        for (int j = 0; j < 11; j++) o.camera[j][k] = c[j];
        for (int j = 0; j < 3; j++) o.point[j][k] = p[j];
        o.weight[k] = weights[at];
        o.seen[0][k] = seen[2 * at];
        o.seen[1][k] = seen[2 * at + 1];
    }
    return o;
}

// The errors; with DERIVATIVE their derivatives, entry j of component k at block[k][j].
template <bool DERIVATIVE>
INLINE void error(const Observations &o, V result[2], V block[2][15]) {
    const V *c = o.camera;
    V3 r = {c[0], c[1], c[2]}, v = {o.point[0] - c[3], o.point[1] - c[4], o.point[2] - c[5]};
    V theta = root(dot(r, r)), over = 1.0 / theta, si = vsin(theta), co = vcos(theta), ver = 1.0 - co;
    V3 a = r * over, w = cross(a, v);
    V av = dot(a, v);
    V3 u = v * co + w * si + a * (av * ver);
    V down = 1.0 / u.z, px = u.x * down, py = u.y * down;
    V r2 = px * px + py * py, radial = 1.0 + (c[9] + c[10] * r2) * r2;
    V ex = px * radial * c[6] + c[7] - o.seen[0], ey = py * radial * c[6] + c[8] - o.seen[1];
    result[0] = o.weight * ex;
    result[1] = o.weight * ey;
    if (!DERIVATIVE) return;
    V wf = o.weight * c[6], slope = 2.0 * (c[9] + 2.0 * c[10] * r2);
    V xx = wf * (radial + slope * px * px), xy = wf * slope * px * py, yy = wf * (radial + slope * py * py);
    // Rows of d result / du.
    V3 rows[2] = {{xx * down, xy * down, -(xx * px + xy * py) * down}, {xy * down, yy * down, -(xy * px + yy * py) * down}};
    V3 angle;
    angle.x = -v.x * si + w.x * co + a.x * av * si;
    angle.y = -v.y * si + w.y * co + a.y * av * si;
    angle.z = -v.z * si + w.z * co + a.z * av * si;
    for (int k = 0; k < 2; k++) {
        V3 g = rows[k];
        V ga = dot(g, a);
        // Rᵀ g: the rotation by -θ.
        V3 gv = g * co - cross(a, g) * si + a * (ga * ver);
        // The derivative in a: g · (e_k × v) is (v × g)_k.
        V3 da = cross(v, g) * si + (g * av + v * ga) * ver;
        V3 dr = a * dot(g, angle) + (da - a * dot(a, da)) * over;
        block[k][0] = dr.x, block[k][1] = dr.y, block[k][2] = dr.z;
        block[k][3] = -gv.x, block[k][4] = -gv.y, block[k][5] = -gv.z;
        V p = k ? py : px;
        block[k][6] = o.weight * p * radial;
        block[k][7] = k ? splat(0) : o.weight;
        block[k][8] = k ? o.weight : splat(0);
        block[k][9] = wf * p * r2;
        block[k][10] = wf * p * r2 * r2;
        block[k][11] = gv.x, block[k][12] = gv.y, block[k][13] = gv.z;
        block[k][14] = k ? ey : ex;
    }
}

template <bool DERIVATIVE>
INLINE void run(int64_t p, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen, double *errors, double *jacobian) {
    for (int64_t i = 0; i < p; i += W) {
        int64_t count = p - i < W ? p - i : W;
        Observations o = gather(i, count, cameras, points, weights, pairs, seen);
        V result[2], block[2][15];
        error<DERIVATIVE>(o, result, block);
        for (int k = 0; k < W; k++) {
            if (k >= count) break;
            errors[2 * (i + k)] = result[0][k];
            errors[2 * (i + k) + 1] = result[1][k];
            if (DERIVATIVE)
                for (int j = 0; j < 30; j++) jacobian[(i + k) * 30 + j] = block[j / 15][j % 15][k];
        }
    }
}

extern "C" int ba_with(int64_t, int64_t, int64_t p, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen, double *errors, void *, int64_t) {
    run<false>(p, cameras, points, weights, pairs, seen, errors, nullptr);
    return 0;
}

extern "C" int ba_jacobian_with(int64_t, int64_t, int64_t p, const double *cameras, const double *points, const double *weights, const int64_t *pairs, const double *seen, double *errors, double *jacobian, void *, int64_t) {
    run<true>(p, cameras, points, weights, pairs, seen, errors, jacobian);
    return 0;
}

extern "C" int ba_workspace(int64_t, int64_t, int64_t, int64_t *bytes) { return *bytes = 0, 0; }
extern "C" int ba_jacobian_workspace(int64_t, int64_t, int64_t, int64_t *bytes) { return *bytes = 0, 0; }
