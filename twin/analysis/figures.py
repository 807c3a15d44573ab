"""Every figure of the report, each with its title and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.fleet_figure import fleet_doing
from twin.analysis.load_figures import (
    changes,
    load_duration,
    substation_load,
    transformer_duration,
)
from twin.analysis.theme import Window, left_out
from twin.analysis.voltage_figures import voltage_along, voltage_band, voltage_map


@dataclass(frozen=True)
class Panel:
    """A figure with words; without a figure, ``gap`` says why."""

    key: str
    title: str
    caption: str
    figure: go.Figure | None
    gap: str = ""


def panels(comparison: Comparison) -> list[Panel]:
    """All figures, in reading order."""
    shown = Window.of(comparison).words
    alone = len(comparison.labels) == 1
    rows = [row for row in _PANELS if not (alone and row[0] == "changes")]
    return [_panel(comparison, shown, *row) for row in rows]


def _panel(
    comparison: Comparison,
    shown: str,
    key: str,
    title: str,
    caption: str,
    build: Callable[[Comparison], go.Figure | None],
    gap: str,
) -> Panel:
    if all(case.is_unsolved for case in comparison.cases) and key != "fleet":
        gap = "No step has a solution: nothing is known of the grid."
    timed = key in ("load", "band", "fleet")
    if any(map(_is_daily, comparison.cases)):
        caption, gap = _DAILY.get(key, (caption, gap))
        timed = timed and key != "band"
    if key == "fleet" and not any(case.n_ev for case in comparison.cases):
        gap = "There are no cars."
    if key == "band" and not all(c.run.has("customers") for c in comparison.cases):
        caption = caption.replace(_AT_TERMINALS, _AT_NODES)
    words = [caption + shown * timed]
    if key in ("band", "along", "map", "transformers", "fleet"):
        words.append(left_out(comparison))
    return Panel(key, title, " ".join(filter(None, words)), build(comparison), gap)


def _is_daily(case: Case) -> bool:
    """Whether its voltages are known day by day only."""
    return case.run.has("nodes_daily") and not case.run.has("voltages")


_AT_TERMINALS = "At customers' terminals"
_AT_NODES = (
    "At all nodes, as a run that was stopped has not listed its customers (read "
    "'customers' as nodes)"
)
_DAILY = {
    "band": (
        "At customers' terminals, lowest seed; the lowest and highest values and "
        "quantiles of each day. Dashed: the standard's limits, where they are near.",
        "The run recorded daily figures only (output.level: summary): a single day "
        "has no course.",
    ),
    "along": (
        "Each node's own lowest voltage of the run, whenever it was.",
        "The nodes have no distances.",
    ),
    "map": (
        "Each line by the lowest voltage at its far end during the run; vermilion is "
        "below the limit. North is up; real coordinates where the grid has them.",
        "The grid has no coordinates.",
    ),
    "transformers": (
        "",
        "The runs recorded daily figures only (output.level: summary): loading by "
        "duration needs every interval.",
    ),
    "fleet": (
        "",
        "The runs recorded daily figures only (output.level: summary): what cars did "
        "in each interval was not kept.",
    ),
}
_SUMMARY = "The runs recorded daily figures only (output.level: summary)"

_PANELS: tuple[
    tuple[str, str, str, Callable[[Comparison], go.Figure | None], str], ...
] = (
    (
        "load",
        "Power at the substation",
        "Grey: what the grid draws without EVs. Lines: all that it draws, mean over "
        "seeds; a band spans the seeds. Below zero, power flows back.",
        substation_load,
        "",
    ),
    (
        "changes",
        "What each variant changes",
        "Bars: mean difference, paired by seed; whiskers: lowest and highest seed.",
        changes,
        "No variant differs from another in these figures, or no seed is in common.",
    ),
    (
        "band",
        "Voltage over time",
        f"{_AT_TERMINALS}, lowest seed. Dashed: the standard's limits, where "
        "they are near.",
        voltage_band,
        f"{_SUMMARY}: no voltages.",
    ),
    (
        "along",
        "Voltage along the feeder",
        "Every node at the instant of its variant's lowest voltage.",
        voltage_along,
        f"{_SUMMARY}, or the nodes have no distances.",
    ),
    (
        "map",
        "Where voltage is lowest",
        "Each line by the lowest voltage at its far end during the run; vermilion is "
        "below the limit. North is up; real coordinates where the grid has them.",
        voltage_map,
        "The grid has no coordinates, or the runs recorded no voltages.",
    ),
    (
        "duration",
        "Power at the substation by duration",
        "How many hours of the run the substation drew at least so much.",
        load_duration,
        "",
    ),
    (
        "transformers",
        "Transformers by duration",
        "One line a transformer, the most loaded one in colour. Dashed: the normal "
        "rating.",
        transformer_duration,
        f"{_SUMMARY}, or the grid has no transformer.",
    ),
    (
        "fleet",
        "What the cars were doing",
        "Above: shares of all cars. Below: state of charge, mean and the middle 80 % "
        "of cars.",
        fleet_doing,
        f"There are no cars, or: {_SUMMARY.lower()}.",
    ),
)
