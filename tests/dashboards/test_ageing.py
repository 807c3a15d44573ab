"""Transformers' lives on their page: by trouble, against the baseline, one's course."""

import json

import numpy as np
import pytest

from dashboards.loading import ageing, ageing_cards
from dashboards.loading.ageing import Hot
from dashboards.loading.courses import Course
from dashboards.loading.loadings import line, transformer, worst_line
from tests.analysis.conftest import LOADING
from tests.dashboards.test_voltage_page import _plain, _prop
from twin.accounts.ratings import Thermal
from twin.accounts.thermal import follow, steady
from twin.analysis.case import Case
from twin.analysis.transformer_life import table

HALF = [tuple(value / 2 for value in row) for row in LOADING]


@pytest.fixture
def case(make_run):
    return Case(make_run())


@pytest.fixture
def calm(make_run):
    """The same network, half as loaded."""
    return Case(make_run(policy="uncontrolled", loading=HALF))


def test_a_row_a_transformer_against_the_baseline(case, calm):
    (row,) = ageing.life_rows(case, calm)
    mine, theirs = (table(one).row(0, named=True) for one in (case, calm))
    assert row["pick"] == "0" and row["rate"] == mine["rate"]
    assert row["life_used"] == pytest.approx(1000 * mine["aged_h"] / 180_000)
    assert row["base_aged_h"] == theirs["aged_h"]
    assert row["change_h"] == pytest.approx(mine["aged_h"] - theirs["aged_h"])
    assert row["change_h"] > 0
    (alone,) = ageing.life_rows(case, None)
    assert alone["base_aged_h"] is None and alone["change_h"] is None


def test_a_baseline_without_that_transformer_tells_no_change(case, calm):
    vars(calm)["transformers"] = calm.transformers.with_columns(
        name=calm.transformers["name"] + "x"
    )
    (row,) = ageing.life_rows(case, calm)
    assert row["change_h"] is None


def test_it_says_which_ages_quickest_and_what_it_costs(case, calm):
    rows = ageing.life_rows(case, calm)
    said = ageing.in_short(case, rows, "none")
    assert said.startswith(
        f"T1 ages quickest: {rows[0]['rate']:.3g} times normal, slower"
    )
    assert "0 of 1 age quicker than normal" in said
    assert f"{rows[0]['change_h']:.3g} h of normal ageing cost" in said
    less = ageing.in_short(calm, ageing.life_rows(calm, case), "v2g")
    assert "h of normal ageing saved in" in less


def test_without_a_rating_there_is_no_hot_spot(make_run):
    loading = [(np.nan, *row[1:]) for row in LOADING]
    case = Case(make_run(loading=loading))
    assert "none has a hot spot" in ageing.in_short(
        case, ageing.life_rows(case, None), ""
    )


def test_the_course_of_a_hot_spot_begins_at_rest_as_lives_do(case):
    element = transformer(case, 0)
    hot = Hot.of(case, element, Course.of(case, element))
    loads = np.array([row[0] for row in LOADING], "f4").astype(float)[:, None]
    thermal = Thermal.by_rating("iec", np.array([100.0]))
    start = steady(thermal, np.sqrt((loads**2).mean(axis=0)), 1.0)
    wanted, _ = follow(thermal, start, loads, np.ones(8), 1.0)
    assert hot.warming.hot_spot_degc == pytest.approx(wanted.hot_spot_degc)
    assert hot.warming.hot_spot_degc.max() == pytest.approx(case.life.hot_spot_degc[0])
    assert hot.warming.ageing.sum() == pytest.approx(case.life.aged_h[0])


def test_it_is_drawn_with_its_limit_and_the_baseline_dotted(case, calm):
    both = []
    for one in (case, calm):
        element = transformer(one, 0)
        both.append(Hot.of(one, element, Course.of(one, element)))
    figure = ageing.hot_spot_figure(case, "T1", both[0], (both[1], "none"), "dark")
    traces = {trace.name: trace for trace in figure.data}
    assert traces["hot spot"].line.dash == "solid"
    assert traces["hot spot, none"].line.dash == "dot"
    assert list(traces["hot spot"].y) == pytest.approx(
        both[0].warming.hot_spot_degc[:, 0].tolist()
    )
    assert list(traces["ageing factor"].y) == pytest.approx(
        both[0].warming.ageing[:, 0].tolist()
    )
    words = [one.text for one in figure.layout.annotations]
    assert "normal ageing, 98 °C" in words


def test_a_line_has_none(case):
    element = line(case, worst_line(case))
    assert Hot.of(case, element, Course.of(case, element)) is None


def test_its_order_and_pick_stand_in_the_address(case):
    card = ageing_cards.life_card(case, {"lifesort": "aged_h.asc", "pick": "0"})
    seen = json.dumps(card.to_plotly_json(), default=_plain)
    assert _prop(seen, "transformers-lifesort", "data") == "aged_h.asc"
    assert _prop(seen, "transformers-life", "selectedRows") == {"ids": ["0"]}
    sort = [x for x in _prop(seen, "transformers-life", "columnDefs") if "sort" in x]
    assert [(x["field"], x["sort"]) for x in sort] == [("aged_h", "asc")]
    assert "IEC 60076-7" in seen


def test_days_alone_tell_no_life(make_run):
    case = Case(make_run(level="summary"))
    seen = json.dumps(ageing_cards.life_card(case, {}).to_plotly_json(), default=_plain)
    assert "output.level: all" in seen and not ageing_cards.has_life(case)
