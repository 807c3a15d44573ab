"""Every view in both schemes, on runs that hold all, no cars, or a summary only."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import drawn, settled, shown

pytestmark = pytest.mark.long

CHARTS = {
    "overview": ("overview-load", "overview-hours"),
    "feeder": ("feeder-strip",),
    "voltage": (
        "voltage-profile",
        "voltage-map",
        "voltage-band",
        "voltage-course",
        "voltage-spread",
    ),
    "transformers": (
        "transformers-course",
        "transformers-duration",
        "transformers-hotspot",
        "transformers-split",
        "transformers-variants",
    ),
    "cars": (
        "cars-doing",
        "cars-soc",
        "cars-by-hour",
        "cars-by-car",
        "cars-life",
        "cars-day",
        "cars-hours",
        "cars-spread",
    ),
    "money": (
        "money-parts",
        "money-spread",
        "money-prices",
        "money-bought",
        "money-fade",
    ),
    "outages": (),
    "provenance": ("provenance-wall",),
}
NO_CARS = {"money-bought", "money-fade"}
NOT_KEPT = {
    "money-fade",
    "money-parts",
    "money-spread",
    "transformers-hotspot",
    "transformers-duration",
    "transformers-split",
    "transformers-variants",
    "cars-soc",
}
LACKING = {
    ("v2g_peak", "outages"): "There are no outages in this run",
    ("none", "outages"): "There are no outages in this run",
    ("summary", "money"): "kept no intervals",
    ("none", "cars"): "There are no cars in this run",
    ("summary", "feeder"): "kept a summary of each day",
    ("summary", "voltage"): "kept a summary a day",
    ("summary", "transformers"): "recorded at summary level",
    ("summary", "cars"): "kept no course of each car",
}
DRESSED = """isDark => [...document.querySelectorAll('.dash-graph')].every((one) => {
  const plot = one.querySelector('.js-plotly-plot');
  const font = (plot && plot.layout.font) || {};
  return !one.offsetParent || (font.color && (font.color === '#e8eaed') === isDark);
})"""
TOLD = """key => {
  const plot = document.querySelector('#' + key + ' .js-plotly-plot');
  const told = (plot && plot.layout && plot.layout.annotations) || [];
  return told.some((one) => one.text.includes('output.level: all'));
}"""
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


def check_both_schemes(page):
    """Charts take either scheme's ink, and nothing is wider than a laptop's screen."""
    assert page.evaluate(FITS)
    is_dark = page.evaluate("document.documentElement.dataset.scheme === 'dark'")
    page.wait_for_function(DRESSED, arg=is_dark)
    page.click("#scheme-toggle")
    page.wait_for_function(DRESSED, arg=not is_dark)
    settled(page)
    assert page.evaluate(FITS)
    expect(page.locator(".notice.error")).to_have_count(0)


@pytest.mark.parametrize("variant", ["v2g_peak", "none", "summary"])
def test_every_view_of_a_run_opens_light_and_dark(page, site, variant):
    shown(page, site.run(variant))
    for view, charts in CHARTS.items():
        page.locator(f"nav.views a[href$='/{view}']").click()
        expect(page.locator(f"nav.views a.here[href$='/{view}']")).to_be_visible()
        if (variant, view) in LACKING:
            words = LACKING[variant, view]
            expect(page.locator("#content")).to_contain_text(words)
        for key in charts if (variant, view) != ("none", "cars") else ():
            if variant == "none" and key in NO_CARS:
                continue
            drawn_or_told(page, key, variant == "summary" and key in NOT_KEPT)
        settled(page)
        check_both_schemes(page)


def drawn_or_told(page, key, is_told):
    """A chart, or where the run holds nothing for it, what to do about that."""
    if not is_told:
        drawn(page, key)
        return
    page.wait_for_function(TOLD, arg=key)


@pytest.mark.parametrize(
    ("path", "charts", "said"),
    [
        ("/", (), "V2G leaves the peak as it is"),
        (
            "/study/small/{study}",
            ("study-changes", "study-load"),
            "trafo 1 is the most loaded transformer",
        ),
        (
            "/compare?runs=first/{none},first/{v2g_peak}",
            ("compare-course", "compare-network", "compare-transformers"),
            "EVs that can give power back",
        ),
        ("/whatif", (), "Nothing is wrong with it."),
    ],
)
def test_a_page_of_many_runs_opens_light_and_dark(page, site, path, charts, said):
    shown(page, site.url + path.format(study=site.study, **site.runs))
    expect(page.locator("#content")).to_contain_text(said)
    for key in charts:
        drawn(page, key)
    check_both_schemes(page)
