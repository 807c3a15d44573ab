"""The report's section on a territory: sums, what could be called, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.analysis import page
from twin.analysis.territory import Result, Territory
from twin.analysis.territory_figure import callable_figure, power_figure
from twin.analysis.territory_text import (
    digits_of,
    history_sentences,
    rows_of,
    sentences,
)
from twin.analysis.theme import looks_of_policies

HOURS = (
    "local hour",
    "substations MW",
    "cars at a plug",
    "charging MW",
    "giving MW",
    "could draw more MW",
    "least",
    "could stop MW",
    "least",
    "could give MW",
    "least",
)
COLUMNS = (
    "grid_mw",
    "ev_plugged",
    "ev_charge_mw",
    "ev_discharge_mw",
    "ev_could_draw_mw",
    "ev_could_draw_mw_least",
    "ev_could_shed_mw",
    "ev_could_shed_mw_least",
    "ev_could_give_mw",
    "ev_could_give_mw_least",
)
MEMBERS = (
    "variant",
    "member",
    "feeders",
    "homes",
    "cars",
    "sum of own peaks MW",
    "transformers beyond rating",
    "lines beyond rating",
    "customers beyond voltage limits",
    "fullest transformer %",
    "fullest line %",
    "lowest V pu",
)
ABOUT_MEMBERS = (
    "Beyond a limit: in how many feeders, in brackets how many elements of theirs. "
    "What is beyond a limit without any car counts, too."
)
ABOUT_HOURS = (
    "Means of each local hour; least: the lowest interval in it, which is what can be "
    "relied on all through."
)
HISTORIES = (
    "of",
    "source",
    "days drawn",
    "distinct histories",
    "as good as (Kish)",
    "forms",
    "as good as (Kish)",
    "differs by",
    "mean is sure to ±",
)


def territory_section(territory: Territory) -> str:
    """Everything that a study tells of its territory."""
    styles = looks_of_policies(
        [(str(one["label"]), str(one["policy"])) for one in territory.first]
    )
    head = ["", *(str(one["label"]) for one in territory.first)]
    return "".join(
        [
            page.table(head, rows_of(territory)),
            page.paragraphs(sentences(territory)),
            page.figure(
                "territory-power",
                "Power of all substations together",
                "Sum over all feeders at every instant; > 0 is drawn from the grid.",
                power_figure(territory, styles),
                "",
            ),
            page.figure(
                "territory-callable",
                "What cars could do for an hour, by local hour",
                "Upwards: more could be drawn. Downwards: less could be drawn by "
                "stopping, and more could be given. Mean of each hour.",
                callable_figure(territory),
                "",
            ),
            *(
                page.details(f"By hour: {one['label']}", _hours(one))
                for one in territory.first
            ),
            page.paragraphs([ABOUT_HOURS], "note"),
            "<h3>Limits, member by member</h3>",
            page.table(MEMBERS, _members(territory), (0, 1)),
            page.paragraphs([ABOUT_MEMBERS], "note"),
            "<h3>Distinct histories</h3>",
            page.table(HISTORIES, _histories(territory), (0, 1)),
            page.paragraphs(history_sentences(territory)),
        ]
    )


def _hours(one: Result) -> str:
    rows = [
        [f"{hour:02d}", *(_cell(one["hours"][name][hour]) for name in COLUMNS)]
        for hour in range(24)
        if one["hours"]["grid_mw"][hour] is not None
    ]
    return page.table(HOURS, rows)


def _members(territory: Territory) -> list[Sequence[object]]:
    return [
        [
            one["label"],
            part["member"],
            f"{part['feeders']:,}",
            f"{part['counts']['homes']:,}",
            f"{part['counts']['evs']:,}",
            _cell(part["sum_of_peaks_mw"]),
            *(
                _broken(part, name)
                for name in (
                    "transformers_over_normal",
                    "lines_over_normal",
                    "customers_beyond",
                )
            ),
            _percent(part["worst"].get("worst_transformer_loading")),
            _percent(part["worst"].get("worst_line_loading")),
            _pu(part["worst"].get("v_min_pu")),
        ]
        for one in territory.first
        for part in one["members"]
    ]


def _broken(part: Mapping[str, Any], name: str) -> str:
    feeders, elements = part["broken_feeders"][name], part["broken_elements"][name]
    unknown = part["unknown"][name]
    told = f"{feeders:,} ({elements:,})" if feeders else "none"
    return f"{told}; {unknown:,} unknown" if unknown else told


def _histories(territory: Territory) -> list[Sequence[object]]:
    return [_source(one) for one in territory.record["histories"]]


def _source(one: Mapping[str, Any]) -> Sequence[object]:
    days = f"{one['draws'] + sum(one['otherwise'].values()):,}"
    head = [one["of"], one["source"], days]
    if not one["draws"]:
        none = "all differ" if one["otherwise"].get("drawn") else "none"
        return [*head, none, *["–"] * 5]
    sure = one["precision"] or {}
    return [
        *head,
        f"{one['distinct']:,}",
        f"{one['effective']:,.1f}",
        f"{one['forms']:,}",
        f"{one['effective_forms']:,.1f}",
        _share(sure.get("cv"), 0),
        _share(sure.get("standard_error"), 2),
    ]


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:,.{digits_of(value)}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}"


def _pu(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"
