"""What runs are called beside each other: name and policy, then what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.analysis.case import Case
from twin.results.record import Run

LAST = "seed"
NO_DIFFERENCE = ("name", "description")
ID_DIGITS = 6


def labels(runs: Sequence[Run]) -> list[str]:
    """``village · v2g_peak``; runs that share it differ by keys, at last by run id.

    Runs that differ by their seed only are seeds of one variant, where there is
    another one beside it.
    """
    names = [f"{_name(run)} · {Case(run).policy}" for run in runs]
    leaves = [_leaves(run.record.get("scenario") or {}) for run in runs]
    found = list(names)
    for name in dict.fromkeys(names):
        mine = [row for row, one in enumerate(names) if one == name]
        for row in mine:
            words = _differing(leaves, mine, row, len(mine) < len(names))
            found[row] = ", ".join([name, *words])
    return [
        _with_id(one, run, found, runs) for one, run in zip(found, runs, strict=True)
    ]


def _name(run: Run) -> str:
    scenario = run.record.get("scenario") or {}
    return str(scenario.get("name") or run.path.resolve().parent.name)


def _differing(
    leaves: Sequence[Mapping[str, Any]], mine: Sequence[int], row: int, pools: bool
) -> list[str]:
    """``fleet.ev_share=0.4``: as many keys as it takes to tell a row from the rest."""
    keys = list(dict.fromkeys(key for one in mine for key in leaves[one]))
    keys = [key for key in keys if key != LAST] + [LAST] * (not pools)
    kept, words = list(mine), []
    for key in keys:
        values = {str(leaves[one].get(key)) for one in kept}
        if len(values) > 1:
            value = leaves[row].get(key)
            words.append(f"{key}={'unset' if value is None else value}")
            kept = [one for one in kept if leaves[one].get(key) == value]
    return words


def _with_id(label: str, run: Run, found: Sequence[str], runs: Sequence[Run]) -> str:
    """The same with the run's id, if another one of its seed is called so."""
    same = [
        other
        for other, name in zip(runs, found, strict=True)
        if name == label and Case(other).seed == Case(run).seed
    ]
    return f"{label} ({run.run_id[:ID_DIGITS]})" if len(same) > 1 else label


def _leaves(tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        here = f"{path}{key}"
        if isinstance(value, Mapping):
            found |= _leaves(value, f"{here}.")
        elif here not in NO_DIFFERENCE:
            found[here] = value
    return found
