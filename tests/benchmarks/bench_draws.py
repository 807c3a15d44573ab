"""Draws of the village's peak day: who owns a car, which one, and everybody's day.

DRAWS=1000 python tests/benchmarks/bench_draws.py: 1,506 homes by phase, a car at six of
ten, v2g_peak, a summary of each; on as many workers as there are processors.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from twin.scenario.study import read_study
from twin.studies.cluster import local
from twin.studies.runner import run_study

DRAWS = int(os.environ.get("DRAWS", "24"))
VILLAGE = Path(__file__).parents[2] / "scenarios/village_winter_day.yaml"
STUDY = f"""\
schema: 1
name: draws
base: {VILLAGE}
variants: {{v2g_peak: {{policy.name: v2g_peak, fleet.ev_share: 0.6}}}}
seeds: {{first: 1, count: {DRAWS}}}
"""


def main() -> None:
    """Print what so many draws took."""
    n_workers = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = folder / "draws.yaml"
        file.write_text(STUDY)
        began = time.perf_counter()
        made = run_study(
            read_study(file), folder / "out", lambda line: None, local(n_workers)
        )
        wall_s = time.perf_counter() - began
        kept = sum(one.stat().st_size for one in folder.rglob("*.parquet")) / 1e9
        print(f"{made.name}: tables of {DRAWS} draws")
    cpu = sum(
        used.ru_utime + used.ru_stime
        for used in map(
            resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
    )
    print(
        f"{DRAWS} draws on {n_workers} workers: {wall_s / 60:.1f} min, "
        f"{wall_s / DRAWS:.2f} s a draw, {cpu:.0f} s of CPU, {kept:.2f} GB of tables; "
        f"a thousand by this rate: {1000 * wall_s / DRAWS / 60:.0f} min"
    )


if __name__ == "__main__":
    sys.exit(main())
