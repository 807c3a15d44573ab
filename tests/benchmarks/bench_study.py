"""A study's overhead a run, and what a second worker is worth, as ratios.

RUNS=200 python tests/benchmarks/bench_study.py: one-week runs, a suburb of 146 homes.
Clocks differ from machine to machine and from minute to minute: only what is measured
in one process, or at one time, is set against each other.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from types import ModuleType
from typing import Any

import psutil

import twin.simulation.run as stages
from twin.scenario.study import read_study
from twin.studies.asked import asked_of, jobs_of
from twin.studies.cluster import local
from twin.studies.job import Bench, ensure
from twin.studies.pools import serial
from twin.studies.runner import run_study

RUNS = int(os.environ.get("RUNS", "12"))
BASE = """\
schema: 1
name: suburb
time: {start: 2026-01-12, days: 7}
feeder: {source: "pandapower:create_kerber_vorstadtnetz_kabel_1"}
fleet: {ev_share: 0.4, bidirectional_share: 0.5}
policy: {name: v2g_peak}
"""


def study_in(folder: Path, n_runs: int) -> Path:
    """A study of so many seeds."""
    (folder / "base.yaml").write_text(BASE)
    file = folder / "study.yaml"
    seeds = list(range(1, n_runs + 1))
    file.write_text(f"schema: 1\nname: bench\nbase: base.yaml\nseeds: {seeds}\n")
    return file


def overhead(file: Path, out: Path) -> tuple[float, list[float]]:
    """CPU seconds of runs after the first: all of it, and what is not simulation."""
    bench, clock = Bench(), CpuClock()
    jobs = jobs_of(asked_of(read_study(file), bench), out)[: min(RUNS, 40)]
    ensure(jobs[0], bench)
    whole, beside = [], []
    with clock.around(stages, "simulate", "audited"):
        for job in jobs[1:]:
            lived, before = clock.seconds, time.process_time()
            ensure(job, bench)
            whole.append(time.process_time() - before)
            beside.append(whole[-1] - (clock.seconds - lived))
    return mean(whole), beside


class CpuClock:
    """This process's CPU seconds within the functions that it is put around."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def around(self, module: ModuleType, *names: str) -> Iterator[None]:
        """Within the block, calls of the module's functions are counted."""
        plain = {name: getattr(module, name) for name in names}
        for name, function in plain.items():
            setattr(module, name, self._counted(function))
        try:
            yield
        finally:
            for name, function in plain.items():
                setattr(module, name, function)

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **named: Any) -> Any:
            before = time.process_time()
            try:
                return function(*args, **named)
            finally:
                self.seconds += time.process_time() - before

        return counted


def timed(file: Path, out: Path, n_workers: int) -> float:
    """Wall seconds of a whole study."""
    began = time.perf_counter()
    pool = local(n_workers) if n_workers else serial
    run_study(read_study(file), out, lambda line: None, pool, n_workers)
    return time.perf_counter() - began


def main() -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = study_in(folder, RUNS)
        whole, beside = overhead(file, folder / "overhead")
        print(
            f"a run after the first: {whole:.2f} s CPU, of it overhead "
            f"{mean(beside):.2f} s (median {median(beside):.2f}, "
            f"at most {max(beside):.2f})"
        )
        busy = psutil.cpu_percent(2)
        one, two = (timed(file, folder / str(n), n) for n in (0, 2))
        print(f"{RUNS} runs: {one:.1f} s serial, {two:.1f} s with 2 workers")
        print(f"ratio {one / two:.2f} (processors {busy:.0f} % busy with other work)")


if __name__ == "__main__":
    sys.exit(main())
