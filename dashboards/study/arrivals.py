"""Runs that came in last while a study runs, and those that are under way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import RUN_ID, SCENARIO, run_href
from dashboards.data import Library, StudyFound
from dashboards.runs.listing import written_at
from twin.analysis.labels import labels
from twin.errors import InputError
from twin.results.record import RUN_FILE, STATUS_FILE, read_status

MOST = 6


@dataclass(frozen=True)
class Arrival:
    """A run that is done, or how far it is."""

    scenario: str
    run_id: str
    label: str
    when: str

    def line(self) -> list[Component | str]:
        """Its link, and when it came."""
        link = parts.link(html.Code(self.run_id), run_href(self.scenario, self.run_id))
        return [link, html.Span(self.label), html.Span(self.when, className="soft")]


def arrivals(library: Library, study: StudyFound) -> list[Arrival]:
    """The newest runs since a study began, those under way first."""
    known = {(name, of): f"{label}, seed {s}" for label, name, of, s in study.runs}
    began = _age(_lock(study))
    found = [
        *_aged(library.results, f"*.part/{STATUS_FILE}", began),
        *_aged(library.results, f"*/{RUN_FILE}", began),
    ]
    return [
        Arrival(
            folder.parent.name,
            _id(folder),
            known.get((folder.parent.name, _id(folder))) or _label(library, folder),
            _when(folder, age),
        )
        for age, folder in found
    ]


def _aged(results: Path, pattern: str, began: float) -> list[tuple[float, Path]]:
    """The newest folders with such a file since then; a name that cannot be is not."""
    files = [(_age(path), path.parent) for path in results.glob(f"*/{pattern}")]
    usable = [
        (age, folder)
        for age, folder in files
        if age >= began and _is_usable(results, folder)
    ]
    return sorted(usable, key=lambda one: (-one[0], one[1]))[:MOST]


def _is_usable(results: Path, folder: Path) -> bool:
    if not folder.resolve().is_relative_to(results):
        return False
    named = SCENARIO.fullmatch(folder.parent.name) and RUN_ID.fullmatch(_id(folder))
    if folder.suffix == ".part":
        return bool(named) and read_status(folder).get("state") == "running"
    return bool(named)


def _label(library: Library, folder: Path) -> str:
    if folder.suffix == ".part":
        return folder.parent.name
    try:
        run = library.run(folder.parent.name, folder.name)
        return f"{labels([run])[0]}, seed {run.record.get('seed')}"
    except InputError:
        return folder.parent.name


def _when(folder: Path, age: float) -> str:
    if folder.suffix != ".part":
        return f"done {written_at(age)}"
    share = read_status(folder).get("progress")
    far = f"{100 * share:.0f} %" if isinstance(share, int | float) else "begun"
    return f"under way: {far}"


def _lock(study: StudyFound) -> Path:
    """Taken anew whenever the study is begun, so its age is the study's."""
    name = f"study.{study.name}.{study.study_id}.lock"
    return study.path.parents[2] / ".locks" / name


def _id(folder: Path) -> str:
    return folder.name.removesuffix(".part")


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
