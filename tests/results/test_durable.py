import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from twin.results.durable import plain, replacing, sha256_of, write_json


def test_a_file_is_replaced_only_when_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text("ne")
        _ = 1 / 0
    assert path.read_text() == "old"
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_the_checksum_is_sha256(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_of(path) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_what_the_record_holds_is_plain_json(tmp_path):
    content = {
        "start": date(2026, 1, 12),
        "at": datetime(2026, 1, 12, 18, tzinfo=UTC),
        "file": Path("a/b.csv"),
        "peak_kw": np.float64(1.5),
        "steps": np.int64(672),
        "lowest": [float("nan"), np.array([1.0, np.inf])],
        "ok": np.True_,
        3: None,
    }
    path = tmp_path / "run.json"
    write_json(path, content)
    assert json.loads(path.read_text()) == {
        "start": "2026-01-12",
        "at": "2026-01-12T18:00:00+00:00",
        "file": "a/b.csv",
        "peak_kw": 1.5,
        "steps": 672,
        "lowest": [None, [1.0, None]],
        "ok": True,
        "3": None,
    }


def test_what_has_no_order_or_form_is_refused():
    with pytest.raises(TypeError, match="cannot be written as JSON: set"):
        plain({"names": {"a", "b"}})
