"""Keyed randomness: a draw is a pure function of what it is for.

Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011),
vectorised and stateless: key = seed, counter = (purpose, entity, date, index).
The first two 32-bit words of the block make one uniform in [0, 1):
``((w0 << 21) + (w1 >> 11)) * 2**-53``.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from twin.arrays import Floats

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)


class Purpose(IntEnum):
    """What a draw is for; a number is never used for something else."""

    OWNS_EV = 1
    EV_MODEL = 2
    BIDIRECTIONAL = 3
    CHARGER = 4
    INITIAL_SOC = 5
    TIMER_START = 6
    PLUG_IN = 7
    PLUG_IN_TRAIT = 8
    DECLARED_ERROR = 9
    CHARGER_PHASE = 10
    ANNUAL_KWH = 20
    HOME_SHAPE = 21
    HOME_SHIFT = 22
    HOME_SCALE = 23
    OWNS_PV = 24
    OUTLOOK_ERROR = 30
    AUDIT = 31
    CLOUD = 32
    TEMPERATURE = 33
    PV_PLANE = 34
    WITHIN_HOUR = 35
    TRAVEL_TRAIT = 40
    TRAVEL_DAY = 41
    TRAVEL_TRIP = 42
    OUTAGE_COUNT = 50
    OUTAGE_START = 51
    OUTAGE_LENGTH = 52
    HOME_BACKUP = 53
    RESTART_DELAY = 54
    MEDICAL_BASELINE = 55
    NON_RESPONSE = 60
    OPT_OUT = 61
    LINK_LOSSES = 62
    LINK_LOSS_START = 63
    LINK_LOSS_LENGTH = 64
    CARMAKER = 70
    TWO_WAY_CHARGER = 71
    CHARGER_MATCHED = 72
    CHARGER_BRAND = 73
    EXPORT_PERMIT = 74
    ENROLLED = 75
    CALL_RETURN = 80
    HOUSEHOLD_CARS = 90
    HOUSEHOLD_INCOME = 91
    PLACE_INCOME = 92
    CHARGER_ACCESS = 93
    BUYS_EV = 94
    BUYS_PV = 95
    BUYS_HEAT_PUMP = 96
    CAR_YEARS = 97
    ENROLS = 98


def uniform(
    seed: int,
    purpose: Purpose,
    entity: ArrayLike,
    date: ArrayLike = 0,
    index: ArrayLike = 0,
) -> Floats:
    """Uniform numbers in [0, 1) for each (entity, date, index), broadcast together.

    ``date`` is a proleptic ordinal (``date.toordinal()``), ``index`` counts draws
    within the day (trips, never sessions). All must be whole and at least 0.
    """
    w0, w1 = _philox(seed, int(purpose), entity, date, index)
    mantissa = (w0 << np.uint64(21)) | (w1 >> np.uint64(11))
    return mantissa.astype(np.float64) * 2.0**-53


def normal(
    seed: int,
    purpose: Purpose,
    entity: ArrayLike,
    date: ArrayLike = 0,
    index: ArrayLike = 0,
) -> Floats:
    """Standard normal numbers, the inverse distribution of the same uniforms."""
    u = uniform(seed, purpose, entity, date, index)
    drawn: Floats = ndtri(np.clip(u, 2.0**-53, 1 - 2.0**-53))
    return drawn


def _philox(
    seed: int, purpose: int, entity: ArrayLike, date: ArrayLike, index: ArrayLike
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    words = np.broadcast_arrays(
        np.uint64(purpose), _word(entity), _word(date), _word(index)
    )
    c0, c1, c2, c3 = (word.copy() for word in words)
    k0, k1 = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c2 = (
            (p1 >> _SHIFT) ^ c1 ^ np.uint64(k0),
            (p0 >> _SHIFT) ^ c3 ^ np.uint64(k1),
        )
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return c0, c1


def _word(values: ArrayLike) -> NDArray[np.uint64]:
    return np.asarray(values).astype(np.uint64) & _LOW
