"""The documents' table of references: how it is written, and that it keeps its word."""

from __future__ import annotations

import re

import pytest

from tests.grid import references_opendss as engine
from tests.grid import references_pandapower as others
from tests.grid.held import BEGIN, DOCUMENT, END, HEAD, Held, keep, written

SINGLE = (
    "S-2", "VUF", "runpp_3ph", "EPRI's shipped", "10, 8, 11", "1,440",
    "of its 60 networks",
)  # fmt: skip
ROWS = re.findall(
    r"^\| (.+) \| (.+) \| ([\d.e+-]+) \| ([\d.e+-]+) \|$",
    DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0],
    re.MULTILINE,
)


def test_the_documents_list_every_reference_and_none_beyond_its_demand():
    named = " ".join(reference for reference, *_ in ROWS)
    opendss = (*engine.TITLES.values(), *engine.SERVICES)
    for title in (*opendss, *others.STREET, *others.BALANCED, *others.GROUPS, *SINGLE):
        assert title in named
    assert [row for row in ROWS if not float(row[2]) < float(row[3])] == []


def test_a_table_written_again_is_the_same():
    rows = [Held("one", "voltage, pu", 1.234e-9, 1e-6)]
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    new = written(text, rows)
    row = "| one | voltage, pu | 1.2e-09 | 1e-06 |"
    assert new == f"before\n{BEGIN}\n{HEAD}\n{row}\n{END}\nafter\n"
    assert written(new, rows) == new


@pytest.mark.parametrize("largest", [1e-6, float("nan"), float("inf")])
def test_what_is_not_below_its_demand_is_named(largest):
    with pytest.raises(AssertionError, match="one"):
        keep([Held("one", "voltage, pu", largest, 1e-6)])
