"""Hosting capacity in words: a table for a terminal, and sentences."""

from __future__ import annotations

from collections.abc import Sequence

from twin.analysis.hosting import NO_SOLUTION, Hosting
from twin.analysis.hosting_answers import (
    ANY,
    Binding,
    bindings,
    capacity,
    compared,
    courses,
    curve,
    limits_of,
    recovering,
    v2g_pairs,
)
from twin.analysis.hosting_criteria import TITLES, UNITS
from twin.analysis.hosting_curve import Capacity, Share

MOST_BINDING = 3
NAMES = {ANY: "any limit", NO_SOLUTION: "no solution", **TITLES}
RULE = (
    "Hosted: the largest penetration before a draw's first violation by cars, at P10, "
    "P50 and P90 of draws; ≥: no violation up to what was studied. What is beyond a "
    "limit in the run without cars of the same seed does not count unless it gets "
    "worse."
)


def text(hosting: Hosting) -> str:
    """All of it for a terminal."""
    parts = [_table(hosting), *_binding_lines(hosting), *sentences(hosting)]
    return "\n".join([*parts, *hosting.notes, RULE])


def headline(hosting: Hosting) -> str:
    """What every variant hosts, in a sentence."""
    told = [
        f"{variant} {level(hosting, capacity(hosting, variant), 1)}"
        for variant in hosting.variants
    ]
    by_share = hosting.penetration == "fleet.ev_share"
    what = "electric cars, in percent of homes" if by_share else "electric cars"
    return f"What the grid hosts at the median draw, {what}: {', '.join(told)}."


def sentences(hosting: Hosting) -> list[str]:
    """What V2G changes against managed charging, and what does not rise."""
    said = [v2g_line(hosting, *pair) for pair in v2g_pairs(hosting)]
    for variant in hosting.variants:
        if again := recovering(hosting, variant):
            n = len(courses(hosting, variant))
            said.append(
                f"{variant}: in {again} of {n} draws a higher penetration breaks no "
                "limit again; what is hosted stops before the first violation all "
                "the same."
            )
    return said


def v2g_line(hosting: Hosting, one: str, other: str) -> str:
    """A sentence on V2G against managed charging."""
    found = compared(hosting, one, other)
    counts = (found.more, found.less, found.same, found.unknown)
    n = sum(counts)
    words = (
        "more",
        "less",
        "as much",
        "as much or not known (beyond what was studied)",
    )
    told = [
        f"{word} in {count}" for word, count in zip(words, counts, strict=True) if count
    ]
    mine, theirs = (capacity(hosting, name) for name in (one, other))
    middle = f"{level(hosting, mine, 1)} against {level(hosting, theirs, 1)} at P50"
    return f"{one} against {other}: hosts {', '.join(told)} of {n} draws; {middle}."


def level(hosting: Hosting, found: Capacity, at: int) -> str:
    """A capacity at one quantile, in the penetration's own unit."""
    mark = "≥ " if found.open_[at] else ""
    value = found.value[at]
    if hosting.penetration == "fleet.ev_share":
        return f"{mark}{100 * value:.3g} %"
    return f"{mark}{value:.0f}"


def whole(found: Capacity, at: int) -> str:
    """The same as a whole number."""
    return f"{'≥ ' if found.open_[at] else ''}{found.value[at]:,.0f}"


def share(found: Share) -> str:
    """A share of draws with its interval, in percent."""
    return (
        f"{100 * found.share:.0f} % ({100 * found.low:.0f} to {100 * found.high:.0f})"
    )


def named(one: Binding) -> str:
    """The element, its phase, and how far it went."""
    phase = f", phase {one.phase}" if one.phase else ""
    return f"{one.element}{phase}"


def reached(one: Binding) -> str:
    """How far it went, against its limit."""
    if one.criterion == NO_SOLUTION:
        return f"{one.worst:.0f} intervals"
    if one.criterion == "thermal_emergency":
        return f"{100 * one.worst:.0f} % of its normal rating"
    if one.criterion in UNITS:
        return f"{one.worst:.3f} pu (limit {one.limit:g})"
    return f"{100 * one.worst:.0f} % (limit {100 * one.limit:g} %)"


def _table(hosting: Hosting) -> str:
    head = ["variant", "hosted P10", "P50", "P90", "EVs P50", "kW P50", "at the most"]
    rows = []
    for variant in hosting.variants:
        found = capacity(hosting, variant)
        points = curve(hosting, variant)
        last = points[max(points)]
        rows.append(
            [
                variant,
                *(level(hosting, found, at) for at in range(3)),
                whole(capacity(hosting, variant, "evs"), 1),
                whole(capacity(hosting, variant, "charge_kw"), 1),
                f"{share(last)} of {last.n} draws violate",
            ]
        )
    return columns(head, rows)


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Plain columns, the first to the left, the others to the right."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    )


def _binding_lines(hosting: Hosting) -> list[str]:
    said = []
    for variant in hosting.variants:
        found = bindings(hosting, variant)[:MOST_BINDING]
        n = len(courses(hosting, variant))
        told = [
            f"{NAMES[one.criterion]} of {named(one)} in {one.draws} of {n} draws "
            f"({', '.join(filter(None, [reached(one), one.time]))})"
            for one in found
        ]
        said.append(f"{variant} binds first: {'; '.join(told) or 'nothing'}")
    unused = [x for x in limits_of(hosting) if x != ANY]
    return [*said, f"limits judged: {', '.join(NAMES[x] for x in unused)}"]
