"""What a file says lies on what it extends; settings lie on top."""

from pathlib import Path

import pytest

from tests.scenario.keys import OF_A_SCENARIO
from twin.errors import InputError
from twin.scenario.read import read

BASE = Path("base.yaml")


def write(text: str, name: str = "f.yaml") -> Path:
    Path(name).write_text(text)
    return Path(name)


def told(path: Path, overrides=()) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(path, overrides)
    return [str(problem) for problem in caught.value.problems]


def test_mappings_are_merged_key_by_key(folder):
    scenario = read(write("extends: base.yaml\ntime: {days: 3}\n"))
    assert (scenario.time.days, scenario.time.start.day) == (3, 12)
    assert scenario.fleet.ev_share == 0.4


def test_a_mix_is_replaced_wholly(folder):
    write("extends: base.yaml\nfleet: {models: {nissan_leaf: 1}}\n", "leaf.yaml")
    scenario = read(write("extends: leaf.yaml\nfleet: {models: {toyota_bz4x: 1}}\n"))
    assert scenario.fleet.models == {"toyota_bz4x": 1}


def test_a_bare_name_keeps_the_other_keys_of_the_section(folder):
    write("extends: base.yaml\npolicy: {name: v2g_peak, reserve_soc: 0.5}\n", "v.yaml")
    scenario = read(write("extends: v.yaml\npolicy: valley\n"))
    assert (scenario.policy.name, scenario.policy.reserve_soc) == ("valley", 0.5)


def test_another_class_forgets_the_parameters_of_the_first(folder):
    policy = 'policy: {name: "my.rules:Greedy", parameters: {a: 1}}\n'
    write("extends: base.yaml\n" + policy, "own.yaml")
    assert read(Path("own.yaml")).policy.parameters == {"a": 1}
    assert read(Path("own.yaml"), ["policy.name=valley"]).policy.parameters == {}
    assert read(Path("own.yaml"), ["seed=2"]).policy.parameters == {"a": 1}


def test_another_network_forgets_the_arguments_of_the_first(folder):
    path = write(
        "extends: base.yaml\nfeeder: {arguments: {include_heat_pumps: true}}\n"
    )
    assert read(path).feeder.arguments == {"include_heat_pumps": True}
    other = read(path, ["feeder.source=pandapower:case9"])
    assert other.feeder.arguments == {}


@pytest.mark.parametrize("setting", ["ev_count: 600", "ev_share: 0.1"])
def test_share_and_count_of_cars_take_each_others_place(folder, setting):
    write("extends: base.yaml\nfleet: {ev_count: 7}\n", "count.yaml")
    scenario = read(write(f"extends: count.yaml\nfleet: {{{setting}}}\n"))
    given = {"ev_count": scenario.fleet.ev_count, "ev_share": scenario.fleet.ev_share}
    key, value = setting.split(": ")
    assert {k: v for k, v in given.items() if v is not None} == {key: float(value)}


def test_null_takes_back_what_was_said(folder):
    scenario = read(write("extends: base.yaml\nfeeder: {source_voltage_pu: null}\n"))
    assert scenario.feeder.source_voltage_pu is None


def test_a_problem_is_told_in_the_file_that_says_it(folder):
    write("extends: base.yaml\nfleet: {ev_share: 4}\n", "middle.yaml")
    path = write("extends: middle.yaml\nseed: x\n")
    assert told(path) == [
        "f.yaml:2:7: seed: got 'x'; allowed: a whole number from 0 to "
        "9223372036854775807",
        "middle.yaml:2:19: fleet.ev_share: got 4; allowed: a number from 0 to 1",
    ]


def test_circles_and_missing_files(folder):
    write("extends: b.yaml\n", "a.yaml")
    write("extends: a.yaml\n", "b.yaml")
    assert told(Path("a.yaml")) == [
        "b.yaml:1:10: extends: 'a.yaml' extends this file in turn, a circle"
    ]
    assert told(write("extends: none.yaml\n")) == [
        "f.yaml:1:10: extends: no such file 'none.yaml'"
    ]
    assert told(write("extends: [base.yaml]\n")) == [
        "f.yaml:1:10: extends: must be the path of a scenario file, relative to this "
        "file"
    ]
    assert told(write("extends: .\n")) == [
        ".: is a folder, a YAML file is needed",
    ]


def test_settings_are_yaml_and_apply_in_order(folder):
    scenario = read(
        BASE,
        [
            "seed=7",
            "fleet.ev_count=3",
            "policy=v2g_peak",
            "policy.reserve_soc=0.5",
            "policy.window={start: 16:30, end: 21:00}",
            "fleet.models={nissan_leaf: 0.5, toyota_bz4x: 0.5}",
            "fleet.models.nissan_leaf=0.4",
            "fleet.models.toyota_bz4x=0.6",
            "seed=8",
        ],
    )
    assert (scenario.seed, scenario.fleet.ev_count) == (8, 3)
    assert (scenario.policy.name, scenario.policy.reserve_soc) == ("v2g_peak", 0.5)
    assert scenario.policy.window is not None
    assert scenario.policy.window.start == "16:30"
    assert scenario.fleet.models == {"nissan_leaf": 0.4, "toyota_bz4x": 0.6}


def test_settings_may_be_plain_values(folder):
    scenario = read(BASE, {"fleet.ev_share": 0.25, "policy.name": "tou"})
    assert (scenario.fleet.ev_share, scenario.policy.name) == (0.25, "tou")


def test_a_setting_reaches_below_a_bare_name(folder):
    scenario = read(BASE, ["policy.reserve_soc=0.2"])
    assert (scenario.policy.name, scenario.policy.reserve_soc) == ("valley", 0.2)


def test_every_wrong_setting_is_told(folder):
    wrong = ["fleet.ev_share=1.4", "seed", "extends=x.yaml", "name=[", "polcy.name=tou"]
    assert told(BASE, wrong) == [
        "--set extends=x.yaml: extends: cannot be set here; say it in the file",
        "--set fleet.ev_share=1.4: fleet.ev_share: got 1.4; allowed: a number from 0 "
        "to 1",
        "--set name=[:1:2: the text ends within brackets, a closing one lacks",
        f"--set polcy.name=tou: polcy: unknown key; allowed: {OF_A_SCENARIO}; did you "
        "mean 'policy'?",
        "--set seed: must be key.path=value, such as fleet.ev_share=0.4",
    ]


def test_a_file_in_a_setting_is_seen_from_the_working_folder(folder):
    Path("deep").mkdir()
    Path("homes.csv").write_text("x\n")
    path = write("extends: ../base.yaml\n", "deep/f.yaml")
    assert read(path, ["customers.file=homes.csv"]).customers.file == (
        folder / "homes.csv"
    )
