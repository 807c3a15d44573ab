"""The view of outages in a browser: light and dark, a deep link, keys alone."""

import json
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import STARTERS, Site, drawn, serving, settled, shown
from tests.browser.test_links import SEEN
from tests.browser.test_views import check_both_schemes
from twin.scenario.study import read_study
from twin.studies.runner import run_study

pytestmark = pytest.mark.long

CHARTS = ("outages-powered", "outages-map", "outages-rebound", "outages-course")
STORM = """\
schema: 1
name: storm
base: first.yaml
variants:
  unready: {backup.share: 0}
  ready: {backup.share: 1}
baseline: unready
output: {level: all}
"""
EVENTS = """\
policy: uncontrolled
backup: {panel: critical}
events:
  - {kind: outage, start: 2026-01-12T18:07, hours: 5}
  - {kind: outage, start: 2026-01-13T10:00, hours: 1, section: "home:load 3"}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Two runs of a storm, with and without homes that their cars keep alight."""
    folder = tmp_path_factory.mktemp("storm")
    base = (STARTERS / "first.yaml").read_text()
    (folder / "first.yaml").write_text(
        base.replace("policy: uncontrolled\n", EVENTS).replace("0.5}", "1.0}")
    )
    (folder / "storm.yaml").write_text(STORM)
    shutil.rmtree(folder / "results", ignore_errors=True)
    done = run_study(read_study(folder / "storm.yaml"), folder / "results", print)
    rows = json.loads((done / "study.json").read_text())["runs"]
    with serving(folder / "results") as url:
        runs = {row["label"]: row["run_id"] for row in rows}
        yield Site(url, folder / "results", runs, done.name)


def test_outages_are_shown_light_and_dark(page, site):
    shown(page, site.run("ready", "outages"))
    for key in CHARTS:
        drawn(page, key)
    expect(page.locator("#outages-short")).to_contain_text("without supply")
    expect(page.locator("#outages-tiles")).to_contain_text("SAIDI, as felt")
    expect(page.locator("#outages-against")).to_contain_text("unready")
    expect(page.locator("#outages-tiles .tile-change.good").first).to_be_visible()
    check_both_schemes(page)


def test_a_link_reopens_the_outage_the_home_and_the_order(page, another, site):
    shown(page, site.run("ready", "outages"))
    page.click("#outages-event")
    page.get_by_role("option", name="1: feeder").click()
    settled(page)
    page.locator("#outages-homes .ag-header-cell[col-id='alight_h']").click()
    settled(page)
    page.locator("#outages-homes .ag-row[row-index='3'] .ag-cell").first.click()
    for said in ("event=0", "home=", "sort=alight_h.asc"):
        page.wait_for_function("said => location.search.includes(said)", arg=said)
    settled(page)
    wanted, other = page.evaluate(SEEN), another()
    shown(other, page.url)
    found = other.evaluate(SEEN)
    for part in wanted:
        assert found[part] == wanted[part], part


def test_a_home_is_chosen_by_keys_alone(page, site):
    shown(page, site.run("ready", "outages", "?event=0"))
    before = page.locator("#outages-course-caption").inner_text()
    page.locator("#outages-homes .ag-header-cell").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    settled(page)
    expect(page.locator("#outages-course-caption")).not_to_have_text(before)
