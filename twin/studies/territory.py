"""A territory's own files: ``territory.json`` says what it comes to, tables by when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.accounts.territory import (
    SERIES,
    Together,
    by_hour,
    kish,
    least_by_hour,
    precision,
)
from twin.analysis.territory import MEMBERS_TABLE, SCHEMA, TABLE, TERRITORY_FILE
from twin.arrays import Ints
from twin.results.durable import write_json
from twin.scenario.study import Study
from twin.studies.courses import COUNTED
from twin.studies.summing import BROKEN, Part, Records, Summing
from twin.studies.tables import save

KW_PER_MW = 1000.0
WHOLE = ("ev_plugged",)


def write_territory(folder: Path, study: Study, summing: Summing) -> None:
    """The tables, then what they come to."""
    groups = _groups(summing)
    if not groups or summing.time is None:
        return
    sums = {key: _joined(parts.values()) for key, parts in groups.items()}
    time = summing.time
    save(
        _table(
            time,
            [
                ({"label": label, "seed": seed}, together)
                for (label, seed), together in sums.items()
            ],
        ),
        folder / TABLE,
    )
    save(
        _table(
            time,
            [
                (
                    {"label": key.label, "seed": key.seed, "member": key.member},
                    part.together,
                )
                for key, part in summing.parts.items()
            ],
        ),
        folder / MEMBERS_TABLE,
    )
    write_json(folder / TERRITORY_FILE, _record(study, summing, groups, sums))


Groups = Mapping[tuple[str, int], Mapping[str, Part]]
Sums = Mapping[tuple[str, int], Together]


def _groups(summing: Summing) -> dict[tuple[str, int], dict[str, Part]]:
    """Parts by label and seed, then by member."""
    found: dict[tuple[str, int], dict[str, Part]] = {}
    for key, part in summing.parts.items():
        found.setdefault((key.label, key.seed), {})[key.member] = part
    return found


def _joined(parts: Iterable[Part]) -> Together:
    whole: Together | None = None
    for part in parts:
        whole = whole or Together.empty(part.together.kw.shape[1])
        whole.join(part.together)
    assert whole is not None
    return whole


def _table(
    time: Any, rows: Sequence[tuple[Mapping[str, Any], Together]]
) -> pl.DataFrame:
    """A row an interval of each: MW, and cars at a plug."""
    frames = [
        pl.DataFrame(
            {
                **{name: pl.Series([value] * len(time)) for name, value in who.items()},
                "time": pl.Series(time).dt.replace_time_zone("UTC"),
                **_columns(together),
            }
        )
        for who, together in rows
    ]
    return pl.concat(frames)


def _columns(together: Together) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in SERIES:
        course = together.of(name)
        if name in WHOLE:
            columns[name] = course.astype(np.int64)
        else:
            columns[name.replace("_kw", "_mw")] = course / KW_PER_MW
    return columns


def _record(
    study: Study, summing: Summing, groups: Groups, sums: Sums
) -> dict[str, Any]:
    first = next(iter(summing.parts.values())).first.scenario
    assert first is not None and summing.time is not None
    step_h = first.time.step_min / 60
    hour = _hours(summing, first.timezone)
    return {
        "schema": SCHEMA,
        "name": study.name,
        "baseline": study.baseline,
        "timezone": first.timezone,
        "start": first.time.start,
        "days": first.time.days,
        "step_h": step_h,
        "results": [
            _result(
                summing,
                label,
                seed,
                groups[label, seed],
                sums[label, seed],
                hour,
                step_h,
            )
            for label, seed in groups
        ],
        "histories": _histories(groups),
    }


def _hours(summing: Summing, timezone: str) -> Ints:
    """Local hour of each interval. [n_step]"""
    local = pl.Series(summing.time).dt.replace_time_zone("UTC")
    hours = local.dt.convert_time_zone(str(ZoneInfo(timezone))).dt.hour()
    return hours.to_numpy().astype(np.int64)


def _result(
    summing: Summing,
    label: str,
    seed: int,
    parts: Mapping[str, Part],
    together: Together,
    hour: Ints,
    step_h: float,
) -> dict[str, Any]:
    first = next(iter(parts.values())).first
    counts: Counter[str] = Counter()
    for part in parts.values():
        counts.update(part.counts)
    missing = {
        key.member: count
        for key, count in summing.missing.items()
        if (key.label, key.seed) == (label, seed)
    }
    return {
        "label": label,
        "variant": first.run.variant,
        "seed": seed,
        "policy": first.scenario.policy.name if first.scenario else "",
        "feeders": together.n_feeder,
        "missing": missing,
        "counts": {name: counts[name] for name in COUNTED},
        "peak_mw": together.peak_kw / KW_PER_MW,
        "peak_time": _instant(summing, together.peak_step),
        "sum_of_peaks_mw": together.sum_of_peaks_kw / KW_PER_MW,
        "diversity": together.diversity,
        "energy_mwh": _energy(together, step_h),
        "hours": _by_hour(together, hour),
        "members": [_member(name, part, step_h) for name, part in parts.items()],
    }


def _instant(summing: Summing, step: int) -> str | None:
    if step < 0 or summing.time is None:
        return None
    return str(summing.time[step].astype("datetime64[s]")) + "Z"


def _energy(together: Together, step_h: float) -> dict[str, float]:
    return {
        name.removesuffix("_kw"): float(together.of(name).sum()) * step_h / KW_PER_MW
        for name in SERIES
        if name.endswith("_kw") and "could" not in name
    }


def _by_hour(together: Together, hour: Ints) -> dict[str, Any]:
    """Mean of each local hour; of what could be called, the least, too."""
    found: dict[str, Any] = {}
    for name in SERIES:
        unit = 1.0 if name in WHOLE else KW_PER_MW
        column = name.replace("_kw", "_mw")
        found[column] = by_hour(hour, together.of(name)) / unit
        if "could" in name:
            found[f"{column}_least"] = least_by_hour(hour, together.of(name)) / unit
    return found


def _member(name: str, part: Part, step_h: float) -> dict[str, Any]:
    together, first = part.together, part.first
    return {
        "member": name,
        "scenario": first.scenario.name if first.scenario else "",
        "feeder": first.scenario.feeder.source if first.scenario else "",
        "feeders": together.n_feeder,
        "counts": {key: part.counts[key] for key in COUNTED},
        "peak_mw": together.peak_kw / KW_PER_MW,
        "sum_of_peaks_mw": together.sum_of_peaks_kw / KW_PER_MW,
        "diversity": together.diversity,
        "energy_mwh": _energy(together, step_h),
        "broken_feeders": {key: part.feeders[key] for key in BROKEN},
        "broken_elements": {key: part.elements[key] for key in BROKEN},
        "unknown": {key: part.unknown[key] for key in BROKEN},
        "worst": part.worst,
    }


def _histories(groups: Groups) -> list[dict[str, Any]]:
    """Draws of each data set, where the most cars are: the same in all variants."""
    (label, seed), parts = max(
        groups.items(),
        key=lambda item: sum(part.counts["evs"] for part in item[1].values()),
    )
    records: dict[tuple[str, str], Records] = {}
    for part in parts.values():
        for key, mine in part.sources.items():
            records.setdefault(key, Records()).join(mine)
    return [
        {"of": of, "source": name, "label": label, "seed": seed} | _distinct(mine)
        for (of, name), mine in records.items()
    ]


def _distinct(records: Records) -> dict[str, Any]:
    """How many records there are, used, and as good as; and how sure means are.

    Days that stand idle are left out: their share is assumed.
    """
    tallies = list(records.tallies.values())
    found = precision(tallies)
    return {
        "draws": sum(one.n for one in tallies),
        "otherwise": {how: one.n for how, one in records.otherwise.items()},
        "distinct": len(tallies),
        "forms": len(records.draws),
        "effective": kish(one.n for one in tallies),
        "effective_forms": kish(records.draws.values()),
        "precision": None if found is None else asdict(found),
    }
