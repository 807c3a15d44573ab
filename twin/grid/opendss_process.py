"""Has the OpenDSS engine work in a process of its own, which may fail alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from twin.errors import InputError, Problem
from twin.grid.changes import Wanted
from twin.grid.opendss_circuit import Circuit

MOST_SECONDS = 120.0
CHILD = ("-m", "twin.grid.opendss_engine")
ANSWER, PROBLEMS, REACHED, SAID = "answer.npz", "problems.json", "reached", "said"
CHANGES = "changes.json"
AS_IT_IS = Wanted()
KEY = "feeder.source"


def converted(
    master: Path,
    root: Path | None = None,
    most_seconds: float = MOST_SECONDS,
    wanted: Wanted = AS_IT_IS,
) -> Circuit:
    """What the engine says of the circuit in a master file, files below `root`.

    The circuit is changed as `wanted` once it is compiled.
    """
    with TemporaryDirectory(prefix="twin-opendss-") as folder:
        work(CHILD, master, root, Path(folder), most_seconds, wanted)
        return Circuit.read(Path(folder) / ANSWER)


def work(
    child: Sequence[str],
    master: Path,
    root: Path | None,
    folder: Path,
    most_seconds: float,
    wanted: Wanted = AS_IT_IS,
) -> None:
    """Let a child work on a circuit in a folder of its own; what fails is told."""
    (folder / CHANGES).write_text(wanted.text())
    master = Path(master).absolute()
    if not master.is_file():
        raise InputError.of("no such file", KEY, str(master))
    home = (Path(root) if root else master.parent).absolute()
    if not home.is_dir():
        raise InputError.of("no such folder", "feeder.root", str(home))
    words = [str(master), str(home), str(folder), str(most_seconds)]
    code = _run([*child, *words], folder, master, most_seconds)
    if code != 0:
        raise _failure(code, folder, master)


def _run(words: list[str], folder: Path, master: Path, most_seconds: float) -> int:
    """The child's exit code; a child that takes too long is ended with its group."""
    command = [sys.executable, "-P", *words]
    with (folder / SAID).open("wb") as said:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    try:
        return child.wait(most_seconds)
    except subprocess.TimeoutExpired:
        raise InputError.of(
            f"the engine is not done within {most_seconds:g} s",
            KEY,
            _reached(folder, master),
        ) from None
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _environment(folder: Path) -> dict[str, str]:
    """This process's, with one thread and nowhere to write but the folder."""
    paths = [str(Path(__file__).parents[2]), *filter(None, sys.path)]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _failure(code: int, folder: Path, master: Path) -> InputError:
    """What the child said was wrong; or only that it ended, and where it was."""
    told = folder / PROBLEMS
    if code == InputError.exit_code and told.is_file():
        return InputError([Problem(*one) for one in json.loads(told.read_text())])
    ended = f"signal {-code}" if code < 0 else f"code {code}"
    last = (folder / SAID).read_text(errors="replace").strip().splitlines()[-1:]
    words = "".join(f": {line[:300]}" for line in last)
    return InputError.of(
        f"the OpenDSS engine ended with {ended}{words}", KEY, _reached(folder, master)
    )


def _reached(folder: Path, master: Path) -> str:
    """Where in the circuit's files the child was last; else the master file."""
    file = folder / REACHED
    where = file.read_text(errors="replace").partition("\n")[0] if file.exists() else ""
    return where or str(master)
