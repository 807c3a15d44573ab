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
from pathlib import Path

import psutil

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


def overhead(file: Path, out: Path) -> tuple[float, float]:
    """CPU seconds a run after the first: all of it, and what is not simulation."""
    from twin.results.record import Run

    bench = Bench()
    jobs = jobs_of(asked_of(read_study(file), bench), out)[: min(RUNS, 12)]
    ensure(jobs[0], bench)
    whole, beside = [], []
    for job in jobs[1:]:
        before, began = time.process_time(), time.perf_counter()
        ensure(job, bench)
        cpu, wall = time.process_time() - before, time.perf_counter() - began
        stages = Run.open(job.folder).record["wall_time_s"]
        lived = sum(stages.get(name, 0.0) for name in ("simulate", "audit"))
        whole.append(cpu)
        beside.append(cpu * max(0.0, 1 - lived / wall))
    return sorted(whole)[len(whole) // 2], sorted(beside)[len(beside) // 2]


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
            f"a run after the first: {whole:.2f} s CPU, of it overhead {beside:.2f} s"
        )
        busy = psutil.cpu_percent(2)
        one, two = (timed(file, folder / str(n), n) for n in (0, 2))
        print(f"{RUNS} runs: {one:.1f} s serial, {two:.1f} s with 2 workers")
        print(f"ratio {one / two:.2f} (processors {busy:.0f} % busy with other work)")


if __name__ == "__main__":
    sys.exit(main())
