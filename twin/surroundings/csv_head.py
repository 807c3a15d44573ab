"""What was measured at a feeder's head, read from a CSV file and checked.

    time,kw             or    time,kw,kvar

Mean power into the feeder over the interval that starts at ``time``, export < 0. Times
are as in load files: local, or with an offset; no gaps; the whole run is covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.arrays import Floats, Ints
from twin.errors import nearest
from twin.surroundings.csv_cells import numbers, read_cells, wrong
from twin.surroundings.csv_times import (
    check_cover,
    instants_of,
    offset_s,
    on_steps,
    regular_step_s,
)
from twin.timeline import Timeline

KEY = "customers.feeder_head"
COLUMNS = ("time", "kw", "kvar")
STUCK_H = 4.0


@dataclass(frozen=True)
class FeederHead:
    """Measured power by the run's interval, and a day more where the file has it.

    kw     [n_step or more], into the feeder
    kvar   the same, none where the file has none
    row    line of the file that each interval is read from
    """

    path: Path
    kw: Floats
    kvar: Floats | None
    line: Ints
    notes: tuple[str, ...]


def feeder_head(path: Path, timeline: Timeline) -> FeederHead:
    """Read and check the file; InputError with file, line and column."""
    table = read_cells(path, KEY)
    for place, name in enumerate(table.columns):
        if place >= len(COLUMNS) or name != COLUMNS[place]:
            raise wrong(
                path,
                1,
                name,
                f"got the columns {', '.join(table.columns)}; allowed: time,kw or "
                f"time,kw,kvar, in this order{nearest(name.lower(), COLUMNS)}",
            )
    instants = instants_of(table["time"], path, timeline)
    step_s = regular_step_s(instants, path, timeline)
    power = numbers(table.select(table.columns[1:]), path, signed=True)
    first = offset_s(instants[0], timeline)
    check_cover(first, step_s, len(power), path, timeline)
    laid = on_steps(power, first, step_s, timeline).astype(np.float64)
    starts = np.arange(len(laid)) * timeline.step_s - first
    return FeederHead(
        path=path,
        kw=laid[:, 0],
        kvar=laid[:, 1] if laid.shape[1] > 1 else None,
        line=starts // step_s + 2,
        notes=_remarks(power[:, 0], path, step_s, timeline),
    )


def _remarks(
    kw: Floats, path: Path, step_s: int, timeline: Timeline
) -> tuple[str, ...]:
    """What is odd about the readings: stuck, zero, held over several intervals."""
    found = []
    longest_h = _longest_flat(kw) * step_s / 3600.0
    if longest_h >= STUCK_H:
        found.append(
            f"{path.name}: one value stands for {longest_h:g} hours: a stuck meter?"
        )
    zeros = int(np.count_nonzero(kw == 0.0))
    if zeros:
        found.append(f"{path.name}: {zeros} readings are exactly 0: lost ones?")
    if step_s > timeline.step_s:
        found.append(
            f"{path.name}: its intervals of {step_s // 60} min are held over the run's "
            f"of {timeline.step_min} min, so the head is flat within each"
        )
    return tuple(found)


def _longest_flat(series: Floats) -> int:
    """Length of the longest run of one value."""
    edges = np.concatenate(
        ([-1], np.flatnonzero(np.diff(series) != 0), [len(series) - 1])
    )
    return int(np.diff(edges).max())
