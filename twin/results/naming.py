"""Puts names beside the numbers by which a run's tables know their assets.

In a run's files a column ``customer`` is a position among the customers; in what is
handed to other programs it is the customer's name, and ``customer_index`` the position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import polars as pl

from twin.results.record import Run
from twin.tables import TABLE_OF, TABLES, Per

KIND_OF: Mapping[str, Per] = MappingProxyType(
    {
        "node": "node",
        "from_node": "node",
        "to_node": "node",
        "branch": "branch",
        "customer": "customer",
        "ev": "ev",
        "transformer": "transformer",
        "battery": "battery",
    }
)
NAMED_BY_NAME = ("customer", "transformer", "battery")
INDEX = "_index"


def asset_names(run: Run, per: Per) -> list[str]:
    """What people call each node, branch, customer, car; in the arrays' order."""
    frame = run.static(TABLE_OF[per])
    if per == "node":
        return [
            f"{bus}.{phase}" if phase else str(bus)
            for bus, phase in frame.select("bus", "phase").iter_rows()
        ]
    if per == "ev":
        return [
            f"{ev} {model}" for ev, model in frame.select("ev", "model").iter_rows()
        ]
    if per == "branch":
        return [
            f"{name}.{phase}" if phase else str(name)
            for name, phase in frame.select("name", "phase").iter_rows()
        ]
    return [str(name) for name in frame["name"]]


def named(run: Run, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The same with each asset's name, its position beside it as ``<asset>_index``.

    What has no position has no name. A column ``name`` that would say the same of a
    customer, transformer or battery is left out.
    """
    columns = frame.collect_schema().names()
    picked: list[pl.Expr] = []
    for column in columns:
        per = KIND_OF.get(column)
        if per is not None:
            picked += _pair(column, asset_names(run, per))
        elif column != "name" or columns[0] not in NAMED_BY_NAME:
            picked.append(pl.col(column))
    return frame.select(picked)


def named_columns(columns: Iterable[str]) -> list[str]:
    """The columns' names after that."""
    told = list(columns)
    doubled = told[0] in NAMED_BY_NAME
    return [
        one
        for column in told
        if not (column == "name" and doubled)
        for one in ([column, column + INDEX] if column in KIND_OF else [column])
    ]


def assets_of(table: str) -> set[Per]:
    """The kinds of assets that a table speaks of."""
    columns = TABLES[table].columns
    kinds = {KIND_OF.get(column.name, column.per) for column in columns}
    return kinds - {""}


def nameless(run: Run) -> dict[str, list[str]]:
    """Tables with assets whose names are not written, and where those would be."""
    lacking = {
        name: [TABLE_OF[per] for per in TABLE_OF if per in assets_of(name)]
        for name in run.tables
    }
    found = {
        name: [table for table in tables if not run.has(table)]
        for name, tables in lacking.items()
    }
    return {name: tables for name, tables in found.items() if tables}


def _pair(column: str, names: list[str]) -> list[pl.Expr]:
    index = pl.col(column)
    name = index.replace_strict(
        range(len(names)), names, default=None, return_dtype=pl.String
    )
    return [name, index.alias(column + INDEX)]
