"""Deep links: every page reopens at its address exactly as one saw it."""

import pytest

from tests.browser.conftest import settled, shown

pytestmark = pytest.mark.long

ZOOM = """([chart, ...range]) => window.Plotly.relayout(
  document.querySelector(chart + ' .js-plotly-plot'), { 'xaxis.range': range })"""


def last(page, key):
    """Choose the last of a few options side by side."""
    page.locator(f"#{key} label").last.click()


def on_overview(page, _):
    last(page, "overview-view")
    page.click("#overview-span-day")
    return ["view=power", "from=2026-01-13"]


def on_feeder(page, _):
    page.locator("#feeder-by label", has_text="Loading").click()
    page.focus("#feeder-slider")
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    page.fill("#feeder-find", "transformer")
    page.press("#feeder-find", "Enter")
    return ["by=loading", "pick=transformer", "t=2026-01-13T00:00"]


def on_voltage(page, _):
    page.locator("#voltage-instant label", has_text="Highest load").click()
    last(page, "voltage-measure")
    last(page, "voltage-rows")
    page.click("#voltage-customer")
    page.get_by_role("option").nth(7).click()
    return ["t=load", "measure=mean", "rows=transformer", "customer=7"]


def on_transformers(page, _):
    last(page, "transformers-show")
    settled(page)
    page.locator("#transformers-room .ag-row[row-index='2'] .ag-cell").first.click()
    last(page, "transformers-unit")
    last(page, "transformers-span")
    return ["show=lines", "line=", "span=week", "unit="]


def on_cars(page, _):
    last(page, "cars-unit")
    last(page, "cars-fan")
    page.click("#cars-next")
    settled(page)
    page.click("#cars-one-day")
    return ["unit=cars", "fan=plugged", "ev=", "from=2026-01"]


def on_money(page, _):
    last(page, "money-chem")
    page.click("#money-home")
    page.get_by_role("option").nth(4).click()
    settled(page)
    page.locator("#money-wear .ag-row[row-index='2'] .ag-cell").first.click()
    page.locator("#money-charging .ag-header-cell[col-id='away_kwh']").click()
    return ["chem=lfp", "home=4", "who=one", "car=", "chargesort=away_kwh.asc"]


def on_runs(page, _):
    page.fill("#runs-search", "valley")
    page.get_by_role("columnheader", name="Peak").click()
    return ["search=valley", "sort=peak_kw.asc"]


def on_study(page, _):
    last(page, "study-figures")
    return ["figures="]


def on_compare(page, _):
    page.evaluate(ZOOM, ["#compare-course", "2026-01-12 18:00", "2026-01-13 06:00"])
    page.wait_for_function("() => location.search.includes('zoom=2026-01-12T18:00')")
    last(page, "compare-as")
    last(page, "compare-map")
    page.click("#compare-base")
    page.get_by_role("option", name="v2g_peak").click()
    return ["as=duration", "map=loading", "base=first", "zoom=2026-01-12T18:00"]


def on_whatif(page, site):
    page.click("#whatif-from")
    page.get_by_role("option", name="village", exact=True).click()
    return ["from=village"]


SEEN = """() => {
  const content = document.querySelector('#content');
  const all = (selector) => [...content.querySelectorAll(selector)];
  return {
    controls: all('input:not([type=search])').map((one) => (
      ['radio', 'checkbox'].includes(one.type) ? one.checked : one.value)),
    words: all('h1, h2, .caption, .tile, .notice, dd, th, td, pre').map(
      (one) => one.textContent),
    tables: all('.ag-root-wrapper').filter((one) => one.offsetParent).map((one) => {
      const key = one.closest('[id]').id, rows = [];
      const api = window.dash_ag_grid.getApi(key);
      api.forEachNodeAfterFilterAndSort((row) => rows.push(
        [JSON.stringify(row.data), row.isSelected()]));
      const isShown = rows.length === 0 || Boolean(one.querySelector('.ag-cell'));
      const columns = api.getColumnState().map((of) => [of.colId, of.sort]);
      return [key, isShown, rows, columns];
    }),
    charts: all('.js-plotly-plot').filter((one) => one._fullData).map((one) => [
      one._fullData.map((trace) => [trace.name, trace.visible]),
      one._fullLayout.xaxis && one._fullLayout.xaxis.range]),
  };
}"""
LINKS = {
    "overview": on_overview,
    "feeder": on_feeder,
    "voltage": on_voltage,
    "transformers": on_transformers,
    "cars": on_cars,
    "money": on_money,
    "/": on_runs,
    "/study/small/{study}": on_study,
    "/compare?runs=first/{none},first/{valley},first/{v2g_peak}": on_compare,
    "/whatif": on_whatif,
}


@pytest.mark.parametrize("place", LINKS)
def test_a_link_reopens_what_one_saw(page, another, site, place):
    is_page = place.startswith("/")
    path = site.url + place.format(study=site.study, **site.runs)
    shown(page, path if is_page else site.run("v2g_peak", place))
    begun = page.evaluate(SEEN)
    for said in LINKS[place](page, site):
        page.wait_for_function("said => location.search.includes(said)", arg=said)
    settled(page)
    wanted, other = page.evaluate(SEEN), another()
    shown(other, page.url)
    found = other.evaluate(SEEN)
    assert wanted != begun
    for part in wanted:
        assert found[part] == wanted[part], part
