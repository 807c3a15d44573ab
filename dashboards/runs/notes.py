"""A short free text per run, kept beside the runs in ``.notes.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unicodedata import category

from filelock import FileLock, Timeout

from dashboards.address import checked
from twin.errors import InputError
from twin.results.durable import write_json

NOTES_FILE = ".notes.json"
SCHEMA = 1
MOST_CHARACTERS = 2_000
PATIENCE_S = 5.0
ODD = ("Cc", "Cs")


def notes(results: Path) -> dict[str, str]:
    """Every note by ``scenario/run_id``; an unreadable file is an InputError."""
    path = results / NOTES_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unusable(path, f"cannot be read ({error})") from error
    return _checked(path, content)


def write_note(
    results: Path,
    scenario: object,
    run_id: object,
    text: object,
    before: object = None,
) -> None:
    """Set a run's note; an empty one takes it away.

    before  what was there when the writer began: another note that came meanwhile is
            not written over, but told; without it the last one counts
    """
    name, of = checked(scenario, run_id)
    words = _plain(text)
    if len(words) > MOST_CHARACTERS:
        raise InputError.of(
            f"a note may hold {MOST_CHARACTERS:,} characters, not {len(words):,}"
        )
    if any(category(one) in ODD and one not in "\n\t" for one in words):
        raise InputError.of("a note may hold no control characters")
    locks = results / ".locks"
    try:
        locks.mkdir(exist_ok=True)
        with FileLock(locks / "notes.lock", timeout=PATIENCE_S):
            kept = notes(results)
            if isinstance(before, str):
                _refuse_lost(kept.get(f"{name}/{of}", ""), _plain(before), words)
            _write(results, kept | {f"{name}/{of}": words})
    except Timeout:
        raise InputError.of("somebody else is writing notes; try again") from None
    except OSError as error:
        raise InputError.of(
            f"the note cannot be written: {error.strerror or error}"
        ) from error


def _plain(text: object) -> str:
    return text.replace("\r\n", "\n").strip() if isinstance(text, str) else ""


def _refuse_lost(now: str, before: str, words: str) -> None:
    if now not in (before, words):
        raise InputError.of(
            f"somebody else changed this note meanwhile, to '{now}'; yours was not "
            f"written: '{words}'"
        )


def _write(results: Path, kept: Mapping[str, str]) -> None:
    said = {name: kept[name] for name in sorted(kept) if kept[name]}
    write_json(results / NOTES_FILE, {"schema": SCHEMA, "notes": said})


def _checked(path: Path, content: Any) -> dict[str, str]:
    schema = content.get("schema") if isinstance(content, Mapping) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise _unusable(path, f"was written by a newer twin (schema {schema})")
    found = content.get("notes") if isinstance(content, Mapping) else None
    if schema != SCHEMA or not isinstance(found, dict):
        raise _unusable(path, "holds no notes")
    if not all(isinstance(one, str) for one in found.values()):
        raise _unusable(path, "holds notes that are not text")
    return found


def _unusable(path: Path, why: str) -> InputError:
    return InputError.of(
        f"{why}; notes are neither shown nor written until it is mended or moved away",
        where=str(path),
    )
