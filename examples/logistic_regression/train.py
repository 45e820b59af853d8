"""Trains the model of logistic.dfn on breast_cancer.csv by Newton's method.

    dfn build logistic.dfn --emit shared,python
    python train.py breast_cancer.csv
"""

import sys

import numpy as np

import logistic


def train(x, y):
    """The weights, the bias last, at which the gradient is shorter than 1e-8, and the loss there."""
    v = np.zeros(x.shape[1] + 1)
    for _ in range(100):
        loss, gradient = logistic.objective_grad(v, x, y)
        if logistic.norm(gradient) < 1e-8:
            return v, loss
        v = logistic.newton_update(v, gradient, logistic.objective_hessian(v, x, y))
    raise RuntimeError("no convergence")


data = np.loadtxt(sys.argv[1] if len(sys.argv) > 1 else "breast_cancer.csv", delimiter=",", skiprows=1)
x, y = logistic.standardise(data[:, :-1]), data[:, -1] == 1
v, loss = train(x, y)
print(f"loss {loss:.17g}")
print(f"accuracy {logistic.accuracy(v, x, y):.17g}")
for j, w in enumerate(v[:-1]):
    print(f"w[{j}] {w:.17g}")
print(f"b {v[-1]:.17g}")
