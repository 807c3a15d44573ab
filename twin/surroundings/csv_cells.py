"""A user's table of loads, its numbers checked and every bad cell named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats
from twin.errors import InputError, Problem
from twin.surroundings.csv_rows import refuse_other_separator

SHOWN = 20
TWICE = "_duplicated_"
KEYS = ("time", "day_type", "customer")


def read_cells(path: Path, key: str = "customers.profiles") -> pl.DataFrame:
    """The file's cells; anything that is no table is the user's error."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise InputError.of(f"the load file {what}", key, str(path))
    refuse_other_separator(path, key)
    try:
        table = _parsed(path)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError.of(
            f"not a readable CSV table: {reason}", key, str(path)
        ) from None
    if table.width < 2:
        raise InputError.of(
            "one column only; separate columns by commas and decimals by points",
            key,
            f"{path}:1",
        )
    if table.height == 0:
        raise InputError.of(
            "no rows of data; allowed: a header and one row per interval",
            key,
            f"{path}:1",
        )
    return table


def _parsed(path: Path) -> pl.DataFrame:
    """Loads as numbers where all are, else as text, so that bad cells can be named."""
    header = pl.read_csv(path, infer_schema=False, n_rows=0).columns
    for name in header:
        if TWICE in name:
            name = name.split(TWICE)[0]
            raise wrong(path, 1, name, f"the column '{name}' comes twice")
    loads = {name: pl.Float64 for name in header if name.strip() not in KEYS}
    try:
        table = pl.read_csv(path, infer_schema=False, schema_overrides=loads)
    except pl.exceptions.ComputeError:
        table = pl.read_csv(path, infer_schema=False)
    stripped = {name: name.strip() for name in header}
    return table.rename(stripped).with_columns(pl.col(pl.String).str.strip_chars())


def widen(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    """One row per interval and customer -> one column per customer."""
    twice = table.select(pl.struct("time", "customer").is_duplicated()).to_series()
    if twice.any():
        line = int(twice.arg_max() or 0) + 2
        raise wrong(path, line, "time", "the same time and customer come twice")
    kw = numbers(table.select("kw"), path)[:, 0]
    wide = table.with_columns(kw=pl.Series(kw)).pivot(
        "customer", index="time", values="kw"
    )
    for name in wide.columns[1:]:
        if wide[name].null_count():
            time = wide["time"][int(wide[name].is_null().arg_max() or 0)]
            raise wrong(path, 1, name, f"no row for customer '{name}' at {time}")
    return wide


def numbers(cells: pl.DataFrame, path: Path, signed: bool = False) -> Floats:
    """The cells as kW, >= 0 unless `signed` [rows, columns]; bad ones are named."""
    numbers = cells.select(pl.all().cast(pl.Float64, strict=False))
    low = pl.all() < (-np.inf if signed else 0.0)
    bad = numbers.select(
        (pl.all().is_null() | ~pl.all().is_finite() | low).fill_null(True)
    ).to_numpy()
    if bad.any():
        raise InputError(_cell_problems(cells, bad, path))
    kw: Floats = numbers.to_numpy().astype(np.float64)
    return kw


def _cell_problems(cells: pl.DataFrame, bad: Bools, path: Path) -> list[Problem]:
    rows, columns = np.nonzero(bad)
    problems = []
    for row, column in list(zip(rows.tolist(), columns.tolist(), strict=True))[:SHOWN]:
        name, cell = cells.columns[column], cells[row, column]
        text = "" if cell is None else str(cell)
        problems.append(Problem(f"{path}:{row + 2}", name, _fault_of(text)))
    if len(rows) > SHOWN:
        problems.append(Problem(str(path), "", f"and {len(rows) - SHOWN} cells more"))
    return problems


def _fault_of(text: str) -> str:
    if not text:
        return "empty; every interval needs a number of kW"
    try:
        value = float(text)
    except ValueError:
        return f"'{text}' is not a number; allowed: kW with a decimal point"
    if value < 0:
        return (
            f"{text} kW is negative; give what the home consumes, without PV: the twin "
            "adds PV itself"
        )
    return f"'{text}' is not a finite number of kW"


def wrong(path: Path, line: int, column: str, message: str) -> InputError:
    return InputError.of(message, column, f"{path}:{line}")
