"""Where the values in these programs come from: run by hand with NumPy, SciPy, JAX and mpmath installed.

    python3 reference.py            # every section
    python3 reference.py values     # one
"""
import sys

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import scipy.linalg as sl

jax.config.update("jax_enable_x64", True)
mp.mp.dps = 40

A = np.array([[2.0, -1.0, 0.25], [1.0, 3.0, -2.0], [4.0, 0.75, 1.0]])
S = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 5.0]])
T = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.5], [0.5, -1.0]])
B = np.array([1.0, -2.0, 0.5])
C = np.array([[1.0, 0.0], [-2.0, 3.0], [0.5, 1.0]])
H = 6


def show(name, value, tolerance="1e-14"):
    def text(v):
        if isinstance(v, (list, tuple)):
            opened, closed = ("[", "]") if isinstance(v, list) else ("(", ")")
            return opened + ", ".join(text(w) for w in v) + closed
        return repr(v)

    def plain(v):
        if isinstance(v, tuple):
            return tuple(plain(w) for w in v)
        v = np.asarray(v)
        return (v + 0.0).tolist() if v.dtype.kind == "f" else v.tolist()

    print(f"// run: {name} == {text(plain(value))} ~ {tolerance}")


def signed(v):
    """Columns with the sign that dfn gives them."""
    v = v.copy()
    for k in range(v.shape[1]):
        c = v[:, k]
        first = c[np.abs(c) >= 0.9 * np.abs(c).max()][0]
        v[:, k] *= np.sign(first)
    return v


def values():
    show("cholesky(S)", np.linalg.cholesky(S))
    p, l, u = sl.lu(A)
    show("lu(A)", (l, u, np.argmax(p, axis=0)))
    show("solve(A, B)", np.linalg.solve(A, B))
    show("solve(A, C)", np.linalg.solve(A, C))
    show("solve_positive(S, B)", np.linalg.solve(S, B))
    show("solve_positive(S, C)", np.linalg.solve(S, C))
    show("inverse(A)", np.linalg.inv(A))
    show("det(A)", np.linalg.det(A))
    sign, log = np.linalg.slogdet(-A)
    show("slogdet(-A)", (sign, log))
    show("logdet(A)", np.log(np.linalg.det(A)))
    show("logdet_positive(S)", np.log(np.linalg.det(S)))
    q, r = np.linalg.qr(T)
    d = np.sign(np.diag(r))
    show("qr(T)", (q * d, r * d[:, None]))
    show("lstsq(T, [1.0, -2.0, 0.5, 3.0])", np.linalg.lstsq(T, np.array([1.0, -2.0, 0.5, 3.0]), rcond=None)[0], "1e-13")
    w, v = np.linalg.eigh(S)
    show("eigh(S)", (w, signed(v)))
    u, s, vt = np.linalg.svd(T, full_matrices=False)
    v = signed(vt.T)
    u = u * np.sign((v * vt.T).sum(axis=0))
    show("svd(T)", (u, s, v), "1e-13")
    show("pinv(T)", np.linalg.pinv(T), "1e-13")
    show("pinv(transpose(T))", np.linalg.pinv(T.T), "1e-13")
    show("pinv([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0]])", np.linalg.pinv(np.array([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0]])))
    show("expm(A)", np.array(mp.expm(mp.matrix(A.tolist())).tolist(), dtype=float), "1e-13")
    show("expm(10 * A)", np.array(mp.expm(mp.matrix((10 * A).tolist())).tolist(), dtype=float), "1e-12")
    show("det(f32(A))", np.linalg.det(A), "1e-6")
    show("solve(f32(A), f32(B))", np.linalg.solve(A, B), "1e-5")
    for lower in (True, False):
        for trans in (0, 1):
            for unit in (False, True):
                options = f"lower = {str(lower).lower()}, transposed = {str(trans == 1).lower()}, unit = {str(unit).lower()}"
                for rhs in (B, C):
                    name = "B" if rhs is B else "C"
                    x = sl.solve_triangular(A, rhs, lower=lower, trans=trans, unit_diagonal=unit)
                    show(f"triangular_solve(A, {name}, {options})", x)


def hilbert():
    h = mp.matrix(H, H)
    for i in range(H):
        for j in range(H):
            h[i, j] = mp.mpf(1) / (i + j + 1)
    print("// run: det(hilbert(6)) ==", repr(float(mp.det(h))), "~ 1e-10")
    ones = mp.matrix([1] * H)
    print("// run: solve(hilbert(6), ones(f64[6])) ==", [float(x) for x in mp.lu_solve(h, ones)], "~ 1e-9")
    e = mp.eigsy(h, eigvals_only=True)
    print("// run: eigh(hilbert(6)).0 ==", [float(x) for x in e], "~ 1e-10")
    s = mp.svd_r(h, compute_uv=False)
    print("// run: svd(hilbert(6)).1 ==", [float(x) for x in s], "~ 1e-10")


def gradients():
    show("grad(logdet)(A)", jax.grad(lambda a: jnp.linalg.slogdet(a)[1])(A))
    show("grad(det)(A)", jax.grad(jnp.linalg.det)(A))
    show("grad(logdet_positive)(S)", np.linalg.inv(S))
    f = lambda a: jnp.sum(jnp.linalg.solve(a, B) ** 2)
    show("grad(energy)(A)", jax.grad(f)(A))
    show("hessian(energy)(A)[0, 1]", jax.hessian(f)(A)[0, 1], "1e-13")
    g = lambda a: jnp.sum(jnp.linalg.cholesky((a + a.T) / 2) ** 3)
    show("grad(cubes)(S)", jax.grad(g)(S))
    e = lambda a: jnp.sum(jnp.sin(jnp.linalg.eigh((a + a.T) / 2)[0]))
    show("grad(waves)(S)", jax.grad(e)(S))
    n = lambda a: jnp.sum(jnp.linalg.svd(a, full_matrices=False)[1])
    show("grad(nuclear)(T)", jax.grad(n)(T), "1e-13")
    x = lambda a: jnp.sum(jax.scipy.linalg.expm(a) ** 2)
    show("grad(growth)(A)", jax.grad(x)(A), "1e-12")


def kalman():
    """The logarithm of the likelihood of a local linear trend, and its gradient, by JAX."""
    ys = jnp.array([1.1, 1.9, 3.2, 3.9, 5.3, 5.8])
    F = jnp.array([[1.0, 1.0], [0.0, 1.0]])
    Hm = jnp.array([[1.0, 0.0]])

    def loglik(theta):
        q, r = jnp.exp(theta[0]), jnp.exp(theta[1])
        x, P, total = jnp.zeros(2), 10.0 * jnp.eye(2), 0.0
        for y in ys:
            x = F @ x
            P = F @ P @ F.T + q * jnp.eye(2)
            S = Hm @ P @ Hm.T + r * jnp.eye(1)
            v = y - Hm @ x
            K = jnp.linalg.solve(S, Hm @ P).T
            x = x + K @ v
            P = P - K @ S @ K.T
            total += -0.5 * (v @ jnp.linalg.solve(S, v) + jnp.linalg.slogdet(S)[1] + jnp.log(2 * jnp.pi))
        return total

    theta = jnp.array([-1.0, -2.0])
    print("// run: loglik(THETA) ==", repr(float(loglik(theta))), "~ 1e-13")
    show("grad(loglik)(THETA)", jax.grad(loglik)(theta), "1e-12")
    show("hessian(loglik)(THETA)", jax.hessian(loglik)(theta), "1e-11")


def gaussian_process():
    xs = jnp.array([0.0, 0.4, 1.1, 1.9, 2.3, 3.0])
    ys = jnp.array([0.1, 0.5, 0.8, 0.9, 0.7, 0.2])

    def loglik(theta):
        length, scale, noise = jnp.exp(theta)
        d = xs[:, None] - xs[None, :]
        k = scale**2 * jnp.exp(-0.5 * (d / length) ** 2) + noise**2 * jnp.eye(6)
        return -0.5 * (ys @ jnp.linalg.solve(k, ys) + jnp.linalg.slogdet(k)[1] + 6 * jnp.log(2 * jnp.pi))

    theta = jnp.array([0.2, -0.1, -1.5])
    print("// run: loglik(THETA) ==", repr(float(loglik(theta))), "~ 1e-13")
    show("grad(loglik)(THETA)", jax.grad(loglik)(theta), "1e-12")
    show("hessian(loglik)(THETA)", jax.hessian(loglik)(theta), "1e-11")


SECTIONS = [values, hilbert, gradients, kalman, gaussian_process]

for section in SECTIONS:
    if sys.argv[1:] in ([], [section.__name__]):
        print(f"// {section.__name__}")
        section()
