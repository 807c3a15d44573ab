"""Bills of a run, kept beside it: what went through every meter is read once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twin.accounts import baselines, rates
from twin.accounts import bills as making
from twin.analysis import bills, meters
from twin.analysis.bills import Bills, bills_of_run, with_names
from twin.analysis.kept import kept
from twin.arrays import Floats, Ints
from twin.results.record import Run
from twin.surroundings import programmes, tariff, tariff_files, tariffs

HEAD = ("customer", "month", "days", "days_in_month")
NAMES = ("name", "kind")
CODE = (
    bills,
    meters,
    making,
    baselines,
    rates,
    programmes,
    tariff,
    tariff_files,
    tariffs,
)


@dataclass(frozen=True)
class BillColumns:
    """Bills as columns; no rows where there are none. [n_row], values [n_row, n_name]

    names   of the columns of ``values``: energy, peaks, components, their sum
    tariff  by which they are made; empty where there are none
    billed  how many days                                                           [1]
    span_s  since 1970, where a month's billed intervals begin and end     [n_month, 2]
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
    span_month: Ints
    span_s: Ints


def kept_bills(
    run: Run, scenario: Mapping[str, Any], asked: str = "", reference: bool = False
) -> Bills | None:
    """The same as ``bills_of_run``, quickly the second time."""
    if reference and not run.has("shadow_steps"):
        return None
    found = kept(
        run,
        "shadow_steps" if reference else "customer_steps",
        BillColumns,
        (asked, _made_by()),
        lambda: _columns(bills_of_run(run, scenario, asked, reference)),
        asked.replace("/", "") + "-reference" * reference,
    )
    return _bills(run, found)


def _columns(of: Bills | None) -> BillColumns:
    if of is None:
        none = np.zeros(0, np.int64)
        heads = (none, none, none, none)
        spans = (none, np.zeros((0, 2), np.int64))
        return BillColumns((), np.zeros((0, 0)), *heads, (), none, (), *spans)
    frame = of.frame
    names = tuple(one for one in frame.columns if one not in (*HEAD, *NAMES))
    head = {
        name: frame[name].cast(pl.Int32).to_numpy().astype(np.int64) for name in HEAD
    }
    values = frame.select(names).to_numpy().astype(np.float64)
    return BillColumns(
        names,
        values,
        **head,
        tariff=(of.tariff,),
        billed=np.array([of.days]),
        notes=of.notes,
        span_month=np.array([month.toordinal() for month in of.spans]),
        span_s=np.array(
            [[round(at.timestamp()) for at in span] for span in of.spans.values()]
        ),
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
    spans = {
        date.fromordinal(int(month)): (_utc(begin), _utc(end))
        for month, (begin, end) in zip(found.span_month, found.span_s, strict=True)
    }
    return Bills(with_names(run, dated), found.tariff[0], billed, found.notes, spans)


def _utc(second: np.int64) -> datetime:
    return datetime.fromtimestamp(int(second), UTC)


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
