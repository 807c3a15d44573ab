"""A complete scenario to start from, in a folder of its own."""

from pathlib import Path

import pytest

EVENING_PEAK = """\
schema: 1
name: evening_peak
time: {start: 2026-01-12, days: 7}
feeder: {source: "pandapower:lv_schutterwald", source_voltage_pu: 1.02}
fleet: {ev_share: 0.4, bidirectional_share: 0.5}
policy: valley
tariff: flat
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(EVENING_PEAK)
    return tmp_path
