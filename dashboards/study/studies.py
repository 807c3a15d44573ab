"""Studies as the door shows them: the newest one's answer, and a list of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import RUN_ID, SCENARIO, study_href
from dashboards.data import Library, StudyFound
from dashboards.runs.listing import written_at
from dashboards.study.points import ALL, narrowed, points_of
from dashboards.study.recorded import IN_TRASH, Absent, StudyOpened, opened
from dashboards.study.sections import sections
from dashboards.study.standing import TICK_MS, Standing, badge, token
from twin.analysis.comparison import Comparison
from twin.analysis.unsettled import unsettled
from twin.analysis.wording import headline, warnings

ONE_FEEDER = (
    "Key figures, changes and power at the substation are shown for one feeder of it: "
    "the first copy of the first member ({name}, run {run_id})."
)
MOST_OTHERS = 5
MOST_WARNINGS = 4
MOST_SENTENCES = 8
MOST_NAMES = 12


def latest(studies: Sequence[StudyFound]) -> Component:
    """Studies that run, the newest with an answer in large, the others one a line."""
    card = parts.card(inside(studies), key="runs-studies")
    running = any(one.state == "running" for one in studies)
    tick = dcc.Interval(id="runs-study-tick", interval=TICK_MS, disabled=not running)
    seen = dcc.Store(id="runs-study-seen", data=seen_of(studies))
    return html.Div([card, tick, seen])


def inside(studies: Sequence[StudyFound]) -> list[Component]:
    """What the card of studies holds."""
    readable = [one for one in studies if one.has_answer and is_named(one)]
    newest = max(readable, key=lambda one: one.answered, default=None)
    running = [one for one in studies if one.state == "running"]
    others = [one for one in studies if one is not newest and one not in running]
    found: list[Component] = [html.Div(under_way(studies), id="runs-studies-running")]
    if newest is not None:
        found.append(_large(newest))
    if others:
        found.append(_list(others, newest is not None))
    return found


def under_way(studies: Sequence[StudyFound]) -> list[Component]:
    """A line for each study that runs, with how far it is."""
    running = [one for one in studies if one.state == "running"]
    if not running:
        return []
    lines = [_line(one) for one in running]
    return [
        html.P("Running now", className="soft"),
        html.Ul(lines, className="study-list"),
    ]


def seen_of(studies: Sequence[StudyFound]) -> str:
    """Changes when a study begins, ends or gets another answer."""
    return repr([(str(one.path), token(one)) for one in studies])


def is_named(study: StudyFound) -> bool:
    """Whether an address can name it."""
    return bool(SCENARIO.fullmatch(study.name) and RUN_ID.fullmatch(study.study_id))


def answer(
    library: Library, name: str, study_id: str, point: str = ""
) -> list[Component]:
    """What a study answers in words; before it what a reader must know.

    point  of the study's axes; by default the usual one
    """
    whole = opened(library, name, study_id)
    told = troubles(whole)
    leads = [html.P(x) for one in sections() for x in one.said(whole.found)]
    points = points_of(whole.found)
    value = points.chosen(point)
    key = (whole.key, "at", value)
    study = library.keep(key, lambda: narrowed(whole, value))
    if study.comparison is None:
        return [*told, html.Div(leads, className="answer-words")]
    warned = [*warnings(study.comparison), *unsettled(study.comparison)]
    if warned:
        told.append(parts.notice(_few(warned, MOST_WARNINGS), "warning", "Mind"))
    said = _headline(study.found, study.comparison)
    if points.values and value != ALL and said:
        said = [f"At {points.words(value)}: {said[0]}", *said[1:]]
    lines = [html.P(line) for line in said[:MOST_SENTENCES]]
    return [*told, html.Div([*leads, *lines], className="answer-words")]


def _headline(study: StudyFound, comparison: Comparison) -> list[str]:
    """Variants against each other; of a territory which feeder they are shown for."""
    if not any(one.is_whole_answer and one.is_in(study) for one in sections()):
        return headline(comparison)
    run = comparison.cases[0].run
    return [ONE_FEEDER.format(name=run.record.get("name"), run_id=run.run_id)]


def troubles(study: StudyOpened) -> list[Component]:
    """Runs that failed, and runs that are not there any more."""
    told: list[Component] = []
    if study.failed:
        heading = f"{_runs(len(study.failed))} of this study failed"
        told.append(parts.notice(_few(study.failed, MOST_WARNINGS), "error", heading))
    if study.absent:
        count, of = len(study.absent), len(study.found.runs)
        told.append(
            parts.notice(
                _absent(study.absent, study.comparison is not None),
                "warning",
                f"{count} of {_runs(of)} cannot be opened",
            )
        )
    return told


def _absent(absent: Sequence[Absent], has_others: bool) -> str:
    """Which runs are gone, and what to do about it."""
    trashed = [one for one in absent if one.why == IN_TRASH]
    gone = [one for one in absent if one not in trashed]
    said = []
    if trashed:
        said.append(f"In the trash, from where Runs restores them: {_names(trashed)}.")
    if gone:
        said.append(
            f"Deleted or not readable: {_names(gone)}; the study, run again, "
            "makes what is missing."
        )
    return " ".join(
        [*said, *(["What follows is of the others."] if has_others else [])]
    )


def _names(absent: Sequence[Absent]) -> str:
    names = ", ".join(f"{one.label} seed {one.seed}" for one in absent[:MOST_NAMES])
    more = len(absent) - MOST_NAMES
    return names + (f" and {more} more" if more > 0 else "")


def counted(study: StudyFound) -> str:
    """How many runs, variants and seeds a study has."""
    runs = study.runs
    rows = study.record.get("runs") or []
    labels, seeds = {row[0] for row in runs}, {_seed(row) for row in rows}
    plural = "s" * (len(seeds) != 1)
    said = f"{_runs(len(runs))}: {len(labels)} variants, {len(seeds)} seed{plural}"
    feeders = {(row["member"], row.get("copy")) for row in rows if "member" in row}
    return f"{said}, {len(feeders)} feeders" if feeders else said


def _seed(row: Mapping[str, Any]) -> object:
    """The study's; a feeder of a territory has one of its own."""
    return row.get("study_seed", row.get("seed") or 0)


def when(study: StudyFound) -> str:
    """When the study was written, by this computer's clock."""
    return written_at((study.answered or study.written) / 1e9)


def _large(study: StudyFound) -> Component:
    href = study_href(study.name, study.study_id)
    at = {"name": study.name, "study_id": study.study_id}
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H2(
                                ["Newest study: ", parts.link(study.name, href)],
                            ),
                            html.Span(
                                f"{when(study)} · {counted(study)}", className="soft"
                            ),
                        ]
                    ),
                    parts.link("Open study", href, "act main"),
                ],
                className="studies-head",
            ),
            dcc.Store(id="runs-study", data=at),
            dcc.Loading(
                html.Div(
                    html.P("Reading the study …", className="soft"),
                    id="runs-answer",
                    className="study-answer",
                ),
                delay_show=300,
                type="dot",
                color="var(--accent)",
                overlay_style={"visibility": "visible", "opacity": 0.45},
            ),
        ]
    )


def _list(studies: Sequence[StudyFound], beside: bool) -> Component:
    rows = [_line(one) for one in studies]
    shown, rest = rows[:MOST_OTHERS], rows[MOST_OTHERS:]
    more = [
        html.Details(
            [
                html.Summary(f"{len(rest)} older studies"),
                html.Ul(rest, className="study-list"),
            ]
        )
    ]
    return html.Div(
        [
            html.P("Other studies" if beside else "Studies", className="soft"),
            html.Ul(shown, className="study-list"),
            *(more if rest else []),
        ],
        className="study-others",
    )


def _line(study: StudyFound) -> Component:
    href = study_href(study.name, study.study_id)
    link = is_named(study) and study.state != "unreadable"
    bad = study.state not in ("done", "running")
    return html.Li(
        [
            parts.link(study.name, href) if link else html.Span(study.name),
            *badge(study),
            html.Code(study.study_id, className="soft"),
            html.Span(_about(study), className="bad" if bad else "soft"),
            html.Span(when(study), className="soft"),
        ]
    )


def _about(study: StudyFound) -> str:
    """How far it is, or what it is of, or what is wrong with it."""
    if study.state == "unreadable":
        return study.message
    one = Standing.of(study)
    failed = study.record.get("failed")
    lost = len(failed) if isinstance(failed, list) else 0
    said = [] if study.state == "done" else [one.told, one.time_left]
    if study.has_answer:
        said.append(counted(study))
        said.append(f"{_runs(lost)} failed" if lost and not one.failed else "")
    return " · ".join(filter(None, said))


def _few(lines: Sequence[str], most: int) -> Component:
    rest = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return html.Ul([html.Li(line) for line in (*lines[:most], *rest)], className="few")


def _runs(count: int) -> str:
    return f"{count} run" + "s" * (count != 1)
