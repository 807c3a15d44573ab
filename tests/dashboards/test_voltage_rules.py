"""The voltage page's table by rule."""

from __future__ import annotations

from dashboards.voltage.rules import caption, rule_rows
from tests.analysis.test_voltage_quality import BROKEN, GOOD
from twin.analysis.case import Case
from twin.analysis.voltage_quality import RERUN


def test_a_row_a_rule_with_its_worst_customer(make_run):
    rows = {row["rule"]: row for row in rule_rows(Case(make_run(quality=BROKEN)), None)}
    one = rows["range_a"]
    assert (one["broken"], one["known"], one["worst"]) == (1, 2, "1.50 h outside")
    assert (one["customer"], one["name"]) == ("0", "home A")
    assert one["source"].endswith("[M]")
    assert one["already"] is None
    assert rows["range_b"]["customer"] is None
    assert rows["rapid_change"]["worst"] == "2 changes"


def test_what_the_baseline_has_as_well(make_run):
    base = Case(make_run(quality=GOOD, cars=False))
    rows = rule_rows(Case(make_run(quality=BROKEN)), base)
    told = {row["rule"]: (row["already"], row["caused"], row["cured"]) for row in rows}
    assert told["range_a"] == (0, 1, 0)
    assert told["rapid_change"] == (0, 2, 0)


def test_what_cannot_be_judged_is_not_zero(make_run):
    unknown = BROKEN | {"week_vuf_p95": [[float("nan")] * 2] * 2}
    rows = {
        row["rule"]: row for row in rule_rows(Case(make_run(quality=unknown)), None)
    }
    assert rows["unbalance"]["broken"] is None
    assert rows["unbalance"]["worst"] == "not known"


def test_an_older_run_says_what_to_do(make_run):
    case = Case(make_run())
    assert rule_rows(case, None) == []
    assert [one.children for one in caption(case)] == [RERUN]
