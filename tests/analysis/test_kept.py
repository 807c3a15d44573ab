"""A kept digest is the digest: exactly, of this run only, and never in the way."""

from dataclasses import fields, is_dataclass

import numpy as np
import polars as pl
import pytest

from twin.analysis import case as asking
from twin.analysis import kept as keeping
from twin.analysis.case import Case
from twin.analysis.digest import Loadings, Transformers, Voltages
from twin.results.record import Run, find_runs
from twin.results.verify import verify


@pytest.fixture(autouse=True)
def _keep_small_ones_too(monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)


@pytest.fixture
def passes(monkeypatch):
    """Counts passes over the wide tables."""
    done = []

    def counted(name):
        plain = getattr(asking, name)

        def pass_over(*asked):
            done.append(name)
            return plain(*asked)

        monkeypatch.setattr(asking, name, pass_over)

    counted("voltages_of")
    counted("loadings_of")
    return done


def files(run):
    return sorted(path.name for path in run.path.glob(".*"))


def same(one, other):
    """Equal in type, dtype, shape and every bit; unknown equals unknown."""
    assert type(one) is type(other)
    for field in fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if is_dataclass(mine):
            same(mine, theirs)
        elif isinstance(mine, np.ndarray):
            assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
            assert mine.tobytes() == theirs.tobytes(), field.name
        else:
            assert mine is theirs, field.name


def test_a_second_look_reads_no_wide_table_and_sees_the_same(make_run, passes):
    run = make_run()
    first, second = Case(run), Case(Run.open(run.path))
    same(first.voltages, second.voltages)
    same(first.loadings, second.loadings)
    assert passes == ["voltages_of", "loadings_of"]
    assert [name.rpartition("-")[0] for name in files(run)] == [
        ".digest-loadings",
        ".digest-voltages",
    ]


def test_the_reference_s_wear_is_kept_beside_the_run_s_own(make_run, monkeypatch):
    run = make_run()
    beside = pl.scan_parquet(run.path / "ev_steps.parquet").with_columns(
        pl.col("soc") * 0.5
    )
    beside.collect().write_parquet(run.path / "shadow_steps.parquet")
    first = Case(Run.open(run.path))
    own, reference = first.wear, first.reference_wear
    monkeypatch.setattr(asking, "wear_of", lambda *asked: pytest.fail("read again"))
    second = Case(Run.open(run.path))
    same(second.wear, own)
    same(second.reference_wear, reference)
    assert own.nmc.calendar.tobytes() != reference.nmc.calendar.tobytes()


def test_lives_and_wear_are_kept_alike(make_run, monkeypatch):
    run = make_run()
    first = Case(run)
    life, wear = first.life, first.wear
    for name in ("life_of", "wear_of"):
        monkeypatch.setattr(asking, name, lambda *asked: pytest.fail("read again"))
    second = Case(Run.open(run.path))
    same(second.life, life)
    same(second.wear, wear)


def test_unknown_fields_unknown_times_and_flags_come_back_as_they_were(make_run):
    run = make_run()
    never = np.array(["NaT", "2026-01-12T17:00"], "datetime64[us]")
    pair = np.array([np.nan, 1.25])
    whole = Voltages(never, pair[:, None], pair, pair, pair, pair, daily=True)

    def ask():
        return keeping.kept(run, "voltages", Voltages, (), lambda: whole)

    ask()
    found = keeping.kept(run, "voltages", Voltages, (), lambda: pytest.fail("made"))
    same(found, whole)
    assert found.daily is True and found.profile_pu is None


def test_loadings_without_transformers_come_back(make_run):
    run = make_run()
    none = np.empty(0)
    parts = Transformers(none, none.astype("datetime64[us]"), none, none)
    whole = Loadings(np.ones(3, "f4"), np.zeros(3), parts)
    for _ in range(2):
        same(keeping.kept(run, "flows", Loadings, (), lambda: whole), whole)


def test_small_tables_are_not_kept(make_run, monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 5_000_000)
    run = make_run()
    before = sorted(run.path.iterdir())
    assert Case(run).voltages is not None and Case(run).loadings is not None
    assert sorted(run.path.iterdir()) == before


def test_an_unfinished_run_is_not_written_to(interrupted):
    assert Case(interrupted).voltages is not None
    assert Case(interrupted).loadings is not None
    assert not [name for name in files(interrupted) if "digest" in name]


def test_other_limits_are_another_question(make_run, passes):
    run = make_run()
    wide = Case(run).voltages
    record = {**run.record, "limits": {**run.record["limits"], "low_pu": 0.95}}
    narrow = Case(Run(run.path, record)).voltages
    assert passes == ["voltages_of"] * 2
    assert narrow.below_h.sum() > wide.below_h.sum()


def test_another_table_is_another_question_and_the_old_answer_goes(make_run, passes):
    run = make_run()
    assert Case(run).voltages is not None
    (old,) = files(run)
    table = run.path / "voltages.parquet"
    table.write_bytes(table.read_bytes())
    assert Case(run).voltages is not None
    (new,) = files(run)
    assert new != old and passes == ["voltages_of"] * 2


def test_another_record_is_another_question(make_run, passes):
    run = make_run()
    assert Case(run).loadings is not None
    record = run.path / "run.json"
    record.write_text(record.read_text() + "\n")
    assert Case(run).loadings is not None
    assert passes == ["loadings_of"] * 2 and len(files(run)) == 1


@pytest.mark.parametrize("spoil", ["empty", "cut", "flipped", "foreign", "pickle"])
def test_a_spoilt_file_is_made_anew(make_run, passes, spoil):
    run = make_run()
    whole = Case(run).voltages
    path = run.path / files(run)[0]
    good = path.read_bytes()
    _spoil(path, good, spoil)
    same(Case(run).voltages, whole)
    assert passes == ["voltages_of"] * 2
    assert path.read_bytes() == good


def _spoil(path, good, how):
    if how == "foreign":
        np.savez(path, time=np.zeros(3))
    elif how == "pickle":
        np.savez(path, **{f.name: np.array([{}], object) for f in fields(Voltages)})
    elif how == "flipped":
        middle = good.index(b"NUMPY") + 140
        changed = bytes([good[middle] ^ 1])
        path.write_bytes(good[:middle] + changed + good[middle + 1 :])
    else:
        path.write_bytes(good[: len(good) // 2] if how == "cut" else b"")


def test_a_folder_that_cannot_be_written_is_read_all_the_same(make_run, monkeypatch):
    run = make_run()

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(keeping, "replacing", refuse)
    assert Case(run).voltages is not None
    assert files(run) == []


def test_neither_checksums_nor_lists_of_runs_mind_it(make_run):
    run = make_run()
    found = find_runs(run.path.parent.parent)
    assert Case(run).voltages is not None and Case(run).loadings is not None
    assert verify(run.path) == []
    assert find_runs(run.path.parent.parent) == found
    assert Run.open(run.path).tables == run.tables
