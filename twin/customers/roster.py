"""A utility's list of known customers: where, how much, solar, cars, chargers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import InputError, Problem, nearest
from twin.surroundings.csv_rows import rows_of

if TYPE_CHECKING:
    from twin.arrays import Ints

REQUIRED = ("customer", "node")
MOST_EVS = 16
NUMBERS = ("annual_kwh", "pv_kw", "evs", "charger_kw", "medical")


@dataclass(frozen=True)
class Record:
    """What is known of one customer; None where the file says nothing."""

    customer: str
    node: str
    annual_kwh: float | None
    pv_kw: float | None
    evs: int | None
    charger_kw: float | None
    medical: bool | None = None


@dataclass(frozen=True)
class Roster:
    """All records of a file, in its order."""

    records: tuple[Record, ...]

    @classmethod
    def read(cls, path: Path) -> Roster:
        """Read a CSV with a header: ``REQUIRED`` columns and any of ``NUMBERS``.

        The first two columns are required, a number may be left empty. InputError
        with every problem as ``file:line:column``.
        """
        problems: list[Problem] = []
        records = list(_records(path, problems))
        if problems:
            raise InputError(problems)
        return cls(tuple(records))

    def matched(
        self, node: Ints, node_of_bus: Mapping[str, int]
    ) -> tuple[dict[int, Record], list[str]]:
        """Records by home, given each home's node [n]; and who found no home.

        The first record of a node gets its first home, and so on.
        """
        free: dict[int, list[int]] = defaultdict(list)
        for home in reversed(range(len(node))):
            free[int(node[home])].append(home)
        by_home: dict[int, Record] = {}
        unmatched = []
        for record in self.records:
            homes = free.get(node_of_bus.get(record.node, -1), [])
            if homes:
                by_home[homes.pop()] = record
            else:
                unmatched.append(f"{record.customer} at {record.node}")
        return by_home, unmatched


def _records(path: Path, problems: list[Problem]) -> Iterator[Record]:
    lines = rows_of(path, "customers.file")
    header = [word.strip() for word in lines[0]] if lines else []
    allowed = (*REQUIRED, *NUMBERS)
    for column, word in enumerate(header, start=1):
        if word not in allowed:
            hint = nearest(word, allowed)
            message = f"unknown column '{word}'; allowed: {', '.join(allowed)}{hint}"
            problems.append(Problem(f"{path}:1:{column}", "customers.file", message))
    for word in REQUIRED:
        if word not in header:
            message = f"column '{word}' is missing"
            problems.append(Problem(f"{path}:1:1", "customers.file", message))
    if problems:
        return
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not any(word.strip() for word in line):
            continue
        if len(line) != len(header):
            message = f"got {len(line)} values, the header has {len(header)}"
            problems.append(Problem(f"{path}:{number}", "customers.file", message))
            continue
        record = _record(path, number, dict(zip(header, line, strict=True)), problems)
        if record.customer in seen:
            message = f"'{record.customer}' is also on line {seen[record.customer]}"
            problems.append(Problem(f"{path}:{number}", "customer", message))
        seen[record.customer] = number
        yield record


def _record(
    path: Path, number: int, line: dict[str, str], problems: list[Problem]
) -> Record:
    def value(key: str, most: float) -> float | None:
        text = line.get(key, "").strip()
        if not text:
            return None
        try:
            parsed = float(text)
        except ValueError:
            parsed = float("nan")
        if 0.0 <= parsed <= most:
            return parsed
        message = f"got '{text}', allowed is a number from 0 to {most:,.0f}"
        problems.append(Problem(f"{path}:{number}", key, message))
        return None

    evs = value("evs", MOST_EVS)
    if evs is not None and evs != int(evs):
        message = f"got '{line['evs']}', allowed is a whole number"
        problems.append(Problem(f"{path}:{number}", "evs", message))
    medical = value("medical", 1)
    if medical is not None and medical != int(medical):
        message = f"got '{line['medical']}', allowed is 0 or 1"
        problems.append(Problem(f"{path}:{number}", "medical", message))
    for key in REQUIRED:
        if not line.get(key, "").strip():
            what = "a name" if key == "customer" else "the bus or the load's name"
            problems.append(
                Problem(f"{path}:{number}", key, f"is empty, needed: {what}")
            )
    return Record(
        customer=line.get("customer", "").strip(),
        node=line.get("node", "").strip(),
        annual_kwh=value("annual_kwh", 1e7),
        pv_kw=value("pv_kw", 1e5),
        evs=None if evs is None else int(evs),
        charger_kw=value("charger_kw", 1e3),
        medical=None if medical is None else medical > 0,
    )
