"""What people install is what the project says: versions, the lock, the wheel."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from twin.scenario.read import read

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
REQUIREMENTS = [
    Requirement(text)
    for text in (
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["dev"],
        *PROJECT["build-system"]["requires"],
    )
]
LOCK = (ROOT / "requirements.lock").read_text()


def test_the_installed_version_is_the_projects() -> None:
    assert version("v2g-twin") == PROJECT["project"]["version"]


def test_the_changelog_tells_of_the_version() -> None:
    assert f"## {PROJECT['project']['version']} " in (ROOT / "CHANGELOG.md").read_text()


def test_every_line_of_the_lock_is_a_pin_or_its_hash() -> None:
    pin = re.compile(r"[a-z0-9][a-z0-9._-]*==[^\s;]+( ; [^\\]+)? \\")
    digest = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?")
    strange = [
        line
        for line in LOCK.splitlines()
        if not pin.fullmatch(line) and not digest.fullmatch(line)
    ]
    assert strange == []


def test_the_lock_names_no_host() -> None:
    assert re.findall(r"://|--index|--find-links|@ ", LOCK) == []


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_the_lock_pins_what_the_project_asks_for(requirement: Requirement) -> None:
    pinned = locked_versions(requirement.name)
    assert pinned
    assert all(requirement.specifier.contains(number) for number in pinned)


def locked_versions(name: str) -> list[str]:
    return re.findall(
        rf"^{re.escape(canonicalize_name(name))}==([^\s;]+)", LOCK, flags=re.M
    )


def test_no_file_names_a_package_host_or_somebodys_folder() -> None:
    named = re.compile(r"pypi\.|/home/|/root/|index[-_]url *=")
    files = ["pyproject.toml", "requirements.lock", "Makefile", ".ci/run", "README.md"]
    found = {name: named.findall((ROOT / name).read_text()) for name in files}
    assert found == {name: [] for name in files}


def test_the_readmes_scenarios_are_valid_ones(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (tmp_path / "circuit").mkdir()
    (tmp_path / "circuit" / "Master.dss").touch()
    street, circuit = tmp_path / "my_street.yaml", tmp_path / "circuit.yaml"
    street.write_text(blocks[0])
    assert read(street).name == "my_street"
    when = "schema: 1\nname: c\ntime: {start: 2026-01-12, days: 1}\n"
    circuit.write_text(when + "fleet: {ev_share: 0.1}\n" + blocks[1])
    assert read(circuit).feeder.source.startswith("opendss:")


def test_every_target_with_a_word_of_help_is_phony_and_setup_comes_first() -> None:
    text = (ROOT / "Makefile").read_text().replace("\\\n", "")
    phony = re.findall(r"^\.PHONY: (.*)$", text, re.M)[0].split()
    told = re.findall(r"^([a-z-]+):.*## ", text, re.M)
    assert told[:2] == ["help", "setup"]
    assert set(told) <= set(phony)
