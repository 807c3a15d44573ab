from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from twin.analysis.compact import compact
from twin.analysis.compare import table, text
from twin.analysis.comparison import Cell, Comparison, Difference
from twin.analysis.measures import MEASURES
from twin.analysis.participation_section import participation
from twin.analysis.participation_words import headlines
from twin.errors import InputError
from twin.results.record import Run


@pytest.fixture(scope="module")
def study(written, tmp_path_factory):
    """Peaks: none 20, 22; uncontrolled 60; valley 40, 43; v2g 35, 45 (seeds 1, 2)."""

    out = tmp_path_factory.mktemp("results")

    def run(policy, seed, peak, **more):
        grid = (8.0, 10.0, peak, 16.0, 12.0, 8.0, 4.0, 2.0)
        return written(out, policy=policy, seed=seed, grid_kw=grid, **more)

    flat = np.full((8, 4), 0.95)
    none = [
        ("none", run("uncontrolled", s, p, cars=False, v_pu=flat))
        for s, p in ((1, 20.0), (2, 22.0))
    ]
    return [
        *none,
        ("free", run("uncontrolled", 1, 60.0)),
        ("clever", run("valley", 1, 40.0)),
        ("clever", run("valley", 2, 43.0)),
        ("v2g", run("v2g_peak", 2, 45.0)),  # not in the order of seeds
        ("v2g", run("v2g_peak", 1, 35.0)),
    ]


def test_several_runs_of_a_label_are_its_seeds(study):
    peak = table(study, "none").row(0, named=True)
    assert peak["key"] == "peak_kw"
    assert (peak["clever"], peak["clever (low)"], peak["clever (high)"]) == (
        41.5,
        40,
        43,
    )


def test_differences_are_paired_by_seed_not_by_order(study):
    peak = table(study, "none").row(0, named=True)
    assert peak["v2g − clever"] == -1.5  # (35 - 40 + 45 - 43) / 2
    assert (peak["v2g − clever (low)"], peak["v2g − clever (high)"]) == (-5.0, 2.0)
    assert (peak["v2g − none (low)"], peak["v2g − none (high)"]) == (15.0, 23.0)


def test_a_seed_that_one_variant_lacks_is_left_out_of_the_difference(study):
    peak = table(study, "none").row(0, named=True)
    assert peak["free − none"] == 40.0
    assert peak["free − none (low)"] == peak["free − none (high)"]


def test_v2g_against_clever_comes_first_whatever_the_baseline(study):
    for baseline in ("none", None):
        first = Comparison.of(study, baseline).differences[0]
        assert first == Difference("v2g", "clever")


def test_v2g_is_set_against_the_clever_variant_with_as_many_cars(make_run):
    def record(share):
        run = make_run()
        fleet = {**run.record["scenario"]["fleet"], "ev_share": share}
        return {"scenario": {**run.record["scenario"], "fleet": fleet}}

    def scenario(policy, share):
        more = record(share)
        more["scenario"]["policy"] = {"name": policy}
        return make_run(policy=policy, record=more)

    runs = [
        ("clever 20", scenario("valley", 0.2)),
        ("clever 40", scenario("valley", 0.4)),
        ("v2g 40", scenario("v2g_peak", 0.4)),
        ("v2g 60", scenario("v2g_peak", 0.6)),
    ]
    assert Comparison.of(runs).v2g_against_clever == (("v2g 40", "clever 40"),)


def test_violations_are_told_against_the_baseline_of_the_same_seed(study):
    rows = {row["key"]: row for row in table(study, "none").iter_rows(named=True)}
    assert rows["caused_h"]["v2g"] == 4.0
    assert rows["preexisting_h"]["v2g"] == 0.0
    assert rows["caused_h"]["none"] is None


def test_words_are_kept_and_numbers_scaled_to_their_unit(study):
    rows = {row["key"]: row for row in table(study, "none").iter_rows(named=True)}
    assert rows["v_min_node"]["v2g (text)"] == "d"
    assert rows["departures_short_share"]["v2g"] == 50.0
    assert rows["departures_short_share"]["unit"] == "%"


def test_each_point_of_the_axes_has_its_own_baseline(make_run):
    runs = [
        (
            f"{variant}, fleet.ev_share {share}",
            make_run(grid_kw=[kw] * 8, policy=policy),
        )
        for variant, policy, share, kw in (
            ("none", "uncontrolled", 0.2, 10.0),
            ("none", "uncontrolled", 0.4, 11.0),
            ("tou", "tou", 0.2, 15.0),
            ("tou", "tou", 0.4, 20.0),
        )
    ]
    peak = table(runs, "none").row(0, named=True)
    low, high = "fleet.ev_share 0.2", "fleet.ev_share 0.4"
    assert peak[f"tou, {low} − none, {low}"] == 5.0
    assert peak[f"tou, {high} − none, {high}"] == 9.0
    assert f"tou, {high} − none, {low}" not in peak


def test_an_unknown_baseline_and_a_seed_twice_are_the_users_mistake(study):
    with pytest.raises(
        InputError, match=r"no run is called 'non'; did you mean 'none'"
    ):
        Comparison.of(study, "non")
    with pytest.raises(InputError, match="two runs are called 'free' with seed 1"):
        Comparison.of([*study, study[2]])


def test_text_is_plain_where_there_is_no_terminal(study):
    words = text(study, "none", width=400)
    assert "\x1b" not in words
    began, caution, head, *_ = words.splitlines()
    assert began.startswith("Batteries end with more than they began with (free 36 %")
    assert caution.startswith("free, clever, v2g: no verdict on voltage: the grid was")
    assert head.split() == ["none", "free", "clever", "v2g"]
    assert "Peak [kW]" in words
    assert "40.0 to 43.0" in words
    assert "Differences, paired by seed" in words
    assert "Zero everywhere: " in words


def test_text_sets_face_validity_beside_published_ranges(study):
    line = next(
        row for row in text(study, width=400).splitlines() if "Distance per car" in row
    )
    assert line.count("60.00*") == 3
    assert line.split()[-4:] == ["33.7", "to", "43.6", "DE"]


def test_brackets_in_a_label_are_not_mark_up(make_run):
    assert "[bold]x" in text([("[bold]x", make_run())])


def test_a_single_run_has_no_differences(make_run):
    words = text([("one", make_run())])
    assert "Differences" not in words
    assert "50.0" in words


@pytest.mark.parametrize(
    ("values", "signed", "expected"),
    [
        ([1234.56], False, ("1,234.6", "")),
        ([-1.0, 2.0], True, ("+0.5", "−1.0 to +2.0")),
        ([None], False, ("–", "")),
        ([0.0, -0.001], True, ("0.0", "")),
    ],
)
def test_a_cell_is_written_with_its_band(values, signed, expected):
    assert Cell.of(values).written(MEASURES["peak_kw"], signed) == expected


@pytest.mark.parametrize(
    ("key", "value", "signed", "expected"),
    [
        ("transformers_over_normal", 0.25, False, "0.2"),
        ("transformers_over_normal", 1 / 3, True, "+0.3"),
        ("transformers_over_normal", -0.04, True, "−0.04"),
        ("transformers_over_normal", 0.5, False, "0.5"),
        ("transformers_over_normal", 0.6, False, "1"),
        ("transformers_over_normal", 1e-9, False, "0"),
        ("transformers_over_normal", 0.0, True, "0"),
        ("customer_hours_below", 1 / 60, False, "0.02"),
        ("customer_hours_below", 1 / 60, True, "0.0"),
        ("departures_short_share", 0.00002, False, "0.002"),
        ("v_min_pu", 0.00002, False, "0.0000"),
    ],
)
def test_what_is_not_nothing_is_not_written_as_nothing(key, value, signed, expected):
    assert MEASURES[key].written(value, signed) == expected


def test_words_that_differ_by_seed_say_so():
    cell = Cell.of(["a", "b"])
    assert cell.written(MEASURES["v_min_node"]) == ("a", "varies by seed")


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_of_the_text_is_wider_than_asked(study, width):
    lines = text(study, "none", width=width).splitlines()
    assert max(map(len, lines)) <= width


def test_what_does_not_fit_is_told_in_short_the_answer_first(study):
    words = text(study, "none")
    said = " ".join(words.split())
    assert said.startswith(
        "V2G makes no clear difference to the peak against clever one-way charging:"
    )
    lines = words.splitlines()
    peak = next(line for line in lines if line.startswith("Peak [kW]"))
    assert peak.split() == ["Peak", "[kW]", "21.0", "60.0", "41.5", "40.0", "−1.5"]
    for name in ("Given back by EVs", "Charged by EVs", "Change of what batteries"):
        assert any(line.startswith(name) for line in lines)
    assert "40.0 to 43.0" not in words
    assert words.splitlines()[-1].endswith("`twin report` shows everything.")


def test_columns_that_do_not_fit_stand_in_a_sheet_below(study):
    lines = text(study, "none", width=60).splitlines()
    assert sum(line.startswith("Peak [kW]") for line in lines) > 1


def test_one_run_that_fits_is_told_in_full(make_run):
    words = text([("one", make_run())], width=100)
    assert "Lowest voltage at (local time)" in words
    assert "twin report" not in words
    assert max(map(len, words.splitlines())) <= 100


def test_differences_tell_what_cars_take_give_and_hold(make_run):
    idle = make_run(policy="uncontrolled", cars=False)
    words = text([("none", idle), ("v2g", make_run())], "none", width=400)
    told = words.split("Differences")[1].split("Face validity")[0]
    for name in ("Charged by EVs", "Given back by EVs", "Change of what batteries"):
        assert name in told


def test_the_sheet_ends_with_what_it_is_worth_and_where_that_comes_from(study):
    said = text(study, "none", 100)
    sheet = said[said.index("What it is worth, and to whom:") :].splitlines()
    assert any(line.startswith("Ageing of all transformers [aged h]") for line in sheet)
    assert "`twin export <run>`" in " ".join(sheet)
    assert all(len(line) <= 100 for line in sheet)
    assert not any(line.startswith("Of these kept alight") for line in sheet)


def test_a_funnel_is_told_in_a_sentence_before_the_sheet(study):
    label, run = study[-1]
    with_funnel(run)
    comparison = Comparison.of([(label, Run.open(run.path))], None)
    said = " ".join(compact(comparison, 100).split())
    assert "2 take part, 5.0 kW dependable at 18:00, 2 h (median 20.0 kW)" in said
    assert "most is lost at: stage able." in said


def test_of_several_seeds_a_funnel_is_told_by_means_as_the_table_has_them(make_run):
    runs = [make_run(seed=1), make_run(seed=2)]
    with_funnel(runs[0])
    with_funnel(runs[1], dependable_kw=9.0, lost_kw=30.0)
    comparison = Comparison.of([("v2g", Run.open(run.path)) for run in runs])
    (said,) = headlines(comparison)
    assert said == (
        "v2g: 2 EVs, 2 take part, 7.0 kW dependable at 18:00, 2 h (median 20.0 kW), "
        "means over 2 seeds; most is lost at: stage able (seed 1; elsewhere at other "
        "stages)."
    )
    assert said in " ".join(compact(comparison, 100).split())
    told = participation(comparison)
    assert said in told and "Of seed 1 alone." in told
    assert "v2g, seed 1: stages at 18:00" in told and "v2g, seed 1: by hour" in told


def with_funnel(run, dependable_kw=5.0, lost_kw=10.0):
    """Three stages at 18:00; at the last that many kW are dependable, so many lost."""
    last = ("follows", 2.0, 20.0, dependable_kw, lost_kw)
    rows = [("able", 3.0, 30.0, 9.0, 20.0), last]
    stages = [*rows[:1], ("enrolled", 2.0, 20.0, 6.0, 0.0), *rows[1:]]
    frame = pl.DataFrame(
        {
            "hour": [18] * 3,
            "stage": [row[0] for row in stages],
            "title": [f"stage {row[0]}" for row in stages],
            "days": [2] * 3,
            "cars": [row[1] for row in stages],
            "kw": [row[2] for row in stages],
            "kw_p10": [row[3] for row in stages],
            "lost_kw": [row[4] for row in stages],
            "cars_p10": [row[1] for row in stages],
            "share": [0.5] * 3,
            "mark": ["assumed"] * 3,
            "source": ["nobody's"] * 3,
        }
    )
    frame.write_parquet(run.path / "funnel.parquet")
