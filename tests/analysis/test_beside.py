"""A run's own reference says what a paired run of that charging would have said."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.worlds import grid, scenario
from twin.analysis import battery_section, depth_section
from twin.analysis.account_tables import ACCOUNT_TABLES, as_markdown, fits
from twin.analysis.accounts import accounts_of
from twin.analysis.battery_section import paired
from twin.analysis.beside import answers, bill_by_home, wear_by_car
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.metrics import headline_of
from twin.results.export import export
from twin.results.record import Run
from twin.simulation.run import run

DOCS = Path(__file__).parents[2] / "docs"


def lived(out: Path, policy: str, **more) -> Case:
    said = scenario(
        policy__name=policy,
        fleet__ev_count=12,
        fleet__bidirectional_share=0.7,
        customers__pv_share=0.5,
        tariff__name="sdge_ev_tou_5",
        tariff__export_price_usd_per_kwh=0.6,
        time__timezone="America/Los_Angeles",
        **more,
    )
    return Case(Run.open(run(said, out, grid(said.feeder.source))))


@pytest.fixture(scope="module")
def sold(tmp_path_factory) -> Case:
    return lived(tmp_path_factory.mktemp("sold"), "v2g_price")


@pytest.fixture(scope="module")
def free(tmp_path_factory) -> Case:
    return lived(tmp_path_factory.mktemp("free"), "uncontrolled")


def test_what_an_export_adds_has_the_columns_that_are_declared(sold: Case) -> None:
    """Of every table: as they are declared, written and documented."""
    found = accounts_of(sold)
    assert list(found) == list(ACCOUNT_TABLES)
    for name, frame in found.items():
        assert fits(ACCOUNT_TABLES[name], frame.columns), (name, frame.columns)
        assert not fits(ACCOUNT_TABLES[name], [*frame.columns, "more"]), name
        assert not fits(ACCOUNT_TABLES[name], frame.columns[:-1]), name
    assert "energy_on_peak_usd" in found["bills"].columns


def test_the_page_on_exports_is_what_the_declaration_says() -> None:
    said = (DOCS / "exports.md").read_text(encoding="utf-8")
    assert said == as_markdown(ACCOUNT_TABLES.values())
    assert "| `nmc_loss_change` | share | lost by both: difference from" in said


def test_exported_accounts_carry_names_and_positions(sold: Case, tmp_path) -> None:
    export(sold.run, "csv", tmp_path, accounts_of(sold))
    names = sold.customers["name"].to_list()
    for table in ("bills", "bill_by_home", "wear_by_car", "ledger"):
        frame = pl.read_csv(tmp_path / f"{table}.csv", infer_schema_length=None)
        rows = frame.select("customer", "customer_index").drop_nulls().unique()
        assert rows.height > 1 and "name" not in frame.columns
        assert all(names[index] == name for name, index in rows.iter_rows())
    cars = pl.read_csv(tmp_path / "wear_by_car.csv")
    evs = pl.read_csv(tmp_path / "evs.csv")
    assert cars["ev"].to_list() == evs["ev"].to_list()
    head = [
        line.split("`")[1]
        for line in (DOCS / "exports.md").read_text().split("## `wear_by_car`")[1]
        .split("##")[0].splitlines()
        if line.startswith("| `")
    ]  # fmt: skip
    assert cars.columns == head


def test_wear_is_that_of_a_paired_run(sold: Case, free: Case) -> None:
    cars = wear_by_car(sold)
    for name in ("nmc", "lfp"):
        other = paired(sold, free, name)
        assert_array_equal(cars[f"{name}_calendar_change"], other.calendar)
        assert_array_equal(cars[f"{name}_cycling_change"], other.cycling)
        assert_array_equal(cars[f"{name}_loss_change"], other.total)
        usd = other.usd(sold.evs["capacity_kwh"].to_numpy())
        assert_array_equal(cars[f"{name}_change_usd"], usd)
        given = cars["given_kwh"].to_numpy()
        gave = given > 0
        assert gave.any() and not gave.all()
        per_kwh = cars[f"{name}_change_usd_per_kwh_given"]
        assert_allclose(per_kwh.to_numpy()[gave], usd[gave] / given[gave])
        assert per_kwh.is_null().to_list() == (~gave).tolist()
        told = headline_of(sold)
        assert told[f"wear_change_{name}_usd"] == pytest.approx(usd.mean())
        mean = told[f"wear_{name}_usd_per_kwh_given"]
        assert mean == pytest.approx(usd.sum() / given.sum())
    assert (cars["nmc_cycling_change"] > 0).any()
    charged = free.evs["charged_kwh"]
    assert_array_equal(cars["reference_charged_kwh"], charged)


def test_bills_are_those_of_a_paired_run(sold: Case, free: Case) -> None:
    assert sold.bills is not None and free.bills is not None
    homes = bill_by_home(sold)
    assert_allclose(homes["bill_usd"], sold.bills.frame["total_usd"], rtol=1e-12)
    other = free.bills.frame["total_usd"]
    assert_allclose(homes["reference_bill_usd"], other, atol=1e-5)
    with_car = homes["evs"].to_numpy() > 0
    change = homes["bill_change_usd"].to_numpy()
    assert np.abs(change[with_car]).max() > 0.1
    assert np.abs(change[~with_car]).max(initial=0.0) < 1e-5
    public = sold.evs["public_usd"].sum() - free.evs["public_usd"].sum()
    assert homes["public_change_usd"].sum() == pytest.approx(public)
    mean = homes["change_usd_per_month"].to_numpy()[with_car].mean()
    a_month = 365.25 / 12 / 2
    assert mean * with_car.sum() == pytest.approx(
        a_month * (change[with_car].sum() + public)
    )
    told = headline_of(sold)["bill_change_ev_usd"]
    assert told == pytest.approx(change[with_car].mean() * a_month)


def test_the_report_needs_no_second_run(sold: Case, free: Case) -> None:
    alone = battery_section.section(Comparison.of([("sold", sold.run)]))
    both = Comparison.of([("free", free.run), ("sold", sold.run)])
    assert rows(alone, "sold") == rows(battery_section.section(both), "sold")
    assert len(rows(alone, "sold")) == 2
    assert "against uncontrolled charging" in alone


def rows(html: str, label: str) -> list[str]:
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
    pattern = rf"{label} \w+, this time(?: [−+]?[\d.]+)+"
    return re.findall(pattern, words)


def test_the_reference_itself_has_nothing_beside(free: Case) -> None:
    assert free.reference == "" and free.reference_wear is None
    assert bill_by_home(free).is_empty()
    cars = wear_by_car(free)
    beyond = ("reference_", "nmc_", "lfp_")
    assert cars["full_cycles"].is_not_null().all()
    for key in cars.columns:
        assert cars[key].is_null().all() == key.startswith(beyond), key
    assert set(answers(free).values()) == {None}


def test_a_valley_reference_is_not_called_uncontrolled(tmp_path: Path) -> None:
    case = lived(tmp_path, "v2g_price", reference="valley")
    assert case.reference == "valley" and not wear_by_car(case).is_empty()
    told = battery_section.section(Comparison.of([("sold", case.run)]))
    assert "against uncontrolled charging" not in told


def test_a_summary_keeps_totals_alone(tmp_path: Path, free: Case) -> None:
    case = lived(tmp_path, "v2g_price", output__level="summary")
    assert case.run.has("shadow_evs") and not case.run.has("shadow_steps")
    kept = case.run.static("shadow_evs")
    for name in ("charged_kwh", "public_kwh", "public_usd", "losses_kwh", "soc_end"):
        assert_array_equal(kept[name], free.evs[name], name)
    assert set(answers(case).values()) == {None}


def test_cycles_by_depth_stand_beside_those_of_the_reference(
    sold: Case, free: Case
) -> None:
    """Full cycles are half the recorded way; the reference's are the paired run's."""
    cars, alone = wear_by_car(sold), wear_by_car(free)
    classes = [key for key in alone.columns if key.startswith("cycles_")]
    assert (len(classes), classes[0], classes[-1]) == (
        10,
        "cycles_0_10",
        "cycles_90_100",
    )
    for key in ("full_cycles", "deepest_cycle", *classes):
        assert_array_equal(cars[f"reference_{key}"], alone[key], key)
    for case, found in ((sold, cars), (free, alone)):
        charge = case.run.scan("ev_steps").collect()["soc"].to_numpy().astype(float)
        whole = np.vstack([case.evs["soc_start"].to_numpy(), charge])
        way = np.abs(np.diff(whole, axis=0)).sum(axis=0)
        assert_allclose(found["full_cycles"], way / 2)
        assert_allclose(found["deepest_cycle"], np.ptp(whole, axis=0))
        assert_allclose(case.wear.cycled.full_cycles.sum(axis=1), way / 2, atol=1e-12)
    gave = cars["given_kwh"].to_numpy() > 1.0
    more = cars["full_cycles"] - cars["reference_full_cycles"]
    assert gave.any() and (more.to_numpy()[gave] > 0).all()


def test_the_report_tells_depths_with_and_without_giving(sold: Case) -> None:
    comparison = Comparison.of([("sold", sold.run)])
    own, other = depth_section.rows_of(comparison)
    assert own.label == "sold" and other.label == "sold: uncontrolled instead"
    cars = wear_by_car(sold)
    assert own.full_cycles.sum() == pytest.approx(cars["full_cycles"].mean())
    mean = cars["reference_full_cycles"].mean()
    assert other.full_cycles.sum() == pytest.approx(mean)
    assert other.deepest == pytest.approx(cars["reference_deepest_cycle"].mean())
    told = " ".join(
        unescape(re.sub(r"<[^>]+>", " ", battery_section.section(comparison))).split()
    )
    assert "How deep batteries were cycled" in told and "0–10 % 10–20 %" in told
    assert f"{own.full_cycles.sum():.2f} {100 * own.deepest:.1f} sold: unc" in told
