"""What `twin inspect` tells of a feeder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin.grid.inspect import TransformerHealth, health
from twin.grid.pandapower import load_feeder


@pytest.fixture(scope="module")
def found():
    return health(*load_feeder("pandapower:create_kerber_landnetz_freileitung_2", {}))


def test_it_counts_what_is_there(found):
    assert (found.loads, found.load_kw, found.load_kvar) == (
        8,
        pytest.approx(64.0),
        0.0,
    )
    assert (found.sources, found.islands, found.buses) == (1, 1, 10)
    assert [one.rating_kva for one in found.transformers] == [100.0]
    assert 0.6 < found.transformers[0].loading < 0.8
    assert found.voltage_levels_kv == (0.4, 10.0)


def test_of_many_transformers_only_the_fullest_are_told(found):
    many = tuple(TransformerHealth(f"t{k}", 25.0, k / 100) for k in range(100))
    said = "\n".join(replace(found, transformers=many).lines())
    assert "t99: 25 kVA, loaded 99.0 %\n    t98" in said
    assert "t80: 25 kVA, loaded 80.0 %\n    and 80 less loaded ones" in said
    assert "t79" not in said


def test_of_many_overloaded_assets_the_first_are_named(found):
    many = tuple(f"line {k}" for k in range(25))
    said = "\n".join(replace(found, overloaded=many).lines())
    assert "line 18, line 19 and 5 more" in said
    assert "above normal rating: none" in "\n".join(
        replace(found, overloaded=()).lines()
    )


def test_it_knows_the_voltages_with_and_without_load(found):
    assert found.own_load.low_pu < found.own_load.high_pu == pytest.approx(1.0)
    assert found.no_load.low_pu == pytest.approx(1.0, abs=1e-3)
    assert found.own_load.low_pu < found.no_load.low_pu


def test_it_agrees_with_newton_raphson(found):
    assert found.agreement.difference_pu < 1e-8
    assert found.agreement.engine == "pandapower's Newton-Raphson at 1e-11 MVA"


def test_violations_before_any_car():
    feeder, net = load_feeder("pandapower:lv_schutterwald", {})
    sick = health(feeder, net)
    european, american = sick.violations
    assert (european.standard, american.standard) == ("en50160", "ansi_c84_1")
    assert european.loads == 90
    assert american.loads == 1506
    assert sick.overloaded == ("T_idx_35",)
    text = "\n".join(sick.lines())
    assert "1506: 3231.9 kW, 150.6 kvar" in text
    assert "en50160 (0.9 to 1.1 pu): 168 buses, 90 loads" in text
    assert "T_idx_35: 400 kVA, loaded 102.4 %" in text
    assert "14 in 14 island(s), held at 0.965 pu" in text


def test_the_lines_say_all(found):
    text = "\n".join(found.lines())
    for word in ("sources", "losses", "no load", "agreement", "not represented"):
        assert word in text
