"""The expected values of the programs here, made by hand with NumPy, SciPy and JAX."""
import math
import numpy as np
import jax, jax.numpy as jnp
from jax.scipy.special import logsumexp
jax.config.update("jax_enable_x64", True)

# mixture.dfn
i = np.arange(60)
centres = np.array([[0.0, 0.0], [3.0, 1.0], [-1.0, 3.0]])
x = np.stack([centres[i % 3, a] + 0.6 * np.sin(i * (7.1 - 1.8 * a) + a) for a in range(2)], 1)

def gmm(alpha, mu, q, l):
    """Two dimensions: the root of each precision is [[exp q0, 0], [l, exp q1]]."""
    (n, d), k = x.shape, 3
    z0 = jnp.exp(q[:, 0]) * (x[:, None, 0] - mu[:, 0])
    z1 = l[:, 0] * (x[:, None, 0] - mu[:, 0]) + jnp.exp(q[:, 1]) * (x[:, None, 1] - mu[:, 1])
    beta = alpha + q.sum(1) - 0.5 * (z0**2 + z1**2)
    w = d + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma(w / 2 + (1 - j) / 2) for j in (1, 2))
    const = -n * d / 2 * math.log(2 * math.pi) + k * (-w * d * math.log(2) / 2 - log_gamma)
    prior = -0.5 * (jnp.sum(jnp.exp(q) ** 2) + jnp.sum(l**2))
    return const + logsumexp(beta, axis=1).sum() - n * logsumexp(alpha) + prior

def cost(v):
    return 0.5 * jnp.sum(v[:3] ** 2) - gmm(v[:3], v[3:9].reshape(3, 2), v[9:15].reshape(3, 2), v[15:].reshape(3, 1))

v = jnp.array([0.0] * 3 + [0.5, 0.5, 2.0, 0.5, -0.5, 2.0] + [0.0] * 9)
print("COST_START", repr(float(cost(v))))
from scipy.optimize import minimize
found = minimize(jax.jit(cost), v, jac=jax.jit(jax.grad(cost)), method="BFGS", options={"gtol": 1e-9, "maxiter": 1000})
v = found.x
for _ in range(5):
    v = v - np.linalg.solve(jax.hessian(cost)(v), jax.grad(cost)(v))
print("COST_LEAST", repr(float(cost(v))), "MEANS", v[3:9].tolist(), np.linalg.eigvalsh(jax.hessian(cost)(v))[0])

# clusters.dfn: Lloyd's algorithm
i = np.arange(200)
p = np.stack([2.0 * ((i + a * (i % 4)) % 4) + 0.7 * np.sin(i * (a + 2) + 0.5 * a) for a in range(3)], 1)
c = p[:4].copy()
for _ in range(50):
    near = ((p[:, None] - c) ** 2).sum(-1).argmin(1)
    c = np.stack([p[near == k].mean(0) for k in range(4)])
print("CLUSTER_COST", repr(((p[:, None] - c) ** 2).sum(-1).min(1).sum()), "CENTROID", c[0].tolist())

# sequence.dfn
def lstm(main, extra, seq):
    s = jax.nn.sigmoid
    state = [(jnp.zeros(2), jnp.zeros(2)) for _ in range(2)]
    total = 0.0
    for t in range(len(seq) - 1):
        y = seq[t] * extra[0]
        for k in range(2):
            (wf, wi, wo, wc), (bf, bi, bo, bc) = main[k]
            h, mem = state[k]
            mem = mem * s(y * wf + bf) + s(h * wi + bi) * jnp.tanh(h * wc + bc)
            y = s(y * wo + bo) * jnp.tanh(mem)
            state[k] = (y, mem)
        out = y * extra[1] + extra[2]
        total += jnp.sum(seq[t + 1] * (out - jnp.log(2 + jnp.sum(jnp.exp(out)))))
    return -total / ((len(seq) - 1) * 2)

seq = np.array([[1.0 if (t + u) % 3 == 0 else 0.0 for u in range(2)] for t in range(31)])
main = 0.5 * jnp.sin(jnp.arange(1.0, 33.0)).reshape(2, 2, 4, 2)
extra = 0.5 * jnp.cos(jnp.arange(0.0, 6.0)).reshape(3, 2)
step = jax.jit(jax.value_and_grad(lambda w: lstm(*w, seq)))
w = (main, extra)
print("LOSS_START", repr(float(step(w)[0])))
for _ in range(40):
    g = step(w)[1]
    w = tuple(a - 2 * b for a, b in zip(w, g))
print("LOSS_END", repr(float(step(w)[0])))
