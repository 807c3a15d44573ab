"""What a home would have drawn in an event, from its meter on earlier similar days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from twin.arrays import Floats
from twin.surroundings.programmes import Programme, Similar


@dataclass(frozen=True)
class DayLoad:
    """A day's metered power within the hours that a programme looks at.

    called_kw   in the hours of an event [n_interval, n]
    before_kw   in the hours of the day-of adjustment [n_before, n]
    """

    called_kw: Floats
    before_kw: Floats


def similar_days(
    day: date,
    known: Iterable[date],
    called: frozenset[date],
    kind_of: Callable[[date], str],
    rule: Similar,
) -> list[date]:
    """The last days before an event that are of its kind, and had none themselves."""
    alike = [
        one
        for one in sorted(known)
        if one < day and one not in called and kind_of(one) == kind_of(day)
    ]
    return alike[-rule.of :]


def baseline_kw(
    earlier: Sequence[DayLoad], today: DayLoad, best: int, limit: float
) -> Floats:
    """Baseline of an event's intervals [n_interval, n].

    ::

        b = mean of the `best` of the earlier days with the highest use, by customer
        a = load before the event / mean of those days' load before it,
            within 1 - limit and 1 + limit; 1 where those days drew nothing then
        baseline = a b

    A home that gave more than it drew has a baseline below zero, which a factor cannot
    adjust in the right direction: there a = 1, too.

    Source: the 10-in-10 and 5-in-10 baselines of Californian demand response; from
    general knowledge, see data/programmes/SOURCE.md.
    """
    event = np.stack([one.called_kw for one in earlier])
    before = np.stack([one.before_kw for one in earlier]).mean(axis=1)
    order = np.argsort(-event.sum(axis=1), axis=0, kind="stable")[:best]
    chosen = np.take_along_axis(event, order[:, None, :], axis=0)
    mean = chosen.mean(axis=0)
    usual = np.take_along_axis(before, order, axis=0).mean(axis=0)
    actual = today.before_kw.mean(axis=0)
    fair = (usual > 0) & (mean.sum(axis=0) > 0)
    ratio = np.divide(actual, usual, out=np.ones_like(usual), where=fair)
    baseline: Floats = np.clip(ratio, 1 - limit, 1 + limit) * mean
    return baseline


def reduction_kwh(baseline: Floats, actual: Floats, hours: float) -> Floats:
    """What was drawn less than the baseline, interval by interval, never < 0 [n]."""
    less: Floats = np.maximum(baseline - actual, 0.0).sum(axis=0) * hours
    return less


def event_pay_usd(
    programme: Programme,
    kind: str,
    earlier: Sequence[DayLoad],
    today: DayLoad,
    interval_h: float | None = None,
) -> Floats | None:
    """Pay of one called day [n]; None where too few earlier days make no baseline.

    ``interval_h``: length of an interval; else all of the programme's hours are called.
    """
    rule = programme.similar[kind]
    if len(earlier) < rule.least:
        return None
    usual_kw = baseline_kw(earlier, today, rule.best, programme.adjustment)
    hours = interval_h or programme.hours / len(today.called_kw)
    less = reduction_kwh(usual_kw, today.called_kw, hours)
    return programme.usd_per_kwh * less
