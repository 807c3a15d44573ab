"""When it was tight: limits broken, voltage and power by hour of day and local day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards import theme
from dashboards.overview.load_figures import local_times
from twin.analysis.case import Case
from twin.arrays import Floats

HEIGHT = 380
HOUR = np.timedelta64(1, "h")
DAY = np.timedelta64(1, "D")
VIEWS = (
    ("beyond", "Voltage limits"),
    ("over", "Ratings"),
    ("lowest", "Lowest voltage"),
    ("highest", "Highest voltage"),
    ("power", "Power"),
)
BLUES = ("#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b")
WARM = ("#fff7ec", "#fdd49e", "#fc8d59", "#d7301f", "#7f0000")


@dataclass(frozen=True, eq=False)
class HourMap:
    """One value for each hour of day and local day; NaN where there is none.

    values  [24, n_day]
    """

    days: tuple[str, ...]
    values: Floats
    title: str
    unit: str
    digits: int
    words: str
    is_trouble: bool = False


def first_view(case: Case) -> str:
    """What a reader wants to see first: broken limits if any, else the margin."""
    counts = _violations(case)
    if counts.height and counts["is_voltage"].any():
        return "beyond"
    return "over" if counts.height else "lowest"


def hour_map(case: Case, view: str) -> HourMap:
    """One view of a run, by hour and day."""
    return {
        "beyond": _beyond,
        "over": _over,
        "lowest": _lowest,
        "highest": _highest,
        "power": _power,
    }[view](case)


def drawn(case: Case, view: str, scheme: str | None) -> go.Figure:
    """The map as a figure; where no limit was broken, that in words."""
    if not case.steps.height:
        return theme.gap("This run has recorded no interval.", scheme, HEIGHT)
    found = hour_map(case, view)
    if found.is_trouble and not found.values.any():
        return theme.gap(_none_broken(case, view), scheme, HEIGHT)
    if np.isnan(found.values).all():
        return theme.gap("No step has a solution: not known.", scheme, HEIGHT)
    dark = scheme == "dark"
    values = np.where(found.values == 0, np.nan, found.values)
    scale = _scale(view, dark)
    figure = go.Figure()
    figure.add_heatmap(
        x=list(found.days),
        y=list(range(24)),
        z=(values if found.is_trouble else found.values).round(found.digits),
        name=found.title,
        colorscale=[[i / (len(scale) - 1), one] for i, one in enumerate(scale)],
        colorbar={"title": {"text": found.unit, "side": "right"}, "thickness": 14},
        xgap=1 if len(found.days) <= 62 else 0,
        ygap=1 if len(found.days) <= 62 else 0,
        hoverongaps=False,
        hovertemplate=(
            "%{x|%a %d %b %Y}, %{y}:00 to %{y}:59<br>"
            f"<b>%{{z:,.{found.digits}f}} {found.unit}</b><extra></extra>"
        ),
    )
    figure.update_yaxes(
        title="hour of the day (local time)",
        tickvals=list(range(0, 24, 3)),
        ticktext=[f"{hour:02d}:00" for hour in range(0, 24, 3)],
        range=[-0.5, 23.5],
        showgrid=False,
    )
    few = {"tickformat": "%a<br>%d %b", "dtick": 86_400_000}
    figure.update_xaxes(
        title="local day",
        type="date",
        showgrid=False,
        **(few if len(found.days) <= 16 else {}),
    )
    return theme.dressed(figure, scheme, HEIGHT).update_layout(margin={"t": 16})


def caption(case: Case, view: str) -> str:
    """How to read it."""
    return hour_map(case, view).words


def _none_broken(case: Case, view: str) -> str:
    limits, steps = case.limits, case.steps
    if view == "over":
        return (
            "No transformer and no line was above its normal rating.<br>"
            "“Power” shows when the substation delivered most."
        )
    low, high = steps["v_min_pu"].min(), steps["v_max_pu"].max()
    within = ""
    if isinstance(low, float) and isinstance(high, float):
        within = f" The voltage stayed from {low:.4f} to {high:.4f} pu."
    return (
        "No voltage limit was broken.<br>"
        f"{limits.standard} allows {limits.low_pu:g} to {limits.high_pu:g} pu.{within}"
        "<br>“Lowest voltage” shows the margin hour by hour."
    )


def _beyond(case: Case) -> HourMap:
    """Customer-hours at nodes beyond the voltage limits."""
    found = _violations(case).filter("is_voltage")
    behind = _customers_at(case)
    weights = [behind.get(entity, 1.0) for entity in found["entity"].to_list()]
    known = bool(behind)
    return HourMap(
        _days(case),
        _spread(case, found, np.array(weights)),
        "beyond the voltage limits",
        "customer-h" if known else "node-h",
        2,
        f"Hours beyond {case.limits.low_pu:g} to {case.limits.high_pu:g} pu "
        f"({case.limits.standard}), "
        + (
            "summed over customers."
            if known
            else "summed over nodes, as a run that was stopped lists no customers."
        ),
        True,
    )


def _over(case: Case) -> HourMap:
    found = _violations(case).filter(~pl.col("is_voltage"))
    return HourMap(
        _days(case),
        _spread(case, found, np.ones(found.height)),
        "above the normal rating",
        "element-h",
        2,
        "Hours above the normal rating, summed over transformers, lines and switches.",
        True,
    )


def _lowest(case: Case) -> HourMap:
    return HourMap(
        _days(case),
        _hourly(case, "v_min_pu", "min"),
        "lowest voltage",
        "pu",
        4,
        "The lowest voltage of any bus in that hour; the limit is "
        f"{case.limits.low_pu:g} pu ({case.limits.standard}).",
    )


def _highest(case: Case) -> HourMap:
    return HourMap(
        _days(case),
        _hourly(case, "v_max_pu", "max"),
        "highest voltage",
        "pu",
        4,
        "The highest voltage of any bus in that hour; the limit is "
        f"{case.limits.high_pu:g} pu ({case.limits.standard}).",
    )


def _power(case: Case) -> HourMap:
    return HourMap(
        _days(case),
        _hourly(case, "grid_kw", "max"),
        "highest power",
        "kW",
        1,
        "The highest power drawn at the substation in that hour.",
    )


def _violations(case: Case) -> pl.DataFrame:
    """Spells beyond a limit: local start, length, entity, and whether of voltage."""
    if not case.run.has("events"):
        return pl.DataFrame(schema=_SPELL)
    zone = str(case.zone)
    return (
        case.run.scan("events")
        .filter((pl.col("kind") == "violation") & pl.col("until").is_not_null())
        .select(
            pl.col("time").dt.convert_time_zone(zone).dt.replace_time_zone(None),
            (pl.col("until") - pl.col("time")).alias("lasted"),
            "entity",
            pl.col("reason").str.starts_with("voltage").alias("is_voltage"),
        )
        .collect()
    )


def _spread(case: Case, spells: pl.DataFrame, weights: Floats) -> Floats:
    """Hours of spells, shared out to the hours of the days that they cover."""
    days = len(_days(case))
    cells = np.zeros(days * 24)
    if spells.height:
        start = (spells["time"].to_numpy() - _first_day(case)) / HOUR
        end = start + spells["lasted"].to_numpy() / HOUR
        count = (np.ceil(end) - np.floor(start)).astype(np.int64).clip(1)
        spell = np.repeat(np.arange(len(start)), count)
        step = np.arange(len(spell)) - np.repeat(np.cumsum(count) - count, count)
        cell = np.floor(start[spell]).astype(np.int64) + step
        hours = np.minimum(end[spell], cell + 1) - np.maximum(start[spell], cell)
        inside = (cell >= 0) & (cell < len(cells))
        hours = np.clip(hours, 0, None) * weights[spell]
        np.add.at(cells, cell[inside], hours[inside])
    return cells.reshape(days, 24).T


def _hourly(case: Case, column: str, pick: str) -> Floats:
    """The least or the greatest of each hour's known values; NaN if none."""
    values = case.steps[column].to_numpy().astype(np.float64)
    cell = ((local_times(case) - _first_day(case)) // HOUR).astype(np.int64)
    cells = np.full(len(_days(case)) * 24, np.nan)
    join: np.ufunc = {"min": np.fmin, "max": np.fmax}[pick]
    join.at(cells, cell, values)
    return cells.reshape(-1, 24).T


def _customers_at(case: Case) -> dict[str, float]:
    """Customers at each bus, by the name that events give it; a phase its share."""
    if not case.customers.height:
        return {}
    at: dict[str, float] = {}
    names = case.nodes.select("bus", "phase").rows()
    for nodes in case.terminals.tolist():
        own = set(nodes)
        for bus, phase in (names[node] for node in own):
            name = f"node {bus}.{phase}" if phase else f"node {bus}"
            at[name] = at.get(name, 0.0) + 1.0 / len(own)
    return at


def _days(case: Case) -> tuple[str, ...]:
    first = _first_day(case)
    last = local_times(case)[-1].astype("datetime64[D]")
    return tuple(str(day) for day in np.arange(first, last + DAY))


def _first_day(case: Case) -> np.datetime64:
    return np.datetime64(local_times(case)[0].astype("datetime64[D]"))


def _scale(view: str, dark: bool) -> tuple[str, ...]:
    """More ink is more trouble: dark on light ground, light on dark ground."""
    scale = BLUES if view in ("lowest", "highest", "power") else WARM[1:]
    turned = scale[::-1] if dark != (view == "lowest") else scale
    return turned


_SPELL: dict[str, Any] = {
    "time": pl.Datetime("us"),
    "lasted": pl.Duration("us"),
    "entity": pl.String,
    "is_voltage": pl.Boolean,
}
