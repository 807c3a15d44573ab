from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from twin.analysis import theme
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.figures import panels
from twin.analysis.fleet_figure import DOING, doing_of
from twin.analysis.load_figures import changes, load_duration, substation_load
from twin.analysis.sections import key_figures
from twin.analysis.theme import INK, Window, left_out, looks, spotlight
from twin.analysis.voltage_figures import (
    _drawn,
    class_edges,
    voltage_along,
    voltage_band,
    voltage_map,
)


@pytest.fixture
def pair(make_run) -> Comparison:
    """Clever one-way charging and V2G, two seeds each."""
    return Comparison.of(
        [
            (label, make_run(policy=policy, seed=seed, grid_kw=[base + seed] * 8))
            for label, policy, base in (
                ("clever", "valley", 40),
                ("v2g", "v2g_peak", 30),
            )
            for seed in (1, 2)
        ]
    )


def test_the_load_is_the_mean_over_seeds_within_its_band(pair):
    figure = substation_load(pair)
    lines = {trace.name: trace for trace in figure.data if trace.name}
    assert set(lines) == {"homes less PV, without EVs", "clever", "v2g"}
    np.testing.assert_allclose(lines["v2g"].y, 31.5)
    assert lines["v2g"].x0 == "2026-01-12 18:00"
    edges = [t.y[0] for t in figure.data if t.legendgroup == "v2g" and not t.name]
    assert sorted(edges) == [31.0, 32.0]


def test_the_base_load_is_what_the_baseline_without_cars_draws(make_run):
    none = make_run(policy="uncontrolled", cars=False, grid_kw=[7.0] * 8)
    comparison = Comparison.of([("none", none), ("v2g", make_run())], "none")
    base = substation_load(comparison).data[0]
    assert base.name == "none (no EVs)"
    assert base.fill == "tozeroy"
    np.testing.assert_allclose(base.y, 7.0)


def test_duration_falls_from_the_peak(make_run):
    line = load_duration(Comparison.of([("one", make_run())])).data[0]
    assert (line.y[0], line.y[-1]) == (50.0, -5.0)
    assert (np.diff(line.y) <= 0).all()


def test_changes_show_only_what_differs(pair):
    figure = changes(pair)
    titles = {note.text for note in figure.layout.annotations}
    assert titles == {"Peak [kW]"}
    assert figure.data[0].x.tolist() == [-10.0]
    assert changes(Comparison.of([("one", pair.cases[0].run)])) is None


def test_variants_look_different_and_keep_their_policys_colour(pair, make_run):
    many = Comparison.of([(f"v{n}", make_run(seed=n)) for n in range(9)])
    found = list(looks(many).values())
    assert len(set(found)) == 9
    assert looks(pair)["v2g"].colour == "#009E73"
    assert looks(pair)["clever"].colour == "#0072B2"


def test_spotlight_keeps_uncontrolled_clever_and_v2g(make_run):
    runs = [("none", make_run(policy="uncontrolled", cars=False))]
    policies = ("uncontrolled", "tou", "valley", "v2g_peak")
    runs += [(policy, make_run(policy=policy)) for policy in policies]
    comparison = Comparison.of(runs, "none")
    assert spotlight(comparison) == comparison.labels
    assert left_out(comparison) == ""
    assert spotlight(comparison, 4) == ("none", "uncontrolled", "valley", "v2g_peak")


def test_spotlight_shows_the_worst_and_tells_who_is_left_out(make_run):
    runs = [("none", make_run(policy="uncontrolled", cars=False))]
    policies = ("uncontrolled", "tou", "valley", "v2g_peak", "v2h")
    peaks = dict(zip(policies, (60.0, 80.0, 40.0, 30.0, 50.0), strict=True))
    runs += [(p, make_run(policy=p, grid_kw=[kw] * 8)) for p, kw in peaks.items()]
    comparison = Comparison.of(runs, "none")
    assert spotlight(comparison) == ("none", "tou", "valley", "v2g_peak")
    fleet = next(one for one in panels(comparison) if one.key == "fleet")
    assert fleet.caption.endswith("want of room: uncontrolled; v2h.")


def test_without_any_car_the_baseline_is_shown_and_others_have_colours(make_run):
    runs = [(f"v{n}", make_run(seed=n, cars=False)) for n in range(6)]
    comparison = Comparison.of(runs, "v0")
    shown = spotlight(comparison)
    assert shown == ("v0", "v1", "v2", "v3")
    colours = [looks(comparison)[label].colour for label in shown]
    assert colours[0] == INK
    assert len(set(colours)) == 4


def test_key_figures_of_many_variants_are_two_tables(make_run):
    """Values, then differences: both fit a page; names may break at underscores."""
    few = Comparison.of([(f"v_{n}", make_run(seed=n)) for n in range(3)], "v_0")
    many = Comparison.of([(f"v_{n}", make_run(seed=n)) for n in range(5)], "v_0")
    counts = [key_figures(one).count("<table>") for one in (few, many)]
    assert counts == [1, 2]
    assert '<th scope="col">v_<wbr>4</th>' in key_figures(many)
    assert '<th scope="col">v_<wbr>4 − v_<wbr>0</th>' in key_figures(many)


def test_baselines_along_an_axis_stay_in_ink_beside_cars(make_run):
    runs = [(f"none, x {n}", make_run(seed=n, cars=False)) for n in range(2)]
    runs += [(f"all, x {n}", make_run(seed=n)) for n in range(2)]
    found = looks(Comparison.of(runs, "none"))
    assert [found[f"none, x {n}"].colour for n in range(2)] == [INK, INK]


def test_a_long_run_is_shown_in_the_week_of_its_peak(make_run, monkeypatch):
    run = make_run()
    assert Window.of(Comparison.of([("one", run)])).whole
    monkeypatch.setattr(theme, "MOST_DAYS", 0)
    window = Window.of(Comparison.of([("one", run)]))
    assert "seven days around the highest peak" in window.words


def test_the_fleet_is_counted_by_what_it_does(make_run):
    case = Case(make_run())
    doing = doing_of(case, Window(0, 8, True))
    names = [name for name, _ in DOING]
    np.testing.assert_allclose(doing.share.sum(axis=1), 100.0)
    charging = dict(zip(names, doing.share[2], strict=True))
    assert charging["charging"] == 50.0  # car 0 charges, car 1 drives
    assert charging["driving"] == 50.0
    giving = dict(zip(names, doing.share[6], strict=True))
    assert giving["giving"] == 50.0
    np.testing.assert_allclose(doing.soc[:, 1], 70.0)


def test_the_map_parts_lines_and_keeps_kilometres_equal(make_run):
    figure = voltage_map(Comparison.of([("one", make_run())]))
    lines = [trace for trace in figure.data if trace.mode == "lines" and len(trace.x)]
    assert sum(len(trace.x) for trace in lines) == 3 * 2  # T1 has no length
    assert all(np.isnan(trace.x[2::3]).all() for trace in lines)
    ratio = figure.layout.yaxis.scaleratio
    assert ratio == pytest.approx(1 / np.cos(np.radians(48.00025)))
    below = [t for t in lines if t.line.color == "#D55E00"]
    assert len(below) == 2  # 0.89 and 0.84 lie below 0.9


def test_the_limit_parts_the_maps_classes():
    edges = class_edges(np.array([0.861, 0.985]), 0.9)
    assert 0.9 in edges
    assert edges[0] <= 0.861
    assert edges[-1] >= 0.985
    assert 0.9 not in class_edges(np.array([0.961, 0.985]), 0.9)
    assert len(class_edges(np.array([0.95, 0.95]), 0.9)) == 2


def test_no_figure_asks_for_tiles_or_hosts(pair):
    for panel in panels(pair):
        words = "" if panel.figure is None else panel.figure.to_json()
        assert "http" not in words
        assert "mapbox" not in words
        assert panel.caption


def test_the_maps_legend_names_every_class_that_any_panel_draws(make_run):
    high = np.array([(1.0, 0.99, 0.98, 0.97)] * 8)
    runs = [("none", make_run(v_pu=high)), ("low", make_run(policy="valley"))]
    figure = voltage_map(Comparison.of(runs))
    lines = [t for t in figure.data if t.mode == "lines" and len(t.x)]
    named = [t.name for t in lines if t.showlegend]
    assert sorted(named) == sorted({t.name for t in lines})


def test_ticks_of_a_narrow_range_are_told_apart(make_run):
    narrow = np.array([(1.0, 0.999, 0.998, 0.997)] * 8)
    figure = voltage_along(Comparison.of([("one", make_run(v_pu=narrow))]))
    assert figure.layout.yaxis.tickformat == ".4f"


def test_a_single_day_of_daily_figures_has_no_course(make_run):
    comparison = Comparison.of([("one", make_run(level="summary"))])
    kept = comparison.cases[0].voltages
    assert voltage_band(comparison) is not None
    short = replace(kept, band_pu=kept.band_pu[:1], time=kept.time[:1])
    comparison.cases[0].__dict__["voltages"] = short
    assert voltage_band(comparison) is None
    band = next(one for one in panels(comparison) if one.key == "band")
    assert "a single day has no course" in band.gap


def test_the_map_draws_a_line_once_by_its_lowest_phase_whichever_that_is(make_run):
    case = Case(make_run())
    vars(case)["branches"] = case.branches.with_columns(
        from_node=pl.Series([0, 1, 1], dtype=pl.Int32),
        phase=pl.Series([2, 2, 3], dtype=pl.Int32),
    )
    vars(case)["nodes"] = case.nodes.with_columns(
        bus=pl.Series(["a", "b", "c", "c"]),
        phase=pl.Series([2, 2, 2, 3], dtype=pl.Int32),
        x=pl.Series([8.0, 8.0, 8.001, 8.001]),
        y=pl.Series([48.0] * 4),
    )
    drawn = _drawn(case)
    assert (drawn.start.tolist(), drawn.end.tolist()) == ([1], [3])
    assert drawn.low_pu == pytest.approx([0.84])
