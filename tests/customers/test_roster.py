"""A list of known customers: what is honoured, and every problem with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.worlds import planned, scenario
from twin.customers.roster import Roster
from twin.errors import InputError

GOOD = """customer,node,annual_kwh,pv_kw,evs,charger_kw
mill,4,9000,12.5,2,22
barn,5,,,0,
,,,,,
inn,4,100,,,
ghost,99,5,,,
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "customers.csv"
    file.write_text(text)
    return file


def test_a_list_is_read_in_its_order(tmp_path: Path) -> None:
    mill, barn, inn, ghost = Roster.read(written(tmp_path, GOOD)).records
    assert (mill.customer, mill.node) == ("mill", "4")
    assert (mill.annual_kwh, mill.pv_kw, mill.evs, mill.charger_kw) == (
        9000,
        12.5,
        2,
        22,
    )
    assert (barn.annual_kwh, barn.evs, barn.charger_kw) == (None, 0, None)
    assert (inn.annual_kwh, ghost.customer) == (100, "ghost")


def test_records_take_the_homes_of_their_node_in_order(tmp_path: Path) -> None:
    roster = Roster.read(written(tmp_path, GOOD))
    by_home, unmatched = roster.matched(
        np.array([7, 40, 50, 40]), {"4": 40, "5": 50, "6": 60}
    )
    assert {home: record.customer for home, record in by_home.items()} == {
        1: "mill", 2: "barn", 3: "inn",
    }  # fmt: skip
    assert unmatched == ["ghost at 99"]


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    text = "\ufeffevs, node ,customer\n1,4,mill\n"
    (record,) = Roster.read(written(tmp_path, text)).records
    assert (record.customer, record.node, record.evs) == ("mill", "4", 1)


@pytest.mark.parametrize(
    "text, told",
    [
        ("customer,node,pv\nmill,4,1\n", ":1:3: customers.file: unknown column 'pv'"),
        ("customer,pv_kw\nmill,1\n", ":1:1: customers.file: column 'node' is missing"),
        ("", ":1:1: customers.file: column 'customer' is missing"),
        (
            "customer,node,pv_kw\nmill,4,-1\n",
            ":2: pv_kw: got '-1', allowed is a number",
        ),
        ("customer,node,pv_kw\nmill,4,nan\n", ":2: pv_kw: got 'nan'"),
        ("customer,node,evs\nmill,4,1.5\n", ":2: evs: got '1.5', allowed is a whole"),
        (
            "customer,node,evs\nmill,4,21\n",
            ":2: evs: got '21', allowed is a number from",
        ),
    ],
)
def test_every_problem_has_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        Roster.read(file)
    assert f"{file}{told}" in str(caught.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = "customer,node,evs,pv_kw\na,1,x,y\nb,2,-1,2\n"
    with pytest.raises(InputError) as caught:
        Roster.read(written(tmp_path, text))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("make", ["missing", "folder", "binary"])
def test_what_cannot_be_read_is_told(tmp_path: Path, make: str) -> None:
    file = tmp_path / "customers.csv"
    if make == "folder":
        file.mkdir()
    if make == "binary":
        file.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match=r"customers\.file"):
        Roster.read(file)


def test_a_plan_honours_a_list(tmp_path: Path) -> None:
    grid = planned(scenario()).grid
    plain = planned(scenario()).households
    buses = {int(node): bus for bus, node in grid.feeder.node_of_bus.items()}
    bus = buses[int(plain.node[2])]
    file = written(
        tmp_path,
        "customer,node,annual_kwh,pv_kw,evs,charger_kw\n"
        f"mill,{bus},9000,12.5,2,22\nghost,nowhere,,,,\n",
    )
    run = planned(scenario(customers__file=str(file), fleet__ev_share=0.5))
    people = run.households
    assert people.name[2] == "mill"
    assert (people.annual_kwh[2], people.pv_kwp[2]) == (9000.0, 12.5)
    at_mill = run.cars.traits["customer"] == 2
    assert at_mill.sum() == 2
    assert len(run.cars) == round(0.5 * people.n_home)
    assert (run.cars.traits["charge_kw"][at_mill] > 7.0).any()
    others = np.arange(people.n_home) != 2
    np.testing.assert_array_equal(
        people.annual_kwh[: people.n_home][others],
        plain.annual_kwh[: plain.n_home][others],
    )
    assert any("ghost at nowhere" in note for note in run.notes)
    assert file in run.inputs
