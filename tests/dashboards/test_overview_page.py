"""The overview's figures, tiles, sentences and zoom, by numbers made by hand."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from dashboards.overview import answers, hour_map, in_short, load_figures
from dashboards.overview.answers import BEYOND, difference
from dashboards.overview.credibility import caveats_card, face_card
from dashboards.pages.overview import checked_zoom, span, zoom_of
from twin.analysis.case import Case
from twin.analysis.measures import MEASURES

NO_SOLUTION = (False,) * 8


def tiles_of(case, other=None):
    """Every tile of the page by its name."""
    found = []
    for of, make in (
        (answers.of_totals, answers.grid_tiles),
        (answers.of_loadings, answers.loading_tiles),
        (answers.of_voltages, answers.voltage_tiles),
        (answers.of_totals, answers.energy_tiles),
    ):
        found += make(case, of(case), None if other is None else of(other))
    return {tile.name: tile for tile in found}


@pytest.fixture
def case(make_run):
    return Case(make_run(), "v2g")


def test_tiles_say_value_place_and_time(case):
    tiles = tiles_of(case)
    peak = tiles["Peak"]
    assert (peak.value, peak.unit) == ("50.0", "kW")
    assert peak.about == "Mon 12 Jan 2026, 20:00; EVs drew 28.0 kW"
    low = tiles["Lowest voltage"]
    assert low.value == "0.8400"
    assert low.about == "Mon 12 Jan 2026, 20:00; bus d; limit 0.9"
    assert tiles["Reverse flow"].about == "at the substation, up to 5.0 kW"
    worst = tiles["Most loaded transformer"]
    assert worst.value == "130.0"
    assert worst.about.startswith("T1; Mon 12 Jan 2026, 20:00; EVs behind it drew")
    assert (
        tiles["Transformers over rating"].about == "of 1; 3.00 transformer-hours in all"
    )
    assert tiles["Departures short"].value == "50.00"
    assert "Steps without a solution" not in tiles


def test_customer_hours_are_those_of_the_report(case):
    """Home A is below at 20:00; home B at 20:00 and 21:00, and above at 00:00."""
    tile = tiles_of(case)["Beyond the voltage limits"]
    assert (tile.value, tile.unit) == ("4.0", "customer-h")
    assert tile.about == "2 of 2 customers, at some time"


def test_tiles_of_totals_read_no_wide_table(case, monkeypatch):
    def refuse(*_):
        raise AssertionError("a wide table was read")

    monkeypatch.setattr("twin.analysis.case.voltages_of", refuse)
    monkeypatch.setattr("twin.analysis.case.loadings_of", refuse)
    found = answers.of_totals(case)
    assert found["peak_kw"] == 50.0 and found["v_min_pu"] == 0.84


def test_what_was_read_for_one_tile_is_kept_for_the_next(case):
    answers.of_voltages(case)
    answers.of_loadings(case)
    assert {"voltages", "loadings"} <= vars(case).keys()


def test_a_difference_is_told_in_words_with_its_sense():
    peak, low = MEASURES["peak_kw"], MEASURES["v_min_pu"]
    assert difference(peak, {"peak_kw": 40.0}, {"peak_kw": 50.0}) == (
        "−10.0 kW, better",
        "good",
    )
    assert difference(low, {"v_min_pu": 0.9}, {"v_min_pu": 0.95})[1] == "bad"
    assert difference(peak, {"peak_kw": 50.01}, {"peak_kw": 50.0})[0] == "no difference"
    assert difference(peak, {"peak_kw": 50.0}, None) == ("", "")
    assert difference(peak, {"peak_kw": None}, {"peak_kw": 1.0}) == ("", "")
    share = MEASURES["losses_share"]
    told = difference(share, {"losses_share": 0.03}, {"losses_share": 0.02})
    assert told == ("+1.00 points, worse", "bad")
    charged = MEASURES["ev_charged_kwh"]
    assert difference(charged, {"ev_charged_kwh": 2.0}, {"ev_charged_kwh": 1.0}) == (
        "+1 kWh",
        "",
    )


def test_tiles_are_held_against_another_run(make_run, case):
    other = Case(make_run(policy="none", grid_kw=(10.0,) * 8, cars=False), "none")
    tiles = tiles_of(case, other)
    assert tiles["Peak"].change == "+40.0 kW, worse"
    assert tiles["Charged by EVs"].change == ""


def test_much_energy_is_said_in_mwh():
    mine = {"losses_kwh": 123_456.0}
    tile = answers._tile("losses_kwh", mine, {"losses_kwh": 0.0})
    assert (tile.value, tile.unit) == ("123.5", "MWh")
    assert tile.change == "+123.5 MWh, worse"


def test_summary_runs_tell_days_and_what_is_not_known(make_run):
    tiles = tiles_of(Case(make_run(level="summary")))
    assert tiles["Most loaded transformer"].about == "T1; Mon 12 Jan 2026"
    assert "bus" not in tiles["Lowest voltage"].about


def test_failed_steps_make_the_peak_a_lower_bound(make_run):
    solved = (True,) * 6 + (False,) * 2
    tiles = tiles_of(Case(make_run(converged=solved)))
    assert tiles["Peak"].value == "≥ 50.0"
    assert tiles["Steps without a solution"].value == "2"


def test_a_run_without_any_solution_has_tiles_still(make_run):
    tiles = tiles_of(Case(make_run(converged=NO_SOLUTION, grid_kw=(np.nan,) * 8)))
    assert tiles["Most loaded transformer"].about == "no step has a solution"


def test_an_interrupted_run_has_tiles_still(interrupted):
    tiles = tiles_of(Case(interrupted))
    assert tiles["Peak"].value == "50.0"
    assert tiles["Beyond the voltage limits"].about == "not recorded"


def test_the_sentence_names_the_transformer_in_trouble(case):
    mine = answers.of_all(case)
    trouble, voltage = in_short.state(case, mine)
    assert trouble.startswith(
        "Transformer T1 is in trouble: it reaches 130.0 % of its rating on "
        "Mon 12 Jan 2026, 20:00, when EVs behind it drew"
    )
    assert voltage == (
        "2 of 2 customers were outside 0.9 to 1.1 pu at some time, 4.0 customer-hours "
        "in all."
    )
    assert in_short.is_trouble(mine)


def test_a_quiet_run_is_said_to_be_quiet(make_run):
    quiet = Case(make_run(v_pu=np.ones((8, 4)), loading=np.full((8, 3), 0.5)))
    mine = answers.of_all(quiet)
    assert in_short.trouble(quiet, mine).startswith("The transformer reaches 50.0 %")
    said = in_short.voltage(quiet, mine)
    assert said.startswith("No customer left the voltage limits of 0.9 to 1.1 pu. No v")
    assert "perhaps with chargers on one phase" in said
    three = {"counts": {"one_phase_chargers": 0}}
    quiet = Case(make_run(v_pu=np.ones((8, 4)), record=three))
    assert in_short.voltage(quiet, answers.of_all(quiet)) == (
        "No customer left the voltage limits of 0.9 to 1.1 pu."
    )
    assert not in_short.is_trouble(mine)


def test_v2g_is_held_against_clever_charging(make_run):
    v2g = answers.named(Case(make_run(policy="v2g_peak")), "v2g")
    worse = [value * 2 for value in (10, 20, 50, 40, 30, 10, 1, 1)]
    valley = answers.named(Case(make_run(policy="valley", grid_kw=worse)), "valley")
    none = answers.named(Case(make_run(policy="none", cars=False)), "none")
    cases = in_short.telling((v2g, none, valley), "none")
    assert [case.label for case in cases] == ["v2g", "none", "valley"]
    assert in_short.v2g(cases, "none")[0] == (
        "V2G lowers the peak by 50.0 kW (50.0 %) against clever one-way charging."
    )
    assert in_short.v2g((valley, none), "none") == [
        "valley raises the peak by 50.0 kW (100.0 %) against none."
    ]
    assert in_short.v2g((none,), None) == []


def test_the_map_puts_customer_hours_where_they_were(make_run):
    """A spell of two customers' bus over two hours and a half, across midnight."""
    case = Case(make_run())
    rows = pl.DataFrame(
        {
            "time": [datetime(2026, 1, 12, 22, 30)],
            "lasted": [timedelta(minutes=150)],
            "entity": ["node c"],
            "is_voltage": [True],
        }
    )
    cells = hour_map._spread(case, rows, np.array([2.0]))
    assert cells.shape == (24, 2)
    assert (cells[22, 0], cells[23, 0], cells[0, 1]) == (1.0, 2.0, 2.0)
    assert cells.sum() == 5.0


def test_customers_are_counted_at_their_bus(case):
    assert hour_map._customers_at(case) == {"node c": 1.0, "node d": 1.0}


def test_the_margin_is_the_lowest_of_each_local_hour(case):
    found = hour_map.hour_map(case, "lowest")
    assert found.days == ("2026-01-12", "2026-01-13")
    assert found.values[20, 0] == 0.84
    assert np.isnan(found.values[3, 0])
    assert hour_map.hour_map(case, "power").values[20, 0] == 50.0


def test_no_broken_limit_is_said_plainly(case):
    assert hour_map.first_view(case) == "lowest"
    figure = hour_map.drawn(case, "beyond", "light")
    assert not figure.data
    assert "No voltage limit was broken" in figure.layout.annotations[0].text
    assert "No transformer and no line" in (
        hour_map.drawn(case, "over", "dark").layout.annotations[0].text
    )


def test_the_load_is_stacked_and_the_discharge_below_zero(case):
    figure = load_figures.substation(case, "light", case, "", "")
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn["base load"].y) == [8, 10, 20, 16, 12, 8, 4, 2]
    assert drawn["EV charging"].stackgroup == drawn["base load"].stackgroup
    assert list(drawn["EV discharging"].y)[-2:] == [-10, -5]
    assert drawn["total"].x[0] == "2026-01-12T18:00"
    assert drawn["total, v2g"].line.dash == "dash"
    assert drawn["peak"].y[0] == 50.0


def test_batteries_are_part_of_the_stack(case):
    steps = case.steps.with_columns(
        storage_charge_kw=pl.Series([3.0] + [0.0] * 7),
        storage_discharge_kw=pl.Series([0.0] * 7 + [4.0]),
    )
    stored = Case(case.run)
    stored.__dict__["steps"] = steps
    drawn = {one.name: one for one in load_figures.substation(stored, "light").data}
    assert list(drawn["batteries charging"].y) == [3.0] + [0.0] * 7
    assert list(drawn["batteries discharging"].y) == [0.0] * 7 + [-4.0]
    assert drawn["batteries charging"].stackgroup == drawn["base load"].stackgroup
    given = drawn["EV discharging"].stackgroup
    assert drawn["batteries discharging"].stackgroup == given
    assert "stationary" in load_figures.caption(stored, None)
    plain = {one.name for one in load_figures.substation(case, "light").data}
    assert not any(name.startswith("batteries") for name in plain if name)


def test_a_run_without_solution_has_words_for_a_figure(make_run):
    case = Case(make_run(converged=NO_SOLUTION))
    figure = load_figures.substation(case, None)
    assert "No step has a solution" in figure.layout.annotations[0].text


def test_names_of_runs_mean_nothing_to_plotly(case):
    evil = answers.named(case, "<b>x</b>")
    figure = load_figures.substation(case, "dark", evil)
    assert "total, &lt;b&gt;x&lt;/b&gt;" in {trace.name for trace in figure.data}


def test_a_span_is_whole_days_within_the_run(case):
    assert span(case, "day") == ("2026-01-12 00:00", "2026-01-13 00:00")
    assert span(case, "week") == ("2026-01-12 00:00", "2026-01-14 00:00")
    assert span(case, "all") == ("", "")


def test_a_zoom_is_kept_as_local_instants(case):
    said = {
        "xaxis.range[0]": "2026-01-12 20:00",
        "xaxis.range[1]": "2026-01-12 21:00",
    }
    assert zoom_of(case, said) == ("2026-01-12 20:00", "2026-01-12 21:00")
    assert zoom_of(case, {"xaxis.autorange": True}) == ("", "")


@pytest.mark.parametrize(
    ("begin", "end"),
    [(None, None), ("x", "2026-01-12"), ("2026-01-13", "2026-01-12"), ("<b>", "<b>")],
)
def test_an_address_that_means_nothing_shows_the_whole_run(begin, end):
    assert checked_zoom(begin, end) == ("", "")
    assert checked_zoom("2026-01-12", "2026-01-13T06:30") == (
        "2026-01-12 00:00",
        "2026-01-13 06:30",
    )


def test_a_zoom_draws_every_interval_that_it_shows():
    times = np.datetime64("2026-01-12T00:00", "us") + np.arange(
        20_000
    ) * np.timedelta64(15, "m")
    course = np.sin(np.arange(20_000) / 7)
    rows = load_figures._rows(times, [course], "2026-02-01", "2026-02-02", 200)
    shown = (times[rows] >= np.datetime64("2026-02-01")) & (
        times[rows] <= np.datetime64("2026-02-02")
    )
    assert shown.sum() == 97
    assert len(rows) < 400


def test_belief_cards_hold_every_quantity_and_caveat(case):
    assert "Distance per car and day" in str(face_card(case))
    assert "One seed only" in str(caveats_card(case))


def test_beyond_is_unknown_where_it_is_not_recorded(interrupted):
    assert answers.of_voltages(Case(interrupted))[BEYOND.key] is None


@pytest.mark.parametrize("kind", ["stopped", "summary", "no cars", "unsolved"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_stands_whatever_the_run_lacks(make_run, interrupted, kind, scheme):
    case = {
        "stopped": lambda: Case(interrupted),
        "summary": lambda: Case(make_run(level="summary")),
        "no cars": lambda: Case(make_run(policy="none", cars=False)),
        "unsolved": lambda: Case(
            make_run(
                converged=NO_SOLUTION,
                grid_kw=(np.nan,) * 8,
                v_pu=np.full((8, 4), np.nan),
                loading=np.full((8, 3), np.nan),
            )
        ),
    }[kind]()
    assert tiles_of(case)
    assert in_short.state(case, answers.of_all(case))
    assert face_card(case) is not None and caveats_card(case) is not None
    assert load_figures.substation(case, scheme).to_json()
    assert load_figures.caption(case, None)
    assert len(load_figures.around_peak(case, 7)) == 2
    for view, _ in hour_map.VIEWS:
        assert hour_map.drawn(case, view, scheme).to_json()
        assert hour_map.caption(case, view)
