"""A real browser before a real server over real small runs.

The runs are made once for all workers. A page that logs an error, loses a request or
asks another host for anything fails its test, whatever else it shows.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from twin.scenario.study import read_study
from twin.studies.runner import run_study

PATIENCE_MS, REST_MS = 60_000, 300
expect.set_options(timeout=PATIENCE_MS)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
STARTERS = Path(__file__).parents[2] / "scenarios"
STUDY = """\
schema: 1
name: small
base: first.yaml
variants:
  none: {fleet.ev_share: 0}
  uncontrolled: {policy.name: uncontrolled}
  valley: {policy.name: valley}
  v2g_peak: {policy.name: v2g_peak}
  summary: {output.level: summary}
baseline: none
output: {level: all}
"""


@dataclass(frozen=True)
class Site:
    """A served results folder."""

    url: str
    results: Path
    runs: dict[str, str]
    study: str

    def run(self, variant: str, page: str = "overview", query: str = "") -> str:
        """The address of a page of a variant's run."""
        return f"{self.url}/run/first/{self.runs[variant]}/{page}{query}"

    def folder(self, variant: str) -> Path:
        """The folder of a variant's run."""
        return self.results / "first" / self.runs[variant]


@dataclass
class Watched:
    """What a page did that no page should."""

    host: str
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._log)
        page.on("pageerror", lambda error: self._add(f"error {error}"))
        page.on("requestfailed", self._lost)
        page.on("request", self._foreign)

    def _add(self, words: str) -> None:
        self.complaints.append(words)

    def _log(self, message) -> None:
        if message.type == "error":
            self._add(f"console {message.text}")

    def _lost(self, request) -> None:
        if "ERR_ABORTED" not in str(request.failure):
            self._add(f"lost {request.url} {request.failure}")

    def _foreign(self, request) -> None:
        if not request.url.startswith((self.host, "data:", "blob:")):
            self._add(f"foreign {request.url}")


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """The folder with ``results`` and the scenarios, made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen") else base
    folder = shared / "dashboard"
    with FileLock(shared / "dashboard.lock"):
        if not (folder / "study.txt").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            shutil.copy(STARTERS / "first.yaml", folder)
            (folder / "small.yaml").write_text(STUDY)
            study = read_study(folder / "small.yaml")
            done = run_study(study, folder / "results", lambda _: None)
            (folder / "study.txt").write_text(str(done))
    return folder


@contextmanager
def serving(results: Path, *words: str) -> Iterator[str]:
    """A server on a port of its own; its address. It may log no bug of its own."""
    command = [sys.executable, "-m", "twin", "dash", "--results", str(results)]
    log = results.with_name(f"{results.name}.log")
    with log.open("w") as stderr:
        server = subprocess.Popen(
            [*command, "--port", "0", *words],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert server.stdout is not None
    try:
        yield server.stdout.readline().split()[-1].rstrip("/")
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()
    said = log.read_text()
    assert "Traceback" not in said, said[-4000:]


@pytest.fixture(scope="module")
def site(made: Path, tmp_path_factory) -> Iterator[Site]:
    """The runs in a folder of this module's own, served."""
    results = tmp_path_factory.mktemp("site") / "results"
    shutil.copytree(made / "results", results)
    (study,) = results.glob("studies/small/*/study.json")
    rows = json.loads(study.read_text())["runs"]
    with serving(results) as url:
        runs = {row["label"]: row["run_id"] for row in rows}
        yield Site(url, results, runs, study.parent.name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def another(browser: Browser, site: Site) -> Iterator[Callable[[], Page]]:
    """Opens a browser of its own, of a laptop's size; complaints fail the test."""
    contexts, watched = [], Watched(site.url)

    def make() -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        opened = context.new_page()
        watched.watch(opened)
        return opened

    yield make
    for context in contexts:
        context.close()
    assert not watched.complaints, watched.complaints


@pytest.fixture(scope="module")
def tab(browser: Browser, site: Site) -> Iterator[tuple[Page, Watched]]:
    """A page that a module's tests go through one after another, as people do."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(PATIENCE_MS)
    opened, watched = context.new_page(), Watched(site.url)
    watched.watch(opened)
    yield opened, watched
    context.close()


@pytest.fixture
def page(tab: tuple[Page, Watched]) -> Iterator[Page]:
    """The module's page, with nothing kept from before; complaints fail the test."""
    opened, watched = tab
    yield opened
    if opened.url.startswith(watched.host) and opened.evaluate(FORGET):
        opened.goto("about:blank")
    complaints, watched.complaints = watched.complaints, []
    assert not complaints, complaints


@pytest.fixture
def watched_page(browser: Browser):
    """Makes a page and what it complains of, for tests of what goes wrong."""
    contexts = []

    def make(host: str) -> tuple[Page, Watched]:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        contexts.append(context)
        opened, watched = context.new_page(), Watched(host)
        watched.watch(opened)
        return opened, watched

    yield make
    for context in contexts:
        context.close()


def drawn(page: Page, key: str) -> None:
    """Wait until a graph has traces that are drawn."""
    page.wait_for_function(
        """key => {
          const plot = document.querySelector('#' + key + ' .js-plotly-plot');
          return plot && plot._fullData && plot._fullData.length > 0;
        }""",
        arg=key,
    )


FORGET = """() => {
  const kept = window.localStorage.length;
  window.localStorage.clear();
  return kept;
}"""
FOLLOW = """(href) => {
  const place = new URL(href, location.href);
  const isOpen = place.origin === location.origin && window.dash_stores;
  if (!isOpen || place.pathname === location.pathname) return false;
  window.history.pushState({}, '', href);
  window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
  return true;
}"""
RESTS = """(rest_ms) => {
  const store = (window.dash_stores || [])[0];
  const state = store && store.getState();
  const { stored, completed, ...open } = state ? state.callbacks : {};
  const isAsking = !state || Object.values(open).some((some) => some.length);
  const shown = (selector) => [...document.querySelectorAll('#content ' + selector)]
    .filter((one) => one.offsetParent);
  const isDrawn = shown('.dash-graph').every((one) => {
    const plot = one.querySelector('.js-plotly-plot');
    const told = plot && plot.layout && (plot.layout.annotations || []).length;
    return plot && plot._fullData && (plot._fullData.length > 0 || told > 0);
  });
  const component = (key) => state.paths.strs[key].reduce(
    (inside, step) => inside && inside[step], state.layout);
  const apiOf = (key) => {
    try { return window.dash_ag_grid.getApi(key); } catch (error) { return null; }
  };
  const tables = Object.keys(state ? state.paths.strs : {}).filter(
    (key) => (component(key) || {}).type === 'AgGrid');
  const areFilled = tables.every((key) => {
    const place = document.getElementById(key);
    if (place && !place.offsetParent) return true;
    const api = apiOf(key);
    if (!place || !api) return false;
    const { rowData, selectedRows } = component(key).props;
    const picked = (selectedRows && selectedRows.ids) || selectedRows || [];
    let rows = 0;
    api.forEachLeafNode(() => { rows += 1; });
    const isPicked = !picked.length || api.getSelectedNodes().length > 0;
    return rows === (rowData || []).length && (isPicked || !rows);
  });
  const hasMap = Boolean(document.querySelector('#feeder-canvas'));
  const isMapped = !hasMap || (window.twinFeeder && window.twinFeeder.draws > 0);
  const isQuiet = !isAsking && isDrawn && areFilled && isMapped;
  const now = performance.now();
  if (!isQuiet || !window.restsSince) window.restsSince = now;
  return now - window.restsSince > rest_ms;
}"""


def settled(page: Page) -> None:
    """Wait until no callback is due or under way, and stays so, and all is drawn.

    A page's network is idle once only: later questions must be seen where Dash keeps
    them, from the click on, also those that are not sent yet. Charts, tables and the
    map draw by themselves what they were given.
    """
    page.wait_for_load_state("networkidle")
    page.evaluate("() => { window.restsSince = 0; }")
    page.wait_for_function(RESTS, arg=REST_MS, polling=100)


def shown(page: Page, href: str) -> None:
    """Open an address and wait until all of it stands.

    Where the site is open already, as its own links do it: without loading again.
    """
    if not page.evaluate(FOLLOW, href):
        page.goto(href)
    expect(page.locator("#content h1").first).to_be_visible()
    settled(page)


def run_row(page: Page, key: str) -> Locator:
    """The parts of a run's row in the table of runs; both, pinned and not."""
    return page.locator(f'#runs-table [row-id="{key}"]')


def asked(
    url: str, path: str, body: str | None = None, host: str = ""
) -> tuple[int, str]:
    """What the server answers, as no browser would ask: status and text."""
    door = HTTPConnection(urlsplit(url).netloc, timeout=60)
    heads = {"Content-Type": "application/json", **({"Host": host} if host else {})}
    try:
        door.request("GET" if body is None else "POST", path, body, heads)
        answer = door.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        door.close()
