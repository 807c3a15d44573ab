"""The report's section on hosting capacity: figures, tables, and a map."""

from __future__ import annotations

from collections.abc import Mapping

from twin.analysis import page
from twin.analysis.comparison import Comparison
from twin.analysis.hosting import Hosting
from twin.analysis.hosting_answers import ANY, bindings, capacity, courses, limits_of
from twin.analysis.hosting_figure import curve_figure, hosted_figure, limits_figure
from twin.analysis.hosting_map import binding_map
from twin.analysis.hosting_price import ABOUT as PRICE
from twin.analysis.hosting_price import HEAD, price_rows
from twin.analysis.hosting_text import (
    NAMES,
    RULE,
    level,
    named,
    reached,
    sentences,
    whole,
)
from twin.analysis.theme import GREY, Look, looks

MOST_BINDING = 6
HOSTED = (
    "variant",
    "P10",
    "P50",
    "P90",
    "EVs P50",
    "charging kW P50",
    "able to give kW P50",
)
BINDS = ("variant", "limit", "element", "phase", "first in", "worst there", "when")
WHEN = (
    "At each draw's first violation. When: local time, the first interval in which the "
    "worst of these draws was farthest beyond its limit."
)
ABOUT_CURVE = (
    "Share of draws in which cars break any limit that counts; whiskers, side by side "
    "for sight: its exact 95 % interval (Clopper and Pearson)."
)
ABOUT_HOSTED = (
    "Dot: the median over draws; full bar: P10 to P90; arrow: no limit broken up to "
    "what was studied, so more may do."
)


def hosting_section(hosting: Hosting, comparison: Comparison) -> str:
    """Everything on hosting that a study tells."""
    styles = looks_of(hosting, comparison)
    mapped, drawn = binding_map(hosting, comparison.cases[-1], styles)
    return "".join(
        [
            page.paragraphs(sentences(hosting)),
            page.paragraphs(hosting.notes, "gap"),
            page.figure(
                "hosted",
                "How many cars the grid hosts",
                ABOUT_HOSTED,
                hosted_figure(hosting, styles),
                "",
            ),
            page.figure(
                "hosting-curve",
                "How likely a limit is broken",
                ABOUT_CURVE,
                curve_figure(hosting, styles),
                "",
            ),
            page.figure(
                "hosting-limits",
                "Limit by limit",
                "The same for each limit alone, without its interval.",
                limits_figure(hosting, styles),
                "",
            ),
            page.table(HOSTED, _hosted_rows(hosting)),
            page.paragraphs([RULE], "note"),
            "<h3>At what price</h3>",
            page.table(HEAD, price_rows(hosting, comparison)),
            page.paragraphs([PRICE], "note"),
            page.details("P50 limit by limit", page.table(*_by_limit(hosting))),
            "<h3>What binds first</h3>",
            page.table(BINDS, _binding_rows(hosting), (0, 1, 2, 3)),
            page.paragraphs([WHEN], "note"),
            page.figure(
                "hosting-map",
                "Where it binds first",
                drawn,
                mapped,
                "",
            ),
        ]
    )


def looks_of(hosting: Hosting, comparison: Comparison) -> Mapping[str, Look]:
    """A look a variant, as the rest of the report draws it."""
    known = looks(comparison)
    by_variant = {label.split(", ")[0]: look for label, look in known.items()}
    return {
        variant: known.get(variant)
        or by_variant.get(variant.split(", ")[0])
        or Look(GREY)
        for variant in hosting.variants
    }


def _hosted_rows(hosting: Hosting) -> list[list[object]]:
    rows: list[list[object]] = []
    for variant in hosting.variants:
        found = capacity(hosting, variant)
        more = [
            whole(capacity(hosting, variant, what), 1)
            for what in ("evs", "charge_kw", "give_kw")
        ]
        rows.append([variant, *(level(hosting, found, at) for at in range(3)), *more])
    return rows


def _by_limit(hosting: Hosting) -> tuple[list[str], list[list[object]]]:
    limits = limits_of(hosting)
    rows: list[list[object]] = []
    for variant in hosting.variants:
        told: list[object] = [variant]
        for limit in limits:
            known = limit == ANY or courses(hosting, variant, limit)
            told.append(
                level(hosting, capacity(hosting, variant, limit=limit), 1)
                if known
                else "–"
            )
        rows.append(told)
    return ["variant", *(NAMES[limit] for limit in limits)], rows


def _binding_rows(hosting: Hosting) -> list[list[object] | str]:
    rows: list[list[object] | str] = []
    for variant in hosting.variants:
        n = len(courses(hosting, variant))
        found = bindings(hosting, variant)
        for one in found[:MOST_BINDING]:
            phase = str(one.phase) if one.phase else "all"
            element = named(one).partition(", phase")[0]
            rows.append(
                [
                    variant,
                    NAMES[one.criterion],
                    element,
                    phase,
                    f"{one.draws} of {n}",
                    reached(one),
                    one.time or "–",
                ]
            )
        if not found:
            rows.append([variant, "–", "nothing binds", "–", f"0 of {n}", "–", "–"])
    return rows
