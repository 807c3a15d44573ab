"""An element that was picked on the map: which one it is, and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from twin.analysis.case import Case
from twin.errors import InputError

TABLE_OF = {
    "node": "nodes",
    "branch": "branches",
    "transformer": "transformers",
    "customer": "customers",
    "ev": "evs",
}
PICK = re.compile(r"(node|branch|transformer|customer|ev):([0-9]{1,7})")
Fact = tuple[str, str]


@dataclass(frozen=True)
class Element:
    """One row of one of the tables of assets."""

    kind: str
    row: int

    @property
    def key(self) -> str:
        """As an address says it."""
        return f"{self.kind}:{self.row}"


def picked(case: Case, words: object) -> Element:
    """What an address asks for, such as ``branch:12``; else an InputError."""
    found = PICK.fullmatch(words) if isinstance(words, str) else None
    if found is None:
        raise InputError.of("an element is named like branch:12, node:3 or ev:7")
    element = Element(found[1], int(found[2]))
    height = _table(case, element.kind).height
    if element.row >= height:
        raise InputError.of(
            f"there is no {element.kind} {element.row}: this run has {height}"
        )
    return element


def row_of(case: Case, element: Element) -> Mapping[str, Any]:
    """Its row of its table."""
    return _table(case, element.kind).row(element.row, named=True)


def name_of(case: Case, element: Element) -> str:
    """What it is called."""
    row = row_of(case, element)
    if element.kind == "node":
        phase = f", phase {row['phase']}" if row["phase"] else ""
        return f"Bus {row['bus']}{phase}"
    if element.kind == "branch":
        return f"{str(row['kind']).capitalize()} {row['name']}"
    if element.kind == "transformer":
        return f"Transformer {row['name']}"
    if element.kind == "customer":
        return f"{str(row['kind']).capitalize()} {row['name']}"
    return f"Car {element.row}"


def facts_of(case: Case, element: Element) -> list[Fact]:
    """What is known of it, in words with units."""
    row = row_of(case, element)
    return {
        "node": _node,
        "branch": _branch,
        "transformer": _transformer,
        "customer": _customer,
        "ev": _ev,
    }[element.kind](case, row)


def related(case: Case, element: Element) -> list[tuple[str, Element]]:
    """Other elements that belong to it: its homes, cars, lines; each with a name."""
    customers, evs = case.customers, case.evs
    found: list[Element] = []
    row = row_of(case, element)
    if element.kind == "node":
        found += _rows("customer", customers, "node", element.row)
        found += _rows("branch", case.branches, "to_node", element.row)
        found += _rows("branch", case.branches, "from_node", element.row)
    if element.kind == "customer":
        found += _rows("ev", evs, "customer", element.row)
        found += [Element("node", int(row["node"]))]
    if element.kind == "ev":
        found += _one("customer", row["customer"], customers)
    if element.kind == "branch":
        found += [Element("node", int(row[end])) for end in ("from_node", "to_node")]
        found += _one("transformer", row["transformer"], case.transformers)
    if element.kind == "transformer":
        found += _one("node", row["node"], case.nodes)
    if element.kind in ("node", "customer", "ev"):
        found += _one("transformer", row["transformer"], case.transformers)
    return [(name_of(case, one), one) for one in dict.fromkeys(found)]


def _node(case: Case, row: Mapping[str, Any]) -> list[Fact]:
    at = case.customers.filter(pl.col("node") == row["node"])
    return [
        ("kind", "point inside an element" if row["auxiliary"] else "bus"),
        *_fact("1 pu is", row["v_base_kv"], "kV"),
        *_fact("from the source", row["distance_km"], "km"),
        ("fed by", _transformer_name(case, row["transformer"])),
        ("customers", str(at.height)),
        ("cars at home", str(int(at["evs"].sum()))),
    ]


def _branch(case: Case, row: Mapping[str, Any]) -> list[Fact]:
    far = case.nodes.row(int(row["to_node"]), named=True)
    hours = row["emergency_h"]
    lasting = f" for {hours:g} h" if hours is not None and np.isfinite(hours) else ""
    return [
        (
            "kind",
            str(row["kind"]) + (f", phase {row['phase']}" if row["phase"] else ""),
        ),
        *_fact("normal rating", row["normal_a"], "A"),
        *_fact("emergency rating", row["emergency_a"], f"A{lasting}"),
        *_fact("length", row["length_km"] or None, "km"),
        *_fact("far end from the source", far["distance_km"], "km"),
        ("fed by", _transformer_name(case, far["transformer"])),
    ]


def _transformer(case: Case, row: Mapping[str, Any]) -> list[Fact]:
    return [
        *_fact("normal rating", row["rating_kva"], "kVA"),
        ("customers behind it", f"{row['customers'] or 0:,}"),
        ("cars at home behind it", f"{row['evs'] or 0:,}"),
    ]


def _customer(case: Case, row: Mapping[str, Any]) -> list[Fact]:
    node = case.nodes.row(int(row["node"]), named=True)
    return [
        ("fed by", _transformer_name(case, row["transformer"])),
        *_fact("from the source", node["distance_km"], "km"),
        *_fact("yearly consumption without cars", row["annual_kwh"], "kWh"),
        *_fact("installed PV", row["pv_kw"] or None, "kW"),
        *_fact("most it may draw", row["import_limit_kw"], "kW"),
        *_fact("most it may give", row["export_limit_kw"], "kW"),
        ("cars at home", f"{row['evs'] or 0}"),
    ]


def _ev(case: Case, row: Mapping[str, Any]) -> list[Fact]:
    gives = row["discharge_kw"] or 0.0
    doubt = " (hypothetical: the catalogue does not know it to)"
    gift = f"{gives:g} kW{doubt if row['hypothetical'] else ''}" if gives else "no"
    return [
        ("model", str(row["model"])),
        *_fact("battery, usable", row["capacity_kwh"], "kWh"),
        *_fact("charges with at most", row["charge_kw"], "kW"),
        ("gives power back", gift),
        ("fed by", _transformer_name(case, row["transformer"])),
        *_fact("charged in this run", row["charged_kwh"], "kWh"),
        *_fact("given back in this run", row["discharged_kwh"], "kWh"),
        *_fact("driven in this run", row["km"], "km"),
    ]


def _fact(name: str, value: float | None, unit: str) -> list[Fact]:
    if value is None or not np.isfinite(value):
        return []
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 3
    text = f"{value:,.{digits}f}"
    return [(name, f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}")]


def _transformer_name(case: Case, row: int | None) -> str:
    if row is None or row >= case.transformers.height:
        return "the source"
    return f"transformer {case.transformers['name'][row]}"


def _rows(kind: str, frame: pl.DataFrame, column: str, value: int) -> list[Element]:
    found = frame.with_row_index("at").filter(pl.col(column) == value)["at"]
    return [Element(kind, int(row)) for row in found.to_list()]


def _one(kind: str, row: int | None, frame: pl.DataFrame) -> list[Element]:
    return [] if row is None or row >= frame.height else [Element(kind, int(row))]


def _table(case: Case, kind: str) -> pl.DataFrame:
    frame = getattr(case, TABLE_OF[kind])
    assert isinstance(frame, pl.DataFrame)
    return frame
