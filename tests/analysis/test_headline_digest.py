"""A kept headline is the headline: exactly, of these files and this code only."""

import json
import math

import pytest

from twin.analysis import headline_digest
from twin.analysis import kept as keeping
from twin.analysis.case import Case
from twin.analysis.headline_digest import kept_headline, known_headline
from twin.analysis.metrics import headline_of
from twin.results.record import Run


@pytest.fixture(autouse=True)
def _keep_small_ones_too(monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)


def digests(run):
    return list(run.path.glob(f"{headline_digest.STEM}*"))


def same(one, other):
    """Equal keys in order, equal values of a kind; unknown equals unknown."""
    assert list(one) == list(other)
    for key, value in one.items():
        theirs = other[key]
        both_nan = isinstance(value, float) and math.isnan(value) and theirs != theirs
        assert both_nan or value == theirs, key
        assert isinstance(theirs, type(value)) or isinstance(value, type(theirs)), key


def test_the_second_look_works_nothing_out_and_sees_the_same(make_run, monkeypatch):
    run = make_run()
    assert known_headline(Case(run)) is None
    first = kept_headline(Case(run))
    same(first, headline_of(Case(run)))
    monkeypatch.setattr(headline_digest, "headline_of", lambda _: pytest.fail("made"))
    again = Case(Run.open(run.path))
    same(kept_headline(again), first)
    same(known_headline(again), first)
    assert len(digests(run)) == 1


def test_another_table_another_tariff_and_other_code_are_other_questions(
    make_run, monkeypatch
):
    run = make_run()
    kept_headline(Case(run))
    assert known_headline(Case(run, billed_by="another")) is None
    steps = run.path / "steps.parquet"
    written = steps.read_bytes()
    steps.write_bytes(written + b" ")
    assert known_headline(Case(run)) is None
    monkeypatch.setattr(headline_digest, "_made_by", lambda: "of another day")
    steps.write_bytes(written)
    assert known_headline(Case(run)) is None
    kept_headline(Case(run))
    assert len(digests(run)) == 1


def test_a_spoilt_digest_is_made_again(make_run):
    run = make_run()
    whole = kept_headline(Case(run))
    for spoilt in ("", "{", "[1]", "{}"):
        digests(run)[0].write_text(spoilt)
        assert known_headline(Case(run)) is None
    same(kept_headline(Case(run)), whole)
    assert json.loads(digests(run)[0].read_text())["peak_kw"] == whole["peak_kw"]


def test_small_and_unfinished_runs_are_left_as_they_are(
    make_run, interrupted, monkeypatch
):
    kept_headline(Case(interrupted))
    assert not digests(interrupted)
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 10**9)
    run = make_run()
    before = sorted(run.path.iterdir())
    same(kept_headline(Case(run)), headline_of(Case(run)))
    assert sorted(run.path.iterdir()) == before
