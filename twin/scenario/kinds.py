"""Which of the two a file is, by its keys: a scenario, or a study of scenarios."""

from __future__ import annotations

from pathlib import Path

from twin.errors import InputError
from twin.scenario.document import Node

OF_STUDIES = {
    "base",
    "variants",
    "axes",
    "combine",
    "vary",
    "seeds",
    "baseline",
    "hosting",
    "alternatives",
    "territory",
}
OF_SCENARIOS = {"extends", "time", "feeder", "fleet"}


def says_study(tree: Node) -> bool:
    """Whether it has keys of a study, and none that only a scenario has."""
    keys = _keys(tree)
    return bool(keys & OF_STUDIES) and not keys & OF_SCENARIOS


def refuse_study(tree: Node, path: Path) -> None:
    """An InputError where a study stands in a scenario's place."""
    if says_study(tree):
        raise InputError.of(
            f"is a study, where a scenario is needed; for its runs: twin study {path}",
            where=str(path),
        )


def refuse_scenario(tree: Node, path: Path) -> None:
    """An InputError where a scenario stands in a study's place."""
    keys = _keys(tree)
    if keys & OF_SCENARIOS and not keys & OF_STUDIES:
        raise InputError.of(
            f"is a scenario, where a study is needed; for one run: twin run {path}",
            where=str(path),
        )


def _keys(tree: Node) -> set[str]:
    return set(tree.value) if isinstance(tree.value, dict) else set()
