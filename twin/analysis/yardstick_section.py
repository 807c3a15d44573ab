"""The yardstick in words: a table for the screen and the report's section."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from twin.analysis import page
from twin.analysis.comparison import Comparison
from twin.analysis.yardstick import OBJECTIVES, Objective, Row, kept_rows

WIDTH = 100
UNIT = {"peak": "kW", "bill": "USD"}
NOT_YET = (
    "Not computed. `twin yardstick <run folder>` says how far the policy is from the "
    "best that perfect foresight could have done with the same cars, and adds it here."
)
BASIS: dict[Objective, str] = {
    "peak": (
        "Lowest possible highest load at customers' terminals (no losses, no voltage), "
        "by linear programmes with perfect foresight: the same stays at the plug, the "
        "same charge at arrival, at least the charge that each car left with, the same "
        "load and PV, converters at their best efficiency. An outage ends a stay, "
        "with the charge of that instant. No policy can be lower on these stays; one "
        "that does not know the future may not reach it."
    ),
    "bill": (
        "Lowest possible cost of energy of the homes with a car, at the prices that "
        "the run recorded, with the scenario's price on what batteries give: no fixed, "
        "demand or tiered charges. The same stays, charge at arrival and at departure, "
        "load and PV, an outage ending a stay; perfect foresight."
    ),
}
HEAD = (
    "place",
    "rating kVA",
    "cars",
    "of these two-way",
    "without cars",
    "at once",
    "policy",
    "best one-way",
    "best possible",
    "reached of one-way",
    "reached of possible",
    "given kWh",
    "least for the best kWh",
)


def section(comparison: Comparison) -> str:
    """What has been computed of any run, a table each."""
    parts = []
    for objective in OBJECTIVES:
        told = [
            (case.label, case.seed, rows)
            for case in comparison.cases
            if (rows := kept_rows(case.run, objective))
        ]
        if told:
            words = f"{objective.capitalize()}, {UNIT[objective]}. {BASIS[objective]}"
            parts.append(page.paragraphs([words], "note"))
        for label, seed, rows in told:
            body = [list(cells(row)) for row in rows]
            named = [f"{label}, seed {seed}"] if len(comparison.cases) > 1 else []
            parts.append(page.paragraphs(named, "about"))
            parts.append(page.table(list(HEAD), body, (0,)))
    return "".join(parts) or page.paragraphs([NOT_YET], "gap")


def text(rows: Sequence[Row], objective: Objective) -> str:
    """The table for a screen, and the answer in words below."""
    table = [HEAD, *(cells(row) for row in rows)]
    widths = [max(len(line[n]) for line in table) for n in range(len(HEAD))]
    lines = [
        "  ".join(
            word.ljust(width) if n == 0 else word.rjust(width)
            for n, (word, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]
    said = [sentence(row, objective) for row in rows]
    basis = wrap(BASIS[objective], WIDTH)
    return "\n".join(
        [f"{objective} [{UNIT[objective]}]", *lines, "", *said, "", *basis]
    )


def cells(row: Row) -> tuple[str, ...]:
    """A row's cells, as text."""
    return (
        row.place,
        "–" if row.rating_kva is None else f"{row.rating_kva:.0f}",
        str(row.cars),
        str(row.two_way),
        f"{row.without:.1f}",
        f"{row.at_once:.1f}",
        f"{row.actual:.1f}",
        _between(row.one_way, row.one_way_most),
        _between(row.best, row.best_most),
        _percent(row.reached_one_way),
        _percent(row.reached),
        f"{row.given_kwh:.0f}",
        "–" if row.best_given_kwh is None else f"{row.best_given_kwh:.0f}",
    )


def sentence(row: Row, objective: Objective) -> str:
    """``head: of the possible reduction (778 kW) the policy reached 9 %.``"""
    unit, possible = UNIT[objective], row.at_once - row.best
    if row.reached is None:
        return (
            f"{row.place}: nothing could have been gained against charging at once "
            f"({row.at_once:.1f} {unit})."
        )
    if row.reached < 0.0:
        return (
            f"{row.place}: the policy is {row.actual - row.at_once:.1f} {unit} above "
            f"charging at once, where {possible:.1f} {unit} less was possible."
        )
    return (
        f"{row.place}: of the possible reduction against charging at once "
        f"({possible:.1f} {unit}) the policy reached {100 * row.reached:.0f} %."
    )


def _between(low: float, high: float) -> str:
    """One number; two where they would be written differently."""
    one, other = f"{low:.1f}", f"{high:.1f}"
    return one if one == other else f"{one} to {other}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %".replace("-", "−")
