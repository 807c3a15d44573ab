"""Along what a study's variants repeat: more cars, other years; one point is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash.development.base_component import Component

from dashboards import parts
from dashboards.data import StudyFound
from dashboards.study.recorded import StudyOpened
from twin.analysis.study import HOSTING_FILE

ALL = "all"
MOST_AT_ONCE = 8
WORDS = {"fleet.ev_share": "homes with an EV", "fleet.ev_count": "EVs"}


@dataclass(frozen=True)
class Points:
    """Points of a study's axes in its order, and at which of them each label is.

    key   the axis along which cars become more, in a study of hosting; else empty
    at    by label; a label without a point belongs to all
    """

    key: str
    values: tuple[str, ...]
    at: Mapping[str, str]

    @property
    def usual(self) -> str:
        """What is shown at first: all where that is little, else the last point."""
        few = len(self.at) <= MOST_AT_ONCE and not self.key
        return ALL if few or not self.values else self.values[-1]

    def chosen(self, asked: object) -> str:
        """A point that there is."""
        return parts.one_of((*self.values, ALL), asked, self.usual)

    def labels(self, asked: object) -> set[str]:
        """The labels at a point, with those that belong to all."""
        value = self.chosen(asked)
        return {x for x, at in self.at.items() if value == ALL or at in ("", value)}

    def short(self, label: str, asked: object) -> str:
        """A label without the point that is shown, where one is."""
        if self.chosen(asked) == ALL or not self.values:
            return label
        first, *rest = label.split(", ")
        kept = [x for x in rest if self.key and not x.startswith(f"{self.key} ")]
        return ", ".join([first, *kept])

    def words(self, value: str) -> str:
        """A point as a reader would call it."""
        if self.key == "fleet.ev_share":
            return f"{100 * float(value):g} % of {WORDS[self.key]}"
        return f"{value} {WORDS.get(self.key, self.key)}" if self.key else value


def points_of(study: StudyFound) -> Points:
    """Of a study of hosting its penetrations, rising; else the points of its axes."""
    key = _penetration(study)
    found = _along(study, key) if key else {}
    if any(found.values()):
        values = sorted({x for x in found.values() if x}, key=float)
        return Points(key, tuple(values), found)
    labels = dict.fromkeys(row[0] for row in study.runs)
    at = {label: label.partition(", ")[2] for label in labels}
    values = list(dict.fromkeys(x for x in at.values() if x))
    return Points("", tuple(values) if len(values) > 1 else (), at)


def narrowed(study: StudyOpened, asked: object) -> StudyOpened:
    """A study's runs at one point."""
    return study.only(points_of(study.found).labels(asked))


def choice(study: StudyFound, asked: object) -> Component:
    """The control that chooses a point; out of sight where there is no choice."""
    points = points_of(study)
    data = [
        *({"value": x, "label": points.words(x)} for x in points.values),
        {"value": ALL, "label": "all points"},
    ]
    found: Component = dmc.Select(
        id="study-point",
        data=data,
        value=points.chosen(asked),
        allowDeselect=False,
        searchable=len(data) > MOST_AT_ONCE,
        size="xs",
        w=240,
        style=None if points.values else {"display": "none"},
        **parts.labelled("Point of the study's axes that is shown"),
    )
    return found


def _penetration(study: StudyFound) -> str:
    try:
        record = json.loads((study.path / HOSTING_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    return str(record.get("penetration") or "") if isinstance(record, dict) else ""


def _along(study: StudyFound, key: str) -> dict[str, str]:
    """By label the value of a key, where that is a number above 0."""
    found = {}
    for row in study.record.get("runs") or ():
        words = row.get("overrides")
        value = words.get(key) if isinstance(words, Mapping) else None
        is_number = isinstance(value, int | float) and value > 0
        found[str(row.get("label"))] = f"{value:g}" if is_number else ""
    return found
