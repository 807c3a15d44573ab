"""The form: its problems, what it keeps, runs that it starts, what it refuses."""

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import asked, drawn, shown
from twin.results.record import read_status

pytestmark = pytest.mark.long

LONG_MS = 180_000


@pytest.fixture
def form(page, site):
    """The form, judged once."""
    shown(page, f"{site.url}/whatif")
    expect(page.locator("#whatif-verdict")).to_contain_text("Nothing is wrong")
    return page


def field(page, key):
    return page.locator(f'[data-key="{key}"]')


def job(page, name):
    return page.locator("article.job", has=page.get_by_text(name, exact=True))


def test_a_problem_stands_at_its_field_as_check_words_it(form, tmp_path, made):
    text = (made / "first.yaml").read_text().replace("days: 2", "days: 0")
    (tmp_path / "wrong.yaml").write_text(text)
    check = [sys.executable, "-m", "twin", "check", str(tmp_path / "wrong.yaml")]
    said = subprocess.run(check, capture_output=True, text=True)
    words = re.search(r"time\.days: (.*)", said.stdout + said.stderr)
    assert said.returncode == 2 and words
    field(form, "time.days").locator("input").fill("0")
    expect(field(form, "time.days")).to_contain_text(words[1].strip())
    expect(form.locator("#whatif-verdict")).to_contain_text("1 problem")
    form.click("#whatif-go")
    expect(form.locator("#whatif-told")).to_contain_text("Not started")
    field(form, "time.days").locator("input").fill("1")
    expect(form.locator("#whatif-verdict")).to_contain_text("Nothing is wrong")


def test_what_was_typed_survives_a_reload(form):
    field(form, "name").locator("input").fill("half_typed")
    expect(form.locator("#whatif-yaml")).to_contain_text("name: half_typed")
    form.reload()
    expect(field(form, "name").locator("input")).to_have_value("half_typed")
    expect(form.locator("#whatif-count")).to_have_text("1 changed")
    expect(form.locator("#whatif-yaml")).to_contain_text("name: half_typed")


def test_a_form_becomes_a_finished_run(form, site):
    field(form, "name").locator("input").fill("tried")
    field(form, "time.days").locator("input").fill("1")
    expect(form.locator("#whatif-yaml")).to_contain_text("days: 1")
    form.click("#whatif-go")
    mine = job(form, "tried")
    expect(mine).to_have_attribute("data-state", "done", timeout=LONG_MS)
    mine.get_by_role("link", name="Open").click()
    form.wait_for_url(re.compile("/run/tried/[0-9a-f]{16}/overview"))
    drawn(form, "overview-load")
    (record,) = site.results.glob("tried/*/run.json")
    assert json.loads(record.read_text())["counts"]["steps"] == 96


def test_a_finished_run_is_held_against_its_rival(form, site):
    field(form, "name").locator("input").fill("held")
    field(form, "time.days").locator("input").fill("1")
    expect(form.locator("#whatif-yaml")).to_contain_text("days: 1")
    field(form, "policy.name").locator("input").first.click()
    form.get_by_role("option", name="v2g_peak").click()
    expect(form.locator("#whatif-yaml")).to_contain_text("v2g_peak")
    form.click("#whatif-go")
    mine = job(form, "held").last
    expect(mine).to_have_attribute("data-state", "done", timeout=LONG_MS)
    mine.get_by_role("button", name="Run valley beside it").click()
    rival = job(form, "held").first
    expect(rival).to_contain_text("policy.name: v2g_peak → valley")
    expect(rival).to_have_attribute("data-state", "done", timeout=LONG_MS)
    mine.get_by_role("link", name="Compare with valley").click()
    expect(form.locator("#compare-chips li")).to_have_count(2)
    expect(form.locator("#compare-lead")).to_contain_text("(baseline)")
    expect(form.locator("#compare-differ")).to_contain_text("policy.name")
    records = [
        json.loads(one.read_text()) for one in site.results.glob("held/*/run.json")
    ]
    names = sorted(one["scenario"]["policy"]["name"] for one in records)
    assert names == ["v2g_peak", "valley"]


def test_a_run_is_cancelled_and_what_it_has_is_kept(form, site):
    field(form, "name").locator("input").fill("endless")
    field(form, "time.days").locator("input").fill("1000")
    expect(form.locator("#whatif-yaml")).to_contain_text("days: 1000")
    form.click("#whatif-go")
    mine = job(form, "endless")
    expect(mine.locator(".live")).to_contain_text("steps/s", timeout=LONG_MS)
    (folder,) = site.results.glob("endless/*.part")
    form.goto(f"{site.url}/run/endless/{folder.stem}/overview")
    expect(form.locator("#watched")).to_contain_text("This run is being written")
    form.goto(f"{site.url}/whatif")
    expect(mine.locator(".live")).to_contain_text("steps/s")
    mine.get_by_role("button", name="Cancel").click()
    expect(mine).to_contain_text(re.compile("stopping|interrupted"))
    expect(mine).to_have_attribute("data-state", "interrupted", timeout=LONG_MS)
    expect(mine).to_contain_text("what was simulated until then is kept")
    assert read_status(folder)["state"] == "interrupted"
    assert list(folder.glob("parts/steps/*.parquet"))
    mine.get_by_role("link", name="Open").click()
    expect(form.locator("header.run-head")).to_contain_text("interrupted")
    drawn(form, "overview-load")


def submission(typed, start="first"):
    """What the button sends, as a browser might be made to send it."""
    outputs = [("whatif-told", "children"), ("whatif-tick", "n_intervals")]
    state = {"whatif-typed": typed, "whatif-start": {"key": start}}
    return json.dumps(
        {
            "output": "..whatif-told.children...whatif-tick.n_intervals..",
            "outputs": [{"id": one, "property": of} for one, of in outputs],
            "inputs": [{"id": "whatif-go", "property": "n_clicks", "value": 1}],
            "changedPropIds": ["whatif-go.n_clicks"],
            "state": [
                {"id": key, "property": "data", "value": value}
                for key, value in state.items()
            ],
        }
    )


@pytest.mark.parametrize(
    ("typed", "start", "said"),
    [
        ({"policy.name": "os.path:join"}, "first", "got 'os.path:join'; allowed here"),
        ({"feeder.source": "opendss:/etc/passwd"}, "first", "allowed here"),
        ({"customers.profiles": "../../secret.csv"}, "first", "secret.csv'; allowed"),
        ({"time.timezone": "http://evil.example/"}, "first", "cannot be given here"),
        ({"customers.file": "homes.csv"}, "first", "in a scenario's file only"),
        ({"__class__": "x"}, "first", "in a scenario's file only"),
        ({"name": "../../up"}, "first", "cannot be given here"),
        (["not", "a", "form"], "first", "is not a form"),
        ({}, "../../etc/passwd", "no scenario can be called '..'"),
        ({}, "nobody", "no packaged scenario is called"),
    ],
)
def test_a_forged_submission_starts_nothing(site, typed, start, said):
    def lies_here():
        return sorted(site.results.rglob("*"))

    before = lies_here()
    body = submission(typed, start)
    status, answer = asked(site.url, "/_dash-update-component", body)
    words = answer.replace("\\u002f", "/")
    assert status == 200 and said in words, answer
    assert "Traceback" not in answer
    assert lies_here() == before
