"""How far a study is: lines for whoever watches, and a ``status.json`` for others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from platform import node

from twin.results.durable import write_json
from twin.results.record import STATUS_FILE
from twin.studies.job import Outcome

Tell = Callable[[str], None]


class Standing:
    """Counts a study's distinct runs as they come in, and writes down how it stands."""

    def __init__(self, folder: Path, name: str, n_runs: int, tell: Tell) -> None:
        self._folder, self._name, self._n_runs = folder, name, n_runs
        self._tell = tell
        self._began = time.monotonic()
        self._made = self._known = self._failed = 0
        self._last: dict[str, str] | None = None

    @property
    def left(self) -> int:
        """Runs of which nothing is known yet."""
        return self._n_runs - self._made - self._known - self._failed

    @property
    def left_s(self) -> float | None:
        """Seconds that the others will take, at the pace so far; None before that."""
        tried = self._made + self._failed
        if not tried:
            return None
        return (time.monotonic() - self._began) / tried * self.left

    def begin(self) -> None:
        """Show that it runs."""
        self._write("running")

    def came(self, name: str, outcome: Outcome) -> None:
        """One run came in."""
        if outcome.reason:
            self._failed += 1
        elif outcome.known:
            self._known += 1
        else:
            self._made += 1
        self._last = {
            "name": name,
            "run_id": outcome.run_id,
            "came": _came(outcome),
            "time": _now(),
        }
        self._tell(f"{self._count()} {name}: {_said(outcome)}{self._rest()}")
        self._write("running")

    def end(self, state: str, message: str = "") -> None:
        """Show how it ended: done, failed or interrupted."""
        self._write(state, message)

    def _count(self) -> str:
        return f"[{self._n_runs - self.left}/{self._n_runs}]"

    def _rest(self) -> str:
        said = [f"{self._failed} failed"] if self._failed else []
        if self.left:
            said.append(f"{self.left} left")
            if self.left_s is not None:
                said.append(f"about {duration(self.left_s)}")
        return f" ({', '.join(said)})" if said else ""

    def _write(self, state: str, message: str = "") -> None:
        """As well as can be: a full disk is told by the runs themselves."""
        left_s = self.left_s
        with suppress(OSError):
            write_json(
                self._folder / STATUS_FILE,
                {
                    "study": self._name,
                    "study_id": self._folder.name,
                    "pid": os.getpid(),
                    "host": node(),
                    "state": state,
                    "runs": self._n_runs,
                    "done": self._made + self._known,
                    "known": self._known,
                    "failed": self._failed,
                    "left": self.left,
                    "left_s": None if left_s is None else round(left_s),
                    "progress": round(1 - self.left / max(self._n_runs, 1), 6),
                    "last": self._last,
                    "message": message,
                    "updated": _now(),
                },
            )


def _came(outcome: Outcome) -> str:
    """``done``, ``known`` (complete before) or ``failed``."""
    if outcome.reason:
        return "failed"
    return "known" if outcome.known else "done"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def duration(seconds: float) -> str:
    """``40 s``, ``12 min`` or ``3.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _said(outcome: Outcome) -> str:
    if outcome.reason:
        return f"failed: {outcome.reason}"
    return "complete already" if outcome.known else f"done in {outcome.wall_s:.1f} s"
