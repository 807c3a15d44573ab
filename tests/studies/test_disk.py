"""A disk that refuses the study's own tables: told, nothing half-written."""

import errno
import os

import pytest

from tests.studies.made import tables_of, written
from twin.errors import RunFailed
from twin.results import durable
from twin.scenario.study import read_study
from twin.studies.runner import run_study

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return written(tmp_path_factory.mktemp("disk"))


def run(file, out):
    return run_study(read_study(file), out, lambda line: None)


def test_it_is_told_and_the_study_goes_on_when_there_is_room(file, monkeypatch):
    out = file.parent / "out"
    folder = run(file, out)
    whole = tables_of(out)
    for name in ("study.parquet", "differences.parquet"):
        (folder / name).unlink()

    def full(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(durable, "sync", full)
        with pytest.raises(RunFailed) as told:
            run(file, out)
    assert f"cannot write the study's tables into {folder}: No space left" in str(
        told.value
    )
    assert "MB free on that disk); its runs are kept, run it again" in str(told.value)
    assert not [one for one in folder.iterdir() if one.name.endswith(".tmp")]
    assert not (folder / "study.parquet").exists()
    run(file, out)
    assert tables_of(out) == whole
