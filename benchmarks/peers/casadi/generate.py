"""The programs of the suite in CasADi: writes the C of `primal` and `derivative` for a case.

    python3 generate.py DERIVATIVE DIRECTORY SIZES...     # writes DIRECTORY/code.c

Small expressions are scalar (SX), which CasADi writes out one operation a line; what repeats them, or has large
arrays, is of matrices (MX), which CasADi writes as loops. Where a sum has many terms, the generated code is for one
term, and C++ adds them up. Matrices are stored by columns, and so have the sizes of
the other contenders' arrays in reverse.
"""
import math, sys
import casadi as ca


def values_and_gradients(inputs, active, value):
    """The primal, and the value with its gradient in the first `active` inputs."""
    gradients = [ca.gradient(value, x) for x in inputs[:active]]
    return ca.Function("primal", inputs, [value]), ca.Function("derivative", inputs, [value, *gradients])


def lse_grad(n):
    x = ca.MX.sym("x", n)
    largest = ca.mmax(x)
    return values_and_gradients([x], 1, largest + ca.log(ca.sum1(ca.exp(x - largest))))


def nearest(k, d):
    """The squared distance of a point to the nearest centroid."""
    centroids, point = ca.SX.sym("centroids", d, k), ca.SX.sym("point", d)
    best = ca.mmin(ca.sum1((ca.repmat(point, 1, k) - centroids) ** 2))
    return centroids, point, best


def kmeans_grad(n, k, d):
    centroids, point, best = nearest(k, d)
    return values_and_gradients([centroids, point], 1, best)


def kmeans_newton(n, k, d):
    # The Hessian has nothing beside its diagonal, and so its product with ones is that diagonal.
    centroids, point, best = nearest(k, d)
    slope = ca.gradient(best, centroids)
    diagonal = ca.jtimes(slope, centroids, ca.SX.ones(d, k))
    inputs = [centroids, point]
    return ca.Function("primal", inputs, [best]), ca.Function("derivative", inputs, [best, slope, diagonal])


def ba_jacobian(n, m, p):
    camera, point, weight, seen = ca.SX.sym("camera", 11), ca.SX.sym("point", 3), ca.SX.sym("weight"), ca.SX.sym("seen", 2)
    r, centre, focal, principal, k = camera[:3], camera[3:6], camera[6], camera[7:9], camera[9:]
    angle = ca.norm_2(r)
    axis, v = r / angle, point - centre
    v = v * ca.cos(angle) + ca.cross(axis, v) * ca.sin(angle) + axis * (ca.dot(axis, v) * (1 - ca.cos(angle)))
    q = v[:2] / v[2]
    r2 = ca.sumsqr(q)
    error = weight * (q * (1 + k[0] * r2 + k[1] * r2 * r2) * focal + principal - seen)
    jacobian = ca.densify(ca.jacobian(error, ca.vertcat(camera, point, weight)).T)
    inputs = [camera, point, weight, seen]
    return ca.Function("primal", inputs, [error]), ca.Function("derivative", inputs, [error, jacobian])


def lstm_step(l, h):
    """A step of all layers, from the state to the new one and the log-likelihood of the next symbol."""
    main, extra, state = ca.SX.sym("main", h, 8 * l), ca.SX.sym("extra", h, 3), ca.SX.sym("state", h, 2 * l)
    now, gold = ca.SX.sym("now", h), ca.SX.sym("gold", h)
    sigmoid = lambda x: 1 / (1 + ca.exp(-x))
    x, new = now * extra[:, 0], []
    for i in range(l):
        (w, b), (output, memory) = ca.horzsplit(main[:, 8 * i : 8 * i + 8], 4), ca.horzsplit(state[:, 2 * i : 2 * i + 2])
        memory = memory * sigmoid(x * w[:, 0] + b[:, 0]) + sigmoid(output * w[:, 1] + b[:, 1]) * ca.tanh(output * w[:, 3] + b[:, 3])
        x = sigmoid(x * w[:, 2] + b[:, 2]) * ca.tanh(memory)
        new += [x, memory]
    y = x * extra[:, 1] + extra[:, 2]
    score = ca.dot(gold, y - ca.log(2 + ca.sum1(ca.exp(y))))
    return ca.Function("step", [state, main, extra, now, gold], [ca.horzcat(*new), score])


def lstm_grad(l, t, h):
    main, extra, state = ca.MX.sym("main", h, 8 * l), ca.MX.sym("extra", h, 3), ca.MX.sym("state", h, 2 * l)
    sequence = ca.MX.sym("sequence", h, t)
    steps = lstm_step(l, h).mapaccum("steps", t - 1)
    same = lambda x: ca.repmat(x, 1, t - 1)
    _, scores = steps(state, same(main), same(extra), sequence[:, :-1], sequence[:, 1:])
    return values_and_gradients([main, extra, state, sequence], 2, -ca.sum2(scores) / ((t - 1) * h))


def gmm_component(n, d, t):
    """The log density of each point under a component."""
    alpha, mu, q, l = ca.MX.sym("alpha"), ca.MX.sym("mu", d), ca.MX.sym("q", d), ca.MX.sym("l", t)
    x = ca.MX.sym("x", d, n)
    # A column of the lower triangle is an element of the diagonal and some of l.
    starts = [j * d - j * (j + 1) // 2 - j - 1 for j in range(d)]
    order = [j if i == j else d + starts[j] + i for j in range(d) for i in range(j, d)]
    root = ca.densify(ca.MX(ca.Sparsity.lower(d), ca.vertcat(ca.exp(q), l)[order]))
    z = ca.mtimes(root, x - ca.repmat(mu, 1, n))
    return ca.Function("component", [alpha, mu, q, l, x], [(alpha + ca.sum1(q) - 0.5 * ca.sum1(z * z)).T])


def gmm_rest(n, k, d, t, alpha, q, l):
    """What of the value does not depend on the points."""
    degrees = d + 1
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi) + sum(math.lgamma((degrees - j) / 2) for j in range(d))
    constant = -k * (0.5 * degrees * d * math.log(2) + log_gamma) - 0.5 * n * d * math.log(2 * math.pi)
    prior = -0.5 * (ca.sumsqr(ca.exp(q)) + ca.sumsqr(l))
    return constant - n * ca.logsumexp(alpha) + prior


def gmm_point(k, d, t):
    """The log density of a point, from the weights, means, diagonals and triangles of the components."""
    weight, mu, diagonal, l = ca.SX.sym("weight", k), ca.SX.sym("mu", d, k), ca.SX.sym("diagonal", d, k), ca.SX.sym("l", t, k)
    x, terms = ca.SX.sym("x", d), []
    for c in range(k):
        e = x - mu[:, c]
        z, at = diagonal[:, c] * e, 0
        for b in range(d - 1):
            z[b + 1 :] += l[at : at + d - b - 1, c] * e[b]
            at += d - b - 1
        terms.append(weight[c] - 0.5 * ca.sumsqr(z))
    return values_and_gradients([weight, mu, diagonal, l, x], 4, ca.logsumexp(ca.vertcat(*terms)))


def gmm_grad(n, k, d, t):
    # Written out, the code for a point would be too much for a C compiler: the matrices of all points are taken then.
    if k * d * d > 5000:
        return gmm_matrices(n, k, d, t)
    alpha, mu, q, l = ca.SX.sym("alpha", k), ca.SX.sym("mu", d, k), ca.SX.sym("q", d, k), ca.SX.sym("l", t, k)
    before = [alpha + ca.sum1(q).T, mu, ca.exp(q), l]
    rest = gmm_rest(n, k, d, t, alpha, q, l)
    prepare = ca.Function("prepare", [alpha, q, l], [before[0], before[2], rest])
    cotangents = [ca.SX.sym("ct", *x.shape) for x in before]
    # The gradient of the whole, from that of the sum over the points in what `prepare` gives.
    whole = rest + sum(ca.dot(x, ct) for x, ct in zip(before, cotangents))
    gradients = [ca.gradient(whole, x) for x in [alpha, mu, q, l]]
    return *gmm_point(k, d, t), prepare, ca.Function("finish", [alpha, q, l, *cotangents], gradients)


def gmm_matrices(n, k, d, t):
    alpha, mu, q, l = ca.MX.sym("alpha", k), ca.MX.sym("mu", d, k), ca.MX.sym("q", d, k), ca.MX.sym("l", t, k)
    x = ca.MX.sym("x", d, n)
    density = gmm_component(n, d, t).map(k)(alpha.T, mu, q, l, ca.repmat(x, 1, k)).T
    column = ca.SX.sym("column", k)
    each = ca.Function("each", [column], [ca.logsumexp(column)])
    value = ca.sum2(each.map(n)(density)) + gmm_rest(n, k, d, t, alpha, q, l)
    return values_and_gradients([alpha, mu, q, l, x], 4, value)


def main(name, directory, *sizes):
    makers = [lse_grad, kmeans_grad, kmeans_newton, ba_jacobian, lstm_grad, gmm_grad]
    make = {f.__name__: f for f in makers}[name]
    code = ca.CodeGenerator("code.c")
    functions = make(*map(int, sizes))
    for function in functions:
        code.add(function)
    code.generate(directory + "/")
    with open(directory + "/code.c", "a") as out:
        out.writelines(f"#define HAS_{function.upper()}\n" for function in map(ca.Function.name, functions))


if __name__ == "__main__":
    main(*sys.argv[1:])
