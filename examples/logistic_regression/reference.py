"""The reference solution, by NumPy in binary64: prints the table in expected.csv.

Run by hand with NumPy 2.4; not part of the tests.
"""

import numpy as np

table = np.loadtxt("breast_cancer.csv", delimiter=",", skiprows=1)
x, y = table[:, :-1], table[:, -1]
n, d = x.shape
x = (x - x.mean(axis=0)) / x.std(axis=0)
x1 = np.hstack([x, np.ones((n, 1))])
penalty = np.diag([1.0] * d + [0.0])
v = np.zeros(d + 1)
for _ in range(100):
    p = 1 / (1 + np.exp(-(x1 @ v)))
    gradient = x1.T @ (p - y) + penalty @ v
    if np.linalg.norm(gradient) < 1e-12:
        break
    hessian = x1.T @ (x1 * (p * (1 - p))[:, None]) + penalty
    v -= np.linalg.solve(hessian, gradient)
m = x1 @ v
loss = np.sum(np.logaddexp(0, -np.where(y == 1, m, -m))) + 0.5 * v @ penalty @ v
print("loss", repr(float(loss)))
print("accuracy", repr(float(np.mean((m > 0) == (y == 1)))))
for j in range(d):
    print(f"w[{j}]", repr(float(v[j])))
print("b", repr(float(v[d])))
