"""A study's page: its answer, which transformer is in trouble, what is gone."""

import json
import shutil

import numpy as np
import pytest

from dashboards.data import Library
from dashboards.pages import study as page
from dashboards.runs.trash import throw_away
from dashboards.study.key_figures import DIFFERENCES, VALUES, key_figures
from dashboards.study.layout import page_of
from dashboards.study.recorded import IN_TRASH, opened, study_of
from dashboards.study.runs import runs_of
from dashboards.study.studies import answer, counted, troubles
from dashboards.study.trouble import Variant, cars_kw, rows, summary, when_words
from dashboards.study.trouble import troubles as transformers
from dashboards.study.trouble_table import columns, style
from tests.analysis.conftest import GRID_KW, LOADING
from tests.analysis.test_territory_text import courses_of, result
from tests.dashboards.test_listing import STUDY, write_study
from twin.analysis.case import Case
from twin.analysis.comparison import PAIRED, Comparison
from twin.analysis.territory import TABLE, TERRITORY_FILE
from twin.errors import InputError
from twin.results.record import Run

QUIET = tuple(tuple(one / 2 for one in row) for row in LOADING)
LESS_KW = tuple(kw - 10 if kw > 20 else kw for kw in GRID_KW)


def text(component):
    return json.dumps(component, default=lambda one: one.to_plotly_json())


@pytest.fixture(scope="module")
def built(written, tmp_path_factory):
    """No cars, clever charging and V2G, each with two seeds; V2G lowers the peak."""
    kinds = {
        "none": {"policy": "uncontrolled", "cars": False, "loading": QUIET},
        "valley": {"policy": "valley"},
        "v2g": {"policy": "v2g_peak", "loading": QUIET, "grid_kw": LESS_KW},
    }
    results = tmp_path_factory.mktemp("study") / "results"
    made = [
        (label, written(results, seed=seed, **words))
        for label, words in kinds.items()
        for seed in (1, 2)
    ]
    write_study(results, made)
    return results, [(label, run.path.name) for label, run in made]


@pytest.fixture
def library(built, tmp_path):
    shutil.copytree(built[0], tmp_path / "copied")
    return Library(tmp_path / "copied")


@pytest.fixture
def runs(built, library):
    folder = library.results / "hand_made"
    return [(label, Run.open(folder / run_id)) for label, run_id in built[1]]


@pytest.fixture
def variants(library):
    return page.variants_of(library, study_of(library, "s", STUDY), "1")


def test_recorded_figures_are_those_that_are_computed(library, runs):
    mine = opened(library, "s", STUDY).comparison
    computed = Comparison.of(runs, "none")
    assert mine.baseline == "none" and mine.labels == computed.labels
    for key, figures in computed.answers.items():
        assert set(figures) - set(PAIRED) <= set(mine.answers[key])
        for name in set(figures) - set(PAIRED):
            assert mine.answers[key][name] == figures[name]


def test_recorded_figures_need_no_wide_table(library, runs):
    for _, run in runs:
        for name in ("voltages", "flows"):
            (run.path / f"{name}.parquet").write_bytes(b"unreadable")
    said = text(answer(library, "s", STUDY))
    assert "V2G lowers the peak by 10.0 kW (20.0 %)" in said


def test_without_the_studys_table_figures_are_computed(library, runs):
    (library.results / "studies" / "s" / STUDY / "study.parquet").unlink()
    mine = opened(library, "s", STUDY).comparison
    assert mine.cell("worst_transformer_loading", "valley").mean == pytest.approx(1.3)


def test_runs_that_are_gone_are_told_and_the_rest_is_shown(library, runs):
    throw_away(library.results, "hand_made", runs[2][1].run_id)
    shutil.rmtree(runs[5][1].path)
    study = opened(library, "s", STUDY)
    assert [(one.label, one.seed) for one in study.absent] == [
        ("valley", 1),
        ("v2g", 2),
    ]
    assert study.absent[0].why == IN_TRASH and "no run" in study.absent[1].why
    told = text(troubles(study))
    assert "2 of 6 runs cannot be opened" in told
    assert "from where Runs restores them: valley seed 1." in told
    assert "Deleted or not readable: v2g seed 2;" in told
    table = text(runs_of(study, {f"hand_made/{runs[0][1].run_id}": "<b>"}))
    assert table.count('"gone"') == 2 and table.count("/overview") == 4
    assert '"<b>"' in table
    assert study.comparison.labels == ("none", "valley", "v2g")


def test_without_its_baseline_a_study_has_none(library, runs):
    for _, run in runs[:2]:
        shutil.rmtree(run.path)
    comparison = opened(library, "s", STUDY).comparison
    assert comparison.baseline is None and comparison.labels == ("valley", "v2g")


def test_a_study_of_which_nothing_is_left_says_so(library, runs):
    for _, run in runs:
        shutil.rmtree(run.path)
    study = opened(library, "s", STUDY)
    assert study.comparison is None
    assert "6 of 6 runs cannot be opened" in text(answer(library, "s", STUDY))
    assert page.ALL_GONE in page.pictured(study, "load", "dark").to_json()
    assert page.ALL_GONE in text(page.trouble_words([], [], 6))


def test_runs_that_failed_are_told(library):
    path = library.results / "studies" / "s" / STUDY / "study.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "failed": ["[3/3] v2g: <b>diverged"]}))
    told = text(answer(library, "s", STUDY))
    assert "1 run of this study failed" in told and "<b>diverged" in told


@pytest.mark.parametrize(("name", "of"), [("..", STUDY), ("s", "x"), ("t", STUDY)])
def test_only_a_study_of_this_folder_is_opened(library, name, of):
    with pytest.raises(InputError):
        study_of(library, name, of)


def test_the_worst_transformer_is_named_with_when_and_by_whom(library, variants):
    (worst,) = transformers(variants)
    assert worst.name == "T1" and worst.customers == 2
    peak = worst.worst
    assert (peak.variant.label, peak.when) == ("valley", "Mon 12 Jan 2026, 20:00")
    assert peak.loading == pytest.approx(1.3)
    of = variants[1].run_id
    assert peak.href == f"/run/hand_made/{of}/transformers?pick=0"
    first, elsewhere, over = summary([worst], variants)
    assert first == (
        "T1 is overloaded: 130.0 % of its rating with valley, Mon 12 Jan 2026, 20:00; "
        "the 2 EVs at 2 customers behind it draw 28 kW just then."
    )
    assert elsewhere == (
        "The same transformer reaches 65.0 % with none (no EVs), 65.0 % with v2g."
    )
    assert over == "Above their rating, of 1: 1 with valley; none with none, v2g."


def test_a_row_holds_each_variants_loading_and_its_link(variants):
    found = transformers(variants)
    (row,) = rows(found, variants)
    assert (row["v0"], row["v1"]) == (pytest.approx(65.0), pytest.approx(130.0))
    assert row["cells"]["v1"]["words"] == "130.0 %"
    assert row["about"] == "100 kVA · 2 customers · 2 EVs"
    heads = [one["headerName"] for one in columns([one.label for one in variants])]
    assert heads == ["Transformer", "none", "valley", "v2g"]
    assert "pick=0" in text(page.trouble_words(found, variants, 6))


def test_the_most_loaded_transformer_stands_first_and_equals_stay_apart(make_run):
    lone = make_run(seed=9)
    case = Case(lone)
    one = Variant("a", "hand_made", lone.run_id, case)
    two = transformers([one])[0]
    assert [x.name for x in transformers([one])] == [two.name]
    mild = make_run(policy="tou", loading=QUIET)
    other = Variant("b", "hand_made", mild.run_id, Case(mild))
    (only,) = transformers([other, one])
    assert only.worst.variant is one and set(only.peaks) == {"a", "b"}


def test_daily_loadings_name_the_day_only(make_run):
    run = make_run(level="summary")
    one = Variant("a", "hand_made", run.run_id, Case(run))
    (found,) = transformers([one])
    assert found.worst.when == "Mon 12 Jan 2026"
    assert cars_kw(found.worst) is None
    assert "2 EVs at 2 customers behind it." in summary([found], [one])[0]


def test_why_nothing_is_known_of_transformers_is_said(make_run):
    run = make_run(grid_kw=[np.nan] * 8, converged=(False,) * 8)
    one = Variant("a", "hand_made", run.run_id, Case(run))
    assert transformers([one]) == []
    assert "No step has a solution" in text(page.trouble_words([], [one], 1))
    assert "It has no runs" in text(page.trouble_words([], [], 0))


def test_a_table_of_many_variants_says_what_it_leaves_out():
    assert page.left_out(8) == []
    assert "the first 8 of 27 variants" in text(page.left_out(27))


def test_one_seed_is_shown_and_gone_runs_are_left_out(library, runs):
    study = study_of(library, "s", STUDY)
    shutil.rmtree(runs[1][1].path)
    found = page.variants_of(library, study, "2")
    assert [one.label for one in found] == ["valley", "v2g"]
    assert {one.case.seed for one in found} == {2}
    assert page.variants_of(library, study, "<b>") == []


def test_key_figures_are_coloured_where_every_seed_agrees(library):
    comparison = opened(library, "s", STUDY).comparison
    values = text(key_figures(comparison, VALUES))
    assert "against valley" in values and "against none" not in values
    assert "change good" in values
    differences = text(key_figures(comparison, DIFFERENCES))
    assert "against none" in differences
    assert "change bad" in differences


def test_an_address_reopens_what_one_saw(library):
    study = study_of(library, "s", STUDY)
    said = text(page_of(library, study, {"seed": "2", "figures": DIFFERENCES}))
    assert '"value": "2"' in said and '"value": "differences"' in said
    usual = text(page_of(library, study, {"seed": "<b>", "figures": "x"}))
    assert '"value": "1"' in usual and '"value": "values"' in usual
    assert "<b>" not in usual


def test_only_runs_that_are_there_are_offered_to_compare(library, runs):
    study = study_of(library, "s", STUDY)
    ids = [run.run_id for _, run in runs if run.record["seed"] == 1]
    named = ",".join(f"hand_made/{run_id}" for run_id in ids)
    assert f"/compare?runs={named}" in text(page_of(library, study, {}))
    shutil.rmtree(library.results / "hand_made" / ids[1])
    named = f"hand_made/{ids[0]},hand_made/{ids[2]}"
    assert f"/compare?runs={named}" in text(page_of(library, study, {}))
    shutil.rmtree(library.results / "hand_made" / ids[0])
    assert "/compare" not in text(page_of(library, study, {}))


def test_pictures_are_of_the_scheme(library):
    study = opened(library, "s", STUDY)
    for which in ("changes", "load"):
        dark, light = (page.pictured(study, which, x) for x in ("dark", "light"))
        assert dark.layout.font.color != light.layout.font.color


@pytest.mark.parametrize(
    ("local", "daily", "words"),
    [
        ("2026-01-05 08:05", False, "Mon 5 Jan 2026, 08:05"),
        ("2026-01-05 00:00", True, "Mon 5 Jan 2026"),
        (None, False, ""),
    ],
)
def test_an_instant_is_said_with_its_weekday(local, daily, words):
    assert when_words(local, daily) == words


def test_a_table_is_as_high_as_its_rows_up_to_some():
    heights = [int(style(n)["height"].removesuffix("px")) for n in (0, 1, 4, 9, 500)]
    assert heights[0] == heights[1] < heights[2] < heights[3] == heights[4]


@pytest.fixture
def territory(written, tmp_path):
    """A lane twice and a village once, each with a seed of its own, in two variants."""
    results = tmp_path / "results"
    feeders = [("lane", 1, 11), ("lane", 2, 12), ("village", 1, 13)]
    kinds = (("valley", "valley", GRID_KW), ("v2g", "v2g_peak", LESS_KW))
    made, told = [], []
    for label, policy, grid in kinds:
        for member, copy, seed in feeders:
            run = written(results, name=member, policy=policy, seed=seed, grid_kw=grid)
            made.append((label, run))
            told.append({"member": member, "copy": copy, "study_seed": 1})
    folder = write_study(results, made, "valley")
    record = json.loads((folder / "study.json").read_text())
    pairs = zip(record["runs"], told, strict=True)
    record["runs"] = [row | more for row, more in pairs]
    (folder / "study.json").write_text(json.dumps(record))
    sums = [result("valley", 5.0), result("v2g_peak", 4.5)]
    whole = {"schema": 1, "timezone": "Europe/Berlin", "results": sums}
    (folder / TERRITORY_FILE).write_text(json.dumps(whole | {"histories": []}))
    courses_of(sums).write_parquet(folder / TABLE)
    return Library(results)


def test_a_territory_is_answered_by_its_sums_and_not_by_feeders_as_seeds(territory):
    said = text(answer(territory, "s", STUDY))
    assert "highest power together: 5.000 MW with valley, 4.500 MW with" in said
    assert "v2g_peak against valley: peak \\u22120.500 MW" in said
    assert "V2G lowers" not in said and "seeds" not in said
    study = opened(territory, "s", STUDY)
    shown = study.comparison.cases[0].run
    assert f", run {shown.run_id})." in said
    assert [(one.label, one.seed) for one in study.comparison.cases] == [
        ("valley", 11),
        ("v2g", 11),
    ]
    assert counted(study.found) == "6 runs: 2 variants, 1 seed, 3 feeders"


def test_of_a_territory_the_first_feeder_that_is_there_is_shown(territory):
    first = opened(territory, "s", STUDY).comparison.cases
    for case in first:
        shutil.rmtree(case.run.path)
    study = opened(territory, "s", STUDY)
    assert {one.seed for one in study.comparison.cases} == {12}
    assert len(study.absent) == 2
