"""What a study says of hosting capacity: how much, until which limit is broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twin.errors import Problem, nearest
from twin.scenario.document import Node
from twin.scenario.words import NAMED, Words, from_name

CRITERIA = (
    "thermal_normal",
    "thermal_emergency",
    "voltage_low",
    "voltage_high",
    "rapid_change",
    "unbalance",
    "reverse_flow",
)
UNUSUAL = ("reverse_flow",)
NEEDS_PHASES = ("unbalance",)
CASES_WITHOUT_CARS = (
    "needs runs without cars, to tell what was there before; add 0 to the axis, or a "
    "variant with {key}: 0"
)


class Criterion(Words):
    """One limit of the grid that cars may break."""

    name: Literal[
        "thermal_normal",
        "thermal_emergency",
        "voltage_low",
        "voltage_high",
        "rapid_change",
        "unbalance",
        "reverse_flow",
    ] = Field(description="Which limit")
    limit: Annotated[float, Field(ge=0, le=10)] | None = Field(
        default=None,
        description="In place of the usual one: loading as a share of the rating "
        "(thermal), pu (voltages and their changes), share of negative in positive "
        "sequence (unbalance), power back through a transformer as a share of its "
        "rating (reverse_flow; default: 0)",
    )
    counts: bool = Field(
        default=True,
        description="Whether it limits hosting; false: it is told, and no more",
    )

    model_config = NAMED
    _short = model_validator(mode="before")(from_name)


class HostingSpec(Words):
    """How many cars the grid hosts, by a study's runs."""

    penetration: Literal["fleet.ev_share", "fleet.ev_count"] = Field(
        default="fleet.ev_share", description="The axis along which cars become more"
    )
    criteria: Annotated[list[Criterion], Field(min_length=1)] | None = Field(
        default=None,
        description="Limits by name, with a limit each where it is not the usual one; "
        "default: all that the runs can tell, but for reverse_flow",
    )

    @property
    def judged(self) -> list[Criterion]:
        """The limits as said, else all but those that no rule forbids."""
        usual = [Criterion.model_validate(name) for name in CRITERIA]
        usual = [one for one in usual if one.name not in UNUSUAL]
        return usual if self.criteria is None else self.criteria


def hosting_problems(
    tree: Node, plain: dict[str, Any], base: Node | None
) -> Iterator[Problem]:
    """What is wrong between a study's hosting section and its runs."""
    node, said = tree.child("hosting"), plain.get("hosting")
    if node is None or not isinstance(said, dict):
        return
    key = said.get("penetration", "fleet.ev_share")
    if isinstance(key, str):
        yield from _of_axis(node, plain, key)
    yield from _of_criteria(node, plain, said.get("criteria"), base)


def _of_axis(node: Node, plain: dict[str, Any], key: str) -> Iterator[Problem]:
    where = (node.child("penetration") or node).place
    values = _values(plain.get("axes", {}), key)
    if not values:
        axes = _axes(plain.get("axes", {}))
        told = f"; axes has {', '.join(axes)}" if axes else "; there are no axes"
        message = f"'{key}' is no axis of this study{told}{nearest(key, axes)}"
        yield Problem(where, "hosting.penetration", message)
        return
    variants = plain.get("variants", {})
    own = variants.values() if isinstance(variants, dict) else ()
    zero = [row for row in own if isinstance(row, dict) and row.get(key) == 0]
    if 0 not in values and not zero:
        yield Problem(where, "hosting", CASES_WITHOUT_CARS.format(key=key))


def _of_criteria(
    node: Node, plain: dict[str, Any], said: Any, base: Node | None
) -> Iterator[Problem]:
    rows = node.child("criteria")
    if rows is None or not isinstance(said, list):
        return
    names = [one.get("name") if isinstance(one, dict) else one for one in said]
    for index, name in enumerate(names):
        where, key = (rows.child(index) or rows).place, f"hosting.criteria.{index}"
        if name in names[:index]:
            yield Problem(where, key, f"'{name}' is there already; keep one")
        elif name in NEEDS_PHASES and not _may_have_phases(plain, base):
            message = (
                f"'{name}' cannot be told by a balanced model; say feeder.model: "
                "three_phase in the base, or leave it out"
            )
            yield Problem(where, key, message)


def _may_have_phases(plain: dict[str, Any], base: Node | None) -> bool:
    """Whether any run is, or may be, solved phase by phase."""
    feeder = base.child("feeder") if base is not None else None
    words = feeder.plain() if feeder is not None else {}
    if not isinstance(words, dict):
        return True
    by_phase = words.get("model") == "three_phase"
    circuit = str(words.get("source", "")).startswith("opendss:")
    return by_phase or circuit or any(key.startswith("feeder") for key in _keys(plain))


def _keys(plain: dict[str, Any]) -> Iterator[str]:
    yield from _axes(plain.get("axes", {}))
    variants = plain.get("variants", {})
    for row in variants.values() if isinstance(variants, dict) else ():
        yield from row if isinstance(row, dict) else ()


def _axes(axes: Any) -> list[str]:
    rows = axes if isinstance(axes, list) else [axes]
    keys = [key for row in rows if isinstance(row, dict) for key in row]
    return list(dict.fromkeys(keys))


def _values(axes: Any, key: str) -> list[Any]:
    """What an axis takes, listed or point by point."""
    if isinstance(axes, list):
        return [row[key] for row in axes if isinstance(row, dict) and key in row]
    found = axes.get(key) if isinstance(axes, dict) else None
    return found if isinstance(found, list) else []
