"""The reference values of cart_pole.dfn, made by hand with JAX and SciPy."""
import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

jax.config.update("jax_enable_x64", True)


def motion(y, u):
    x, a, dx, da = y
    s, c = jnp.sin(a), jnp.cos(a)
    ddx = (u + 0.3 * s * (0.5 * da * da + 9.81 * c)) / (1.0 + 0.3 * s * s)
    dda = -(u * c + 0.3 * 0.5 * da * da * c * s + 1.3 * 9.81 * s) / (0.5 * (1.0 + 0.3 * s * s))
    return jnp.array([dx, da, ddx, dda])


def step(y, u, h):
    k1 = motion(y, u)
    k2 = motion(y + 0.5 * h * k1, u)
    k3 = motion(y + 0.5 * h * k2, u)
    k4 = motion(y + h * k3, u)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def cost(u):
    h = 2.0 / u.size
    y = jnp.zeros(4)
    for force in u:
        y = step(y, force, h)
    off = y - jnp.array([0.5, np.pi, 0.0, 0.0])
    return 0.01 * h * u @ u + 10 * off @ off


u = jnp.array([4 * np.sin(0.3 * k) for k in range(40)])
print(float(cost(u)))
g = jax.grad(cost)(u)
print([float(g[0]), float(g[17]), float(g[39])], float(jnp.sqrt(g @ g)))
force = lambda t: float(u[min(int(t / 0.05), 39)])
y = np.zeros(4)
for k in range(40):  # Each force is constant: an exact solution piece by piece.
    y = solve_ivp(lambda t, y: np.array(motion(y, u[k])), (0, 0.05), y, rtol=1e-12, atol=1e-12).y[:, -1]
print(y.tolist())
