"""How what a load draws follows its voltage, beyond shares: bands, exponents, cut-off.

A law is a row of numbers, the columns in the order of ``Column``. With r the voltage
per rated voltage, P = P_0 p(r) and Q = Q_0 q(r):

    r < lowest              r^2
    lowest <= r < cut       0
    r <= low                current straight between r = lowest and r = low where
                            ``straight``, else at_low (r / low)^2
    low < r <= high         r^exponent where there is one, else 1 - z - i + i r + z r^2
    r > high                at_high (r / high)^2

Source: OpenDSS, load models 1 to 8 with Vminpu, Vmaxpu, Vlowpu, CVR and ZIPV; each
branch measured on the engine.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from twin.arrays import Floats, compiled


class Column(IntEnum):
    """What stands where in a law."""

    P_Z = 0
    P_I = 1
    P_EXPONENT = 2
    Q_Z = 3
    Q_I = 4
    Q_EXPONENT = 5
    LOWEST = 6
    LOW = 7
    HIGH = 8
    CUT = 9
    P_AT_LOW = 10
    Q_AT_LOW = 11
    P_AT_HIGH = 12
    Q_AT_HIGH = 13
    STRAIGHT = 14


N_LAW = len(Column)


def opendss_law(
    model: int,
    band: tuple[float, float, float],
    exponents: tuple[float, float] = (1.0, 2.0),
    zipv: tuple[float, ...] = (0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0),
) -> Floats:
    """The law of an OpenDSS load.

    band       Vlowpu, Vminpu, Vmaxpu
    exponents  CVRwatts and CVRvars (model 4)
    zipv       Z, I and P shares of P, the same of Q, and the cut-off voltage (model 8)
    """
    lowest, low, high = band
    law = np.zeros(N_LAW)
    law[Column.P_EXPONENT] = law[Column.Q_EXPONENT] = np.nan
    law[[Column.LOWEST, Column.LOW, Column.HIGH]] = lowest, low, high
    law[[Column.P_AT_LOW, Column.Q_AT_LOW, Column.P_AT_HIGH, Column.Q_AT_HIGH]] = 1.0
    law[Column.STRAIGHT] = 1.0
    if model == 2:
        law[[Column.LOWEST, Column.P_Z, Column.Q_Z]] = np.inf, 1.0, 1.0
    elif model == 3:
        law[Column.Q_Z] = 1.0
    elif model == 4:
        law[[Column.P_EXPONENT, Column.Q_EXPONENT]] = exponents
    elif model == 5:
        law[[Column.P_I, Column.Q_I]] = 1.0
        law[[Column.P_AT_LOW, Column.Q_AT_LOW]] = low
        law[[Column.P_AT_HIGH, Column.Q_AT_HIGH]] = high
    elif model in (6, 7):
        law[Column.Q_Z] = float(model == 7)
        law[Column.STRAIGHT] = 0.0
        law[[Column.Q_AT_LOW, Column.Q_AT_HIGH]] = low**2, high**2
    elif model == 8:
        law[[Column.P_Z, Column.P_I, Column.Q_Z, Column.Q_I]] = (
            *zipv[:2],
            *zipv[3:5],
        )
        law[[Column.P_AT_LOW, Column.P_AT_HIGH]] = _zip(zipv[:3], low, high)
        law[[Column.Q_AT_LOW, Column.Q_AT_HIGH]] = _zip(zipv[3:6], low, high)
        law[Column.CUT] = zipv[6]
    return law


@compiled
def drawn(r: float, law: Floats) -> tuple[float, float]:
    """p(r) and q(r) of a law [N_LAW]."""
    square = r * r
    if r <= law[6]:
        return square, square
    if r < law[9]:
        return 0.0, 0.0
    if r <= law[7]:
        if law[14] == 0.0:
            steep = square / (law[7] * law[7])
            return law[10] * steep, law[11] * steep
        along = (r - law[6]) / (law[7] - law[6])
        p = law[6] + along * (law[10] / law[7] - law[6])
        q = law[6] + along * (law[11] / law[7] - law[6])
        return p * r, q * r
    if r > law[8]:
        steep = square / (law[8] * law[8])
        return law[12] * steep, law[13] * steep
    p = 1.0 + law[1] * (r - 1.0) + law[0] * (square - 1.0)
    q = 1.0 + law[4] * (r - 1.0) + law[3] * (square - 1.0)
    if not np.isnan(law[2]):
        p, q = r ** law[2], r ** law[5]
    return p, q


def _zip(shares: tuple[float, ...], low: float, high: float) -> tuple[float, float]:
    z, i, p = shares
    return z * low**2 + i * low + p, z * high**2 + i * high + p
