"""When an element was at its extreme, by intervals and by what days have kept."""

import numpy as np
import pytest

from twin.analysis.case import Case
from twin.analysis.instants import HIGHEST, LOADING, LOWEST, instants
from twin.results.record import Run


def hours(*of_day: int) -> list[np.datetime64]:
    """The hand-made run begins at 17:00 UTC, an interval an hour."""
    return [
        np.datetime64("2026-01-12T17", "us") + np.timedelta64(h, "h") for h in of_day
    ]


@pytest.mark.parametrize("level", ["all", "summary"])
def test_the_fullest_and_the_lowest_have_their_hour(make_run, level):
    """Transformer 1.3 in hour 2, line 2 0.9 in hours 2 and 3; bus 3 0.84 in hour 2."""
    case = Case(make_run(level=level))
    assert instants(case, LOADING, np.array([0, 1, 2])).tolist() == [
        one.tolist() for one in hours(2, 2, 2)
    ]
    assert instants(case, LOWEST, np.array([3, 1])).tolist() == [
        one.tolist() for one in hours(2, 2)
    ]
    assert instants(case, HIGHEST, np.array([3])).tolist() == [
        one.tolist() for one in hours(6)
    ]
    assert instants(case, LOADING, np.empty(0, np.int64)).tolist() == []


def test_a_run_whose_days_kept_no_hour_tells_none(make_run, monkeypatch):
    case = Case(make_run(level="summary"))
    days = case.run.static("branches_daily").drop("loading_max_at_h")
    monkeypatch.setattr(Run, "static", lambda run, table: days)
    assert np.isnat(instants(case, LOADING, np.array([0, 1]))).all()


def test_what_was_never_known_has_none(make_run):
    volts = np.full((8, 4), 1.0)
    volts[:, 3] = np.nan
    (instant,) = instants(Case(make_run(v_pu=volts)), LOWEST, np.array([3]))
    assert np.isnat(instant)
