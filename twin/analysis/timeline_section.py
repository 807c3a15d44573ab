"""The report's section on the years ahead: the answer, what binds when, its cost."""

from __future__ import annotations

import numpy as np

from twin.analysis import page
from twin.analysis.comparison import Comparison
from twin.analysis.timeline import (
    QUANTILES,
    Timeline,
    last_case,
    quantile,
    timeline_of,
)
from twin.analysis.timeline_figure import (
    ABOUT_ASSETS,
    ABOUT_COUNTS,
    MOST_ASSETS,
    assets_figure,
    counts_figure,
)
from twin.analysis.timeline_map import years_map
from twin.arrays import Floats

NONE = (
    "No years ahead were run: a study with `axes: {adoption.year: [2026, 2030]}` asks "
    "which asset is too small in which year."
)
ILLUSTRATIVE = (
    "Illustrative: no control totals were given (adoption.totals), so the course of "
    "EVs is an example and no forecast. Read years as distances between policies, not "
    "as dates."
)
HOW = {
    "normal": "its normal rating",
    "emergency": "its emergency rating (normal where it has none)",
}


def section(comparison: Comparison, mapped: bool = True) -> str:
    """The whole section; `mapped`: with a map of each policy."""
    timeline = timeline_of(comparison)
    if timeline is None:
        return page.paragraphs([NONE], "note")
    ranked = timeline.ranked()
    return "".join(
        [
            page.paragraphs([ILLUSTRATIVE] if timeline.illustrative else [], "gap"),
            page.figure(
                "timeline-counts",
                "Assets beyond their limit by year",
                ABOUT_COUNTS,
                counts_figure(timeline),
                "",
            ),
            page.figure(
                "timeline-assets",
                "Which, and when",
                ABOUT_ASSETS,
                assets_figure(timeline, ranked) if ranked else None,
                "No asset exceeds its limit in any studied year.",
            ),
            _maps(timeline, comparison) if mapped else "",
            _by_year(timeline),
            _money(timeline),
            _assets(timeline, ranked),
            page.paragraphs(_assumed(timeline), "note"),
        ]
    )


def _maps(timeline: Timeline, comparison: Comparison) -> str:
    """Where assets are too small, and from which year, a map a policy."""
    table = timeline.frame()
    titles = {(one.kind, one.name): one.title for one in timeline.assets}
    found = []
    for policy in timeline.policies:
        case = last_case(comparison, policy)
        drawn = None if case is None else years_map(table, policy, case, titles)
        if drawn is not None:
            name = f"timeline-map-{timeline.policies.index(policy)}"
            figure, about = drawn
            found.append(page.figure(name, f"Where: {policy}", about, figure, ""))
    return "".join(found)


def lead(comparison: Comparison) -> list[str]:
    """The answer for the report's head; nothing where no years ahead were run."""
    timeline = timeline_of(comparison)
    if timeline is None:
        return []
    return [*answer(timeline), *([ILLUSTRATIVE] if timeline.illustrative else [])]


def answer(timeline: Timeline) -> list[str]:
    """How many EVs fit, what binds first, where, when, and what V2G changes."""
    said = [_fit(timeline), _first(timeline)]
    free, clever, v2g = map(timeline.of_role, ("uncontrolled", "managed", "v2g"))
    pairs = [(clever, free), (v2g, clever or free)]
    said += [
        _change(timeline, policy, against)
        for policy, against in pairs
        if policy is not None and against is not None
    ]
    return [line for line in said if line]


def _fit(timeline: Timeline) -> str:
    """EVs in the last studied year without an asset more than in the first."""
    parts = []
    for place, policy in enumerate(timeline.policies):
        if timeline.roles[policy] == "none":
            continue
        counts, evs = timeline.counts(policy), timeline.evs[place]
        fits = []
        for seed in range(len(timeline.seeds)):
            more = np.flatnonzero(counts[:, seed] > counts[0, seed])
            last = int(more[0]) - 1 if len(more) else len(timeline.years) - 1
            fits.append((float(evs[last, seed]), not len(more)))
        parts.append(f"{_bounded(fits)} under {policy}")
    already = _middle(timeline.counts(timeline.policies[0])[0])
    return (
        f"EVs that fit before another asset exceeds its limit, by the studied years: "
        f"{', '.join(parts)} (median of {_seeds(len(timeline.seeds))}, "
        f"P10 to P90; {already} assets are beyond it in {timeline.years[0]} already)."
    )


def _first(timeline: Timeline) -> str:
    """The asset that is too small soonest, but for those that always are."""
    later = [
        asset
        for asset in timeline.ranked()
        if timeline.first_year[:, :, asset].min() > timeline.years[0]
    ]
    if not later:
        return "No asset exceeds its limit that did not in the first studied year."
    one, words = timeline.assets[later[0]], []
    for place, policy in enumerate(timeline.policies):
        first = timeline.first_year[place, :, later[0]]
        year, over = quantile(first, 0.5), int(np.isfinite(first).sum())
        seeds = f"in {over} of {_seeds(len(first))}"
        when = "not by" if not over else f"{seeds} by"
        if year is None:
            words.append(f"{when} {timeline.years[-1]} under {policy}")
        else:
            words.append(f"{year} under {policy} ({seeds} by {timeline.years[-1]})")
    where = f", bus {one.bus}"
    where += f", {one.customers} customers" if one.customers is not None else ""
    return f"What binds first: {one.title}{where}: {'; '.join(words)}."


def _change(timeline: Timeline, policy: str, against: str) -> str:
    before, now = (timeline.counts(name)[-1] for name in (against, policy))
    saved = timeline.saved_usd(policy, against)
    bought = timeline.years_bought(policy, against)
    if not saved.any():
        return (
            f"{policy} against {against}: no upgrade comes later or sooner, in any of "
            f"{_seeds(len(saved))}: the same assets are too small in the same studied "
            "years."
        )
    most = timeline.affordable_usd(policy, against)
    who = "that can give" if timeline.roles[policy] == "v2g" else "so steered"
    said = (
        f"{policy} against {against}: {_band(now, 0)} assets beyond their limit by "
        f"{timeline.years[-1]} instead of {_band(before, 0)}; upgrades that {against} "
        f"needs come {_band(bought, 1)} years later on average; worth "
        f"{_band(saved, 0)} USD in {timeline.years[0]}, more than nothing in "
        f"{int((saved > 0.0).sum())} of {_seeds(len(saved))}."
    )
    if np.isnan(most).all():
        return said
    return (
        f"{said} Larger assets are cheaper than a programme of more than "
        f"{_band(most, 0)} USD a year and car {who}."
    )


def _bounded(fits: list[tuple[float, bool]]) -> str:
    """Median over seeds and P10 to P90, of numbers of which some are only bounds."""
    ranked = sorted(fits)
    places = np.arange(len(ranked))
    rows = [
        ranked[int(np.quantile(places, q, method="inverted_cdf"))]
        for q in QUANTILES.values()
    ]
    low, mid, high = (
        f"{'at least ' if bound else ''}{value:,.0f}" for value, bound in rows
    )
    return mid if low == high else f"{mid} ({low} to {high})"


def _middle(counts: Floats) -> int:
    """Their median, as the table by year has it."""
    return int(np.quantile(counts, 0.5, method="inverted_cdf"))


def _seeds(count: int) -> str:
    return f"{count} seed" + "s" * (count != 1)


def _band(values: Floats, digits: int) -> str:
    """Median over seeds, and from P10 to P90 where these differ."""
    known = values[~np.isnan(values)]
    low, mid, high = (
        f"{float(np.quantile(known, q, method='inverted_cdf')):,.{digits}f}"
        for q in QUANTILES.values()
    )
    return mid if low == high else f"{mid} ({low} to {high})"


def _by_year(timeline: Timeline) -> str:
    head = ["studied year", "EVs", "can give"]
    head += [f"beyond their limit: {policy}" for policy in timeline.policies]
    rows = []
    with_cars = [
        k for k, name in enumerate(timeline.policies) if timeline.roles[name] != "none"
    ]
    giving = [k for k in with_cars if timeline.roles[timeline.policies[k]] == "v2g"]
    for row, year in enumerate(timeline.years):
        evs = timeline.evs[with_cars[0], row] if with_cars else np.zeros(1)
        can = timeline.joined[(giving or with_cars or [0])[0], row]
        rows.append(
            [
                str(year),
                _band(evs, 0),
                _band(can, 0),
                *(_band(timeline.counts(name)[row], 0) for name in timeline.policies),
            ]
        )
    return page.table(head, rows)


def _money(timeline: Timeline) -> str:
    base = timeline.of_role("uncontrolled") or timeline.policies[0]
    head = [
        "policy",
        f"upgrades by {timeline.years[-1]}, present value USD",
        f"saved against {base}, at least USD",
        "upgrades later by, at least years",
        "seeds in which it saves",
    ]
    rows = []
    for policy in timeline.policies:
        saved = timeline.saved_usd(policy, base)
        bought = _band(timeline.years_bought(policy, base), 1)
        firm = f"{int((saved > 0).sum())} of {len(saved)}"
        same = policy == base
        rows.append(
            [
                policy,
                _band(timeline.present_usd(policy), 0),
                "–" if same else _band(saved, 0),
                "–" if same else bought,
                "–" if same else firm,
            ]
        )
    return page.table(head, rows)


def _assets(timeline: Timeline, ranked: list[int]) -> str:
    if not ranked:
        return ""
    head = ["asset", "bus", "customers", "highest %", "upgrade USD"]
    head += [f"first year: {policy}" for policy in timeline.policies]
    rows = []
    for asset in ranked:
        one = timeline.assets[asset]
        cells: list[object] = [
            one.title,
            one.bus,
            "–" if one.customers is None else str(one.customers),
            f"{100 * timeline.share[..., asset].max():.0f}",
            f"{timeline.cost_usd[asset]:,.0f}",
        ]
        for place in range(len(timeline.policies)):
            first = timeline.first_year[place, :, asset]
            over = int(np.isfinite(first).sum())
            years = [quantile(first, q) for q in QUANTILES.values()]
            middle = "–" if years[1] is None else str(years[1])
            ends = " to ".join("later" if y is None else str(y) for y in years[::2])
            note = f"{over} of {len(first)} seeds" if over else ""
            cells.append((middle, f"{ends}; {note}" if over else ""))
        rows.append(cells)
    title = f"All {len(ranked)} assets ever beyond their limit"
    return page.details(title, page.table(head, rows, (0, 1)))


def _assumed(timeline: Timeline) -> list[str]:
    r, g = timeline.rates
    marks = "; ".join(f"{key}: {mark}" for key, mark in timeline.costs.marks.items())
    limit, over_h = HOW[timeline.words["limit"]], timeline.words["over_h"]
    return [
        f"An asset is beyond its limit where its load exceeds {limit} for more than "
        f"{over_h:g} h of the days run for that year; from then on it counts as "
        f"replaced. Percentiles are over {len(timeline.seeds)} seeds, each another "
        "course of who buys when; with few seeds P10 and P90 are the lowest and "
        "highest. A median is one seed's own value, of an even number of seeds the "
        "lower of the middle two, so that it is a studied year or whole assets. "
        "Only studied years are known: a limit may be crossed in any year since the "
        "one before.",
        "Money: one upgrade an asset, sized for the highest load of any policy, year "
        f"and seed; discount rate {100 * r:g} %, cost rises {100 * g:g} % a year; "
        "value of n years I (1 - ((1 + g) / (1 + r))^n). What is not needed by the "
        f"last studied year counts as built in {timeline.horizon}, so savings and "
        "years are lower bounds. What a programme costs (incentives, platform, wear) "
        "is not taken off: the most that it may cost is told instead.",
        f"Costs as of {timeline.costs.date}: {marks}.",
    ]


__all__ = ["MOST_ASSETS", "answer", "lead", "section"]
