"""A territory in words: a table for a terminal and the report, and sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from twin.analysis.territory import Result, Territory

Row = tuple[str, Callable[[Territory, Result], str]]
SURE = (
    "Could be called: what cars at a plug can do for an hour on beyond what they do, "
    "within chargers, meters' limits and permits, above the reserve, until the "
    "departure that was declared and so that they are charged by then. It is what is "
    "technically there; who would answer a call is another question."
)
SAME = (
    "Every copy of a feeder has owners, trips and loads of its own, the same under "
    "each variant. The weather is one and the same everywhere."
)
PUT_OFF = 0.01
PUT_OFF_WORDS = (
    "Less what they give, cars take {} MWh over these days: what is less was put off, "
    "not saved. Energy and losses cannot be compared, and peaks only if the days "
    "before were lived, too (time.lead_in_days)."
)
REPEATED = (
    "Where histories repeat, more cars and homes do not make the sum surer: its course "
    "bears the marks of those that recur (so diversity is understated in short peaks), "
    "and its mean the error of that many records. What moves all together and is not "
    "in the sources (a cold spell, a holiday, a football match) is missing (so "
    "diversity is overstated)."
)


def text(territory: Territory) -> str:
    """All of it for a terminal."""
    first = territory.first
    rows = [["", *(str(one["label"]) for one in first)], *rows_of(territory)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    said = [*sentences(territory), *history_sentences(territory)]
    return "\n".join([*lines, "", *said])


def rows_of(territory: Territory) -> list[list[str]]:
    """A row a quantity, a column a variant, of the first seed."""
    return [
        [name, *(told(territory, one) for one in territory.first)]
        for name, told in _ROWS
    ]


def headline(territory: Territory) -> str:
    """What stands in the first line of the report."""
    peaks = ", ".join(
        f"{_mw(found['peak_mw'])} MW with {found['label']}" for found in territory.first
    )
    together = f"Their substations' highest power together: {peaks}."
    return f"{size(territory)}. {together}"


def size(territory: Territory) -> str:
    """How large it is."""
    one, counts = territory.first[0], territory.first[0]["counts"]
    return (
        f"{counts['evs']:,} cars and {counts['homes']:,} homes on {one['feeders']:,} "
        "feeders"
    )


def sentences(territory: Territory) -> list[str]:
    """What is missing, what V2G changes, and what the figures stand for."""
    return [*changes(territory), SURE, SAME]


def changes(territory: Territory) -> list[str]:
    """What is missing, what V2G changes, and how far that differs by seed."""
    return [
        *(_missing(one) for one in territory.results if one["missing"]),
        *(_changes(territory, *pair) for pair in territory.v2g_against_managed),
        *_over_seeds(territory),
    ]


def history_sentences(territory: Territory) -> list[str]:
    """How many distinct histories there are, source by source, and what it means."""
    found = [_history(one) for one in territory.record["histories"]]
    return [*found, REPEATED]


def local(territory: Territory, instant: str | None) -> str:
    """An instant on the territory's wall clock."""
    if instant is None:
        return "–"
    at = datetime.fromisoformat(instant)
    zone = ZoneInfo(str(territory.record["timezone"]))
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def at_peak(territory: Territory, one: Result, column: str) -> float | None:
    """A course's value when the territory's power is highest."""
    if one["peak_time"] is None:
        return None
    rows = territory.courses_of(one)
    at = rows["grid_mw"].fill_nan(None).arg_max()
    return None if at is None else float(rows[column][at])


def _missing(one: Result) -> str:
    told = ", ".join(f"{count} of {name}" for name, count in one["missing"].items())
    return (
        f"{one['label']}, seed {one['seed']}: runs failed ({told}); the sums lack them "
        "and cannot be compared."
    )


def _changes(territory: Territory, v2g: Result, managed: Result) -> str:
    peak = _less(v2g["peak_mw"], managed["peak_mw"])
    energy = {
        name: _less(v2g["energy_mwh"][name], managed["energy_mwh"][name])
        for name in ("ev_charge", "ev_discharge", "losses")
    }
    taken = _less(energy["ev_charge"], energy["ev_discharge"])
    all_of_it = managed["energy_mwh"]["ev_charge"] or 0.0
    odd = taken is not None and abs(taken) > PUT_OFF * all_of_it
    put_off = f" {PUT_OFF_WORDS.format(_signed(taken))}" if odd else ""
    here = at_peak(territory, managed, "ev_could_shed_mw")
    there = at_peak(territory, v2g, "ev_could_give_mw")
    return (
        f"{v2g['label']} against {managed['label']}: peak {_signed(peak)} MW; cars "
        f"charge {_signed(energy['ev_charge'])} MWh and give "
        f"{_signed(energy['ev_discharge'])} MWh; networks lose "
        f"{_signed(energy['losses'])} MWh. At the peak {_mw(there)} MW more could be "
        f"given for an hour with {v2g['label']}; with {managed['label']} {_mw(here)} "
        f"MW of charging could be stopped.{put_off}"
    )


def _over_seeds(territory: Territory) -> list[str]:
    if len(territory.seeds) < 2:
        return []
    told = []
    for label in dict.fromkeys(one["label"] for one in territory.results):
        mine = [one["peak_mw"] for one in territory.results if one["label"] == label]
        peaks = [peak for peak in mine if peak is not None] or [None]
        told.append(f"{label} {_mw(min(peaks))} to {_mw(max(peaks))} MW")
    return [f"Peak over {len(territory.seeds)} seeds: {'; '.join(told)}."]


def _history(one: dict[str, Any]) -> str:
    what, unit = _OF[one["of"]]
    rest = one["otherwise"]
    said = []
    if rest.get("drawn"):
        said.append(
            f"{rest['drawn']:,} {what} are drawn from distributions, each by itself "
            "(who commutes, how many trips, when, how far), so none recurs; how far "
            "the distributions are off is not in the runs"
        )
    if rest.get("constant"):
        said.append(f"{rest['constant']:,} {what} are constant: no histories at all")
    if one["draws"]:
        forms = ""
        if one["forms"] > one["distinct"]:
            forms = f" in {one['forms']:,} forms (days or shifts of them)"
        said.append(
            f"{one['draws']:,} {what} are drawn from {one['distinct']:,} distinct "
            f"histories{forms}, as good as {one['effective']:,.0f} that are used "
            "equally often (Kish)"
        )
        sure = one["precision"]
        if sure is not None:
            said.append(
                f"mean {unit} {sure['mean']:,.1f}, from one to the next ±"
                f"{sure['cv']:.0%}; that mean is sure to ±{sure['standard_error']:.2%} "
                f"(one standard error), as {one['draws']:,} that all differ would be "
                f"to ±{sure['if_all_differ']:.2%}"
            )
    if rest.get("idle"):
        said.append(f"{rest['idle']:,} stand idle, by an assumed share")
    return f"{_TITLES[one['of']]}, {one['source']}: {'; '.join(said)}."


_OF = {
    "travel": ("days of cars", "km of a day on which a car drives"),
    "load": ("days of homes", "kWh of a home's day"),
}
_TITLES = {"travel": "Travel", "load": "Loads"}


def _mw(value: float | None) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:,.{digits_of(value)}f}"


def digits_of(value: float) -> int:
    """Digits behind the point that a figure in MW or MWh is worth."""
    return 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3


def _less(one: float | None, other: float | None) -> float | None:
    """A difference; None where either is not known, as where a step has no solution."""
    return None if one is None or other is None else one - other


def _signed(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:+,.{digits_of(value)}f}".replace("-", "−")


def _count(name: str) -> Callable[[Territory, Result], str]:
    return lambda _, one: f"{one['counts'][name]:,}"


def _energy(name: str) -> Callable[[Territory, Result], str]:
    return lambda _, one: _mw(one["energy_mwh"][name])


def _then(column: str) -> Callable[[Territory, Result], str]:
    return lambda territory, one: _mw(at_peak(territory, one, column))


def _factor(_: Territory, one: Result) -> str:
    return "–" if one["diversity"] is None else f"{one['diversity']:.3f}"


_ROWS: Sequence[Row] = (
    ("Feeders", lambda _, one: f"{one['feeders']:,}"),
    ("Homes", _count("homes")),
    ("Cars", _count("evs")),
    ("Cars that can give", _count("bidirectional")),
    ("of these hypothetically", _count("hypothetical")),
    ("Peak of all substations together [MW]", lambda _, one: _mw(one["peak_mw"])),
    ("at (local time)", lambda territory, one: local(territory, one["peak_time"])),
    ("Sum of the feeders' own peaks [MW]", lambda _, one: _mw(one["sum_of_peaks_mw"])),
    ("Diversity factor between feeders", _factor),
    ("At the peak: cars charge [MW]", _then("ev_charge_mw")),
    ("At the peak: cars give [MW]", _then("ev_discharge_mw")),
    ("At the peak: cars could draw more [MW]", _then("ev_could_draw_mw")),
    ("At the peak: cars could stop drawing [MW]", _then("ev_could_shed_mw")),
    ("At the peak: cars could give more [MW]", _then("ev_could_give_mw")),
    ("Drawn from the grid above [MWh]", _energy("grid")),
    ("Served to customers [MWh]", _energy("homes")),
    ("Produced by PV [MWh]", _energy("pv")),
    ("Charged by cars [MWh]", _energy("ev_charge")),
    ("Given by cars [MWh]", _energy("ev_discharge")),
    ("Network losses [MWh]", _energy("losses")),
)
