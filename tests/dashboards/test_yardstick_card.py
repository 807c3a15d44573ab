"""The card of the yardstick: what was computed, or the command that computes it."""

import json

import pytest

from dashboards.money.cards import yardstick as card
from tests.analysis.test_yardstick import ROW
from tests.dashboards.test_voltage_page import _plain, _prop
from twin.analysis.case import Case


def seen(case):
    return json.dumps(card.card(None, case, {}).to_plotly_json(), default=_plain)


def test_the_command_is_told_where_nothing_was_computed(make_run):
    case = Case(make_run())
    assert f"twin yardstick {case.run.path}" in seen(case)
    assert "yardstick" not in seen(Case(make_run(cars=False)))


def test_what_was_computed_is_shown(make_run, monkeypatch):
    found = {"peak": [ROW], "bill": []}
    monkeypatch.setattr(card, "kept_rows", lambda run, objective: found[objective])
    page = seen(Case(make_run()))
    assert "T1: of the possible reduction against charging at once (40.0 kW)" in page
    assert "reached 50 %" in page and "money-yardstick-bill" not in page
    row = _prop(page, "money-yardstick-peak", "rowData")[0]
    assert row["reached"] == pytest.approx(50.0)
    assert (row["at_once"], row["actual"], row["best"]) == (100.0, 80.0, 60.0)
    heads = [one["headerName"] for one in card.columns_of("USD")]
    assert "Best possible [USD]" in heads
