"""How long a run may take and how much it writes, by runs that lie there already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.whatif.form import at
from twin.results.record import RUN_FILE

MOST_READ = 60
GROWING = ("simulate", "audit", "finish")
START_S = 8.0
LONG_S, LARGE_MB, MANY_STEPS = 600.0, 2_000.0, 40_000


@dataclass(frozen=True)
class Measure:
    """What one simulated step of a run took."""

    name: str
    question: tuple[Any, ...]
    s_per_step: float
    mb_per_step: float


@dataclass(frozen=True)
class Work:
    """What a run is expected to take; without a measure, its steps only."""

    steps: int
    like: Measure | None

    @property
    def seconds(self) -> float | None:
        """Wall seconds, with the start of the process."""
        return START_S + self.steps * self.like.s_per_step if self.like else None

    @property
    def megabytes(self) -> float | None:
        """Disk that its folder takes."""
        return self.steps * self.like.mb_per_step if self.like else None

    @property
    def is_large(self) -> bool:
        """Whether one should think twice."""
        if self.like is None:
            return self.steps > MANY_STEPS
        return (self.seconds or 0) > LONG_S or (self.megabytes or 0) > LARGE_MB

    @property
    def words(self) -> str:
        """In a sentence."""
        steps = f"{self.steps:,} steps"
        if self.like is None:
            return f"{steps}; no run of this feeder lies here to tell how long it takes"
        return (
            f"{steps}: about {duration(self.seconds or 0)} and "
            f"{self.megabytes or 0:,.0f} MB, as fast as {self.like.name}"
        )


class Speeds:
    """What the runs of a results folder took; each is read once."""

    def __init__(self, results: Path) -> None:
        self._results = results
        self._known: dict[Path, Measure | None] = {}

    def work(self, data: Mapping[str, Any]) -> Work:
        """What a scenario may take, by the newest run on the same feeder."""
        steps, asked = steps_of(data), _question(data)
        newest = sorted(self._results.glob(f"*/*/{RUN_FILE}"), key=_age, reverse=True)[
            :MOST_READ
        ]
        for file in newest:
            if file not in self._known:
                self._known[file] = _measure(file)
            measure = self._known[file]
            if measure is not None and measure.question == asked:
                return Work(steps, measure)
        return Work(steps, None)


def steps_of(data: Mapping[str, Any]) -> int:
    """How many steps a scenario has, near enough where clocks change."""
    days, step = at(data, "time.days"), at(data, "time.step_min") or 15
    usable = isinstance(days, int) and isinstance(step, int) and step > 0
    return int(days) * 1440 // int(step) if usable else 0


def duration(seconds: float) -> str:
    """Seconds as one would say them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _question(data: Mapping[str, Any]) -> tuple[Any, ...]:
    """What most of a step's cost depends on."""
    return (
        at(data, "feeder.source"),
        at(data, "power_flow.solver") or "fast",
        at(data, "output.level") or "all",
    )


def _measure(file: Path) -> Measure | None:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        steps = int(record["counts"]["steps"])
        wall = record["wall_time_s"]
        wall_s = sum(float(wall.get(stage, 0.0)) for stage in GROWING)
        size = sum(path.stat().st_size for path in file.parent.glob("*.parquet"))
        name = f"{record['name']}/{record['run_id']}"
        question = _question(record["scenario"])
        usable = record["status"] == "done" and steps > 0
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not usable:
        return None
    return Measure(name, question, wall_s / steps, size / 1e6 / steps)


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
