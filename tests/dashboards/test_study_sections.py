"""Sections of a study's page: the report's own figures, links, points, bad files."""

import json
import re
import shutil

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboards import theme
from dashboards.data import Library
from dashboards.pages.study import variants_of
from dashboards.study.element_href import element_href
from dashboards.study.layout import page_of
from dashboards.study.of_report import cards, linked
from dashboards.study.points import ALL, narrowed, points_of
from dashboards.study.recorded import opened, study_of
from dashboards.study.section import Asked
from dashboards.study.sections import sections
from dashboards.study.sections.hosting import by_limit, hosting_in
from dashboards.study.studies import answer
from tests.analysis.conftest import LOADING
from tests.analysis.test_hosting import hosts  # noqa: F401
from tests.dashboards.test_listing import STUDY
from tests.dashboards.test_study_page import text
from twin.analysis import page
from twin.analysis.hosting_answers import ANY, capacity
from twin.analysis.hosting_section import hosting_section
from twin.analysis.study import Subject
from twin.analysis.theme import OKABE_ITO, tint
from twin.analysis.timeline import write as write_timeline
from twin.analysis.timeline_section import section as timeline_section

BY_KEY = {one.key: one for one in sections()}


@pytest.fixture
def hosted(hosts, tmp_path):  # noqa: F811
    """A library with a study of hosting that an address can name."""
    shutil.copytree(hosts.parents[2], tmp_path / "results")
    folder = tmp_path / "results" / "studies" / "hosts"
    (folder / "0").rename(folder / STUDY)
    return Library(tmp_path / "results")


@pytest.fixture(scope="module")
def years(written, tmp_path_factory):
    """Two policies in two years: without care T1 is too small from 2030 on."""
    out = tmp_path_factory.mktemp("years") / "results"
    quiet = [[one / 2 for one in row] for row in LOADING]
    upgrades = {"limit": "normal", "over_h": 0.0, "discount_rate": 0.07}
    upgrades |= {"escalation": 0.02, "line_usd_per_km": 1e5, "line_least_usd": 1e3}
    rows = []
    for variant, policy in (("free", "uncontrolled"), ("v2g", "v2g_peak")):
        for year in (2026, 2030):
            for seed in (1, 2):
                full = policy == "uncontrolled" and year == 2030
                run = written(
                    out,
                    policy=policy,
                    seed=seed,
                    name=f"{variant}_{year}",
                    loading=LOADING if full else quiet,
                )
                file = run.path / "run.json"
                record = json.loads(file.read_text())
                words = {"year": year, "totals": None, "upgrades": upgrades}
                record["scenario"]["adoption"] = words
                file.write_text(json.dumps(record))
                rows.append(
                    {
                        "variant": variant,
                        "label": f"{variant}, adoption.year {year}",
                        "seed": seed,
                        "run_id": run.run_id,
                        "path": run.path.relative_to(out).as_posix(),
                        "overrides": {"adoption.year": year},
                    }
                )
    folder = out / "studies" / "ahead" / STUDY
    folder.mkdir(parents=True)
    labels = list(dict.fromkeys(row["label"] for row in rows))
    words = {"schema": 1, "name": "ahead", "baseline": "free", "variants": labels}
    (folder / "study.json").write_text(json.dumps(words | {"runs": rows}))
    write_timeline(folder)
    return Library(out)


def asked(library, key, pick="", scheme="light"):
    (study,) = library.studies()
    of = opened(library, study.name, study.study_id)
    return Asked(library, of, key, scheme, pick)


def shown(library, key, pick="", scheme="light"):
    return BY_KEY[key].shown(asked(library, key, pick, scheme))


def folder_of(library):
    return library.studies()[0].path


def titles(html):
    return re.findall(r"<figure[^>]*><h3>(.*?)</h3>", html)


def test_a_section_is_there_if_its_file_is(hosted):
    (study,) = hosted.studies()
    assert [key for key, one in BY_KEY.items() if one.is_in(study)] == ["hosting"]
    (study.path / "hosting.json").unlink()
    assert not BY_KEY["hosting"].is_in(hosted.studies()[0])


def test_hosting_shows_the_reports_figures_and_tables(hosted):
    subject = Subject.open(folder_of(hosted))
    report = hosting_section(hosting_in(hosted.studies()[0]), subject.comparison)
    said = text(shown(hosted, "hosting"))
    for title in titles(report):
        assert f'"{title}"' in said
    for cell in re.findall(r"<td[^>]*>([^<]*)</td>", report):
        assert json.dumps(cell)[1:-1] in said
    assert "timer 0 %, valley 50 %" in text(answer(hosted, "hosts", STUDY))


def test_an_address_reopens_a_section_as_it_was(hosted):
    study = hosted.studies()[0]
    query = {"hosting_pick": "voltage_low", "point": "0.5"}
    assert all(key.isidentifier() for key in query), "the desk passes no others on"
    said = text(page_of(hosted, study, query))
    assert '"value": "voltage_low", "w"' in said and '"value": "0.5", "w"' in said
    usual = text(page_of(hosted, study, {"hosting_pick": "<b>", "point": "<b>"}))
    assert '"value": "any"' in usual and '"value": "1"' in usual


def test_figures_are_of_the_scheme(hosted):
    light, dark = (text(shown(hosted, "hosting", scheme=x)) for x in ("light", "dark"))
    assert "#e8eaed" in dark and "#e8eaed" not in light
    for scheme in ("light", "dark"):
        drawn = graph(shown(hosted, "hosting", scheme=scheme)[1]).figure
        assert drawn.layout.paper_bgcolor == "rgba(0,0,0,0)"


def test_tints_are_of_the_schemes_own_colours():
    figure = go.Figure(go.Scatter(fillcolor=tint(OKABE_ITO[0], 0.25), line_color="red"))
    dark = theme.recoloured(go.Figure(figure), "dark").data[0]
    assert dark.fillcolor == tint(theme.DARK.sequence[0], 0.25)
    assert dark.line.color == "red"
    assert theme.recoloured(figure, "light").data[0].fillcolor == "rgba(0,114,178,0.25)"


def test_what_binds_leads_to_it_in_a_run_in_which_it_does(hosted):
    table = pl.read_parquet(folder_of(hosted) / "hosting.parquet")
    rows = table.filter(pl.col("violated") & (pl.col("variant") == "timer"))
    run = rows.filter(pl.col("element") == "transformer T1", penetration=1.0)
    ids = run["run_id"].to_list()
    said = text(shown(hosted, "hosting"))
    hrefs = re.findall(r'"href": "(/run/[^"]*transformers\?pick=0)"', said)
    assert hrefs and hrefs[0].split("/")[3] in ids
    assert "/feeder?pick=node:3" in said
    marks = re.findall(r'"customdata": \[("/run[^\]]*)\]', said)
    assert any("transformers?pick=0" in one for one in marks)


def test_one_limit_alone_is_judged_as_the_report_does_limit_by_limit(hosted):
    whole = hosting_in(hosted.studies()[0])
    assert by_limit(whole, ANY) is whole
    alone = by_limit(whole, "voltage_low")
    for variant in whole.variants:
        assert capacity(alone, variant) == capacity(whole, variant, limit="voltage_low")
    told = text(shown(hosted, "hosting", "voltage_low"))
    assert "bus d" in told and "transformer T1" not in told


def test_without_its_runs_hosting_is_told_from_its_file(hosted):
    for run in hosted.results.glob("*/*/run.json"):
        shutil.rmtree(run.parent)
    said = text(shown(hosted, "hosting"))
    assert "How many cars the grid hosts" in said and "All of it in words" in said
    assert "cannot be shown" not in said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("hosting.json", "{", "Expecting property name"),
        ("hosting.json", "[1]", "it is not a record of hosting"),
        ("hosting.json", '{"schema": 9}', "written by a newer twin (schema 9;"),
        ("hosting.json", '{"schema": 1}', "KeyError"),
        ("hosting.parquet", "PAR1", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_notice(hosted, name, content, words):
    (folder_of(hosted) / name).write_text(content)
    said = text(shown(hosted, "hosting"))
    assert "Hosting capacity cannot be shown: hosting.json" in said and words in said
    assert str(hosted.results) not in said
    assert BY_KEY["hosting"].said(hosted.studies()[0]) == []
    BY_KEY["hosting"].layout(hosted.studies()[0], "any")


def test_a_table_without_its_columns_is_a_notice(hosted):
    table = pl.read_parquet(folder_of(hosted) / "hosting.parquet")
    table.drop("seed", "limit").write_parquet(folder_of(hosted) / "hosting.parquet")
    assert "hosting.parquet lacks seed, limit" in text(shown(hosted, "hosting"))


def test_years_ahead_show_the_reports_figures_and_a_map(years):
    comparison = opened(years, "ahead", STUDY).comparison
    said = text(shown(years, "years", "free"))
    for title in titles(timeline_section(comparison, mapped=False)):
        assert f'"{title}"' in said
    assert "What binds first: transformer T1 (100 kVA)" in said
    assert '"Where, and when"' in said and "Shown: free." in said
    cards_of = shown(years, "years", "free")
    (mapped,) = (one for one in cards_of if "Where, and when" in text(one))
    kinds = {trace.type for trace in graph(mapped).figure.data}
    assert kinds == {"scatter"}, "WebGL asks for eval, which the policy forbids"
    assert "first year beyond its limit: 2030 (P10 2030, P90 2030)" in said
    of = next(x for x in comparison.cases if x.label == "free, adoption.year 2030")
    assert f"/run/free_2030/{of.run.run_id}/transformers?pick=0" in said
    assert '"Where, and when"' not in text(shown(years, "years", "v2g"))


def test_without_their_runs_years_ahead_are_told_from_their_table(years, tmp_path):
    shutil.copytree(years.results, tmp_path / "copied")
    for run in (tmp_path / "copied").glob("*/*/run.json"):
        shutil.rmtree(run.parent)
    said = text(shown(Library(tmp_path / "copied"), "years"))
    assert "The runs of this study are gone" in said and "2 of 2" in said


def test_a_study_with_more_cars_is_shown_at_the_most(hosted):
    points = points_of(hosted.studies()[0])
    assert points.values == ("0.5", "1") and points.usual == "1"
    assert points.words("1") == "100 % of homes with an EV"
    label = "timer, fleet.ev_share 1, time.start 2026-01-12"
    assert points.short(label, "1") == "timer, time.start 2026-01-12"
    assert points.short(label, ALL) == label
    study = opened(hosted, "hosts", STUDY)
    assert narrowed(study, "").comparison.labels == (
        "none, fleet.ev_share 0",
        "timer, fleet.ev_share 1",
        "valley, fleet.ev_share 1",
        "v2g, fleet.ev_share 1",
    )
    assert len(narrowed(study, "0.5").comparison.labels) == 4
    assert len(narrowed(study, ALL).comparison.labels) == 7
    assert narrowed(study, "<b>").comparison.labels == narrowed(
        study, "1"
    ).comparison.labels  # fmt: skip


def test_transformers_are_told_of_the_variants_at_the_point(hosted):
    (study,) = hosted.studies()
    found = variants_of(hosted, study, "1", "0.5")
    assert [one.label for one in found] == ["none", "timer", "valley", "v2g"]
    assert [one.scenario for one in found][1:] == ["timer_50", "valley_50", "v2g_50"]


def test_a_study_of_few_variants_is_shown_whole(years):
    points = points_of(years.studies()[0])
    assert points.values == ("adoption.year 2026", "adoption.year 2030")
    assert points.usual == ALL
    assert points.short("v2g, adoption.year 2030", "adoption.year 2030") == "v2g"
    assert points.short("v2g, adoption.year 2030", "") == "v2g, adoption.year 2030"
    study = opened(years, "ahead", STUDY)
    assert narrowed(study, "adoption.year 2030").comparison.labels == (
        "free, adoption.year 2030",
        "v2g, adoption.year 2030",
    )


def test_a_study_is_opened_once_until_one_of_its_runs_changes(hosted):
    first = opened(hosted, "hosts", STUDY)
    assert opened(hosted, "hosts", STUDY) is first
    shutil.rmtree(next(hosted.results.glob("timer_50/*")))
    again = opened(hosted, "hosts", STUDY)
    assert again is not first and len(again.absent) == 1


def test_a_report_becomes_cards_and_names_stay_words():
    figure = go.Figure(go.Scatter(x=[1], y=[2], text=["&lt;b&gt;: hot, first in 2"]))
    section = "".join(
        [
            page.paragraphs(["<script>alert(1)</script>"], "note"),
            page.figure("k", "A <title>", "About", figure, ""),
            page.table(["what", "n"], [["<b>", (3, "1 to 4")], "group"], (0,)),
            page.figure("gone", "Not there", "", None, "No <data>."),
            page.details("More", page.bullets(["one"])),
        ]
    )
    found = cards(section, "key", "light", {"<b>": "/run/a/b/feeder?pick=node:1"})
    said = text(found)
    assert len(found) == 5
    assert '"children": ["<script>alert(1)</script>"], "className": "caption"' in said
    assert '"A <title>"' in said and "Not shown. No <data>." in said
    assert said.count("/run/a/b/feeder?pick=node:1") == 2
    assert '"colSpan": "2"' in said and '"scope": "col"' in said
    assert graph(found[1]).id == {"type": "study-picture", "key": "study-key-k"}


def graph(card):
    return card.children[1].children.children


def test_a_mark_leads_to_the_longest_name_that_fits():
    words = ["line a: b: full", "line a: full", "line c", "none"]
    figure = go.Figure(go.Scatter(x=[1] * 4, y=[1] * 4, text=words))
    links = {"line a": "/1", "line a: b": "/2", "line c": "/3"}
    assert list(linked(figure, links).data[0].customdata) == ["/2", "/1", "/3", ""]


def test_elements_are_found_in_a_run(make_run):
    run = make_run()
    case = Library(run.path.parents[1]).case("hand_made", run.run_id)
    at = f"/run/hand_made/{run.run_id}"
    assert element_href(case, "transformer", "T1") == f"{at}/transformers?pick=0"
    assert element_href(case, "line", "L2") == f"{at}/feeder?pick=branch:2"
    assert element_href(case, "bus", "d", 2) == f"{at}/feeder?pick=node:3"
    assert element_href(case, "bus", "nowhere") == ""
    assert element_href(case, "power", "flow") == ""


def test_a_study_of_one_point_offers_no_choice(hosted):
    file = folder_of(hosted) / "study.json"
    record = json.loads(file.read_text())
    record["runs"] = [
        x for x in record["runs"] if "fleet.ev_share 0.5" not in x["label"]
    ]
    (folder_of(hosted) / "hosting.json").unlink()
    for row in record["runs"]:
        row["label"] = row["variant"]
    file.write_text(json.dumps(record))
    assert points_of(study_of(hosted, "hosts", STUDY)).values == ()
