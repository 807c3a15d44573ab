"""The page that compares: what may be chosen, what is told, where it leads."""

import json
import shutil

import polars as pl
import pytest

from dashboards.contrast import courses, layout, notices, space, telling
from dashboards.contrast.runs import (
    answers_of,
    base_of,
    base_options,
    first_seed,
    intervals_of,
    opened,
    run_options,
    suggestions,
    usable_runs,
    words_in,
)
from dashboards.data import Library
from twin.analysis.metrics import headline_of
from twin.errors import InputError

STUDY = "fedcba9876543210"
GONE = f"hand_made/{'0' * 16}"


@pytest.fixture(scope="module")
def kept(written, tmp_path_factory):
    """A study of none and v2g with two seeds, and one run beside it."""
    results, rows, figures = tmp_path_factory.mktemp("kept"), [], []
    for label, seed, peak in (
        ("none", 1, 20.0),
        ("v2g", 1, 35.0),
        ("none", 2, 22.0),
        ("v2g", 2, 45.0),
    ):
        grid = (8.0, 10.0, peak, 16.0, 12.0, 8.0, 4.0, 2.0)
        run = written(results, seed=seed, grid_kw=grid)
        path = f"hand_made/{run.run_id}"
        rows.append({"variant": label, "label": label, "seed": seed, "path": path})
        figures.append({"run_id": run.run_id, "peak_kw": peak + 0.5})
    written(results, policy="tou")
    folder = results / "studies" / "s" / STUDY
    folder.mkdir(parents=True)
    record = {"schema": 1, "name": "s", "baseline": "none", "runs": rows}
    (folder / "study.json").write_text(json.dumps(record))
    pl.DataFrame(figures).write_parquet(folder / "study.parquet")
    return results


@pytest.fixture
def library(kept, tmp_path):
    """A copy of it, to be spoilt."""
    return Library(shutil.copytree(kept, tmp_path / "results"))


@pytest.fixture
def names(library):
    """none and v2g of seed 1."""
    return first_seed(library.studies()[0])


def ids(page):
    return {getattr(one, "id", None) for one in page._traverse()}


def text(parts):
    return json.dumps(parts, default=lambda one: one.to_plotly_json())


def test_runs_are_offered_once_by_study_then_the_rest(library):
    study, rest = run_options(library)
    assert study["group"] == "s (fedcba)"
    labels = [item["label"] for item in study["items"]]
    assert labels == ["none, seed 1", "v2g, seed 1", "none, seed 2", "v2g, seed 2"]
    (loose,) = rest["items"]
    assert loose["label"].startswith("hand_made · tou, seed 1 (")


def test_the_baseline_is_asked_for_else_the_studys_else_the_first(library, names):
    none, v2g = names
    assert base_of(library, [v2g, none], v2g) == v2g
    assert base_of(library, [v2g, none], "else/where") == none
    assert base_of(library, [v2g], None) == v2g
    assert base_of(library, [], None) is None
    assert base_options(library, [v2g])[0]["label"] == "v2g, seed 1"


def test_what_cannot_be_compared_is_left_out_with_its_reason(library, names):
    running = library.results / names[0] / "status.json"
    told = json.loads(running.read_text())
    running.write_text(json.dumps(told | {"state": "running", "host": "elsewhere"}))
    usable, troubles = usable_runs(library, [*names, GONE, "../etc/passwd", "x"])
    assert usable == [names[1]]
    assert len(troubles) == 4
    assert "still being written" in troubles[0]
    assert "there is no run" in troubles[1]


def test_a_run_without_any_solution_is_left_out(make_run):
    run = make_run(converged=(False,) * 8)
    library = Library(run.path.parents[1])
    usable, (trouble,) = usable_runs(library, [f"hand_made/{run.run_id}"])
    assert usable == [] and "no interval of it has a solution" in trouble


@pytest.mark.parametrize(
    "runs",
    [[], ["hand_made/" + "0" * 16], None, 3, [f"a/{n:016x}" for n in range(6)]],
)
def test_a_store_from_elsewhere_is_refused(library, runs):
    with pytest.raises(InputError):
        opened(library, {"runs": runs, "base": "x"})


def test_a_baseline_that_was_not_chosen_is_the_first_run(library, names):
    found = opened(library, {"runs": names, "base": GONE})
    assert (found.base, found.names) == (0, ("none", "v2g"))


def test_figures_of_a_studys_run_are_taken_from_the_study(library, names):
    found = opened(library, {"runs": names, "base": names[0]})
    none, v2g = answers_of(library, found)
    assert (none["peak_kw"], v2g["peak_kw"]) == (20.5, 35.5)
    assert v2g["caused_h"] == 0 and "caused_h" not in none


def test_figures_of_other_runs_are_worked_out(library, names):
    (loose,) = run_options(library)[1]["items"]
    found = opened(library, {"runs": [names[0], loose["value"]], "base": names[0]})
    assert answers_of(library, found)[1]["peak_kw"] == 50
    assert headline_of(found.cases[1])["peak_kw"] == 50


def test_intervals_hold_every_seed_of_both_variants(library, names):
    found = intervals_of(library, {"runs": names, "base": names[0]})
    assert list(found) == ["1"]
    peak = found["1"]["peak_kw"]
    assert (peak["n"], peak["mean"], peak["lowest"]) == (2, 19.0, 15.0)


def test_seeds_of_one_variant_have_no_interval(library):
    nones = [item["value"] for item in run_options(library)[0]["items"]][::2]
    assert intervals_of(library, {"runs": nones, "base": nones[0]}) == {}


def test_a_study_whose_figures_cannot_be_read_gives_no_interval(library, names):
    (library.studies()[0].path / "study.parquet").write_bytes(b"PAR1")
    at = {"runs": names, "base": names[0]}
    assert intervals_of(library, at) == {}
    assert answers_of(library, opened(library, at))[0]["peak_kw"] == 20


def test_comparisons_to_begin_with(library, names):
    none, v2g = names
    ((words, href),) = suggestions(library, [])
    assert words == "s: none, v2g (seed 1)"
    assert href == f"/compare?runs={none},{v2g}"
    first = suggestions(library, [v2g])[0]
    assert first[1] == f"/compare?runs={none},{v2g}&base={none}"


def test_the_page_reads_its_address(library, names):
    query = {"runs": ",".join(names), "as": "duration", "all": "true", "map": "<b>"}
    page = layout.page(library, query | {"quantity": "v_min_pu", "base": names[1]})
    at = {one.id: one for one in page._traverse() if getattr(one, "id", None)}
    assert at["compare-runs"].value == names
    assert at["compare-base"].value == names[1]
    assert at["compare-quantity"].value == "v_min_pu"
    assert at["compare-as"].value == "duration"
    assert at["compare-map"].value == "voltage"
    assert at["compare-all"].checked is True
    assert at["compare-body"].hidden is False


def test_unknown_runs_and_too_many_are_told(library, names):
    many = [f"a/{n:016x}" for n in range(4)]
    page = layout.page(library, {"runs": ",".join([*names, *many])})
    told = text(page.children[:4])
    assert "6 runs are named" in told and "There is no run a/0" in told
    at = {one.id: one for one in page._traverse() if getattr(one, "id", None)}
    assert at["compare-runs"].value == names


def test_without_any_run_it_says_how_to_make_one(tmp_path):
    page = layout.page(Library(tmp_path), {})
    assert "make run" in text(page.children)
    assert "compare-runs" not in ids(page)


def test_too_few_runs_lead_to_comparisons(library, names):
    told = text(notices.too_few(library, names[1:]))
    assert "choose at least one more" in told and "against its baseline none" in told


def test_a_dot_leads_to_its_transformer_in_its_run(names):
    at = {"runs": names, "base": names[0]}
    clicked = {"points": [{"customdata": [3, 1]}]}
    assert space.clicked_href(clicked, at) == f"/run/{names[1]}/transformers?pick=3"
    for wrong in (None, {"points": []}, {"points": [{"customdata": ["x", 9]}]}, "x"):
        assert space.clicked_href(wrong, at) is None
    assert space.clicked_href(clicked, {"runs": ["../..", "//evil"]}) is None


def test_there_is_no_map_of_two_feeders(library, names):
    found = opened(library, {"runs": names, "base": names[0]})
    case = found.cases[1]
    case.__dict__["nodes"] = case.nodes.head(3)
    figure, _ = space.network_figure(found, 1, "voltage", "light")
    assert "different feeders: 3 and 4 nodes" in figure.layout.annotations[0].text
    dots = space.transformer_figure(found, "light")
    assert "cannot be paired" in dots.layout.annotations[0].text


def test_runs_that_ask_the_same_say_so(library, names):
    found = opened(library, {"runs": names, "base": names[0]})
    assert "asked the same question" in text(telling.differing_table(found))


def test_only_words_are_taken_from_a_browser():
    assert words_in(["a", 3, None, "a", "", {"x": 1}]) == ["a"]
    assert words_in({"a": 1}) == [] and words_in(None) == []
    assert courses.one_way(["duration"]) == "time"
    assert courses.one_quantity("__class__").key == "grid_kw"


def test_a_zoom_of_the_address_is_in_view_and_nonsense_is_not(library, names):
    found = opened(library, {"runs": names, "base": names[0]})
    shown = ("2026-01-12T18:00", "2026-01-12T20:00")
    zoom = ",".join(shown)
    for way in ("time", "difference"):
        figure = courses.course_figure(
            found, courses.one_quantity("grid_kw"), way, "light", zoom
        )
        assert figure.layout.xaxis.range == shown
    for odd in ("", "x,y", "2026-01-12T18:00", None, 7):
        assert courses.zoom_of(odd) == ""
        figure = courses.course_figure(
            found, courses.one_quantity("grid_kw"), "time", "light", odd
        )
        assert figure.layout.xaxis.range is None
