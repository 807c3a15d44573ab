"""The door: the newest study's answer, every run, notes, and what was thrown away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts
from dashboards.address import MOST_COMPARED, checked, compare_href, whatif_href
from dashboards.desk import Desk, Query
from dashboards.runs.card import nothing, runs_card, throw_modal
from dashboards.runs.listing import Listing, Row
from dashboards.runs.notes import write_note
from dashboards.runs.trash import restore, throw_away, thrown
from dashboards.runs.trash_bin import bin_of, words_of
from dashboards.runs.verdict import verdict
from dashboards.study.studies import answer, inside, latest, seen_of, under_way
from twin.errors import InputError

Picked = Sequence[Mapping[str, Any]] | None


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    listing = Listing(desk.library)
    desk.page("runs", "Runs", "/", lambda **query: _layout(desk, query), order=10)
    desk.remember("runs", "search.value", "state.value", "sort.data")
    desk.clientside(
        "quickFilter",
        Output("runs-table", "dashGridOptions"),
        Input("runs-search", "value"),
        State("runs-table", "dashGridOptions"),
    )
    desk.clientside(
        "order",
        Output("runs-sort", "data"),
        Input("runs-table", "columnState"),
        prevent_initial_call=True,
    )
    _register_rows(desk, listing)
    _register_notes(desk)
    _register_verify(desk)
    _register_trash(desk)

    _register_studies(desk)

    @desk.callback(Output("runs-answer", "children"), Input("runs-study", "data"))
    def tell(at: Mapping[str, str]) -> list[Component]:
        return answer(desk.library, at["name"], at["study_id"])


def _register_studies(desk: Desk) -> None:
    @desk.callback(
        Output("runs-studies-running", "children"),
        Output("runs-studies", "children"),
        Output("runs-study-seen", "data"),
        Output("runs-study-tick", "disabled"),
        Input("runs-study-tick", "n_intervals"),
        State("runs-study-seen", "data"),
        prevent_initial_call=True,
    )
    def watch(_: int, seen: str) -> tuple[Any, ...]:
        studies = desk.library.studies()
        running = any(one.state == "running" for one in studies)
        if seen_of(studies) == seen:
            return under_way(studies), no_update, no_update, not running
        return no_update, inside(studies), seen_of(studies), not running


def _register_rows(desk: Desk, listing: Listing) -> None:
    @desk.callback(
        Output("runs-table", "rowData"),
        Output("runs-tick", "disabled"),
        Output("runs-count", "children"),
        Output("runs-notes-told", "children"),
        Output("runs-seen", "data"),
        Output("runs-none", "hidden"),
        Output("runs-some", "className"),
        Input("runs-tick", "n_intervals"),
        Input("runs-changed", "data"),
        Input("runs-state", "value"),
        State("runs-seen", "data"),
    )
    def fill(_: object, __: object, state: str | None, seen: object) -> tuple[Any, ...]:
        every = listing.rows()
        shown = [row for row in every if not state or row["state"] == state]
        seen_now = str(hash(repr(shown)))
        if ctx.triggered_id == "runs-tick" and seen_now == seen:
            raise PreventUpdate
        problem = listing.notes()[1]
        told = parts.notice(problem, "warning", "Notes") if problem else None
        at_work = [row["state"] for row in every]
        at_work += [one.state for one in desk.library.studies()]
        running = "running" in at_work
        some = bool(every)
        words = counted(every, shown)
        return shown, not running, words, told, seen_now, some, _away(not some)

    @desk.callback(
        Output("runs-compare", "children"),
        Output("runs-verify", "disabled"),
        Output("runs-throw", "disabled"),
        Input("runs-table", "selectedRows"),
    )
    def offer(picked: Picked) -> tuple[Component, bool, bool]:
        runs = names_of(picked)
        return offered(runs), len(runs) != 1, not runs


def _register_notes(desk: Desk) -> None:
    @desk.callback(
        Output("runs-changed", "data", allow_duplicate=True),
        Output("runs-told", "children", allow_duplicate=True),
        Input("runs-table", "cellValueChanged"),
        State("runs-changed", "data"),
        prevent_initial_call=True,
    )
    def note(changes: Picked, count: int) -> tuple[int, Component | None]:
        edited = [one for one in changes or () if one.get("colId") == "note"]
        try:
            for one in edited:
                row = one.get("data") or {}
                write_note(
                    desk.library.results,
                    row.get("scenario"),
                    row.get("run_id"),
                    row.get("note") or "",
                    (one["oldValue"] or "") if "oldValue" in one else None,
                )
        except InputError as error:
            return count + 1, desk.error(error)
        return count + 1, None


def _register_verify(desk: Desk) -> None:
    @desk.callback(
        Output("runs-told", "children", allow_duplicate=True),
        Input("runs-verify", "n_clicks"),
        State("runs-table", "selectedRows"),
        running=[
            (Output("runs-verify", "disabled"), True, False),
            (Output("runs-verify", "children"), "Verifying …", "Verify checksums"),
        ],
        prevent_initial_call=True,
    )
    def check(_: int, picked: Picked) -> Component:
        scenario, run_id, folder = _folders(picked)[0]
        return verdict(desk.library.results / scenario / folder, scenario, run_id)


def _register_trash(desk: Desk) -> None:
    results = desk.library.results

    @desk.callback(
        Output("runs-throw-modal", "opened", allow_duplicate=True),
        Output("runs-throw-words", "children"),
        Input("runs-throw", "n_clicks"),
        State("runs-table", "selectedRows"),
        prevent_initial_call=True,
    )
    def ask(_: int, picked: Picked) -> tuple[bool, list[Component]]:
        return True, words_of(picked or ())

    @desk.callback(
        Output("runs-throw-modal", "opened", allow_duplicate=True),
        Input("runs-throw-no", "n_clicks"),
        prevent_initial_call=True,
    )
    def leave(_: int) -> bool:
        return False

    @desk.callback(
        Output("runs-throw-modal", "opened", allow_duplicate=True),
        Output("runs-changed", "data", allow_duplicate=True),
        Output("runs-told", "children", allow_duplicate=True),
        Output("runs-table", "selectedRows"),
        Input("runs-throw-yes", "n_clicks"),
        State("runs-table", "selectedRows"),
        State("runs-changed", "data"),
        prevent_initial_call=True,
    )
    def throw(_: int, picked: Picked, count: int) -> tuple[Any, ...]:
        done, refused = [], []
        for scenario, run_id, folder in _folders(picked):
            try:
                throw_away(results, scenario, folder)
                done.append(f"{scenario}/{run_id}")
            except InputError as error:
                refused.append(desk.error(error))
        said = [parts.notice(f"Moved to the trash: {', '.join(done)}.")] if done else []
        return False, count + 1, html.Div([*said, *refused]), []

    @desk.callback(
        Output("runs-changed", "data", allow_duplicate=True),
        Output("runs-told", "children", allow_duplicate=True),
        Input({"type": "runs-restore", "scenario": ALL, "entry": ALL}, "n_clicks"),
        State("runs-changed", "data"),
        prevent_initial_call=True,
    )
    def take_back(clicks: Sequence[int], count: int) -> tuple[int, Component]:
        asked = ctx.triggered_id
        if not any(clicks) or not isinstance(asked, Mapping):
            raise PreventUpdate
        try:
            path = restore(results, asked.get("scenario"), asked.get("entry"))
        except InputError as error:
            return count + 1, desk.error(error)
        return count + 1, parts.notice(f"Restored: {path.parent.name}/{path.name}.")

    @desk.callback(Output("runs-trash", "children"), Input("runs-changed", "data"))
    def trash(_: int) -> Component | None:
        return bin_of(results, thrown(results))


def names_of(picked: Picked) -> list[str]:
    """The runs that are selected and that an address can name, each once."""
    runs = [f"{scenario}/{run_id}" for scenario, run_id, _ in _folders(picked)]
    return list(dict.fromkeys(runs))


def counted(every: Sequence[Row], shown: Sequence[Row]) -> str:
    """How many runs there are, and how many of them are shown."""
    words = f"{len(every)} run" + "s" * (len(every) != 1)
    return words if len(every) == len(shown) else f"{len(shown)} of {words}"


def offered(runs: Sequence[str]) -> Component:
    """What can be done with the selected runs that needs another page."""
    if not runs:
        return html.Span("Select runs to compare, verify or remove", className="soft")
    if len(runs) == 1:
        scenario, run_id = runs[0].split("/")
        return parts.link(
            "What if … from this run", whatif_href(scenario, run_id), "act"
        )
    if len(runs) > MOST_COMPARED:
        return html.Span(
            f"{len(runs)} selected; up to {MOST_COMPARED} can be compared",
            className="soft",
        )
    return parts.link(f"Compare {len(runs)} runs", compare_href(runs), "act main")


def _folders(picked: Picked) -> list[tuple[str, str, str]]:
    """Scenario, run id and folder of the selected rows, as far as they can be."""
    found = []
    for row in picked or ():
        folder = str(row.get("folder"))
        try:
            name, run_id = checked(row.get("scenario"), folder.removesuffix(".part"))
        except InputError:
            continue
        found.append((name, run_id, folder))
    return found


def _away(is_away: bool) -> str:
    """A table that is hidden cannot measure its columns: it is put out of sight."""
    return "away" if is_away else ""


def _layout(desk: Desk, query: Query) -> Component:
    every, studies = desk.library.found(), desk.library.studies()
    head = parts.title(
        "Runs and studies", "Figures are of the whole run; select runs to compare them."
    )
    hidden = [
        dcc.Store(id="runs-changed", data=0),
        dcc.Store(id="runs-sort", data=query.get("sort", "")),
        dcc.Store(id="runs-seen"),
    ]
    inner = [latest(studies)] if studies else []
    return html.Main(
        [
            *hidden,
            head,
            *inner,
            html.Div(nothing(), id="runs-none", hidden=bool(every)),
            html.Div(
                runs_card(query, len(every)), id="runs-some", className=_away(not every)
            ),
            html.Div(id="runs-trash"),
            throw_modal(),
        ],
        className="page",
    )
