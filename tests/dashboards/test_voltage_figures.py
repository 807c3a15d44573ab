"""What the figures of voltage show, and the limits that they name."""

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboards import theme
from dashboards.voltage import figures
from dashboards.voltage.colours import colours_of
from dashboards.voltage.limits import bounded, named_limits
from dashboards.voltage.profiles import Groups, groups_of, profile_at
from dashboards.voltage.sweeps import Sheet, sweep_of
from tests.analysis.conftest import MakeRun
from twin.analysis.case import Case
from twin.analysis.digest import Limits

EN = Limits("en50160", 0.9, 1.1, 0.85, 1.1)
ANSI = Limits("ansi_c84_1", 0.95, 1.05, 110 / 120, 127 / 120)
LIGHT = theme.palette("light")


@pytest.fixture
def case(make_run: MakeRun) -> Case:
    return Case(make_run())


def _notes(figure: go.Figure) -> str:
    return " | ".join(one.text for one in figure.layout.annotations)


def _lines(figure: go.Figure) -> list[float]:
    return [shape.y0 for shape in figure.layout.shapes]


def test_limits_have_the_names_of_their_standard():
    names = [(one.name, round(one.pu, 3), one.side) for one in named_limits(EN)]
    assert names == [
        ("EN 50160", 0.9, -1),
        ("EN 50160", 1.1, 1),
        ("EN 50160, at all times", 0.85, -1),
    ]
    assert [one.name for one in named_limits(ANSI)] == [
        *["ANSI C84.1, range A"] * 2,
        *["ANSI C84.1, range B"] * 2,
    ]


def test_a_limit_that_is_near_is_a_line_with_its_name():
    values = [np.array([0.92, 1.0, np.nan])]
    figure = bounded(go.Figure(), EN, values, "light")
    assert _lines(figure) == [0.9]
    assert "EN 50160: lower limit 0.90 pu" in _notes(figure)
    low, high = figure.layout.yaxis.range
    assert low < 0.9 < 1.0 < high


def test_a_limit_that_is_far_is_told_at_the_edge_with_how_far():
    figure = bounded(go.Figure(), EN, [np.array([0.96, 1.02])], "light")
    assert _lines(figure) == []
    assert "lower limit 0.90 pu is 0.060 pu farther down" in _notes(figure)
    assert "upper limit 1.10 pu is 0.080 pu farther up" in _notes(figure)
    assert figure.layout.yaxis.range[0] > 0.94


def test_a_broken_limit_is_in_sight_with_the_outer_one():
    figure = bounded(go.Figure(), EN, [np.array([0.84, 1.0])], "light")
    assert sorted(_lines(figure)) == [0.85, 0.9]


def test_unknown_values_still_make_an_axis():
    figure = bounded(go.Figure(), EN, [np.array([np.nan])], "dark")
    assert figure.layout.yaxis.range[0] < figure.layout.yaxis.range[1]


def test_a_profile_joins_nodes_along_their_branches(case):
    values = profile_at(case, 2)
    drawn = figures.Drawn(groups_of(case, "transformer"))
    figure = figures.profile(case, values, drawn, "light")
    points = {one.name: one for one in figure.data if one.mode == "markers"}
    assert points["T1"].x.tolist() == pytest.approx([0.0, 0.1, 0.3])
    assert points["T1"].y.tolist() == pytest.approx([0.97, 0.89, 0.84])
    assert points["T1"].text == ("b", "c", "d")
    assert points["T1"].marker.color == LIGHT.sequence[0]
    lines = next(one for one in figure.data if one.mode == "lines" and one.name == "T1")
    assert lines.y[:2].tolist() == pytest.approx([1.0, 0.97])
    assert np.isnan(lines.y[2])
    assert len(lines.x) == 9
    assert lines.hoverinfo == "none"


def test_a_profile_can_show_the_range_of_the_run(case):
    kept = case.voltages
    assert kept is not None
    span = (kept.node_min_pu, kept.node_max_pu)
    drawn = figures.Drawn(groups_of(case, "transformer"), span=span)
    figure = figures.profile(case, profile_at(case, 0), drawn, "dark")
    first = figure.data[0]
    assert first.name == "each node's range over the run"
    assert first.y[-3:-1].tolist() == pytest.approx([0.84, 1.11])
    assert figure.layout.yaxis.range[1] > 1.11


def test_dead_nodes_are_not_drawn(case):
    values = profile_at(case, 2)
    values[3] = np.nan
    drawn = figures.Drawn(groups_of(case, "transformer"))
    figure = figures.profile(case, values, drawn, "light")
    points = {one.name: one for one in figure.data if one.mode == "markers"}
    assert len(points["T1"].x) == 2


def test_the_worst_transformers_are_in_colour_and_the_chosen_one_alone():
    names = tuple(f"T{one}" for one in range(9))
    groups = Groups(names, np.arange(9.0), np.arange(9))
    values = 1 - np.arange(9) / 100
    colours = figures.group_colours(groups, values, None, "light")
    assert [bool(one) for one in colours] == [False] * 3 + [True] * 6
    assert colours[8] == LIGHT.sequence[0]
    alone = figures.group_colours(groups, values, 2, "light")
    assert [index for index, one in enumerate(alone) if one] == [2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("limits", [EN, ANSI, Limits("own", 0.94, 1.1, 0.94, 1.1)])
@pytest.mark.parametrize("farthest", [0.0, 0.03, 0.2])
@pytest.mark.parametrize("fixed", [True, False])
def test_a_scale_rises_from_zero_to_one_around_one_pu(limits, farthest, fixed, scheme):
    colours = colours_of(limits, farthest, fixed, scheme)
    places = [place for place, _ in colours.scale]
    assert places[0] == 0.0
    assert places[-1] == 1.0
    assert places == sorted(places)
    assert colours.span_pu >= max(farthest, 0.05 if fixed else 0)
    go.Heatmap(colorscale=colours.scale)


def test_a_scale_marks_the_limits_and_what_lies_beyond_has_its_own_colour():
    colours = colours_of(EN, 0.16, True, "light")
    assert dict(colours.ticks)[0.9] == "0.90 limit"
    beyond = colours.scale[:2]
    assert beyond[0][1] == beyond[1][1] != colours.scale[2][1]
    assert beyond[1][0] == pytest.approx((0.16 - 0.1) / 0.16 / 2, abs=1e-6)
    within = colours_of(EN, 0.03, False, "light")
    assert within.span_pu == 0.03
    assert not any("limit" in words for _, words in within.ticks)


def _sheet(minutes: int) -> Sheet:
    values = np.array([[0.99, 0.98], [0.95, np.nan]], np.float32)
    return Sheet(np.datetime64("2026-01-12T00:00", "us"), minutes, values)


def test_a_map_begins_at_its_first_interval(case):
    groups = groups_of(case, "transformer")
    colours = colours_of(EN, 0.05, True, "light")
    figure = figures.heat(_sheet(60), groups, colours, 60, "light")
    assert figure.data[0].x0 == "2026-01-12 00:00:00"
    assert figure.data[0].dx == 3_600_000
    assert tuple(figure.data[0].y) == groups.names
    assert figure.data[0].zmin == pytest.approx(0.9)


def test_wide_columns_of_a_map_stand_at_their_middle(case):
    groups = sweep_of(case, groups_of(case, "distance")).groups
    colours = colours_of(EN, 0.05, True, "light")
    figure = figures.heat(_sheet(1440), groups, colours, 60, "light")
    assert figure.data[0].x0 == "2026-01-12 12:00:00"
    assert figure.layout.yaxis.title.text == "distance from the source [km]"


def test_a_distribution_sorts_customers_and_marks_the_chosen():
    low, high = (
        np.array([0.95, 0.91, 0.99, np.nan]),
        np.array([1.0, 1.01, 1.02, np.nan]),
    )
    figure = figures.distribution(low, high, 0, EN, "light")
    lines = [one for one in figure.data if one.mode == "lines"]
    assert lines[0].y.tolist() == [0.91, 0.95, 0.99]
    assert lines[0].x.tolist() == pytest.approx([100 / 3, 200 / 3, 100])
    marks = [one for one in figure.data if one.mode == "markers"]
    assert [float(one.y[0]) for one in marks] == [0.95, 1.0]
    assert float(marks[0].x[0]) == pytest.approx(200 / 3)
    unknown = figures.distribution(low, high, 3, EN, "light")
    assert all(one.mode == "lines" for one in unknown.data)


def test_a_course_is_one_line_and_several_phases_are_two():
    time = np.array(["2026-01-12T00", "2026-01-12T01"], "M8[us]")
    band = np.tile([0.9, 0.95, 0.97, 0.99, 1.0], (2, 1))
    one = np.array([[0.95, 0.95], [0.96, 0.96]])
    two = np.array([[0.95, 0.97], [0.96, 0.96]])
    names = [
        [x.name for x in figures.course(time, own, band, "A <b>", EN, "light").data]
        for own in (one, two)
    ]
    assert names[0][-1] == "A &lt;b&gt;"
    assert names[1][-2:] == ["A &lt;b&gt;, lowest", "A &lt;b&gt;, highest"]


def test_an_area_ends_at_a_gap_and_begins_again():
    time = np.datetime64("2026-01-12", "us") + np.arange(5) * np.timedelta64(1, "h")
    band = np.tile([0.9, 0.95, 0.97, 0.99, 1.0], (5, 1))
    band[2] = np.nan
    names = ("all", "most", "median")
    figure = figures.band(time, band, EN, "light", names)
    area = next(one for one in figure.data if one.fill == "toself")
    assert np.isnan(area.y).tolist() == [*[False] * 4, True, *[False] * 4, True]
    assert area.y[:4].tolist() == pytest.approx([0.9, 0.9, 1.0, 1.0])
    assert [str(one)[11:13] for one in area.x[5:9]] == ["03", "04", "04", "03"]
    assert area.hoverinfo == "none"


def test_nothing_known_makes_no_area():
    time = np.array(["2026-01-12"], "M8[us]")
    figure = figures.band(time, np.full((1, 5), np.nan), EN, "light", ("a", "b", "c"))
    assert not any(one.fill == "toself" for one in figure.data)


def test_a_window_is_kept_and_no_window_shows_all():
    shown = (np.datetime64("2026-01-12T00:00"), np.datetime64("2026-01-13T06:30"))
    figure = figures.windowed(go.Figure(), shown)
    assert figure.layout.xaxis.range == ("2026-01-12 00:00:00", "2026-01-13 06:30:00")
    assert figures.windowed(go.Figure(), None).layout.xaxis.autorange is True


def test_lengths_of_columns_are_words():
    words = [figures.days(minutes) for minutes in (15, 60, 720, 1440, 2880)]
    assert words == ["15 min", "1 h", "12 h", "1 day", "2 days"]
