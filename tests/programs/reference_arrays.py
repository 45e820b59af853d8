"""Where the values in the programs of arrays come from: run by hand with NumPy, SciPy, JAX and mpmath installed.

    python3 reference_arrays.py            # every section
    python3 reference_arrays.py gather     # one
"""
import sys

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import scipy.special as sp

jax.config.update("jax_enable_x64", True)
mp.mp.dps = 60


def show(v):
    if isinstance(v, tuple): return "(" + ", ".join(show(x) for x in v) + ")"
    v = np.asarray(v)
    if v.ndim: return "[" + ", ".join(show(x) for x in v) + "]"
    if v.dtype == bool: return "true" if v else "false"
    if np.issubdtype(v.dtype, np.integer): return str(int(v))
    v = float(v)
    return "nan" if np.isnan(v) else "inf" if v == np.inf else "-inf" if v == -np.inf else repr(v)

def line(expr, value, tol=None):
    print(f"// run: {expr} == {show(value)}" + (f" ~ {tol}" if tol else ""))

def gather():
    x = np.array([1.0, 2.0, 4.0]); m = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    line("take([1.0, 2.0, 4.0], [2, 0, 2])", np.take(x, [2, 0, 2]))
    line("take([1.0, 2.0, 4.0], 1)", np.take(x, 1))
    line("take(M, [[2, 0], [1, 1]])", np.take(m, [[2, 0], [1, 1]], axis=0))
    line("take(M, [1, 0, 1], axis = 1)", np.take(m, [1, 0, 1], axis=1))
    line("take(M, [1], axis = -1)", np.take(m, [1], axis=-1))
    line("take_along(M, [[2, 0], [1, 1]])", np.take_along_axis(m, np.array([[2, 0], [1, 1]]), 0))
    line("take_along(M, [[1], [0], [1]], axis = 1)", np.take_along_axis(m, np.array([[1], [0], [1]]), 1))
    line("scatter_add([1.0, 2.0, 4.0], [2, 0, 2], [10.0, 20.0, 30.0])", jnp.array(x).at[jnp.array([2, 0, 2])].add(jnp.array([10.0, 20, 30])))
    line("scatter_add(M, [0, 0], [[1.0, 1.0], [10.0, 10.0]])", jnp.array(m).at[jnp.array([0, 0])].add(jnp.array([[1.0, 1], [10, 10]])))
    line("scatter_add(M, [1, 1], 1.0, axis = 1)", jnp.array(m).at[:, jnp.array([1, 1])].add(1.0))
    line("scatter_add(zeros(i64[4]), [3, 1, 3], 1)", [0, 1, 0, 2])
    idx = jnp.array([2, 0, 2])
    line("grad(|x| sum(take(x, [2, 0, 2]) * take(x, [0, 1, 2])))([1.0, 2.0, 4.0])",
         jax.grad(lambda x: (x[idx] * x[jnp.array([0, 1, 2])]).sum())(jnp.array(x)))
    line("hessian(|x| sum(take(x, [2, 0, 2]) ** 2 * x))([1.0, 2.0, 4.0])",
         jax.hessian(lambda x: (x[idx] ** 2 * x).sum())(jnp.array(x)), 1e-15)
    line("grad(|v| sum(scatter_add([1.0, 2.0, 4.0], [2, 0, 2], v) ** 2))([10.0, 20.0, 30.0])",
         jax.grad(lambda v: (jnp.array(x).at[idx].add(v) ** 2).sum())(jnp.array([10.0, 20, 30])))
    line("grad(|m| sum(take_along(m, [[2, 0], [1, 1]]) ** 3))(M)",
         jax.grad(lambda m: (jnp.take_along_axis(m, jnp.array([[2, 0], [1, 1]]), 0) ** 3).sum())(jnp.array(m)))

def layout():
    m = np.arange(1.0, 7.0).reshape(3, 2); v = np.arange(1.0, 8.0)
    line("stack([1, 2], [3, 4], axis = 1)", np.stack([[1, 2], [3, 4]], 1))
    line("stack([1, 2], [3, 4], [5, 6], axis = -1)", np.stack([[1, 2], [3, 4], [5, 6]], -1))
    line("concat([1], [2, 3], [4])", [1, 2, 3, 4])
    line("concat(M, M, M, axis = 1)", np.concatenate([m, m, m], 1))
    line("split([1, 2, 3, 4, 5, 6], 3)", tuple(np.split(np.arange(1, 7), 3)))
    line("split(V, (2, 5))", tuple(np.split(v, [2, 5])))
    line("split(M, 2, axis = 1)", tuple(np.split(m, 2, 1)))
    for s in (2, -2, 0, 9, -15): line(f"roll(V, {s})", np.roll(v, s))
    for s in (1, -1, 4): line(f"roll(M, {s}, axis = 1)", np.roll(m, s, 1)); line(f"roll(M, {s})", np.roll(m, s, 0))
    for s in (0, 3, -3, 8): line(f"rolled(V, {s})", np.roll(v, s))
    line("rolled(zeros(f64[0]), 2)", np.zeros(0))
    line("pad([1.0, 2.0], 1)", np.pad([1.0, 2], 1)); line("pad([1, 2], (1, 2), 7)", np.pad([1, 2], (1, 2), constant_values=7))
    line("pad(M, ((1, 0), (0, 2)))", np.pad(m, ((1, 0), (0, 2))))
    line("pad(M, 1, value = -1.0)", np.pad(m, 1, constant_values=-1.0))
    line("tile([1, 2], 3)", np.tile([1, 2], 3)); line("tile(M, (2, 1))", np.tile(m, (2, 1))); line("tile([1, 2], (2, 2))", np.tile([1, 2], (2, 2)))
    line("tile(M, 2)", np.tile(m, 2))
    line("repeat([1, 2], 3)", np.repeat([1, 2], 3)); line("repeat(M, 2, axis = 1)", np.repeat(m, 2, 1)); line("repeat(M, 2)", np.repeat(m, 2, 0))
    line("squeeze([[[1, 2]]])", [1, 2]); line("squeeze([[[1, 2]]], axis = 0)", [[1, 2]])
    line("expand_dims([1, 2], 0)", [[1, 2]]); line("expand_dims([1, 2], -1)", [[1], [2]])
    c = np.arange(12).reshape(2, 3, 2)
    line("swapaxes(C, 0, 2)", c.swapaxes(0, 2)); line("moveaxis(C, 0, -1)", np.moveaxis(c, 0, -1)); line("moveaxis(C, 2, 0)", np.moveaxis(c, 2, 0))
    line("transpose(C, axes = (1, 2, 0))", c.transpose(1, 2, 0))
    line("broadcast_to([1, 2], i64[3, 2])", np.broadcast_to([1, 2], (3, 2))); line("broadcast_to([[1], [2]], i64[2, 3])", np.broadcast_to([[1], [2]], (2, 3)))
    line("meshgrid([1, 2], [3, 4, 5])", tuple(np.meshgrid([1, 2], [3, 4, 5], indexing="ij")))
    line("arange(3)", np.arange(3)); line("arange(2, 5)", np.arange(2, 5)); line("arange(1, 10, 4)", np.arange(1, 10, 4)); line("arange(5, 0, -2)", np.arange(5, 0, -2)); line("arange(3, 3)", np.arange(3, 3))
    line("linspace(0.0, 1.0, 5)", np.linspace(0, 1, 5)); line("linspace(2.0, 5.0, 1)", np.linspace(2, 5, 1)); line("linspace(1.0, -1.0, 3)", np.linspace(1, -1, 3)); line("linspace(0.0, 0.7, 8)[7]", 0.7)
    w = jnp.arange(1.0, 8.0)
    line("grad(|x| sum(roll(x, 2) * W))(V)", jax.grad(lambda x: (jnp.roll(x, 2) * w).sum())(jnp.array(v)))
    line("grad(|x| rolled_sum(x, 5))(V)", jax.grad(lambda x: (jnp.roll(x, 5) * w * x).sum())(jnp.array(v)))
    line("grad(|x| sum(tile(x, 2) * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))([1.0, 2.0, 3.0])", jax.grad(lambda x: (jnp.tile(x, 2) * jnp.arange(1.0, 7)).sum())(jnp.arange(1.0, 4)))
    line("grad(|x| sum(repeat(x, 2) * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))([1.0, 2.0, 3.0])", jax.grad(lambda x: (jnp.repeat(x, 2) * jnp.arange(1.0, 7)).sum())(jnp.arange(1.0, 4)))
    line("grad(|x| sum(pad(x, (1, 2), 5.0) ** 2))([1.0, 2.0])", [2.0, 4.0])
    line("grad(|c| sum(pad([1.0], (1, 2), c) ** 2))(3.0)", 18.0)
    line("grad(|x| sum(linspace(x, 2.0, 3) ** 2))(1.0)", jax.grad(lambda x: (jnp.linspace(x, 2.0, 3) ** 2).sum())(1.0))
    f = lambda m: (lambda a, b: (a * b).sum())(*jnp.split(m, 2, 1))
    line("grad(|m| { let (a, b) = split(m, 2, axis = 1); sum(a * b) })(M)", jax.grad(f)(jnp.array(m)))

def matrices():
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]]); r = a[:2]
    line("diag([1, 2])", np.diag([1, 2])); line("diag([1.0, 2.0], k = 1)", np.diag([1.0, 2], 1)); line("diag([1.0], k = -1)", np.diag([1.0], -1))
    for k in (0, 1, -1, 2): line(f"diag(A, {k})", np.diag(a, k)); line(f"diag(R, {k})" , np.diag(r, k)) if k > -2 else 0
    line("diag(stack(R, R))", np.stack([np.diag(r)] * 2)); line("trace(A)", np.trace(a)); line("trace(stack(A, 2.0 * A))", np.array([16.0, 32.0]))
    for k in (0, 1, -1): line(f"tril(A, {k})", np.tril(a, k)); line(f"triu(A, {k})", np.triu(a, k))
    line("tril(R)", np.tril(r)); line("triu([[1, 2], [3, 4]])", np.triu([[1, 2], [3, 4]]))
    line("outer([1.0, 2.0], [3.0, 4.0, 5.0])", np.outer([1.0, 2], [3, 4, 5]))
    line("kron([[1, 2], [3, 4]], [[0, 1], [1, 0]])", np.kron([[1, 2], [3, 4]], [[0, 1], [1, 0]])); line("kron([1, 2], [1, 10])", np.kron([1, 2], [1, 10]))
    w = jnp.arange(9.0).reshape(3, 3)
    line("grad(|x| sum(diag(x) * W))([1.0, 2.0, 3.0])", jnp.diag(w)); line("grad(|a| sum(diag(a, 1) ** 2))(A)", jax.grad(lambda a: (jnp.diag(a, 1) ** 2).sum())(jnp.array(a)))
    line("grad(|a| trace(a @ a))(A)", jax.grad(lambda a: jnp.trace(a @ a))(jnp.array(a))); line("grad(|a| sum(tril(a) ** 2))(A)", 2 * np.tril(a))
    line("vdot(A, A)", np.vdot(a, a)); line("vdot([1, 2], [3, 4])", 11)
    b = np.arange(24.0).reshape(2, 3, 4); c = np.arange(12.0).reshape(3, 4)
    line("tensordot(B, C)", np.tensordot(b, c)); line("tensordot(B, C, axes = 0)[1, 2, 3]", np.tensordot(b, c, 0)[1, 2, 3])
    line("tensordot(B, C, axes = ((1,), (0,)))[1, 2]", np.tensordot(b, c, ((1,), (0,)))[1, 2]); line("tensordot(B, C, axes = ((2, 1), (1, 0)))", np.tensordot(b, c, ((2, 1), (1, 0))))
    for f, args in [("ij,jk->ik", (("R", r), ("A", a))), ("ij->ji", (("R", r),)), ("ij->", (("A", a),)), ("ii->i", (("A", a),)), ("ii", (("A", a),)), ("ij,ij->i", (("A", a), ("A", a))), ("i,j->ij", (("[1.0, 2.0]", np.array([1.0, 2])), ("[3.0, 4.0]", np.array([3.0, 4])))), ("i,i", (("[1.0, 2.0]", np.array([1.0, 2])), ("[3.0, 4.0]", np.array([3.0, 4])))), ("bij,ij->b", (("B", b), ("C", c))), ("bij,bij->ij", (("B", b), ("B", b))), ("ij,jk,kl->il", (("R", r), ("A", a), ("A", a))), ("bij,bkj->bik", (("B", b), ("B", b))), ("ij,k->k", (("A", a), ("[1.0, 2.0]", np.array([1.0, 2]))))]:
        line(f'einsum("{f}", {", ".join(n for n, _ in args)})', np.einsum(f, *[x for _, x in args]))
    line('grad(|a| einsum("ij,jk,ki->", a, a, a))(A)', jax.grad(lambda a: jnp.einsum("ij,jk,ki->", a, a, a))(jnp.array(a)))
    line("stack(R, 2.0 * R) @ A", np.stack([r, 2 * r]) @ a); line("A @ stack(A, A)", a @ np.stack([a, a])); line("(B @ transpose(C))[1]", (b @ c.T)[1])
    line("B @ [1.0, 0.0, 0.0, 1.0]", b @ [1.0, 0, 0, 1]); line("[1.0, 0.0, 1.0] @ B", np.array([1.0, 0, 1]) @ b)
    p = np.arange(12.0).reshape(2, 1, 2, 3); q = np.arange(18.0).reshape(3, 3, 2)
    line("P @ Q", p @ q); line("grad(|p| sum((p @ Q) ** 2))(P)", jax.grad(lambda p: ((p @ q) ** 2).sum())(jnp.array(p))); line("grad(|q| sum((P @ q) ** 2))(Q)", jax.grad(lambda q: ((p @ q) ** 2).sum())(jnp.array(q)))

def statistics():
    m = np.array([[1.0, 5.0, 2.0], [4.0, 4.0, -3.0]]); v = np.array([1.0, 2.0, 4.0, 9.0])
    line("var(V)", v.var()); line("var(V, ddof = 1)", v.var(ddof=1), 1e-15); line("std(V)", v.std(), 1e-15); line("var(M, axis = 0)", m.var(0)); line("std(M, axis = 1, ddof = 1)", m.std(1, ddof=1), 1e-15)
    line("var(M, axis = (0, 1))", m.var(), 1e-15); line("std([3.0, 3.0])", 0.0)
    line("mean(M, axis = 1, keepdims = true)", m.mean(1, keepdims=True), 1e-15); line("sum(M, axis = 0, keepdims = true)", m.sum(0, keepdims=True)); line("max(M, keepdims = true)", m.max(keepdims=True))
    line("M - mean(M, axis = 1, keepdims = true)", m - m.mean(1, keepdims=True), 1e-15)
    line("norm(M)", np.linalg.norm(m)); line("norm(V, ord = 1)", np.linalg.norm(v, 1)); line('norm(V, ord = "inf")', 9.0); line("norm(V, ord = 3)", np.linalg.norm(v, 3), 1e-15); line("norm(V, ord = 2.5)", np.linalg.norm(v, 2.5), 1e-15); line("norm(M, axis = 0)", np.linalg.norm(m, axis=0), 1e-15); line("norm(M, ord = 1, axis = 1)", np.linalg.norm(m, 1, axis=1))
    line("norm([[0.0, 0.0], [3.0, 4.0]], axis = 1, keepdims = true)", [[0.0], [5.0]])
    line("logsumexp(V)", sp.logsumexp(v), 1e-15); line("logsumexp(M, axis = 0)", sp.logsumexp(m, 0), 1e-15); line("logsumexp([1000.0, 1000.0])", sp.logsumexp([1000.0, 1000]), 1e-15); line("logsumexp(-[1000.0, 1000.0])", sp.logsumexp([-1000.0, -1000]), 1e-15)
    line("logsumexp([log(0.0), 1.0])", 1.0, 1e-15); line("logsumexp([log(0.0), log(0.0)])", -np.inf); line("logsumexp([-log(0.0), 1.0])", np.inf)
    line("softmax(M, axis = 0)", sp.softmax(m, 0), 1e-15); line("softmax(M)", sp.softmax(m, 1), 1e-15); line("softmax(M, axis = (0, 1))", sp.softmax(m), 1e-15); line("log_softmax(M)", sp.log_softmax(m, 1), 2e-15); line("softmax([log(0.0), 0.0, 0.0])", [0.0, 0.5, 0.5])
    line("count_nonzero(M > 1.5)", (m > 1.5).sum()); line("count_nonzero(M > 1.5, axis = 0)", (m > 1.5).sum(0)); line("count_nonzero([0, 3, 0, -1])", 2)
    line("argmax(M)", m.argmax()); line("argmax(M, axis = 0)", m.argmax(0)); line("argmax(M, axis = 1)", m.argmax(1)); line("argmin(M, axis = -1)", m.argmin(-1)); line("argmax([1, 7, 7])", 1); line("argmin([2.0f32, 1.0, 1.0])", 1)
    line("argmax([1.0, sqrt(-1.0), 3.0])", np.argmax([1.0, np.nan, 3])); line("argmin([1.0, sqrt(-1.0), -3.0])", 1)
    J = jnp.array
    line("grad(|x| var(x))(V)", jax.grad(jnp.var)(J(v)), 1e-15); line("grad(|x| std(x))(V)", jax.grad(jnp.std)(J(v)), 1e-15); line("grad(|x| std(x))([3.0, 3.0])", [0.0, 0.0]); line("hessian(|x| std(x) ** 2)([3.0, 5.0])", [[0.5, -0.5], [-0.5, 0.5]], 1e-15)
    line("grad(|x| norm(x, ord = 3))(V)", jax.grad(lambda x: jnp.linalg.norm(x, 3))(J(v)), 1e-15); line("grad(|x| norm(x, ord = 3))([0.0, 0.0])", [0.0, 0.0]); line("grad(|x| norm(x, ord = 1))([2.0, 0.0, -1.0])", [1.0, 0.0, -1.0]); line('grad(|x| norm(x, ord = "inf"))([2.0, -3.0, 3.0])', [0.0, -0.5, 0.5])
    line("grad(|x| sum(norm(x, axis = 1)))([[0.0, 0.0], [3.0, 4.0]])", [[0.0, 0.0], [0.6, 0.8]], 1e-15)
    line("grad(|x| logsumexp(x))(V)", jax.grad(jax.scipy.special.logsumexp)(J(v)), 1e-15); line("grad(|x| logsumexp(x))([log(0.0), 1.0])", [0.0, 1.0], 1e-15)
    line("hessian(|x| logsumexp(x))([0.0, 1.0])", jax.hessian(jax.scipy.special.logsumexp)(J([0.0, 1.0])), 1e-14)
    line("jacrev(|x| log_softmax(x))([0.0, 1.0])", jax.jacrev(jax.nn.log_softmax)(J([0.0, 1.0])), 1e-15); line("grad(|x| sum(softmax(x) ** 2))([log(0.0), 0.0, 1.0])", jax.grad(lambda x: (jax.nn.softmax(x) ** 2).sum())(J([-np.inf, 0.0, 1.0])), 1e-14)


def cumulative():
    v = np.array([3.0, -1.0, 4.0, 1.0, -5.0]); m = np.arange(1.0, 7.0).reshape(3, 2) * np.array([1.0, -1.0]); J = jnp.array
    z = np.array([2.0, 0.0, 4.0, 0.0, 3.0]); t = np.array([1.0, 3.0, 3.0, 2.0, 5.0])
    r = lambda f, x: np.flip(f(np.flip(x)))
    line("cumsum(V)", v.cumsum()); line("cumsum(V, reverse = true)", r(np.cumsum, v)); line("cumprod(V)", v.cumprod()); line("cummax(V)", np.maximum.accumulate(v)); line("cummin(V)", np.minimum.accumulate(v)); line("cummin(V, reverse = true)", r(np.minimum.accumulate, v))
    line("cumsum(M)", m.cumsum(1)); line("cumsum(M, axis = 0)", m.cumsum(0)); line("cumprod(M, axis = 0)", m.cumprod(0)); line("cummax(M, axis = 1)", np.maximum.accumulate(m, 1)); line("cumsum(M, axis = 0, reverse = true)", np.flip(np.flip(m, 0).cumsum(0), 0))
    line("cumsum([1, 2, 3])", [1, 3, 6]); line("cummax([1, 3, 2])", [1, 3, 3]); line("cumsum([1.0f32, 2.0])", [1.0, 3.0]); line("cumsum(zeros(f64[0]))", np.zeros(0))
    line("cummax([1.0, sqrt(-1.0), 3.0])", [1.0, np.nan, np.nan])
    line("diff(V)", np.diff(v)); line("diff(M, axis = 0)", np.diff(m, axis=0)); line("diff(M)", np.diff(m))
    a, b = np.array([0.5, 0.25, -1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])
    def rec(a, b):
        y, out = 0.0, []
        for p, q in zip(a, b): y = p * y + q; out.append(y)
        return jnp.stack(out)
    line("linear_recurrence([0.5, 0.25, -1.0, 2.0], [1.0, 2.0, 3.0, 4.0])", rec(a, b)); line("linear_recurrence(0.5, [1.0, 2.0, 3.0, 4.0])", rec([0.5] * 4, b)); line("linear_recurrence(0.5, [1.0, 2.0, 3.0, 4.0], reverse = true)", np.flip(rec([0.5] * 4, np.flip(b))))
    w = J([1.0, 2.0, 3.0, 4.0, 5.0])
    line("grad(|x| sum(cumsum(x) * W))(V)", jax.grad(lambda x: (x.cumsum() * w).sum())(J(v)))
    cp = lambda x: jnp.stack([jnp.prod(x[:k + 1]) for k in range(5)])
    line("grad(|x| sum(cumprod(x) * W))(V)", jax.grad(lambda x: (cp(x) * w).sum())(J(v))); line("grad(|x| sum(cumprod(x) * W))(Z)", jax.grad(lambda x: (cp(x) * w).sum())(J(z))); line("hessian(|x| sum(cumprod(x) * W))(Z)", jax.hessian(lambda x: (cp(x) * w).sum())(J(z)))
    cm = lambda x: jnp.stack([jnp.max(x[:k + 1]) for k in range(5)])
    line("grad(|x| sum(cummax(x) * W))(T)", jax.grad(lambda x: (cm(x) * w).sum())(J(t))); line("grad(|x| sum(cummin(x, reverse = true) * W))(T)", jax.grad(lambda x: (jnp.stack([jnp.min(x[k:]) for k in range(5)]) * w).sum())(J(t)))
    line("grad(|a| sum(linear_recurrence(a, [1.0, 2.0, 3.0, 4.0])))([0.5, 0.25, -1.0, 2.0])", jax.grad(lambda a: rec(a, b).sum())(J(a))); line("grad(|b| sum(linear_recurrence([0.5, 0.25, -1.0, 2.0], b)))([1.0, 2.0, 3.0, 4.0])", jax.grad(lambda b: rec(a, b).sum())(J(b)))
    line("grad(|x| sum(diff(x) ** 2))(V)", jax.grad(lambda x: (jnp.diff(x) ** 2).sum())(J(v)))

def ordering():
    v = np.array([3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0]); m = np.array([[3.0, 1.0, 2.0], [-1.0, 5.0, 0.0]]); J = jnp.array; nan = np.nan
    line("sort(V)", np.sort(v)); line("sort(V, descending = true)", -np.sort(-v)); line("argsort(V)", np.argsort(v)); line("sort(M)", np.sort(m)); line("sort(M, axis = 0)", np.sort(m, 0)); line("argsort(M, axis = 0)", np.argsort(m, 0)); line("argsort(M, descending = true)", np.argsort(-m, kind="stable"))
    line("argsort([2, 1, 2, 1, 2])", np.argsort([2, 1, 2, 1, 2], kind="stable")); line("argsort([2, 1, 2, 1, 2], descending = true)", np.argsort([-2, -1, -2, -1, -2], kind="stable"))
    line("sort([2.0, sqrt(-1.0), 1.0])", np.sort([2, nan, 1])); line("sort([2.0, sqrt(-1.0), 1.0], descending = true)", [2.0, 1.0, nan]); line("argsort([sqrt(-1.0), 1.0, sqrt(-1.0)])", np.argsort([nan, 1, nan], kind="stable")); line("sort([0.0, log(0.0), -log(0.0)])", [-np.inf, 0.0, np.inf]); line("sort([3, -1, 2])", [-1, 2, 3]); line("sort(zeros(f64[0]))", np.zeros(0)); line("sort([1.0f32, 0.5])", [0.5, 1.0])
    tv, ti = jax.lax.top_k(J(v), 3); line("top_k(V, 3)", (tv, ti)); line("top_k(M, 1, axis = 0)", (np.max(m, 0)[None], np.argmax(m, 0)[None])); line("top_k(V, 0)", (np.zeros(0), np.zeros(0, int)))
    s = np.array([1.0, 2.0, 2.0, 5.0]); q = np.array([0.0, 1.0, 2.0, 3.0, 9.0])
    line("searchsorted([1.0, 2.0, 2.0, 5.0], [0.0, 1.0, 2.0, 3.0, 9.0])", np.searchsorted(s, q)); line('searchsorted([1.0, 2.0, 2.0, 5.0], [0.0, 1.0, 2.0, 3.0, 9.0], side = "right")', np.searchsorted(s, q, "right")); line("searchsorted([1, 3], 2)", 1); line("searchsorted(zeros(f64[0]), [1.0])", [0])
    line("median(V)", np.median(v)); line("median(M)", np.median(m)); line("median(M, axis = 0)", np.median(m, 0)); line("median(M, axis = 1)", np.median(m, 1)); line("median(M, axis = 1, keepdims = true)", np.median(m, 1, keepdims=True))
    for p in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0): line(f"quantile(V, {p})", np.quantile(v, p), 1e-15)
    line("quantile(M, 0.3, axis = 1)", np.quantile(m, 0.3, axis=1), 1e-15); line("median([1.0, sqrt(-1.0)])", nan); line("median([-log(0.0), -log(0.0)])", np.inf); line("median([1.0f32, 2.0])", 1.5)
    w = jnp.arange(1.0, 8.0)
    line("grad(|x| sum(sort(x) * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]))(V)", jax.grad(lambda x: (jnp.sort(x) * w).sum())(J(v))); line("hessian(|x| sum(sort(x ** 2) * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]))(V)[4]", jax.hessian(lambda x: (jnp.sort(x ** 2) * w).sum())(J(v))[4])
    line("grad(|m| sum(sort(m, axis = 0)[0] ** 2))(M)", jax.grad(lambda m: (jnp.sort(m, 0)[0] ** 2).sum())(J(m))); line("grad(|x| { let (best, _) = top_k(x, 2); sum(best ** 2) })(V)", jax.grad(lambda x: (jax.lax.top_k(x, 2)[0] ** 2).sum())(J(v)))
    line("grad(|x| quantile(x, 0.6))(V)", jax.grad(lambda x: jnp.quantile(x, 0.6))(J(v)), 1e-14); line("grad(|q| quantile(V, q))(0.6)", jax.grad(lambda q: jnp.quantile(J(v), q))(0.6), 1e-15); line("grad(|x| median(x))([1.0, 5.0, 2.0, 9.0])", [0.0, 0.5, 0.5, 0.0])

def special():
    M = mp.mpf
    def one(name, x, f, tol="4e-16", d=True):
        args = x if isinstance(x, tuple) else (x,)
        line(f"{name}({', '.join(map(repr, args))})", float(f(*map(M, args))), tol)
        if d: 
            for k in range(len(args)):
                g = mp.diff(f, tuple(map(M, args)), tuple(1 if i == k else 0 for i in range(len(args))))
                lam = f"grad(|t| {name}({', '.join('t' if i == k else repr(a) for i, a in enumerate(args))}))({args[k]!r})"
                line(lam, float(g), "1e-14")
                if len(args) == 1: line(f"grad(grad(|t| {name}(t)))({args[0]!r})", float(mp.diff(f, M(args[0]), 2)), "1e-13")
    sig = lambda x: 1 / (1 + mp.exp(-x)); phi = lambda x: mp.ncdf(x)
    for x in (-40.0, -3.0, 0.0, 0.7, 30.0): one("silu", x, lambda x: x * sig(x))
    for x in (-8.0, -1.0, 0.0, 2.5): one("gelu", x, lambda x: x * phi(x))
    for x in (-30.0, 0.0, 5.0): one("log_sigmoid", x, lambda x: mp.log(sig(x)))
    for x in (1e-9, 0.25, 0.9): one("logit", x, lambda x: mp.log(x / (1 - x)))
    one("elu", (-2.0, 1.5), lambda x, a: a * mp.expm1(x)); one("elu", (2.0, 1.5), lambda x, a: x + 0 * a)
    one("leaky_relu", (-2.0, 0.1), lambda x, s: s * x); one("leaky_relu", (2.0, 0.1), lambda x, s: x + 0 * s)
    for x in (0.0, 0.1, -0.2, 0.3, 1.0, 2.5): one("sinc", x, lambda x: mp.sincpi(x) if x else M(1), "4e-16", d=x not in (0.0,))
    line("grad(|t| sinc(t))(0.0)", 0.0); line("grad(grad(|t| sinc(t)))(0.0)", float(-mp.pi ** 2 / 3), "1e-15")
    for x in (-5.0, -0.5, 0.0, 1.0, 5.0, 24.0, 26.0, 1e4): one("erfcx", x, lambda x: mp.exp(x * x) * mp.erfc(x), "2e-15", d=abs(x) <= 5)
    for x in (0.5, 1.0, 1.7, 5.0, 5.5, 20.25, 23.0, 30.5, 150.0, 171.5, -0.5, -3.7, -20.5): one("gamma", x, mp.gamma, "3e-15")
    line("gamma(6.0)", 120.0); line("gamma(23.0)", float(mp.factorial(22))); line("gamma(0.0)", np.inf); line("gamma(-1.0)", np.nan); line("gamma(-200.5)", 0.0); line("gamma(172.0)", np.inf)
    bl = lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    for a in ((0.5, 0.5), (2.0, 3.0), (0.3, 40.0), (1e-3, 1e6), (1e5, 2e5), (15.0, 15.0), (1e8, 3.0)): one("betaln", a, bl, "2e-15")
    one("beta", (2.5, 3.5), lambda a, b: mp.exp(bl(a, b)), "3e-15")
    for a in ((1.0, 2.0), (-1000.0, 1.0), (3.0, 3.0), (700.0, -50.0), (1.0, -1e20)): one("logaddexp", a, lambda a, b: mp.log(mp.exp(a) + mp.exp(b)), "4e-16", d=abs(a[1]) < 1e3)
    line("logaddexp(log(0.0), log(0.0))", -np.inf); line("logaddexp(log(0.0), 1.0)", 1.0); line("logaddexp(-log(0.0), 1.0)", np.inf); line("logaddexp(-log(0.0), -log(0.0))", np.inf)
    line("hessian(|x| logaddexp(x[0], x[1]))([3.0, 3.0])", [[0.25, -0.25], [-0.25, 0.25]], 1e-15)
    for a in ((2.0, 3.0), (0.0, 2.0)): one("xlogy", a, lambda x, y: x * mp.log(y)); one("xlog1py", a, lambda x, y: x * mp.log1p(y))
    line("xlogy(0.0, 0.0)", 0.0); line("grad(|x| xlogy(x, x))(0.5)", float(1 + mp.log(M("0.5"))), 1e-15); line("xlog1py(0.0, -1.0)", 0.0); line("grad(|y| xlogy(0.0, y))(0.0)", 0.0)
    for x in (-1e-10, -0.5, -2.0, -50.0): one("log1mexp", x, lambda x: mp.log(1 - mp.exp(x)))
    line("clamp(5.0, 0.0, 1.0)", 1.0); line("clamp([-1, 2, 7], 0, 5)", [0, 2, 5]); line("grad(|x| clamp(x, 0.0, 1.0))(0.5)", 1.0); line("grad(|x| clamp(x, 0.0, 1.0))(1.5)", 0.0); line("grad(|x| clamp(x, 0.0, 1.0))(1.0)", 0.5)
    line("isnan(sqrt(-1.0))", True); line("isinf([1.0, log(0.0)])", np.array([False, True])); line("isfinite([1.0, log(0.0), sqrt(-1.0)])", np.array([True, False, False]))
    line("copysign(2.0, -0.0)", -2.0); line("copysign([-2.0, 3.0], [0.0, -5.0])", [2.0, -3.0])
    line("gelu(1.0f32)", 0.8413447, 1e-6); line("gamma(4.5f32)", 11.631728, 1e-6); line("betaln(2.0f32, 3.0)", -2.4849067, 1e-6); line("erfcx(1.0f32)", 0.42758358, 1e-6)


def convolution():
    J = jnp.array; c = jax.lax.conv_general_dilated
    x = np.array([1.0, 2.0, 4.0, -1.0, 3.0]); X1 = np.arange(1.0, 13.0).reshape(2, 6) * np.array([[1.0], [-0.5]]); W1 = np.array([[[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]])
    line("windows(V, 3)", np.lib.stride_tricks.sliding_window_view(x, 3)); line("windows(V, 2, step = 3)", [[1.0, 2.0], [-1.0, 3.0]]); line("windows(V, 2, dilation = 3)", [[1.0, -1.0], [2.0, 3.0]])
    line("mean(windows(V, 2), axis = 1)", (x[1:] + x[:-1]) / 2); line("windows(A, 2, axis = 0)", np.lib.stride_tricks.sliding_window_view(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), 2, axis=0))
    d1 = lambda x, w, s=1, p="VALID", d=1, g=1: c(x[None], w, (s,), p, rhs_dilation=(d,), feature_group_count=g)[0]
    line("conv1d(X, K)", d1(J(X1), J(W1))); line("conv1d(X, K, stride = 2)", d1(J(X1), J(W1), 2)); line("conv1d(X, K, padding = \"same\")", d1(J(X1), J(W1), 1, "SAME")); line("conv1d(X, K, stride = 2, padding = \"same\")", d1(J(X1), J(W1), 2, "SAME")); line("conv1d(X, K, dilation = 2)", d1(J(X1), J(W1), 1, "VALID", 2)); line("conv1d(X, K, padding = 1)", d1(J(X1), J(W1), 1, [(1, 1)])); line("conv1d(X, K, padding = (0, 2))", d1(J(X1), J(W1), 1, [(0, 2)]))
    G = np.array([[[1.0, 2.0]], [[0.0, 1.0]], [[-1.0, 1.0]], [[3.0, 0.0]]]); line("conv1d(X, G, groups = 2)", d1(J(X1), J(G), 1, "VALID", 1, 2))
    I = (np.arange(50.0).reshape(1, 2, 5, 5) % 7) - 2.0; K2 = (np.arange(24.0).reshape(3, 2, 2, 2) % 5) - 1.0
    d2 = lambda x, w, s=(1, 1), p="VALID", d=(1, 1): c(x, w, s, p, rhs_dilation=d)
    for args, kw in [("", {}), (", stride = 2", dict(s=(2, 2))), (", stride = (1, 2), padding = \"same\"", dict(s=(1, 2), p="SAME")), (", dilation = (2, 1)", dict(d=(2, 1))), (", padding = ((1, 0), (0, 2))", dict(p=[(1, 0), (0, 2)]))]:
        line(f"conv2d(I, L{args})", d2(J(I), J(K2), **kw))
    line("conv2d(I[0], L)", d2(J(I), J(K2))[0])
    line("grad(|x| sum(conv2d(x, L, stride = 2) ** 2))(I)", jax.grad(lambda x: (d2(x, J(K2), (2, 2)) ** 2).sum())(J(I))); line("grad(|w| sum(conv2d(I, w, padding = 1) ** 2))(L)", jax.grad(lambda w: (d2(J(I), w, (1, 1), [(1, 1), (1, 1)]) ** 2).sum())(J(K2)))
    P = np.array([[1.0, 3.0, 2.0, 0.0], [4.0, 4.0, -1.0, 5.0]])
    line("max_pool(P, 2)", P.reshape(2, 2, 2).max(2)); line("max_pool(P, (2, 2))", P.reshape(1, 2, 2, 2).max((1, 3))); line("avg_pool(P, (2, 2))", P.reshape(1, 2, 2, 2).mean((1, 3))); line("max_pool(P, 3, stride = 1)", np.lib.stride_tricks.sliding_window_view(P, 3, axis=1).max(-1)); line("max_pool(P, 2, padding = 1)", [[1.0, 3.0, 0.0], [4.0, 4.0, 5.0]]); line("avg_pool(P, 2, padding = 1)", [[0.5, 2.5, 0.0], [2.0, 1.5, 2.5]])
    line("grad(|p| sum(max_pool(p, 2) ** 2))(P)", [[0.0, 6.0, 4.0, 0.0], [4.0, 4.0, 0.0, 10.0]]); line("grad(|p| sum(avg_pool(p, (2, 2)) ** 2))(P)", jax.grad(lambda p: (p.reshape(1, 2, 2, 2).mean((1, 3)) ** 2).sum())(J(P)))


SECTIONS = [gather, layout, matrices, statistics, cumulative, ordering, special, convolution]

if __name__ == "__main__":
    for section in SECTIONS:
        if sys.argv[1:] in ([], [section.__name__]):
            print(f"== {section.__name__}")
            section()
