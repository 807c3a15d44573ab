"""The scenario's words: described, frozen, hashable, resolved to plain JSON."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from twin.errors import InputError
from twin.scenario import spec
from twin.scenario.read import read
from twin.scenario.study import Study

MODELS = [
    model
    for model in (*vars(spec).values(), Study)
    if isinstance(model, type) and issubclass(model, BaseModel)
]
BASE = Path("base.yaml")


@pytest.mark.parametrize("model", MODELS)
def test_every_key_says_what_it_means(model):
    undescribed = [k for k, f in model.model_fields.items() if not f.description]
    assert undescribed == []


@pytest.mark.parametrize("model", MODELS)
def test_a_key_named_by_its_unit_says_its_unit(model):
    units = {"kw": "kW", "kwh": "kWh", "pu": "pu", "min": "min"}
    for key, field in model.model_fields.items():
        unit = units.get(key.rpartition("_")[2])
        if unit:
            assert unit in str(field.description).rpartition("[")[2], key


def test_a_scenario_is_frozen_and_equal_ones_hash_alike(folder):
    mix = {"fleet.models": {"nissan_leaf": 0.5, "toyota_bz4x": 0.5}}
    turned = {"fleet.models": {"toyota_bz4x": 0.5, "nissan_leaf": 0.5}}
    one, other = read(BASE, mix), read(BASE, turned)
    assert one == other
    assert hash(one) == hash(other)
    assert list(one.fleet.models or ()) == list(other.fleet.models or ())
    assert hash(one) != hash(read(BASE))
    with pytest.raises(ValidationError):
        one.seed = 2


def test_resolved_is_plain_json_in_one_order_with_defaults_written_out(folder):
    resolved = read(BASE).resolved()
    assert json.loads(json.dumps(resolved)) == resolved
    assert resolved["time"] == {
        "start": "2026-01-12",
        "days": 7,
        "step_min": 15,
        "timezone": "Europe/Berlin",
    }
    assert resolved["customers"]["profiles"] == "eulv_bdew"
    assert resolved["fleet"]["travel"] == "mid"
    assert resolved["limits"] == {"standard": "en50160", "rapid_change_pu": 0.03}
    assert resolved["policy"]["reserve_soc"] == 0.3


@pytest.mark.parametrize(
    "same",
    [
        ["name=other"],
        ["time.timezone=Europe/Berlin"],
        ["customers.profiles=eulv_bdew"],
        ["limits.standard=en50160"],
        ["policy={name: valley}", "seed=1"],
        ["customers.pv_share=0.0"],
        ["events=[]"],
    ],
)
def test_what_changes_no_result_changes_nothing_resolved(folder, same):
    assert json.dumps(read(BASE, same).resolved()) == json.dumps(read(BASE).resolved())


@pytest.mark.parametrize(
    "other", ["seed=2", "time.days=8", "output.level=summary", "fleet.target_soc=0.8"]
)
def test_what_changes_results_changes_what_is_resolved(folder, other):
    assert read(BASE, [other]).resolved() != read(BASE).resolved()


def test_an_opendss_master_is_a_file_of_its_own_folder(folder):
    for place in ("one", "two"):
        Path(place).mkdir()
        Path(place, "Master.dss").write_text("clear")
        Path(place, "f.yaml").write_text(
            "extends: ../base.yaml\nfeeder: {source: opendss:Master.dss}\n"
        )
    one, two = read(Path("one/f.yaml")), read(Path("two/f.yaml"))
    assert one.files() == {"feeder.source": folder / "one/Master.dss"}
    assert one.resolved() == two.resolved()
    said = one.resolved()["feeder"]
    assert (said["source"], said["model"]) == ("opendss:Master.dss", "three_phase")
    assert one.feeder.three_phase and one.region == "US"
    european = read(Path("one/f.yaml"), ["time.timezone=Europe/Berlin"])
    assert european.region == "DE"


def test_an_opendss_master_that_is_not_there_is_told(folder):
    Path("f.yaml").write_text(
        "extends: base.yaml\nfeeder:\n  source: opendss:none.dss\n  model: balanced\n"
    )
    with pytest.raises(InputError) as told:
        read(Path("f.yaml"))
    first, second = str(told.value).splitlines()
    assert first == f"f.yaml:3:11: feeder.source: no such file '{folder}/none.dss'"
    assert "feeder.model: an opendss: feeder is always solved by phase" in second


def test_zero_sequence_is_what_the_grid_assumes():
    from dataclasses import asdict

    from twin.grid.zero_sequence import ZeroSequence as Rule
    from twin.scenario.feeder_words import ZeroSequence

    assert ZeroSequence().model_dump() == asdict(Rule())


def test_a_folder_may_move(folder):
    for place in ("one", "two"):
        Path(place).mkdir()
        Path(place, "net.json").write_text("{}")
        Path(place, "f.yaml").write_text(
            "extends: ../base.yaml\nfeeder: {source: json:net.json}\n"
        )
    one, two = read(Path("one/f.yaml")), read(Path("two/f.yaml"))
    assert one.resolved() == two.resolved()
    assert one.files() == {"feeder.source": folder / "one/net.json"}
