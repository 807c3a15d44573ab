"""The table of differences: values, differences to the baseline, intervals by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import t as student

from twin.analysis.comparison import PAIRED
from twin.analysis.measures import GROUPS, MEASURES, Measure, Value
from twin.arrays import Floats

FEWEST_FOR_T = 3
LEVEL = 0.95
Answers = Mapping[str, Value]
PAIRED_TITLES = {
    "preexisting_h": "Beyond the limits in the baseline too",
    "caused_h": "Beyond the limits here only",
    "cured_h": "Beyond the limits in the baseline only",
}


@dataclass(frozen=True)
class Interval:
    """A difference over paired seeds: mean, extremes, and where its mean may lie.

    low, high  95 % interval of the mean by Student's t; None below three seeds
    """

    n: int
    mean: float
    lowest: float
    highest: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, differences: Sequence[float]) -> Interval | None:
        """Of one difference a seed; None where there is none."""
        if not differences:
            return None
        values: Floats = np.asarray(differences, np.float64)
        n, mean = len(values), float(values.mean())
        found = cls(n, mean, float(values.min()), float(values.max()))
        if n < FEWEST_FOR_T:
            return found
        error = float(values.std(ddof=1)) / float(np.sqrt(n))
        half = float(student.ppf(0.5 + LEVEL / 2, n - 1)) * error
        return cls(n, mean, found.lowest, found.highest, mean - half, mean + half)

    def written(self, measure: Measure) -> str:
        """``−57.4 (−61.2 to −53.6)``: mean, then its interval, or the extremes."""
        mean = measure.written(self.mean, signed=True)
        ends = (self.lowest, self.highest)
        if self.low is not None and self.high is not None:
            ends = (self.low, self.high)
        if self.n == 1:
            return mean
        return f"{mean} ({' to '.join(measure.written(e, signed=True) for e in ends)})"

    @property
    def kind(self) -> str:
        """What stands in the brackets."""
        return "lowest to highest" if self.low is None else "95 % interval"


def paired_intervals(
    figures: pl.DataFrame,
    of_variant: Mapping[int, str],
    of_base: Mapping[int, str],
) -> dict[str, dict[str, Any]]:
    """Interval of each measure's difference, over the seeds that both variants have.

    figures     a study's: one row a run, with ``run_id`` and the measures
    of_variant  run id of each seed of a variant; ``of_base``: of the baseline
    """
    rows = {row.get("run_id"): row for row in figures.iter_rows(named=True)}
    pairs = [
        (rows[of_variant[seed]], rows[of_base[seed]])
        for seed in sorted(of_variant.keys() & of_base.keys())
        if of_variant[seed] in rows and of_base[seed] in rows
    ]
    found: dict[str, dict[str, Any]] = {}
    for measure in MEASURES.values():
        both = [(one.get(measure.key), other.get(measure.key)) for one, other in pairs]
        differences = [
            mine - base
            for mine, base in both
            if isinstance(mine, int | float) and isinstance(base, int | float)
        ]
        interval = Interval.of(differences)
        if interval is not None:
            found[measure.key] = asdict(interval)
    return found


def rows_of(
    answers: Sequence[Answers],
    base: int,
    intervals: Mapping[str, Mapping[str, Mapping[str, Any]]],
    every: bool,
) -> list[dict[str, Any]]:
    """Rows for the grid: ``v0``: value of run 0, ``d0``: difference, ``s0``: by seed.

    intervals  by run's place and measure, as ``paired_intervals`` gives them
    every      also where nothing differs
    """
    rows: list[dict[str, Any]] = []
    for group, measures in GROUPS.items():
        mine = []
        for measure in measures:
            values = [one.get(measure.key) for one in answers]
            if any(v is not None for v in values) and (
                every or _differs(measure, values)
            ):
                mine.append(_row(group, measure, values, base, intervals))
        if mine:
            rows += [{"key": group, "name": group, "is_group": True}, *mine]
    return rows


def columns_of(
    names: Sequence[str],
    base: int,
    intervals: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """The grid's columns: the baseline first, then each run with what differs."""
    measure = {
        "headerName": "Measure",
        "field": "name",
        "pinned": "left",
        "minWidth": 296,
        "flex": 2,
        "tooltipField": "name",
        **_FIXED,
    }
    group = {"headerName": "Group", "field": "group", "hide": True}
    others = [
        _columns_of_run(row, name, intervals.get(str(row), {}))
        for row, name in enumerate(names)
        if row != base
    ]
    first = _columns_of_base(base, names[base])
    return [group, measure, first, *others]


_FIXED: Mapping[str, Any] = {
    "sortable": False,
    "filter": False,
    "wrapHeaderText": True,
    "autoHeaderHeight": True,
}


def _columns_of_base(row: int, name: str) -> dict[str, Any]:
    value = {**_value_column(row), "headerName": "baseline", "pinned": "left"}
    return {"headerName": safe(name), "children": [value]}


def words_of(measure: Measure, difference: float) -> str:
    """better, worse, no difference; nothing where neither is."""
    if measure.rounds_to_nothing(difference):
        return "no difference"
    if measure.less_is_better is None:
        return ""
    return "better" if (difference < 0) == measure.less_is_better else "worse"


def briefly(answers: Sequence[Answers], base: int) -> list[list[tuple[str, str, str]]]:
    """What a planner asks first: a row a run of value, difference and verdict.

    The first row holds the headings. Figures that are zero in every run are left out.
    """
    measures = [
        MEASURES[key]
        for key in BRIEFLY
        if any(isinstance(one.get(key), int | float) and one[key] for one in answers)
    ]
    rows = [[(measure.name, "", "") for measure in measures]]
    for row, mine in enumerate(answers):
        against = {} if row == base else answers[base]
        rows.append([_brief(measure, mine, against) for measure in measures])
    return rows


def _brief(measure: Measure, mine: Answers, base: Answers) -> tuple[str, str, str]:
    value, other = mine.get(measure.key), base.get(measure.key)
    said = measure.written(value)
    if measure.key == "worst_transformer_loading" and mine.get("worst_transformer"):
        said = f"{said} ({mine['worst_transformer']})"
    if not (isinstance(value, int | float) and isinstance(other, int | float)):
        return said, "", ""
    words = words_of(measure, value - other)
    change = measure.written(value - other, signed=True)
    return said, words if words == "no difference" else f"{change} {words}", words


BRIEFLY = (
    "peak_kw",
    "v_min_pu",
    "worst_transformer_loading",
    "transformer_h_over_normal",
    "customer_hours_below",
    "customer_hours_above",
    "departures_short_share",
)


def _columns_of_run(
    row: int, name: str, intervals: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    difference = {
        "headerName": "difference",
        "field": f"d{row}",
        "valueFormatter": {"function": f"params.data.d{row}_said"},
        "useValueFormatterForExport": False,
        "cellClassRules": {
            "better": f"params.data.m{row} === 'better'",
            "worse": f"params.data.m{row} === 'worse'",
        },
        "type": "rightAligned",
        "minWidth": 150,
        "flex": 1,
        **_FIXED,
    }
    verdict = {"headerName": "better or worse", "field": f"m{row}", "hide": True}
    by_seed = {
        "headerName": seeds_heading(intervals),
        "field": f"s{row}",
        "type": "rightAligned",
        "minWidth": 240,
        "flex": 2,
        "hide": not intervals,
        "tooltipField": f"s{row}_tip",
        **_FIXED,
    }
    exported = [
        {"headerName": words, "field": f"s{row}_{key}", "hide": True}
        for key, words in _EXPORTED.items()
    ]
    value = {**_value_column(row), "headerName": "value"}
    children = [value, difference, verdict, by_seed, *exported]
    return {"headerName": safe(name), "children": children, "marryChildren": True}


def seeds_heading(intervals: Mapping[str, Mapping[str, Any]]) -> str:
    """``mean of 3 seeds (95 % interval)``."""
    found = [Interval(**one) for one in intervals.values()]
    if not found:
        return "over seeds"
    most = max(found, key=lambda one: one.n)
    return f"mean of {most.n} seeds ({most.kind})"


_EXPORTED = {
    "n": "paired seeds",
    "mean": "mean difference",
    "lowest": "lowest difference",
    "highest": "highest difference",
    "low": "95 % interval from",
    "high": "95 % interval to",
}


def _value_column(row: int) -> dict[str, Any]:
    return {
        "field": f"v{row}",
        "valueFormatter": {"function": f"params.data.v{row}_said"},
        "useValueFormatterForExport": False,
        "type": "rightAligned",
        "minWidth": 142,
        "flex": 1,
        **_FIXED,
    }


def _row(
    group: str,
    measure: Measure,
    values: Sequence[Value],
    base: int,
    intervals: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> dict[str, Any]:
    title = PAIRED_TITLES.get(measure.key, measure.title)
    unit = f" [{measure.unit}]" if measure.unit else ""
    found: dict[str, Any] = {
        "key": measure.key,
        "group": group,
        "name": f"{title}{unit}",
    }
    for row, value in enumerate(values):
        found[f"v{row}"] = _scaled(measure, value)
        found[f"v{row}_said"] = measure.written(value)
        if row != base:
            found |= _difference(row, measure, value, values[base])
            told = intervals.get(str(row), {}).get(measure.key)
            found |= _by_seed(row, measure, None if told is None else Interval(**told))
    return found


def _difference(
    row: int, measure: Measure, value: Value, base: Value
) -> dict[str, Any]:
    if not (_is_number(value) and _is_number(base)):
        return {f"d{row}": None, f"d{row}_said": "", f"m{row}": ""}
    assert isinstance(value, int | float) and isinstance(base, int | float)
    difference = value - base
    words = words_of(measure, difference)
    said = measure.written(difference, signed=True)
    told = words if words == "no difference" else f"{said} {words}".strip()
    return {
        f"d{row}": difference * measure.scale,
        f"d{row}_said": told,
        f"m{row}": words,
    }


def _by_seed(row: int, measure: Measure, told: Interval | None) -> dict[str, Any]:
    if told is None:
        return {f"s{row}": "", f"s{row}_tip": ""}
    ends = [measure.written(one, signed=True) for one in (told.lowest, told.highest)]
    tip = f"lowest {ends[0]}, highest {ends[1]}; {told.n} paired seeds"
    return {
        f"s{row}": told.written(measure),
        f"s{row}_tip": tip,
        **{
            f"s{row}_{key}": value if key == "n" else _scaled(measure, value)
            for key, value in asdict(told).items()
        },
    }


def safe(words: str) -> str:
    """Somebody's words, so that no spreadsheet takes them for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words


def _differs(measure: Measure, values: Sequence[Value]) -> bool:
    if measure.key in PAIRED:
        return any(values)
    known = {measure.written(value) for value in values if value is not None}
    return len(known) > 1 or (None in values and any(values))


def _scaled(measure: Measure, value: Value) -> Value:
    if isinstance(value, str):
        return safe(value)
    return None if value is None else value * measure.scale


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
