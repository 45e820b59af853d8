class Error(Exception):
    """Why a call gave no results; `status` is the number that the library returned."""

    def __init__(self, status):
        super().__init__(_STATUSES.get(status, f"status {status}"))
        self.status = status


def _load(name):
    suffix = {"darwin": ".dylib", "win32": ".dll"}.get(_sys.platform, ".so")
    return _ctypes.CDLL(str(_pathlib.Path(__file__).resolve().with_name(f"lib{name}{suffix}")))


def _bind(name, *types):
    function = getattr(_library, name)
    function.argtypes = types
    function.restype = _ctypes.c_int
    return function


def _check(status):
    if status != 0:
        raise Error(status)


# What may become an element of each kind: no fraction is cut off, no number becomes a truth value.
_FROM = {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}


def _array(place, value, dtype, rank):
    """`value` as a contiguous array of `dtype`; a view of it where it is one already."""
    found = _numpy.asarray(value)
    dtype = _numpy.dtype(dtype)
    if found.ndim != rank:
        raise ValueError(f"`{place}` must have {rank} axes, not {found.ndim}")
    if found.size and found.dtype.kind not in _FROM[dtype.kind]:
        raise TypeError(f"`{place}` must hold {dtype}, not {found.dtype}")
    made = _numpy.require(found, dtype, "CA")
    if dtype.kind in "iu" and made.dtype != found.dtype and not (made == found).all():
        raise OverflowError(f"`{place}` holds a number that {dtype} does not")
    return made


def _scalar(place, value, dtype):
    return _array(place, value, dtype, 0).item()


def _expect(place, value, shape, names):
    if value.shape != shape:
        raise ValueError(f"`{place}` must have the shape [{names}], here {shape}, not {value.shape}")


def _empty(shape, dtype):
    if any(size < 0 for size in shape):
        raise ValueError(f"a result would have the shape {shape}")
    return _numpy.empty(shape, dtype)


def _quotient(a, b):
    """`a / b` toward zero, as the library divides."""
    if b == 0:
        raise Error(1)
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _remainder(a, b):
    return a - b * _quotient(a, b)


def _shortened(array, shape):
    """The first elements of `array` in another shape."""
    count = 1
    for size in shape:
        count *= size
    return array.reshape(-1)[:count].reshape(shape)
