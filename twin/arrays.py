"""Array types and the compiler switch that every numeric room shares."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Complexes = NDArray[np.complex128]
Records = NDArray[np.void]
Row = Any  # one row of Records, whose fields are attributes in compiled code

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile to machine code with IEEE arithmetic, cached beside the source."""
    return cast(Function, njit(cache=True, nogil=True)(function))


def totals(index: Ints, values: Floats, n: int) -> Floats:
    """Sum of the values that share an index [n]."""
    return np.bincount(index, values, n).astype(np.float64, copy=False)
