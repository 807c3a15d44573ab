import re
import subprocess
import sys
from pathlib import Path

import pytest

from twin.tables import PLACES, STATES, TABLE_OF, TABLES, as_markdown

ROOT = Path(__file__).parents[1]

CONTRACT = {
    "steps": "time grid_kw grid_kvar losses_kw homes_kw pv_kw ev_charge_kw "
    "ev_discharge_kw ev_plugged ev_driving v_min_pu v_max_pu price_usd_per_kwh "
    "export_price_usd_per_kwh iterations converged",
    "nodes": "node bus phase distance_km x y v_base_kv",
    "branches": "name from_node to_node phase normal_a emergency_a",
    "customers": "customer node transformer phase kind import_limit_kw "
    "export_limit_kw ports",
    "transformers": "name branch rating_kva customers evs",
    "voltages": "time v_pu",
    "flows": "time p_kw q_kvar i_a loading",
    "ev_steps": "time kw soc state place",
    "customer_steps": "time demand_kw served_kw pv_kw net_kw",
    "sessions": "ev customer plug_in plug_out soc_in soc_out soc_target charged_kwh "
    "discharged_kwh shortfall_kwh",
    "trips": "ev depart arrive distance_km energy_kwh purpose short_kwh",
    "evs": "ev model customer charged_kwh discharged_kwh public_kwh km",
    "events": "time until kind entity value reason",
}
UNIT_OF_SUFFIX = {
    "_kw": "kW",
    "_kwh": "kWh",
    "_kvar": "kvar",
    "_kva": "kVA",
    "_pu": "pu",
    "_pu_h": "pu h",
    "_km": "km",
    "_h": "h",
    "_a": "A",
    "_degc": "degC",
    "_usd_per_kwh": "USD/kWh",
    "_usd": "USD",
}


@pytest.mark.parametrize("name", CONTRACT)
def test_every_table_has_the_columns_of_the_contract(name):
    assert set(CONTRACT[name].split()) <= set(TABLES[name].column_names)


def test_names_and_units_agree():
    for table in TABLES.values():
        for column in table.columns:
            ends = [s for s in UNIT_OF_SUFFIX if column.name.endswith(s)]
            if ends:
                longest = max(ends, key=len)
                assert column.unit == UNIT_OF_SUFFIX[longest], (table.name, column.name)


def test_no_column_is_named_twice_and_each_says_what_it_means():
    for table in TABLES.values():
        assert len(set(table.column_names)) == len(table.columns)
        assert all(column.meaning for column in table.columns)


def test_tables_by_interval_or_day_begin_with_an_instant():
    for table in TABLES.values():
        if table.kind in ("interval", "day"):
            assert table.column("time").dtype == "time"
        if table.kind in ("static", "rows"):
            assert not any(column.per for column in table.columns)


def test_every_array_is_as_long_as_a_table_that_exists():
    widths = {c.per for t in TABLES.values() for c in t.columns if c.per}
    assert {TABLE_OF[per] for per in widths} <= set(TABLES)


def test_states_and_places_are_numbered_as_their_columns_say():
    for name, words in (("state", STATES), ("place", PLACES)):
        meaning = TABLES["ev_steps"].column(name).meaning
        assert re.findall(r"(\d) (\w+)", meaning) == [
            (str(number), word) for number, word in enumerate(words)
        ]


def test_an_unknown_column_is_told_with_its_table():
    with pytest.raises(KeyError, match="voltages has no column 'v_kv'"):
        TABLES["voltages"].column("v_kv")


def test_the_documentation_is_fresh():
    expected = as_markdown(TABLES.values())
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == expected


def test_the_documentation_says_types_and_widths():
    text = as_markdown(TABLES.values())
    assert "| `v_pu` | float32 [n_node] | pu |" in text
    assert "| `state` | unsigned int8 [n_ev] | - |" in text


def test_importing_the_tables_is_light():
    code = (
        "import sys, twin.tables; "
        "print(sorted({'numpy', 'numba', 'polars', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]", done.stderr
