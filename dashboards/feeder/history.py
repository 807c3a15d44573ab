"""What happened to one element over the whole run, and how that is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dashboards import theme
from dashboards.feeder.element import Element, row_of
from dashboards.thinning import thinned
from twin.analysis.case import Case
from twin.arrays import Ints

Values = NDArray[Any]
MOST_POINTS = 2000
POWER, VOLTAGE = "power [kW]", "voltage [pu]"
LOADING, CHARGE = "loading [%]", "charge [%]"


@dataclass(frozen=True, eq=False)
class Course:
    """One quantity of an element over time, on the axis of that title.

    time   local                                                              [n_row]
    look   the name of a colour in the palette
    """

    name: str
    axis: str
    time: NDArray[np.datetime64]
    values: Values
    look: str
    step: bool = False


def history(case: Case, element: Element) -> list[Course]:
    """Every course that the run has of an element; none where it recorded none."""
    return {
        "node": _of_node,
        "branch": _of_branch,
        "transformer": _of_transformer,
        "customer": _of_customer,
        "ev": _of_ev,
    }[element.kind](case, element)


def drawn(
    case: Case,
    courses: Sequence[Course],
    scheme: str | None,
    height: int = 330,
    key: str = "",
) -> go.Figure:
    """The courses, an axis below the other; limits and ratings are said on them.

    A zoom is kept while the element stays the same, which ``key`` names.
    """
    if not courses:
        words = "This run recorded no history of it:<br>output.level: all records it"
        return theme.gap(words, scheme, height)
    axes = list(dict.fromkeys(course.axis for course in courses))
    figure = make_subplots(len(axes), 1, shared_xaxes=True, vertical_spacing=0.07)
    for course in courses:
        _draw(figure, course, axes.index(course.axis) + 1, scheme)
    for place, axis in enumerate(axes, 1):
        figure.update_yaxes(title=axis, row=place, col=1)
        _bounds(figure, case, courses, axis, place, scheme)
    theme.dressed(figure, scheme, height)
    figure.update_layout(
        font={"size": 11.5},
        legend={"font": {"size": 11}},
        margin={"l": 56, "r": 12, "t": 44, "b": 40},
        hovermode="x unified",
        uirevision=key,
    )
    figure.update_xaxes(type="date", title_text="local time", row=len(axes), col=1)
    return figure


def local_times(case: Case, time: pl.Series) -> NDArray[np.datetime64]:
    """Instants as the feeder's clocks show them. [n_row]"""
    zoned = time.dt.convert_time_zone(str(case.zone)).dt.replace_time_zone(None)
    return zoned.to_numpy()


def _draw(figure: go.Figure, course: Course, place: int, scheme: str | None) -> None:
    time, values = thinned(course.time, course.values, MOST_POINTS)
    digits = 4 if course.axis == VOLTAGE else 2
    figure.add_scatter(
        x=time,
        y=np.round(values.astype(np.float64), digits),
        name=course.name,
        mode="lines",
        line={
            "color": getattr(theme.palette(scheme), course.look),
            "width": 1.4,
            "shape": "hv" if course.step else "linear",
        },
        connectgaps=False,
        row=place,
        col=1,
    )


def _bounds(
    figure: go.Figure,
    case: Case,
    courses: Sequence[Course],
    axis: str,
    place: int,
    scheme: str | None,
) -> None:
    """Lines at the limits, the nearer ones only if the courses come near them."""
    known = np.concatenate([one.values for one in courses if one.axis == axis])
    if axis == CHARGE:
        figure.update_yaxes(range=[0, 102], row=place, col=1)
    if axis == LOADING:
        figure.update_yaxes(rangemode="tozero", row=place, col=1)
        _bound(figure, 100.0, "100 % of the normal rating", place, scheme)
    if axis == VOLTAGE and np.isfinite(known).any():
        limits, middle = case.limits, float(np.nanmean(known))
        lower = abs(middle - limits.low_pu) <= abs(limits.high_pu - middle)
        if lower or np.nanmin(known) < limits.low_pu:
            _bound(figure, limits.low_pu, "lower limit", place, scheme)
        if not lower or np.nanmax(known) > limits.high_pu:
            _bound(figure, limits.high_pu, "upper limit", place, scheme)


def _bound(
    figure: go.Figure, value: float, words: str, place: int, scheme: str | None
) -> None:
    look = theme.palette(scheme)
    figure.add_hline(
        y=value,
        line={"color": look.limit, "dash": "dash", "width": 1},
        annotation={"text": words, "font": {"color": look.limit, "size": 11}},
        annotation_position="top left",
        row=place,
        col=1,
    )


def _of_node(case: Case, element: Element) -> list[Course]:
    if case.run.has("voltages"):
        mates = _phases(case.nodes, element.row, "bus")
        return [_voltage(case, row, len(mates) > 1) for row in mates]
    return _daily(
        case,
        "nodes_daily",
        element.row,
        [
            ("lowest of the day", VOLTAGE, "v_min_pu", "low"),
            ("median of the day", VOLTAGE, "v_p50_pu", "grey"),
            ("highest of the day", VOLTAGE, "v_max_pu", "accent"),
        ],
    )


def _voltage(case: Case, node: int, several: bool) -> Course:
    phase = int(case.nodes["phase"][node])
    frame = case.run.one("voltages", node, "v_pu")
    name = f"voltage, phase {phase}" if several else "voltage"
    look = ("accent", "accent", "low", "give")[min(phase, 3)]
    return _course(case, frame, "v_pu", name, VOLTAGE, look)


def _of_branch(case: Case, element: Element) -> list[Course]:
    bus = case.nodes["bus"].gather(case.branches["from_node"]).alias("from_bus")
    branches = case.branches.with_columns(bus)
    return _flow(case, _phases(branches, element.row, "name", "kind", "from_bus"))


def _of_transformer(case: Case, element: Element) -> list[Course]:
    return _flow(case, case.transformer_branches[element.row].tolist())


def _flow(case: Case, rows: Sequence[int]) -> list[Course]:
    """Power of all phases together, and the loading of the fullest."""
    if not rows:
        return []
    if not case.run.has("flows"):
        return _daily(
            case,
            "branches_daily",
            rows[0],
            [
                ("highest power of the day", POWER, "p_max_kw", "accent"),
                ("lowest power of the day", POWER, "p_min_kw", "give"),
                ("highest loading of the day", LOADING, "loading_max", "low"),
            ],
        )
    frames = [case.run.one("flows", row, "p_kw", "loading") for row in rows]
    p_kw = np.sum([frame["p_kw"].to_numpy() for frame in frames], axis=0)
    loading = np.fmax.reduce([frame["loading"].to_numpy() for frame in frames])
    time = local_times(case, frames[0]["time"])
    return [
        Course("power (> 0: from the source)", POWER, time, p_kw, "accent"),
        Course("loading", LOADING, time, 100 * loading, "low"),
    ]


def _of_customer(case: Case, element: Element) -> list[Course]:
    node = Element("node", int(row_of(case, element)["node"]))
    if not case.run.has("customer_steps"):
        peaks = [
            ("highest drawn in the day", POWER, "import_peak_kw", "base"),
            ("highest given in the day", POWER, "export_peak_kw", "give"),
        ]
        daily = _daily(case, "customers_daily", element.row, peaks)
        return [*daily, *_of_node(case, node)]
    wanted = ("demand_kw", "pv_kw", "net_kw")
    frame = case.run.one("customer_steps", element.row, *wanted)
    courses = [_course(case, frame, "demand_kw", "demand", POWER, "base")]
    if bool((frame["pv_kw"] > 0).any()):
        courses.append(_course(case, frame, "pv_kw", "PV", POWER, "pv"))
    return [*courses, *_cars(case, element, frame), *_of_node(case, node)]


def _cars(case: Case, element: Element, frame: pl.DataFrame) -> list[Course]:
    """What all its cars draw together at home, and the meter's net power."""
    net = _course(case, frame, "net_kw", "net at the meter", POWER, "ink")
    cars = np.flatnonzero((case.evs["customer"] == element.row).to_numpy())
    if not len(cars) or not case.run.has("ev_steps"):
        return [net]
    each = [case.run.one("ev_steps", int(car), "kw", "place") for car in cars]
    at_home = [
        np.where(one["place"].to_numpy() == 0, one["kw"].to_numpy(), 0.0)
        for one in each
    ]
    time = local_times(case, each[0]["time"])
    kw = np.sum(at_home, axis=0)
    return [net, Course("EV charging (< 0: giving)", POWER, time, kw, "charge")]


def _of_ev(case: Case, element: Element) -> list[Course]:
    if not case.run.has("ev_steps"):
        return []
    frame = case.run.one("ev_steps", element.row, "kw", "soc").with_columns(
        soc=100 * pl.col("soc")
    )
    return [
        _course(case, frame, "soc", "state of charge", CHARGE, "accent"),
        _course(case, frame, "kw", "charging (< 0: giving)", POWER, "charge"),
    ]


def _daily(
    case: Case, table: str, row: int, wanted: Sequence[tuple[str, str, str, str]]
) -> list[Course]:
    if not case.run.has(table):
        return []
    frame = case.run.one(table, row, *(column for _, _, column, _ in wanted))
    scale: Mapping[str, float] = {LOADING: 100.0}
    return [
        Course(
            name,
            axis,
            local_times(case, frame["time"]),
            scale.get(axis, 1.0) * frame[column].to_numpy(),
            look,
            step=True,
        )
        for name, axis, column, look in wanted
    ]


def _course(
    case: Case, frame: pl.DataFrame, column: str, name: str, axis: str, look: str
) -> Course:
    time = local_times(case, frame["time"])
    return Course(name, axis, time, frame[column].to_numpy(), look)


def _phases(frame: pl.DataFrame, row: int, *same: str) -> list[int]:
    """Rows that are the phases of the same thing; the row alone if it has none."""
    if not frame["phase"][row]:
        return [row]
    alike = frame.select(
        pl.all_horizontal(pl.col(name) == frame[name][row] for name in same)
    )
    mates: Ints = np.flatnonzero(alike.to_series().to_numpy())
    return [int(one) for one in mates]
