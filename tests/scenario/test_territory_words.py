"""A territory's words: its members, and what is wrong with them, told in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.scenario.study import is_study, read_study

HEAD = "schema: 1\nname: s\nbase: ../base.yaml\n"
GOOD = """\
territory:
  members:
    village: {copies: 3}
    other:
      scenario: ../other.yaml
      copies: 2
      settings: {fleet.ev_share: 0.3}
"""
OTHER = """\
extends: base.yaml
name: other
"""


@pytest.fixture
def write(folder):
    Path("studies").mkdir()
    Path("other.yaml").write_text(OTHER)

    def _write(text: str) -> Path:
        path = Path("studies/s.yaml")
        path.write_text(HEAD + text)
        return path

    return _write


def told(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_study(path)
    return str(caught.value)


def test_members_and_their_scenarios(write, folder):
    territory = read_study(write(GOOD)).territory
    assert territory.n_feeder == 5
    assert territory.members["other"].scenario == folder / "other.yaml"
    assert territory.members["other"].settings == {"fleet.ev_share": 0.3}
    assert territory.members["village"].scenario is None


def test_a_file_with_a_territory_is_a_study(write):
    assert is_study(write(GOOD))


def test_a_scenario_that_is_not_there_is_told_with_the_nearest(write):
    said = told(write(GOOD.replace("other.yaml", "othr.yaml")))
    assert "s.yaml:8:17: territory.members.other.scenario: no such file" in said
    assert "did you mean 'other.yaml'?" in said


def test_a_setting_that_is_wrong_is_told_where_it_stands(write):
    said = told(write(GOOD.replace("ev_share: 0.3", "ev_shre: 0.3")))
    assert "s.yaml:10:33: fleet.ev_shre" in said
    assert "did you mean 'ev_share'" in said


def test_a_value_beyond_its_range_is_told_once_with_its_place(write):
    said = told(write(GOOD.replace("ev_share: 0.3", "ev_share: 3")))
    assert said.count("fleet.ev_share") == 1
    assert "s.yaml:10:" in said


def test_members_live_at_one_time(write):
    said = told(write(GOOD.replace("fleet.ev_share: 0.3", "time.days: 9")))
    assert "s.yaml:7:5: territory.members.other: has time.days 9, the first" in said
    assert "settings: {time.days: ...}" in said


def test_copies_are_at_least_one(write):
    said = told(write(GOOD.replace("copies: 3", "copies: 0")))
    assert "territory.members.village.copies" in said


def test_a_member_needs_known_keys(write):
    said = told(write(GOOD.replace("copies: 3", "copis: 3")))
    assert "territory.members.village.copis" in said
    assert "did you mean 'copies'" in said


def test_seeds_are_not_a_members(write):
    said = told(write(GOOD.replace("fleet.ev_share: 0.3", "seed: 3")))
    assert "territory.members.other.settings.seed: cannot be varied here" in said


def test_hosting_is_about_one_feeder(write):
    hosting = "axes: {fleet.ev_share: [0, 0.5]}\nhosting: {}\n"
    said = told(write(GOOD + hosting))
    assert "hosting: is about one feeder" in said


def test_alternatives_are_of_one_feeder(write):
    whole = GOOD + "variants: {a: {}, b: {}}\nbaseline: a\nalternatives: {}\n"
    said = told(write(whole))
    assert "alternatives: is about one feeder" in said


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("vary: {cars: {fleet.ev_share: [0.2, 0.4]}}\n", "vary: is not told of sums"),
        ("conditions: {use: [annual_peak]}\n", "conditions: has days of one feeder"),
    ],
)
def test_what_would_be_summed_with_the_rest_is_refused(write, section, said):
    assert said in told(write(GOOD + section))
