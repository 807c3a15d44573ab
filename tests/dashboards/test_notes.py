"""Notes are kept as written, and a file that cannot be read is never lost."""

import json

import pytest

from dashboards.runs.notes import MOST_CHARACTERS, NOTES_FILE, notes, write_note
from twin.errors import InputError

ID = "0123456789abcdef"
OTHER = "fedcba9876543210"


def test_a_note_is_kept_as_written(tmp_path):
    assert notes(tmp_path) == {}
    words = "<b>Übung</b>\n=1+1\tend"
    write_note(tmp_path, "village", ID, f"  {words} ")
    write_note(tmp_path, "village", OTHER, "second")
    assert notes(tmp_path) == {f"village/{ID}": words, f"village/{OTHER}": "second"}
    assert json.loads((tmp_path / NOTES_FILE).read_text())["schema"] == 1


def test_an_empty_note_is_taken_away(tmp_path):
    write_note(tmp_path, "village", ID, "first")
    write_note(tmp_path, "village", OTHER, "second")
    write_note(tmp_path, "village", ID, " \n")
    assert notes(tmp_path) == {f"village/{OTHER}": "second"}


def test_lines_end_the_same_whoever_typed_them(tmp_path):
    write_note(tmp_path, "village", ID, "one\r\ntwo")
    assert notes(tmp_path)[f"village/{ID}"] == "one\ntwo"


def test_a_note_that_came_meanwhile_is_told_and_not_written_over(tmp_path):
    write_note(tmp_path, "village", ID, "mine", before="")
    with pytest.raises(InputError, match=r"changed .* to 'mine'.*written: 'yours'"):
        write_note(tmp_path, "village", ID, "yours", before="")
    with pytest.raises(InputError, match="meanwhile"):
        write_note(tmp_path, "village", ID, "", before="older")
    assert notes(tmp_path)[f"village/{ID}"] == "mine"
    write_note(tmp_path, "village", ID, "mine", before="")
    write_note(tmp_path, "village", ID, "ours", before="mine\r\n")
    assert notes(tmp_path)[f"village/{ID}"] == "ours"


def test_a_note_has_a_longest(tmp_path):
    longest = "x" * MOST_CHARACTERS
    write_note(tmp_path, "village", ID, longest)
    with pytest.raises(InputError, match="2,000 characters, not 2,001"):
        write_note(tmp_path, "village", ID, longest + "x")
    assert notes(tmp_path)[f"village/{ID}"] == longest


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\ud800b"])
def test_a_note_holds_no_control_characters(tmp_path, text):
    with pytest.raises(InputError, match="control characters"):
        write_note(tmp_path, "village", ID, text)
    assert notes(tmp_path) == {}


@pytest.mark.parametrize(
    ("scenario", "run_id"), [("..", ID), ("village", "x"), (None, ID), ("village", 3)]
)
def test_a_note_is_of_a_run(tmp_path, scenario, run_id):
    with pytest.raises(InputError):
        write_note(tmp_path, scenario, run_id, "words")
    assert not (tmp_path / NOTES_FILE).exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "holds no notes"),
        ('{"schema": 1}', "holds no notes"),
        ('{"schema": 2, "notes": {}}', "newer twin"),
        ('{"schema": 1, "notes": {"a/b": 3}}', "not text"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_not_overwritten(tmp_path, content, why):
    path = tmp_path / NOTES_FILE
    raw = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(raw)
    with pytest.raises(InputError, match=why):
        notes(tmp_path)
    with pytest.raises(InputError, match=why):
        write_note(tmp_path, "village", ID, "words")
    assert path.read_bytes() == raw
