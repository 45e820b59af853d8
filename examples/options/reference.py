"""The reference values of options.dfn, made by hand with SciPy and NumPy: closed forms and plain formulas."""
import numpy as np
from scipy.stats import norm

S, K, r, v, T = 100.0, 105.0, 0.05, 0.2, 0.75


def greeks(S, K, r, v, T):
    d1 = (np.log(S / K) + (r + v * v / 2) * T) / (v * np.sqrt(T))
    d2 = d1 - v * np.sqrt(T)
    price = S * norm.cdf(d1) - K * np.exp(-r * T) * norm.cdf(d2)
    delta, gamma, vega = norm.cdf(d1), norm.pdf(d1) / (S * v * np.sqrt(T)), S * norm.pdf(d1) * np.sqrt(T)
    rho = K * T * np.exp(-r * T) * norm.cdf(d2)
    theta = -S * norm.pdf(d1) * v / (2 * np.sqrt(T)) - r * K * np.exp(-r * T) * norm.cdf(d2)
    vanna, volga = -norm.pdf(d1) * d2 / v, vega * d1 * d2 / v
    return [float(x) for x in (price, delta, gamma, vega, rho, theta, vanna, volga)]


print(greeks(S, K, r, v, T))


# The geometric mean over m dates is lognormal: Kemna and Vorst's closed form.
def geometric(S, K, r, v, T, m):
    mu = (r - v * v / 2) * T * (m + 1) / (2 * m)
    s = v * np.sqrt(T * (m + 1) * (2 * m + 1) / (6 * m * m))
    d1 = (np.log(S / K) + mu + s * s) / s
    return np.exp(-r * T) * (S * np.exp(mu + s * s / 2) * norm.cdf(d1) - K * norm.cdf(d1 - s))


m = 12
value = lambda **kw: geometric(**{**dict(S=S, K=100.0, r=r, v=v, T=T, m=m), **kw})


def slope(name, x, h=1e-4):  # Fourth order.
    f = lambda d: value(**{name: x + d})
    return float((8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h))


gamma = lambda h=0.01: float((value(S=S + h) - 2 * value() + value(S=S - h)) / h**2)
print(float(value()), slope("S", S, 1e-2), gamma(), slope("v", v), slope("r", r), -slope("T", T))

# The arithmetic mean, by simulation with 40 million paths.
rng = np.random.default_rng(1)
sums = np.zeros(2)
d = np.zeros(2)
n = 0
for _ in range(100):
    z = rng.standard_normal((200000, m))
    z = np.concatenate([z, -z])
    dt = T / m
    paths = S * np.exp(np.cumsum((r - v * v / 2) * dt + v * np.sqrt(dt) * z, axis=1))
    a = paths.mean(axis=1)
    pay = np.exp(-r * T) * np.maximum(a - 100.0, 0)
    dl = np.exp(-r * T) * (a > 100.0) * a / S
    pay, dl = (pay[:200000] + pay[200000:]) / 2, (dl[:200000] + dl[200000:]) / 2
    sums += [pay.sum(), (pay**2).sum()]
    d += [dl.sum(), (dl**2).sum()]
    n += 200000
for s in (sums, d):
    print(s[0] / n, np.sqrt((s[1] / n - (s[0] / n) ** 2) / n))

# Gamma of the Asian call: a difference of deltas on the same 8 million paths.
rng = np.random.default_rng(2)
gammas = []
for _ in range(20):
    z = rng.standard_normal((200000, m))
    z = np.concatenate([z, -z])
    growth = np.exp(np.cumsum((r - v * v / 2) * T / m + v * np.sqrt(T / m) * z, axis=1)).mean(axis=1)
    delta = lambda spot: np.exp(-r * T) * np.mean((spot * growth > 100.0) * growth)
    gammas.append((delta(S + 1) - delta(S - 1)) / 2)
print(np.mean(gammas), np.std(gammas) / np.sqrt(20))
