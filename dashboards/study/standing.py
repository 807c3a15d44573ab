"""How a study stands: how far it is, what came in last, how to go on with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.data import StudyFound
from dashboards.runs.listing import written_at
from dashboards.study.arrivals import Arrival
from dashboards.whatif.work import duration

TICK_MS, SLOW_TICK_MS = 2_000, 10_000
SILENT_S = 900
COLOURS = {"known": "indigo", "made": "teal", "failed": "red"}
CAME = {"done": "done", "known": "found complete", "failed": "failed"}
UNREADABLE = "The study's files cannot be read"


@dataclass(frozen=True)
class Last:
    """The run that came in last, as the study calls it, what came of it, and when."""

    name: str
    came: str
    time: datetime

    @classmethod
    def of(cls, said: object) -> Last | None:
        """What a status says of it; None where it says nothing of the kind."""
        rows = said if isinstance(said, Mapping) else {}
        time, name = _instant(rows.get("time")), rows.get("name")
        if time is None or not isinstance(name, str):
            return None
        return cls(name, CAME.get(str(rows.get("came")), "done"), time)

    def line(self) -> list[Component | str]:
        """Its name, and what came of it when."""
        when = f"{self.came} {written_at(self.time.timestamp())}"
        return [html.B(self.name), " ", html.Span(when, className="soft")]


@dataclass(frozen=True)
class Standing:
    """What a study's ``status.json`` says, as far as it can be understood."""

    state: str
    runs: int
    done: int
    known: int
    failed: int
    left_s: float | None
    who: str
    message: str
    updated: datetime | None
    last: Last | None = None

    @classmethod
    def of(cls, study: StudyFound) -> Standing:
        """Of a study; what is no number counts as none."""
        said = study.status
        left_s = said.get("left_s")
        pid, host = said.get("pid"), said.get("host")
        return cls(
            study.state,
            _count(said, "runs"),
            _count(said, "done"),
            _count(said, "known"),
            _count(said, "failed"),
            float(left_s) if isinstance(left_s, int | float) else None,
            f"process {pid} on {host}" if pid and host else "an unknown process",
            str(said.get("message") or ""),
            _instant(said.get("updated")),
            Last.of(said.get("last")),
        )

    @property
    def left(self) -> int:
        """Runs of which nothing is known yet."""
        return max(0, self.runs - self.done - self.failed)

    @property
    def made(self) -> int:
        """Runs that this attempt has made."""
        return max(0, self.done - self.known)

    @property
    def told(self) -> str:
        """How far it is: ``12 of 208 runs, 3 failed``."""
        if not self.runs:
            return "no count of runs"
        lost = f", {self.failed} failed" if self.failed else ""
        return f"{self.done} of {counted_runs(self.runs)} done{lost}"

    @property
    def time_left(self) -> str:
        """``about 12 min left``, as long as it runs."""
        if self.state != "running" or not self.left:
            return ""
        if self.left_s is None:
            return "time left not known before the first run is done"
        return f"about {duration(self.left_s)} left at the pace so far"

    def silent_s(self, now: datetime) -> float:
        """Seconds since it last told anything."""
        if self.updated is None:
            return 0.0
        return max(0.0, (now - self.updated).total_seconds())


def standing_of(study: StudyFound, came: Sequence[Arrival] = ()) -> list[Component]:
    """What stands above a study's answer; nothing where it is done."""
    if study.state == "unreadable":
        return [parts.notice(_unreadable(study), "error", UNREADABLE)]
    one = Standing.of(study)
    if one.state == "done":
        return []
    if one.state == "running":
        return [_running(study, one, came), *_older(study, one)]
    if one.state == "failed" and study.record.get("failed"):
        return []
    return [_stopped(study, one), *_older(study, one)]


def badge(study: StudyFound) -> list[Component]:
    """Its state, where that is not done."""
    return [] if study.state == "done" else [parts.state(study.state)]


def token(study: StudyFound) -> str:
    """Changes whenever the page has something else to show than progress."""
    return f"{study.state} {study.answered} {study.message}"


def tick_ms(study: StudyFound) -> int:
    """How often to look again."""
    return TICK_MS if study.state == "running" else SLOW_TICK_MS


def is_over(study: StudyFound) -> bool:
    """Whether there is nothing to wait for."""
    return study.state == "done"


def counted_runs(count: int) -> str:
    """``1 run``, ``12 runs``."""
    return f"{count:,} run" + "s" * (count != 1)


def _running(study: StudyFound, one: Standing, came: Sequence[Arrival]) -> Component:
    now = datetime.now(UTC)
    counts = [
        ("done now", one.made),
        ("complete before", one.known),
        ("failed", one.failed),
        ("left", one.left),
    ]
    said = [html.Span([html.B(f"{n:,}"), f" {words}"]) for words, n in counts]
    again = " anew" if study.has_answer else ""
    return parts.card(
        [
            _bar(one),
            html.P(
                [html.Span(f"of {counted_runs(one.runs)}:"), *said],
                className="study-counts",
            ),
            html.P(
                " · ".join(filter(None, (one.time_left, one.who, _silence(one, now)))),
                className="caption",
            ),
            *_just_in(one.last),
            *_came(came),
            html.P("The answer appears here by itself when the study is complete."),
        ],
        f"This study is running{again}",
        key="study-progress",
    )


def _bar(one: Standing) -> Component:
    total = max(one.runs, 1)
    shares = {"made": one.made, "known": one.known, "failed": one.failed}
    finished = one.done + one.failed
    found: Component = dmc.ProgressRoot(
        [
            dmc.ProgressSection(
                value=100 * count / total,
                color=COLOURS[key],
                striped=key == "made",
                **parts.labelled(f"{count} of {total} runs: {key}"),
            )
            for key, count in shares.items()
            if count
        ]
        or [dmc.ProgressSection(value=0, **parts.labelled(f"{finished} of {total}"))],
        size="lg",
    )
    return found


def _just_in(last: Last | None) -> list[Component]:
    """The run that the study itself says came in last."""
    if last is None:
        return []
    return [html.H3("Just in"), html.P(last.line(), id="study-last")]


def _came(came: Sequence[Arrival]) -> list[Component]:
    """The folder's newest runs, and those under way."""
    if not came:
        return []
    return [
        html.H3("Newest in this folder"),
        html.Ul([html.Li(one.line()) for one in came], className="study-list"),
        html.P(
            "Runs since the study began; those of other work at the same time are "
            "among them.",
            className="caption",
        ),
    ]


def _stopped(study: StudyFound, one: Standing) -> Component:
    heading = {
        "interrupted": "This study was interrupted",
        "failed": "This study failed",
        "died": "This study stopped: its process is gone",
    }[one.state]
    far = f"It came as far as {one.told}."
    who = f"It was {one.who}; nothing runs it any more." if one.state == "died" else ""
    reason = [html.Pre(one.message)] if one.state == "failed" and one.message else []
    lines = [
        html.P(" ".join(filter(None, (far, who, _last(one))))),
        *reason,
        html.P(
            [
                "Runs that are done are kept. Go on with ",
                html.Code(f"twin study FILE --out {study.path.parents[2]}"),
                f", FILE being the file of the study {study.name}: it makes what is "
                "left. This page notices.",
            ]
        ),
    ]
    kind = "warning" if one.state == "interrupted" else "error"
    return parts.notice(lines, kind, heading)


def _older(study: StudyFound, one: Standing) -> list[Component]:
    """That the answer below is from before."""
    if study.message:
        return [parts.notice(_unreadable(study), "warning", UNREADABLE)]
    if not study.has_answer:
        return []
    wrote = written_at(study.answered / 1e9)
    does = "is being run anew" if one.state == "running" else "was begun anew since"
    words = f"What follows is the answer of {wrote}. The study {does}."
    return [parts.notice(words, "info")]


def _unreadable(study: StudyFound) -> str:
    words = study.message or "neither study.json nor status.json can be read"
    newer = "newer twin" in words
    rest = (
        "Open it with that version."
        if newer
        else "The study, run again, writes them anew; runs that are done are kept."
    )
    return f"{words}. {rest}"


def _last(one: Standing) -> str:
    if one.updated is None:
        return ""
    return f"It last told of itself {written_at(one.updated.timestamp())}."


def _silence(one: Standing, now: datetime) -> str:
    """From another computer nobody knows whether the process still lives."""
    silent = one.silent_s(now)
    if one.updated is None or silent < SILENT_S:
        return f"told {duration(silent)} ago" if one.updated else ""
    return (
        f"nothing told for {duration(silent)}: its runs take long, or its process on "
        "another computer is gone"
    )


def _count(said: Mapping[str, Any], key: str) -> int:
    value = said.get(key)
    return max(0, value) if isinstance(value, int) else 0


def _instant(words: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(words))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
