"""How warm transformers get under their load, and how fast their insulation ages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.ratings import Guide, Thermal
from twin.arrays import Floats

ZERO_CELSIUS_K = 273.0


@dataclass(frozen=True, eq=False)
class Warmth:
    """What the next step depends on. [n_transformer]

    oil      IEEE: rise of the top oil over the air, K; IEC: its temperature, degC
    slow     hot spot over top oil, the part that grows with the winding, K
    quick    the part that the oil takes back (IEC), K
    loading  the last loading that was known
    """

    oil: Floats
    slow: Floats
    quick: Floats
    loading: Floats


@dataclass(frozen=True, eq=False)
class Course:
    """At each step's end; NaN where the step's loading is not known.

                                                              [n_step, n_transformer]
    ageing  how many times as fast as normal
    """

    top_oil_degc: Floats
    hot_spot_degc: Floats
    ageing: Floats


def steady(thermal: Thermal, loading: Floats, outdoor_degc: float) -> Warmth:
    """As after a long time at a loading; one not known is taken for none.

    loading                                                             [n_transformer]
    """
    known = np.nan_to_num(np.abs(loading), nan=0.0)
    oil, slow, quick = _ultimate(thermal, known)
    air = outdoor_degc + thermal["surcharge_k"]
    return Warmth(oil + air * (thermal.guide == "iec"), slow, quick, known)


def follow(
    thermal: Thermal,
    start: Warmth,
    loading: Floats,
    outdoor_degc: Floats,
    step_h: float,
) -> tuple[Course, Warmth]:
    """Temperatures under a course of loads, and the state at its end.

    loading       current over rated current, whichever way power goes
                                                              [n_step, n_transformer]
    outdoor_degc  mean of each step                                           [n_step]

    Where a loading is not known, the one before goes on. Loads and air are even within
    a step, so each first-order equation is solved exactly, whatever the step:
    y <- y + (u - y) (1 - exp(-dt / tau)).

    IEEE  oil's rise to dTO_R ((K^2 R + 1) / (R + 1))^n with tau_TO, on top of the air;
          winding to dH_R K^(2m) with tau_w
    IEC   oil to air + dTO_r ((1 + R K^2) / (1 + R))^x with k11 tau_o;
          winding to k21 H g_r K^y with k22 tau_w, less (k21 - 1) H g_r K^y with
          tau_o / k22

    Source: IEEE C57.91, clause 7; IEC 60076-7, difference equations.
    """
    held = _held(np.abs(loading), start.loading)
    oil, slow, quick = _ultimate(thermal, held)
    air = outdoor_degc[:, None] + thermal["surcharge_k"]
    if thermal.guide == "iec":
        oil = oil + air
    keeps = _kept_shares(thermal, step_h)
    course = [
        _relaxed(first, towards, keep)
        for first, towards, keep in zip(
            (start.oil, start.slow, start.quick), (oil, slow, quick), keeps, strict=True
        )
    ]
    if len(loading):
        start = Warmth(course[0][-1], course[1][-1], course[2][-1], held[-1])
    top_oil = course[0] if thermal.guide == "iec" else course[0] + air
    top_oil = np.where(np.isfinite(loading), top_oil, np.nan)
    hot_spot = top_oil + course[1] - course[2]
    return Course(top_oil, hot_spot, ageing(thermal.guide, hot_spot)), start


def ageing(guide: Guide, hot_spot_degc: Floats) -> Floats:
    """How many times as fast as normal the insulation ages at a hot-spot temperature.

    IEEE  F_AA = exp(15000 / 383 - 15000 / (theta + 273)), thermally upgraded paper
    IEC   V = 2^((theta - 98) / 6), paper that is not upgraded
    Source: IEEE C57.91, clause 5; IEC 60076-7.
    """
    if guide == "iec":
        return np.exp2((hot_spot_degc - 98.0) / 6.0)
    kelvin = np.maximum(hot_spot_degc + ZERO_CELSIUS_K, 1.0)
    return np.exp(15000.0 / 383.0 - 15000.0 / kelvin)


def _ultimate(thermal: Thermal, loading: Floats) -> tuple[Floats, Floats, Floats]:
    """Where oil, winding and IEC's second part tend to: K above air, above oil."""
    ratio = thermal["loss_ratio"]
    losses = (1.0 + ratio * loading**2) / (1.0 + ratio)
    winding = thermal["hot_spot_rise_k"] * loading ** thermal["winding_exponent"]
    return (
        thermal["top_oil_rise_k"] * losses ** thermal["oil_exponent"],
        thermal["k21"] * winding,
        (thermal["k21"] - 1.0) * winding,
    )


def _kept_shares(thermal: Thermal, step_h: float) -> tuple[Floats, Floats, Floats]:
    """What of a distance is left after a step. [n_transformer] each"""
    constants = (
        thermal["k11"] * thermal["oil_h"],
        thermal["k22"] * thermal["winding_h"],
        thermal["oil_h"] / thermal["k22"],
    )
    oil, slow, quick = (np.exp(-step_h / constant) for constant in constants)
    return oil, slow, quick


def _relaxed(first: Floats, towards: Floats, keep: Floats) -> Floats:
    """Each step's end on the way to what it tends to. [n_step, n_transformer]"""
    course, value = np.empty_like(towards), first
    for step, ultimate in enumerate(towards):
        value = ultimate + (value - ultimate) * keep
        course[step] = value
    return course


def _held(loading: Floats, before: Floats) -> Floats:
    """Unknown loadings as the last one that was known."""
    whole = np.vstack([before, loading])
    rows = np.arange(len(whole))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(whole), rows, 0), axis=0)
    held: Floats = np.take_along_axis(whole, last, axis=0)[1:]
    return held
