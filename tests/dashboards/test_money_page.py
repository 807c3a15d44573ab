"""The money page: bills, what is bought at home and away, wear, and the gaps."""

import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from dash import html

from dashboards.data import Library
from dashboards.money import bill_figures, bill_table, charging_table, pairs, prices
from dashboards.money import cards as every_card
from dashboards.money.cards import bills as bill_card
from dashboards.money.cards import short, wear
from dashboards.money.cards import tariff as tariff_card
from dashboards.money.pairs import ONE, WITH_CAR, WITHOUT
from dashboards.money.wear_table import columns_of, wear_figure, wear_rows
from dashboards.pages import money
from tests.analysis.test_bills import lived
from tests.dashboards.test_voltage_page import _plain, _prop
from twin.accounts.chemistries import CHEMISTRIES
from twin.analysis import bills_digest, kept
from twin.analysis.battery_section import cost_of, paired
from twin.analysis.bills import DAYS_PER_MONTH, bills_of_run
from twin.analysis.case import Case
from twin.analysis.charging import charging_of

MONTH = DAYS_PER_MONTH / 3


@pytest.fixture
def billed(tmp_path):
    """Three days at 0.30 USD/kWh: home A with a car draws 2 kW, home B 1 kW."""
    return Case(lived(tmp_path / "mine"))


@pytest.fixture
def cheaper(tmp_path):
    """The same homes, home A at 1 kW."""
    run = lived(tmp_path / "other", net_kw=lambda day, hour: (1.0, 1.0))
    return Case(run)


def page(case, **query):
    desk = SimpleNamespace(library=Library(case.run.path.parent.parent))
    return json.dumps(money._body(desk, case, query).to_plotly_json(), default=_plain)


def words(component):
    return json.dumps(component.to_plotly_json(), default=_plain)


def test_the_mean_home_is_held_against_the_same_home(billed, cheaper):
    chosen = pairs.group(billed, WITH_CAR, None)
    assert chosen.tolist() == [True, False]
    assert pairs.group(billed, WITHOUT, None).tolist() == [False, True]
    assert pairs.group(billed, ONE, 1).tolist() == [False, True]
    change = pairs.change_usd(billed, cheaper, chosen)
    assert change == pytest.approx(72 * 0.3 * MONTH)
    said = short.sentence(billed, cheaper, "none")
    assert said.startswith("A home with an EV pays 438.30 USD a month (+219.15 against")
    assert "a home without one pays 219.15 USD a month (+0.00" in said
    assert said.endswith("by tariff flat of 2025-01-01.")
    assert pairs.change_usd(billed, None, chosen) is None


def test_every_home_has_a_row_the_dearest_first(billed, cheaper):
    rows = bill_table.bill_rows(billed, cheaper)
    assert [row["name"] for row in rows] == ["A", "B"]
    first = rows[0]
    assert first["total_usd"] == pytest.approx(43.2 * MONTH, abs=1e-3)
    assert first["change_usd"] == pytest.approx(21.6 * MONTH, abs=1e-3)
    assert rows[1]["change_usd"] == 0.0
    assert first["import_kwh"] == pytest.approx(144 * MONTH, abs=1e-3)
    assert first["price_usd_per_kwh"] == pytest.approx(0.3)
    heads = [one["headerName"] for one in bill_table.columns_of(billed)]
    assert heads[-1] == "Energy all hours [USD]"
    assert bill_table.bill_rows(billed, None)[0]["change_usd"] is None


def test_a_bill_is_drawn_part_by_part_and_as_what_changed_it(billed, cheaper):
    chosen = pairs.group(billed, WITH_CAR, None)
    figure = bill_figures.parts_figure(billed, cheaper, chosen, "none", "light")
    mine, bridge = figure.data
    assert list(mine.x) == ["energy all hours", "bill"]
    assert list(mine.y) == pytest.approx([43.2 * MONTH, 43.2 * MONTH])
    assert list(bridge.x) == ["none", "energy all hours", "this run"]
    assert list(bridge.y) == pytest.approx([21.6 * MONTH, 21.6 * MONTH, 43.2 * MONTH])
    assert list(bridge.measure) == ["absolute", "relative", "total"]
    alone = bill_figures.parts_figure(billed, None, chosen, "", "dark")
    assert len(alone.data) == 1


def test_how_bills_differ_marks_the_home(billed, cheaper):
    figure = bill_figures.spread_figure(billed, cheaper, 0, "none", "light")
    names = [trace.name for trace in figure.data]
    assert names == [
        "homes with an EV",
        "homes with an EV, none",
        "homes without an EV",
        "homes without an EV, none",
        "A",
    ]
    assert figure.data[-1].y[0] == pytest.approx(43.2 * MONTH)
    said = bill_card.words(billed, cheaper, ONE, 0, "none")
    assert said.startswith("The bill of A") and "flat of 2025-01-01" in said
    assert bill_card.dearest(billed) == 0


def test_the_tariff_says_source_date_and_how_sure_it_is(tmp_path):
    case = Case(lived(tmp_path, tariff={"name": "pge_ev2_a", "export": "avoided_cost"}))
    held = prices.prices(case).in_force
    parts = prices.parts_of(held)
    assert [part.mark for part in parts][:1] == ["assumed"]
    assert parts[-1].is_sure and not parts[0].is_sure
    seen = words(tariff_card._facts(case))
    assert "PG&E, Schedule EV2-A" in seen and "2025-01-01" in seen
    assert "unverified, from general knowledge" in seen and "avoided cost" in seen
    doubt = prices.doubts(case)
    assert doubt.startswith("Tariff pge_ev2_a: fixed charge assumed; prices unverified")
    assert "export prices assumed" in doubt and doubt in page(case)


def test_recorded_prices_have_no_tariff(billed):
    told = Case(billed.run)
    vars(told)["scenario"] = {**billed.scenario, "tariff": {"name": "gone"}}
    assert prices.prices(told) is None and prices.doubts(told) == ""
    assert "not known to this version" in words(tariff_card._facts(told))


def test_charging_at_home_is_valued_at_the_prices_of_its_hours(make_run):
    case = Case(make_run())
    steps = pl.read_parquet(case.run.path / "steps.parquet")
    price = pl.Series("price_usd_per_kwh", [0.1, 0.1, 0.5, 0.2, 0.1, 0.1, 0.1, 0.1])
    paid = pl.Series("export_price_usd_per_kwh", [0.0] * 6 + [0.4, 0.3])
    steps.with_columns(price, paid).write_parquet(case.run.path / "steps.parquet")
    kw = pl.read_parquet(case.run.path / "ev_steps.parquet")["kw"].to_numpy()
    found = charging_of(Case(case.run))
    assert found.drawn_kwh == pytest.approx(np.clip(kw, 0, None).sum(axis=0))
    wanted = (np.clip(kw, 0, None) * price.to_numpy()[:, None]).sum(axis=0)
    assert found.drawn_usd == pytest.approx(wanted)
    earned = (np.clip(-kw, 0, None) * paid.to_numpy()[:, None]).sum(axis=0)
    assert found.given_usd == pytest.approx(earned)
    assert found.drawn_usd[0] == pytest.approx(0.8 + 14.0 + 4.4 + 1.6)


def test_a_row_a_car_with_what_it_bought_away(make_run):
    case = Case(make_run())
    month = pairs.a_month(case)
    assert month == pytest.approx(DAYS_PER_MONTH * 3)
    rows = charging_table.charging_rows(case)
    assert [row["ev"] for row in rows] == [0, 1]
    away = rows[1]
    assert away["away_kwh"] == pytest.approx(2.0 * month, abs=1e-3)
    assert away["away_usd"] == pytest.approx(1.0 * month, abs=1e-3)
    assert away["away_price"] == 0.5 and rows[0]["away_price"] is None
    assert rows[0]["home_price"] == pytest.approx(0.3)
    assert (rows[0]["hypothetical"], away["hypothetical"]) == ("yes", "–")
    figure = charging_table.charging_figure(rows, "1", "light")
    names = [trace.name for trace in figure.data]
    assert names[:2] == ["bought at home", "bought away"]
    assert figure.layout.shapes[0].x0 == 2


def test_without_intervals_money_at_home_is_not_known(make_run):
    case = Case(make_run(level="summary"))
    row = charging_table.charging_rows(case)[0]
    assert row["drawn_usd"] is None and row["drawn_kwh"] > 0
    assert "output.level: summary" in page(case)
    assert "No bills: they need what went" in short.sentence(case, None, "")


def with_charge(case, soc):
    path = case.run.path / "ev_steps.parquet"
    frame = pl.read_parquet(path)
    course = pl.Series("soc", np.asarray(soc, "f4"), dtype=pl.Array(pl.Float32, 2))
    frame.with_columns(course).write_parquet(path)
    return Case(case.run)


@pytest.fixture
def two(make_run):
    """The same cars: one run swings them, the other lets them rest."""
    swing = [(0.5 + 0.4 * (k % 2), 0.8 - 0.4 * (k % 2)) for k in range(8)]
    mine = with_charge(Case(make_run(seed=1)), swing)
    rest = with_charge(Case(make_run(policy="uncontrolled")), [(0.5, 0.8)] * 8)
    return mine, rest


def test_wear_is_told_by_chemistry_against_the_same_cars(two):
    mine, rest = two
    rows = wear_rows(mine, rest, "lfp")
    for name in CHEMISTRIES:
        usd = paired(mine, rest, name).usd(np.array([50.0, 60.0]))
        told = {row["ev"]: row[f"{name}_usd"] for row in rows}
        assert [told[0], told[1]] == pytest.approx(usd.tolist(), abs=1e-4)
        cost = cost_of([(mine, rest.wear)], name)
        assert cost.usd == pytest.approx(usd.mean())
        assert cost.given_kwh == 7.5
        assert cost.usd_per_kwh == pytest.approx(usd.sum() / 15.0)
    losses = [row["lfp_loss"] for row in rows]
    assert losses == sorted(losses, reverse=True)
    said = wear.told(mine, rest, rest.wear, "uncontrolled")
    seen = json.dumps([_plain(one) for one in said], default=_plain)
    assert "NMC, this time" in seen and "10 years" not in seen
    assert "130 USD/kWh" in seen


def test_wear_is_drawn_a_bar_a_car_with_published_models_beside(two):
    rows = wear_rows(two[0], None, "nmc")
    figure = wear_figure(rows, "nmc", "1", "dark")
    parts = {trace.name: np.array(trace.y) for trace in figure.data}
    both = parts["calendar, NMC"] + parts["cycling, NMC"]
    assert both == pytest.approx([row["nmc_loss"] for row in rows], abs=1e-5)
    low, high = parts["the lowest"], parts["published chemistries: the highest"]
    assert (low < high).all()
    assert "nmc_usd" not in rows[0]


def test_ten_years_are_told_of_a_year_only(two):
    mine, _ = two
    said = words(html.Div([wear._later(mine, None, "")]))
    assert "not told of 0.3 days" in said and "time.days: 365" in said
    assert not [one for one in columns_of(mine) if one["field"].endswith("_later")]


def test_a_link_reopens_what_one_saw(make_run):
    asked = {"who": "none", "home": "1", "chem": "lfp", "car": "1"}
    sorts = {"billsort": "name.asc", "chargesort": "away_usd.desc"}
    seen = page(Case(make_run()), **asked, **sorts)
    assert _prop(seen, "money-who", "value") == "none"
    assert _prop(seen, "money-home", "value") == "1"
    assert _prop(seen, "money-chem", "value") == "lfp"
    assert _prop(seen, "money-car", "data") == "1"
    assert _prop(seen, "money-wear", "selectedRows") == {"ids": ["1"]}
    kept_sort = [x for x in _prop(seen, "money-charging", "columnDefs") if "sort" in x]
    assert [(x["field"], x["sort"]) for x in kept_sort] == [("away_usd", "desc")]


def test_what_an_address_may_not_say_becomes_the_usual(make_run):
    seen = page(Case(make_run()), who="x", home="99", chem="lead", car="-1")
    assert _prop(seen, "money-who", "value") == WITH_CAR
    assert _prop(seen, "money-home", "value") is None
    assert _prop(seen, "money-chem", "value") == "nmc"
    assert _prop(seen, "money-car", "data") is None
    assert "belongs to no study here" in seen


def test_without_cars_the_homes_without_are_shown(make_run):
    seen = page(Case(make_run(cars=False)))
    assert _prop(seen, "money-who", "value") == WITHOUT


def test_a_run_without_an_end_says_so(interrupted):
    assert "This run has no bills yet" in page(Case(interrupted))


def test_cards_stand_in_their_order_and_nothing_lists_them(make_run):
    found = every_card._every()
    assert [one.ORDER for one in found] == sorted(one.ORDER for one in found)
    names = [one.__name__.rpartition(".")[2] for one in found]
    assert names == [
        "short",
        "bills",
        "tariff",
        "charging",
        "wear",
        "ledger",
        "yardstick",
    ]
    assert all(hasattr(one, "register") and hasattr(one, "card") for one in found)


AT = {"scenario": "a", "run_id": "b"}


def alone(case, reference="valley"):
    """A library in which the run has no other beside it."""
    vars(case)["reference"] = reference
    return SimpleNamespace(
        case=lambda *_: case, same_seed=lambda *_: (), baseline=lambda *_: None
    )


def test_a_run_alone_is_billed_against_its_own_reference(billed, cheaper):
    vars(billed)["reference_bills"] = cheaper.bills
    other, label = pairs.home_case(alone(billed), AT, None)
    assert label == "the reference (valley)"
    said = short.sentence(billed, other, label)
    assert "438.30 USD a month (+219.15 against “the reference (valley)”)" in said
    rows = bill_table.bill_rows(billed, other)
    assert rows[0]["change_usd"] == pytest.approx(21.6 * MONTH, abs=1e-3)
    assert rows[1]["change_usd"] == 0.0
    drawn = bill_figures.spread_figure(billed, other, None, label, "dark")
    assert drawn.data[1].y[0] == pytest.approx(21.6 * MONTH)
    seen = json.dumps(_plain(html.Div(money._alone(billed))), default=_plain)
    assert "taken to valley charging of the same cars" in seen


def test_without_a_reference_a_run_alone_has_no_change(billed):
    assert pairs.home_case(alone(billed, ""), AT, None) == (None, "")
    assert pairs.wear_case(alone(billed, ""), AT, None) == (None, "")
    assert money._alone(billed).startswith("This run belongs to no study here, so")


def test_a_run_alone_tells_wear_against_its_own_reference(two):
    mine, rest = two
    vars(mine)["reference_wear"] = rest.wear
    other, label = pairs.wear_case(alone(mine, "uncontrolled"), AT, None)
    assert label == "the reference (uncontrolled)"
    assert wear_rows(mine, other, "lfp") == wear_rows(mine, rest, "lfp")
    tiles = short.wear_tiles(alone(mine, "uncontrolled"), AT, None)
    assert "against the reference (uncontrolled)" in words(tiles[0])


def test_bills_that_were_kept_are_the_same(tmp_path, monkeypatch):
    run = lived(tmp_path, 40, tariff={"name": "sdge_ev_tou_5"})
    case = Case(run)
    monkeypatch.setattr(kept, "WORTH_KEEPING_BYTES", 0)
    fresh = bills_of_run(run, case.scenario)
    first = bills_digest.kept_bills(run, case.scenario)
    monkeypatch.setattr(bills_digest, "bills_of_run", lambda *_: pytest.fail("read"))
    again = bills_digest.kept_bills(run, case.scenario)
    for one in (first, again):
        assert one.frame.equals(fresh.frame) and one.frame.schema == fresh.frame.schema
        assert (one.tariff, one.days, one.notes) == (
            fresh.tariff,
            fresh.days,
            fresh.notes,
        )
    monkeypatch.setattr(bills_digest, "_made_by", lambda: "other prices")
    with pytest.raises(pytest.fail.Exception):
        bills_digest.kept_bills(run, case.scenario)


def test_a_run_that_cannot_be_billed_is_known_to_be(tmp_path):
    run = lived(tmp_path, level="summary")
    assert bills_digest.kept_bills(run, Case(run).scenario) is None
