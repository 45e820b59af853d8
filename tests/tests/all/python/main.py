import numpy as np

import every_form as e


def fails(kind, call):
    try:
        call()
    except kind as error:
        print(f"{kind.__name__}: {error}")
    else:
        raise AssertionError("it did not fail")


curve = e.Curve(knots=[1, 2.5], last=e.Place(x=3.0, index=2**31 - 2), closed=False)
print(e.moved(curve, 1))
print(e.moved(curve=e.moved(curve, 1), by=np.float32(0.5)).last)

y = np.arange(12.0).reshape(3, 4).T
d, s = e.differences(np.float64([1, 2, 4]), y)
print(d, d.dtype, s, s.dtype)
print(e.differences(y[0, :1], np.zeros((0, 2))))

print(e.steps(0.5, 3, n=2))
x = np.arange(5, dtype=np.int32)[::-2]
print(e.picked(x, [True, False, True], 1))
print(e.picked(x=[4], mask=[False], k=0))
print(e.alike(e.Place(3.0, 0), 1.0))

fails(e.Error, lambda: e.picked(x, [True, False, True], 3))
fails(ValueError, lambda: e.picked(x, [True, False], 1))
fails(ValueError, lambda: e.picked([x], [True], 1))
fails(TypeError, lambda: e.picked([0.5], [True], 0))
fails(TypeError, lambda: e.picked([1], [1], 0))
fails(TypeError, lambda: e.steps("a", 1, n=1))
fails(TypeError, lambda: e.steps(1.0, 1))
fails(OverflowError, lambda: e.moved(e.Curve([], e.Place(0, 2**31), True), 0))
fails(ValueError, lambda: e.differences(y[0, :0], np.zeros((0, 2))))
fails(ValueError, lambda: e.steps(1.0, -1, n=1))
assert e.moved.__doc__.startswith('The curve, moved; \\ and """ do no harm.')
