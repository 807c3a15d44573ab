"""Gates that a home's hourly readings must pass before they stand for a household."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.arrays import Bools, Floats

NEAR_ZERO_KW = 0.05
STUCK_HOURS = 4


def faults(hours_kw: Floats) -> tuple[str, ...]:
    """Why a home's year [days, 24] is no household's load; nothing if it may be used.

    A home always draws something (refrigerator, stand-by). Hours at zero are missing
    readings, or net metering behind PV or a battery, which also shows as hours of the
    day that are often zero, as no load at night or as a peak at midday.
    """
    found = (gate(hours_kw) for gate in GATES)
    return tuple(fault for fault in found if fault)


def good_days(hours_kw: Floats) -> Bools:
    """Days of a home that passed with no hour near zero and no stuck meter [days]."""
    stuck = np.array([_longest_flat(day) >= STUCK_HOURS for day in hours_kw])
    good: Bools = (hours_kw.min(axis=1) >= NEAR_ZERO_KW) & ~stuck
    return good


def _negative(kw: Floats) -> str:
    return "negative readings" if kw.min() < 0 else ""


def _near_zero(kw: Floats) -> str:
    share = float((kw < NEAR_ZERO_KW).mean())
    return f"{share:.0%} of hours near zero" if share > 0.05 else ""


def _near_zero_at_an_hour(kw: Floats) -> str:
    share = (kw < NEAR_ZERO_KW).mean(axis=0)
    hour = int(share.argmax())
    return f"{share[hour]:.0%} near zero at {hour} h" if share[hour] > 0.05 else ""


def _night(kw: Floats) -> str:
    ratio = float(kw[:, 1:5].mean() / kw.mean())
    return f"night is {ratio:.2f} of the mean" if ratio < 0.3 else ""


def _midday(kw: Floats) -> str:
    ratio = float(kw[:, 10:14].mean() / kw[:, 17:21].mean())
    return f"midday is {ratio:.1f} times the evening" if ratio > 1.5 else ""


def _flat(kw: Floats) -> str:
    longest = _longest_flat(kw.ravel())
    return f"{longest} hours without change" if longest > 12 else ""


def _longest_flat(series: Floats) -> int:
    """Length of the longest run of one value."""
    changes = np.flatnonzero(np.diff(series) != 0)
    edges = np.concatenate(([-1], changes, [len(series) - 1]))
    return int(np.diff(edges).max())


GATES: tuple[Callable[[Floats], str], ...] = (
    _negative,
    _near_zero,
    _near_zero_at_an_hour,
    _night,
    _midday,
    _flat,
)
