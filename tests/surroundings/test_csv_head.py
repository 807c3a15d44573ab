"""What was measured at a feeder's head: what is read, what is refused, what is odd."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from twin.errors import InputError
from twin.surroundings.csv_head import FeederHead, feeder_head
from twin.timeline import Timeline

DAY = Timeline(date(2026, 1, 12), 1, 60, "Europe/Berlin")


def head(
    folder: Path, values: list[str], header: str = "time,kw", minutes: int = 60
) -> FeederHead:
    rows = [
        f"2026-01-12T{minutes * k // 60:02d}:{minutes * k % 60:02d},{value}"
        for k, value in enumerate(values)
    ]
    path = folder / "scada.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return feeder_head(path, DAY)


def test_export_is_below_zero_and_finer_values_are_averaged(tmp_path: Path) -> None:
    values = [f"{k % 2 * 10 - 6.5 + k},1" for k in range(48)]
    found = head(tmp_path, values, "time,kw,kvar", minutes=30)
    assert found.kw == pytest.approx(2.0 * np.arange(24) - 1.0)
    assert found.kvar == pytest.approx(np.ones(24))
    assert found.line[:3].tolist() == [2, 4, 6]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("values", "header", "text"),
    [
        (["1"] * 24, "time,kW", "scada.csv:1: kW: got the columns time, kW; allowed"),
        (["1"] * 24, "time,kW", "did you mean 'kw'"),
        (["1"] * 23 + ["x"], "time,kw", "scada.csv:25: kw: 'x' is not a number"),
        (["1"] * 23 + [""], "time,kw", "scada.csv:25: kw: empty"),
        (["1"] * 20, "time,kw", "the run needs 2026-01-11T23:00Z"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, values: list[str], header: str, text: str
) -> None:
    with pytest.raises(InputError) as told:
        head(tmp_path, values, header)
    assert text in str(told.value)


def test_stuck_and_lost_readings_are_told(tmp_path: Path) -> None:
    values = [str(k + 1) for k in range(18)] + ["7"] * 5 + ["0"]
    notes = head(tmp_path, values).notes
    assert "scada.csv: one value stands for 5 hours: a stuck meter?" in notes
    assert "scada.csv: 1 readings are exactly 0: lost ones?" in notes


def test_no_such_file_is_told_by_its_key(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the load file does not exist"):
        feeder_head(tmp_path / "none.csv", DAY)
