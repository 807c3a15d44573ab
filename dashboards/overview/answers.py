"""A run's headline figures as tiles, each with its difference to another run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import numpy as np
import polars as pl

from dashboards.overview.load_figures import day_words
from twin.analysis.case import Case
from twin.analysis.headline_digest import kept_headline, known_headline
from twin.analysis.measures import MEASURES, Measure
from twin.analysis.metrics import headline_of

Answers = Mapping[str, Any]
MANY_KWH = 100_000
BEYOND = Measure(
    "customer_hours_beyond",
    "Beyond the voltage limits",
    "customer-h",
    1,
    less_is_better=True,
)


@dataclass(frozen=True)
class Tile:
    """What one tile says. ``mood``: good or bad, which ``change`` says in words too."""

    name: str
    value: str
    unit: str = ""
    change: str = ""
    mood: str = ""
    about: str = ""


@dataclass(frozen=True)
class Worst:
    """The most loaded transformer: when (local), and what cars behind it did then."""

    name: str
    loading: float
    when: str
    cars: str = ""


def of_totals(case: Case) -> Answers:
    """What needs no wide table: the interval totals, cars and journeys."""
    return known_headline(case) or headline_of(
        _only(case, {"voltages": None, "loadings": None})
    )


def of_voltages(case: Case) -> Answers:
    """What a pass over the voltages adds."""
    whole = known_headline(case)
    return _with_beyond(whole or headline_of(_only(case, {"loadings": None})))


def of_all(case: Case) -> Answers:
    """Everything, after passes over both wide tables."""
    return _with_beyond(kept_headline(case))


def _with_beyond(found: Answers) -> Answers:
    below, above = found["customer_hours_below"], found["customer_hours_above"]
    total = None if below is None and above is None else (below or 0) + (above or 0)
    return {**found, BEYOND.key: total}


def of_loadings(case: Case) -> Answers:
    """What a pass over the flows adds."""
    return known_headline(case) or headline_of(_only(case, {"voltages": None}))


def grid_tiles(case: Case, mine: Answers, other: Answers | None) -> list[Tile]:
    """Peak and reverse flow at the substation, lowest and highest voltage."""
    ev_kw = mine["peak_ev_kw"]
    peak_about = [day_words(mine["peak_time"])] if mine["peak_time"] else []
    if case.n_ev and ev_kw is not None:
        peak_about.append(_cars_did(ev_kw))
    peak = _tile("peak_kw", mine, other, "; ".join(peak_about))
    if mine["peak_is_lower_bound"] and mine["peak_kw"] is not None:
        peak = replace(peak, value=f"≥ {peak.value}")
    back = _tile("reverse_h", mine, other, _reverse(mine))
    return [peak, *_voltage_tiles(case, mine, other), back]


def energy_tiles(case: Case, mine: Answers, other: Answers | None) -> list[Tile]:
    """Losses; what cars took, gave and lacked; steps that failed, if any."""
    lost = f"{_written('losses_kwh', mine['losses_kwh'])} kWh of what is delivered"
    tiles = [_tile("losses_share", mine, other, lost, "Network losses")]
    if case.n_ev:
        has_cars = other is not None and other["n_ev"]
        tiles += _car_tiles(case, mine, other if has_cars else None)
    if mine["steps_failed"]:
        about = f"of {case.steps.height:,} steps; no method found a solution"
        tiles.append(_tile("steps_failed", mine, other, about))
    return tiles


def voltage_tiles(case: Case, mine: Answers, other: Answers | None) -> list[Tile]:
    """Customer-hours beyond the limits."""
    count = mine["customers_beyond"]
    if mine[BEYOND.key] is None:
        about = (
            "not recorded"
            if not case.run.has("customers")
            else _unknown(case, "voltages")
        )
    elif count:
        about = f"{count:,} of {case.n_customers:,} customers, at some time"
    else:
        about = f"no customer left {case.limits.low_pu:g} to {case.limits.high_pu:g} pu"
    return [_measured(BEYOND, mine, other, about)]


def loading_tiles(case: Case, mine: Answers, other: Answers | None) -> list[Tile]:
    """The most loaded transformer, and how many were above their rating."""
    if not case.transformers.height:
        about = "this feeder has none of its own"
        return [Tile("Transformers", "–", about=about)]
    if case.loadings is None:
        return [Tile("Most loaded transformer", "–", about=_unknown(case, "flows"))]
    worst = worst_transformer(case)
    about_worst = (
        "no loading is known"
        if worst is None
        else _joined([worst.name, worst.when, worst.cars])
    )
    over = mine["transformers_over_normal"]
    hours = _written("transformer_h_over_normal", mine["transformer_h_over_normal"])
    many = f"of {case.transformers.height}"
    about = f"{many}; {hours} transformer-hours in all" if over else f"{many}; none"
    return [
        _tile("worst_transformer_loading", mine, other, about_worst),
        _tile(
            "transformers_over_normal",
            mine,
            other,
            about if over is not None else many,
            "Transformers over rating",
        ),
    ]


def _voltage_tiles(case: Case, mine: Answers, other: Answers | None) -> list[Tile]:
    limits = case.limits
    low = [day_words(mine["v_min_time"]), _where(case, mine["v_min_pu"], "v_min_pu")]
    high = [day_words(mine["v_max_time"]), _where(case, mine["v_max_pu"], "v_max_pu")]
    return [
        _tile(
            "v_min_pu",
            mine,
            other,
            _joined([*low, f"limit {limits.low_pu:g}"]),
        ),
        _tile(
            "v_max_pu",
            mine,
            other,
            _joined([*high, f"limit {limits.high_pu:g}"]),
        ),
    ]


def _car_tiles(case: Case, mine: Answers, other: Answers | None) -> list[Tile]:
    held = mine["stored_change_kwh"]
    end = "" if case.run.has("evs") else "only known at a run's end"
    trips = mine["trips_short"]
    return [
        _tile("ev_charged_kwh", mine, other, f"by {case.n_ev:,} EVs"),
        _tile(
            "ev_discharged_kwh",
            mine,
            other,
            f"{mine['n_bidirectional'] or 0:,} EVs can",
        ),
        _tile(
            "departures_short_share",
            mine,
            other,
            f"of {mine['departures']:,} departures from a plug"
            if mine["departures"]
            else end,
            "Departures short",
        ),
        _tile(
            "ev_public_kwh",
            mine,
            other,
            f"{trips:,} of {mine['trips']:,} trips" if trips is not None else end,
        ),
        _tile(
            "stored_change_kwh",
            mine,
            other,
            end or ("borrowed from the batteries" if held and held < 0 else ""),
            "Stored in batteries, change",
        ),
    ]


def _tile(
    key: str, mine: Answers, other: Answers | None, about: str = "", name: str = ""
) -> Tile:
    return _measured(MEASURES[key], mine, other, about, name)


def _measured(
    measure: Measure,
    mine: Answers,
    other: Answers | None,
    about: str = "",
    name: str = "",
) -> Tile:
    measure = _readable(measure, mine.get(measure.key))
    change, mood = difference(measure, mine, other)
    return Tile(
        name or measure.title,
        measure.written(mine.get(measure.key)),
        measure.unit,
        change,
        mood,
        about,
    )


def difference(
    measure: Measure, mine: Answers, other: Answers | None
) -> tuple[str, str]:
    """A figure's difference in words, and whether it is good or bad."""
    now, before = mine.get(measure.key), (other or {}).get(measure.key)
    if not isinstance(now, int | float) or not isinstance(before, int | float):
        return "", ""
    change = now - before
    if measure.rounds_to_nothing(change):
        return "no difference", ""
    unit = "points" if measure.unit == "%" else measure.unit
    said = " ".join(filter(None, (measure.written(change, signed=True), unit)))
    if measure.less_is_better is None:
        return said, ""
    better = (change < 0) == measure.less_is_better
    return f"{said}, {'better' if better else 'worse'}", "good" if better else "bad"


def _readable(measure: Measure, value: object) -> Measure:
    """Energy of many digits is said in MWh."""
    large = isinstance(value, int | float) and abs(value) >= MANY_KWH
    if measure.unit != "kWh" or not large:
        return measure
    return replace(measure, unit="MWh", scale=0.001, digits=1)


def named(case: Case, label: str) -> Case:
    """The same case under another name, with all that has been read of it."""
    other = Case(case.run, label)
    kept = {key: value for key, value in vars(case).items() if key in _READ}
    vars(other).update(kept)
    return other


def _only(case: Case, known: Mapping[str, object]) -> Case:
    """The same case, for which what is said here is known without reading it."""
    wide = {"voltages", "loadings"} - known.keys()
    read = {name: getattr(case, name) for name in wide}
    other = named(case, case.label)
    vars(other).update({**read, **known})
    return other


_READ = (
    "steps",
    "nodes",
    "branches",
    "customers",
    "transformers",
    "evs",
    "voltages",
    "loadings",
)


def _cars_did(kw: float, who: str = "EVs") -> str:
    """What cars had to do with it."""
    if abs(kw) < 0.05:
        return f"{who} neither drew nor gave"
    does = "gave" if kw < 0 else "drew"
    return f"{who} {does} {_written('peak_ev_kw', abs(kw))} kW"


def _reverse(mine: Answers) -> str:
    if not mine["reverse_h"]:
        return "power never flowed back at the substation"
    deep = _written("reverse_depth_kw", mine["reverse_depth_kw"])
    return f"at the substation, up to {deep} kW"


def _where(case: Case, extreme: float | None, column: str) -> str:
    """The bus of the extreme voltage, from the one row in which it was."""
    if extreme is None or not case.run.has("voltages"):
        return ""
    row = case.steps.filter(pl.col(column) == extreme).head(1)
    found = case.run.at("voltages", row["time"][0].astimezone(UTC))
    if not found.height:
        return ""
    values = found["v_pu"].to_numpy()[0].astype(np.float64)
    values[case.nodes["auxiliary"].to_numpy()] = np.nan
    pick = np.nanargmin if column == "v_min_pu" else np.nanargmax
    node = case.nodes.row(int(pick(values)), named=True)
    return f"bus {node['bus']}" + (f".{node['phase']}" if node["phase"] else "")


def worst_transformer(case: Case) -> Worst | None:
    """The most loaded transformer; None where no loading is known."""
    told = None if case.loadings is None else case.loadings.transformers
    if told is None or not len(told.highest) or np.isnan(told.highest).all():
        return None
    index = int(np.nanargmax(told.highest))
    at = told.time[index]
    ev_kw = _cars_behind(case, index, at)
    when = day_words(case.local(at))
    return Worst(
        str(case.transformers["name"][index]),
        float(told.highest[index]),
        when if told.longest_h is not None else when.partition(",")[0],
        "" if ev_kw is None else _cars_did(ev_kw, "EVs behind it"),
    )


def _cars_behind(case: Case, transformer: int, instant: np.datetime64) -> float | None:
    if not case.run.has("ev_steps") or not case.evs.height or not case.run.has("flows"):
        return None
    at = instant.astype("datetime64[us]").item().replace(tzinfo=UTC)
    found = case.run.at("ev_steps", at)
    if not found.height:
        return None
    mine = (case.evs["transformer"] == transformer).fill_null(False).to_numpy()
    return float(found["kw"].to_numpy()[0][mine].sum())


def _unknown(case: Case, table: str) -> str:
    if case.is_unsolved:
        return "no step has a solution"
    return "" if case.run.has(table) else f"this run recorded no {table}"


def _written(key: str, value: float | None) -> str:
    return MEASURES[key].written(value)


def _joined(said: Sequence[str]) -> str:
    return "; ".join(one for one in said if one and one != "–")
