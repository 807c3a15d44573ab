"""How soon each view of the dashboard stands, how smooth the map is, what it holds.

``python tests/benchmarks/bench_dashboard.py [RESULTS]``: over a folder of results, else
over a week of the village made for it. Waits are those of a real browser on this
machine; memory is the server's highest (VmHWM).
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright

from dashboards.data import Library
from twin.results.record import Found

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
VILLAGE = Path(__file__).parents[2] / "scenarios" / "village.yaml"
VIEWS = {
    "overview": "#overview-load .js-plotly-plot",
    "feeder": "#feeder-legend *",
    "voltage": "#voltage-profile .js-plotly-plot",
    "transformers": "#transformers-course .js-plotly-plot",
    "cars": "#cars-doing .js-plotly-plot",
    "money": "#money-parts .js-plotly-plot",
    "provenance": ".facts",
}
BROWSERS, SCRUBS = 20, 80
STANDS = """selector => {
  const found = document.querySelector(selector);
  return found && (!found.matches('.js-plotly-plot') || (found._fullData || []).length);
}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        results = Path(sys.argv[1]) if len(sys.argv) > 1 else _village(Path(scratch))
        run = next(one for one in Library(results).found() if one.state == "done")
        size_mb = sum(file.stat().st_size for file in run.path.iterdir()) / 1e6
        print(f"dashboard over {run.scenario}/{run.run_id}, {size_mb:,.0f} MB")
        with serving(results) as (url, pid), sync_playwright() as playwright:
            program = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            asked = open_views(browser, url, run, pid)
            scrub(browser, url, run)
            crowd(asked)
            print(f"  server's highest memory          {_peak_mb(pid):8,.0f} MB")
            browser.close()


def open_views(browser: Browser, url: str, run: Found, pid: int) -> list[Request]:
    """Each view in a fresh browser: until its first chart stands; then all.

    On a busy machine the server's CPU time says more than the clock.
    """
    asked: list[Request] = []
    for view, selector in VIEWS.items():
        page = browser.new_context().new_page()
        page.on("request", lambda one: one.method == "POST" and asked.append(one))
        began, used = time.perf_counter(), _cpu_s(pid)
        page.goto(f"{url}/run/{run.scenario}/{run.run_id}/{view}")
        page.wait_for_function(STANDS, arg=selector, timeout=240_000)
        stands = time.perf_counter() - began
        page.wait_for_load_state("networkidle", timeout=240_000)
        whole = time.perf_counter() - began - 0.5
        print(
            f"  {view:<16} stands after {stands:5.2f} s, whole after {whole:5.2f} s, "
            f"server {_cpu_s(pid) - used:5.2f} s of CPU"
        )
    return asked


def scrub(browser: Browser, url: str, run: Found) -> None:
    """Step through the instants of the map by the keyboard."""
    page = browser.new_context().new_page()
    page.goto(f"{url}/run/{run.scenario}/{run.run_id}/feeder")
    page.wait_for_function(STANDS, arg=VIEWS["feeder"], timeout=240_000)
    page.wait_for_load_state("networkidle")
    waits = [_one_scrub(page) for _ in range(SCRUBS)]
    ranked = sorted(waits)
    print(
        f"  a scrub of the map: median {statistics.median(waits):.0f} ms, "
        f"95 % {ranked[int(0.95 * SCRUBS)]:.0f} ms, worst {ranked[-1]:.0f} ms"
    )


def crowd(asked: list[Request]) -> None:
    """What the views asked for, asked again by twenty at once."""
    bodies = [(one.url, one.post_data_buffer) for one in asked if one.post_data_buffer]
    with ThreadPoolExecutor(BROWSERS) as pool:
        began = time.perf_counter()
        waits = sorted(pool.map(_post, bodies * BROWSERS))
        took = time.perf_counter() - began
    print(
        f"  {BROWSERS} browsers, {len(waits)} questions in {took:.1f} s: median "
        f"{waits[len(waits) // 2]:.2f} s, 95 % {waits[int(0.95 * len(waits))]:.2f} s"
    )


@contextmanager
def serving(results: Path) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "twin", "dash", "--results", str(results)]
    server = subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield server.stdout.readline().split()[-1].rstrip("/"), server.pid
    finally:
        server.terminate()
        server.wait(10)


def _one_scrub(page: Page) -> float:
    before = page.evaluate("window.twinFeeder.draws")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("n => window.twinFeeder.draws > n", arg=before)
    return float(page.evaluate("window.twinFeeder.lastDrawMs"))


def _post(question: tuple[str, bytes]) -> float:
    url, body = question
    head = {"Content-Type": "application/json"}
    began = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(url, body, head)) as answer:
        answer.read()
    return time.perf_counter() - began


def _village(scratch: Path) -> Path:
    results = scratch / "results"
    command = [sys.executable, "-m", "twin", "run", str(VILLAGE), "--quiet"]
    subprocess.run(
        [*command, "--set", "policy.name=v2g_peak", "--out", str(results)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return results


def _cpu_s(pid: int) -> float:
    """What a process has used so far, its own and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    words = Path(f"/proc/{pid}/status").read_text().split()
    return float(words[words.index("VmHWM:") + 1]) / 1000


if __name__ == "__main__":
    main()
