"""Where a run's numbers come from, as its record says it, and how well they close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards import theme
from dashboards.overview.load_figures import day_words
from dashboards.whatif.scenario_text import yaml_of
from twin.analysis.case import Case
from twin.scenario.names import circuit_of

STORAGE = ("storage_charge_kw", "storage_discharge_kw")
STAGES = {
    "read": "reading inputs",
    "build": "building the world",
    "simulate": "simulating",
    "audit": "auditing",
    "finish": "joining and writing",
}
FILE_SOURCES = ("json:", "opendss:")
AGREED_PU = 1e-8
CLOSED_SHARE = 1e-6
MOST_FAILED = 500
MEGABYTE, KILOBYTE = 1e6, 1e3


@dataclass(frozen=True)
class Residual:
    """The worst interval of the power balance of converged steps."""

    kw: float
    share: float
    time: datetime


def worst_residual(case: Case) -> Residual | None:
    """Where sources and sinks differ most, relative to all that flows."""
    terms = ["pv_kw", "generation_kw", "ev_discharge_kw", "homes_kw", "ev_charge_kw"]
    terms += [name for name in STORAGE if name in case.steps.columns]
    through = pl.sum_horizontal(pl.col("grid_kw").abs(), *terms).clip(1e-9)
    found = (
        case.steps.filter(pl.col("converged") & pl.col("residual_kw").is_not_null())
        .select(
            "time",
            "residual_kw",
            (pl.col("residual_kw").abs() / through).alias("share"),
        )
        .sort("share", descending=True, nulls_last=True)
    )
    if found.is_empty() or found["share"][0] is None:
        return None
    row = found.row(0, named=True)
    return Residual(row["residual_kw"], row["share"], row["time"])


def failed_steps(case: Case) -> tuple[str, ...]:
    """Local times of the steps without a solution, the first few hundred."""
    times = case.steps.filter(~pl.col("converged")).head(MOST_FAILED)["time"]
    return tuple(day_words(case.local(one)) for one in times)


def scenario_file(case: Case) -> str:
    """The scenario as it was resolved, as a file that `twin run` takes."""
    name = str(case.run.record.get("name") or case.run.path.parent.name)
    head = {"schema": case.scenario.get("schema", 1), "name": name}
    return yaml_of({**head, **_without(case.scenario, ("schema", "name"))})


def own_files(case: Case) -> list[str]:
    """Files of the user's that the scenario names; a record keeps only their names."""
    sections = ("feeder", "customers", "tariff")
    room = {key: section_of(case.scenario, key) for key in sections}
    source, profiles = room["feeder"].get("source"), room["customers"].get("profiles")
    named = [
        room["customers"].get("file"),
        section_of(case.scenario, "fleet").get("travel_file"),
        room["tariff"].get("file"),
        room["tariff"].get("export_file"),
        _own_file(str(source)),
        profiles if str(profiles).endswith(".csv") else None,
    ]
    return [str(one) for one in named if one]


def _own_file(source: str) -> str | None:
    """The file that a feeder comes from; none where it is registered or ships."""
    if not source.startswith(FILE_SOURCES) or circuit_of(source) is not None:
        return None
    return source.partition(":")[2]


def leaves(tree: Mapping[str, Any], path: str = "") -> list[tuple[str, str]]:
    """Every value of a nested record under its dotted key; nothing is left out."""
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        here = f"{path}{key}"
        if isinstance(value, Mapping) and value:
            found += leaves(value, f"{here}.")
        else:
            found.append((here, scalar(value)))
    return found


def scalar(value: object) -> str:
    """A value as people read it."""
    if value is None or value == {} or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(scalar(one) for one in value)
    return str(value)


def size(case: Case, name: str) -> str:
    """How large a file of the run is."""
    try:
        count = (case.run.path / name).stat().st_size
    except OSError:
        return "not there"
    if count >= MEGABYTE:
        return f"{count / MEGABYTE:,.1f} MB"
    return f"{count / KILOBYTE:,.1f} kB"


def local_of(case: Case, instant: object) -> str:
    """An instant of the record, which is in UTC, as the feeder's clocks show it."""
    try:
        said = datetime.fromisoformat(str(instant))
    except ValueError:
        return scalar(instant)
    return day_words(case.local(said if said.tzinfo else said.replace(tzinfo=UTC)))


def notes_of(case: Case) -> list[str]:
    """What was noted, without what the warnings say already."""
    warned = set(_texts(case.run.record.get("warnings")))
    return [one for one in _texts(case.run.record.get("notes")) if one not in warned]


def warnings_of(case: Case) -> list[str]:
    """What was warned of."""
    return _texts(case.run.record.get("warnings"))


def section(case: Case, key: str) -> Mapping[str, Any]:
    """A part of the record; empty where it has none."""
    return section_of(case.run.record, key)


def section_of(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A part of a nested record; empty where it has none."""
    value = tree.get(key)
    return value if isinstance(value, Mapping) else {}


def wall_times(case: Case, scheme: str | None) -> go.Figure:
    """How long each stage took."""
    known = {
        STAGES.get(stage, stage): float(seconds)
        for stage, seconds in section(case, "wall_time_s").items()
        if isinstance(seconds, int | float)
    }
    if not known:
        words = "This run has not recorded how long it took."
        return theme.gap(words, scheme, 200)
    seconds = np.array(list(known.values()))
    share = seconds / max(seconds.sum(), 1e-9)
    figure = go.Figure()
    figure.add_bar(
        y=list(known),
        x=seconds,
        orientation="h",
        name="wall time",
        marker={"color": theme.palette(scheme).accent},
        text=[
            f"{one:,.2f} s ({100 * part:.0f} %)"
            for one, part in zip(seconds.tolist(), share.tolist(), strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x:,.3f} s<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", ticks="")
    figure.update_xaxes(
        title="wall time [s]", range=[0, max(float(seconds.max()), 1e-3) * 1.25]
    )
    height = 110 + 30 * len(known)
    return theme.dressed(figure, scheme, height).update_layout(
        margin={"t": 8, "l": 140}, showlegend=False
    )


def _without(tree: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if key not in keys}


def _texts(said: object) -> list[str]:
    if not isinstance(said, list | tuple):
        return []
    return [
        "; ".join(f"{key}: {scalar(value)}" for key, value in one.items())
        if isinstance(one, Mapping)
        else str(one)
        for one in said
    ]
