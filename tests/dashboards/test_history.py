"""What happened to one element, and which element an address means."""

import numpy as np
import polars as pl
import pytest

from dashboards.feeder.element import Element, facts_of, name_of, picked, related
from dashboards.feeder.history import (
    CHARGE,
    LOADING,
    POWER,
    VOLTAGE,
    _phases,
    drawn,
    history,
)
from twin.analysis.case import Case
from twin.errors import InputError


@pytest.fixture
def case(make_run):
    return Case(make_run())


def by_name(case, words):
    return {one.name: one for one in history(case, picked(case, words))}


@pytest.mark.parametrize(
    "words",
    [None, 7, "", "node", "node:", "node:4", "node:-1", "ev:2", "branch:3 ", "x:0",
     "node:1e3", "transformer:1", "node:99999999999"],
)  # fmt: skip
def test_what_names_no_element_is_refused(case, words):
    with pytest.raises(InputError):
        picked(case, words)


def test_an_element_knows_its_address_and_name(case):
    assert picked(case, "branch:1") == Element("branch", 1)
    assert Element("ev", 0).key == "ev:0"
    names = [
        name_of(case, picked(case, words))
        for words in ("node:3", "branch:1", "transformer:0", "customer:1", "ev:1")
    ]
    assert names == ["Bus d", "Line L1", "Transformer T1", "Home home B", "Car 1"]


def test_a_node_has_its_voltage_in_local_time(case):
    (voltage,) = history(case, picked(case, "node:3"))
    assert voltage.axis == VOLTAGE
    assert voltage.values.tolist() == pytest.approx(
        [0.96, 0.91, 0.84, 0.88, 0.905, 0.95, 1.11, 1.03]
    )
    assert voltage.time[0] == np.datetime64("2026-01-12T18:00")


def test_a_transformer_has_power_and_loading(case):
    power, loading = history(case, picked(case, "transformer:0"))
    assert (power.axis, loading.axis) == (POWER, LOADING)
    assert power.values.tolist() == [10, 20, 50, 40, 30, 10, -5, -2]
    assert loading.values[2] == pytest.approx(130.0)


def test_a_car_has_charge_in_percent_and_power(case):
    charge, power = history(case, picked(case, "ev:0"))
    assert (charge.axis, power.axis) == (CHARGE, POWER)
    assert charge.values.tolist() == pytest.approx([50.0] * 8)
    assert power.values[2] == 28.0


def test_a_summary_has_a_day_at_a_time(make_run):
    case = Case(make_run(level="summary"))
    lowest, _, highest = history(case, picked(case, "node:3"))
    assert lowest.values.tolist() == pytest.approx([0.84, 0.905])
    assert highest.values.tolist() == pytest.approx([0.96, 1.11])
    assert history(case, picked(case, "ev:0")) == []


def test_phases_of_one_line_belong_together():
    lines = pl.DataFrame({"phase": [1, 1, 3, 2], "name": ["a", "b", "a", "a"]})
    assert _phases(lines, 2, "name") == [0, 2, 3]
    single = lines.with_columns(phase=pl.lit(0))
    assert _phases(single, 2, "name") == [2]


def test_limits_are_drawn_where_they_matter(case):
    figure = drawn(case, history(case, picked(case, "node:3")), "light")
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [0.9, 1.1]
    inside = drawn(case, history(case, picked(case, "node:1")), "light")
    assert len(inside.layout.shapes) == 1


def test_every_quantity_has_an_axis_of_its_own_with_a_unit(case):
    figure = drawn(case, history(case, picked(case, "branch:1")), "dark", key="b1")
    assert figure.layout.uirevision == "b1"
    titles = [figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text]
    assert titles == [POWER, LOADING]
    assert [shape.y0 for shape in figure.layout.shapes] == [100.0]


def test_no_history_says_what_to_do(case):
    figure = drawn(case, [], "light")
    assert "output.level: all" in figure.layout.annotations[0].text


def test_facts_have_units(case):
    facts = dict(facts_of(case, picked(case, "ev:0")))
    assert facts["battery, usable"] == "50 kWh"
    assert facts["gives power back"].startswith("10 kW (hypothetical")
    assert dict(facts_of(case, picked(case, "ev:1")))["gives power back"] == "no"
    branch = dict(facts_of(case, picked(case, "branch:0")))
    assert branch["emergency rating"] == "120 A for 2 h"
    assert "emergency rating" not in dict(facts_of(case, picked(case, "branch:1")))


def test_elements_lead_to_each_other(case):
    def keys(words):
        return [one.key for _, one in related(case, picked(case, words))]

    assert keys("customer:0") == ["ev:1", "node:2", "transformer:0"]
    assert keys("ev:0") == ["customer:1", "transformer:0"]
    assert keys("node:3") == ["customer:1", "branch:2", "transformer:0"]
    assert keys("branch:0") == ["node:0", "node:1", "transformer:0"]
    assert keys("node:0") == ["branch:0"]
