"""Colours, dashes and layout of every figure: light, legible, safe for colour-blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape

import numpy as np
import plotly.graph_objects as go
import polars as pl

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.arrays import Ints

INK, GREY, FAINT, LIMIT = "#222222", "#8c8c8c", "#e6e6e6", "#a50026"
DASHES = ("solid", "dash", "dot", "dashdot")
BASE_FILL = "#d5d8dc"
OKABE_ITO = (
    "#0072B2",
    "#E69F00",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#009E73",
    "#6b6b00",
)
_OF_POLICY = {
    "uncontrolled": "#D55E00",
    "tou": "#E69F00",
    "valley": "#0072B2",
    "v2g_peak": "#009E73",
    "v2g_price": "#CC79A7",
    "v2h": "#56B4E9",
    "emergency": "#6b6b00",
}
_DASH_OF_POLICY = {"tou": "dash", "uncontrolled": "dot", "valley": "dashdot"}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"
MOST_DAYS = 14
MOST_VARIANTS = 5
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Look:
    """How a variant is drawn."""

    colour: str
    dash: str = "solid"


def looks(comparison: Comparison) -> Mapping[str, Look]:
    """One look a variant: colour by policy, dash by point; then any that is left."""
    firsts = [(label, comparison.first(label)) for label in comparison.labels]
    return looks_of_policies(
        [(label, case.policy if case.n_ev else "") for label, case in firsts]
    )


def looks_of_policies(policies: Sequence[tuple[str, str]]) -> Mapping[str, Look]:
    """The same of labels and their policies; an empty one: no cars.

    Where nobody has cars, ink is the first's alone and the others have colours.
    """
    found: dict[str, Look] = {}
    somebody = any(policy for _, policy in policies)
    spare = [Look(colour, dash) for dash in DASHES for colour in OKABE_ITO]
    for label, policy in policies:
        inked = somebody or not found
        colour = _OF_POLICY.get(policy, "") if policy else INK if inked else ""
        usual = _DASH_OF_POLICY.get(policy, "solid") if policy else "solid"
        own = [Look(colour, dash) for dash in (usual, *DASHES) if colour]
        taken = set(found.values())
        found[label] = next(
            (look for look in [*own, *spare] if look not in taken), Look(GREY)
        )
    if len(found) == 1:
        return {label: Look(look.colour) for label, look in found.items()}
    return found


def plain(name: str) -> str:
    """A name of somebody's, so that no tag in it means anything to plotly."""
    return escape(name, quote=False)


def tint(colour: str, opacity: float) -> str:
    """The same colour, see-through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def dressed(figure: go.Figure, height: int, titles: bool = False) -> go.Figure:
    """The common layout; with ``titles`` of panels, the legend stands above them."""
    figure.update_layout(
        height=height,
        paper_bgcolor="white",
        plot_bgcolor="white",
        font={"family": FONT, "size": 13, "color": INK},
        margin={"l": 64, "r": 44, "t": 62 if titles else 40, "b": 48},
        legend={
            "orientation": "h",
            "x": 0,
            "yref": "container",
            "y": 0.995,
            "yanchor": "top",
        },
        hoverlabel={"font": {"family": FONT}},
        hovermode="closest",
        modebar={"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": GREY},
    )
    axis = {
        "gridcolor": FAINT,
        "zeroline": False,
        "linecolor": GREY,
        "ticks": "outside",
        "tickcolor": GREY,
        "title_standoff": 8,
        "title_font_size": 13,
        "automargin": True,
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_annotations(font_size=14)
    return figure


def local_time(
    figure: go.Figure, window: Window, step_h: float, columns: int = 1
) -> None:
    """Axes of time: a tick a day where there are few, fewer in narrow panels."""
    days = (window.last - window.first) * step_h / 24
    each = max(1, round(days * columns / 16))
    daily = {"dtick": each * DAY_MS, "tickformat": "%a<br>%d %b", "tickangle": 0}
    hours = 6 if columns == 1 else 12 if columns < 4 else 24
    hourly = {
        "dtick": hours * DAY_MS // 24,
        "tickformat": "%H:%M\n%a %d %b",
        "tickangle": 0,
    }
    ticks = daily if 3 <= days <= 8 else hourly if 1 <= days < 3 else {}
    figure.update_xaxes(type="date", **ticks)


@dataclass(frozen=True)
class Window:
    """Which intervals are drawn in detail: all, or the week around the peak."""

    first: int
    last: int
    whole: bool

    @classmethod
    def of(cls, comparison: Comparison) -> Window:
        """The seven days around the highest peak where a run is long."""
        case = max(comparison.cases, key=lambda one: _highest(one))
        height = case.steps.height
        per_day = max(1, round(24 / case.step_h))
        if height <= MOST_DAYS * per_day:
            return cls(0, height, True)
        peak = case.steps["grid_kw"].arg_max() or 0
        first = min(max(0, (peak // per_day - 3) * per_day), height - 7 * per_day)
        return cls(first, first + 7 * per_day, False)

    @property
    def words(self) -> str:
        """What a caption must say about it."""
        return "" if self.whole else " Shown: the seven days around the highest peak."

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Those intervals of a table."""
        return frame.slice(self.first, self.last - self.first)


def start_of(case: Case, first: int = 0) -> str:
    """Local time at which an axis of intervals begins."""
    begin = case.steps["time"][first]
    shift = begin.astimezone(case.zone).utcoffset() or timedelta()
    return f"{(begin + shift):%Y-%m-%d %H:%M}"


def spotlight(comparison: Comparison, most: int = MOST_VARIANTS) -> tuple[str, ...]:
    """All variants if there is room; else the baseline, the worst, clever and V2G.

    The worst is the one with the highest peak of those that charge without care for
    the grid; the others are those of as many cars, the baseline that at their point.
    """
    labels = comparison.labels
    if len(labels) <= most:
        return labels
    careless = [label for label in labels if _is_careless(comparison, label)]
    worst = max(
        careless, key=lambda x: comparison.cell("peak_kw", x).mean or 0.0, default=None
    )
    pairs = sorted(
        comparison.v2g_against_clever,
        key=lambda pair: worst is None or not comparison.same_fleet(pair[0], worst),
    )
    told = [*([worst] if worst else []), *(x for pair in pairs[:1] for x in pair[::-1])]
    others = [x for x in labels if x not in comparison.bases]
    chosen = list(dict.fromkeys([*told, *others]))[:3]
    base = comparison.base_of(chosen[0]) if chosen else None
    return tuple(label for label in labels if label in chosen or label == base)


def left_out(comparison: Comparison) -> str:
    """What a caption must say about the variants that are not in the spotlight."""
    shown = spotlight(comparison)
    names = [label for label in comparison.labels if label not in shown]
    return f"Left out for want of room: {'; '.join(names)}." if names else ""


def _is_careless(comparison: Comparison, label: str) -> bool:
    case = comparison.first(label)
    return case.n_ev > 0 and case.policy in ("uncontrolled", "tou")


def thinned(height: int, most: int = 300) -> Ints:
    """At most so many rows, evenly spread, first and last among them."""
    return np.unique(np.linspace(0, height - 1, min(height, most)).round().astype(int))


def _highest(case: Case) -> float:
    highest = case.steps["grid_kw"].max()
    return float(highest) if isinstance(highest, int | float) else float("-inf")
