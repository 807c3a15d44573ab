"""What surrounds every page: scheme, links, exports, refusals."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import asked, drawn, serving, shown

pytestmark = pytest.mark.long

GROUND = "getComputedStyle(document.body).backgroundColor"


def test_dark_and_light_are_switched_and_remembered(page, site):
    shown(page, site.run("v2g_peak"))
    drawn(page, "overview-load")
    light = page.evaluate(GROUND)
    page.click("#scheme-toggle")
    page.wait_for_function(f"() => {GROUND} !== '{light}'")
    ink = "document.querySelector('#overview-load .js-plotly-plot').layout.font.color"
    page.wait_for_function(f"() => {ink} === '#e8eaed'")
    page.reload()
    drawn(page, "overview-load")
    assert page.evaluate(GROUND) != light


def test_the_system_may_choose_dark(browser, site):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(site.url)
    page.wait_for_selector("h1")
    assert page.evaluate("document.documentElement.dataset.scheme") == "dark"
    context.close()


def test_a_chart_is_saved_as_numbers_and_as_a_picture(page, site, tmp_path):
    shown(page, site.run("v2g_peak"))
    drawn(page, "overview-load")
    card = page.locator("section.chart", has=page.locator("#overview-load"))
    with page.expect_download() as got:
        card.locator("[data-export=csv]").click()
    got.value.save_as(tmp_path / "load.csv")
    lines = (tmp_path / "load.csv").read_text().splitlines()
    assert "kW" in lines[0] and len(lines) > 192
    with page.expect_download() as got:
        card.locator("[data-export=png]").click()
    got.value.save_as(tmp_path / "load.png")
    assert (tmp_path / "load.png").read_bytes()[:4] == b"\x89PNG"


def test_another_variant_is_shown_on_the_same_view(page, site):
    shown(page, site.run("uncontrolled"))
    page.click("#sibling")
    page.get_by_role("option", name="v2g_peak, seed 1").click()
    expect(page).to_have_url(re.compile(f"/run/first/{site.runs['v2g_peak']}/overview"))
    drawn(page, "overview-load")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/run/first/0123456789abcdef/overview", "there is no run"),
        ("/run/first/%2e%2e%2f%2e%2e/overview", "is not a run's id"),
        ("/nowhere", "There is no such page"),
    ],
)
def test_an_address_of_nothing_says_so(page, site, path, said):
    page.goto(site.url + path)
    expect(page.locator("#content")).to_contain_text(said)


def test_another_host_demands_the_printed_token(made, watched_page):
    with serving(made / "results", "--host", "0.0.0.0") as shown:
        url, _, token = shown.partition("/?token=")
        port = url.rpartition(":")[2]
        local = f"http://127.0.0.1:{port}"
        assert asked(local, "/")[0] == 401
        page, watched = watched_page(local)
        page.goto(f"{local}/?token={token}")
        page.wait_for_selector("h1")
        assert token not in page.url
        assert not watched.complaints


def test_a_foreign_host_name_is_refused(site):
    assert asked(site.url, "/", host="evil.example")[0] == 403


def test_an_oversized_upload_is_refused(site):
    body = '{"output": "' + "x" * 3_000_000 + '"}'
    with suppress(ConnectionError):  # hung up on, before all of it was sent
        assert asked(site.url, "/_dash-update-component", body)[0] == 413
    assert asked(site.url, "/")[0] == 200
