"""Notes on what a scenario says but cannot do."""

from pathlib import Path

import pytest

from twin.scenario.notes import notes
from twin.scenario.read import read

BASE = Path("base.yaml")


def test_an_ordinary_scenario_needs_no_notes(folder):
    assert notes(read(BASE, ["fleet.bidirectional_share=0"])) == []


@pytest.mark.parametrize(
    ("settings", "begins"),
    [
        (["policy=v2g_peak", "fleet.bidirectional_share=0"], "fleet.bidirectional_s"),
        (["policy=v2g_peak", "fleet.export_permit=false"], "fleet.export_permit is"),
        ([], "fleet.bidirectional_share has no effect"),
        (["policy=v2g_price"], "tariff.export_price_usd_per_kwh is 0"),
        (["policy=tou"], "the tariff is flat"),
        (["policy.window={start: 01:00, end: 02:00}"], "policy.window has no effect"),
        (["policy.outlook=perfect"], "policy.outlook is perfect"),
        (
            ["fleet.inverter.mode=volt_var", "fleet.bidirectional_share=0"],
            "fleet.inverter has no effect: only cars that can give",
        ),
        (
            ["fleet.inverter.volt_var=[[0.9, 0.4], [1.1, -0.4]]"],
            "fleet.inverter.volt_var has no effect without mode",
        ),
        (
            [
                "fleet.inverter.mode=volt_var",
                "fleet.inverter.volt_watt=[[1.05, 1.0], [1.1, 0.0]]",
            ],
            "fleet.inverter.volt_watt has no effect without mode",
        ),
        (
            ["fleet.inverter.power_factor=0.9"],
            "fleet.inverter.power_factor has no effect",
        ),
        (["policy.outlook_error=0.2"], "policy.outlook_error has no effect"),
        (
            ["policy.target_kw=100", "policy.target_share=0.8"],
            "policy.target_share has no effect",
        ),
    ],
)
def test_a_note_on_what_has_no_effect(folder, settings, begins):
    assert any(note.startswith(begins) for note in notes(read(BASE, settings)))


def test_a_file_of_unknown_region_is_noted(folder):
    Path("net.json").write_text("{}")
    unknown = read(BASE, ["feeder.source=json:net.json"])
    said = read(BASE, ["feeder.source=json:net.json", "time.timezone=America/Denver"])
    assert any("region is not known" in note for note in notes(unknown))
    assert (unknown.region, said.region) == ("DE", "US")
    assert not any("region is not known" in note for note in notes(said))
