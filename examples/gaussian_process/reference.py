"""The reference values of gaussian_process.dfn, made by hand with NumPy, SciPy and JAX."""
import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

jax.config.update("jax_enable_x64", True)
n = 24
x = 4 * np.arange(n) / n + 0.1 * np.sin(10.0 * np.arange(n))
y = np.sin(2 * x) + 0.5 * x + 0.1 * np.cos(37.0 * np.arange(n))


def covariance(v):
    d = (x[:, None] - x[None, :]) * jnp.exp(-v[1])
    return jnp.exp(2 * v[0] - 0.5 * d * d) + jnp.exp(2 * v[2]) * jnp.eye(n)


def evidence(v):
    s = covariance(v)
    return -0.5 * y @ jnp.linalg.solve(s, y) - 0.5 * jnp.linalg.slogdet(s)[1] - 0.5 * n * np.log(2 * np.pi)


start = jnp.array([0.0, -0.5, -1.5])
print(repr(multivariate_normal.logpdf(y, np.zeros(n), np.array(covariance(start)))))
print(float(evidence(start)), jax.grad(evidence)(start).tolist())
print(jax.hessian(evidence)(start).tolist())
best = minimize(lambda v: -evidence(v), start, jac=lambda v: -jax.grad(evidence)(v), method="BFGS", tol=1e-12)
v = best.x
for _ in range(5):  # Newton's steps make the last digits right.
    v = v - np.linalg.solve(jax.hessian(evidence)(v), jax.grad(evidence)(v))
print(v.tolist(), float(evidence(v)), jax.grad(evidence)(v).tolist())
places = np.array([0.5, 2.0, 5.0])
k = np.exp(2 * v[0] - 0.5 * ((places[:, None] - x[None, :]) * np.exp(-v[1])) ** 2)
s = np.array(covariance(v))
print((k @ np.linalg.solve(s, y)).tolist())
print((np.exp(2 * v[0]) - np.sum(k * np.linalg.solve(s, k.T).T, axis=1)).tolist())
