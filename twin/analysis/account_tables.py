"""The single place that says what the tables hold that an export adds to a run's own.

``docs/exports.md`` comes from here (``python -m twin.analysis.account_tables``).
``<...>`` stands for a word of the tariff's: a period, or a demand window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType

from twin.accounts.chemistries import CHEMISTRIES
from twin.accounts.rainflow import CLASS_EDGES
from twin.results.naming import INDEX, named_columns
from twin.tables import Column, Table

MONTH = "of a month of 365.25 / 12 days"


def _text(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, "text", unit, meaning)


def _number(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "f64", unit, meaning)


def _usd(name: str, meaning: str) -> Column:
    return _number(name, "USD", meaning)


_CUSTOMER = (
    Column("customer", "i32", "", "the customer"),
    _text("name", "its name"),
    _text("kind", "home, business or other"),
)

_TRANSFORMER_LIFE = Table(
    "transformer_life",
    "transformer, the quickest to age first; with `output.level: all`",
    (
        Column("transformer", "i32", "", "the transformer"),
        _text("name", "its name"),
        _number("rating_kva", "kVA", "normal rating"),
        _text("thermal_class", "class of rating whose usual thermal values are taken"),
        _number("hot_spot_degc", "degC", "its hottest hot spot"),
        _text("time", "when that was, local time"),
        _number("rate", "-", "mean ageing; 1 is normal"),
        _number("aged_h_per_day", "h", "hours of normal ageing a day"),
        _number("aged_h", "h", "hours of normal ageing in the run"),
        _number("life_used", "share", "these of a normal life of 180,000 hours"),
        _number("above_110_h", "h", "with a hot spot above 110 degC"),
        _number("above_140_h", "h", "with a hot spot above 140 degC"),
        _number("unknown_h", "h", "left out: no solution, or no rating"),
    ),
)

_BILLS = Table(
    "bills",
    "customer and calendar month",
    (
        *_CUSTOMER,
        _text("month", "its first day, local date"),
        Column("days", "i32", "days", "billed days, whole ones of the run"),
        Column("days_in_month", "i32", "days", "that the month has"),
        _number("import_kwh", "kWh", "drawn through the meter"),
        _number("export_kwh", "kWh", "given through the meter, >= 0"),
        _number("<period>_kwh", "kWh", "drawn in a period of the tariff"),
        _number("<window>_kw", "kW", "highest mean power in a demand window"),
        _usd("energy_<period>_usd", "energy drawn in that period"),
        _usd("event_adder_usd", "adder on energy drawn in called hours"),
        _usd("baseline_credit_usd", "credit below an allowance; <= 0"),
        _usd("fixed_usd", "fixed charges"),
        _usd("demand_<window>_usd", "charge for the highest power in that window"),
        _usd("minimum_usd", "what is missing to the least bill"),
        _usd("export_credit_usd", "paid for energy given; <= 0"),
        _usd("event_pay_usd", "paid by a programme for called days; <= 0"),
        _usd("total_usd", "to be paid: the sum of the USD before it"),
    ),
)

_BILL_BY_HOME = Table(
    "bill_by_home",
    "customer, beside reference charging",
    (
        *_CUSTOMER,
        Column("evs", "i32", "", "cars at home here"),
        _usd("bill_usd", "bill over the billed days"),
        _usd("reference_bill_usd", "the same under reference charging"),
        _usd("bill_change_usd", "difference: bill_usd - reference_bill_usd"),
        _usd("public_change_usd", "difference of its cars' charging away, whole run"),
        _number("change_usd_per_month", "USD/month", f"both differences, {MONTH}"),
    ),
)


def _of_chemistry(name: str) -> tuple[Column, ...]:
    word = name.upper()
    beyond = "difference from reference charging; < 0: spared"
    return (
        _number(
            f"{name}_calendar_change",
            "share",
            f"capacity lost by time if {word}, of the new one: {beyond}",
        ),
        _number(f"{name}_cycling_change", "share", f"lost by cycles: {beyond}"),
        _number(f"{name}_loss_change", "share", f"lost by both: {beyond}"),
        _usd(f"{name}_change_usd", "that loss as a part of a pack's price"),
        _number(
            f"{name}_change_usd_per_kwh_given",
            "USD/kWh",
            "that by energy given; null where the car gave nothing",
        ),
    )


def _cycles(before: str, how: str) -> tuple[Column, ...]:
    deep = [
        _number(
            f"{before}cycles_{100 * low:.0f}_{100 * high:.0f}",
            "-",
            f"how many from {100 * low:.0f} to {100 * high:.0f} % deep {how}; half a "
            "cycle is 0.5",
        )
        for low, high in pairwise(CLASS_EDGES)
    ]
    return (
        _number(f"{before}full_cycles", "-", f"cycles of the whole capacity {how}"),
        _number(f"{before}deepest_cycle", "share", f"depth of the deepest {how}"),
        *deep,
    )


_WEAR_BY_CAR = Table(
    "wear_by_car",
    "car, its cycles, and its wear beside reference charging",
    (
        Column("ev", "i32", "", "the car"),
        _text("model", "name in the catalogue"),
        Column("customer", "i32", "", "home where it lives"),
        _number("capacity_kwh", "kWh", "usable battery capacity"),
        _number("charged_kwh", "kWh", "drawn, at the AC side"),
        _number("reference_charged_kwh", "kWh", "drawn under reference charging"),
        _number("given_kwh", "kWh", "given, at the AC side, >= 0"),
        *_cycles("", "by rainflow"),
        *_cycles("reference_", "under reference charging"),
        *(column for name in CHEMISTRIES for column in _of_chemistry(name)),
    ),
)

_LEDGER = Table(
    "ledger",
    "posting: who pays whom for what, in the run and under reference charging; all "
    "postings are over the whole run, bills over its billed days by month",
    (
        _text("kind", "what is paid for"),
        _text("payer", "who pays; below 0 USD it flows the other way"),
        _text("payee", "who gets it"),
        Column("customer", "i32", "", "whose account among the homes; null: none"),
        Column("ev", "i32", "", "for which car; null: none in particular"),
        Column("first", "time", "UTC", "start of the intervals that it is made of"),
        Column("until", "time", "UTC", "their end"),
        _text("unit", "of the quantities"),
        _number("quantity", "-", "what is paid for, in `unit`"),
        _number("reference_quantity", "-", "the same under reference charging"),
        _usd("usd", "paid in the run"),
        _usd("reference_usd", "paid under reference charging"),
        _usd("change_usd", "difference: usd - reference_usd"),
        _text("source", "columns of the run's tables that it is made of"),
    ),
)

ACCOUNT_TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _TRANSFORMER_LIFE,
            _BILLS,
            _BILL_BY_HOME,
            _WEAR_BY_CAR,
            _LEDGER,
        )
    }
)


def fits(table: Table, written: Iterable[str]) -> bool:
    """Whether columns are those that a table declares, in its order.

    A column with a ``<word>`` stands for none, one or several next to each other.
    """
    declared = "".join(_pattern(name) for name in table.column_names)
    return re.fullmatch(declared, "".join(f"{name}\n" for name in written)) is not None


def _pattern(name: str) -> str:
    plain = re.sub(r"<[a-z]+>", "[a-z0-9_]+?", name)
    return f"(?:{plain}\n)*" if plain != name else f"{plain}\n"


def as_markdown(tables: Iterable[Table]) -> str:
    """``docs/exports.md``: every such table, its columns, units and meaning."""
    return "\n".join([_HEAD, *(_section(table) for table in tables)])


def _section(table: Table) -> str:
    return "\n".join(
        [
            f"## `{table.name}`\n",
            f"One row per {table.one_row_per}.\n",
            "| column | unit | meaning |",
            "|---|---|---|",
            *_rows(table),
            "",
        ]
    )


def _rows(table: Table) -> Iterator[str]:
    for name in named_columns(table.column_names):
        column = table.column(name.removesuffix(INDEX))
        meaning = "its position" if name.endswith(INDEX) else column.meaning
        yield f"| `{name}` | {column.unit or '-'} | {meaning} |"


_HEAD = """\
# The tables of an export

Generated from `twin/analysis/account_tables.py`; do not edit
(`python -m twin.analysis.account_tables > docs/exports.md`).

`twin export RUN --to csv` writes a run's own tables, as [tables.md](tables.md)
describes them, and those below, which are made of them where the run has what they
need. `--to xlsx` puts those that fit on a sheet into one workbook, `--to geojson` nodes
and branches on a map.

- A column that names an asset (`node`, `from_node`, `to_node`, `branch`, `customer`,
  `ev`, `transformer`) holds its name, the same in every file; `<asset>_index` beside it
  is its position, which the parquet files have under the plain name. Names may come
  twice, positions do not.
- A table with array columns becomes a row per interval and asset.
- `name` is left out where it would repeat that of the row's customer or transformer.
- Of an unfinished run, the days that it has; what needs the names of customers and
  cars, which a run writes at its end, is left out, and the command says so.
- A column that says *difference* is the run less the same cars on the same trips under
  the run's `reference`; without one, `bill_by_home` and `ledger` are not written,
  and those columns of `wear_by_car` are empty.
"""

if __name__ == "__main__":
    print(as_markdown(ACCOUNT_TABLES.values()), end="")
