"""A study's page while it runs: it tells how far it is and turns into the answer."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore, Thread
from time import sleep

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import drawn, settled, shown
from twin.scenario.study import read_study
from twin.studies.runner import run_study

pytestmark = pytest.mark.long


@contextmanager
def running(made, results) -> Iterator[Semaphore]:
    """The study of all these runs, run again: it waits before it tells of each run."""
    gate = Semaphore(0)
    study = read_study(made / "small.yaml")
    work = Thread(
        target=run_study, args=(study, results, lambda _: gate.acquire()), daemon=True
    )
    work.start()
    try:
        yield gate
    finally:
        for _ in range(100):
            gate.release()
        work.join(60)


def folder_of(site):
    return site.results / "studies" / "small" / site.study


def test_a_running_study_turns_into_its_answer(page, site, made):
    folder = folder_of(site)
    for file in folder.iterdir():
        file.unlink()
    address = f"{site.url}/study/small/{site.study}"
    with running(made, site.results) as gate:
        wait_for_status(folder, "running", 0)
        page.goto(address)
        progress = page.locator("#study-progress")
        expect(progress).to_contain_text("This study is running")
        expect(progress).to_contain_text("5 left")
        expect(page.locator("#study-head")).to_contain_text("running")
        expect(page.locator("#study-answer")).to_have_count(0)
        gate.release()
        gate.release()
        expect(progress).to_contain_text("2 complete before")
        expect(progress).to_contain_text("3 left")
        page.evaluate("() => { window.sameDocument = true; }")
        for _ in range(3):
            gate.release()
        expect(page.locator("#study-answer .answer-words")).to_contain_text("peak")
        expect(page.locator("#study-standing")).to_contain_text("is complete")
        expect(progress).to_have_count(0)
        drawn(page, "study-changes")
        assert page.evaluate("() => window.sameDocument")
    settled(page)
    assert page.locator("#study-troubles .ag-row").count()


def test_an_older_answer_stays_while_the_study_runs_anew(page, site, made):
    with running(made, site.results) as gate:
        wait_for_status(folder_of(site), "running", 0)
        shown(page, f"{site.url}/study/small/{site.study}")
        standing = page.locator("#study-standing")
        expect(standing).to_contain_text("This study is running anew")
        expect(standing).to_contain_text("What follows is the answer of")
        expect(page.locator("#study-answer .answer-words")).to_contain_text("peak")
        shown(page, f"{site.url}/")
        expect(page.locator("#runs-studies-running")).to_contain_text("0 of 5 runs")
        expect(page.locator("#runs-studies")).to_contain_text("Newest study")
        for _ in range(5):
            gate.release()
        expect(page.locator("#runs-studies-running")).to_be_empty()


def test_a_study_that_stopped_says_how_to_go_on_and_notices_that_it_does(page, site):
    folder = folder_of(site)
    whole = (folder / "status.json").read_text()
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    try:
        (folder / "study.json").unlink()
        stopped = {**json.loads(whole), "state": "interrupted", "done": 2}
        (folder / "status.json").write_text(json.dumps(stopped))
        page.goto(f"{site.url}/study/small/{site.study}")
        standing = page.locator("#study-standing")
        expect(standing).to_contain_text("This study was interrupted")
        expect(standing).to_contain_text("twin study FILE --out")
        shutil.copy(kept / "study.json", folder)
        (folder / "status.json").write_text(whole)
        expect(page.locator("#study-answer .answer-words")).to_contain_text("peak")
    finally:
        shutil.rmtree(kept)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("study.json", '{"schema": 9, "runs": []}', "written by a newer twin"),
        ("study.json", '{"runs": [', "study.json cannot be read"),
    ],
)
def test_a_study_that_cannot_be_read_is_a_notice(page, site, name, content, words):
    file = folder_of(site) / name
    whole = file.read_text()
    try:
        file.write_text(content)
        shown(page, f"{site.url}/study/small/{site.study}")
        expect(page.locator("#study-standing")).to_contain_text(words)
        expect(page.locator("#study-body")).to_be_empty()
    finally:
        file.write_text(whole)


def wait_for_status(folder, state, done):
    """The study's thread needs a moment until it shows itself."""
    for _ in range(600):
        try:
            said = json.loads((folder / "status.json").read_text())
            if (said["state"], said["done"]) == (state, done):
                return
        except (OSError, ValueError):
            pass
        sleep(0.1)
    raise AssertionError("the study does not run")
