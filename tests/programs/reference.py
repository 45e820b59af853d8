"""Where the values in the programs come from: run by hand with NumPy, JAX and mpmath installed.

    python3 reference.py            # every section
    python3 reference.py grad       # one
"""
import sys

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np

jax.config.update("jax_enable_x64", True)
mp.mp.dps = 40


def elementary():
    for name, x in [("exp", 0.7), ("exp", -20.5), ("exp2", 1.5), ("expm1", 1e-5), ("log", 0.3), ("log1p", 1e-7),
                    ("log2", 10.0), ("log10", 7.0), ("sin", 100.0), ("cos", 2.5), ("tan", 1.3), ("asin", 0.4),
                    ("acos", -0.4), ("atan", 3.0), ("sinh", 0.01), ("cosh", 2.0), ("tanh", 0.5), ("asinh", 0.02),
                    ("acosh", 1.5), ("atanh", 0.25), ("sqrt", 2.0), ("cbrt", 5.0), ("erf", 0.6), ("erfc", 2.0),
                    ("sigmoid", -1.5), ("softplus", 0.5)]:
        f = {"log2": lambda v: mp.log(v) / mp.log(2), "sigmoid": lambda v: 1 / (1 + mp.exp(-v)),
             "softplus": lambda v: mp.log(1 + mp.exp(v)), "exp2": lambda v: mp.mpf(2) ** v}.get(name) or getattr(mp, name)
        print(f"// run: {name}({x}) == {float(f(mp.mpf(x)))!r} ~ 3e-16")
    for name, x, y in [("atan2", -1.0, -2.0), ("hypot", 1.5, 2.5), ("pow", 1.7, -2.3)]:
        f = {"pow": mp.power}.get(name) or getattr(mp, name)
        print(f"// run: {name}({x}, {y}) == {float(f(mp.mpf(x), mp.mpf(y)))!r} ~ 3e-16")


def broadcasting():
    m = np.array([[1.0, 2.0], [3.0, 4.0]])
    print(m + [10, 20], m * [[10.0], [100.0]], np.array([[1.0], [2.0]]) + [[10.0, 20.0]])


def products():
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    b = np.array([[1.0, -1.0], [0.5, 2.0], [3.0, 0.25]])
    print(a @ [1, -1, 2], [1, -1] @ a, a @ b, a.T @ a)


def reductions():
    m = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]])
    print(m.sum(), m.sum(0), m.sum(1), m.prod(), m.prod(0), m.max(1), m.min(0), repr(m.mean()), m.mean(0))
    print((m > 3).any(0), (m > -1.5).all(1), repr(np.logaddexp.reduce([1.0, 2.0, 3.0])), repr(1000 + np.log(2.0)))


def more_axes():
    c = np.arange(12.0).reshape(2, 3, 2)
    print(c[:, 1].tolist(), c[:, :, 1].tolist(), c[1, :, 0].tolist(), c[:, 1:3, 0].tolist())
    print(c.sum(1).tolist(), c.sum(0).tolist(), c.max(-1).tolist(), c.sum(), (c @ [1.0, 10.0]).tolist())
    print(c.T[1, 2, 0], np.flip(c, 1)[0].tolist(), c.reshape(3, 4).tolist(), np.concatenate([c, c], 2)[1, 2])
    print((c + [100.0, 200.0])[0, 0], (c * [[1.0], [0.0], [2.0]])[1].tolist())
    for f in [lambda x: (x**2 * jnp.array([1.0, 10.0])).sum(), lambda x: (x[:, 1] * x[:, 2]).sum(),
              lambda x: x.max(1).sum()]:
        print(jax.grad(f)(jnp.array(c)).tolist())


def library():
    soft = jax.nn.softmax(jnp.array([1.0, 2.0, 3.0]))
    print([float(x) for x in soft], jax.jacfwd(jax.nn.softmax)(jnp.zeros(2)).tolist())


def comprehensions():
    print(sum(1 / (i + j + 1) for i in range(3) for j in range(3)))


def grad():
    print(repr(jax.grad(lambda x: 2.0**x)(3.0)))
    mixed = lambda x: jnp.sin(x * x) + jnp.exp(-x) * jnp.log(1 + x) / jnp.sqrt(x)
    print("mixed", repr(float(jax.grad(mixed)(0.7))), mp.nstr(mp.diff(
        lambda x: mp.sin(x * x) + mp.exp(-x) * mp.log(1 + x) / mp.sqrt(x), mp.mpf(0.7)), 20))
    a = jnp.array([[2.0, 1.0], [0.0, 3.0]])
    print(jax.grad(lambda x, a: x @ (a @ x), (0, 1))(jnp.array([1.0, 2.0]), a))
    print(jax.grad(lambda x: (x.sum(0) ** 2).sum() / 2)(jnp.array([[1.0, 2.0], [3.0, 5.0]])))
    print(jax.grad(lambda a: (a @ a).sum())(jnp.array([[1.0, 2.0], [3.0, 4.0]])))
    soft = jax.grad(lambda z: jax.scipy.special.logsumexp(z) - z[1])(jnp.array([1.0, 2.0, 3.0]))
    print("softmax_loss", [float(x) for x in soft])


def nested():
    print(jax.grad(jax.grad(jax.grad(lambda x: x**4)))(2.0))
    print(jax.grad(lambda x: x * jax.grad(lambda y: x + y)(1.0))(1.0))
    print(jax.grad(lambda x: x * jax.grad(lambda y: x * y)(1.0))(3.0))
    g = jax.grad(lambda y: y**3)
    print(jax.grad(lambda x: g(g(x)))(1.0))


def random():
    """The block function is JAX's; what is made of it is written down here, exactly, with mpmath."""
    from jax.extend.random import threefry_2x32

    def block(k, c):
        out = threefry_2x32(jnp.array(k, dtype=jnp.uint32), jnp.array(c, dtype=jnp.uint32))
        return int(out[0]), int(out[1])

    def uniform(k, i, stream):
        a, b = block(k, (i & 0xFFFFFFFF, (i >> 32) << 2 | stream))
        return ((a << 32 | b) >> 11) / 2**53

    def normal(k, i):
        u, v = mp.mpf(uniform(k, i, 1)), mp.mpf(uniform(k, i, 2))
        return float(mp.sqrt(-2 * mp.log(1 - u)) * mp.cos(2 * mp.pi * v))

    def fold_in(k, i):
        return block(k, (i & 0xFFFFFFFF, 0x80000000 | i >> 32))

    for k, c in [((0, 0), (0, 0)), ((2**32 - 1,) * 2, (2**32 - 1,) * 2),
                 ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3))]:
        print([hex(x) for x in block(k, c)])
    k = (0, 2026)
    print("uniform", [uniform(k, i, 0) for i in range(4)])
    print("normal", [normal(k, i) for i in range(4)])
    print("split", fold_in(k, 0), fold_in(k, 1))
    print("normal of split", [normal(fold_in(k, 0), i) for i in range(3)], [normal(fold_in(k, 1), i) for i in range(1)])
    print("key(2**32 + 5) uniform", uniform((1, 5), 0, 0))
    many = np.array([normal((0, 7), i) for i in range(1000)])
    print("mean and mean of squares of 1000", many.mean(), (many**2).mean())


def transformations():
    a = jnp.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
    f = lambda x: jnp.tanh(a @ x) * x[0]
    x, v, w = jnp.array([0.5, -0.25]), jnp.array([1.0, 2.0]), jnp.array([1.0, -1.0, 2.0])
    show = lambda t: jax.tree.map(lambda y: y.tolist(), t)
    print("value", show(f(x)))
    print("jvp", show(jax.jvp(f, (x,), (v,))[1]), "vjp", show(jax.vjp(f, x)[1](w)[0]))
    print("jacobian", show(jax.jacfwd(f)(x)))
    g = lambda x: jnp.sum(jnp.exp(x[0] * x[1]) * x**3)
    print("hessian", show(jax.hessian(g)(x)), "hvp", show(jax.jvp(jax.grad(g), (x,), (v,))[1]))
    h = lambda x, y: x**2 * jnp.sin(y)
    print("jvp in two", show(jax.jvp(h, (1.5, 0.5), (1.0, -2.0))), "vjp in two", show(jax.vjp(h, 1.5, 0.5)[1](3.0)))


SECTIONS = [elementary, broadcasting, products, reductions, more_axes, library, comprehensions, grad, nested, random, transformations]

if __name__ == "__main__":
    for section in SECTIONS:
        if sys.argv[1:] in ([], [section.__name__]):
            print(f"== {section.__name__}")
            section()
