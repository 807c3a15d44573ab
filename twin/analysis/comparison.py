"""Runs side by side: figures by variant over seeds, and differences paired by seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from twin.analysis.case import Case
from twin.analysis.measures import MEASURES, Measure, Value
from twin.analysis.metrics import headline_of, violations_of
from twin.errors import InputError, nearest
from twin.results.record import Run

PAIRED = ("preexisting_h", "caused_h", "cured_h")
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
        """Of one value a seed; unknown ones don't count, and make zero unknown."""
        numbers = [float(v) for v in values if isinstance(v, int | float)]
        if not any(numbers) and None in values:
            return cls()
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
    """Runs side by side; several runs of one label are its seeds.

    figures  headline figures by label and seed, where they were computed before: a
             study of a thousand draws is told without reading a thousand runs
    """

    cases: tuple[Case, ...]
    baseline: str | None = None
    figures: Mapping[tuple[str, int], Mapping[str, Value]] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: Labelled, baseline: str | None = None) -> Comparison:
        """Of labelled runs; an unknown baseline, or a seed twice, is an InputError."""
        cases = tuple(Case(run, label) for label, run in runs)
        labels = list(dict.fromkeys(label for label, _ in runs))
        if baseline is not None and not _bases(labels, baseline):
            hint = nearest(baseline, labels)
            raise InputError.of(
                f"no run is called '{baseline}'{hint} (there are {', '.join(labels)})",
                key="baseline",
            )
        seen = Counter((case.label, case.seed) for case in cases)
        for (label, seed), count in seen.items():
            if count > 1:
                raise InputError.of(f"two runs are called '{label}' with seed {seed}")
        return cls(cases, baseline)

    def billed(self, tariff: str) -> Comparison:
        """The same with bills by another tariff."""
        cases = (replace(case, billed_by=tariff) for case in self.cases)
        return replace(self, cases=tuple(cases), figures={})

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
            Difference(label, base)
            for label in self.labels
            if (base := self.base_of(label)) is not None and label != base
        ]
        return tuple(dict.fromkeys(clever + rest))

    @cached_property
    def v2g_against_clever(self) -> tuple[tuple[str, str], ...]:
        """Each V2G variant with the `valley` variant that differs least from it."""
        clever = [x for x in self.labels if self.first(x).policy == "valley"]
        v2g = [label for label in self.labels if self.first(label).is_v2g]
        near = [(label, self.most_like(label, clever)) for label in v2g]
        return tuple((label, one) for label, one in near if one is not None)

    def most_like(self, label: str, among: Sequence[str]) -> str | None:
        """Of these, the one with as many cars whose scenario differs least."""
        same = [one for one in among if self.same_fleet(label, one)]
        return min(same, key=lambda one: self._distance(label, one), default=None)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The baseline's labels: one, or one a point of a study's axes."""
        return () if self.baseline is None else _bases(self.labels, self.baseline)

    def base_of(self, label: str) -> str | None:
        """The baseline at the same point of the axes, else the only one there is."""
        point = label.partition(", ")[2]
        same = f"{self.baseline}, {point}"
        if same in self.bases:
            return same
        return self.bases[0] if len(self.bases) == 1 else None

    def of_label(self, label: str) -> tuple[Case, ...]:
        """The runs of one variant, by seed."""
        return self._by_label.get(label, ())

    @cached_property
    def _by_label(self) -> Mapping[str, tuple[Case, ...]]:
        found: dict[str, list[Case]] = {}
        for case in self.cases:
            found.setdefault(case.label, []).append(case)
        return {
            label: tuple(sorted(mine, key=lambda case: case.seed))
            for label, mine in found.items()
        }

    def first(self, label: str) -> Case:
        """The variant's run of the lowest seed."""
        return self.of_label(label)[0]

    def case(self, label: str, seed: int) -> Case | None:
        """The variant's run with a seed."""
        return self._by_draw.get((label, seed))

    @cached_property
    def _by_draw(self) -> Mapping[tuple[str, int], Case]:
        return {(case.label, case.seed): case for case in self.cases}

    @cached_property
    def answers(self) -> Mapping[tuple[str, int], Mapping[str, Value]]:
        """Headline and paired violations of every run."""
        return {
            key: {**(self.figures.get(key) or headline_of(case)), **self._against(case)}
            for key, case in self._by_draw.items()
        }

    def cell(self, key: str, label: str) -> Cell:
        """A figure of a variant over its seeds."""
        mine = self.of_label(label)
        return Cell.of([self.answers[label, case.seed].get(key) for case in mine])

    def is_zero(self, measure: Measure) -> bool:
        """Whether it is zero for every run; what is not known is not zero."""
        cells = [self.cell(measure.key, label) for label in self.labels]
        if measure.key in PAIRED:
            cells = [cell for cell in cells if cell.mean is not None]
        return all(cell.mean is not None and cell.is_nothing for cell in cells)

    def difference(self, key: str, pair: Difference) -> Cell:
        """A figure's difference, over the seeds that both variants have."""
        return Cell.of(self.by_seed(key, pair))

    def by_seed(self, key: str, pair: Difference) -> list[float]:
        """A figure's differences, one a seed that both variants have."""
        values: list[float] = []
        for seed in self.seeds:
            mine = self.answers.get((pair.variant, seed), {}).get(key)
            other = self.answers.get((pair.against, seed), {}).get(key)
            if isinstance(mine, int | float) and isinstance(other, int | float):
                values.append(mine - other)
        return values

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
        label = self.base_of(case.label)
        base = None if label is None else self.case(label, case.seed)
        if base is None or base is case:
            return {}
        if not all(one.run.has("voltages") for one in (case, base)):
            return dict.fromkeys(PAIRED)
        found = violations_of(case, base)
        return {key: found[key] for key in PAIRED}

    def violations(self, case: Case, against: Case | None) -> Mapping[str, Value]:
        """Customer-hours beyond the limits; of runs of daily figures their sum only."""
        if any(one.run.has("voltages") for one in (case, against or case)):
            return violations_of(case, against)
        mine = self.answers[case.label, case.seed]
        parts = [mine.get(f"customer_hours_{way}") for way in ("below", "above")]
        known = [float(part) for part in parts if isinstance(part, int | float)]
        total = sum(known) if len(known) == len(parts) else None
        return {"total_h": total, **dict.fromkeys(PAIRED)}

    def same_fleet(self, one: str, other: str) -> bool:
        """Whether both ask for as many cars."""
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


def _bases(labels: Sequence[str], baseline: str) -> tuple[str, ...]:
    """``none`` names itself, or ``none, fleet.ev_share 0.2`` at each point."""
    if baseline in labels:
        return (baseline,)
    return tuple(label for label in labels if label.startswith(f"{baseline}, "))


def _leaves(tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if not path and key in ("name", "seed", "policy"):
            continue
        here = f"{path}.{key}"
        found |= _leaves(value, here) if isinstance(value, Mapping) else {here: value}
    return found
