"""What is told of a ledger: the parties' balances, what a kW costs, what is assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.accounts.ledger import HOMES, PARTIES
from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.case import Case
from twin.analysis.ledger import Books, upgrade_usd_per_kw_year
from twin.arrays import Bools, Floats

GAP = (
    "The ledger needs what every meter and battery did by the interval "
    "(`output.level: all`), a reference beside the run (`reference`), and a run that "
    "came to its end with cars."
)
CENT = 0.01


@dataclass(frozen=True)
class PartyRow:
    """A party, or homes of a kind: what it got less what it paid, over the run.

    homes          of how many homes; None where it is another party
    better, worse  how many homes have at least a cent more or less than under the
                   reference; None where it is not homes
    """

    name: str
    usd: float
    reference_usd: float
    per_month: float
    homes: int | None = None
    better: int | None = None
    worse: int | None = None

    @property
    def change_usd(self) -> float:
        """What it has more than under the reference."""
        return self.usd - self.reference_usd

    @property
    def change_usd_per_month(self) -> float:
        """The same a month."""
        return self.change_usd * self.per_month


@dataclass(frozen=True)
class RateRow:
    """A figure with its unit in its name, and how it is meant."""

    name: str
    value: str
    about: str


def party_rows(case: Case, books: Books) -> list[PartyRow]:
    """Homes with and without a car apart, then every other party."""
    per_month = DAYS_PER_MONTH / books.days
    rows = [*_homes(case, books, per_month)]
    for party in PARTIES:
        if party != HOMES:
            run, reference = books.ledger.balance_usd(party).tolist()
            rows.append(PartyRow(party, run, reference, per_month))
    return rows


def _homes(case: Case, books: Books, per_month: float) -> Iterator[PartyRow]:
    by_home = books.ledger.by_home_usd()
    car = case.customers["evs"].to_numpy() > 0
    for name, chosen in (("with an EV", car), ("without one", ~car)):
        if chosen.any():
            yield _of_homes(name, by_home, chosen, per_month)


def _of_homes(name: str, by_home: Floats, chosen: Bools, per_month: float) -> PartyRow:
    mine = by_home[chosen]
    change = mine[:, 0] - mine[:, 1]
    better, worse = (int((side > CENT).sum()) for side in (change, -change))
    homes = int(chosen.sum())
    run, reference = mine.sum(axis=0).tolist()
    label = f"homes {name} ({homes})"
    return PartyRow(label, run, reference, per_month, homes, better, worse)


def rate_rows(books: Books) -> list[RateRow]:
    """V2G by the kW and year, beside what it replaces.

    The yearly figure of a run that stands for no year comes last, marked.
    """
    words = books.words
    run, reference = books.head.peak_kw.tolist()
    return [
        RateRow("highest power at the head, kW", f"{run:,.1f}",
                f"{reference:,.1f} under the reference (estimated)"),
        RateRow("what the run used up more, USD", signed(books.resources_usd),
                "energy, losses, wear, charging away; less what batteries hold more "
                f"at the end ({signed(books.stored_kwh, 0)} kWh)"),
        *([] if books.is_scaled else [_by_the_kw(books)]),
        RateRow("an upgrade put off, USD/kW and year",
                f"{upgrade_usd_per_kw_year(words):.2f}",
                f"{words.upgrade_usd_per_kw:g} USD/kW a year later"),
        RateRow("capacity not needed, USD/kW and year",
                f"{words.capacity_usd_per_kw_year:.2f}", "as the scenario says"),
        RateRow("residual of the ledger, USD", f"{books.residual_usd:.6f}",
                "against bills, wear and fees added up apart; below 0.005 it closes"),
        *([_by_the_kw(books)] if books.is_scaled else []),
    ]  # fmt: skip


def _by_the_kw(books: Books) -> RateRow:
    """What it costs by the kW of peak avoided; of a short run marked as scaled."""
    rate, name = books.resources_usd_per_kw_year, "by the kW avoided, USD a year"
    about = (
        "no peak is avoided"
        if rate is None
        else f"of {books.avoided_kw:,.1f} kW; < 0: it costs less than the reference"
    )
    if books.is_scaled:
        name = f"not a yearly figure: {name}"
        about += f"; {_scaled(books)}"
    return RateRow(name, "–" if rate is None else signed(rate, 0), about)


def _scaled(books: Books) -> str:
    """From how many days, and what batteries had lent or kept at their end."""
    told = [f"scaled from {round(books.days, 1):g} days"]
    if round(books.stored_kwh):
        how = "emptier" if books.stored_kwh < 0.0 else "fuller"
        told.append(
            f"batteries ended {how} by {abs(books.stored_kwh):,.0f} kWh than under the "
            "reference"
        )
    return f"{'; '.join(told)}: not a yearly figure"


def assumptions(case: Case, books: Books) -> list[str]:
    """What the amounts rest on; the season that wear is of where no year was run."""
    words = books.words
    told = [
        f"Assumed by `ledger`: energy at the head {words.energy_usd_per_kwh:g} "
        f"USD/kWh, an aggregator that keeps {100 * words.aggregator_share:g} % of what "
        f"exports and events earn beyond the reference, {words.chemistry.upper()} "
        f"batteries at {words.pack_usd_per_kwh:g} USD/kWh.",
        "Power, losses and the peak under the reference are estimated without a second "
        "power flow; the run's highest power stands for the year's.",
        f"A month is {round(books.days, 1):g} days in proportion. What batteries hold "
        f"more at the end than under the reference ({signed(books.stored_kwh, 0)} kWh) "
        "is in no party's balance.",
        "Every row spans the whole run, bills its billed days month by month. A "
        "yardstick takes stays at a plug as far as they lie within the run, each with "
        "the charge it left with: it differs from the ledger by stays cut off at the "
        "run's ends.",
    ]
    if not np.isfinite(_later(case)):
        told.append(
            f"Wear is that of {round(case.days, 1):g} days of one season, on "
            "batteries that aged in a mild year: it may be several times a year's "
            "mean. A year tells of years."
        )
    return told


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign."""
    return f"{value:+,.{digits}f}".replace("-", "−")


def _later(case: Case) -> float:
    assert case.wear is not None
    return float(case.wear.nmc_later.calendar.sum())
