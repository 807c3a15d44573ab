"""Customers' voltages judged by hand-made numbers."""

from dataclasses import replace

import numpy as np
import pytest
from dash.development.base_component import Component

from dashboards.voltage import customers
from dashboards.voltage.sweeps import Sweeps
from tests.analysis.conftest import V_PU, MakeRun, interrupted  # noqa: F401
from tests.dashboards.test_voltage_sweeps import three_phases
from twin.analysis.case import Case
from twin.analysis.digest import Limits, Voltages

ANSI = Limits("ansi_c84_1", 0.95, 1.05, 110 / 120, 127 / 120)


def _rows(case: Case) -> list[dict[str, object]]:
    sweeps = Sweeps()
    return customers.customer_rows(case, sweeps.voltages(case), sweeps.sweep(case))


def _texts(component: object) -> str:
    if isinstance(component, list | tuple):
        return " ".join(_texts(one) for one in component)
    if isinstance(component, Component):
        return _texts(getattr(component, "children", None))
    return "" if component is None else str(component)


def test_customers_stand_the_worst_first_with_when_and_how_long(make_run):
    worst, other = _rows(Case(make_run()))
    assert worst["name"] == "home B"
    assert worst["low_pu"] == pytest.approx(0.84)
    assert worst["low_at"] == "2026-01-12 20:00"
    assert worst["high_pu"] == pytest.approx(1.11)
    assert worst["high_at"] == "2026-01-13 00:00"
    assert (worst["below_h"], worst["above_h"]) == (2.0, 1.0)
    assert worst["worst_week"] == pytest.approx(3 / 8)
    assert worst["verdict"] == "fails"
    assert worst["transformer"] == "T1"
    assert worst["distance_km"] == 0.3
    assert worst["node"] == "d"
    assert (other["below_h"], other["worst_week"]) == (1.0, 1 / 8)


def test_a_customer_within_the_limits_is_within(make_run):
    volts = np.full((8, 4), 0.99)
    volts[3, 3] = 0.98
    worst, other = _rows(Case(make_run(v_pu=volts)))
    assert (worst["name"], worst["verdict"]) == ("home B", "within")
    assert (other["low_pu"], other["below_h"]) == (pytest.approx(0.99), 0.0)


def _kept(low: float, high: float, hours: float, week: float) -> tuple[Voltages, ...]:
    one = np.array([hours])
    kept = Voltages(
        np.empty(0, "M8[us]"),
        np.empty((0, 5)),
        np.array([low]),
        np.array([high]),
        one,
        np.zeros(1),
        worst_week=np.array([week]),
    )
    never = np.array(["NaT"], "M8[us]")
    told = customers.CustomerExtremes(np.array([low]), np.array([high]), never, never)
    return kept, told  # type: ignore[return-value]


EN = Limits("en50160", 0.9, 1.1, 0.85, 1.1)


@pytest.mark.parametrize(
    ("limits", "low", "hours", "week", "verdict"),
    [
        (EN, 0.92, 0.0, 0.0, "within"),
        (EN, 0.88, 1.0, 0.05, "outside, under 5 %"),
        (EN, 0.88, 1.0, 0.06, "fails"),
        (EN, 0.84, 1.0, 0.01, "fails"),
        (EN, float("nan"), 0.0, 0.0, "not known"),
        (ANSI, 0.96, 0.0, 0.0, "range A"),
        (ANSI, 0.93, 1.0, 0.5, "range B at times"),
        (ANSI, 0.91, 1.0, 0.5, "beyond range B"),
        (replace(EN, standard="own", outer_low_pu=0.9), 0.88, 1.0, 0.5, "outside"),
    ],
)
def test_verdicts_follow_the_standard(limits, low, hours, week, verdict):
    kept, told = _kept(low, 1.0, hours, week)
    assert customers.verdicts(limits, kept, told) == [verdict]


def test_a_summary_judges_by_the_hours_of_its_days(make_run):
    worst, _ = _rows(Case(make_run(level="summary")))
    assert worst["name"] == "home B"
    assert worst["worst_week"] is None
    assert worst["low_at"] == "2026-01-12"
    assert worst["below_h"] == 2.0


def test_a_customer_on_all_phases_is_judged_by_its_worst(make_run):
    rows = {row["name"]: row for row in _rows(three_phases(make_run))}
    assert rows["home A"]["low_pu"] == pytest.approx(0.84)
    assert rows["home A"]["high_pu"] == pytest.approx(1.11)
    assert rows["home B"]["node"] == "c.3"


def test_the_worst_customer_is_the_tables_first(make_run):
    for volts in (V_PU, np.full((8, 4), 0.99), np.flip(np.array(V_PU), axis=1)):
        case = Case(make_run(v_pu=volts, names=("A", "B")))
        worst = customers.worst_of(case, Sweeps().voltages(case))
        assert _rows(case)[0]["customer"] == str(worst)


def test_tiles_tell_extremes_customers_and_hours(make_run):
    case = Case(make_run())
    words = _texts(customers.tiles(case, Sweeps().voltages(case)))
    assert "0.8400" in words
    assert "home B, 2026-01-12 20:00" in words
    assert "0.060 pu beyond the limit 0.90" in words
    assert "0.010 pu beyond the limit 1.10" in words
    assert "2 of them over 5 % of a week" in words
    assert "3 below, 1 above" in words


def test_tiles_say_at_least_where_intervals_have_no_solution(make_run):
    volts = np.array(V_PU)
    volts[1] = float("nan")
    case = Case(make_run(v_pu=volts, converged=(True, False, *(True,) * 6)))
    assert "≥ 2" in _texts(customers.tiles(case, Sweeps().voltages(case)))


def test_tiles_without_customers_are_of_nodes(interrupted):  # noqa: F811
    case = Case(interrupted)
    words = _texts(customers.tiles(case, Sweeps().voltages(case)))
    assert "0.8400" in words
    assert "customer-hours" not in words


def test_what_was_there_before_is_told_beside_what_is_new(make_run):
    mild = np.array(V_PU)
    mild[2, 2] = 0.95
    mild[3, 3] = 0.95
    base = Case(make_run(v_pu=mild, cars=False))
    words = _texts(customers.before(Case(make_run()), base, "none"))
    assert "There without EVs" in words
    assert "2 customer-hours" in words.replace("  ", " ")
    assert "2 new, 0 cured" in words
    assert customers.before(base, None, "") == []


def test_without_intervals_nothing_is_said_of_before(make_run):
    base = Case(make_run(level="summary"))
    words = _texts(customers.before(Case(make_run()), base, "flat"))
    assert "–" in words
    assert "There in the baseline" in words


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, "EN 50160: within 0.90 to 1.10 pu for 95 %"),
        (
            {"limits": {"standard": "ansi_c84_1", "low_pu": 0.95, "high_pu": 1.05}},
            "ANSI C84.1: range A is 0.95 to 1.05 pu, range B 0.917 to 1.058",
        ),
        (
            {"limits": {"standard": "own", "low_pu": 0.94, "high_pu": 1.06}},
            "own limits: 0.94 to 1.06",
        ),
    ],
)
def test_the_table_says_by_which_rule_it_judges(make_run, record, words):
    case = Case(make_run(record=record))
    assert words in customers.table_caption(case, Sweeps().voltages(case))
