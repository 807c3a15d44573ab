"""The report's part on batteries: their fade by variant, and what giving did to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.accounts.attribution import (
    END_OF_LIFE_SHARE,
    PACK_USD_PER_KWH,
    Attribution,
    usd_per_kwh_given,
)
from twin.accounts.chemistries import CHEMISTRIES
from twin.accounts.horizon import is_a_year
from twin.analysis import depth_section, page
from twin.analysis.battery_wear import table
from twin.analysis.beside import wear_change
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.wear import AGE_YEARS, LATER_YEARS, Wear

MOST = 20
Row = list[object] | str
Pair = tuple[Case, Wear]


def section(comparison: Comparison) -> str:
    """Every variant with cars, then its charging against uncontrolled charging."""
    known = [x for x in comparison.labels if comparison.first(x).wear is not None]
    if not known:
        words = (
            "Not told: it takes cars, and their state of charge in every interval, "
            "`output.level: all`."
        )
        return page.paragraphs([words], "note")
    notes = [_basis(comparison.first(known[0])), _reach(comparison.first(known[0]))]
    parts = [page.table(_HEAD, [_variant(comparison, label) for label in known])]
    rows = [row for label in known for row in _attributed(comparison, label)]
    if rows:
        parts += [page.table(_PAIRED, rows, (0, 1)), page.paragraphs([_PAIRS], "note")]
    parts.append(depth_section.section(comparison))
    parts += [_cars(comparison.first(label)) for label in known]
    return page.paragraphs(notes, "note") + "".join(parts)


def _basis(case: Case) -> str:
    return (
        "Capacity that batteries lost in the recorded time, in % of a new one, mean "
        "per car. The catalogue does not say which chemistry a car has: two published "
        "models tell what it would be with NMC and with LFP, and six published "
        "chemistries how far such models lie apart under like conditions. They were "
        "fitted to deeper and quicker cycles than cars make. Every battery begins "
        f"{AGE_YEARS:g} years old; its temperature is the outdoor air's, half a day "
        "late."
    )


def _reach(case: Case) -> str:
    if is_a_year(case.days):
        return ""
    return (
        f"{round(case.days, 1):g} days tell of themselves: a year's loss is not so "
        "many times as much, since seasons differ and losses slow down."
    )


_HEAD = [
    "",
    "EVs",
    "mean state of charge %",
    "mean daily depth %",
    "deepest cycle %",
    "full cycles",
    "battery degC",
    "NMC: calendar",
    "NMC: cycling",
    "NMC: loss %",
    "LFP: calendar",
    "LFP: cycling",
    "LFP: loss %",
    "published: lowest %",
    "published: highest %",
    f"NMC: new one after {LATER_YEARS} years %",
    f"LFP: new one after {LATER_YEARS} years %",
]


def _variant(comparison: Comparison, label: str) -> list[object]:
    frames = [table(case) for case in comparison.of_label(label) if case.wear]
    means = [frame.mean().row(0, named=True) for frame in frames]
    cars = np.mean([frame.height for frame in frames])
    return [label, f"{cars:.0f}", *(_mean(means, *words) for words in _COLUMNS)]


_COLUMNS: tuple[tuple[str, float, int], ...] = (
    ("soc", 100, 1),
    ("depth", 100, 1),
    ("deepest", 100, 1),
    ("full_cycles", 1, 2),
    ("degc", 1, 1),
    ("nmc_calendar", 100, 4),
    ("nmc_cycling", 100, 4),
    ("nmc_loss", 100, 4),
    ("lfp_calendar", 100, 4),
    ("lfp_cycling", 100, 4),
    ("lfp_loss", 100, 4),
    ("published_low", 100, 4),
    ("published_high", 100, 4),
    ("nmc_later", 100, 2),
    ("lfp_later", 100, 2),
)


def _mean(
    means: Sequence[Mapping[str, Any]], key: str, scale: float, digits: int
) -> str:
    known = [one[key] for one in means if one[key] is not None]
    return f"{scale * np.mean(known):.{digits}f}" if known else "–"


_PAIRED = [
    "against uncontrolled charging, same trips",
    "if",
    "calendar, % points",
    "cycling, % points",
    "together, % points",
    "USD per car",
    "kWh given per car",
    "USD per kWh given",
]
_PAIRS = (
    "Paired by car and seed: the loss under the variant less that of the same cars on "
    "the same trips charged as one pleases, as the run recorded it beside itself or, "
    "without such a reference, as another run of the comparison did; − is capacity "
    "spared. Resting at a lower charge may save more than giving costs, and time and "
    "cycles add up to less than in proportion, so neither is to be had from throughput "
    "alone. Giving is held against neglect here; ledger and sheet of a run with "
    "`reference: valley` hold it against clever one-way charging. A pack is taken as "
    f"{PACK_USD_PER_KWH:g} USD/kWh, used up at {100 * END_OF_LIFE_SHARE:g} %."
)


def _attributed(comparison: Comparison, label: str) -> list[Row]:
    """A row a chemistry; after ten years, too, where a year was run."""
    pairs = _beside(comparison, label) or _across(comparison, label)
    rows: list[Row] = []
    for name in CHEMISTRIES if pairs else ():
        rows.append([label, f"{name.upper()}, this time", *_told(pairs, name, False)])
        if all(is_a_year(case.days) and _tells_years(other) for case, other in pairs):
            words = f"{name.upper()}, {LATER_YEARS} years"
            rows.append([label, words, *_told(pairs, name, True)])
    return rows


def _tells_years(wear: Wear) -> bool:
    return bool(np.isfinite(wear.nmc_later.calendar).all())


def _beside(comparison: Comparison, label: str) -> list[Pair]:
    """Each run with the uncontrolled charging that it recorded itself."""
    return [
        (case, other)
        for case in comparison.of_label(label)
        if case.run.is_complete and case.reference == "uncontrolled"
        and case.wear is not None and (other := case.reference_wear) is not None
    ]  # fmt: skip


def _across(comparison: Comparison, label: str) -> list[Pair]:
    """Each run with another of the same cars that was charged uncontrolled."""
    reference = _reference(comparison, label)
    return [
        (case, other.wear)
        for case in comparison.of_label(label)
        if reference and (other := comparison.case(reference, case.seed)) is not None
        and same_cars(case, other) and other.wear is not None
    ]  # fmt: skip


def _reference(comparison: Comparison, label: str) -> str | None:
    """The variant with as many cars that charge as their drivers please."""
    free = [
        one
        for one in comparison.labels
        if one != label
        and comparison.first(one).policy == "uncontrolled"
        and comparison.first(one).n_ev
    ]
    if comparison.first(label).policy == "uncontrolled":
        return None
    return comparison.most_like(label, free)


def same_cars(case: Case, other: Case) -> bool:
    """Whether both runs have the same cars at the same homes, known to their ends."""
    if case.wear is None or other.wear is None:
        return False
    if not (case.run.is_complete and other.run.is_complete):
        return False
    keys = ["model", "customer", "capacity_kwh", "soc_start"]
    return case.evs.select(keys).equals(other.evs.select(keys))


def paired(case: Case, other: Case, name: str, later: bool = False) -> Attribution:
    """What the one charging took beyond the other, if of that chemistry. [n_ev]

    later  of new batteries after ten years like the run's, instead of in the run
    """
    assert case.wear is not None and other.wear is not None
    return wear_change(case.wear, other.wear, name, later)


@dataclass(frozen=True)
class Cost:
    """What one way of charging took off batteries beyond another, means per car.

    calendar, cycling, total  of the new battery's capacity, % points
    usd_per_kwh               of what was given; none where nothing was
    """

    calendar: float
    cycling: float
    total: float
    usd: float
    given_kwh: float
    usd_per_kwh: float | None


def cost_of(pairs: Sequence[Pair], name: str, later: bool = False) -> Cost:
    """Of runs and the wear of the same cars charged otherwise, if of that chemistry.

    later  of new batteries after ten years like the run's, instead of in the run
    """
    found = [
        wear_change(case.wear, other, name, later)
        for case, other in pairs
        if case.wear is not None
    ]
    calendar, cycling, total = (
        100 * float(np.concatenate([getattr(one, key) for one in found]).mean())
        for key in ("calendar", "cycling", "total")
    )
    usd = np.concatenate(
        [
            one.usd(case.evs["capacity_kwh"].to_numpy())
            for one, (case, _) in zip(found, pairs, strict=True)
        ]
    )
    given = np.concatenate([_given_kwh(case, later) for case, _ in pairs])
    return Cost(
        calendar,
        cycling,
        total,
        float(usd.mean()),
        float(given.mean()),
        usd_per_kwh_given(usd, given),
    )


def _told(pairs: Sequence[Pair], name: str, later: bool) -> list[str]:
    cost = cost_of(pairs, name, later)
    price = cost.usd_per_kwh
    return [
        *(_signed(value, 4) for value in (cost.calendar, cost.cycling, cost.total)),
        _signed(cost.usd, 2),
        f"{cost.given_kwh:.1f}",
        "–" if price is None else _signed(price, 4),
    ]


def _given_kwh(case: Case, later: bool) -> np.ndarray[Any, np.dtype[np.float64]]:
    given = case.evs["discharged_kwh"].to_numpy().astype(np.float64)
    return given * (LATER_YEARS * 365.0 / case.days) if later else given


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _cars(case: Case) -> str:
    found = table(case)
    rows = [_car(row) for row in found.head(MOST).iter_rows(named=True)]
    head = ["car", *_HEAD[2:15]]
    title = f"{case.label}, seed {case.called_seed}: the most worn"
    if found.height > MOST:
        title += f" {MOST} of {found.height}"
    return page.details(title, page.table(head, rows))


def _car(row: Mapping[str, Any]) -> list[str]:
    name = f"{row['ev']} {row['model'] or ''}".strip()
    return [name, *(_mean([row], *words) for words in _COLUMNS[:13])]
