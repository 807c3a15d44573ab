"""The same transformer or line in the other variants of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dashboards.data import Library, Sibling
from dashboards.loading.blame import members_of, split_of
from dashboards.loading.courses import Course
from dashboards.loading.loadings import (
    Element,
    line,
    lines,
    number,
    percent,
    transformer,
    when,
)
from twin.analysis.case import Case
from twin.errors import TwinError

CourseOf = Callable[[Case, Element], Course | None]
MOST_COURSES = 4
WORTH_TELLING_PCT = 0.05


@dataclass(frozen=True, eq=False)
class Rival:
    """How far the element was loaded in one variant; ``problem``: why not known.

    highest_pct  highest loading, at ``time``, when EVs drew and gave so many kW
    then_...     the same at the instant that is looked at
    """

    label: str
    scenario: str
    run_id: str
    policy: str = ""
    n_ev: int = 0
    index: int = 0
    highest_pct: float | None = None
    time: str = "–"
    over_h: float | None = None
    charge_kw: float | None = None
    give_kw: float | None = None
    then: str = ""
    then_pct: float | None = None
    then_charge_kw: float | None = None
    then_give_kw: float | None = None
    course: Course | None = None
    problem: str = ""

    @property
    def key(self) -> str:
        """What names it in an address."""
        return f"{self.scenario}/{self.run_id}"

    @property
    def point(self) -> str:
        """Where it stands on the axes of its study."""
        return self.label.partition(", ")[2]

    @property
    def is_v2g(self) -> bool:
        """Whether its cars may give power back."""
        return self.n_ev > 0 and self.policy.startswith("v2g")


def rivals(
    library: Library,
    beside: Sequence[Sibling],
    element: Element,
    at: str | None,
    course_of: CourseOf,
) -> list[Rival]:
    """The element, found by its name, in every variant."""
    return [_rival(library, one, element, at, course_of) for one in beside]


def same_in(case: Case, element: Element) -> Element | None:
    """The element of that kind and name; of several, the one in the same place."""
    if element.kind == "transformer":
        names = case.transformers["name"].to_list()
        rows = [row for row, name in enumerate(names) if name == element.name]
        make = transformer
    else:
        named = lines(case)
        rows = [
            row
            for row, name in named.select("branch", "name").iter_rows()
            if name == element.name
        ]
        make = line
    if not rows:
        return None
    return make(case, element.index if element.index in rows else rows[0])


def pair(found: Sequence[Rival], mine: str) -> tuple[Rival | None, Rival | None]:
    """The variant with V2G, and the one without to set it against.

    One of the two is this run where it has cars; both stand at the same point of the
    study's axes.
    """
    here = next((one for one in found if one.key == mine), None)
    if here is None or here.highest_pct is None:
        return None, None
    peers = _peers(found, here)
    v2g = here if here.is_v2g else min(_those(peers, "v2g"), key=_height, default=None)
    careless = min(_those(peers, "uncontrolled"), key=_height, default=None)
    return v2g, careless if here.is_v2g or not here.n_ev else here


def verdict(found: Sequence[Rival], mine: str) -> str:
    """What V2G does about it, in a sentence or two; empty if the study can't tell."""
    v2g, against = pair(found, mine)
    if v2g is None and against is None:
        return ""
    if v2g is None:
        return "No variant of this study lets cars give power back (V2G)."
    if against is None:
        return f"With V2G ({v2g.label}) its highest loading is {_height(v2g):.1f} %."
    clever = min(_those(_peers(found, v2g), "valley"), key=_height, default=None)
    return f"{_change(v2g, against)}{_aside(clever, against)}{_meanwhile(v2g, against)}"


def _peers(found: Sequence[Rival], here: Rival) -> list[Rival]:
    return [x for x in found if x.point == here.point and x.highest_pct is not None]


def _those(found: Sequence[Rival], policy: str) -> list[Rival]:
    return [one for one in found if one.n_ev and one.policy.startswith(policy)]


def _change(v2g: Rival, against: Rival) -> str:
    change = _height(v2g) - _height(against)
    if abs(change) < WORTH_TELLING_PCT:
        return (
            f"V2G ({v2g.label}) leaves its highest loading at {_height(v2g):.1f} %, "
            f"as with {against.label}"
        )
    return (
        f"V2G ({v2g.label}) {'lowers' if change < 0 else 'raises'} its highest loading "
        f"from {_height(against):.1f} % ({against.label}) to {_height(v2g):.1f} %"
    )


def _aside(clever: Rival | None, against: Rival) -> str:
    if clever is None or clever.key == against.key:
        return "."
    height = f"{_height(clever):.1f} %"
    return f"; charging cleverly one way ({clever.label}) comes to {height}."


def _meanwhile(v2g: Rival, against: Rival) -> str:
    """What the cars do with V2G at the instant that is looked at."""
    if against.then_charge_kw is None or v2g.then_give_kw is None:
        return ""
    return (
        f" At {v2g.then} its cars then charge with {v2g.then_charge_kw or 0.0:,.0f} "
        f"kW and give {v2g.then_give_kw:,.0f} kW, instead of charging with "
        f"{against.then_charge_kw:,.0f} kW."
    )


def shown_first(found: Sequence[Rival], mine: str) -> list[str]:
    """Which variants a figure begins with: of the same point, V2G and careless ones."""
    here = next((one for one in found if one.key == mine), None)
    point = here.point if here else ""
    wanted = ("none", "uncontrolled", "valley", "tou")

    def rank(one: Rival) -> tuple[bool, int]:
        place = wanted.index(one.policy) if one.policy in wanted else len(wanted)
        return one.point != point, -1 if one.is_v2g else place if one.n_ev else 9

    others = [one for one in found if one.key != mine and one.course is not None]
    return [one.key for one in sorted(others, key=rank)[:MOST_COURSES]]


def _rival(
    library: Library,
    one: Sibling,
    element: Element,
    at: str | None,
    course_of: CourseOf,
) -> Rival:
    head = (one.label, one.scenario, one.run_id)
    try:
        case = library.case(one.scenario, one.run_id)
        there = same_in(case, element)
        if there is None:
            return Rival(*head, problem=f"it has no {element.kind} of that name")
        return _measured(head, case, there, at, course_of(case, there))
    except TwinError as error:
        return Rival(*head, problem=str(error))


def _measured(
    head: tuple[str, str, str],
    case: Case,
    there: Element,
    at: str | None,
    course: Course | None,
) -> Rival:
    told = case.loadings
    if told is None:
        return Rival(*head, problem="it keeps no flows, or none was solved")
    who = (case.policy, case.n_ev, there.index)
    if there.kind == "transformer":
        of = told.transformers
        highest = percent(of.highest[there.index])
        over_h, time = of.over_normal_h[there.index], when(case, of.time[there.index])
    else:
        highest = percent(np.fmax.reduce(told.highest[there.branches]))
        over_h, time = told.over_normal_h[there.branches].max(), "–"
    if course is None:
        return Rival(*head, *who, highest, time, number(over_h))
    then = course.row(at)
    return Rival(
        *head,
        *who,
        highest,
        course.words(course.peak),
        number(over_h),
        *_cars_kw(case, there, course, course.peak),
        course.words(then),
        percent(course.loading[then]),
        *_cars_kw(case, there, course, then),
        course,
    )


def _cars_kw(
    case: Case, there: Element, course: Course, row: int
) -> tuple[float | None, float | None]:
    """What the cars behind it draw and give in one interval."""
    members = members_of(case, there)
    split = split_of(case, course, members, row, row + 1) if members else None
    if split is None:
        return None, None
    return number(split.charge_kw[0]), number(split.discharge_kw[0])


def _height(one: Rival) -> float:
    return one.highest_pct or 0.0
