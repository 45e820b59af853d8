"""Values, first and second derivatives of the elementary functions at 0, ±1, ±1e-200, ±1e200 and ±∞, as limits.

Run by hand with SymPy and mpmath installed:

    python3 limits.py > arithmetic/special_points.dfn

Derivatives are SymPy's, or written out. At numbers they are evaluated with up to 500 digits; where that fails, and at
±∞, they are followed along arguments that approach. What does not settle, or not from every side to the same, has
no limit and is left out; so is what is not real. One argument at ∞ is approached with the other one fixed.
"""
import itertools
import sys

import mpmath as mp
import sympy as sp

mp.mp.dps = 500
x, y = sp.symbols("x y", real=True)
root2, pi = sp.sqrt(2), sp.pi
third = lambda p: lambda t: mp.sign(t) ** (p % 2) * abs(t) ** (mp.mpf(p) / 3)

UNARY = {
    "exp": sp.exp(x), "exp2": 2**x, "expm1": sp.exp(x) - 1, "log": sp.log(x), "log2": sp.log(x) / sp.log(2),
    "log10": sp.log(x) / sp.log(10), "log1p": sp.log(1 + x), "log1mexp": sp.log(1 - sp.exp(x)), "sqrt": sp.sqrt(x),
    "cbrt": [third(1), lambda t: third(-2)(t) / 3, lambda t: third(-5)(t) * -2 / 9],
    "sin": sp.sin(x), "cos": sp.cos(x), "tan": sp.tan(x), "asin": sp.asin(x), "acos": sp.acos(x),
    "atan": sp.atan(x), "sinh": sp.sinh(x), "cosh": sp.cosh(x), "tanh": sp.tanh(x), "sech2": 1 / sp.cosh(x) ** 2,
    "asinh": sp.asinh(x), "acosh": sp.acosh(x), "atanh": sp.atanh(x), "erf": sp.erf(x), "erfc": sp.erfc(x),
    "sigmoid": 1 / (1 + sp.exp(-x)), "softplus": sp.log(1 + sp.exp(x)), "log_sigmoid": -sp.log(1 + sp.exp(-x)),
    "logit": sp.log(x) - sp.log(1 - x), "gelu": x * sp.erfc(-x / root2) / 2, "silu": x / (1 + sp.exp(-x)),
    "lgamma": [lambda t: mp.log(abs(mp.gamma(t))) if abs(t) < 100 else mp.re(mp.loggamma(t)), mp.digamma,
               lambda t: mp.psi(1, t)],
    "digamma": [mp.digamma, lambda t: mp.psi(1, t), lambda t: mp.psi(2, t)],
    "sinc": sp.sin(pi * x) / (pi * x),
    "erfinv": [mp.erfinv, lambda t: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(t) ** 2),
               lambda t: mp.pi / 2 * mp.erfinv(t) * mp.exp(2 * mp.erfinv(t) ** 2)],
    "erfcx": sp.exp(x**2) * sp.erfc(x),
    "normal_cdf": sp.erfc(-x / root2) / 2,
}
BINARY = {
    "atan2": sp.atan2(x, y), "hypot": sp.sqrt(x**2 + y**2), "pow": sp.exp(y * sp.log(x)),
    "logaddexp": sp.log(sp.exp(x) + sp.exp(y)),
}
KINDS = {"values": [], "in_x": [x], "in_y": [y], "in_xx": [x, x], "in_xy": [x, y], "in_yy": [y, y]}
# σ'' is a difference that cancels near 0.
CANCELS = [("sigmoid", "curve", 1e-200), ("sigmoid", "curve", -1e-200)]
# What has values above 0 alone, and an infinite slope at 0: at -0.0 it has the sign that 1 / -0.0 has.
ABOVE = ["log", "log2", "log10", "sqrt", "logit"]
POINTS = [0.0, -0.0, 1.0, -1.0, 1e-200, -1e-200, 1e200, -1e200, mp.inf, -mp.inf]


def real(f, *at):
    """f there, None where that is not a real number."""
    try:
        value = mp.mpmathify(f(*at))
    except (ZeroDivisionError, ValueError, ArithmeticError, mp.libmp.NoConvergence):
        return None
    if isinstance(value, mp.mpc):
        if value.imag != 0:
            return None
        value = value.real
    return value if mp.isfinite(value) else None


def settled(values):
    """What three values go to."""
    if any(v is None for v in values):
        return None
    a, b, c = values
    if abs(c - b) <= abs(c) * mp.mpf(10) ** -20:
        return c
    if abs(c) < mp.mpf(10) ** -12 and abs(c) < abs(b) < abs(a):
        return mp.mpf(0)
    if abs(c) > 1.5 * abs(b) > 2 * abs(a) and a * b > 0 and b * c > 0:
        return mp.sign(c) * mp.inf
    return None


def ways(p, singular):
    """Sequences of three that go to p."""
    if mp.isinf(p):
        return [[mp.sign(p) * mp.mpf(10) ** e for e in row] for row in ([210, 420, 840], [230, 460, 920])]
    if not singular:
        return [[mp.mpf(p)] * 3]
    return [[p + s * mp.mpf(10) ** -e for e in row] for s in (1, -1) for row in ([50, 100, 200], [80, 160, 320])]


def limit(f, value, *at):
    """The limit of f at a point of the domain of `value`."""
    at = [mp.mpf(p) for p in at]
    if all(mp.isfinite(p) for p in at):
        exact = real(f, *at)
        if exact is not None or any(abs(p) < 1 and p != 0 for p in at):
            return exact if real(value, *at) is not None else None
    singular = all(mp.isfinite(p) for p in at)
    with mp.workdps(450 if singular else 60):
        return followed(f, value, at, singular)


def followed(f, value, at, singular):
    found = set()
    for way in itertools.product(*(ways(p, singular) for p in at)):
        steps = list(zip(*way))
        if any(real(value, *step) is None for step in steps):
            continue
        found.add(settled([real(f, *step) for step in steps]))
    found = {None if v is None else float(v) for v in found}
    return found.pop() if len(found) == 1 else None


def word(v):
    return repr(float(v)) if v != 0 else "0.0"


def array(values):
    return "[" + ", ".join(word(v) if not (v == 0 and str(v).startswith("-")) else "-0.0" for v in values) + "]"


def unary(name, f):
    # Polygamma functions of so many digits, and at poles far out, take long.
    polygamma = name in ("lgamma", "digamma")
    mp.mp.dps = 60 if polygamma else 500
    points = [p for p in POINTS if p > 0] if polygamma else POINTS
    order = f if isinstance(f, list) else [sp.lambdify(x, sp.diff(f, x, k), "mpmath") for k in range(3)]
    for kind, g in zip(["value", "slope", "curve"], order):
        found = [(p, limit(g, order[0], p)) for p in points]
        found = [(p, v) for p, v in found if v is not None and (name, kind, p) not in CANCELS]
        if name in ABOVE and kind != "value":
            found = [(p, v) for p, v in found if str(p) != "-0.0"]
        print(f"// run: {kind}({name}, {array([p for p, _ in found])}) == {array([v for _, v in found])} ~ 4e-14")
        small = [(p, v) for p, v in found if abs(p) in (0, 1, mp.inf)]
        print(f"// run: {kind}_f32({name}, {array([p for p, _ in small])}) == {array([v for _, v in small])} ~ 2e-6")
    print("//")


def binary(name, f):
    mp.mp.dps = 500
    value = sp.lambdify((x, y), f, "mpmath")
    for kind, by in KINDS.items():
        g = sp.lambdify((x, y), sp.diff(f, *by) if by else f, "mpmath")
        found = []
        for p, q in itertools.product(POINTS[:1] + POINTS[2:], repeat=2):
            if (name, p < 0) == ("pow", True) or {abs(p), abs(q)} == {1e-200, mp.inf}:
                # No derivative in the exponent; a limit too far out.
                continue
            if len(by) == 2 and (abs(p) + abs(q) <= 2e-200 or by[0] != by[1] and abs(p) == abs(q)):
                # It overflows, or cancels, on the way.
                continue
            if (name, kind, p, q) in [("pow", "in_xy", 0, 1), ("pow", "in_y", 0, 0)]:
                # A kink: 0 to the power 0.
                continue
            v = limit(g, value, p, q)
            if v is not None:
                found.append((p, q, v))
        for part in [found[k : k + 12] for k in range(0, len(found), 12)]:
            columns = [array([row[k] for row in part]) for k in range(3)]
            print(f"// run: {kind}({name}, {columns[0]}, {columns[1]}) == {columns[2]} ~ 4e-14")
    print("//")


HEADER = '''//! Values, first and second derivatives where formulas meet 0, ±1e-200, ±1e200 and ±∞: the limits.
//! Made by `limits.py`, with SymPy and mpmath.

/// Φ(x), the distribution function of the standard normal distribution.
fn normal_cdf[T: float](x: T) -> T { 0.5 * erfc(-0.7071067811865476 * x) }

fn value[n](f: fn(f64) -> f64, x: f64[n]) -> f64[n] { [for i in 0..n: f(x[i])] }

/// In reverse and forward.
fn slope[n](f: fn(f64) -> f64, x: f64[n]) -> f64[n] {
    [for i in 0..n: same(grad(f)(x[i]), jvp(f, x[i], 1.0).1)]
}

/// Reverse over reverse, forward over forward, forward over reverse.
fn curve[n](f: fn(f64) -> f64, x: f64[n]) -> f64[n] {
    let forward = |x: f64| jvp(f, x, 1.0).1;
    [for i in 0..n: same(same(grad(grad(f))(x[i]), jvp(forward, x[i], 1.0).1), jvp(grad(f), x[i], 1.0).1)]
}

/// One of two numbers that are the same but for rounding, else NaN.
fn same(x: f64, y: f64) -> f64 { if x == y || abs(x - y) <= 1e-12 * abs(x) { x } else { nan } }

fn value_f32[n](f: fn(f32) -> f32, x: f32[n]) -> f32[n] { [for i in 0..n: f(x[i])] }
fn slope_f32[n](f: fn(f32) -> f32, x: f32[n]) -> f32[n] { [for i in 0..n: grad(f)(x[i])] }
fn curve_f32[n](f: fn(f32) -> f32, x: f32[n]) -> f32[n] { [for i in 0..n: grad(grad(f))(x[i])] }

fn values[n](f: fn(f64, f64) -> f64, x: f64[n], y: f64[n]) -> f64[n] { [for i in 0..n: f(x[i], y[i])] }
fn in_x[n](f: fn(f64, f64) -> f64, x: f64[n], y: f64[n]) -> f64[n] { slope_of(|i, t| f(t, y[i]), x) }
fn in_y[n](f: fn(f64, f64) -> f64, x: f64[n], y: f64[n]) -> f64[n] { slope_of(|i, t| f(x[i], t), y) }
fn in_xx[n](f: fn(f64, f64) -> f64, x: f64[n], y: f64[n]) -> f64[n] { curve_of(|i, t| f(t, y[i]), x) }
fn in_yy[n](f: fn(f64, f64) -> f64, x: f64[n], y: f64[n]) -> f64[n] { curve_of(|i, t| f(x[i], t), y) }
fn in_xy[n](f: fn(f64, f64) -> f64, x: f64[n], y: f64[n]) -> f64[n] {
    [for i in 0..n: same(grad(|x: f64| grad(|y: f64| f(x, y))(y[i]))(x[i]), grad(|y: f64| grad(|x: f64| f(x, y))(x[i]))(y[i]))]
}
fn slope_of[n](f: fn(i64, f64) -> f64, x: f64[n]) -> f64[n] {
    [for i in 0..n: same(grad(|t: f64| f(i, t))(x[i]), jvp(|t: f64| f(i, t), x[i], 1.0).1)]
}
fn curve_of[n](f: fn(i64, f64) -> f64, x: f64[n]) -> f64[n] {
    [for i in 0..n: same(grad(grad(|t: f64| f(i, t)))(x[i]), jvp(grad(|t: f64| f(i, t)), x[i], 1.0).1)]
}
'''


def main(names):
    print(HEADER)
    for name, f in UNARY.items():
        if not names or name in names:
            unary(name, f)
    for name, f in BINARY.items():
        if not names or name in names:
            binary(name, f)


main(sys.argv[1:])
