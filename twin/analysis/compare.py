"""Sets runs side by side: figures in rows, variants in columns, paired differences."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from twin.analysis.case import Case
from twin.analysis.measures import GROUPS, MEASURES, Measure, Value
from twin.analysis.metrics import headline_of, violations_of
from twin.errors import InputError, nearest
from twin.results.record import Run

Labelled = Sequence[tuple[str, Run]]


@dataclass(frozen=True)
class Cell:
    """A figure over seeds: mean with its band, or the first seed's words."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    text: str | None = None
    n: int = 0
    varies: bool = False

    @classmethod
    def of(cls, values: Sequence[Value]) -> Cell:
        """Of one value a seed; unknown ones don't count."""
        numbers = [float(v) for v in values if isinstance(v, int | float)]
        if numbers:
            mean = sum(numbers) / len(numbers)
            return cls(mean, min(numbers), max(numbers), n=len(numbers))
        words = [v for v in values if isinstance(v, str)]
        return cls(text=words[0] if words else None, varies=len(set(words)) > 1)

    @property
    def is_clear(self) -> bool:
        """Whether every seed says the same sign."""
        return (
            self.low is not None
            and self.high is not None
            and (self.low > 0 or self.high < 0)
        )

    @property
    def is_nothing(self) -> bool:
        """Unknown, or zero for every seed."""
        return self.text is None and not self.low and not self.high

    def written(self, measure: Measure, signed: bool = False) -> tuple[str, str]:
        """``("812.4", "790.1 to 840.2")``: mean or words, then the band if any."""
        if self.mean is None:
            return self.text or "–", "varies by seed" * self.varies
        mean = measure.written(self.mean, signed)
        low, high = (measure.written(v, signed) for v in (self.low, self.high))
        return mean, "" if low == high else f"{low} to {high}"


@dataclass(frozen=True)
class Difference:
    """One variant against another, paired by seed."""

    variant: str
    against: str

    @property
    def name(self) -> str:
        """As a column is headed."""
        return f"{self.variant} − {self.against}"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs side by side; several runs of one label are its seeds."""

    cases: tuple[Case, ...]
    baseline: str | None = None

    @classmethod
    def of(cls, runs: Labelled, baseline: str | None = None) -> Comparison:
        """Of labelled runs; an unknown baseline, or a seed twice, is an InputError."""
        cases = tuple(Case(run, label) for label, run in runs)
        labels = list(dict.fromkeys(label for label, _ in runs))
        if baseline is not None and baseline not in labels:
            hint = nearest(baseline, labels)
            raise InputError.of(
                f"no run is called '{baseline}'{hint} (there are {', '.join(labels)})",
                key="baseline",
            )
        seen = [(case.label, case.seed) for case in cases]
        for label, seed in seen:
            if seen.count((label, seed)) > 1:
                raise InputError.of(f"two runs are called '{label}' with seed {seed}")
        return cls(cases, baseline)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The variants in the order given."""
        return tuple(dict.fromkeys(case.label for case in self.cases))

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Every seed of any variant."""
        return tuple(sorted({case.seed for case in self.cases}))

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """V2G against clever one-way charging first, then all against the baseline."""
        clever = [Difference(v2g, one_way) for v2g, one_way in self.v2g_against_clever]
        rest = [
            Difference(label, self.baseline)
            for label in self.labels
            if self.baseline is not None and label != self.baseline
        ]
        return tuple(dict.fromkeys(clever + rest))

    @cached_property
    def v2g_against_clever(self) -> tuple[tuple[str, str], ...]:
        """Each V2G variant with the `valley` variant that differs least from it."""
        clever = [
            label for label in self.labels if self.first(label).policy == "valley"
        ]
        pairs = []
        for label in self.labels:
            if self.first(label).is_v2g:
                same = [one for one in clever if self._same_fleet(label, one)]
                if same:
                    near = min(same, key=lambda one: self._distance(label, one))
                    pairs.append((label, near))
        return tuple(pairs)

    def of_label(self, label: str) -> tuple[Case, ...]:
        """The runs of one variant, by seed."""
        mine = [case for case in self.cases if case.label == label]
        return tuple(sorted(mine, key=lambda case: case.seed))

    def first(self, label: str) -> Case:
        """The variant's run of the lowest seed."""
        return self.of_label(label)[0]

    def case(self, label: str, seed: int) -> Case | None:
        """The variant's run with a seed."""
        for case in self.cases:
            if (case.label, case.seed) == (label, seed):
                return case
        return None

    @cached_property
    def answers(self) -> Mapping[tuple[str, int], Mapping[str, Value]]:
        """Headline and paired violations of every run."""
        return {
            (case.label, case.seed): {**headline_of(case), **self._against(case)}
            for case in self.cases
        }

    def cell(self, key: str, label: str) -> Cell:
        """A figure of a variant over its seeds."""
        mine = self.of_label(label)
        return Cell.of([self.answers[label, case.seed].get(key) for case in mine])

    def difference(self, key: str, pair: Difference) -> Cell:
        """A figure's difference, over the seeds that both variants have."""
        values: list[Value] = []
        for seed in self.seeds:
            mine = self.answers.get((pair.variant, seed), {}).get(key)
            other = self.answers.get((pair.against, seed), {}).get(key)
            if isinstance(mine, int | float) and isinstance(other, int | float):
                values.append(mine - other)
        return Cell.of(values)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """The figures that any variant knows."""
        known = {
            key
            for values in self.answers.values()
            for key in values
            if values[key] is not None
        }
        return tuple(m for m in MEASURES.values() if m.key in known)

    def _against(self, case: Case) -> Mapping[str, Value]:
        """Violations that EVs caused or cured, against the baseline of its seed."""
        base = None if self.baseline is None else self.case(self.baseline, case.seed)
        if base is None or base is case:
            return {}
        found = violations_of(case, base)
        return {key: found[key] for key in ("preexisting_h", "caused_h", "cured_h")}

    def _same_fleet(self, one: str, other: str) -> bool:
        fleets = [
            self.first(label).scenario.get("fleet") or {} for label in (one, other)
        ]
        return all(
            fleets[0].get(key) == fleets[1].get(key) for key in ("ev_share", "ev_count")
        )

    def _distance(self, one: str, other: str) -> int:
        mine, theirs = (_leaves(self.first(label).scenario) for label in (one, other))
        return sum(
            mine.get(key) != theirs.get(key) for key in mine.keys() | theirs.keys()
        )


def table(runs: Labelled, baseline: str | None = None) -> pl.DataFrame:
    """Figures in rows; a column a variant, its band over seeds, and differences.

    Numbers are in the units of ``unit``; a figure in words has them in ``<label>
    (text)``. Differences are paired by seed: mean, then lowest and highest.
    """
    return frame_of(Comparison.of(runs, baseline))


def frame_of(comparison: Comparison) -> pl.DataFrame:
    """The same of a comparison."""
    return pl.DataFrame(
        [_row(comparison, measure) for measure in comparison.measures],
        infer_schema_length=None,
    )


def text(runs: Labelled, baseline: str | None = None, width: int | None = None) -> str:
    """The table for a terminal: boxes and bold in a terminal, plain text otherwise."""
    return text_of(Comparison.of(runs, baseline), width)


def text_of(comparison: Comparison, width: int | None = None) -> str:
    """The same of a comparison: values, differences, what is zero everywhere."""
    console = Console()
    terminal = console.is_terminal and width is None
    buffer = io.StringIO()
    sheet = Console(
        file=buffer,
        force_terminal=terminal,
        width=width or (console.width if terminal else 1000),
        highlight=False,
    )
    sheet.print(_values(comparison))
    if comparison.differences:
        sheet.print()
        sheet.print(_changes(comparison))
    zero = [m.title for m in comparison.measures if _is_nothing(comparison, m)]
    if zero:
        sheet.print(_plain(f"\nZero everywhere: {', '.join(zero)}."), soft_wrap=True)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def _row(comparison: Comparison, measure: Measure) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": measure.key,
        "figure": measure.title,
        "unit": measure.unit,
    }
    for label in comparison.labels:
        row |= _columns(label, comparison.cell(measure.key, label), measure)
    for pair in comparison.differences:
        cell = comparison.difference(measure.key, pair)
        columns = _columns(pair.name, cell, measure)
        columns.pop(f"{pair.name} (text)")
        row |= columns
    return row


def _columns(name: str, cell: Cell, measure: Measure) -> dict[str, Any]:
    numbers = (cell.mean, cell.low, cell.high)
    mean, low, high = (None if n is None else n * measure.scale for n in numbers)
    return {
        name: mean,
        f"{name} (low)": low,
        f"{name} (high)": high,
        f"{name} (text)": cell.text,
    }


def _values(comparison: Comparison) -> Table:
    """A column a variant; the band over seeds below the mean."""
    shown = _sheet("", comparison.labels)
    for group, measures in GROUPS.items():
        known = [
            m
            for m in measures
            if m in comparison.measures and not _is_nothing(comparison, m)
        ]
        if known:
            shown.add_row(f"[bold]{group}[/bold]")
        for measure in known:
            cells = [comparison.cell(measure.key, label) for label in comparison.labels]
            shown.add_row("  " + _plain(measure.name), *_lines(cells, measure, False))
    return shown


def _changes(comparison: Comparison) -> Table:
    """A column a difference; only figures that a planner weighs, and that differ."""
    names = [pair.name for pair in comparison.differences]
    shown = _sheet("Differences, paired by seed", names)
    for measure in comparison.measures:
        cells = [comparison.difference(measure.key, p) for p in comparison.differences]
        if measure.less_is_better is not None and not all(c.is_nothing for c in cells):
            shown.add_row("  " + _plain(measure.name), *_lines(cells, measure, True))
    return shown


def _sheet(title: str, columns: Sequence[str]) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    shown.add_column(title)
    for name in columns:
        shown.add_column(_plain(name), justify="right")
    return shown


def _lines(cells: Sequence[Cell], measure: Measure, signed: bool) -> list[str]:
    written = [cell.written(measure, signed) for cell in cells]
    return [_plain("\n".join(part for part in parts if part)) for parts in written]


def _is_nothing(comparison: Comparison, measure: Measure) -> bool:
    return all(
        comparison.cell(measure.key, label).is_nothing for label in comparison.labels
    )


def _plain(words: str) -> str:
    """Words of a user's, so that brackets in them are not taken for mark-up."""
    return words.replace("[", "\\[")


def _leaves(tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if not path and key in ("name", "seed", "policy"):
            continue
        here = f"{path}.{key}"
        found |= _leaves(value, here) if isinstance(value, Mapping) else {here: value}
    return found
