"""Bills of a run, kept beside it: what went through every meter is read once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twin.accounts import baselines, rates
from twin.accounts import bills as making
from twin.analysis import bills
from twin.analysis.bills import Bills, bills_of_run, with_names
from twin.analysis.kept import kept
from twin.arrays import Floats, Ints
from twin.results.record import Run
from twin.surroundings import programmes, tariff, tariff_files, tariffs

HEAD = ("customer", "month", "days", "days_in_month")
NAMES = ("name", "kind")
CODE = (bills, making, baselines, rates, programmes, tariff, tariff_files, tariffs)


@dataclass(frozen=True)
class BillColumns:
    """Bills as columns; no rows where there are none. [n_row], values [n_row, n_name]

    names   of the columns of ``values``: energy, peaks, components, their sum
    tariff  by which they are made; empty where there are none
    billed  how many days                                                           [1]
    """

    names: tuple[str, ...]
    values: Floats
    customer: Ints
    month: Ints
    days: Ints
    days_in_month: Ints
    tariff: tuple[str, ...]
    billed: Ints
    notes: tuple[str, ...]


def kept_bills(run: Run, scenario: Mapping[str, Any], asked: str = "") -> Bills | None:
    """The same as ``bills_of_run``, quickly the second time."""
    found = kept(
        run,
        "customer_steps",
        BillColumns,
        (asked, _made_by()),
        lambda: _columns(bills_of_run(run, scenario, asked)),
        asked.replace("/", ""),
    )
    return _bills(run, found)


def _columns(of: Bills | None) -> BillColumns:
    if of is None:
        none = np.zeros(0, np.int64)
        return BillColumns((), np.zeros((0, 0)), none, none, none, none, (), none, ())
    frame = of.frame
    names = tuple(one for one in frame.columns if one not in (*HEAD, *NAMES))
    head = {
        name: frame[name].cast(pl.Int32).to_numpy().astype(np.int64) for name in HEAD
    }
    values = frame.select(names).to_numpy().astype(np.float64)
    billed = np.array([of.days])
    return BillColumns(
        names, values, **head, tariff=(of.tariff,), billed=billed, notes=of.notes
    )


def _bills(run: Run, found: BillColumns) -> Bills | None:
    if not found.tariff:
        return None
    head = pl.DataFrame({name: getattr(found, name) for name in HEAD}).cast(
        {name: pl.Int32 for name in HEAD}
    )
    numbers = pl.DataFrame(found.values, schema=list(found.names))
    frame = pl.concat([head, numbers], how="horizontal")
    dated = frame.with_columns(pl.col("month").cast(pl.Date))
    billed = int(found.billed[0])
    return Bills(with_names(run, dated), found.tariff[0], billed, found.notes)


def _made_by() -> str:
    """What the bills follow from besides the run: how they are made, and the prices."""
    of = hashlib.sha256()
    for module in CODE:
        of.update(Path(str(module.__file__)).read_bytes())
    folders = {Path(tariffs.DATA), Path(tariffs.DATA).parent / "programmes"}
    for folder in sorted(folders):
        for file in sorted(folder.rglob("*.json")):
            of.update(file.read_bytes())
    return of.hexdigest()
