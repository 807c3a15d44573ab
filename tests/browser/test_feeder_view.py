"""The feeder's scrubber, its jumps, its elements, and how fast it follows a hand."""

import re
from statistics import median

import numpy as np
import polars as pl
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE_MS, Watched, drawn, shown

pytestmark = pytest.mark.long

LONGEST_SCRUB_MS = 150
SCRUB = """async () => {
  const feeder = window.twinFeeder, took = [];
  for (let i = 1; i < 22; i += 1) {
    const row = (feeder.row + 37) % feeder.rows;
    feeder.seek(row);
    while (feeder.row !== row) await new Promise(requestAnimationFrame);
    took.push(feeder.lastDrawMs);
  }
  return took;
}"""
INKED = """() => {
  const canvas = document.querySelector('#feeder-canvas');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.data.length; i += 4) {
    if (data.data[i + 3] > 200) colours.add(data.data.slice(i, i + 3).join());
  }
  return colours.size;
}"""
STILL = """async () => {
  const before = window.twinFeeder.row;
  for (let i = 0; i < 30; i += 1) await new Promise(requestAnimationFrame);
  return window.twinFeeder.row === before;
}"""


@pytest.fixture(scope="module")
def feeder(browser, site):
    """The map of the run with V2G, drawn; one for all tests, as one plays with it."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    page, watched = context.new_page(), Watched(site.url)
    watched.watch(page)
    shown(page, site.run("v2g_peak", "feeder"))
    page.wait_for_function("() => window.twinFeeder && window.twinFeeder.draws > 0")
    yield page
    context.close()
    assert not watched.complaints, watched.complaints


def reached(page, first, last=None):
    """Wait until the map shows a row, or one of some."""
    page.wait_for_function(
        "([first, last]) => {"
        "const row = window.twinFeeder.row; return first <= row && row <= last; }",
        arg=[first, first if last is None else last],
    )


def at_first_row(page):
    """Begin at the first instant, from wherever another test went."""
    page.focus("#feeder-slider")
    page.keyboard.press("Home")
    reached(page, 0)


def test_the_map_is_inked(feeder):
    assert feeder.evaluate(INKED) > 5
    expect(feeder.locator("#feeder-figures")).to_contain_text("cars plugged")
    expect(feeder.locator("#feeder-legend")).to_contain_text("Buses by voltage [pu]")


def test_the_keyboard_moves_the_clock(feeder):
    clock = feeder.locator("#feeder-clock")
    at_first_row(feeder)
    expect(clock).to_contain_text("Mon 12 Jan 2026, 00:00")
    feeder.keyboard.press("ArrowRight")
    expect(clock).to_contain_text("Mon 12 Jan 2026, 00:15")
    feeder.keyboard.press("PageUp")
    expect(clock).to_contain_text("Tue 13 Jan 2026, 00:15")
    feeder.keyboard.press("ArrowLeft")
    expect(clock).to_contain_text("Tue 13 Jan 2026, 00:00")
    reached(feeder, 96)


def test_the_slider_redraws_the_map(feeder):
    box = feeder.locator("#feeder-slider").bounding_box()
    middle = box["y"] + box["height"] / 2
    feeder.mouse.click(box["x"] + 0.25 * box["width"], middle)
    reached(feeder, 40, 56)
    early = feeder.evaluate("document.querySelector('#feeder-canvas').toDataURL()")
    feeder.mouse.move(box["x"] + 0.25 * box["width"], middle)
    feeder.mouse.down()
    feeder.mouse.move(box["x"] + 0.75 * box["width"], middle, steps=8)
    feeder.mouse.up()
    reached(feeder, 136, 152)
    late = feeder.evaluate("document.querySelector('#feeder-canvas').toDataURL()")
    assert early != late


def test_a_scrub_follows_the_hand(feeder):
    took = feeder.evaluate(SCRUB)
    assert len(took) == 21
    assert median(took) < LONGEST_SCRUB_MS


def test_it_plays_and_pauses(feeder):
    at_first_row(feeder)
    feeder.click("#feeder-play")
    expect(feeder.locator("#feeder-play")).to_contain_text("Pause")
    reached(feeder, 4, 190)
    feeder.click("#feeder-play")
    expect(feeder.locator("#feeder-play")).to_contain_text("Play")
    assert feeder.evaluate(STILL)
    reached(feeder, 4, 190)


def test_it_plays_to_the_end_and_stops(feeder):
    feeder.focus("#feeder-slider")
    feeder.keyboard.press("End")
    reached(feeder, 191)
    for _ in range(3):
        feeder.keyboard.press("ArrowLeft")
    reached(feeder, 188)
    feeder.keyboard.press(" ")
    reached(feeder, 191)
    expect(feeder.locator("#feeder-play")).to_contain_text("Play")


def test_jumps_lead_to_the_instants_that_the_tables_hold(feeder, site):
    folder = site.folder("v2g_peak")
    steps = pl.read_parquet(folder / "steps.parquet")
    local = steps["time"].dt.convert_time_zone("Europe/Berlin")
    p_kw = pl.read_parquet(folder / "flows.parquet")["p_kw"].to_numpy()
    rows = {
        "feeder-load": steps["grid_kw"].arg_max(),
        "feeder-low": steps["v_min_pu"].arg_min(),
        "feeder-reverse": int(np.argmin(np.minimum(p_kw, 0).sum(axis=1))),
    }
    for button, row in rows.items():
        feeder.click(f"#{button}")
        reached(feeder, row)
        said = local.dt.strftime("%H:%M")[row]
        expect(feeder.locator("#feeder-clock")).to_contain_text(said)
        instant = local.dt.strftime("t=%Y-%m-%dT%H:%M")[row]
        feeder.wait_for_function("t => location.search.includes(t)", arg=instant)


def test_an_element_that_is_found_tells_its_history(feeder):
    feeder.fill("#feeder-find", "trafo")
    feeder.press("#feeder-find", "Enter")
    expect(feeder.locator("#feeder-element")).to_contain_text("trafo 1")
    expect(feeder.locator("#feeder-facts")).to_contain_text("kVA")
    drawn(feeder, "feeder-history")
    expect(feeder).to_have_url(re.compile("pick=transformer"))
    feeder.keyboard.press("Escape")
    feeder.focus("#feeder-slider")
    feeder.keyboard.press("Escape")
    expect(feeder.locator("#feeder-panel")).to_be_hidden()


def test_an_element_that_is_clicked_tells_its_history(feeder):
    feeder.fill("#feeder-find", "home")
    feeder.press("#feeder-find", "Enter")
    expect(feeder.locator("#feeder-element")).not_to_be_empty()
    feeder.click("#feeder-close")
    expect(feeder.locator("#feeder-panel")).to_be_hidden()
    expect(feeder.locator("#feeder-element")).to_be_empty()
    feeder.locator("#feeder-canvas").click()
    expect(feeder.locator("#feeder-panel")).to_be_visible()
    expect(feeder.locator("#feeder-element")).not_to_be_empty()
    drawn(feeder, "feeder-history")


def test_the_numbers_and_the_picture_of_an_instant_are_saved(feeder, tmp_path):
    with feeder.expect_download() as got:
        feeder.click("#feeder-csv")
    got.value.save_as(tmp_path / "instant.csv")
    lines = (tmp_path / "instant.csv").read_text().splitlines()
    assert lines[0] == "local time,element,name,quantity,value,unit"
    assert sum(",bus," in line for line in lines) > 100
    with feeder.expect_download() as got:
        feeder.click("#feeder-png")
    got.value.save_as(tmp_path / "instant.png")
    assert (tmp_path / "instant.png").read_bytes()[:4] == b"\x89PNG"
