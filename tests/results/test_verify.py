import pytest

from twin.errors import InputError
from twin.results.store import RunWriter
from twin.results.verify import verify


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_a_run_as_written_has_no_problem(finished):
    assert verify(finished) == []


def test_every_flipped_byte_is_found(finished):
    path = finished / "trips.parquet"
    for position in range(0, path.stat().st_size, 97):
        flip(path, position)
        assert [str(problem) for problem in verify(finished)] == [
            f"{path}: sha256: the file is not as it was written"
        ]
        flip(path, position)
    assert verify(finished) == []


def test_every_changed_file_is_told(finished):
    for name in ("nodes", "flows"):
        flip(finished / f"{name}.parquet", 50)
    assert len(verify(finished)) == 2


def test_a_file_that_nobody_wrote_is_told(finished):
    (finished / "extra.parquet").write_bytes(b"")
    (problem,) = verify(finished)
    assert (problem.key, problem.message) == ("outputs", "not listed in run.json")


def test_what_an_interrupted_run_kept_can_be_checked(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        hamlet.write_day(writer, 0)
        writer.interrupted()
    assert verify(writer.folder) == []
    flip(writer.folder / "parts" / "steps" / "00000.parquet", 50)
    assert len(verify(writer.folder)) == 1


def test_what_is_no_run_is_told(tmp_path):
    with pytest.raises(InputError, match="not a run"):
        verify(tmp_path)
