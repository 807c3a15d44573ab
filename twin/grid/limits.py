"""What voltages and loadings are allowed, by standard, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats
from twin.errors import InputError, nearest
from twin.grid.voltage_rules import RAPID_CHANGE_PU


@dataclass(frozen=True)
class Limits:
    """Allowed voltages, pu of nominal.

    Between `low_pu` and `high_pu` is always well. Beyond `outer_low_pu` and
    `outer_high_pu` is never allowed; in between is allowed as `between` says.
    `unbalance` is the share of negative in positive sequence, by 10-minute means;
    `rapid_change_pu` what a voltage may change by from one interval to the next.
    """

    name: str
    low_pu: float
    high_pu: float
    outer_low_pu: float
    outer_high_pu: float
    between: str
    source: str
    unbalance: float = 0.02
    rapid_change_pu: float = RAPID_CHANGE_PU

    def beyond(self, v_pu: Floats) -> Bools:
        """Voltages outside the inner range; NaN (no solution) is not counted."""
        v = np.asarray(v_pu, dtype=np.float64)
        outside: Bools = (v < self.low_pu) | (v > self.high_pu)
        return outside

    def far_beyond(self, v_pu: Floats) -> Bools:
        """Voltages outside the outer range; NaN (no solution) is not counted."""
        v = np.asarray(v_pu, dtype=np.float64)
        outside: Bools = (v < self.outer_low_pu) | (v > self.outer_high_pu)
        return outside


EN_50160 = Limits(
    name="en50160",
    low_pu=0.90,
    high_pu=1.10,
    outer_low_pu=0.85,
    outer_high_pu=1.10,
    between="at most 5 % of the 10-minute means of a week",
    source="EN 50160:2010, 4.2.2 (low voltage) and 5.2.2 (medium voltage); unbalance "
    "4.2.4 and 5.2.4",
)
ANSI_C84_1 = Limits(
    name="ansi_c84_1",
    low_pu=0.95,
    high_pu=1.05,
    outer_low_pu=110.0 / 120.0,
    outer_high_pu=127.0 / 120.0,
    between="range B: limited in extent, frequency and duration, to be corrected",
    source="ANSI C84.1-2020, table 1, service voltage up to 600 V, ranges A and B; "
    "unbalance: annex, 3 % (there the largest deviation from the mean, without load)",
    unbalance=0.03,
)
STANDARDS = {limits.name: limits for limits in (EN_50160, ANSI_C84_1)}


def limits_by_name(standard: str) -> Limits:
    """The limits of a standard that a scenario names."""
    if standard not in STANDARDS:
        raise InputError.of(
            f"no standard '{standard}'; allowed: {', '.join(STANDARDS)}"
            f"{nearest(standard, STANDARDS)}",
            key="limits.standard",
        )
    return STANDARDS[standard]


def custom_limits(voltage_pu: Sequence[float]) -> Limits:
    """Limits that the scenario gives itself: [lowest, highest]."""
    if len(voltage_pu) != 2 or not 0.0 < voltage_pu[0] < voltage_pu[1] < 2.0:
        raise InputError.of(
            f"two voltages, lowest first, between 0 and 2 pu are wanted, got"
            f" {list(voltage_pu)}",
            key="limits.voltage_pu",
        )
    low, high = float(voltage_pu[0]), float(voltage_pu[1])
    said = "the scenario"
    return Limits("custom", low, high, low, high, "not allowed", said)


def default_limits(region: str) -> Limits:
    """What a feeder of this region is judged by unless the scenario says otherwise."""
    return ANSI_C84_1 if region == "us" else EN_50160


@dataclass(frozen=True)
class EmergencyRating:
    """How far above its normal rating an element may be loaded, and how long."""

    kind: str
    factor: float
    hours: float
    source: str


EMERGENCY = {
    "transformer": EmergencyRating(
        "transformer",
        1.2,
        2.0,
        "assumed; IEC 60076-7:2005 table 4 would allow distribution transformers 1.8",
    ),
    "line": EmergencyRating(
        "line", 1.1, 2.0, "assumed; cables depend on soil, pre-load and laying"
    ),
}
EMERGENCY["transformer3w"] = EMERGENCY["transformer"]


def emergency_factor(kind: str) -> float:
    """Emergency over normal rating; what has no rule has no reserve."""
    return EMERGENCY[kind].factor if kind in EMERGENCY else 1.0


def emergency_h(kind: str) -> float:
    """How long an element may be at its emergency rating, h; 0 where it has none."""
    return EMERGENCY[kind].hours if kind in EMERGENCY else 0.0
