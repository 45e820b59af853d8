"""The suite in JAX (float64): a contender of the harness, and the source of known.json.

    python3 -m pip install 'jax[cpu]' numpy
    python3 suite.py --known ../known.json     # write what the programs of the suite must give
    python3 suite.py                           # serve the harness: requests on the standard input

A request is a line: `load CASE` makes the inputs and compiles, and answers with the value and the seconds that the
compilation of primal and derivative took; `value|primal|derivative COUNT` runs COUNT times and answers with the
seconds of processor time.
"""
import json, math, sys, time
import numpy as np
import jax, jax.numpy as jnp
from jax.scipy.special import logsumexp

jax.config.update("jax_enable_x64", True)

INPUTS = np.array([[0.52, 1.12, 0.77], [0.88, -1.08, 0.15], [0.52, 0.06, -1.30], [0.74, -2.49, 1.39]])
TARGETS = np.array([1.0, 1.0, 0.0, 1.0])


class Stream:
    """The numbers of splitmix64 from a seed, in [0, 1)."""

    def __init__(self, seed):
        self.seed, self.used = seed, 0

    def unit(self, *shape):
        count = math.prod(shape)
        with np.errstate(over="ignore"):
            k = np.arange(self.used + 1, self.used + count + 1, dtype=np.uint64)
            z = np.uint64(self.seed) + k * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        self.used += count
        return ((z >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(shape)

    def symmetric(self, *shape):
        return 2 * self.unit(*shape) - 1

    def bits(self, *shape):
        return (self.unit(*shape) < 0.5).astype(np.float64)


def logistic(params, inputs, targets):
    w, b = params
    p = 0.5 * (jnp.tanh((inputs @ w + b) / 2) + 1)
    return -jnp.sum(jnp.log(p * targets + (1 - p) * (1 - targets)))


def logistic_case(s, n, d):
    inputs, targets = s.symmetric(n, d), s.bits(n)
    return (s.symmetric(d) / math.sqrt(d), 0.05), (inputs, targets)


def tiny(params):
    return logistic(params, INPUTS, TARGETS)


def tiny_case(s):
    return (np.array([0.1, -0.2, 0.3]), 0.05), ()


def gmm(params, x):
    alpha, mu, q, l = params
    (n, d), k = x.shape, mu.shape[0]
    columns, rows = np.triu_indices(d, 1)  # of the lower triangle, column by column
    root = jax.vmap(lambda q, l: jnp.diag(jnp.exp(q)).at[rows, columns].set(l))(q, l)
    z = jnp.einsum("kab,nkb->nka", root, x[:, None, :] - mu[None])
    density = alpha + jnp.sum(q, 1) - 0.5 * jnp.sum(z * z, -1)
    degrees = d + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((degrees - j) / 2) for j in range(d))
    constant = -k * (degrees * d * math.log(2) / 2 + log_gamma) - n * d / 2 * math.log(2 * math.pi)
    prior = -0.5 * (jnp.sum(jnp.exp(q) ** 2) + jnp.sum(l * l))
    return constant + jnp.sum(logsumexp(density, axis=1)) - n * logsumexp(alpha) + prior


def gmm_case(s, n, k, d, t):
    return tuple(s.symmetric(*shape) for shape in [(k,), (k, d), (k, d), (k, t)]), (s.symmetric(n, d),)


def lstm(params, state, sequence):
    main, extra = params
    sigmoid = lambda v: 1 / (1 + jnp.exp(-v))

    def step(state, pair):
        x, gold = pair[0] * extra[0], pair[1]
        new = []
        for (wf, wi, wo, wc), (bf, bi, bo, bc), (h, c) in zip(main[:, 0], main[:, 1], state):
            c = c * sigmoid(x * wf + bf) + sigmoid(h * wi + bi) * jnp.tanh(h * wc + bc)
            x = sigmoid(x * wo + bo) * jnp.tanh(c)
            new.append(jnp.stack([x, c]))
        y = x * extra[1] + extra[2]
        return jnp.stack(new), jnp.sum(gold * (y - jnp.log(2 + jnp.sum(jnp.exp(y)))))

    _, terms = jax.lax.scan(step, state, (sequence[:-1], sequence[1:]))
    return -jnp.sum(terms) / ((sequence.shape[0] - 1) * sequence.shape[1])


def lstm_case(s, l, t, h):
    return (s.unit(l, 2, 4, h), s.unit(3, h)), (s.unit(l, 2, h), s.bits(t, h))


def kmeans(centroids, points):
    return jnp.sum(jnp.min(jnp.sum((points[:, None] - centroids[None]) ** 2, -1), 1))


def newton(centroids, points):
    slope = jax.grad(lambda c: kmeans(c, points))
    gradient, diagonal = jax.jvp(slope, (centroids,), (jnp.ones_like(centroids),))
    return gradient / diagonal


def kmeans_case(s, n, k, d):
    return s.unit(k, d), (s.unit(n, d),)


def ode(x, steps=4000):
    h = 2.0 / steps
    slope = lambda y: jnp.concatenate([x[:1], x[1:] * y[:-1]])

    def step(y, _):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    return jax.lax.scan(step, jnp.zeros_like(x), None, length=steps)[0][-1]


def ode_case(s, n):
    return 1 + s.unit(n), ()


def lse(x):
    largest = jnp.max(x)
    return largest + jnp.log(jnp.sum(jnp.exp(x - largest)))


def lse_case(s, n):
    return s.symmetric(n), ()


def error(v, observed):
    r, centre, focal, principal, k, point, weight = v[:3], v[3:6], v[6], v[7:9], v[9:11], v[11:14], v[14]
    angle = jnp.sqrt(r @ r)
    axis, v = r / angle, point - centre
    v = v * jnp.cos(angle) + jnp.cross(axis, v) * jnp.sin(angle) + axis * ((axis @ v) * (1 - jnp.cos(angle)))
    p = v[:2] / v[2]
    r2 = p @ p
    return weight * (p * (1 + k[0] * r2 + k[1] * r2 * r2) * focal + principal - observed)


def ba_rows(cameras, points, weights, pairs):
    return jnp.concatenate([cameras[pairs[:, 0]], points[pairs[:, 1]], weights[:, None]], 1)


def ba(cameras, points, weights, pairs, observed):
    return jax.vmap(error)(ba_rows(cameras, points, weights, pairs), observed)


def ba_jacobian(cameras, points, weights, pairs, observed):
    one = lambda v, observed: (error(v, observed), jax.jacfwd(error)(v, observed))
    return jax.vmap(one)(ba_rows(cameras, points, weights, pairs), observed)


def ba_case(s, n, m, p):
    base = np.array([0.1, -0.2, 0.3, 0.5, -0.4, -6.0, 400.0, 320.0, 240.0, -0.05, 0.01])
    cameras, points = base * (1 + 0.05 * s.symmetric(n, 11)), s.symmetric(m, 3)
    weights, observed = 0.5 + s.unit(p), 300 + 100 * s.symmetric(p, 2)
    return cameras, (points, weights, np.stack([np.arange(p) % n, np.arange(p) * 7 % m], 1), observed)


def vag(f):
    return jax.value_and_grad(f)


CASES = {  # primal, derivative, inputs, sizes, seed
    "tiny": (tiny, vag(tiny), tiny_case, (), 0),
    "logistic-n569-d30": (logistic, vag(logistic), logistic_case, (569, 30), 1),
    "logistic-n100000-d100": (logistic, vag(logistic), logistic_case, (100000, 100), 2),
    "gmm-d2-k5-n1000": (gmm, vag(gmm), gmm_case, (1000, 5, 2, 1), 3),
    "gmm-d10-k25-n1000": (gmm, vag(gmm), gmm_case, (1000, 25, 10, 45), 4),
    "gmm-d32-k50-n1000": (gmm, vag(gmm), gmm_case, (1000, 50, 32, 496), 5),
    "lstm-l2-t1024-h14": (lstm, vag(lstm), lstm_case, (2, 1024, 14), 6),
    "lstm-l4-t4096-h14": (lstm, vag(lstm), lstm_case, (4, 4096, 14), 7),
    "kmeans-k16-n10000-d8": (kmeans, vag(kmeans), kmeans_case, (10000, 16, 8), 8),
    "newton-k16-n10000-d8": (kmeans, newton, kmeans_case, (10000, 16, 8), 8),
    "ode-n30-s4000": (ode, vag(ode), ode_case, (30,), 9),
    "lse-n1000": (lse, vag(lse), lse_case, (1000,), 10),
    "lse-n1000000": (lse, vag(lse), lse_case, (1000000,), 11),
    "ba-n49-m7776-p31843": (ba, ba_jacobian, ba_case, (49, 7776, 31843), 12),
    "kmeans-k5-n300-d4": (kmeans, vag(kmeans), kmeans_case, (300, 5, 4), 13),
    "newton-k5-n300-d4": (kmeans, newton, kmeans_case, (300, 5, 4), 13),
}


class Run:
    """A case, compiled."""

    def __init__(self, name):
        primal, derivative, make, sizes, seed = CASES[name]
        active, fixed = make(Stream(seed), *sizes)
        args = jax.tree.map(jnp.asarray, (active, *fixed))
        self.primal = lambda f=jax.jit(primal): f(*args)
        self.derivative = lambda f=jax.jit(derivative): f(*args)
        start = time.perf_counter()
        self.value = float(jnp.sum(self.primal() ** 2)) if name.startswith("ba-") else float(self.primal())
        jax.block_until_ready(self.derivative())
        self.compilation = time.perf_counter() - start

    def numbers(self, name):
        result = self.derivative()
        parts = [result] if name.startswith("newton-") else jax.tree.leaves(result[1])
        return np.concatenate([np.asarray(part).ravel() for part in parts])

    def seconds(self, what, count):
        f = getattr(self, what)
        start = time.process_time()
        for _ in range(count):
            jax.block_until_ready(f())
        return time.process_time() - start


def write_known(path):
    known = {}
    for name in CASES:
        run = Run(name)
        numbers = run.numbers(name)
        known[name] = {
            "value": run.value,
            "derivative_norm": float(np.linalg.norm(numbers)),
            "derivative_size": numbers.size,
            "first": numbers[:4].tolist(),
            "last": numbers[-2:].tolist(),
        }
        print(name, run.value, flush=True)
    with open(path, "w") as out:
        json.dump(known, out, indent=1)
        out.write("\n")


def serve():
    run = None
    for line in sys.stdin:
        what, argument = line.split()
        if what == "load":
            run = Run(argument)
            print(run.value, run.compilation, flush=True)
        else:
            print(run.seconds(what, int(argument)), flush=True)


if __name__ == "__main__":
    write_known(sys.argv[2]) if sys.argv[1:2] == ["--known"] else serve()
