"""Runs that are broken, foreign, hostile or not finished, beside runs that are not."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from platform import node

import polars as pl
import pytest
from playwright.sync_api import expect

from dashboards.runs.notes import write_note
from tests.browser.conftest import asked, drawn, run_row, shown

pytestmark = pytest.mark.long

EVIL = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'
HARMED = "() => window.harmed || document.querySelectorAll('img[src=x]').length"
DEAD_PID = 2**22 + 1
IDS = {
    "evil": "a" * 16,
    "corrupt": "b" * 16,
    "newer": "c" * 16,
    "other": "d" * 16,
    "died": "1" * 16,
    "failed": "2" * 16,
    "interrupted": "3" * 16,
    "running": "4" * 16,
    "linked": "5" * 16,
}
STATES = {
    "corrupt": ("unreadable", "run.json cannot be read"),
    "newer": ("unreadable", "written by a newer twin"),
    "other": ("unreadable", "is not a run's record"),
    "died": ("died", "died at 30 %"),
    "failed": ("failed", "the solver gave up"),
    "interrupted": ("interrupted", ""),
}


def rewrite(file, **changes):
    record = json.loads(file.read_text())
    file.write_text(json.dumps({**record, **changes}))


def renamed(file, column):
    """Every name of a table made hostile."""
    names = pl.concat_str(pl.lit(EVIL), pl.int_range(pl.len()).cast(str))
    pl.read_parquet(file).with_columns(names.alias(column)).write_parquet(file)


def unfinished(site, name, state, **more):
    """A run that did not come to its end, or not yet."""
    folder = site.results / "first" / f"{IDS[name]}.part"
    shutil.copytree(site.folder("v2g_peak"), folder)
    told = {"run_id": IDS[name], "state": state, "host": node(), **more}
    rewrite(folder / "status.json", **told)
    return folder


@pytest.fixture(scope="module")
def hostile(site, tmp_path_factory):
    """The folder with all of them."""
    first = site.results / "first"
    for name in ("evil", "corrupt", "newer", "other"):
        shutil.copytree(site.folder("v2g_peak"), first / IDS[name])
    evil = first / IDS["evil"]
    scenario = json.loads((evil / "run.json").read_text())["scenario"]
    scenario["description"] = EVIL
    rewrite(evil / "run.json", run_id=IDS["evil"], scenario=scenario, notes=[EVIL])
    renamed(evil / "transformers.parquet", "name")
    renamed(evil / "customers.parquet", "customer")
    write_note(site.results, "first", IDS["evil"], EVIL)
    (first / IDS["corrupt"] / "run.json").write_text('{"half": ')
    rewrite(first / IDS["newer"] / "run.json", schema=999)
    (first / IDS["other"] / "run.json").write_text("[1, 2]")
    _unfinished_ones(site)
    _beside_them(site, tmp_path_factory.mktemp("outside"))
    return site


def _unfinished_ones(site):
    died = unfinished(site, "died", "running", pid=DEAD_PID, progress=0.3)
    (died / "run.json").unlink()
    words = "the solver gave up"
    failed = unfinished(site, "failed", "failed", progress=0.5, message=words)
    rewrite(failed / "run.json", status="failed", run_id=IDS["failed"])
    stopped = unfinished(site, "interrupted", "interrupted", progress=0.5)
    rewrite(stopped / "run.json", status="interrupted", run_id=IDS["interrupted"])


def _beside_them(site, outside):
    foreign = site.results / "holiday" / "photos of us"
    foreign.mkdir(parents=True)
    (foreign / "run.json").write_text('{"hello": "world"}')
    secret = outside / "secret"
    shutil.copytree(site.folder("v2g_peak"), secret)
    rewrite(secret / "run.json", name="secret")
    (site.results / "first" / IDS["linked"]).symlink_to(secret)
    study = site.results / "studies" / "evil" / ("e" * 16)
    study.mkdir(parents=True)
    rows = [
        {"label": f"{EVIL}{i}", "path": f"first/{of}", "run_id": of, "seed": 1}
        for i, of in enumerate((IDS["evil"], site.runs["none"]))
    ]
    told = {"name": EVIL, "runs": rows, "baseline": f"{EVIL}1", "schema": 1}
    (study / "study.json").write_text(json.dumps(told))


def check_unharmed(page):
    assert page.evaluate(HARMED) == 0
    expect(page.locator("#content")).not_to_contain_text("Something went wrong")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/", "#runs-answer"),
        ("/study/evil/" + "e" * 16, "#study-answer"),
        ("/compare?runs=first/{evil},first/{none}", "#compare-chips"),
        ("/run/first/{evil}/overview", "header.run-head"),
        ("/run/first/{evil}/feeder?pick=transformer:0", "#feeder-element"),
        ("/run/first/{evil}/voltage?customer=0", "#voltage-before"),
        ("/run/first/{evil}/transformers?pick=0", "#transformers-picked"),
        ("/run/first/{evil}/cars", "#cars-life-place"),
        ("/run/first/{evil}/provenance", "#content"),
        ("/whatif?from=first/{evil}", "#content"),
    ],
)
def test_hostile_names_are_shown_as_text(page, hostile, path, where):
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    shown(page, hostile.url + path.format(**IDS, none=hostile.runs["none"]))
    expect(page.locator(where).first).not_to_be_empty()
    if where in ("#feeder-element", "#transformers-picked", "header.run-head"):
        expect(page.locator(where)).to_contain_text("<img src=x onerror=")
    check_unharmed(page)


@pytest.mark.parametrize("name", STATES)
def test_the_state_of_a_broken_run_is_shown(page, hostile, name):
    state, words = STATES[name]
    shown(page, f"{hostile.url}/run/first/{IDS[name]}/overview")
    expect(page.locator("#content")).to_contain_text(words or state)
    page.goto(f"{hostile.url}/?state={state}")
    part = "" if state == "unreadable" else ".part"
    row = run_row(page, f"first/{IDS[name]}{part}")
    expect(row.locator(".run-state")).to_have_text(state)
    check_unharmed(page)


def test_other_runs_and_foreign_folders_stand_beside_them(page, hostile):
    shown(page, hostile.url)
    foreign = run_row(page, "holiday/photos of us")
    expect(foreign.locator(".run-state")).to_have_text("unreadable")
    expect(foreign.locator("a")).to_have_count(0)
    whole = run_row(page, f"first/{hostile.runs['v2g_peak']}")
    whole.locator("a").first.click()
    drawn(page, "overview-load")


def test_a_link_out_of_the_results_is_not_followed(page, hostile):
    page.goto(f"{hostile.url}/run/first/{IDS['linked']}/overview")
    expect(page.locator("#content")).to_contain_text("there is no run")
    shown(page, hostile.url)
    expect(run_row(page, f"first/{IDS['linked']}")).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    [
        "/run/../../etc/passwd/overview",
        "/run/first/..%2f..%2f..%2fetc%2fpasswd/overview",
        "/assets/../../results/first",
        "/assets/%2e%2e/%2e%2e/pyproject.toml",
        "/feeder-frames/first/..%2f..%2fetc/0",
        "/feeder-frames/..%2f..%2fetc/passwd/0",
        "/feeder-frames/first/" + IDS["linked"] + "/0",
        "/_dash-component-suites/dash/../../../../etc/passwd",
    ],
)
def test_no_address_reaches_outside(hostile, path):
    status, answer = asked(hostile.url, path)
    assert "root:" not in answer and "[project]" not in answer
    assert status in (400, 404) or "_dash-config" in answer, (status, answer[:200])


def test_a_run_that_is_written_opens_when_it_is_done(page, hostile):
    told = {"pid": os.getpid(), "progress": 0.4, "simulated": "2026-01-12T12:00"}
    folder = unfinished(hostile, "running", "running", **told)
    record = (folder / "run.json").read_text()
    (folder / "run.json").unlink()
    page.goto(f"{hostile.url}/run/first/{IDS['running']}/overview")
    expect(page.locator("#watched")).to_contain_text("40 % done")
    rewrite(folder / "status.json", progress=0.8)
    expect(page.locator("#watched")).to_contain_text("80 % done")
    other = json.dumps({**json.loads(record), "run_id": IDS["running"]})
    (folder / "run.json").write_text(other)
    rewrite(folder / "status.json", state="done", progress=1.0)
    folder.rename(folder.with_suffix(""))
    drawn(page, "overview-load")


def test_twenty_at_once_are_answered(hostile):
    frames = f"/feeder-frames/first/{hostile.runs['v2g_peak']}/0"
    paths = ["/", "/_dash-layout", "/_dash-dependencies", frames]
    with ThreadPoolExecutor(20) as crowd:
        every = crowd.map(lambda path: asked(hostile.url, path), 20 * paths)
        assert [status for status, _ in every] == [200] * 80


def test_four_pages_at_once_stand(another, hostile):
    views = ("overview", "voltage", "transformers", "cars")
    pages = [another() for _ in views]
    for page, view in zip(pages, views, strict=True):
        page.goto(hostile.run("v2g_peak", view), wait_until="commit")
    keys = {"overview": "load", "voltage": "map", "transformers": "course"}
    keys |= {"cars": "doing"}
    for page, view in zip(pages, views, strict=True):
        page.set_default_timeout(60_000)
        drawn(page, f"{view}-{keys[view]}")
