"""The run's id: the same question has the same folder, edited code another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from twin.results.durable import sha256_of


def run_id(
    resolved: Mapping[str, Any],
    inputs: Sequence[Path],
    package: Path,
    policy_file: Path | None,
    versions: Mapping[str, str],
) -> str:
    """First 16 hex digits of the SHA-256 over everything that changes results.

    resolved     the scenario as resolved, only keys that change results
    inputs       every data file that it uses
    package      folder of the ``twin`` sources
    policy_file  a user's own policy, if any
    versions     of the locked packages
    """
    code = Code(sources_of(package), versions)
    return run_id_by(code, resolved, inputs, policy_file)


@dataclass(frozen=True)
class Code:
    """What makes results of a question: the package's sources and its libraries.

    Read once by whoever runs many scenarios, and then as it was when loaded.
    """

    sources: Mapping[str, str]
    versions: Mapping[str, str]

    @classmethod
    def of(cls, package: Path, libraries: Iterable[str]) -> Code:
        """The sources below a folder, the installed versions of these libraries."""
        return cls(sources_of(package), versions_of(libraries))


@dataclass(frozen=True)
class Checksums:
    """What files hold that a run reads: its inputs by name, and a user's policy."""

    inputs: tuple[tuple[str, str], ...]
    policy: str | None = None

    @classmethod
    def of(cls, inputs: Iterable[Path], policy_file: Path | None) -> Checksums:
        """Read now."""
        found = sorted((path.name, sha256_of(path)) for path in set(inputs))
        return cls(tuple(found), sha256_of(policy_file) if policy_file else None)


def run_id_by(
    code: Code,
    resolved: Mapping[str, Any],
    inputs: Sequence[Path],
    policy_file: Path | None,
) -> str:
    """The run's id by code that was read before."""
    return run_id_of(code, resolved, Checksums.of(inputs, policy_file))


def run_id_of(code: Code, resolved: Mapping[str, Any], files: Checksums) -> str:
    """The run's id by code and files that were read before."""
    question = {
        "scenario": resolved,
        "inputs": files.inputs,
        "sources": code.sources,
        "policy": files.policy,
        "versions": code.versions,
    }
    return hashlib.sha256(canonical(question)).hexdigest()[:16]


def sources_of(package: Path) -> dict[str, str]:
    """Checksum of every source file of the package, by its relative path."""
    return {
        path.relative_to(package).as_posix(): sha256_of(path)
        for path in sorted(package.rglob("*.py"))
    }


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Installed versions of the named packages, and Python's own."""
    return {"python": python_version(), **{name: version(name) for name in packages}}


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one way to write content as JSON: sorted keys, no spaces, no NaN."""
    return json.dumps(
        content,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    ).encode()


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"no canonical form for {type(value).__name__}: {value!r}")
