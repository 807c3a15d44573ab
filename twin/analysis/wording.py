"""The headline in plain words: what V2G changes against charging cleverly."""

from __future__ import annotations

from dataclasses import replace

from twin.analysis.case import Case
from twin.analysis.comparison import Cell, Comparison, Difference
from twin.analysis.measures import MEASURES

NOTHING_SHARE = 0.0005
MOST_CHANGES = 2


def headline(comparison: Comparison) -> list[str]:
    """Sentences, the answer first."""
    pairs = [Difference(*pair) for pair in comparison.v2g_against_clever]
    if pairs:
        named = len(pairs) > 1
        said = [line for pair in pairs for line in _v2g(comparison, pair, named)]
    elif comparison.differences:
        said = [
            peak_sentence(comparison, pair, pair.variant, pair.against)
            for pair in comparison.differences
        ]
    else:
        said = [
            line for label in comparison.labels for line in _alone(comparison, label)
        ]
    more = (*_without_cars(comparison), *changed(comparison))
    return [line for line in (*said, *more) if line]


def changed(comparison: Comparison) -> list[str]:
    """What a scenario changed in its grid, a line a variant that does."""
    found = []
    for label in comparison.labels:
        feeder = comparison.first(label).run.record.get("feeder") or {}
        words = [str(one["words"]) for one in feeder.get("changes") or []]
        more = len(words) - MOST_CHANGES
        shown = words[:MOST_CHANGES] + [f"and {more} more changes"] * (more > 0)
        who = f"{label}: the" if len(comparison.labels) > 1 else "The"
        found += [f"{who} grid is changed: {'; '.join(shown)}."] if words else []
    return found


def warnings(comparison: Comparison) -> list[str]:
    """What stands before any number: runs that were stopped, steps not solved."""
    found = [line for case in comparison.cases for line in _warnings_of(case)]
    many = len(comparison.cases) > 1
    return [
        f"{_who(case)}: {line}" if many else f"{line[0].upper()}{line[1:]}"
        for case, line in found
    ]


def peak_sentence(comparison: Comparison, pair: Difference, who: str, whom: str) -> str:
    """``V2G lowers the peak by 12.0 kW (4.0 %) against clever one-way charging``."""
    change = comparison.difference("peak_kw", pair)
    before = comparison.cell("peak_kw", pair.against)
    if change.mean is None or not before.mean:
        return f"{who} cannot be compared with {whom}: no seed in common."
    share = f"{abs(100 * change.mean / before.mean):.1f} %"
    if abs(change.mean) < NOTHING_SHARE * before.mean:
        return f"{who} leaves the peak as it is against {whom}{_seeds(change)}."
    if change.n > 1 and not change.is_clear:
        return (
            f"{who} makes no clear difference to the peak against {whom}: "
            f"{_kw(change.mean, True)} kW ({share}) on average{_seeds(change)}."
        )
    does = "lowers" if change.mean < 0 else "raises"
    return (
        f"{who} {does} the peak by {_kw(abs(change.mean))} kW ({share}) against "
        f"{whom}{_seeds(change)}."
    )


def _v2g(comparison: Comparison, pair: Difference, named: bool) -> list[str]:
    who = f"V2G ({pair.variant})" if named else "V2G"
    whom = "clever one-way charging" + (f" ({pair.against})" if named else "")
    return [
        peak_sentence(comparison, pair, who, whom),
        _of_the_way(comparison, pair),
        _instead(comparison, pair),
        _price(comparison, pair),
    ]


def _seeds(change: Cell) -> str:
    """The band of chance, as sizes where every seed has the same sign."""
    if change.n < 2 or change.low is None or change.high is None:
        return ""
    if not change.is_clear:
        low, high = _kw(change.low, True), _kw(change.high, True)
        return f" (from {low} to {high} kW over {change.n} seeds)"
    small, large = sorted((abs(change.low), abs(change.high)))
    return f" – from {_kw(small)} to {_kw(large)} kW over {change.n} seeds"


def _of_the_way(comparison: Comparison, pair: Difference) -> str:
    """How much of the gain over uncontrolled charging is had by charging cleverly."""
    free = [
        label
        for label in comparison.labels
        if comparison.first(label).policy == "uncontrolled"
        and comparison.first(label).n_ev
    ]
    neglect = comparison.most_like(pair.variant, free)
    if neglect is None:
        return ""
    clever = comparison.difference("peak_kw", Difference(pair.against, neglect)).mean
    v2g = comparison.difference("peak_kw", Difference(pair.variant, neglect)).mean
    if clever is None or v2g is None:
        return ""
    if clever < 0 and v2g < clever:
        return (
            f"Of the {_kw(-v2g)} kW that it takes off the peak of charging as one "
            f"pleases, charging cleverly alone takes {_kw(-clever)} kW "
            f"({100 * clever / v2g:.0f} %) without giving anything back."
        )
    return (
        "Against charging as one pleases, charging cleverly changes the peak by "
        f"{_kw(clever, True)} kW and V2G by {_kw(v2g, True)} kW."
    )


def _instead(comparison: Comparison, pair: Difference) -> str:
    """What else differs for the grid, as two values."""
    parts = []
    for key, words in (
        ("v_min_pu", "the lowest voltage is {0} pu instead of {1} pu"),
        (
            "worst_transformer_loading",
            "the most loaded transformer is at {0} % instead of {1} %",
        ),
        ("customer_hours_below", "customer-hours below the limit {0} instead of {1}"),
        ("customer_hours_above", "customer-hours above the limit {0} instead of {1}"),
        ("transformers_over_normal", "transformers over rating {0} instead of {1}"),
    ):
        now, before = (comparison.cell(key, x) for x in (pair.variant, pair.against))
        if not (now.is_nothing and before.is_nothing):
            values = _told_apart(key, now, before)
            change = comparison.difference(key, pair)
            unclear = change.n > 1 and not (change.is_clear or change.is_nothing)
            parts.append(words.format(*values) + " (not in every seed)" * unclear)
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _told_apart(key: str, now: Cell, before: Cell) -> tuple[str, str]:
    """Both means; of counts that would read alike but are not with one digit more."""
    measure = MEASURES[key]
    is_count = not (measure.digits or measure.unit)
    said, other = (measure.written(one.mean) for one in (now, before))
    if is_count and said == other and now.mean != before.mean:
        measure = replace(measure, digits=1)
        said, other = (measure.written(one.mean) for one in (now, before))
    return said, other


def _price(comparison: Comparison, pair: Difference) -> str:
    """What that takes from cars and drivers."""
    given = _mean(comparison, "ev_discharged_kwh", pair.variant)
    late, before = (
        _mean(comparison, "departures_short_share", label)
        for label in (pair.variant, pair.against)
    )
    said = f"The cars give back {given or '–'} kWh for it"
    if late and late == before:
        said += f"; as many departures fall short of target ({late} %)"
    elif late and before:
        said += f"; {late} % of departures fall short of target instead of {before} %"
    held = comparison.difference("stored_change_kwh", pair).mean
    if held is not None and abs(held) >= 1:
        words = MEASURES["stored_change_kwh"].written(abs(held))
        said += f"; at the end batteries hold {words} kWh "
        said += "less than otherwise" if held < 0 else "more than otherwise"
    return f"{said}."


def _alone(comparison: Comparison, label: str) -> list[str]:
    peak, cars = (comparison.cell(key, label) for key in ("peak_kw", "peak_ev_kw"))
    if peak.mean is None:
        return [f"{label}: the substation's power is not known."]
    when = comparison.cell("peak_time", label).text or ""
    who = f"{label}: the" if len(comparison.labels) > 1 else "The"
    said = f"{who} substation peaks at {_kw(peak.mean)} kW ({when})"
    if cars.mean:
        said += f"; EVs draw {_kw(cars.mean)} kW of it"
    parts = [f"{said}."]
    lowest = _mean(comparison, "v_min_pu", label)
    below = comparison.cell("customer_hours_below", label)
    if lowest and below.mean is not None:
        hours = (
            "no" if not below.mean else _mean(comparison, "customer_hours_below", label)
        )
        parts.append(
            f"The lowest voltage is {lowest} pu, with {hours} customer-hours below the "
            "limit."
        )
    elif lowest:
        parts.append(f"The lowest voltage that is known is {lowest} pu.")
    return parts


def _without_cars(comparison: Comparison) -> list[str]:
    if len(comparison.bases) != 1 or comparison.first(comparison.bases[0]).n_ev:
        return []
    base = comparison.bases[0]
    keys = ("customer_hours_below", "customer_hours_above", "transformers_over_normal")
    below, above, over = (comparison.cell(key, base).mean for key in keys)
    if below is None or above is None or over is None:
        return []
    if below + above + over == 0:
        return [_nothing_beyond(comparison)]
    plural = "" if over == 1 else "s"
    beyond = MEASURES["customer_hours_below"].written(below + above)
    hours = f"{beyond} customer-hours beyond the voltage limits"
    count = MEASURES["transformers_over_normal"].written(over)
    full = f"{count} transformer{plural} over normal rating"
    known = [words for n, words in ((below + above, hours), (over, full)) if n]
    verb = "is" if known == [full] and over == 1 else "are"
    return [f"Without EVs there {verb} already {' and '.join(known)}."]


def _nothing_beyond(comparison: Comparison) -> str:
    keys = ("customer_hours_below", "customer_hours_above", "transformers_over_normal")
    good = [
        label
        for label in comparison.labels
        if all(comparison.cell(key, label).mean == 0 for key in keys)
    ]
    if len(good) == len(comparison.labels):
        return (
            "No variant takes a customer's voltage or a transformer beyond its limits."
        )
    return "Without EVs nothing is beyond its limits."


def stopped(case: Case) -> str:
    """``interrupted after day 12 of 365``; empty of a run that came to its end."""
    if case.run.is_complete:
        return ""
    state = "unfinished" if case.run.status == "done" else case.run.status
    asked = (case.scenario.get("time") or {}).get("days")
    return f"{state} after day {max(1, round(case.days))}" + (
        f" of {asked}" if asked else ""
    )


def _warnings_of(case: Case) -> list[tuple[Case, str]]:
    said = []
    if words := stopped(case):
        said.append(
            f"{words}: figures cover only these days; what is added up at the end is "
            "not known."
        )
    if case.is_unsolved:
        said.append(
            "no step has a solution: the grid's power, voltages, loadings and losses "
            "are not known."
        )
    elif case.steps_failed:
        said.append(
            f"{case.steps_failed} of {case.steps.height} steps have no solution: "
            "peaks, losses and hours beyond limits are lower bounds; where nothing was "
            "counted, it is not known."
        )
    return [(case, line) for line in said]


def _who(case: Case) -> str:
    return f"{case.label}, seed {case.called_seed}"


def _mean(comparison: Comparison, key: str, label: str) -> str:
    mean = comparison.cell(key, label).mean
    return "" if mean is None else MEASURES[key].written(mean)


def _kw(value: float, signed: bool = False) -> str:
    return MEASURES["peak_kw"].written(value, signed)
