"""The expected values of poisson.dfn: Newton's method with a dense Jacobian, by NumPy and SciPy."""

import numpy as np
from scipy.optimize import fsolve


def residual(flat, n, source):
    u = np.zeros((n + 2, n + 2))
    u[1:-1, 1:-1] = flat.reshape(n, n)
    inner = u[1:-1, 1:-1]
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    return (4 * inner - around + (inner**3 - source) / (n + 1) ** 2).ravel()


n = 3
solution = fsolve(residual, np.zeros(n * n), args=(n, 100.0), xtol=1e-14)
print(np.array2string(solution.reshape(n, n), separator=", ", precision=17))
