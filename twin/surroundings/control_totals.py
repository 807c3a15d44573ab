"""Control totals: how many EVs, how much PV and load there are in which year.

    year,evs                            or    year,ev_share
    year,evs,load_factor,pv_kw,heat_pumps     and so on

What is given for a year is met exactly; between years totals run straight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from twin.errors import InputError, Problem, nearest
from twin.surroundings.csv_rows import rows_of

KEY = "adoption.totals"
COUNTS = {"evs": "ev_share", "pv_kw": "pv_share", "heat_pumps": "heat_pump_share"}
COLUMNS = (
    "year",
    *(name for pair in COUNTS.items() for name in pair),
    "load_factor",
)
MOST = {
    "ev_share": 16.0,
    "pv_share": 1.0,
    "heat_pump_share": 1.0,
    "load_factor": 10.0,
    "year": 2199.0,
}
FALLING = ("load_factor",)


@dataclass(frozen=True)
class Totals:
    """Columns by year; ``illustrative`` where they are nobody's forecast."""

    years: tuple[int, ...]
    columns: Mapping[str, tuple[float, ...]]
    illustrative: bool = False
    source: str = ""

    def at(self, column: str, year: int) -> float | None:
        """A column's value in a year, straight between two; None if not there."""
        values = self.columns.get(column)
        return None if values is None else float(np.interp(year, self.years, values))

    def refuse_beyond(self, year: int) -> None:
        """InputError where they do not reach a year."""
        first, last = self.years[0], self.years[-1]
        if first <= year <= last:
            return
        whose = f"{self.source} runs"
        whose = "illustrative totals run" if self.illustrative else whose
        raise InputError.of(
            f"got {year}; {whose} from {first} to {last}", key="adoption.year"
        )

    def homes(self, thing: str, year: int, n_home: int, each: float = 1.0) -> int:
        """How many of a thing (a key of COUNTS) there are among so many homes.

        ``each`` is what one of them counts, as the kW of one roof's PV.
        """
        total, share = self.at(thing, year), self.at(COUNTS[thing], year)
        if total is not None:
            return round(total / each)
        return 0 if share is None else round(share * n_home)


def read_totals(path: Path) -> Totals:
    """The totals in a CSV file; InputError with every problem and its place."""
    lines = rows_of(path, KEY)
    header = [word.strip() for word in lines[0]] if lines else []
    problems = _header_problems(path, header)
    if problems:
        raise InputError(problems)
    rows = [
        (number, line)
        for number, line in enumerate(lines[1:], 2)
        if any(map(str, line))
    ]
    table = [_row(path, number, line, header, problems) for number, line in rows]
    if not problems:
        problems += _order_problems(path, header, table, [n for n, _ in rows])
    if problems:
        raise InputError(problems)
    columns = {
        name: tuple(row[place] for row in table)
        for place, name in enumerate(header)
        if name != "year"
    }
    at = header.index("year")
    return Totals(tuple(int(row[at]) for row in table), columns, source=path.name)


def _header_problems(path: Path, header: Sequence[str]) -> list[Problem]:
    found = []
    for column, word in enumerate(header, start=1):
        where = f"{path}:1:{column}"
        if word not in COLUMNS:
            hint = nearest(word, COLUMNS)
            message = f"unknown column '{word}'; allowed: {', '.join(COLUMNS)}{hint}"
            found.append(Problem(where, KEY, message))
        elif header.index(word) < column - 1:
            found.append(Problem(where, KEY, f"the column '{word}' comes twice"))
    for total, share in COUNTS.items():
        if total in header and share in header:
            where = f"{path}:1:{header.index(share) + 1}"
            found.append(Problem(where, KEY, f"{total} and {share}: one of them"))
    if "year" not in header:
        found.append(Problem(f"{path}:1:1", KEY, "column 'year' is missing"))
    if not {"evs", "ev_share"} & set(header):
        message = "column 'evs' or 'ev_share' is missing"
        found.append(Problem(f"{path}:1:1", KEY, message))
    return found


def _row(
    path: Path,
    number: int,
    line: Sequence[str],
    header: Sequence[str],
    problems: list[Problem],
) -> list[float]:
    if len(line) != len(header):
        message = f"got {len(line)} values, the header has {len(header)}"
        problems.append(Problem(f"{path}:{number}:1", KEY, message))
        return [math.nan] * len(header)
    row = []
    for column, (word, name) in enumerate(zip(line, header, strict=True), start=1):
        value = _number(word.strip())
        most = MOST.get(name, 1e9)
        whole = name not in ("year", "evs", "heat_pumps") or value == round(value, 0)
        least = 1990.0 if name == "year" else 0.0
        if not (least <= value <= most and whole):
            kind = "a number" if name in (*MOST, "pv_kw") else "a whole number"
            allowed = f"{kind} from 0 to {most:,.0f}"
            allowed = "a year from 1990 to 2199" if name == "year" else allowed
            message = f"got '{word.strip()}', allowed is {allowed}"
            problems.append(Problem(f"{path}:{number}:{column}", name, message))
        row.append(value)
    return row


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _order_problems(
    path: Path,
    header: Sequence[str],
    table: Sequence[Sequence[float]],
    lines: Sequence[int],
) -> list[Problem]:
    """Years rise, and what there is of a thing does not fall."""
    if not table:
        return [Problem(f"{path}:2:1", KEY, "no rows; at least one year is needed")]
    found = []
    for column, name in enumerate(header):
        for place, (before, row) in enumerate(pairwise(table), start=1):
            where = f"{path}:{lines[place]}:{column + 1}"
            was, now = before[column], row[column]
            if name == "year" and now <= was:
                message = f"got {now:.0f} after {was:.0f}; years must rise"
                found.append(Problem(where, name, message))
            elif name not in FALLING and now < was:
                message = (
                    f"got {now:g} after {was:g}; totals must not fall: what wears out "
                    "is replaced"
                )
                found.append(Problem(where, name, message))
    return found
