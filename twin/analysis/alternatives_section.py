"""The report's section on alternatives, and the same for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.console import Console
from rich.table import Table

from twin.analysis import page
from twin.analysis.alternatives import LEFT, Alternatives
from twin.analysis.alternatives_figure import about, cost_figure
from twin.analysis.alternatives_words import FIGURES, answer, band, effects, notes, usd

TITLE = "Alternatives side by side"
MONEY = ("investment USD", "yearly USD", "NPV of cost USD")
ITEMS = (
    "variant",
    "what",
    "investment USD",
    "yearly USD",
    "life years",
    "NPV USD",
    "price",
)
WIDTH = 100
BRIEF = (
    "transf. over", "transf. emerg.", "lines over", "lines emerg.", "cust. outside",
    "highest %", "lowest pu", "peak kW", "losses kWh", "dep. short %", "in batt. kWh",
)  # fmt: skip
BESIDES = ("peak_kw", "losses_kwh", "departures_short_share", "stored_change_kwh")
BEYOND = tuple(key for key in LEFT if key not in BESIDES)


def section(found: Alternatives) -> str:
    """Everything on alternatives that a study tells."""
    return "".join(
        [
            page.paragraphs([*answer(found), *effects(found)]),
            page.figure(
                "alternatives",
                "Cost against what is left beyond limits",
                about(found),
                cost_figure(found),
                "",
            ),
            page.table(("variant", "what it is", *MONEY), _money_rows(found), (0, 1)),
            "<h3>What is left</h3>",
            _left(found, BEYOND),
            _left(found, BESIDES),
            page.details("What each cures, asset by asset", _elements(found)),
            page.details(
                "What each costs, item by item",
                page.table(ITEMS, _item_rows(found), (0, 1, 6)),
            ),
            page.paragraphs(notes(found), "note"),
        ]
    )


def _money_rows(found: Alternatives) -> list[list[object]]:
    return [
        [
            row["variant"],
            row["words"],
            *(usd(row[key]) for key in ("investment_usd", "yearly_usd", "npv_usd")),
        ]
        for row in found.rows
    ]


def _left(found: Alternatives, keys: Sequence[str]) -> str:
    heads = (FIGURES[key].name for key in keys)
    rows = [[row["variant"], *(band(row, key) for key in keys)] for row in found.rows]
    return page.table(("variant", *heads), rows)


def _elements(found: Alternatives) -> str:
    """Assets beyond their normal rating under any variant: in how many seeds."""
    elements, n = found.record["elements"], len(found.record["seeds"])
    if not elements:
        return page.paragraphs(["No asset is beyond its normal rating anywhere."])
    labels = [row["variant"] for row in found.rows]
    rows: list[list[object]] = [
        [f"{one['kind']} {one['name']}", *(_of(one["seeds"][x], n) for x in labels)]
        for one in elements
    ]
    return page.table(("seeds beyond its normal rating", *labels), rows)


def _of(count: int, n: int) -> str:
    return f"{count} of {n}" if count else "–"


def _item_rows(found: Alternatives) -> list[list[object]]:
    return [
        [
            row["variant"],
            one["words"],
            usd(one["investment_usd"]),
            usd(one["yearly_usd"]),
            f"{one['life_years']:g}",
            usd(one["present_usd"]),
            one["mark"],
        ]
        for row in found.rows
        for one in found.of(row["variant"])["items"]
    ]


def text(found: Alternatives, width: int = WIDTH) -> str:
    """For a terminal: the answer, then two tables, then how money is counted."""
    console = Console(width=max(width, WIDTH), highlight=False, file=None)
    with console.capture() as said:
        console.print(TITLE, style="bold")
        for line in [*answer(found), *effects(found)]:
            console.print("\n".join(wrap(line, width)), markup=False)
        console.print()
        console.print(_sheet(("", *MONEY), _money_text(found)))
        console.print()
        console.print(_sheet(("left", *BRIEF), _left_text(found)))
        console.print()
        for line in notes(found):
            console.print("\n".join(wrap(line, width)), markup=False)
    return "\n".join(line.rstrip() for line in said.get().splitlines())


def _money_text(found: Alternatives) -> list[list[str]]:
    return [
        [
            row["variant"],
            *(usd(row[k]) for k in ("investment_usd", "yearly_usd", "npv_usd")),
        ]
        for row in found.rows
    ]


def _left_text(found: Alternatives) -> list[list[str]]:
    return [
        [
            row["variant"],
            *("\n".join(filter(None, band(row, key))) for key in LEFT),
        ]
        for row in found.rows
    ]


def _sheet(head: tuple[str, ...], rows: list[list[str]]) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    shown.add_column(head[0], no_wrap=True)
    for name in head[1:]:
        shown.add_column(name.replace("[", "\\["), justify="right")
    for row in rows:
        shown.add_row(*(cell.replace("[", "\\[") for cell in row))
    return shown
