"""The runs that the dashboard started, as a list to watch, cancel and open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import RUN_ID, SCENARIO, compare_href, run_href
from dashboards.whatif.jobs import Job
from dashboards.whatif.rival import rival_of
from dashboards.whatif.work import duration

BEFORE_STATUS = "reading the feeder and the data"
MOST_CHANGES = 4


def job_cards(jobs: Sequence[Job]) -> tuple[list[Component], str]:
    """A card a job, and a print that changes when anything shown does."""
    if not jobs:
        none = html.P("None yet. Change a field and start a run.", className="caption")
        return [none], "none"
    shown = repr(jobs).encode()
    held = {str(job.told.get("rival_of") or ""): job for job in reversed(jobs)}
    cards = [_card(job, held.get(_run(job))) for job in jobs]
    return cards, sha256(shown).hexdigest()[:16]


def _card(job: Job, rival: Job | None) -> Component:
    """A job; with its rival, the newest that was started to be held against it."""
    changes = [str(one) for one in job.told.get("changes") or ()]
    more = len(changes) - MOST_CHANGES
    lines = [*changes[:MOST_CHANGES], *([f"and {more} more"] if more > 0 else [])]
    about = ", ".join(lines) or "as it began"
    return html.Article(
        [
            html.Div(
                [
                    html.Strong(job.scenario),
                    parts.state(job.state),
                    html.Span(_when(job), className="when"),
                ],
                className="job-head",
            ),
            html.P(f"{job.told.get('start')}; {about}", className="caption"),
            *_body(job),
            html.Div(_buttons(job, rival), className="tools"),
        ],
        className="job",
        **parts.attributes(data_job=job.job_id, data_state=job.state),
    )


def _body(job: Job) -> list[Component]:
    if job.state == "running":
        share = 100 * float(job.status.get("progress") or 0.0)
        bar = dmc.Progress(
            value=share or 100,
            color="blue" if share else "gray",
            size="md",
            animated=True,
            striped=True,
            **parts.labelled("Progress"),
        )
        return [bar, html.P(progress(job), className="caption live")]
    if job.state == "done" and job.was_there:
        words = "Complete already: nothing was run."
        return [html.P(words, className="caption")]
    if job.state == "interrupted":
        return [html.P(_kept(job), className="caption")]
    if job.state in ("died", "removed"):
        return [html.P(job.message, className="caption")]
    return [html.Pre(job.message, className="wrong")] if job.message else []


def progress(job: Job) -> str:
    """How far a running job is, in a line."""
    if job.is_cancelled:
        return "stopping"
    if not job.status:
        return BEFORE_STATUS
    simulated = job.status.get("simulated")
    if not simulated:
        return BEFORE_STATUS
    speed = float(job.status.get("steps_per_s") or 0.0)
    share = float(job.status.get("progress") or 0.0)
    left = job.left_s
    if share >= 1:
        return "100 %, simulated to its end: checking and joining the days"
    ends = f", about {duration(left)} left" if left is not None else ""
    return f"{100 * share:.0f} %, up to {_day(job)}, {speed:,.0f} steps/s{ends}"


def _buttons(job: Job, rival: Job | None) -> list[Any]:
    if job.state == "running":
        return [] if job.is_cancelled else [_button("Cancel", "cancel", job)]
    links = []
    if _is_named(job) and (job.state == "done" or job.status):
        links.append(parts.link("Open", run_href(job.scenario, job.run_id), "open"))
    if _is_named(job) and job.state == "done":
        links += [*_with_start(job), *_with_rival(job, rival)]
    return [*links, _button("Take off the list", "forget", job)]


def _with_start(job: Job) -> list[Component]:
    """A link to compare it with the run that it began as, if it began as one.

    Of a rival the run that it was made for is what is asked about: it comes last.
    """
    start, this = str(job.told.get("start")), _run(job)
    if "/" not in start or start == this:
        return []
    if job.told.get("rival_of"):
        words = "Compare with the run it was made for"
        return [parts.link(words, compare_href([this, start]))]
    return [parts.link("Compare with the starting run", compare_href([start, this]))]


def _with_rival(job: Job, rival: Job | None) -> list[Component]:
    """The same scenario under another policy: to start, or to compare with."""
    policy = rival_of(str(job.told.get("policy") or ""))
    if not policy or job.told.get("rival_of") or (rival and rival.state == "running"):
        return []
    if rival is None or rival.state != "done":
        return [_button(f"Run {policy} beside it", "rival", job)]
    words = f"Compare with {rival.told.get('policy')}"
    return [parts.link(words, compare_href([_run(rival), _run(job)]))]


def _is_named(job: Job) -> bool:
    return bool(SCENARIO.fullmatch(job.scenario) and RUN_ID.fullmatch(job.run_id))


def _run(job: Job) -> str:
    return f"{job.scenario}/{job.run_id}"


def _button(words: str, act: str, job: Job) -> Component:
    """Heard by the page's own script: the list is drawn anew every second."""
    label = f"{words}: {job.scenario}, {_when(job)}"
    return html.Button(
        words,
        type="button",
        className="plain",
        **parts.attributes(aria_label=label, data_act=act, data_job=job.job_id),
    )


def _kept(job: Job) -> str:
    done = 100 * float(job.status.get("progress") or 0.0)
    if not job.run_id:
        return "Stopped before anything was simulated."
    if not job.status:
        return "Stopped; another run has taken its folder since."
    return f"Stopped at {done:.0f} %; what was simulated until then is kept."


def _when(job: Job) -> str:
    try:
        return (
            datetime.fromisoformat(str(job.told.get("asked")))
            .astimezone()
            .strftime("%d %b %H:%M:%S")
        )
    except ValueError:
        return ""


def _day(job: Job) -> str:
    """The simulated instant in the scenario's own time."""
    try:
        zone = ZoneInfo(str(job.told.get("timezone") or "UTC"))
        instant = datetime.fromisoformat(str(job.status.get("simulated")))
        return instant.astimezone(zone).strftime("%a %d %b %Y %H:%M")
    except (ValueError, KeyError, OSError):
        return str(job.status.get("simulated"))
