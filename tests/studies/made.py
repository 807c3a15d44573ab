"""A tiny study in files, and the command that runs it, to be stopped at will."""

import subprocess
import sys
from pathlib import Path

import psutil

BASE = """\
schema: 1
name: small
time: {start: 2026-01-12, days: 1}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
fleet: {ev_share: 0.5, bidirectional_share: 0.5}
"""
STUDY = """\
schema: 1
name: stopped
base: small.yaml
variants: {none: {fleet.ev_share: 0}, valley: {policy.name: valley}}
seeds: [1, 2, 3]
baseline: none
"""
TABLES = ("study.parquet", "differences.parquet", "study.json")


def written(folder: Path) -> Path:
    """The study's file in a folder."""
    (folder / "small.yaml").write_text(BASE)
    (folder / "stopped.yaml").write_text(STUDY)
    return folder / "stopped.yaml"


def started(file: Path, out: Path, *words: str) -> subprocess.Popen:
    """`twin study` as a process and group of its own."""
    command = [sys.executable, "-m", "twin", "study", str(file), "--out", str(out)]
    return subprocess.Popen(
        [*command, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def workers_of(process: subprocess.Popen) -> list[psutil.Process]:
    """Its worker processes that are alive."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [one for one in children if "tracker" not in " ".join(one.cmdline())]
    except psutil.NoSuchProcess:
        return []


def tables_of(out: Path) -> list[bytes]:
    """The bytes of the study's own files."""
    (folder,) = (out / "studies" / "stopped").iterdir()
    return [(folder / name).read_bytes() for name in TABLES]
