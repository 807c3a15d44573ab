"""Addresses of pages, and what may stand in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from twin.errors import InputError

SCENARIO = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RUN_ID = re.compile(r"[0-9a-f]{16}")
MOST_COMPARED = 5


def run_href(
    scenario: str, run_id: str, page: str = "overview", query: Mapping[str, str] = {}
) -> str:
    """The address of one page of a run."""
    return f"/run/{scenario}/{run_id}/{page}{_query(query)}"


def study_href(name: str, study_id: str) -> str:
    """The address of a study."""
    return f"/study/{name}/{study_id}"


def compare_href(runs: Sequence[str]) -> str:
    """The address that compares runs, each named ``scenario/run_id``."""
    return f"/compare{_query({'runs': ','.join(runs)})}"


def whatif_href(scenario: str = "", run_id: str = "") -> str:
    """The address of the form; with a run, the form begins as that run was."""
    return f"/whatif{_query({'from': f'{scenario}/{run_id}'} if run_id else {})}"


def checked(scenario: object, run_id: object) -> tuple[str, str]:
    """A run's name as an address may say it; anything else is an InputError."""
    if not (isinstance(scenario, str) and SCENARIO.fullmatch(scenario)):
        raise InputError.of(f"no scenario can be called '{scenario}'")
    if not (isinstance(run_id, str) and RUN_ID.fullmatch(run_id)):
        raise InputError.of(
            f"'{run_id}' is not a run's id: 16 of the digits 0 to 9, a to f"
        )
    return scenario, run_id


def named(words: str) -> tuple[tuple[str, str], ...]:
    """``a/0123…,b/4567…`` as pairs of scenario and run id, each once."""
    pairs = [one.partition("/") for one in words.split(",") if one]
    return tuple(dict.fromkeys(checked(pair[0], pair[2]) for pair in pairs))


def _query(words: Mapping[str, str]) -> str:
    said = {key: value for key, value in words.items() if value}
    return f"?{urlencode(said, safe='/,:')}" if said else ""
