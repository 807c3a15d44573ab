"""How many EV-days a second the village lives, and how cost grows with size.

Run as a script: ``python tests/benchmarks/bench_village.py``. CPU seconds of one
process are counted, so that a busy machine disturbs little; the whole command is
measured by the wall, too.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for threads in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
sys.path.insert(0, str(Path(__file__).parent))

from copies import copies

from twin.scenario.read import read
from twin.simulation.build import Grid, build, load_grid, plan
from twin.simulation.run import simulate

VILLAGE = Path(__file__).parents[2] / "scenarios" / "village.yaml"
V2G = ("policy.name=v2g_peak",)
COMMAND_DAYS = (7, 365)


def main() -> None:
    """Print every figure."""
    if len(sys.argv) > 1 and sys.argv[1] == "memory":
        _live_large(int(sys.argv[2]), int(sys.argv[3]))
        return
    grid = load_grid(read(VILLAGE))
    print("| what | EV-days/s | CPU ms/step |")
    print("|---|---|---|")
    _in_process(grid)
    _as_command()
    _growth(grid)
    _memory()


def _in_process(grid: Grid) -> None:
    scenario = read(VILLAGE, (*V2G, "fleet.ev_count=1000"))
    planned = plan(scenario, grid)
    simulate(build(planned))
    best_s = min(_cpu_s(planned) for _ in range(5))
    steps = planned.timeline.n_steps
    speed = 1000 * scenario.time.days / best_s
    print(
        f"| in process, 1,000 cars, v2g_peak, best of 5 | {speed:,.0f} | "
        f"{1000 * best_s / steps:.3f} |"
    )


def _cpu_s(planned) -> float:
    world = build(planned)
    began = time.process_time()
    simulate(world)
    return time.process_time() - began


def _as_command() -> None:
    """``twin run`` with every table written, checksummed and audited."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "twin", "run", str(VILLAGE), "--out", out]
        command += ["--set", "policy.name=v2g_peak", "--set", "fleet.ev_count=1000"]
        for days in COMMAND_DAYS:
            began, before = time.perf_counter(), _children_s()
            words = [*command, "--set", f"time.days={days}", "--quiet", "--force"]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            wall_s, cpu_s = time.perf_counter() - began, _children_s() - before
            print(
                f"| twin run, {days} days, whole command, CPU (wall) | "
                f"{1000 * days / cpu_s:,.0f} ({1000 * days / wall_s:,.0f}) | "
                f"{1000 * cpu_s / (96 * days):.3f} |"
            )


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _growth(grid: Grid) -> None:
    """Copies of the village, one car a home up to the number wanted."""
    for cars in (100, 300, 1_000, 3_000, 10_000):
        n = -(-cars // 1_506)
        large = Grid(copies(grid.feeder, n), grid.net) if n > 1 else grid
        scenario = read(VILLAGE, (*V2G, f"fleet.ev_count={cars}", "time.days=2"))
        planned = plan(scenario, large)
        best_s = min(_cpu_s(planned) for _ in range(3))
        print(
            f"| {cars:,} cars on {n} villages | {cars * 2 / best_s:,.0f} | "
            f"{1000 * best_s / planned.timeline.n_steps:.3f} |"
        )


def _memory() -> None:
    cars, days = 10_000, 30
    words = [sys.executable, __file__, "memory", str(cars), str(days)]
    print(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def _live_large(cars: int, days: int) -> None:
    """A large run that writes every table, and how much memory it took."""
    from twin.results.store import RunWriter
    from twin.simulation import statics

    grid = load_grid(read(VILLAGE))
    large = Grid(copies(grid.feeder, -(-cars // 1_506)), grid.net)
    scenario = read(VILLAGE, (*V2G, f"fleet.ev_count={cars}", f"time.days={days}"))
    planned = plan(scenario, large)
    with (
        tempfile.TemporaryDirectory() as out,
        RunWriter.open(Path(out), "large", "0" * 16) as writer,
    ):
        world = build(planned, writer)
        began = time.perf_counter()
        simulate(world)
        start = world.fleet.state["soc"].copy()
        writer.table("nodes", statics.nodes(planned))
        writer.table("branches", statics.branches(planned))
        writer.table("transformers", statics.transformers(planned))
        writer.table("customers", statics.customers(planned, world))
        writer.table("evs", statics.evs(planned, world, start))
        writer.finish({"wall_time_s": {}})
        wall_s = time.perf_counter() - began
    print(
        f"{cars:,} cars, {days} days, all tables written: at most {_peak_gb():.2f} GB, "
        f"{cars * days / wall_s:,.0f} EV-days/s by the wall"
    )


def _peak_gb() -> float:
    """Highest resident memory of this process; rusage would tell its parent's, too."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6


if __name__ == "__main__":
    main()
