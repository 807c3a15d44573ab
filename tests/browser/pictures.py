"""The pictures of ``docs/dashboard``, taken anew of the newest study in a folder.

``python tests/browser/pictures.py RESULTS [NAME...]``: all of them, or those named. The
study is served from a copy made of links, so nothing is written into the folder; the
copy's place is taken out of what the pages say.
"""

from __future__ import annotations

import os
import shutil
import struct
import sys
import tempfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboards.data import Library
from dashboards.loading.courses import Course
from dashboards.loading.loadings import transformer, worst_transformer
from dashboards.runs.trash import throw_away
from tests.browser.conftest import FLAGS, serving, settled, shown

FOLDER = Path(__file__).parents[2] / "docs" / "dashboard"
TALL_PX, MARGIN_PX = 3600, 14
REST_MS, LONGEST_MS = 700, 120_000
MOST_COLOURS = 256
STORM = "storm_outage"
SHORTER = """path => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let one = walk.nextNode(); one; one = walk.nextNode()) {
    if (one.data.includes(path)) one.data = one.data.replaceAll(path, 'results');
  }
}"""
CARD = """one => {
  const box = (one.closest('.card') || one).getBoundingClientRect();
  return [box.top, box.bottom];
}"""
PIXELS = """async ([words, width, height]) => {
  const picture = new Image();
  picture.src = 'data:image/png;base64,' + words;
  await picture.decode();
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d');
  pen.drawImage(picture, 0, 0);
  const bytes = pen.getImageData(0, 0, width, height).data;
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) {
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  }
  return btoa(text);
}"""
Act = Callable[[Page], None]
Pixels = NDArray[np.uint8]


def main() -> None:
    results, wanted = Path(sys.argv[1]), sys.argv[2:]
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        copy, bare = Path(scratch) / "results", Path(scratch) / "none"
        copy_newest_study(results, copy)
        copy_storm(results, copy)
        bare.mkdir()
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        take(browser, copy, pictures(copy), wanted)
        take(browser, bare, (Picture("empty", "/", 520),), wanted)
        browser.close()


@dataclass(frozen=True)
class Picture:
    """A part of a page, as a laptop shows it unless said otherwise.

    height  of the screen; None: the page is shown on one as tall as itself, because
            tables are drawn only where they are seen
    top     the picture begins with this element's card; else with the page
    bottom  and ends with this one's; else with the screen
    act     what is done on the page before
    """

    name: str
    path: str
    height: int | None = None
    width: int = 1366
    top: str = ""
    bottom: str = ""
    is_dark: bool = False
    act: Act = lambda _: None


def pictures(results: Path) -> tuple[Picture, ...]:
    """Every view on the newest study's runs of seed 1."""
    library = Library(results)
    study = library.studies()[0]
    runs = {row[0]: f"{row[1]}/{row[2]}" for row in study.runs if row[3] == 1}
    three = ",".join(runs[name] for name in ("uncontrolled", "valley", "v2g_peak"))
    where = f"/study/{study.name}/{study.study_id}"
    form = f"/whatif?from={runs['v2g_peak']}"
    other = "[data-section=other]"
    return (
        Picture("runs", "/", bottom="#runs-card"),
        Picture("study", where, bottom="#study-troubles"),
        Picture("study-figures", where, top="#study-figures", bottom="#study-load"),
        *_of_a_run(f"/run/{runs['uncontrolled']}", f"/run/{runs['v2g_peak']}"),
        *_of_the_map(library, runs["uncontrolled"], runs["v2g_peak"]),
        *_of_money(f"/run/{runs['v2g_peak']}", f"/run/{runs['uncontrolled']}"),
        *_of_a_storm(library),
        Picture("compare", f"/compare?runs={three}", bottom="#compare-course"),
        Picture("whatif-problem", form, bottom=other, act=wrong),
        Picture("whatif-done", form, bottom=other, act=run_one),
        Picture(
            "trash",
            "/",
            top="#runs-card",
            bottom="#runs-trash .trash",
            act=thrown(results, runs),
        ),
    )


def _of_a_run(trouble: str, rival: str) -> tuple[Picture, ...]:
    load, split = "#overview-load", "#transformers-split"
    return (
        Picture("overview", f"{trouble}/overview", bottom=load),
        Picture("overview-dark", f"{rival}/overview", bottom=load, is_dark=True),
        Picture("voltage", f"{trouble}/voltage", bottom="#voltage-map"),
        Picture(
            "voltage-customers",
            f"{trouble}/voltage",
            top="#voltage-table",
            bottom="#voltage-spread",
        ),
        Picture(
            "transformers", f"{trouble}/transformers", bottom="#transformers-course"
        ),
        Picture(
            "transformers-v2g-dark",
            f"{trouble}/transformers",
            top=split,
            bottom="#transformers-rivals",
            is_dark=True,
        ),
        Picture("cars", f"{rival}/cars", bottom="#cars-soc"),
        Picture(
            "cars-life",
            f"{rival}/cars",
            top="#cars-life",
            bottom="#cars-events",
            act=lambda page: page.click("#cars-most"),
        ),
        Picture("provenance", f"{rival}/provenance", 980),
    )


def _of_money(rival: str, trouble: str) -> tuple[Picture, ...]:
    return (
        Picture("money", f"{rival}/money", bottom="#money-bills"),
        Picture(
            "money-tariff",
            f"{rival}/money",
            top="#money-prices",
            bottom="#money-prices",
        ),
        Picture(
            "money-wear-dark",
            f"{rival}/money?chem=lfp",
            5400,
            top="#money-bought",
            bottom="#money-wear",
            is_dark=True,
        ),
        Picture(
            "transformers-life",
            f"{trouble}/transformers",
            top="#transformers-life",
            bottom="#transformers-hotspot",
        ),
    )


def _of_a_storm(library: Library) -> tuple[Picture, ...]:
    """Of the starter's run, if the results hold one."""
    runs = [one for one in library.found() if one.scenario == STORM]
    if not runs:
        print(f"no run of {STORM}: its pictures are left as they are")
        return ()
    where = f"/run/{STORM}/{runs[-1].run_id}/outages"
    return (
        Picture("outages", where, bottom="#outages-map"),
        Picture(
            "outages-homes-dark",
            where,
            top="#outages-rebound",
            bottom="#outages-course",
            is_dark=True,
        ),
    )


def _of_the_map(library: Library, trouble: str, rival: str) -> tuple[Picture, ...]:
    case = library.case(*trouble.split("/"))
    index = worst_transformer(case)
    assert index is not None
    course = Course.of(case, transformer(case, index))
    assert course is not None
    there = f"feeder?t={course.at(course.peak)}&pick=transformer:{index}"
    near = closer(course.element.name)
    return (
        Picture("feeder", f"/run/{trouble}/{there}", 900, 1440),
        Picture(
            "feeder-v2g-dark",
            f"/run/{rival}/{there}",
            900,
            1440,
            is_dark=True,
            act=near,
        ),
        Picture("feeder-laptop", f"/run/{trouble}/feeder?by=loading", 768),
        Picture("feeder-projector", f"/run/{rival}/feeder", 1080, 1920),
    )


def closer(name: str) -> Act:
    """Zoom in on what is called so, as the search does, and a little out again."""

    def act(page: Page) -> None:
        page.fill("#feeder-find", name)
        page.press("#feeder-find", "Enter")
        page.fill("#feeder-find", "")
        page.click("#feeder-farther")
        page.mouse.move(0, 0)

    return act


def wrong(page: Page) -> None:
    """Ask for what cannot be."""
    _fill(page, "fleet.ev_share", "1.4")
    _fill(page, "time.start", "2026-02-30")
    expect(page.locator("#whatif-verdict")).to_contain_text("2 problems")


def run_one(page: Page) -> None:
    """More cars that can give power back; watched to its end."""
    _fill(page, "fleet.bidirectional_share", "0.8")
    expect(page.locator("#whatif-count")).to_contain_text("1 changed")
    expect(page.locator("#whatif-verdict")).to_contain_text("Nothing is wrong")
    page.click("#whatif-go")
    page.locator("[data-state=done]").first.wait_for(timeout=LONGEST_MS)


def thrown(results: Path, runs: Mapping[str, str]) -> Act:
    """One run lies in the trash, and two are about to be compared."""

    def act(page: Page) -> None:
        throw_away(results, *runs["tou"].split("/"))
        page.reload()
        page.locator("#runs-trash summary").click()
        for name in ("valley", "v2g_peak"):
            row = page.locator(f'#runs-table [row-id="{runs[name]}"]')
            row.locator("input[type=checkbox]").first.click()

    return act


def take(
    browser: Browser, results: Path, every: tuple[Picture, ...], wanted: list[str]
) -> None:
    """Take pictures of the pages over a folder: all, or those that are named."""
    with serving(results) as url:
        for one in every:
            if not wanted or one.name in wanted:
                _take(browser, url, one, str(results.resolve()))


def _take(browser: Browser, url: str, one: Picture, place: str) -> None:
    context = browser.new_context(
        viewport={"width": one.width, "height": one.height or TALL_PX},
        color_scheme="dark" if one.is_dark else "light",
    )
    context.set_default_timeout(LONGEST_MS)
    page = context.new_page()
    shown(page, url + one.path)
    one.act(page)
    settled(page)
    page.wait_for_timeout(REST_MS)
    page.evaluate(SHORTER, place)
    target = FOLDER / f"{one.name}.png"
    top, bottom = _span(page, one)
    clip = {"x": 0, "y": top, "width": one.width, "height": bottom - top}
    taken = page.screenshot(clip=clip)
    context.close()
    target.write_bytes(_smaller(browser, taken, one.width, bottom - top))
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


def _span(page: Page, one: Picture) -> tuple[int, int]:
    top = page.locator(one.top).first.evaluate(CARD)[0] if one.top else MARGIN_PX
    height = one.height or TALL_PX
    bottom = page.locator(one.bottom).first.evaluate(CARD)[1] if one.bottom else height
    return round(top) - MARGIN_PX, round(bottom) + MARGIN_PX * bool(one.bottom)


def _fill(page: Page, key: str, words: str) -> None:
    page.locator(f'#whatif [data-key="{key}"] input').first.fill(words)


def copy_newest_study(results: Path, copy: Path) -> None:
    """The newest study with its runs, as after `make run`."""
    study = Library(results).studies()[0]
    folders = [study.path.relative_to(study.path.parents[2])]
    folders += [Path(scenario) / run_id for _, scenario, run_id, _ in study.runs]
    for folder in dict.fromkeys(folders):
        shutil.copytree(results / folder, copy / folder, copy_function=_linked)


def copy_storm(results: Path, copy: Path) -> None:
    """The runs of the starter with an outage, where there are any."""
    if (results / STORM).is_dir():
        shutil.copytree(results / STORM, copy / STORM, copy_function=_linked)


def _linked(source: str, target: str) -> None:
    """The same file under another name, or a copy where a disk knows no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _smaller(browser: Browser, png: bytes, width: int, height: int) -> bytes:
    """The same picture with a palette: a third of the size."""
    page = browser.new_page()
    words = page.evaluate(PIXELS, [b64encode(png).decode(), width, height])
    page.close()
    pixels = np.frombuffer(b64decode(words), np.uint8).reshape(height * width, 4)
    colours, index = _palette(pixels[:, :3])
    rows = np.pad(index.reshape(height, width), ((0, 0), (1, 0)))
    head = struct.pack(">2I5B", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", colours.tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _palette(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Colours that serve best, rare ones too, and which of them each pixel takes."""
    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    found, which, count = np.unique(packed, return_inverse=True, return_counts=True)
    every = np.stack([found >> 16, found >> 8 & 255, found & 255], 1).astype(float)
    chosen = [int(count.argmax())]
    near, apart = np.zeros(len(found), np.uint8), ((every - every[chosen]) ** 2).sum(1)
    while len(chosen) < MOST_COLOURS and apart.any():
        chosen.append(int((apart * np.sqrt(count)).argmax()))
        distance = ((every - every[chosen[-1]]) ** 2).sum(1)
        near[distance < apart] = len(chosen) - 1
        apart = np.minimum(apart, distance)
    return every[chosen].astype(np.uint8), near[which.ravel()]


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


if __name__ == "__main__":
    main()
