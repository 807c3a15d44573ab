"""A study: its answer in words, transformers in trouble, key figures, its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.address import MOST_COMPARED, checked, compare_href
from dashboards.data import Library, StudyFound
from dashboards.desk import Desk, Query
from dashboards.runs.listing import Listing
from dashboards.study.key_figures import DIFFERENCES, VALUES, key_figures
from dashboards.study.recorded import StudyOpened, opened, study_of
from dashboards.study.runs import runs_of
from dashboards.study.studies import answer, counted, when
from dashboards.study.trouble import Trouble, Variant, rows, summary, troubles
from dashboards.study.trouble_table import columns, style, trouble_table
from twin.analysis.load_figures import changes, substation_load
from twin.errors import InputError

MOST_VARIANTS = 8
ALL_GONE = "None of this study's runs can be opened: run the study again."
At = Mapping[str, str]
_AT = Input("study-at", "data")
_SCHEME = Input("scheme", "data")


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    library = desk.library

    def layout(name: str = "", study_id: str = "", **query: str) -> Component:
        return _layout(study_of(library, name, study_id), query)

    desk.page("study", "Study", "/study/<name>/<study_id>", layout)
    desk.remember("study", "figures.value", "seed.value")

    @desk.callback(Output("study-answer", "children"), _AT)
    def tell(at: At) -> list[Component]:
        return answer(library, at["name"], at["study_id"])

    @desk.callback(
        Output("study-troubles", "rowData"),
        Output("study-troubles", "columnDefs"),
        Output("study-troubles", "style"),
        Output("study-troubles-words", "children"),
        _AT,
        Input("study-seed", "value"),
    )
    def trouble(at: At, seed: str) -> tuple[Any, ...]:
        study = study_of(library, at["name"], at["study_id"])
        variants = variants_of(library, study, seed)
        found = troubles(variants)
        words = trouble_words(found, variants, len(study.runs))
        heads = columns([one.label for one in variants])
        return rows(found, variants), heads, style(len(found)), words

    @desk.callback(
        Output("study-figures-table", "children"),
        _AT,
        Input("study-figures", "value"),
    )
    def figures(at: At, shown: str) -> Component:
        comparison = opened(library, at["name"], at["study_id"]).comparison
        if comparison is None:
            return parts.notice(ALL_GONE, "warning")
        return key_figures(comparison, parts.one_of((VALUES, DIFFERENCES), shown))

    _register_pictures(library, desk)

    @desk.callback(Output("study-runs", "children"), _AT)
    def list_runs(at: At) -> Component:
        notes = Listing(library).notes()[0]
        return runs_of(opened(library, at["name"], at["study_id"]), notes)


def _register_pictures(library: Library, desk: Desk) -> None:
    @desk.callback(
        Output("study-changes", "figure"),
        Output("study-changes", "style"),
        _AT,
        _SCHEME,
    )
    def change(at: At, scheme: str | None) -> tuple[go.Figure, dict[str, str]]:
        if scheme is None:
            raise PreventUpdate
        figure = pictured(opened(library, **_named(at)), "changes", scheme)
        return figure, {"height": f"{int(figure.layout.height)}px"}

    @desk.callback(Output("study-load", "figure"), _AT, _SCHEME)
    def load(at: At, scheme: str | None) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        return pictured(opened(library, **_named(at)), "load", scheme)


def pictured(study: StudyOpened, which: str, scheme: str) -> go.Figure:
    """One of the report's figures on the dashboard's ground, or why there is none."""
    if study.comparison is None:
        return theme.gap(ALL_GONE, scheme)
    make = {"changes": changes, "load": substation_load}[which]
    figure = make(study.comparison)
    if figure is None:
        return theme.gap(_GAPS[which], scheme)
    return theme.recoloured(figure, scheme)


_GAPS = {
    "changes": "Nothing differs between the variants, or there is only one.",
    "load": "No step has a solution: the substation's power is not known.",
}


def variants_of(library: Library, study: StudyFound, seed: str) -> list[Variant]:
    """The runs of one seed, one a variant; those that cannot be opened are left out."""
    found: dict[str, Variant] = {}
    for label, scenario, run_id, of in study.runs:
        if str(of) == seed and label not in found and len(found) < MOST_VARIANTS:
            try:
                case = library.case(scenario, run_id)
                found[label] = Variant(label, scenario, run_id, case)
            except InputError:
                continue
    return list(found.values())


def trouble_words(
    found: Sequence[Trouble], variants: Sequence[Variant], n_runs: int
) -> list[Component]:
    """What the table of transformers says, or why it is empty."""
    if not variants:
        return [parts.notice(ALL_GONE if n_runs else "It has no runs.", "warning")]
    if not found:
        return [parts.notice(_why_empty(variants), "info")]
    first, *rest = summary(found, variants)
    link = parts.link("Look at it", found[0].worst.href)
    return [html.P([first, " ", link]), *(html.P(line) for line in rest if line)]


def _why_empty(variants: Sequence[Variant]) -> str:
    if not any(one.case.transformers.height for one in variants):
        return "This feeder has no transformer of its own."
    if all(one.case.is_unsolved for one in variants):
        return "No step has a solution: loadings are not known."
    return "These runs recorded no loadings (output.level)."


def _layout(study: StudyFound, query: Query) -> Component:
    seeds = sorted({row[3] for row in study.runs})
    return html.Main(
        [
            dcc.Store(
                id="study-at", data={"name": study.name, "study_id": study.study_id}
            ),
            _head(study),
            html.Section(
                _waiting("study-answer", "Reading the study …"),
                className="card answer study-answer",
            ),
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
            parts.card(_waiting("study-runs", "Opening its runs …"), "Runs"),
            _report(study),
        ],
        className="page",
    )


def _head(study: StudyFound) -> Component:
    first = min((row[3] for row in study.runs), default=0)
    same = (row for row in study.runs if row[3] == first and _is_there(study, *row))
    mine = dict.fromkeys(f"{row[1]}/{row[2]}" for row in same)
    runs = list(mine)[:MOST_COMPARED]
    more = f" (first {MOST_COMPARED})" if len(mine) > MOST_COMPARED else ""
    words = f"Compare these, seed {first}{more}"
    link = [parts.link(words, compare_href(runs), "act")] if len(runs) > 1 else []
    about = [
        f"{when(study)} · {counted(study)} · baseline ",
        html.B(str(study.record.get("baseline") or "none given")),
        " · ",
        html.Code(study.study_id),
    ]
    return html.Div(
        [parts.title(f"Study {study.name}", about), html.Div(link)],
        className="studies-head",
    )


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
            _waiting("study-troubles-words", "Reading the loadings …"),
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
            _waiting("study-figures-table", "Reading the figures …"),
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


def _waiting(key: str, words: str) -> Component:
    return dcc.Loading(
        html.Div(html.P(words, className="soft"), id=key),
        delay_show=300,
        type="dot",
        color="var(--accent)",
        overlay_style={"visibility": "visible", "opacity": 0.45},
    )


def _named(at: At) -> dict[str, str]:
    return {"name": at["name"], "study_id": at["study_id"]}
