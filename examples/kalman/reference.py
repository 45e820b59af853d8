"""The reference values of kalman.dfn, made by hand with NumPy, SciPy and JAX.

The flows are one normal vector whose covariance is written down directly: no filter is used.
"""
import numpy as np
from scipy.stats import multivariate_normal as mvn
from scipy.optimize import minimize
import re
y = np.array([float(v) for v in re.findall(r"\d+\.0", open("nile.dfn").read())])
assert len(y)==100
n=100; i=np.arange(n)
M=np.minimum.outer(i,i)
def ll(p):
    e,h=np.exp(p)
    return mvn.logpdf(y,np.full(n,1000.),1e6+h*M+e*np.eye(n))
p0=np.log([15000.,1500.])
print(y.mean(),repr(ll(p0)))
import jax, jax.numpy as jnp
jax.config.update('jax_enable_x64',True)
def jll(p):
    e,h=jnp.exp(p[0]),jnp.exp(p[1]); S=1e6+h*M+e*jnp.eye(n); L=jnp.linalg.cholesky(S); z=jax.scipy.linalg.solve_triangular(L,y-1000.,lower=True)
    return -.5*z@z-jnp.log(jnp.diag(L)).sum()-n/2*np.log(2*np.pi)
print(float(jll(p0)),np.array(jax.grad(jll)(p0)).tolist(),np.array(jax.hessian(jll)(p0)).tolist())
p=p0
for _ in range(30): p=p-np.linalg.solve(np.array(jax.hessian(jll)(p)),np.array(jax.grad(jll)(p)))
print(p.tolist(),np.exp(p).tolist(),float(jll(p)),np.array(jax.grad(jll)(p)), np.sqrt(np.diag(np.linalg.inv(-np.array(jax.hessian(jll)(p))))).tolist())
# trend model d=2: level+slope, check of the matrix filter: y from F=[[1,1],[0,1]], Q=diag(h,s)
F=np.array([[1.,1],[0,1]]);H=np.array([1.,0]);Q=np.diag([1500.,10.]);R=15000.;P0=np.diag([1e6,100.]);m0=np.array([1000.,0.])
k=30
# joint covariance of states
P=[P0]
for t in range(k-1): P.append(F@P[-1]@F.T+Q)
C=np.zeros((k,k)); mu=np.zeros(k); m=m0.copy()
for a in range(k):
    mu[a]=H@np.linalg.matrix_power(F,a)@m0
    for b in range(a,k):
        C[a,b]=C[b,a]=H@(np.linalg.matrix_power(F,b-a)@P[a])@H
C+=R*np.eye(k)
print(repr(mvn.logpdf(y[:k],mu,C)))
