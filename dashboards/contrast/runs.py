"""Which runs are set against each other: choices, troubles, names, their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dashboards.address import MOST_COMPARED, checked
from dashboards.contrast.differences import Contrast, feeder_gap, names_of
from dashboards.contrast.table import Answers, paired_intervals
from dashboards.data import Library, Sibling, StudyFound, is_named
from twin.analysis.case import Case
from twin.analysis.comparison import PAIRED
from twin.analysis.measures import MEASURES
from twin.analysis.metrics import headline_of, violations_of
from twin.errors import InputError

Chosen = Mapping[str, Any]
MOST_LOOSE = 60


def run_options(library: Library) -> list[dict[str, Any]]:
    """Every run that can be named, once: by study, the newest first; then the rest."""
    there = {f"{one.scenario}/{one.run_id}": one for one in library.found()}
    groups, told = [], set()
    for study in library.studies():
        items = []
        for label, scenario, run_id, seed in study.runs:
            value = f"{scenario}/{run_id}"
            if value in there and value not in told and is_named(there[value]):
                told.add(value)
                items.append({"value": value, "label": f"{label}, seed {seed}"})
        if items:
            groups.append(
                {"group": f"{study.name} ({study.study_id[:6]})"} | {"items": items}
            )
    loose = [name for name, one in there.items() if name not in told and is_named(one)]
    few = len(loose) <= MOST_LOOSE
    items = [{"value": x, "label": _loose_label(library, x, few)} for x in loose]
    return [*groups, *([{"group": "Other runs", "items": items}] if items else [])]


def _loose_label(library: Library, name: str, look: bool = True) -> str:
    """Policy and seed of a run that no study holds, if there is time to look."""
    scenario, _, run_id = name.partition("/")
    if not look:
        return f"{scenario} ({run_id[:6]})"
    try:
        state = library.status(scenario, run_id).get("state", "done")
        case = library.case(scenario, run_id)
        told = f", {state}" * (state != "done")
        return f"{scenario} · {case.policy}, seed {case.seed} ({run_id[:6]}{told})"
    except InputError:
        return f"{scenario} ({run_id[:6]}, cannot be opened)"


def base_options(library: Library, names: Sequence[str]) -> list[dict[str, str]]:
    """The chosen runs, to make one of them the baseline."""
    return [{"value": name, "label": label_of(library, name)} for name in names]


def base_of(library: Library, names: Sequence[str], asked: object) -> str | None:
    """The baseline asked for; else the one of a study; else the first run."""
    if asked in names:
        return str(asked)
    for name in names:
        scenario, _, run_id = name.partition("/")
        of = library.baseline(scenario, run_id)
        if of is not None and f"{of.scenario}/{of.run_id}" in names:
            return f"{of.scenario}/{of.run_id}"
    return names[0] if names else None


def usable_runs(library: Library, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those that can be compared, and what is wrong with the others."""
    troubles = {name: _trouble(library, name) for name in names[:MOST_COMPARED]}
    usable = [name for name, wrong in troubles.items() if not wrong]
    return usable, [f"{name}: {wrong}" for name, wrong in troubles.items() if wrong]


def _trouble(library: Library, name: str) -> str:
    try:
        scenario, run_id = checked(*name.partition("/")[::2])
        if library.status(scenario, run_id).get("state") == "running":
            return "it is still being written; compare it when it is complete"
        case = library.case(scenario, run_id)
        if case.steps.is_empty():
            return "it has recorded no interval yet"
        if case.is_unsolved:
            return "no interval of it has a solution; its provenance page says why"
    except InputError as error:
        return str(error)
    except (pl.exceptions.PolarsError, OSError, KeyError) as error:
        return f"its tables cannot be read ({type(error).__name__}); verify the run"
    return ""


def opened(library: Library, at: Chosen | None) -> Contrast:
    """The runs of a store, which a browser may have written."""
    told = at or {}
    names = words_in(told.get("runs"))
    pairs = [checked(*name.partition("/")[::2]) for name in names]
    if not 2 <= len(pairs) <= MOST_COMPARED:
        raise InputError.of(f"two to {MOST_COMPARED} runs can be compared")
    cases = tuple(library.case(*pair) for pair in pairs)
    known = [_sibling(library, *pair) for pair in pairs]
    base = names.index(told["base"]) if told.get("base") in names else 0
    return Contrast(cases, names_of(cases, known), base)


def suggestions(library: Library, usable: Sequence[str]) -> list[tuple[str, str]]:
    """Comparisons worth beginning with: words and address."""
    found = []
    for name in usable[:1]:
        scenario, _, run_id = name.partition("/")
        base = library.baseline(scenario, run_id)
        if base is not None:
            other = f"{base.scenario}/{base.run_id}"
            words = f"{label_of(library, name)} against its baseline {base.label}"
            found.append((words, compare_address([other, name], other)))
    answered = [study for study in library.studies() if study.runs]
    for study in answered[:3]:
        runs = first_seed(study)
        if len(runs) > 1:
            labels = ", ".join(labels_in(study)[name] for name in runs)
            words = f"{study.name}: {labels} (seed {first_seed_of(study)})"
            found.append((words, compare_address(runs)))
    return found


def first_seed(study: StudyFound) -> list[str]:
    """The variants of a study's lowest seed, as many as can be compared."""
    seed = first_seed_of(study)
    runs = [f"{name}/{of}" for _, name, of, one in study.runs if one == seed]
    return list(dict.fromkeys(runs))[:MOST_COMPARED]


def compare_address(runs: Sequence[str], base: str = "") -> str:
    """The address of a comparison."""
    return f"/compare?runs={','.join(runs)}" + (f"&base={base}" if base else "")


def answers_of(library: Library, contrast: Contrast) -> list[Answers]:
    """Every run's figures, with violations paired with the baseline's."""
    base = contrast.shared[contrast.base]
    rows: list[Answers] = []
    for row, case in enumerate(contrast.shared):
        known = _known_answers(library, case) if contrast.is_whole else None
        paired: Mapping[str, Any] = {}
        comparable = not feeder_gap(case, base) and contrast.span is not None
        if row != contrast.base and comparable and case.step_h == base.step_h:
            found = violations_of(case, base)
            paired = {key: found[key] for key in PAIRED}
        rows.append({**(known or headline_of(case)), **paired})
    return rows


def _known_answers(library: Library, case: Case) -> Answers | None:
    """What a study has already worked out for a run."""
    scenario, run_id = case.run.path.parent.name, case.run.path.name
    study = _study_of(library, f"{scenario}/{run_id}")
    figures = None if study is None else _figures(study)
    if figures is None or "run_id" not in figures.columns:
        return None
    mine = figures.filter(pl.col("run_id") == run_id)
    if mine.is_empty():
        return None
    row = mine.row(0, named=True)
    return {key: row[key] for key in MEASURES if key in row}


def intervals_of(library: Library, at: Chosen) -> dict[str, Any]:
    """Differences over the seeds of the study that holds a run and the baseline."""
    names = words_in(at.get("runs"))
    base = str(at.get("base"))
    found = {}
    for row, name in enumerate(names):
        study = None if name == base else _study_of(library, name, base)
        labels = {} if study is None else labels_in(study)
        if study is None or labels[name] == labels[base]:
            continue
        seeds = [_seeds(study, labels[one]) for one in (name, base)]
        figures = _figures(study)
        if figures is not None and len(seeds[0].keys() & seeds[1].keys()) > 1:
            found[str(row)] = paired_intervals(figures, *seeds)
    return found


def _study_of(library: Library, *names: str) -> StudyFound | None:
    """The newest study that holds all of them."""
    for study in library.studies():
        if set(names) <= labels_in(study).keys():
            return study
    return None


def labels_in(study: StudyFound) -> dict[str, str]:
    return {f"{name}/{run_id}": label for label, name, run_id, _ in study.runs}


def _seeds(study: StudyFound, label: str) -> dict[int, str]:
    return {seed: run_id for one, _, run_id, seed in study.runs if one == label}


def _figures(study: StudyFound) -> pl.DataFrame | None:
    try:
        return pl.read_parquet(study.path / "study.parquet")
    except (OSError, pl.exceptions.PolarsError):
        return None


def first_seed_of(study: StudyFound) -> int:
    return min((seed for *_, seed in study.runs), default=0)


def label_of(library: Library, name: str) -> str:
    """A run as the picker calls it."""
    scenario, _, run_id = name.partition("/")
    one = _sibling(library, scenario, run_id)
    return _loose_label(library, name) if one is None else _sibling_label(one)


def _sibling_label(one: Sibling) -> str:
    return f"{one.label}, seed {one.seed}"


def _sibling(library: Library, scenario: str, run_id: str) -> Sibling | None:
    for one in library.siblings(scenario, run_id):
        if (one.scenario, one.run_id) == (scenario, run_id):
            return one
    return None


def words_in(values: object) -> list[str]:
    """Names from a browser, each once; anything else is left out."""
    if not isinstance(values, list | tuple):
        return []
    return list(dict.fromkeys(one for one in values if isinstance(one, str) and one))
