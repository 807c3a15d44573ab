"""Opens the files that an OpenDSS script names: only those below one folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

MOST_BYTES = 400_000_000


class FileRefusedError(Exception):
    """A file that may not be read, or that is not there."""


class Digest(Protocol):
    """A checksum under way."""

    def update(self, data: bytes, /) -> None:
        """Go on with these bytes."""

    def hexdigest(self) -> str:
        """Of all bytes so far."""
        ...


@dataclass
class Files:
    """Reads below `root`, symbolic links followed; copies go to `folder`.

    `digest` is of all that was read, in its order.
    """

    root: Path
    folder: Path
    bytes_read: int = 0
    copied: dict[Path, Path] = field(default_factory=dict)
    opened: set[Path] = field(default_factory=set)
    digest: Digest = field(default_factory=sha256)

    def find(self, name: str, beside: Path) -> Path:
        """The real path of a file that a script in the folder `beside` names."""
        plain = name.strip().replace("\\", "/")
        root, path = self.root.resolve(), beside / plain
        try:
            path = path if path.exists() else _any_case(path)
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, StopIteration, ValueError):
            if not _below(Path(os.path.normpath(path)), self.root, root):
                raise FileRefusedError(self._outside(name)) from None
            raise FileRefusedError(f"no such file: {name}") from None
        if not real.is_relative_to(root):
            raise FileRefusedError(self._outside(name))
        return real

    def _outside(self, name: str) -> str:
        return (
            f"{name} lies outside of {self.root}; only files below feeder.root are read"
        )

    def read(self, real: Path) -> bytes:
        """All of a regular file, within the bound on all files together."""
        self.opened.add(real)
        with _opened(real) as descriptor:
            size = os.fstat(descriptor.fileno()).st_size
            self.bytes_read += size
            if self.bytes_read > MOST_BYTES:
                raise FileRefusedError(
                    f"the circuit's files are larger than {MOST_BYTES:,} bytes"
                )
            content = descriptor.read(size)
        self.digest.update(content)
        return content

    def copy(self, real: Path) -> Path:
        """A copy of a data file in the folder, by a plain name."""
        if real not in self.copied:
            target = self.folder / f"data{len(self.copied)}.txt"
            target.write_bytes(self.read(real))
            self.copied[real] = target
        return self.copied[real]


def _opened(real: Path) -> BinaryIO:
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileRefusedError(f"{real.name} is no regular file")
    return os.fdopen(descriptor, "rb")


def _below(path: Path, *roots: Path) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _any_case(path: Path) -> Path:
    """The same path where only capital letters differ, as other systems allow."""
    found = Path(path.anchor)
    for part in path.parts[1:]:
        exact = found / part
        if part == ".." or exact.exists():
            found = exact
            continue
        wanted = part.lower()
        found = next(one for one in _listed(found) if one.name.lower() == wanted)
    return found


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
