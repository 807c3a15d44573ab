"""The door: search, compare, verify, trash, notes; a study; what cannot be compared."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import drawn, run_row, shown

pytestmark = pytest.mark.long


@pytest.fixture
def runs(page, site):
    """The first page with its table filled."""
    shown(page, site.url)
    expect(page.locator("#runs-count")).to_have_text("5 runs")
    return page


def key_of(site, variant):
    return f"first/{site.runs[variant]}"


def told_by(response):
    """What the browser sent that is answered."""
    return response.request.post_data or ""


def select(page, site, *variants):
    """Rows whole in the window: pressed on one that is cut, the page scrolls away."""
    for variant in variants:
        row = run_row(page, key_of(site, variant))
        row.first.scroll_into_view_if_needed()
        row.locator("input[type=checkbox]").check()


def test_the_search_finds_runs(runs, site):
    runs.fill("#runs-search", "valley")
    expect(run_row(runs, key_of(site, "none"))).to_have_count(0)
    expect(run_row(runs, key_of(site, "valley")).first).to_be_visible()
    runs.fill("#runs-search", "nobody is called so")
    expect(runs.locator("#runs-table .ag-center-cols-container .ag-row")).to_have_count(
        0
    )


def test_the_link_to_all_runs_forgets_the_search(runs):
    runs.fill("#runs-search", "valley")
    runs.wait_for_function("() => location.search.includes('search=valley')")
    runs.get_by_role("link", name="Runs", exact=True).click()
    expect(runs.locator("#runs-search")).to_have_value("")
    assert runs.evaluate("location.search") == ""


def test_selected_runs_are_compared(runs, site):
    select(runs, site, "none", "v2g_peak")
    runs.get_by_role("link", name="Compare 2 runs").click()
    chips = runs.locator("#compare-chips li")
    expect(chips).to_have_count(2)
    expect(chips.nth(0)).to_contain_text("none")
    expect(chips.nth(1)).to_contain_text("v2g_peak")
    drawn(runs, "compare-course")
    expect(runs.locator("#compare-lead")).to_contain_text("none (baseline)")


def test_checksums_are_verified(runs, site):
    told = runs.locator("#runs-told")
    select(runs, site, "valley")
    runs.click("#runs-verify")
    expect(told).to_contain_text("are as they were written")
    file = site.folder("valley") / "trips.parquet"
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
        runs.click("#runs-verify")
        expect(told).to_contain_text("1 of ")
        expect(told.locator("tr", has_text="trips.parquet")).to_be_visible()
        expect(told.locator("td.bad")).to_have_count(1)
    finally:
        file.write_bytes(whole)


def test_a_run_is_thrown_away_and_restored(runs, site):
    key, folder = key_of(site, "summary"), site.folder("summary")
    before = sorted(path.name for path in folder.iterdir())
    select(runs, site, "summary")
    runs.click("#runs-throw")
    expect(runs.locator("#runs-throw-words")).to_contain_text("small holds it")
    runs.click("#runs-throw-yes")
    expect(run_row(runs, key)).to_have_count(0)
    assert not folder.exists()
    runs.get_by_text("Trash (1").click()
    runs.get_by_role("button", name="Restore").click()
    expect(run_row(runs, key).first).to_be_visible()
    assert sorted(path.name for path in folder.iterdir()) == before
    expect(runs.locator("#runs-told")).to_contain_text(f"Restored: {key}")


def test_throwing_away_can_be_declined(runs, site):
    select(runs, site, "summary")
    runs.click("#runs-throw")
    runs.click("#runs-throw-no")
    expect(runs.locator("#runs-throw-yes")).to_be_hidden()
    assert site.folder("summary").is_dir()


def test_a_note_is_kept(runs, site):
    row = run_row(runs, key_of(site, "valley"))
    row.locator("[col-id=note]").dblclick()
    runs.locator(".ag-popup textarea").fill("the fair rival")
    with runs.expect_response(lambda one: "cellValueChanged" in told_by(one)) as got:
        runs.keyboard.press("Enter")
    assert got.value.ok
    note = row.locator("[col-id=note]")
    expect(note).to_have_text("the fair rival")
    runs.reload()
    expect(note).to_have_text("the fair rival")


def test_two_browsers_do_not_lose_each_others_note(runs, another, site):
    other = another()
    shown(other, site.url)
    for page, words in ((runs, "from here"), (other, "from there")):
        row = run_row(page, key_of(site, "uncontrolled"))
        row.locator("[col-id=note]").dblclick()
        page.locator(".ag-popup textarea").fill(words)
        with page.expect_response(lambda one: "cellValueChanged" in told_by(one)):
            page.keyboard.press("Enter")
    told = other.locator("#runs-told")
    expect(told).to_contain_text("somebody else changed this note meanwhile")
    expect(told).to_contain_text("'from there'")
    row = run_row(other, key_of(site, "uncontrolled"))
    expect(row.locator("[col-id=note]")).to_have_text("from here")


def test_a_study_tells_its_answer_and_its_transformers(page, site):
    shown(page, site.url)
    page.get_by_role("link", name="Open study").click()
    expect(page.locator("#study-answer")).to_contain_text(
        "V2G leaves the peak as it is"
    )
    row = page.locator("#study-troubles [row-index='0']")
    expect(row.first).to_contain_text("trafo 1")
    cell = page.locator("#study-troubles .ag-row[row-index='0'] a", has_text="%")
    expect(cell).to_have_count(5)
    cell.nth(1).click()
    page.wait_for_url(f"**{key_of(site, 'uncontrolled')}/transformers**")
    expect(page.locator("#transformers-picked")).to_contain_text("trafo 1")
    drawn(page, "transformers-course")


def test_three_runs_are_compared_in_figures(page, site):
    keys = [key_of(site, one) for one in ("none", "valley", "v2g_peak")]
    shown(page, f"{site.url}/compare?runs={','.join(keys)}")
    expect(page.locator("#compare-chips li")).to_have_count(3)
    expect(page.locator("#compare-lead tbody tr")).to_have_count(3)
    expect(page.locator("#compare-table")).to_contain_text("Charged by EVs [kWh]")
    expect(page.locator("#compare-differ")).to_contain_text("policy.name")
    for key in ("compare-course", "compare-network", "compare-transformers"):
        drawn(page, key)


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ("first/{none}", "One run is chosen: choose at least one more"),
        ("", "Choose two to five runs"),
        ("first/0123456789abcdef,first/{none}", "There is no run first/0123456789ab"),
        ("../../etc/passwd", "There is no run ../../etc/passwd"),
        (
            "first/{none},first/{valley},first/{v2g_peak},first/{summary},"
            "first/{uncontrolled},first/0123456789abcdef",
            "6 runs are named",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(page, site, runs, said):
    shown(page, f"{site.url}/compare?runs={runs.format(**site.runs)}")
    expect(page.locator("#content")).to_contain_text(said)
