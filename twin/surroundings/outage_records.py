"""Outages that happened: when in the day they began and how long they lasted.

A user's own file has the columns of the one that ships, ``start,hours`` and, if wished,
``customers``, which is not read: every row is as likely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from twin.arrays import Floats, Ints
from twin.errors import InputError, Problem, nearest
from twin.surroundings.csv_rows import rows_of

DATA = Path(__file__).parents[1] / "data" / "outages"
REQUIRED, NOT_READ = ("start", "hours"), ("customers",)
LONGEST_H = 8760.0
SHOWN = 20
START = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?")


@dataclass(frozen=True)
class OutageRecords:
    """Records of equal weight: in the file that ships, in customer interruptions.

    minute  of the local day at which each began    [n]
    hours   how long it lasted                      [n]
    """

    minute: Ints
    hours: Floats

    def __len__(self) -> int:
        return len(self.minute)

    def drawn(self, draw: float) -> tuple[int, float]:
        """Minute and hours of one record, by a uniform draw: both of the same one."""
        row = int(draw * len(self))
        return int(self.minute[row]), float(self.hours[row])


def records_file(said: str) -> Path:
    """Where the records lie: those that ship by name, a user's by the file's path."""
    return Path(said) if is_file(said) else DATA / f"{said}.csv"


def is_file(said: str) -> bool:
    """Whether a user's file is meant, not records that ship."""
    return said.lower().endswith(".csv")


def outage_records(said: str, key: str = "records") -> OutageRecords:
    """Read and check them; InputError with every bad cell as file, line and column."""
    path = records_file(said)
    problems: list[Problem] = []
    rows = list(_rows(path, key, problems))
    if not rows and not problems:
        allowed = "a header and one row an outage"
        problems = [Problem(f"{path}:1", key, f"no outages; allowed: {allowed}")]
    if problems:
        more = len(problems) - SHOWN
        last = [Problem(str(path), key, f"and {more} more")] if more > 0 else []
        raise InputError([*problems[:SHOWN], *last])
    minute, hours = zip(*rows, strict=True)
    return OutageRecords(np.array(minute, np.int64), np.array(hours, np.float64))


def records_note(said: str) -> str:
    """What stands behind the outages drawn from records."""
    records, name = outage_records(said), records_file(said).name
    return (
        f"outage records {name}: starts and lengths drawn from {len(records)} rows, "
        f"each as likely; mean {records.hours.mean():.1f} h, median "
        f"{np.median(records.hours):.1f} h"
    )


def _rows(path: Path, key: str, problems: list[Problem]) -> Iterator[tuple[int, float]]:
    lines = rows_of(path, key)
    header = [word.strip() for word in lines[0]] if lines else []
    problems += _of_header(header, path, key)
    if problems:
        return
    column = {name: header.index(name) for name in header}
    for number, line in enumerate(lines[1:], start=2):
        if not any(word.strip() for word in line):
            continue
        if len(line) != len(header):
            message = f"got {len(line)} values, the header has {len(header)}"
            problems.append(Problem(f"{path}:{number}:1", key, message))
            continue
        minute = _minute(line, column, (path, number), problems)
        hours = _hours(line, column, (path, number), problems)
        if minute is not None and hours is not None:
            yield minute, hours


def _of_header(header: list[str], path: Path, key: str) -> Iterator[Problem]:
    allowed = (*REQUIRED, *NOT_READ)
    for place, word in enumerate(header, start=1):
        where = f"{path}:1:{place}"
        if word not in allowed:
            hint = nearest(word, allowed)
            message = f"unknown column '{word}'; allowed: {', '.join(allowed)}{hint}"
            yield Problem(where, key, message)
        elif word in header[: place - 1]:
            yield Problem(where, key, f"the column '{word}' comes twice")
    for word in REQUIRED:
        if word not in header:
            yield Problem(f"{path}:1:1", key, f"column '{word}' is missing")


def _minute(
    line: list[str],
    column: Mapping[str, int],
    at: tuple[Path, int],
    problems: list[Problem],
) -> int | None:
    """Minute of the local day at which an outage began."""
    place = column["start"]
    text = line[place].strip()
    try:
        start = datetime.fromisoformat(text) if START.fullmatch(text) else None
    except ValueError:
        start = None
    if start is not None:
        return 60 * start.hour + start.minute
    message = (
        f"got '{text}', allowed is a local time such as 2021-01-27T18:05, without an "
        "offset"
    )
    problems.append(Problem(f"{at[0]}:{at[1]}:{place + 1}", "start", message))
    return None


def _hours(
    line: list[str],
    column: Mapping[str, int],
    at: tuple[Path, int],
    problems: list[Problem],
) -> float | None:
    place = column["hours"]
    text = line[place].strip()
    try:
        hours = float(text)
    except ValueError:
        hours = float("nan")
    if 0.0 < hours <= LONGEST_H:
        return hours
    message = f"got '{text}', allowed is a number above 0 and at most {LONGEST_H:,.0f}"
    problems.append(Problem(f"{at[0]}:{at[1]}:{place + 1}", "hours", message))
    return None
