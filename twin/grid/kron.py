"""Kron's reduction: the loaded nodes of a feeder alone, where they are few.

V_m = V_unloaded + Z I_m with Z = A^T Y^-1 A at the loaded nodes (A picks them): a dense
product in place of two sweeps over all nodes. Columns of Z are sweeps over the factors
that the feeder has anyway.

Source: Kron, "Tensor Analysis of Networks", 1939.
"""

from __future__ import annotations

import numpy as np

from twin.arrays import Complexes, Floats, Ints
from twin.grid.kernels import Lawful, Sweep, substitute

Few = tuple[Sweep, Lawful, Complexes, Complexes]


def loaded_places(sweep: Sweep, n_source: int) -> Ints:
    """Places that terminals read, where a product is shorter than sweeps; else none.

    None either where a terminal reads a source: its voltage is no unknown.
    """
    n = sweep.to.shape[1]
    read = np.unique(sweep.ports[:2])
    loaded: Ints = read[read < n]
    sweep_length = 2 * n + len(sweep.more_low) + len(sweep.more_up)
    at_source = (read >= n) & (read < n + n_source)
    few = not at_source.any() and len(loaded) ** 2 <= sweep_length
    return loaded if few else loaded[:0]


def reduced(sweep: Sweep, lawful: Lawful, loaded: Ints, n_source: int) -> Few:
    """The sweep and the laws at the loaded places alone, and room x, y to work in."""
    m = len(loaded)
    read, push = _among(sweep, loaded)
    pushed = np.zeros(m, dtype=np.int64)
    pushed[push[push < m]] = np.flatnonzero(push < m)
    impedance, unloaded = _reduce(sweep, loaded, pushed, n_source)
    none = np.empty((4, 0), dtype=np.complex128)
    small = Sweep(
        place=loaded.astype(np.int64),
        ports=np.concatenate([read[sweep.ports[:2]], push[sweep.ports[2:]]]),
        to=np.empty((2, 0), dtype=np.int64),
        lines=none,
        more_low_to=sweep.more_low_to[:, :0].copy(),
        more_low=none[0],
        more_up_to=sweep.more_up_to[:, :0].copy(),
        more_up=none[0],
        impedance=impedance,
        unloaded=unloaded,
    )
    places = places_among(sweep, loaded, lawful.places)
    room = (np.zeros(m + 1, dtype=np.complex128), np.zeros(m + 1, dtype=np.complex128))
    return small, lawful._replace(places=places), *room


def places_among(sweep: Sweep, loaded: Ints, places: Ints) -> Ints:
    """Places as in `Sweep.ports` [4, n], said of the loaded nodes alone."""
    read, push = _among(sweep, loaded)
    return np.ascontiguousarray(np.concatenate([read[places[:2]], push[places[2:]]]))


def _among(sweep: Sweep, loaded: Ints) -> tuple[Ints, Ints]:
    """Where the loaded places alone keep what a place reads, and what it pushes."""
    n, m = sweep.to.shape[1], len(loaded)
    read = np.full(len(sweep.place) + 1, m, dtype=np.int64)
    read[loaded] = np.arange(m)
    push = np.full(n + 1, m, dtype=np.int64)
    push[sweep.ports[2:].ravel()] = read[sweep.ports[:2].ravel()]
    return read, push


def _reduce(
    sweep: Sweep, loaded: Ints, pushed: Ints, n_source: int
) -> tuple[Floats, Complexes]:
    """Z as R and X [2, m, m] and the voltages without load [m], a row one sweep."""
    n, m = sweep.to.shape[1], len(loaded)
    impedance = np.empty((2, m, m))
    x = np.zeros(n + n_source + 1, dtype=np.complex128)
    y = np.zeros(n + 1, dtype=np.complex128)
    for row in range(m):
        y[:] = 0.0
        y[pushed[row]] = 1.0
        substitute(sweep, x, y)
        impedance[:, row] = x[loaded].real, x[loaded].imag
    y[:n] = sweep.lines[0]
    substitute(sweep, x, y)
    return impedance, x[loaded]
