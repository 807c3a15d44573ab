"""A study on a cluster of Dask that stands already, its word open or secret."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.studies.made import started, tables_of, written

pytestmark = pytest.mark.long
STANDS_S = 60
ENDS_S = 240
QUIETLY = "--quiet"
SILENT: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@contextmanager
def cluster(folder: Path, *tls: str) -> Iterator[str]:
    """A scheduler and two workers, as an administrator begins them; its address."""
    file = folder / "scheduler.json"
    kind = "tls" if tls else "tcp"
    dask = [sys.executable, "-m", "dask"]
    place = ("--scheduler-file", str(file), *tls)
    scheduler = [*dask, "scheduler", "--no-dashboard", "--port", "0", *place]
    worker = [*dask, "worker", "--no-dashboard", "--nworkers", "2", *place]
    begun = [
        subprocess.Popen([*scheduler, "--host", f"{kind}://127.0.0.1"], **SILENT),
    ]
    try:
        until = time.monotonic() + STANDS_S
        while not file.is_file() and time.monotonic() < until:
            time.sleep(0.2)
        begun.append(subprocess.Popen([*worker, "--nthreads", "1"], **SILENT))
        yield json.loads(file.read_text())["address"]
    finally:
        for process in begun:
            process.terminate()
        for process in begun:
            process.wait(STANDS_S)


def ended(study: subprocess.Popen) -> tuple[int, str]:
    """Its exit code, and what it said of errors."""
    _, said = study.communicate(timeout=ENDS_S)
    return study.returncode, said


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> tuple[str, ...]:
    """Certificates of an authority of its own, as options of dask and twin."""
    folder = tmp_path_factory.mktemp("papers")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    return (
        *("--tls-ca", str(folder / "ca.pem")),
        *("--tls-cert", str(folder / "cert.pem")),
        *("--tls-key", str(folder / "key.pem")),
    )


def for_dask(papers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("--tls-ca-file" if p == "--tls-ca" else p for p in papers)


def test_a_cluster_gives_the_bytes_that_one_process_gives(tmp_path):
    file = written(tmp_path)
    alone = started(file, tmp_path / "alone", "--workers", "0", QUIETLY)
    with cluster(tmp_path) as address:
        shared = started(file, tmp_path / "shared", "--scheduler", address, QUIETLY)
        for study in (alone, shared):
            assert ended(study) == (0, "")
    assert tables_of(tmp_path / "shared") == tables_of(tmp_path / "alone")


def test_a_cluster_behind_tls_takes_who_shows_papers(tmp_path, papers):
    file = written(tmp_path)
    with cluster(tmp_path, *for_dask(papers)) as address:
        assert address.startswith("tls://")
        shared = started(
            file, tmp_path / "out", "--scheduler", address, *papers, QUIETLY
        )
        assert ended(shared) == (0, "")
        stranger = started(file, tmp_path / "no", "--scheduler", address)
        code, said = ended(stranger)
    assert code == 2
    assert "--tls-ca: a scheduler at tls:// needs it" in said
    assert len(tables_of(tmp_path / "out")) == 3


def test_papers_of_another_authority_are_refused_in_words(tmp_path, papers):
    folder = tmp_path / "forged"
    folder.mkdir()
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    forged = (
        *("--tls-ca", str(folder / "ca.pem")),
        *("--tls-cert", str(folder / "both.pem")),
        *("--tls-key", str(folder / "both.pem")),
    )
    with cluster(tmp_path, *for_dask(papers)) as address:
        file = written(tmp_path)
        study = started(file, tmp_path / "out", "--scheduler", address, *forged)
        code, said = ended(study)
    assert code == 2
    assert f"no scheduler answers at {address}" in said
    assert "Traceback" not in said
