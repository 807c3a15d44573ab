"""A complete run's headline, kept beside it: worked out once, not at every look."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from twin.analysis import kept
from twin.analysis.case import Case
from twin.analysis.metrics import Answer, headline_of
from twin.results.durable import replacing
from twin.results.record import RUN_FILE

TWIN = Path(__file__).parents[1]
STEM = ".digest-headline-"
MADE_BY = (".json", ".yaml", ".csv")


def kept_headline(case: Case) -> dict[str, Answer]:
    """The same as ``headline_of``, quickly the second time.

    case  whole and of its own run; of which nothing was said instead of being read
    """
    found = known_headline(case)
    if found is not None:
        return found
    found = headline_of(case)
    path = _path(case)
    if path is not None:
        with suppress(OSError):
            _write(path, found)
    return found


def known_headline(case: Case) -> dict[str, Answer] | None:
    """What was kept of it; None where nothing is, or a file changed since."""
    path = _path(case)
    if path is None or not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found else None


def _path(case: Case) -> Path | None:
    """Where it is kept; None where it is quickly made, or the run is not complete."""
    folder = case.run.path
    try:
        tables = sorted(folder.glob("*.parquet"))
        stamps = [(one.name, *kept.stamp(one)) for one in tables]
        large = sum(size for _, size, _ in stamps) >= kept.WORTH_KEEPING_BYTES
        if not case.run.is_complete or not large:
            return None
        of = hashlib.sha256((folder / RUN_FILE).read_bytes())
    except OSError:
        return None
    of.update(repr((stamps, case.billed_by, _made_by())).encode())
    return folder / f"{STEM}{of.hexdigest()[:16]}.json"


def _write(path: Path, found: dict[str, Answer]) -> None:
    """Write it whole, then remove what was kept of older code or files."""
    text = json.dumps(found, default=lambda number: number.item())
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    for old in path.parent.glob(f"{STEM}*.json"):
        if old != path:
            old.unlink(missing_ok=True)


@lru_cache(1)
def _made_by() -> str:
    """Of all code and data that a headline may follow from: the twin's own."""
    of = hashlib.sha256()
    for file in sorted(TWIN.rglob("*")):
        if file.suffix == ".py" or (file.suffix in MADE_BY and _is_small(file)):
            of.update(file.read_bytes())
    return of.hexdigest()


def _is_small(file: Path) -> bool:
    """Prices and limits; not feeders and profiles, which a run has its own copy of."""
    return file.stat().st_size < 100_000
