"""What a study's page is made of: its head, how it stands, and its answer's cards."""

from __future__ import annotations

import re
from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import MOST_COMPARED, checked, compare_href
from dashboards.data import Library, StudyFound
from dashboards.desk import Query
from dashboards.study.arrivals import arrivals
from dashboards.study.key_figures import DIFFERENCES, VALUES
from dashboards.study.points import ALL, choice, points_of
from dashboards.study.sections import sections
from dashboards.study.standing import badge, is_over, standing_of, tick_ms, token
from dashboards.study.studies import counted, when
from dashboards.study.trouble_table import trouble_table
from twin.errors import InputError

_WORD = re.compile(r"[^<>\x00-\x1f]{1,200}")


def page_of(library: Library, study: StudyFound, query: Query) -> Component:
    """The page of a study in any state."""
    at = {"name": study.name, "study_id": study.study_id}
    came = arrivals(library, study) if study.state == "running" else []
    return html.Main(
        [
            dcc.Store(id="study-at", data=at),
            dcc.Store(id="study-query", data=_plain(query)),
            dcc.Store(id="study-seen", data=token(study)),
            dcc.Interval(
                id="study-tick", interval=tick_ms(study), disabled=is_over(study)
            ),
            html.Div(head(study), id="study-head", className="studies-head"),
            html.Div(standing_of(study, came), id="study-standing"),
            html.Div(body(study, query), id="study-body"),
        ],
        className="page",
    )


def body(study: StudyFound, query: Query) -> list[Component]:
    """The cards of a study that has an answer; nothing of one that has none."""
    if not study.has_answer:
        return []
    seeds = sorted({row[3] for row in study.runs})
    mine = [one for one in sections() if one.is_in(study)]
    return [
        html.Section(
            parts.waiting("study-answer", "Reading the study …"),
            className="card answer study-answer",
        ),
        *(one.layout(study, query.get(f"{one.key}_pick")) for one in mine),
        _at_point(study, query),
        _troubles(seeds, query),
        _figures(query),
        parts.chart(
            "study-changes",
            "What each variant changes against the baseline",
            "Mean over seeds; whiskers from the lowest to the highest seed.",
            420,
        ),
        parts.chart(
            "study-load",
            "Power at the substation",
            "Local time. Mean over seeds, with a band from the lowest to the "
            "highest; grey: without EVs. Of long runs the week around the peak.",
            420,
        ),
        parts.card(parts.waiting("study-runs", "Opening its runs …"), "Runs"),
        _report(study),
    ]


def _plain(query: Query) -> dict[str, str]:
    """What may be asked for again when the answer comes: words and numbers."""
    return {key: value for key, value in query.items() if _WORD.fullmatch(value)}


def _at_point(study: StudyFound, query: Query) -> Component:
    """What the answer and all that follows is about, where a study has axes."""
    return html.Div(
        [
            html.H2("The runs"),
            html.Div(
                [
                    html.Span("Answer, transformers, figures at:", className="soft"),
                    choice(study, query.get("point")),
                ],
                className="button-row",
            ),
        ],
        className="card-head part-head",
        hidden=not points_of(study).values,
    )


def head(study: StudyFound) -> list[Component]:
    """Its name and state, what it is of, and what can be compared."""
    runs, words = _compared(study)
    link = [parts.link(words, compare_href(runs), "act")] if len(runs) > 1 else []
    about: list[Component | str] = [html.Code(study.study_id)]
    if study.has_answer:
        base = html.B(str(study.record.get("baseline") or "none given"))
        about = [f"{when(study)} · {counted(study)} · baseline ", base, " · ", *about]
    name: list[Component | str] = [f"Study {study.name} ", *badge(study)]
    return [parts.title(name, about), html.Div(link)]


def _compared(study: StudyFound) -> tuple[list[str], str]:
    """Runs of the first seed at the usual point that are there, and what to call it."""
    points = points_of(study)
    labels = points.labels("")
    first = min((row[3] for row in study.runs), default=0)
    same = (
        row
        for row in study.runs
        if row[3] == first and row[0] in labels and _is_there(study, *row)
    )
    mine = list(dict.fromkeys(f"{row[1]}/{row[2]}" for row in same))
    more = f" (first {MOST_COMPARED})" if len(mine) > MOST_COMPARED else ""
    at = "" if points.usual == ALL else f", {points.words(points.usual)}"
    return mine[:MOST_COMPARED], f"Compare these, seed {first}{at}{more}"


def _is_there(study: StudyFound, _: str, scenario: str, run_id: str, __: int) -> bool:
    try:
        name, of = checked(scenario, run_id)
    except InputError:
        return False
    return (study.path.parents[2] / name / of).is_dir()


def _troubles(seeds: Sequence[int], query: Query) -> Component:
    names = [str(seed) for seed in seeds] or [""]
    pick = dmc.Select(
        id="study-seed",
        data=[{"value": one, "label": f"seed {one}"} for one in names],
        value=parts.one_of(names, query.get("seed")),
        allowDeselect=False,
        size="xs",
        w=110,
        **parts.labelled("Seed whose runs are shown"),
    )
    return html.Section(
        [
            html.Header(
                [
                    html.H2("Transformers, the most loaded first"),
                    html.Div(
                        [pick, parts.table_csv("study-troubles")],
                        className="button-row",
                    ),
                ],
                className="card-head",
            ),
            parts.waiting("study-troubles-words", "Reading the loadings …"),
            trouble_table(),
            html.P(
                "Highest loading in per cent of the normal rating, and when (local "
                "time), the most loaded first. Click a value to see that transformer "
                "in that run: its course, and who is behind it.",
                className="caption",
            ),
        ],
        className="card",
    )


def _figures(query: Query) -> Component:
    shown = parts.choice(
        "study-figures",
        [(VALUES, "Values"), (DIFFERENCES, "Differences")],
        parts.one_of((VALUES, DIFFERENCES), query.get("figures")),
        "What the table shows",
    )
    return html.Section(
        [
            html.Header([html.H2("Key figures"), shown], className="card-head"),
            parts.waiting("study-figures-table", "Reading the figures …"),
        ],
        className="card",
    )


def _report(study: StudyFound) -> Component:
    report = study.path / "report.html"
    if report.is_file():
        said = ["A report of this study that can be sent on lies at ", str(report)]
    else:
        said = [
            "A report of this study that can be sent on is made by ",
            f"twin report {study.path}",
        ]
    return html.P([said[0], html.Code(said[1]), "."], className="caption")
