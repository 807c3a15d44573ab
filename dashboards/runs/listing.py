"""The rows of the table of runs: what each is, its figures, its size, its note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from dashboards.address import run_href
from dashboards.data import Library, StudyFound, is_named
from dashboards.runs.notes import notes
from twin.analysis.case import Case
from twin.analysis.metrics import headline_of
from twin.analysis.study import STUDY_FILE
from twin.errors import InputError
from twin.results.record import RUN_FILE, STATUS_FILE, Found, Run

Figures = Mapping[str, Any]
Row = dict[str, Any]
NOTHING: Figures = {}
FROM_STUDY, FROM_RUN, FROM_STEPS = "study", "run", "steps"
WIDE_TABLES = ("voltages", "loadings")
_DIED = "its process ended before the run did; run it again"


@dataclass(frozen=True)
class Place:
    """Where studies hold a run: the label in the newest one, and all their names."""

    label: str
    studies: tuple[str, ...]
    figures: Figures
    written: int
    order: int


class Listing:
    """The table of runs. What a finished run or study says is read once and kept."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._facts: dict[tuple[Path, int], Row] = {}
        self._figures: dict[tuple[Path, int], Mapping[str, Figures]] = {}

    def rows(self) -> list[Row]:
        """One row a run's folder, the newest first, whatever its state."""
        places = self._places()
        written = self.notes()[0]
        found = self._library.found()
        facts = {key: self._facts_of(*key) for key in map(_key, found)}
        self._facts = facts
        rows = [
            self._row(one, facts[_key(one)], places.get(_name(one)), written)
            for one in found
        ]
        return sorted(rows, key=lambda row: _rank(row, places.get(row["run"])))

    def notes(self) -> tuple[Mapping[str, str], str]:
        """Notes by run; and in words why there are none, if they cannot be read."""
        try:
            return notes(self._library.results), ""
        except InputError as error:
            return {}, str(error)

    def _row(
        self, one: Found, facts: Row, place: Place | None, written: Mapping[str, str]
    ) -> Row:
        name = _name(one)
        known = is_named(one)
        figures, source = self._answers(one, place, facts)
        return {
            "key": f"{one.scenario}/{one.path.name}",
            "run": name,
            "scenario": one.scenario,
            "run_id": one.run_id,
            "folder": one.path.name,
            "href": run_href(one.scenario, one.run_id) if known else "",
            "label": place.label if place else facts["policy"] or one.scenario,
            "under": _under(one, place, facts),
            "studies": ", ".join(place.studies) if place else "",
            "state": one.state,
            "progress": one.progress,
            "message": self._message(one, known),
            "note": written.get(name, "") if known else "",
            "figures": source,
            **{key: facts[key] for key in _FACTS},
            "cars": _number(figures.get("n_ev", facts["cars"])),
            **_shown(figures),
        }

    def _message(self, one: Found, known: bool) -> str:
        words = one.message or (_DIED if one.state == "died" else "")
        words = words.replace(f"{self._library.results}/", "")
        if known:
            return words
        return "; ".join(filter(None, (words, "no address can hold this name")))

    def _answers(
        self, one: Found, place: Place | None, facts: Row
    ) -> tuple[Figures, str]:
        """A run's figures and where they are from, without reading its wide tables."""
        if one.state in ("unreadable", "running"):
            return NOTHING, ""
        if place is not None and place.figures and not one.path.name.endswith(".part"):
            return place.figures, FROM_STUDY
        opened = self._library.opened(one.path)
        if opened is not None and all(name in vars(opened) for name in WIDE_TABLES):
            return headline_of(opened), FROM_RUN
        return facts["steps"], FROM_STEPS if facts["steps"] else ""

    def _places(self) -> dict[str, Place]:
        """By run, as the newest study that holds it names it."""
        found: dict[str, Place] = {}
        studies = self._library.studies()
        self._figures = {
            (one.path, _age(one.path / STUDY_FILE)): self._figures_of(one)
            for one in studies
        }
        tables = list(self._figures.values())
        for study, table in zip(studies, tables, strict=True):
            written = _age(study.path / STUDY_FILE)
            for order, (label, scenario, run_id, _) in enumerate(study.runs):
                name, figures = f"{scenario}/{run_id}", table.get(run_id, NOTHING)
                known = found.get(name) or Place(label, (), figures, written, order)
                names = tuple(dict.fromkeys((*known.studies, study.name)))
                found[name] = replace(known, studies=names)
        return found

    def _figures_of(self, study: StudyFound) -> Mapping[str, Figures]:
        key = (study.path, _age(study.path / STUDY_FILE))
        kept = self._figures.get(key)
        return figures_of_study(study.path) if kept is None else kept

    def _facts_of(self, folder: Path, age: int) -> Row:
        kept = self._facts.get((folder, age))
        if kept is not None and not folder.name.endswith(".part"):
            return kept
        return facts_of(folder)


def figures_of_study(folder: Path) -> Mapping[str, Figures]:
    """Headline figures by run id, as the study's own table holds them."""
    try:
        frame = pl.read_parquet(folder / "study.parquet", glob=False)
    except (OSError, pl.exceptions.PolarsError):
        return {}
    if "run_id" not in frame.columns:
        return {}
    return {str(row["run_id"]): row for row in frame.iter_rows(named=True)}


def facts_of(folder: Path) -> Row:
    """What a run's record says of it; blanks where it cannot be read."""
    age = _age(folder / RUN_FILE) or _age(folder / STATUS_FILE)
    created = written_at(age / 1e9) if age else ""
    about = {"created": created, "age": age, "size_mb": size_of(folder) / 1e6}
    try:
        case = Case(Run.open(folder))
        return {**_NOTHING_KNOWN, **about, **_told(case), "steps": _of_steps(case)}
    except (InputError, AttributeError, TypeError, ValueError, KeyError):
        return {**_NOTHING_KNOWN, **about}


def size_of(folder: Path) -> int:
    """Bytes on disk; files that vanish meanwhile don't count."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total


def _told(case: Case) -> Row:
    days = (case.scenario.get("time") or {}).get("days")
    cars = (case.run.record.get("counts") or {}).get("evs")
    return {
        "policy": case.policy,
        "seed": case.seed,
        "days": days if isinstance(days, int | float) else None,
        "cars": cars if isinstance(cars, int) else None,
    }


def _of_steps(case: Case) -> Figures:
    """The two figures that the totals of the intervals tell at once."""
    try:
        highest, lowest = (
            case.run.scan("steps")
            .select(
                pl.col("grid_kw").fill_nan(None).max(),
                pl.col("v_min_pu").fill_nan(None).min(),
            )
            .collect()
            .row(0)
        )
    except (InputError, OSError, pl.exceptions.PolarsError):
        return {}
    return {"peak_kw": highest, "v_min_pu": lowest}


def _shown(figures: Figures) -> Row:
    """The columns of figures; shares as per cent."""
    below, above = (
        _number(figures.get(key))
        for key in ("customer_hours_below", "customer_hours_above")
    )
    unknown = below is None and above is None
    return {
        "peak_kw": _number(figures.get("peak_kw")),
        "v_min_pu": _number(figures.get("v_min_pu")),
        "beyond_h": None if unknown else (below or 0.0) + (above or 0.0),
        "top_loading": _per_cent(figures.get("worst_transformer_loading")),
        "top_name": str(figures.get("worst_transformer") or ""),
        "short": _per_cent(figures.get("departures_short_share")),
    }


def _under(one: Found, place: Place | None, facts: Row) -> str:
    """The smaller line below a run's label."""
    if not facts["policy"]:
        return one.run_id
    rest = ", ".join(place.studies) if place else one.run_id[:8]
    return f"{one.scenario} · {rest}"


def _per_cent(share: object) -> float | None:
    number = _number(share)
    return None if number is None else 100 * number


def _number(value: object) -> float | None:
    """A figure as a number; whatever else stands in its place is not known."""
    return float(value) if isinstance(value, int | float) else None


def _key(one: Found) -> tuple[Path, int]:
    return one.path, _age(one.path / RUN_FILE)


def _name(one: Found) -> str:
    return f"{one.scenario}/{one.run_id}"


def _rank(row: Row, place: Place | None) -> tuple[int, int]:
    """The newest first; the runs of a study together, in its own order."""
    if place is None:
        return -row["age"], 0
    return -place.written, place.order


def written_at(timestamp: float) -> str:
    """An instant by this computer's clock."""
    return f"{datetime.fromtimestamp(timestamp):%Y-%m-%d %H:%M}"


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


_FACTS: Sequence[str] = ("policy", "seed", "days", "created", "age", "size_mb")
_NOTHING_KNOWN: Row = {
    "policy": "",
    "seed": None,
    "days": None,
    "cars": None,
    "steps": NOTHING,
}
