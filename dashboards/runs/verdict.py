"""What verifying a run's checksums found, file by file."""

from __future__ import annotations

from pathlib import Path

from dash import html
from dash.development.base_component import Component

from dashboards import parts
from twin.errors import InputError
from twin.results.record import Run
from twin.results.verify import verify

AS_WRITTEN = "as written"


def verdict(folder: Path, scenario: str, run_id: str) -> Component:
    """Every file of a run with what its checksum says."""
    try:
        wrong, listed = verify(folder), Run.open(folder).record["outputs"]
    except (InputError, OSError) as error:
        return parts.notice(str(error), "error", f"{scenario}/{run_id} is not whole")
    found = {Path(one.where).relative_to(folder): one.message for one in wrong}
    rows = dict.fromkeys(map(Path, listed), AS_WRITTEN) | found
    count = len(rows)
    if not found:
        heading = f"All {count} files of {scenario}/{run_id} are as they were written"
    else:
        heading = f"{len(found)} of {count} files of {scenario}/{run_id} are not right"
    return parts.notice(
        html.Details(
            [html.Summary("File by file"), _table(folder, rows)], open=bool(found)
        ),
        "error" if found else "info",
        heading,
    )


def _table(folder: Path, rows: dict[Path, str]) -> Component:
    body = [
        html.Tr(
            [
                html.Td(str(name)),
                html.Td(f"{_megabytes(folder / name):,.2f} MB"),
                html.Td(words, className="" if words == AS_WRITTEN else "bad"),
            ]
        )
        for name, words in rows.items()
    ]
    return html.Table(html.Tbody(body), className="plain files")


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6 if path.is_file() else 0.0
