from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from twin.analysis import report
from twin.analysis.caveats import caveats
from twin.analysis.compare import text
from twin.analysis.metrics import headline, violations
from twin.analysis.study import Subject
from twin.errors import InputError

NASTY = "<script>alert(1)</script>"
SECTIONS = (
    "key-figures",
    "figures",
    "all-figures",
    "violations",
    "years-ahead",
    "outages",
    "participation",
    "requests",
    "operator",
    "voltage-quality",
    "overloads",
    "paired",
    "transformers",
    "transformer-life",
    "batteries",
    "bills",
    "ledger",
    "yardstick",
    "face-validity",
    "caveats",
    "provenance",
    "year",
)
FIGURES = (
    "load",
    "changes",
    "band",
    "along",
    "map",
    "duration",
    "transformers",
    "fleet",
)


class Page(HTMLParser):
    """What a browser would see: tags with attributes, scripts apart from words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        top = self.inside[-1] if self.inside else ""
        (self.scripts if top == "script" else self.words).append(data)

    @property
    def ids(self) -> set[str]:
        return {attrs["id"] for _, attrs in self.tags if attrs.get("id")}

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def study(written, tmp_path_factory) -> Path:
    """Four variants with two seeds each; V2G halves what clever charging leaves."""
    results = tmp_path_factory.mktemp("study") / "results"
    rows = []
    for label, policy, cars, factor in (
        ("none", "uncontrolled", False, 0.4),
        ("free", "uncontrolled", True, 1.2),
        ("clever", "valley", True, 0.8),
        ("v2g", "v2g_peak", True, 0.6),
    ):
        for seed in (1, 2):
            grid = [factor * (kw + seed) for kw in (10, 20, 50, 40, 30, 10, -5, -2)]
            run = written(results, policy=policy, seed=seed, cars=cars, grid_kw=grid)
            path = run.path.relative_to(results).as_posix()
            rows.append(
                {"variant": label, "seed": seed, "run_id": run.run_id, "path": path}
            )
    folder = results / "studies" / "hand" / "0123456789abcdef"
    folder.mkdir(parents=True)
    record = {
        "schema": 1,
        "name": "hand",
        "baseline": "none",
        "variants": ["none", "free", "clever", "v2g"],
        "runs": rows[::-1],
    }
    (folder / "study.json").write_text(json.dumps(record))
    return folder


@pytest.fixture(scope="module")
def html(study) -> str:
    return report.write(study).read_text()


def test_the_headline_is_v2g_against_clever_one_way_charging(html):
    page = Page(html)
    # (51 + 52) / 2 = 51.5, x 0.8 = 41.2, x 0.6 = 30.9
    assert (
        "V2G lowers the peak by 10.3 kW (25.0 %) against clever one-way charging – "
        "from 10.2 to 10.4 kW over 2 seeds." in page.text
    )
    assert "charging cleverly alone takes 20.6 kW (67 %)" in page.text


def test_a_study_keeps_the_order_of_its_variants(study):
    assert Subject.open(study).comparison.labels == ("none", "free", "clever", "v2g")


def test_every_section_and_figure_is_there(html):
    page = Page(html)
    assert set(SECTIONS) <= page.ids
    assert {f"figure-{key}" for key in FIGURES} <= page.ids
    assert {f"data-{key}" for key in FIGURES} <= page.ids
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert links == {f"#{key}" for key in SECTIONS}


def test_the_file_asks_no_host_for_anything(html):
    page = Page(html)
    assert not {tag for tag, _ in page.tags} & {"link", "img", "iframe", "base", "form"}
    for _, attrs in page.tags:
        assert not {"src", "srcset", "action", "data"} & attrs.keys()
        assert not any(name.startswith("on") for name in attrs)
        assert str(attrs.get("href", "#")).startswith("#")
    own = [script for script in page.scripts if "plotly.js" not in script[:200]]
    assert len(own) == len(page.scripts) - 1
    assert not any("http" in script for script in own)
    assert "url(" not in html.split("</style>")[0].split("<style>")[1]
    policy = next(
        attrs["content"]
        for tag, attrs in page.tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert len(html) < 10_000_000


def test_names_are_words_never_code(make_run):
    record = {
        "notes": [NASTY],
        "feeder": {"name": NASTY, "region": "eu"},
        "audit": {"engine": NASTY},
    }
    run = make_run(names=(NASTY, "home B"), record=record)
    clean = Page(report.write(make_run().path).read_text())
    html = report.write(run.path).read_text()
    page = Page(html)
    assert NASTY not in html
    assert len(page.scripts) == len(clean.scripts)
    assert NASTY in page.text
    figure = next(s for s in page.scripts if "scaleanchor" in s and s[0] == "{")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in json.dumps(json.loads(figure))
    assert "<script" not in json.dumps(json.loads(figure))


def test_caveats_tell_method_cars_and_notes(make_run):
    found = " ".join(caveats(Subject.open(make_run().path).comparison))
    assert "EN 50160 is defined on 10-minute means; each 60-minute" in found
    assert "solved as balanced" in found
    assert "1 of 2 cars are hypothetical" in found
    assert "loads are synthetic" in found
    assert "One seed only" in found


def test_a_note_of_some_variants_names_them(make_run):
    subject = Subject.open(make_run().path)
    other = make_run(policy="valley", record={"notes": ["only here"]})
    runs = [("v2g", subject.comparison.cases[0].run), ("clever", other)]
    found = caveats(type(subject.comparison).of(runs))
    assert "clever: only here" in found
    assert "v2g: loads are synthetic" in found


def test_provenance_names_run_inputs_and_audit(make_run):
    run = make_run(
        record={
            "audit": {"largest_difference_pu": 2.5e-12, "steps": [{"reason": "first"}]},
            "balance": {"largest_relative_residual": 1.5e-9},
        }
    )
    words = Page(report.write(run.path).read_text()).text
    for said in (run.run_id, "ab" * 32, "2.5e-12", "1.5e-09", "profiles/h25.csv"):
        assert said in words


def test_a_summary_run_says_what_is_missing(make_run):
    run = make_run(level="summary")
    page = Page(report.write(run.path).read_text())
    assert "figure-fleet" in page.ids
    assert "data-fleet" not in page.ids
    assert "data-band" in page.ids
    assert "daily figures only (output.level: summary)" in page.text
    assert "Each node's own lowest voltage of the run" in page.text
    assert "Every node at the instant" not in page.text


def test_a_run_without_cars_and_with_failed_steps_is_reported(make_run):
    grid = [10.0, 20.0, float("nan"), 40.0, 30.0, 10.0, -5.0, -2.0]
    volts = [
        [float("nan")] * 4 if hour == 2 else [1.0, 0.98, 0.95, 0.93]
        for hour in range(8)
    ]
    run = make_run(
        cars=False,
        policy="uncontrolled",
        grid_kw=grid,
        v_pu=volts,
        converged=[hour != 2 for hour in range(8)],
    )
    words = Page(report.write(run.path).read_text()).text
    assert "The substation peaks at 40.0 kW (2026-01-12 21:00)." in words
    assert "1 of 8 steps have no solution: peaks, losses and hours beyond" in words
    assert "No variant takes" not in words
    assert "There are no cars" in words


def test_the_report_lies_in_the_folder_or_where_it_is_asked(make_run, tmp_path):
    run = make_run()
    assert report.write(run.path) == run.path / "report.html"
    assert report.write(run.path, tmp_path / "x.html") == tmp_path / "x.html"
    assert report.write(run.path, tmp_path) == tmp_path / "report.html"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a study's record"),
        ('{"name": "x", "runs": []}', "a study without any finished run"),
    ],
)
def test_a_broken_study_is_told_in_words(tmp_path, content, message):
    folder = tmp_path / "results" / "studies" / "x" / "0"
    folder.mkdir(parents=True)
    (folder / "study.json").write_text(content)
    with pytest.raises(InputError, match=message):
        report.write(folder)


def test_a_folder_without_a_run_is_told_in_words(tmp_path):
    with pytest.raises(InputError, match="not a run"):
        report.write(tmp_path)


def test_a_report_that_cannot_be_written_is_told_in_words(make_run, tmp_path):
    with pytest.raises(InputError, match="cannot write the report"):
        report.write(make_run().path, tmp_path / "no such folder" / "x.html")


def test_an_interrupted_run_is_reported_as_far_as_it_came(interrupted, tmp_path):
    words = Page(report.write(interrupted.path, tmp_path / "x.html").read_text()).text
    assert "The substation peaks at 50.0 kW (2026-01-12 20:00)" in words
    assert "seed 1 is interrupted: it covers 0.17 days only" in words


def test_an_interrupted_run_says_so_before_any_number(interrupted, tmp_path):
    html = report.write(interrupted.path, tmp_path / "x.html").read_text()
    words = Page(html).text
    halted = "interrupted after day 1 of 2"
    assert f"<title>stopped · valley – report ({halted})</title>" in html
    assert "Interrupted after day 1 of 2: figures cover only these days" in words
    assert "2 customers, 2 EVs" in words
    assert "(no EVs)" not in html
    found = headline(interrupted)
    unknown = ("departures_short_share", "customer_hours_below", "stored_change_kwh")
    assert [found[key] for key in unknown] == [None] * 3
    assert (found["n_ev"], found["n_customers"]) == (2, 2)


def test_a_run_without_any_solution_claims_nothing(make_run):
    nothing = [float("nan")] * 8
    run = make_run(
        grid_kw=nothing,
        v_pu=[nothing[:4]] * 8,
        loading=[nothing[:3]] * 8,
        converged=[False] * 8,
    )
    found = headline(run)
    for key in (
        "peak_kw",
        "losses_kwh",
        "customer_hours_below",
        "reverse_h",
        "transformers_over_normal",
        "lines_over_normal",
        "v_min_pu",
    ):
        assert found[key] is None, key
    assert violations(run)["total_h"] is None
    page = Page(report.write(run.path).read_text())
    assert "No step has a solution: the grid's power" in page.text
    assert "data-load" not in page.ids
    assert "data-fleet" in page.ids
    assert "No step has a solution" in text([("one", run)])
