"""What a territory costs a car, whether that grows, and how much memory it takes.

CARS=10000,100000,1000000 python tests/benchmarks/bench_territory.py: a winter day of
copies of a village with a car a home, on two workers, the power flow of every feeder at
every quarter hour, planning and tables included. What was not measured is marked so.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from twin.analysis.territory import TERRITORY_FILE
from twin.scenario.study import read_study
from twin.studies.cluster import local
from twin.studies.runner import run_study

CARS = [int(float(n)) for n in os.environ.get("CARS", "3000,9000").split(",")]
WORKERS = int(os.environ.get("WORKERS", "2"))
POLICY = os.environ.get("POLICY", "v2g_peak")
OUT = os.environ.get("OUT", "")
HOMES = 1_506
AIM = 1_000_000
EVERY_S = 0.2
STUDY = """\
schema: 1
name: bench_territory
base: {base}
territory:
  members:
    village:
      copies: {copies}
      settings:
        feeder.model: balanced
        fleet.ev_share: 1.0
        time.lead_in_days: 0
variants: {{{policy}: {{policy.name: {policy}}}}}
"""


@dataclass
class Cost:
    """What a territory of a size took; memory counts shared pages once a process."""

    cars: int
    feeders: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    parent_mb: float


class Meter(threading.Thread):
    """Looks at this process and its children again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mb = self.parent_mb = 0.0
        self._cpu: dict[int, float] = {}
        self._done = threading.Event()

    def run(self) -> None:
        """Until stopped."""
        me = psutil.Process()
        while not self._done.wait(EVERY_S):
            self.look(me)

    def look(self, me: psutil.Process) -> None:
        """Memory now; each child's CPU as last seen."""
        total = own = me.memory_info().rss
        for child in me.children(recursive=True):
            try:
                total += child.memory_info().rss
                times = child.cpu_times()
                self._cpu[child.pid] = times.user + times.system
            except psutil.NoSuchProcess:
                continue
        self.peak_mb = max(self.peak_mb, total / 1e6)
        self.parent_mb = max(self.parent_mb, own / 1e6)

    def stop(self) -> float:
        """CPU seconds of all children."""
        self._done.set()
        self.join()
        return sum(self._cpu.values())


def measured(cars: int, folder: Path) -> Cost:
    """Run a territory of at least so many cars."""
    copies = -(-cars // HOMES)
    base = Path(__file__).parents[2] / "scenarios" / "village_winter_day.yaml"
    file = folder / f"territory_{copies}.yaml"
    file.write_text(STUDY.format(base=base, copies=copies, policy=POLICY))
    meter = Meter()
    meter.start()
    began, own = time.perf_counter(), time.process_time()
    study = read_study(file)
    out = folder / str(copies)
    place = run_study(study, out, lambda line: None, local(WORKERS), WORKERS)
    wall_s = time.perf_counter() - began
    cpu_s = time.process_time() - own + meter.stop()
    (result,) = json.loads((place / TERRITORY_FILE).read_text())["results"]
    count, feeders = result["counts"]["evs"], result["feeders"]
    return Cost(count, feeders, wall_s, cpu_s, meter.peak_mb, meter.parent_mb)


def told(cost: Cost, first: Cost) -> str:
    """A line of the table."""
    each = 1000 * cost.cpu_s / cost.cars
    ratio = (cost.cpu_s / cost.cars) / (first.cpu_s / first.cars)
    return (
        f"{cost.cars:>9,} cars {cost.feeders:>5,} feeders {cost.wall_s:>7.1f} s wall "
        f"{cost.cpu_s:>8.1f} s CPU {each:>6.2f} ms a car (x {ratio:.2f}) "
        f"{cost.peak_mb:>6,.0f} MB all, {cost.parent_mb:,.0f} MB this process"
    )


def extrapolated(costs: list[Cost]) -> str:
    """What a million would take by the last two sizes; nothing where it was run."""
    if costs[-1].cars >= 0.99 * AIM or len(costs) < 2:
        return ""
    last, before = costs[-1], costs[-2]
    slope = (last.cpu_s - before.cpu_s) / (last.cars - before.cars)
    cpu_s = last.cpu_s + slope * (AIM - last.cars)
    wall_s = cpu_s / WORKERS
    return (
        f"EXTRAPOLATED, not measured: a million cars {cpu_s:,.0f} s CPU, "
        f"{wall_s / 60:.1f} min on {WORKERS} free cores, by the {1000 * slope:.2f} ms "
        "a car that the last size took beyond the one before"
    )


def main() -> None:
    """Print a line a size."""
    with tempfile.TemporaryDirectory(dir=OUT or None) as place:
        costs: list[Cost] = []
        busy = psutil.cpu_percent(1)
        print(f"processors {busy:.0f} % busy with other work; policy {POLICY}")
        for cars in sorted(CARS):
            costs.append(measured(cars, Path(place)))
            print(told(costs[-1], costs[0]), flush=True)
        print(extrapolated(costs))


if __name__ == "__main__":
    sys.exit(main())
