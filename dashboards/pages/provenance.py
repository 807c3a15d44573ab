"""Where a run's numbers come from: question, inputs, code, checks, files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts
from dashboards.desk import Desk, Query
from dashboards.overview import origin
from dashboards.overview.origin import scalar, section
from twin.analysis.case import Case
from twin.results.durable import plain

At = Mapping[str, str]
Rows = list[tuple[str, Component | str | None]]


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page("provenance", "Provenance", 90, _body)

    @desk.callback(
        Output("provenance-wall", "figure"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def wall(at: At, scheme: str | None) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        return origin.wall_times(desk.case(at), scheme)

    @desk.callback(
        Output("provenance-download", "data"),
        Input("provenance-yaml", "n_clicks"),
        Input("provenance-json", "n_clicks"),
        State("at", "data"),
        prevent_initial_call=True,
    )
    def download(_yaml: int | None, _json: int | None, at: At) -> dict[str, Any]:
        case = desk.case(at)
        if ctx.triggered_id == "provenance-json":
            words = json.dumps(plain(case.run.record), indent=2, ensure_ascii=False)
            return {"content": words + "\n", "filename": f"{case.run.run_id}.json"}
        return {"content": origin.scenario_file(case), "filename": file_name(case)}


def file_name(case: Case) -> str:
    """What the scenario is saved as."""
    return f"{case.run.path.parent.name}.yaml"


def _body(case: Case, query: Query) -> Component:
    return html.Div(
        [
            _unfinished(case),
            html.Div([_run_card(case), _repeat_card(case)], className="columns"),
            html.Div([_audit_card(case), _balance_card(case)], className="columns"),
            _failed_card(case),
            _noted_card(case),
            _scenario_card(case),
            html.Div([_versions_card(case), _counts_card(case)], className="columns"),
            parts.chart("provenance-wall", "Wall time by stage", height=260),
            _files_card(case, "inputs", "Input files"),
            _files_card(case, "outputs", "Output files"),
            dcc.Download(id="provenance-download"),
        ],
        className="provenance",
    )


def _unfinished(case: Case) -> Component | None:
    if case.run.is_complete:
        return None
    return parts.notice(
        f"This run is {case.run.status}: what is known only at its end (audit, "
        "balance, totals) may be missing.",
        "warning",
    )


def _run_card(case: Case) -> Component:
    feeder, time = section(case, "feeder"), case.scenario.get("time") or {}
    rows = [
        ("Run", html.Code(f"{case.run.path.parent.name}/{case.run.run_id}")),
        ("Status", parts.state(case.run.status)),
        ("Seed", str(case.seed)),
        ("Policy", case.policy),
        ("Feeder", f"{scalar(feeder.get('name'))} ({scalar(feeder.get('source'))})"),
        (
            "Time",
            f"{case.days:g} days from {scalar(time.get('start'))}, steps of "
            f"{60 * case.step_h:g} min, {case.zone}",
        ),
        ("Limits", _limits(case)),
        ("Record's schema", scalar(case.run.record.get("schema"))),
        ("Folder", html.Code(str(case.run.path))),
    ]
    return parts.card(parts.facts(rows), "This run", "provenance-run")


def _repeat_card(case: Case) -> Component:
    name = file_name(case)
    command, own = f"twin run {name}", origin.own_files(case)
    return parts.card(
        [
            html.P(
                "Save the scenario, then run it. The same question with the same data "
                "and the same code has the same id: its folder is printed at once, "
                "and --force does it again. Changed code gets a folder of its own."
            ),
            html.Div(
                [
                    html.Button(
                        f"Save {name}",
                        id="provenance-yaml",
                        type="button",
                        className="plain",
                    ),
                    html.Button(
                        "Save the whole record (JSON)",
                        id="provenance-json",
                        type="button",
                        className="plain",
                    ),
                ],
                className="tools",
            ),
            _copied("provenance-command", command),
            *([html.P(_beside(own))] if own else []),
            html.P("To check that every file is as it was written:"),
            _copied("provenance-verify", f"twin verify {case.run.path}"),
            html.P(
                ["or “verify” on the page ", parts.link("Runs", "/"), "."],
                className="caption",
            ),
        ],
        "Do it again",
        "provenance-repeat",
    )


def _beside(own: Sequence[str]) -> str:
    return (
        f"It names files of its own: {', '.join(own)}. Put them beside it; their "
        "checksums are among the input files below."
    )


def _audit_card(case: Case) -> Component:
    audit = section(case, "audit")
    if not audit:
        return parts.card(
            html.P("No audit is recorded: the run did not come to its end."),
            "Audit",
            "provenance-audit",
        )
    steps = audit.get("steps") if isinstance(audit.get("steps"), list) else []
    unsolved = audit.get("unsolved_by_reference") or []
    rows: Rows = [
        ("Solved again by", scalar(audit.get("engine"))),
        (
            "Largest difference",
            _agreement(audit.get("largest_difference_pu"), audit.get("rounding_pu")),
        ),
        ("It was at", origin.local_of(case, audit.get("largest_at"))),
        ("Its node", scalar(audit.get("largest_where"))),
        ("Loosest tolerance", _tolerance(audit)),
        ("Not solved by it", str(len(unsolved)) if unsolved else "none"),
    ]
    table = _table(
        ("local time", "why this step"),
        [
            (origin.local_of(case, one.get("time")), scalar(one.get("reason")))
            for one in steps or []
            if isinstance(one, Mapping)
        ],
    )
    return parts.card(
        [
            parts.facts(rows),
            _opens(f"The {len(steps or [])} steps that were solved again", table),
        ],
        "Audit",
        "provenance-audit",
    )


def _tolerance(audit: Mapping[str, Any]) -> str:
    """In the unit of the engine that solved the steps again."""
    if audit.get("loosest_tolerance_mva") is None and audit.get("tolerance_pu"):
        return _unit(audit.get("tolerance_pu"), "pu")
    return _unit(audit.get("loosest_tolerance_mva"), "MVA")


def _balance_card(case: Case) -> Component:
    balance, worst = section(case, "balance"), origin.worst_residual(case)
    recorded = balance.get("largest_relative_residual")
    rows: Rows = [
        ("Largest residual, recorded", _closing(recorded)),
        (
            "Worst interval",
            "not known"
            if worst is None
            else f"{origin.local_of(case, worst.time.isoformat())}: {worst.kw:.2e} kW, "
            f"{worst.share:.1e} of what flows",
        ),
        ("Cars' energy, whole run", _unit(balance.get("fleet_residual_kwh"), "kWh")),
    ]
    return parts.card(
        [
            parts.facts(rows),
            html.P(
                "Power from the source, against loads, PV, cars and losses. Losses "
                "come from branch currents and the source from its own row: two "
                "independent numbers, so the balance could fail.",
                className="caption",
            ),
        ],
        "Energy balance",
        "provenance-balance",
    )


def _failed_card(case: Case) -> Component:
    count = case.steps_failed
    if not count:
        words = f"None: all {case.steps.height:,} steps have a power flow solution."
        return parts.card(html.P(words), "Steps that failed", "provenance-failed")
    times = origin.failed_steps(case)
    more = f" The first {len(times)} are listed." if count > len(times) else ""
    return parts.card(
        [
            html.P(
                f"{count:,} of {case.steps.height:,} steps have no power flow "
                f"solution: voltages unknown, peaks are lower bounds.{more}"
            ),
            _opens(
                "When (local time)",
                html.Ul([html.Li(one) for one in times], className="many"),
            ),
        ],
        "Steps that failed",
        "provenance-failed",
    )


def _noted_card(case: Case) -> Component:
    warned, noted = origin.warnings_of(case), origin.notes_of(case)
    return parts.card(
        [
            *([html.H3("Warnings"), _list(warned)] if warned else []),
            *([html.H3("Notes on data and model"), _list(noted)] if noted else []),
            *([] if warned or noted else [html.P("Nothing was noted.")]),
        ],
        "What the run warned of and noted",
        "provenance-noted",
    )


def _scenario_card(case: Case) -> Component:
    words = origin.scenario_file(case)
    rooms = [
        html.Section(
            [html.H3(key), parts.facts([(k, v) for k, v in origin.leaves(value)])]
        )
        for key, value in case.scenario.items()
        if isinstance(value, Mapping) and value
    ]
    return parts.card(
        [
            html.P(
                "Every key with the value that was used, defaults filled in; a dash: "
                "left to the default or not used.",
                className="caption",
            ),
            html.Div(rooms, className="rooms"),
            _opens("As a file (YAML)", _copied("provenance-source", words)),
        ],
        "The scenario as resolved",
        "provenance-scenario",
    )


def _versions_card(case: Case) -> Component:
    rows = origin.leaves(section(case, "versions"))
    said: Component = parts.facts(rows) if rows else html.P("Not recorded.")
    return parts.card(said, "Versions", "provenance-versions")


def _counts_card(case: Case) -> Component:
    counts = section(case, "counts").items()
    rows = [
        (str(key).replace("_", " "), f"{value:,}")
        for key, value in counts
        if isinstance(value, int | float)
    ]
    said: Component = parts.facts(rows) if rows else html.P("Not recorded.")
    return parts.card(said, "Counts", "provenance-counts")


def _files_card(case: Case, key: str, heading: str) -> Component:
    files = section(case, key)
    if not files:
        words = "None is listed: the run did not come to its end."
        return parts.card(html.P(words), heading, f"provenance-{key}")
    own = key == "outputs"
    rows = [
        (name, *([origin.size(case, name)] if own else []), html.Code(str(sha256)))
        for name, sha256 in files.items()
    ]
    head = ("file", "size", "SHA-256") if own else ("file", "SHA-256")
    return parts.card(
        html.Div(_table(head, rows), className="wide"), heading, f"provenance-{key}"
    )


def _limits(case: Case) -> str:
    limits = case.limits
    return (
        f"{limits.standard}: {limits.low_pu:g} to {limits.high_pu:g} pu; outer "
        f"{limits.outer_low_pu:g} to {limits.outer_high_pu:g} pu"
    )


def _agreement(value: object, rounding: object) -> Component:
    """Whether the audit agrees, in words; no nearer than rounding lets it."""
    if not isinstance(value, int | float):
        return html.Span("not recorded")
    own = rounding if isinstance(rounding, int | float) else 0.0
    allowed = max(origin.AGREED_PU, own)
    agrees = value <= allowed
    words = "agrees" if agrees else "more than it should be"
    why = ", rounding on this grid" if own > origin.AGREED_PU else ""
    return html.Span(
        f"{value:.1e} pu ({words}; allowed {allowed:.0e}{why})",
        className="good" if agrees else "bad",
    )


def _closing(value: object) -> Component:
    if not isinstance(value, int | float):
        return html.Span("not recorded")
    closes = value <= origin.CLOSED_SHARE
    words = "closes" if closes else "does not close"
    return html.Span(
        f"{value:.1e} of what flows ({words}; allowed {origin.CLOSED_SHARE:.0e})",
        className="good" if closes else "bad",
    )


def _unit(value: object, unit: str) -> str:
    return f"{value:.1e} {unit}" if isinstance(value, int | float) else "not recorded"


def _copied(key: str, words: str) -> Component:
    """Words to be copied, with a button that does it."""
    return html.Div(
        [
            html.Pre(html.Code(words), id=key),
            html.Button(
                "Copy",
                type="button",
                className="plain copy",
                **parts.attributes(data_copies=key, aria_label=f"Copy {key[11:]}"),
            ),
        ],
        className="copied",
    )


def _opens(heading: str, inner: Component) -> Component:
    return html.Details([html.Summary(heading), inner])


def _list(lines: Sequence[str]) -> Component:
    return html.Ul([html.Li(one) for one in lines])


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Component:
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(one, scope="col") for one in head])),
            html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
        ],
        className="plain texts",
    )
