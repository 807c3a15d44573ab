"""Loads that meet what was measured at the feeder's head.

source --trafo-- low --- line --- end, two loads; 15 and 5 kW by the network
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import polars as pl
import pytest

from tests.worlds import DORFNETZ, lived, scenario
from twin.errors import InputError
from twin.scenario.check import findings
from twin.scenario.spec import Scenario
from twin.simulation.build import build, plan, refuse_absurd_head
from twin.simulation.feeder_head import MOST_FACTOR, Allocated
from twin.simulation.run import run


@pytest.fixture
def street(tmp_path: Path) -> Path:
    net = pp.create_empty_network()
    high, low, end = (pp.create_bus(net, kv) for kv in (20.0, 0.4, 0.4))
    pp.create_ext_grid(net, high)
    pp.create_transformer(net, high, low, "0.4 MVA 20/0.4 kV")
    pp.create_line(net, low, end, 0.3, "NAYY 4x150 SE")
    for kw, name in ((15.0, "big"), (5.0, "small")):
        pp.create_load(net, end, kw / 1000.0, 0.3 * kw / 1000.0, name=name)
    pp.create_sgen(net, end, 0.004)
    path = tmp_path / "street.json"
    pp.to_json(net, str(path))
    return path


def written(path: Path, kw: np.ndarray, step_min: int = 60) -> Path:
    """A head from local midnight, 2026-01-12, with offset."""
    start = np.datetime64("2026-01-11T23:00")
    times = [start + np.timedelta64(step_min * k, "m") for k in range(len(kw))]
    rows = [f"{time}Z,{float(value)!r}" for time, value in zip(times, kw, strict=True)]
    path.write_text("\n".join(["time,kw", *rows]) + "\n")
    return path


def said(street: Path, head: Path, **words: Any) -> Scenario:
    usual = {
        "feeder__source": f"json:{street}",
        "time__days": 1,
        "time__step_min": 60,
        "customers__profiles": "network_constant",
        "customers__feeder_head": head,
        "fleet__ev_share": 0.0,
    }
    return scenario(**(usual | words))


def allocated(words: Scenario) -> Allocated:
    found = build(plan(words)).recorder.allocated
    assert found is not None
    return found


def test_two_loads_and_losses_by_hand(street: Path, tmp_path: Path) -> None:
    """pandapower at 1.5 times the loads says what the head measures."""
    net = pp.from_json(str(street))
    net.load["scaling"] = 1.5
    pp.runpp(net, tolerance_mva=1e-10)
    head_kw = 1000.0 * float(net.res_ext_grid.p_mw.iloc[0])
    assert head_kw > 1.5 * 20.0 - 4.0 + 0.3, "losses are in it"
    head = written(tmp_path / "scada.csv", np.full(24, head_kw))
    loads_kw = allocated(said(street, head)).day_kw(0)
    assert loads_kw == pytest.approx(np.tile([22.5, 7.5], (24, 1)), rel=1e-5)


def test_the_head_of_a_known_run_gives_factor_one(tmp_path: Path) -> None:
    usual: dict[str, Any] = {
        "feeder__source": DORFNETZ,
        "time__start": "2026-06-01",
        "time__days": 1,
        "customers__pv_share": 0.4,
        "customers__export_limit_kw": 2.0,
    }
    without = run(scenario(**usual, fleet__ev_share=0.0, name="base"), tmp_path)
    steps = pl.read_parquet(without / "steps.parquet")
    head = tmp_path / "scada.csv"
    steps.select(
        pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        kw="grid_kw",
        kvar="grid_kvar",
    ).write_csv(head)
    words = scenario(**usual, customers__feeder_head=head, name="with_cars")
    folder = run(words, tmp_path)
    record = json.loads((folder / "run.json").read_text())
    met = record["allocation"]
    assert np.abs(np.array(met["factor"]) - 1.0).max() < 1e-5
    assert met["rmse_kw"] < 1e-4
    assert met["rmse_kvar"] < 1e-4
    assert met["beyond"] == []
    assert met["measured_peak_kw"] == pytest.approx(steps["grid_kw"].max(), rel=1e-6)
    cars = pl.read_parquet(folder / "steps.parquet")
    assert cars["homes_kw"].to_numpy() == pytest.approx(
        steps["homes_kw"].to_numpy(), rel=1e-5
    )
    assert cars["grid_kw"].sum() > steps["grid_kw"].sum() + 10.0
    assert any(note.startswith("feeder head (scada.csv)") for note in record["notes"])


def test_a_policy_sees_nothing_of_measurements_to_come(
    street: Path, tmp_path: Path
) -> None:
    """Two heads that differ after noon: the same until then."""
    one = np.linspace(10.0, 30.0, 24)
    two = np.where(np.arange(24) < 12, one, 60.0)
    lives = []
    for k, kw in enumerate((one, two)):
        head = written(tmp_path / f"{k}.csv", kw)
        words = said(street, head, fleet__ev_share=1.0, policy__name="valley", seed=4)
        lives.append(lived_in(words))
    for key in ("charge_kw", "grid_kw", "load_kw"):
        early, late = (life.column(key)[:12] for life in lives)
        assert np.array_equal(early, late), key
    assert not np.array_equal(*(life.column("load_kw") for life in lives))


def lived_in(words: Scenario) -> Any:
    from tests.worlds import Diary
    from twin.simulation.run import simulate

    born = build(plan(words))
    diary = Diary(born)
    simulate(born)
    return diary


def test_few_odd_readings_are_clipped_and_told_with_their_time(
    street: Path, tmp_path: Path
) -> None:
    kw = np.full(24, 20.0)
    kw[5] = -50.0
    words = said(street, written(tmp_path / "dip.csv", kw), name="dip")
    refuse_absurd_head(plan(words))
    folder = run(words, tmp_path)
    met = json.loads((folder / "run.json").read_text())["allocation"]
    (told,) = met["beyond"]
    assert told["time"] == "2026-01-12T04:00Z"
    assert told["factor"] == 0.0
    assert "head below what is left without any load" in told["reason"]
    assert met["largest_error_at"] == "2026-01-12T04:00Z"
    assert met["largest_error_kw"] == pytest.approx(46.0, abs=1.5)


@pytest.mark.parametrize(
    ("kw", "text"),
    [
        (-9.0, r"low.csv:2: kw: -9.0 kW is below what 4.0 kW of PV and plants leave"),
        (30e3, r"is the file in W\? at 2026-01-11T23:00Z"),
    ],
)
def test_a_head_that_loads_can_t_stand_for_is_refused(
    street: Path, tmp_path: Path, kw: float, text: str
) -> None:
    head = written(tmp_path / "low.csv", np.full(24, kw) + np.arange(24) / 1e3)
    with pytest.raises(InputError, match=text) as told:
        run(said(street, head), tmp_path / "out")
    assert "and 12 intervals more" in str(told.value)
    assert not (tmp_path / "out").exists()
    assert MOST_FACTOR == 10.0


@pytest.mark.parametrize(("by", "ratio"), [("peak_kw", 3.0), ("annual_kwh", 1.0)])
def test_energies_go_by_kw_or_by_kwh(
    street: Path, tmp_path: Path, by: str, ratio: float
) -> None:
    head = written(tmp_path / "scada.csv", np.full(24, 26.0))
    words = said(
        street, head, customers__allocate_by=by, customers__annual_kwh_spread=0.0
    )
    loads_kw = allocated(words).day_kw(0)
    assert loads_kw[:, 0] == pytest.approx(ratio * loads_kw[:, 1], rel=1e-9)


def test_a_longer_run_begins_as_the_shorter_and_goes_on_after_the_file(
    street: Path, tmp_path: Path
) -> None:
    head = written(tmp_path / "scada.csv", np.linspace(10.0, 30.0, 48))
    one, two = (allocated(said(street, head, time__days=n)) for n in (1, 2))
    assert np.array_equal(one.day_kw(0), two.day_kw(0))
    assert np.array_equal(two.day_kw(2), two.day_kw(1)), "as on the last day known"


def test_allocate_by_needs_a_head() -> None:
    found = dict(findings({"customers": {"allocate_by": "peak_kw"}}))
    assert "only read with customers.feeder_head" in found["customers.allocate_by"]


def test_nothing_is_allocated_without_a_head() -> None:
    said_without = scenario(time__days=1)
    assert build(plan(said_without)).recorder.allocated is None
    assert len(lived(said_without)) == 96
