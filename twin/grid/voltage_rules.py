"""The rules of voltage quality: ranges by nominal voltage, 10-minute means, weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Floats, Ints

Single = NDArray[np.float32]

MEAN_S = 600
WEEK_DAYS = 7
WEEKLY_SHARE = 0.05
LOW_VOLTAGE_KV = 0.6
ROUNDED = 1.005
RAPID_CHANGE_PU = 0.03
WEEKLY_PU = (0.90, 1.10)
ALWAYS_PU = (0.85, 1.10)
MEMORY = "M"


@dataclass(frozen=True)
class Rule:
    """One rule, as people read it. ``confidence`` M: numbers from memory, unverified.

    measure  what is counted of each customer, with its unit
    """

    key: str
    title: str
    says: str
    measure: str
    source: str
    confidence: str = MEMORY


RULES: tuple[Rule, ...] = (
    Rule(
        "range_a",
        "ANSI C84.1 range A",
        "service voltage within 0.95 to 1.05 pu; above 600 V within 0.975 to 1.05",
        "h outside",
        "ANSI C84.1-2020, table 1, service voltage",
    ),
    Rule(
        "range_b",
        "ANSI C84.1 range B",
        "service voltage within 0.917 to 1.058 pu; above 600 V within 0.95 to 1.058",
        "h outside",
        "ANSI C84.1-2020, table 1, service voltage",
    ),
    Rule(
        "en_week",
        "EN 50160, 95 % of a week",
        "95 % of each week's 10-minute values within 0.9 to 1.1 pu, on each phase",
        "% of the worst week outside",
        "EN 50160:2010, 4.2.2 and 5.2.2",
    ),
    Rule(
        "en_always",
        "EN 50160, always",
        "every 10-minute value within 0.85 to 1.1 pu",
        "h outside",
        "EN 50160:2010, 4.2.2 and 5.2.2",
    ),
    Rule(
        "unbalance",
        "Voltage unbalance",
        "|V2| / |V1| of 95 % of each week's 10-minute values at most the limit",
        "% (95th percentile of the worst week)",
        "EN 50160:2010, 4.2.4 and 5.2.4 (2 %); ANSI C84.1 annex (3 %, without load)",
    ),
    Rule(
        "rapid_change",
        "Rapid voltage change",
        "from one interval to the next by no more than the limit",
        "changes",
        "IEEE 1453-2015, planning level (3 %); EN 50160:2010, 4.2.3.1 says 5 % usually",
    ),
)
RULE_OF = {rule.key: rule for rule in RULES}


@dataclass(frozen=True)
class Ranges:
    """Ranges A and B of ANSI C84.1, service voltage, pu of nominal. [n] each

    Source: ANSI C84.1-2020, table 1 (from memory): 114 to 126 and 110 to 127 V of
    120 V up to 600 V; 0.975 to 1.05 and 0.95 to 1.058 above.
    """

    a_low: Single
    a_high: Single
    b_low: Single
    b_high: Single

    @classmethod
    def of(cls, line_kv: Floats) -> Ranges:
        """By nominal voltage between phases, kV. [n]

        347/600 V is low voltage, though 347 times the root of 3 is 601.
        """
        medium = line_kv > LOW_VOLTAGE_KV * ROUNDED

        def either(above: float, below: float) -> Single:
            return np.where(medium, above, below).astype(np.float32)

        return cls(
            either(0.975, 0.95),
            either(1.05, 1.05),
            either(0.95, 110.0 / 120.0),
            either(1.058, 127.0 / 120.0),
        )

    def at(self, rows: Ints) -> Ranges:
        """Those of some rows."""
        return Ranges(
            self.a_low[rows], self.a_high[rows], self.b_low[rows], self.b_high[rows]
        )


def steps_in_mean(step_s: int) -> int:
    """How many whole intervals a mean of at most 10 minutes has; 1 of longer ones."""
    return max(1, MEAN_S // step_s)


def mean_min(step_s: int) -> float:
    """How long such a mean is, minutes; 10, or the verdict is indicative."""
    return steps_in_mean(step_s) * step_s / 60.0


def root_means(values: Single, per: int) -> Single:
    """Roots of the mean squares of every ``per`` rows. [n_step, n] -> [n_mean, n]

    The last may have fewer; NaN where one of its intervals is not known.
    Source: IEC 61000-4-30:2015, 4.5 (aggregation).
    """
    if per == 1 or not len(values):
        return values
    first = np.arange(0, len(values), per)
    size = np.diff(np.append(first, len(values)))[:, None]
    squares = np.add.reduceat(np.square(values, dtype=np.float64), first, axis=0)
    means: Single = np.sqrt(squares / size).astype(np.float32)
    return means


def outside(values: Single, low: Single | float, high: Single | float) -> Single:
    """How far values are outside a band; 0 inside, and where they are not known.

    In the values' own precision, so that a kept 0.9 is not below 0.9.
    """
    far: Single = np.fmax(np.fmax(low - values, values - high), 0.0)
    return far


def percentile_95(values: Single) -> Single:
    """The least value that 95 % of each column's known ones do not exceed. [n]

    So that it is within a limit exactly where 95 % of the values are; NaN where none
    is known.
    """
    n = values.shape[1]
    if not len(values):
        return np.full(n, np.nan, dtype=np.float32)
    ordered = np.sort(values, axis=0)
    known = len(values) - np.isnan(values).sum(axis=0)
    place = np.maximum((95 * known + 99) // 100 - 1, 0)
    found: Single = ordered[place, np.arange(n)]
    return found
