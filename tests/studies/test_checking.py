"""Checking reads control totals as planning does, and refuses what planning would."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.scenario.read import placed, read
from twin.scenario.study import read_study
from twin.studies.checking import refuse_tables, refuse_tables_of_study
from twin.studies.ownership import years_of

BASE = """\
schema: 1
name: mine
time: {start: 2026-01-12, days: 1}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
fleet: {}
policy: uncontrolled
"""
GOOD = "year,evs\n2026,2\n2030,3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    Path("mine.yaml").write_text(
        "extends: base.yaml\nadoption: {year: 2030, totals: evs.csv}\n"
    )
    return tmp_path


def checked(*overrides: str) -> list[str]:
    """What checking the scenario tells."""
    file = Path("mine.yaml")
    return told(lambda: refuse_tables(read(file, overrides), file, overrides))


def told(check) -> list[str]:
    with pytest.raises(InputError) as caught:
        check()
    return [str(one).replace(f"{Path.cwd()}/", "") for one in caught.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        "year,evs\n2026,zwei\n2027,-5\n2028,\n",
        "year;evs\n2026;3\n",
        "",
        "year,evs\n",
        "year,evs\n2026,9\n2026,8\n2030,9\n",
        "year,evs\n2026,1\n2029,2\n",
    ],
)
def test_a_scenarios_totals_are_refused_as_planning_refuses_them(
    folder: Path, text: str
) -> None:
    Path("evs.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        years_of(Path("mine.yaml"))
    planned = placed(caught.value, Path("mine.yaml")).problems
    assert checked() == [str(one).replace(f"{folder}/", "") for one in planned]


def test_good_totals_pass_in_the_years_that_they_reach(folder: Path) -> None:
    Path("evs.csv").write_text(GOOD)
    file = Path("mine.yaml")
    refuse_tables(read(file), file)
    assert checked("adoption.year=2031") == [
        "--set adoption.year=2031: adoption.year: got 2031; evs.csv runs from 2026 to "
        "2030"
    ]


def test_totals_are_told_beside_the_other_tables(folder: Path) -> None:
    Path("evs.csv").write_text("year,evs\n2026,x\n")
    Path("homes.csv").write_text("customer,node\n,load 1\n")
    assert [one.split(":")[0] for one in checked("customers.file=homes.csv")] == [
        "homes.csv",
        "evs.csv",
    ]


def test_every_variants_totals_and_years_are_told_where_the_study_says_them(
    folder: Path,
) -> None:
    Path("evs.csv").write_text(GOOD)
    Path("bad.csv").write_text("year,evs\n2026,x\n")
    Path("s.yaml").write_text(
        "schema: 1\nname: s\nbase: base.yaml\nseeds: {first: 1, count: 500}\n"
        "variants:\n"
        "  without: {fleet.ev_share: 0}\n"
        "  near: {adoption.year: 2028, adoption.totals: evs.csv}\n"
        "  far: {adoption.year: 2040, adoption.totals: evs.csv}\n"
        "  wrong: {adoption.year: 2028, adoption.totals: bad.csv}\n"
        "  shipped: {adoption.year: 2100}\n"
    )
    file = Path("s.yaml")
    assert told(lambda: refuse_tables_of_study(read_study(file), file)) == [
        "s.yaml:8:24: variants.far.adoption.year: got 2040; evs.csv runs from 2026 to "
        "2030",
        "bad.csv:2:2: evs: got 'x', allowed is a whole number from 0 to 1,000,000,000",
        "s.yaml:10:28: variants.shipped.adoption.year: got 2100; illustrative totals "
        "run from 2020 to 2040",
    ]


def test_a_year_of_an_axis_is_told_however_many_seeds_come_before(folder: Path) -> None:
    Path("evs.csv").write_text(GOOD)
    Path("s.yaml").write_text(
        "schema: 1\nname: s\nbase: mine.yaml\nseeds: {first: 1, count: 500}\n"
        "axes: {adoption.year: [2026, 2035]}\n"
    )
    file = Path("s.yaml")
    assert told(lambda: refuse_tables_of_study(read_study(file), file)) == [
        "s.yaml:5:30: axes.adoption.year: got 2035; evs.csv runs from 2026 to 2030"
    ]


def test_a_member_of_a_territory_is_told(folder: Path) -> None:
    Path("evs.csv").write_text(GOOD)
    Path("s.yaml").write_text(
        "schema: 1\nname: s\nbase: mine.yaml\nterritory:\n  members:\n"
        "    street: {copies: 2}\n"
        "    later: {copies: 2, settings: {adoption.year: 2035}}\n"
    )
    file = Path("s.yaml")
    assert told(lambda: refuse_tables_of_study(read_study(file), file)) == [
        "s.yaml:7:50: territory.members.later.settings.adoption.year: got 2035; "
        "evs.csv runs from 2026 to 2030"
    ]
