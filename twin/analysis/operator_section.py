"""The report's section on the grid operator: what was held back, envelopes by hour."""

from __future__ import annotations

import numpy as np
import polars as pl

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.operator_figure import Envelope, envelope_figure
from twin.analysis.operator_figures import answers
from twin.analysis.unasked import unasked

NONE = (
    "The scenario has no operator: nobody but the meters' own limits holds cars back."
)
HEAD = (
    "",
    "method",
    "in force",
    "spells",
    "cars cut [car-h]",
    "put off [kWh]",
    "departures short by it",
    "missing then [kWh]",
    "giving cut [kWh]",
)
NOTE = (
    "In force: hours in which anything was dimmed, or any limit bound the envelopes. "
    "Cut: cars at a plug that may charge less than they would. Put off: what cars "
    "were, at the most, behind what they would have taken. It is charged later, and "
    "may make a peak of its own."
)
ELEMENTS = ("element", "dimmed h", "spells", "cars behind it")
MOST_ELEMENTS, TIGHTEST = 12, 3
ABOUT = (
    "Envelopes of the customers with the least import envelope while a car is at their "
    "plug, by local hour: line the mean over the days, band from the least to the "
    "largest. Above 0 what the meter may draw, below what it may feed in; at most what "
    "their cars can use. Without a mark: hours in which no car was at the plug. Room "
    "to draw goes first to cars below their target, unless the scenario says among: "
    "connected: then it is kept for full cars, too."
)


def operator(comparison: Comparison) -> str:
    """A row a variant with an operator; who was dimmed; envelopes by hour."""
    known = [x for x in comparison.labels if answers(comparison.first(x))]
    if not known:
        return page.paragraphs([unasked(comparison, "operator", NONE)], "gap")
    rows = [_row(comparison.first(label)) for label in known]
    parts = [page.table(list(HEAD), rows, (0, 1)), page.paragraphs([NOTE], "note")]
    for label in known:
        case = comparison.first(label)
        parts += [_elements(case), _envelopes(case)]
    return "".join(parts)


def _row(case: Case) -> list[object]:
    said = answers(case)
    dims = said["method"] == "dimming"
    hours = said["hours"] if dims else said["bound_h"]
    return [
        case.label,
        said["method"],
        f"{hours:g} h",
        said["spells"] if dims else "–",
        f"{said['cut_car_h']:.1f}",
        f"{said['put_off_kwh']:.1f}",
        said["departures_short"],
        f"{said['short_kwh']:.1f}",
        f"{said['cut_give_kwh']:.1f}",
    ]


def _elements(case: Case) -> str:
    found = answers(case).get("elements") or []
    if not found:
        return ""
    rows: list[list[object] | str] = [
        [one["element"], f"{one['hours']:g}", one["spells"], one["cars"]]
        for one in found[:MOST_ELEMENTS]
    ]
    more = len(found) - len(rows)
    title = f"{case.label}: where it dimmed" + (f" ({more} more)" if more > 0 else "")
    return page.details(title, page.table(list(ELEMENTS), rows))


def _envelopes(case: Case) -> str:
    if answers(case).get("method") != "envelopes":
        return ""
    gap = "" if case.run.has("envelopes") else "Hours need output.level: all."
    figure = None if gap else envelope_figure(tightest(case))
    return page.figure(
        f"envelopes-{case.label}", f"Envelopes, {case.label}", ABOUT, figure, gap
    )


def tightest(case: Case) -> list[Envelope]:
    """The customers whose mean import envelope is least, by local hour [24]."""
    table = case.run.static("envelopes")
    take, give = (table[f"{way}_kw"].to_numpy() for way in ("import", "export"))
    known = np.isfinite(take)
    count = known.sum(axis=0)
    total = np.where(known, take, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.full(len(count), np.inf), where=count > 0)
    hour = _local_hours(case, table["time"])
    names = case.customers["customer"].to_list()
    return [
        Envelope(
            str(names[row]), _by_hour(take[:, row], hour), _by_hour(give[:, row], hour)
        )
        for row in np.argsort(mean, kind="stable")[:TIGHTEST].tolist()
        if np.isfinite(mean[row])
    ]


def _local_hours(case: Case, time: pl.Series) -> np.ndarray:
    zone = str((case.scenario.get("time") or {}).get("timezone") or "UTC")
    local = time.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return local.dt.hour().to_numpy()


def _by_hour(kw: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Least, mean and largest of each hour [3, 24]; NaN where nothing is known."""
    found = np.full((3, 24), np.nan)
    for h in range(24):
        some = kw[(hour == h) & np.isfinite(kw)]
        if len(some):
            found[:, h] = some.min(), some.mean(), some.max()
    return found
