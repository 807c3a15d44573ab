"""The report's sections: tables and figures of a comparison as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twin.analysis import facevalidity, page
from twin.analysis.case import Case
from twin.analysis.comparison import Cell, Comparison, Difference
from twin.analysis.figures import panels
from twin.analysis.measures import GROUPS, KEY_FIGURES, MEASURES, Measure
from twin.analysis.metrics import transformers_of
from twin.analysis.overloads import overloads_of
from twin.analysis.theme import left_out, spotlight
from twin.analysis.wording import warnings

MOST_TRANSFORMERS = 20
MOST_OVERLOADS = 40
MOST_COLUMNS = 7


def key_figures(comparison: Comparison) -> str:
    """Few rows: values a variant, then V2G against clever one-way charging."""
    halted = bool(warnings(comparison))
    known = [m for m in KEY_FIGURES if halted or m in comparison.measures]
    pairs = [Difference(*pair) for pair in comparison.v2g_against_clever]
    pairs = pairs or list(comparison.differences)
    values = [[m.name, *_values(comparison, m)] for m in known]
    changes = [_changes(comparison, m, pairs) for m in known]
    note = (
        "Power > 0 is drawn from the grid. A departure is short of target if the "
        "battery lacks more than 1 % of its capacity."
    )
    said = page.paragraphs([_bands(comparison) + note], "note")
    head, names = ["", *comparison.labels], [pair.name for pair in pairs]
    if len(head) + len(names) <= MOST_COLUMNS:
        rows = [[*own, *more] for own, more in zip(values, changes, strict=True)]
        return page.table([*head, *names], rows) + said
    rows = [[m.name, *more] for m, more in zip(known, changes, strict=True)]
    return page.table(head, values) + page.table(["", *names], rows) + said


def all_numbers(comparison: Comparison) -> str:
    rows: list[list[object] | str] = []
    for group, measures in GROUPS.items():
        known = [m for m in measures if m in comparison.measures]
        rows += [group] if known else []
        rows += [[m.name, *_values(comparison, m)] for m in known]
    parts = [page.details("Values", page.table(["", *comparison.labels], rows))]
    pairs = list(comparison.differences)
    if pairs:
        changed = [
            [m.name, *_changes(comparison, m, pairs)]
            for m in comparison.measures
            if not all(comparison.difference(m.key, pair).is_nothing for pair in pairs)
        ]
        head = ["", *(pair.name for pair in pairs)]
        parts.append(page.details("Differences", page.table(head, changed)))
    return page.paragraphs([_bands(comparison)], "note") + "".join(parts)


def _values(comparison: Comparison, measure: Measure) -> list[object]:
    cells = [comparison.cell(measure.key, label) for label in comparison.labels]
    return [cell.written(measure) for cell in cells]


def _changes(
    comparison: Comparison, measure: Measure, pairs: Sequence[Difference]
) -> list[object]:
    cells = [comparison.difference(measure.key, pair) for pair in pairs]
    return ["" if c.mean is None else c.written(measure, signed=True) for c in cells]


def _bands(comparison: Comparison) -> str:
    if len(comparison.seeds) < 2:
        return ""
    return (
        "Mean over seeds, below it the lowest and highest seed. Differences are paired "
        "by seed. "
    )


def figures(comparison: Comparison) -> str:
    return "".join(
        page.figure(one.key, one.title, one.caption, one.figure, one.gap)
        for one in panels(comparison)
    )


def violations(comparison: Comparison) -> str:
    """Pre-existing ones first and apart, then what cars cause and what V2G cures."""
    pairs = comparison.differences
    if not pairs:
        return page.table(
            ["variant", "customer-hours beyond the limits"],
            [
                [label, *_hours(comparison, label, None)[:1]]
                for label in comparison.labels
            ],
        )
    head = [
        "variant",
        "against",
        "customer-hours beyond the limits",
        "in both",
        "only in the variant (caused)",
        "only in the other (cured)",
    ]
    rows = [
        [p.variant, p.against, *_hours(comparison, p.variant, p.against)] for p in pairs
    ]
    note = (
        "Customer-hours at customers' terminals, paired by customer and instant: what "
        "is beyond the limits in both runs was there before. " + _bands(comparison)
    )
    return page.table(head, rows, (0, 1)) + page.paragraphs([note], "note")


def _hours(comparison: Comparison, label: str, against: str | None) -> list[object]:
    """Total, in both, caused and cured, each over the seeds."""
    found = []
    for case in comparison.of_label(label):
        other = None if against is None else comparison.case(against, case.seed)
        if against is None or other is not None:
            found.append(comparison.violations(case, other))
    keys = ("total_h", "preexisting_h", "caused_h", "cured_h")
    hours = MEASURES["caused_h"]
    return [Cell.of([one[key] for one in found]).written(hours) for key in keys]


def transformers(comparison: Comparison) -> str:
    head = [
        "transformer",
        "rating kVA",
        "peak %",
        "at (local time)",
        "over normal h",
        "longest h",
        "over emergency h",
        "reverse h",
        "customers",
        "EVs",
    ]
    parts = []
    for label in spotlight(comparison):
        case = comparison.first(label)
        found = transformers_of(case)
        rows = [
            _transformer(row)
            for row in found.head(MOST_TRANSFORMERS).iter_rows(named=True)
        ]
        more = found.height - len(rows)
        title = f"{label}, seed {case.called_seed}"
        title += f" ({more} more)" if more else ""
        parts.append(page.details(title, page.table(head, rows)))
    left = left_out(comparison)
    note = page.paragraphs([left], "note")
    return "".join(parts).replace("<details>", "<details open>", 1) + note


def _transformer(row: Mapping[str, Any]) -> list[str]:
    loading = row["peak_loading"]
    return [
        row["name"],
        _plain(row["rating_kva"], 0),
        _plain(None if loading is None else 100 * loading, 1),
        row["peak_time"] or "–",
        _plain(row["over_normal_h"], 2),
        _plain(row["longest_over_normal_h"], 2),
        _plain(row["over_emergency_h"], 2),
        _plain(row["reverse_h"], 2),
        _plain(row["customers"], 0),
        _plain(row["evs"], 0),
    ]


def overloads(comparison: Comparison) -> str:
    """Every asset above its rating, a row a phase, in the seed that comes first."""
    head = [
        "asset",
        "phase",
        "peak %",
        "at (local time)",
        "over normal h",
        "customers",
        "EVs",
    ]
    parts = []
    for label in comparison.labels:
        case = comparison.first(label)
        found = overloads_of(case)
        count = "not recorded" if case.loadings is None else _counted(found)
        rows = map(_overload, found.head(MOST_OVERLOADS).iter_rows(named=True))
        title = f"{label}, seed {case.called_seed}: {count}"
        if found.height > MOST_OVERLOADS:
            title += f", the fullest {MOST_OVERLOADS} rows shown"
        body = page.table(head, rows, (0, 1, 3)) if found.height else ""
        parts.append(page.details(title, body))
    note = (
        "Transformers, lines and switches ever above their normal rating. Customers "
        "and EVs: those that nothing else joins to a source, on any phase; – in a mesh."
    )
    return page.paragraphs([note], "note") + "".join(parts)


def _counted(found: pl.DataFrame) -> str:
    """How many assets; by phase there may be more rows."""
    assets = found["asset"].n_unique()
    rows = f" ({found.height} rows by phase)" if found.height > assets else ""
    return f"{assets} above their rating{rows}"


def _overload(row: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['kind']} {row['name']}",
        str(row["phase"]) if row["phase"] else "all",
        _plain(100 * row["highest"], 1),
        row["time"] or "–",
        _plain(row["over_normal_h"], 2),
        _plain(row["customers"], 0),
        _plain(row["evs"], 0),
    ]


def face(comparison: Comparison) -> str:
    """One table a variant with cars, in the seed that comes first."""
    with_cars = [x for x in comparison.labels if comparison.first(x).n_ev]
    parts = []
    for label in with_cars or comparison.labels[:1]:
        frame = facevalidity.table_of(comparison.first(label))
        parts.append(page.details(label, _face_table(frame)))
    note = [
        "Ranges are published ones, often of another region or season: an odd value is "
        "not wrong, it has to be explained."
    ]
    opened = "".join(parts).replace("<details>", "<details open>", 1)
    return page.paragraphs(note, "note") + opened


def _face_table(frame: pl.DataFrame) -> str:
    head = ["quantity", "here", "published", "of", "verdict", "source"]
    rows = [
        [
            f"{row['quantity']} [{row['unit']}]" if row["unit"] else row["quantity"],
            _plain(row["value"], 2),
            facevalidity.range_of(row),
            row["region"],
            row["verdict"] + (f" ({row['note']})" if row["note"] else ""),
            row["source"],
        ]
        for row in frame.iter_rows(named=True)
    ]
    return page.table(head, rows, (0, 3, 4, 5))


def provenance(comparison: Comparison) -> str:
    head = [
        "variant",
        "seed",
        "run id",
        "status",
        "failed steps",
        "audited steps",
        "audit: largest difference [pu]",
        "energy balance: largest residual [share]",
    ]
    rows = [_origin(case) for case in comparison.cases]
    first = comparison.cases[0]
    parts = [page.table(head, rows, (0, 2, 3))]
    for key, title in _RECORDED.items():
        if first.run.record.get(key):
            words = f"{title} ({first.label}, seed {first.called_seed})"
            parts.append(page.details(words, page.tree(first.run.record[key])))
    for label in comparison.labels:
        case = comparison.first(label)
        title = f"Scenario of {label}, as resolved"
        parts.append(page.details(title, page.source(case.scenario)))
    return "".join(parts)


_RECORDED = {
    "versions": "Versions",
    "inputs": "Inputs with their SHA-256",
    "audit": "Audit",
    "balance": "Energy balance",
    "counts": "Counts",
    "wall_time_s": "Wall time in seconds",
}


def _origin(case: Case) -> list[object]:
    audit, balance = (case.run.record.get(key) or {} for key in ("audit", "balance"))
    steps = audit.get("steps")
    return [
        case.label,
        case.seed,
        case.run.run_id,
        case.run.status,
        case.steps_failed,
        len(steps) if isinstance(steps, list) else "–",
        _tiny(audit.get("largest_difference_pu")),
        _tiny(balance.get("largest_relative_residual")),
    ]


def _tiny(value: object) -> str:
    return f"{value:.1e}" if isinstance(value, int | float) else "–"


def _plain(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
