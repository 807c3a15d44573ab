"""The headline in plain words: what V2G changes against charging cleverly."""

from __future__ import annotations

from twin.analysis.compare import Cell, Comparison, Difference
from twin.analysis.measures import MEASURES

NOTHING_SHARE = 0.0005


def headline(comparison: Comparison) -> list[str]:
    """Sentences, the answer first."""
    if comparison.v2g_against_clever:
        pairs = [Difference(*pair) for pair in comparison.v2g_against_clever]
        said = [line for pair in pairs for line in _v2g(comparison, pair)]
    elif comparison.differences:
        said = [_peak(comparison, pair) for pair in comparison.differences]
    else:
        said = [
            line for label in comparison.labels for line in _alone(comparison, label)
        ]
    return [*said, *_without_cars(comparison), *_warnings(comparison)]


def _v2g(comparison: Comparison, pair: Difference) -> list[str]:
    return [
        _peak(comparison, pair, "V2G", "clever one-way charging"),
        _instead(comparison, pair),
        _price(comparison, pair),
        *_against_neglect(comparison, pair),
    ]


def _peak(
    comparison: Comparison, pair: Difference, who: str = "", whom: str = ""
) -> str:
    """``V2G (v2g) lowers the peak by 12.0 kW (4 %) against ...``"""
    change = comparison.difference("peak_kw", pair)
    before = comparison.cell("peak_kw", pair.against)
    subject = f"{who} ({pair.variant})" if who else pair.variant
    against = f"against {whom} ({pair.against})" if whom else f"against {pair.against}"
    if change.mean is None or not before.mean:
        return f"{subject} cannot be compared {against}: no seed in common."
    seeds = _over_seeds(change)
    share = 100 * change.mean / before.mean
    if abs(change.mean) < NOTHING_SHARE * before.mean:
        return f"{subject} leaves the peak as it is {against}{seeds}."
    if change.n > 1 and not change.is_clear:
        return (
            f"{subject} makes no clear difference to the peak {against}: "
            f"{change.mean:+.1f} kW ({share:+.1f} %) on average{seeds}."
        ).replace("-", "−")
    does = "lowers" if change.mean < 0 else "raises"
    return (
        f"{subject} {does} the peak by {abs(change.mean):.1f} kW ({abs(share):.1f} %) "
        f"{against}{seeds}."
    )


def _over_seeds(change: Cell) -> str:
    if change.n < 2:
        return ""
    peak = MEASURES["peak_kw"]
    low, high = peak.written(change.low, True), peak.written(change.high, True)
    return f" (from {low} to {high} kW over {change.n} seeds)"


def _instead(comparison: Comparison, pair: Difference) -> str:
    """What else differs for the grid, as two values."""
    parts = []
    for key, words in (
        ("v_min_pu", "lowest voltage {0} pu instead of {1} pu"),
        ("customer_hours_below", "customer-hours below the limit {0} instead of {1}"),
        (
            "transformers_over_normal",
            "transformers over normal rating {0} instead of {1}",
        ),
        ("worst_transformer_loading", "the most loaded one at {0} % instead of {1} %"),
    ):
        now, before = (_mean(comparison, key, x) for x in (pair.variant, pair.against))
        if now and before:
            parts.append(words.format(now, before))
    return f"With it: {'; '.join(parts)}." if parts else ""


def _price(comparison: Comparison, pair: Difference) -> str:
    """What that takes from cars and drivers."""
    given = _mean(comparison, "ev_discharged_kwh", pair.variant)
    late, before = (
        _mean(comparison, "departures_short_share", label)
        for label in (pair.variant, pair.against)
    )
    said = f"For it the cars give back {given or '–'} kWh"
    if late and before:
        said += f"; {late} % of departures fall short of target instead of {before} %"
    return f"{said}."


def _against_neglect(comparison: Comparison, pair: Difference) -> list[str]:
    """Most of the gain over uncontrolled charging is often had by charging cleverly."""
    free = [
        label
        for label in comparison.labels
        if comparison.first(label).policy == "uncontrolled"
        and comparison.first(label).evs.height
    ]
    if not free:
        return []
    clever = comparison.difference("peak_kw", Difference(pair.against, free[0]))
    v2g = comparison.difference("peak_kw", Difference(pair.variant, free[0]))
    if clever.mean is None or v2g.mean is None:
        return []
    return [
        f"Against charging as one pleases ({free[0]}), {pair.against} changes the peak "
        f"by {_kw(clever)} kW and {pair.variant} by {_kw(v2g)} kW."
    ]


def _alone(comparison: Comparison, label: str) -> list[str]:
    peak, cars = (comparison.cell(key, label) for key in ("peak_kw", "peak_ev_kw"))
    if peak.mean is None:
        return [f"{label}: the substation's power is not known."]
    when = comparison.cell("peak_time", label).text or ""
    said = f"{label}: the substation peaks at {_kw(peak, False)} kW ({when})"
    if cars.mean is not None:
        said += f", {_kw(cars, False)} kW of it by EVs"
    lowest = _mean(comparison, "v_min_pu", label)
    below = _mean(comparison, "customer_hours_below", label)
    rest = f"The lowest voltage is {lowest} pu" if lowest else ""
    if rest and below:
        rest += f"; customer-hours below the limit: {below}"
    return [f"{said}.", f"{rest}." if rest else ""]


def _without_cars(comparison: Comparison) -> list[str]:
    base = comparison.baseline
    if base is None or comparison.first(base).evs.height:
        return []
    keys = ("customer_hours_below", "customer_hours_above", "transformers_over_normal")
    below, above, over = (comparison.cell(key, base).mean for key in keys)
    if below is None or above is None or over is None:
        return []
    if below + above + over == 0:
        return ["Without EVs nothing is beyond its limits."]
    return [
        f"Without EVs there are already {below + above:.1f} customer-hours beyond the "
        f"voltage limits and {over:.0f} transformers over their normal rating."
    ]


def _warnings(comparison: Comparison) -> list[str]:
    failed = {
        label: comparison.cell("steps_failed", label).mean or 0
        for label in comparison.labels
    }
    bad = [f"{label} ({count:.0f})" for label, count in failed.items() if count]
    if not bad:
        return []
    return [
        f"Steps without a solution, so that peaks are lower bounds: {', '.join(bad)}."
    ]


def _mean(comparison: Comparison, key: str, label: str) -> str:
    mean = comparison.cell(key, label).mean
    return "" if mean is None else MEASURES[key].written(mean)


def _kw(cell: Cell, signed: bool = True) -> str:
    return MEASURES["peak_kw"].written(cell.mean, signed)
