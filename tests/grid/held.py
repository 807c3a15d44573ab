"""A number held against a reference: tests demand it, the documents list it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "validation.md"
BEGIN, END = "<!-- references: made by make bench -->", "<!-- references end -->"
HEAD = "| reference | quantity | largest difference | demanded |\n|---|---|---|---|"


@dataclass(frozen=True)
class Held:
    """The largest difference to a reference, and what is demanded of it.

    quantity   what differs, with its unit; `relative` where it is per the reference's
    """

    reference: str
    quantity: str
    largest: float
    demanded: float

    @property
    def row(self) -> str:
        """One line of a table, two significant digits."""
        cells = (self.quantity, f"{self.largest:.1e}", f"{self.demanded:.0e}")
        return f"| {self.reference} | {' | '.join(cells)} |"


def keep(held: Iterable[Held]) -> None:
    """Every difference is below what is demanded."""
    beyond = [one.row for one in held if not one.largest < one.demanded]
    assert not beyond, "\n".join(beyond)


def written(text: str, rows: Iterable[Held]) -> str:
    """A document with the table between its marks made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join((HEAD, *(one.row for one in rows)))
    return f"{before}{BEGIN}\n{table}\n{END}{after}"
