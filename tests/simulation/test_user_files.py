"""Checking a scenario reads the user's own tables, and imports nothing heavy for it."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from twin.errors import InputError
from twin.scenario.read import read
from twin.scenario.study import read_study
from twin.simulation.user_files import of_study, refuse_unreadable

BASE = """\
schema: 1
name: mine
time: {start: 2026-01-12, days: 2, step_min: 60, timezone: Europe/Berlin}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
fleet: {ev_share: 0.5}
policy: uncontrolled
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    return tmp_path


def told(folder: Path, lines: str) -> list[str]:
    """What is wrong with the tables of a scenario, their folder left out."""
    Path("f.yaml").write_text("extends: base.yaml\n" + lines)
    with pytest.raises(InputError) as caught:
        refuse_unreadable([read("f.yaml")], Path("f.yaml"))
    return [str(one).replace(f"{folder}/", "") for one in caught.value.problems]


def hours(days: int, *columns: str) -> str:
    """Rows of every hour from the run's first on."""
    start = datetime(2026, 1, 12)
    every = (start + timedelta(hours=k) for k in range(24 * days))
    return "".join(f"{at:%Y-%m-%dT%H:%M},{','.join(columns)}\n" for at in every)


def test_bad_cells_of_every_table_are_told_at_once(folder: Path) -> None:
    Path("homes.csv").write_text("customer,node,pv_kw\na,,x\n")
    Path("load.csv").write_text(
        "time,a\n" + hours(2, "1").replace("T05:00,1", "T05:00,-1", 1)
    )
    Path("head.csv").write_text("time,kW\n" + hours(2, "1"))
    Path("prices.csv").write_text("time,price_usd_per_kwh\n" + hours(1, "0.3"))
    Path("out.csv").write_text("start,hours\n2026-01-12,1\n")
    assert told(
        folder,
        "customers: {file: homes.csv, profiles: load.csv, feeder_head: head.csv}\n"
        "tariff: {name: realtime, file: prices.csv}\n"
        "events: [{kind: stochastic, saifi: 1, records: out.csv}]\n",
    ) == [
        "load.csv:7: a: -1.0 kW is negative; give what the home consumes, without PV: "
        "the twin adds PV itself",
        "head.csv:1: kW: got the columns time, kW; allowed: time,kw or time,kw,kvar, "
        "in this order; did you mean 'kw'?",
        "homes.csv:2: node: is empty, needed: the bus or the load's name",
        "homes.csv:2: pv_kw: got 'x', allowed is a number from 0 to 100,000",
        "prices.csv:2: time: covers 2026-01-11T23:00Z to 2026-01-12T23:00Z, the run "
        "needs 2026-01-11T23:00Z to 2026-01-13T23:00Z",
        "out.csv:2:1: start: got '2026-01-12', allowed is a local time such as "
        "2021-01-27T18:05, without an offset",
    ]


def test_tables_for_trips_and_export_prices_are_read_too(folder: Path) -> None:
    Path("trips.csv").write_text("HOUSEID,VEHCASEID\n1,1\n")
    Path("export.csv").write_text("month,hour,usd_per_kwh\n1,0,0.1\n")
    problems = told(
        folder,
        "fleet: {travel: nhts, travel_file: trips.csv}\n"
        "tariff: {name: flat, export: avoided_cost, export_file: export.csv}\n",
    )
    assert problems[0] == "trips.csv:1: STRTTIME: column missing"
    assert problems[-1] == (
        "export.csv:1: tariff.export_file: has the columns month, hour, usd_per_kwh; "
        "needed: month, day_type, hour, usd_per_kwh"
    )


def test_good_tables_pass_whoever_the_customers_will_be(folder: Path) -> None:
    Path("homes.csv").write_text("customer,node\na,load 1\n")
    Path("load.csv").write_text("day_type,time,a\nall,00:00,0.3\nall,12:00,0.4\n")
    Path("f.yaml").write_text(
        "extends: base.yaml\ncustomers: {file: homes.csv, profiles: load.csv}\n"
    )
    refuse_unreadable([read("f.yaml")], Path("f.yaml"))


def test_a_studys_tables_are_read_once_each(folder: Path) -> None:
    Path("homes.csv").write_text("customer,node\n,load 1\n")
    Path("s.yaml").write_text(
        "schema: 1\nname: s\nbase: base.yaml\nseeds: [1, 2]\nvariants:\n"
        "  drawn: {}\n  known: {customers.file: homes.csv}\n"
    )
    with pytest.raises(InputError) as caught:
        refuse_unreadable(of_study(read_study(Path("s.yaml"))), Path("s.yaml"))
    assert str(caught.value) == (
        f"{folder}/homes.csv:2: customer: is empty, needed: a name"
    )


def test_checking_a_list_of_customers_imports_nothing_heavy(folder: Path) -> None:
    Path("homes.csv").write_text("customer,node\na,load 1\n")
    Path("f.yaml").write_text("extends: base.yaml\ncustomers: {file: homes.csv}\n")
    code = (
        "import sys\nsys.argv = ['twin', 'check', 'f.yaml']\n"
        "from twin.cli import app\n"
        "app(standalone_mode=False)\n"
        "heavy = {'pandas', 'pandapower', 'polars', 'mesa', 'numba', 'simpy'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "f.yaml: ok\n"
