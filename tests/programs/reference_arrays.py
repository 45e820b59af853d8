"""Where the values in the programs of arrays come from: run by hand with NumPy, SciPy and JAX installed.

    python3 reference_arrays.py            # every section
    python3 reference_arrays.py gather     # one
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special as sp

jax.config.update("jax_enable_x64", True)


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


SECTIONS = [gather, layout, matrices, statistics]

if __name__ == "__main__":
    for section in SECTIONS:
        if sys.argv[1:] in ([], [section.__name__]):
            print(f"== {section.__name__}")
            section()
