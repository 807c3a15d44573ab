"""A diverging scale of voltage around 1 pu that marks the limits."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.voltage.limits import named_limits
from dashboards.voltage.profiles import limit_words
from twin.analysis.digest import Limits

LEAST_SPAN_PU = 0.005


@dataclass(frozen=True)
class Colours:
    """A diverging scale around 1 pu, and how far it reaches to either side."""

    scale: list[tuple[float, str]]
    span_pu: float
    ticks: tuple[tuple[float, str], ...]


def colours_of(limits: Limits, farthest_pu: float, fixed: bool, scheme: str) -> Colours:
    """Full colour at the limit, or at the run's farthest; beyond the limit one more.

    farthest_pu  of any value from 1 pu        fixed  whether to reach to the limits
    """
    below, above = 1 - limits.low_pu, limits.high_pu - 1
    span = max(farthest_pu, LEAST_SPAN_PU, below if fixed else 0, above if fixed else 0)
    dark = scheme == "dark"
    middle = "#3a4047" if dark else "#f1ede6"
    lows = ("#ffb27a", "#f0803c") if dark else ("#f0985a", "#b34300")
    highs = ("#9a86d8", "#c3a5ff") if dark else ("#a792d1", "#5e3c99")
    low_end, high_end = min(below, span), min(above, span)
    scale = [
        *_beyond(span - low_end, span, "#ff5c8a" if dark else "#7f0000", first=True),
        (0.5 - low_end / span / 2, lows[1]),
        (0.5 - low_end / span / 4, _mixed(lows[0], middle) if dark else lows[0]),
        (0.5, middle),
        (0.5 + high_end / span / 4, _mixed(highs[0], middle) if dark else highs[0]),
        (0.5 + high_end / span / 2, highs[1]),
        *_beyond(span - high_end, span, "#ffffff" if dark else "#1b0036", first=False),
    ]
    exact = [(round(place, 6), colour) for place, colour in scale]
    return Colours(exact, span, _ticks(limits, span))


def _beyond(
    room: float, span: float, colour: str, first: bool
) -> list[tuple[float, str]]:
    """The colour of what lies beyond a limit that the scale reaches past."""
    if room <= 1e-9:
        return []
    share = room / span / 2
    return (
        [(0.0, colour), (share, colour)]
        if first
        else [
            (1 - share, colour),
            (1.0, colour),
        ]
    )


def _mixed(one: str, other: str) -> str:
    """The colour half way between two."""
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{(a + b) // 2:02x}" for a, b in pairs)


def _ticks(limits: Limits, span: float) -> tuple[tuple[float, str], ...]:
    """Ticks of the colour bar; those of limits say so."""
    held = {1.0: "1", 1 - span: f"{1 - span:.3f}", 1 + span: f"{1 + span:.3f}"}
    half = {1 + sign * span / 2: f"{1 + sign * span / 2:.3f}" for sign in (-1, 1)}
    found = {**half, **held}
    for limit in named_limits(limits):
        if abs(limit.pu - 1) <= span + 1e-9:
            close = [one for one in found if abs(one - limit.pu) < span / 12]
            found = {key: words for key, words in found.items() if key not in close}
            found[limit.pu] = f"{limit_words(limit.pu)} limit"
    return tuple(sorted(found.items()))
