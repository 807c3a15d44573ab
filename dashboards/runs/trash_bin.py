"""The trash as it is shown: what lies in it, how to take back and how to empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.runs.listing import size_of, written_at
from dashboards.runs.trash import TRASH, Thrown


def bin_of(results: Path, found: Sequence[Thrown]) -> Component | None:
    """What lies in the trash; nothing where it is empty."""
    if not found:
        return None
    sizes = [size_of(one.path) for one in found]
    rows = [_row(*pair) for pair in zip(found, sizes, strict=True)]
    head = html.Tr([html.Th(word) for word in ("Run", "Thrown", "Size [MB]", "")])
    words = (
        "Nothing here is shown anywhere else. Restoring puts a run back where it was. "
        "To empty the trash and free the disk, delete the folder: "
    )
    return parts.card(
        html.Details(
            [
                html.Summary(f"Trash ({len(found)}, {sum(sizes) / 1e6:,.0f} MB)"),
                html.Div(
                    html.Table([html.Thead(head), html.Tbody(rows)], className="plain"),
                    className="scroll",
                ),
                html.P(
                    [words, html.Code(f"rm -r '{results / TRASH}'")],
                    className="caption",
                ),
            ],
            className="trash",
        )
    )


def words_of(picked: Sequence[Mapping[str, Any]]) -> list[Component]:
    """What is asked before runs are moved to the trash."""
    rows = [
        html.Li(
            [
                html.B(str(row.get("label", ""))),
                f", seed {row.get('seed')} – "
                if row.get("seed") is not None
                else " – ",
                html.Code(str(row.get("run", ""))),
                *_held_by(str(row.get("studies") or "")),
            ]
        )
        for row in picked
    ]
    said = (
        "The folder is moved within the results folder and can be restored from the "
        "trash below the table."
    )
    return [html.Ul(rows), html.P(said, className="soft")]


def _held_by(studies: str) -> list[str]:
    return [f": {studies} holds it, and will be shown without it"] if studies else []


def _row(one: Thrown, size: int) -> Component:
    when = written_at(one.instant.timestamp())
    return html.Tr(
        [
            html.Td([one.scenario, "/", html.Code(one.folder)]),
            html.Td(when),
            html.Td(f"{size / 1e6:,.1f}"),
            html.Td(
                html.Button(
                    "Restore",
                    type="button",
                    className="act",
                    n_clicks=0,
                    id={
                        "type": "runs-restore",
                        "scenario": one.scenario,
                        "entry": one.entry,
                    },
                    **parts.labelled(f"Restore {one.scenario}/{one.folder}"),
                )
            ),
        ]
    )
