"""A study's jobs on workers of Dask: processes of this computer, or a cluster's.

A worker that dies loses nothing: its job is done again by another. A job that kills
every worker that takes it is given up, and the others go on.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster, Worker, as_completed, get_worker
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.scheduler import KilledWorker
from distributed.security import Security

from twin.errors import InputError, RunFailed
from twin.studies.job import Bench, Job, Outcome, ensure
from twin.studies.pools import Pool

BENCH = "twin-bench"
MOST_DEATHS = 3
CONNECT_S = 15
ONE_THREAD = {
    name: 1
    for name in (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "POLARS_MAX_THREADS",
    )
}
SETTINGS = {
    "distributed.nanny.pre-spawn-environ": ONE_THREAD,
    "distributed.scheduler.allowed-failures": MOST_DEATHS,
    "distributed.worker.daemon": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "10s",
    "distributed.admin.tick.cycle": "60s",
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.tick.limit": "1h",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.nanny.http.routes": [],
    "distributed.comm.timeouts.connect": f"{CONNECT_S}s",
}


@dataclass(frozen=True)
class Tls:
    """The certificates that a cluster's ``tls://`` scheduler asks for."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


def local(n_workers: int) -> Pool:
    """That many processes of this computer, one thread each, on loopback only."""

    def work(jobs: Sequence[Job], bench: Bench) -> Iterator[Outcome]:
        with (
            _settled(),
            _processes(min(n_workers, len(jobs))) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield from _done_by(client, jobs)

    return work


def remote(address: str, tls: Tls) -> Pool:
    """The workers of a cluster; they must see the same files at the same paths."""
    security = _security(address, tls)

    def work(jobs: Sequence[Job], bench: Bench) -> Iterator[Outcome]:
        with _settled(), _connected(address, security) as client:
            yield from _done_by(client, jobs)

    return work


class _Benches(WorkerPlugin):
    """Gives each worker a bench of its own."""

    name = BENCH

    def setup(self, worker: Worker) -> None:
        """Called in the worker, also in one that is started anew."""
        self.bench = Bench()


def _ensure(job: Job) -> Outcome:
    """In a worker: the job, at this worker's bench."""
    plugin = get_worker().plugins[BENCH]
    assert isinstance(plugin, _Benches)
    return ensure(job, plugin.bench)


def _done_by(client: Client, jobs: Sequence[Job]) -> Iterator[Outcome]:
    """Outcomes as they come in; what a worker could not even tell is told for it."""
    client.register_plugin(_Benches())
    futures = {
        client.submit(_ensure, job, key=f"run-{job.run_id}", pure=False): job.run_id
        for job in jobs
    }
    for future in as_completed(list(futures), loop=client.loop):
        if future.cancelled():
            raise RunFailed("lost the scheduler; run the study again to go on")
        error = future.exception()
        run_id = futures.pop(future)
        if error is None:
            yield future.result()
        else:
            yield Outcome(run_id, reason=_reason(error))
        future.release()


def _reason(error: BaseException) -> str:
    if isinstance(error, KilledWorker):
        return (
            f"its worker died {MOST_DEATHS + 1} times while at it: killed, "
            "or out of memory"
        )
    return f"{type(error).__name__}: {error}"


@contextmanager
def _processes(n_workers: int) -> Iterator[LocalCluster]:
    """Workers that end at once, in whatever way the study ends."""
    with _interrupts_held() as pressed:
        cluster = _begun(n_workers, pressed)
    try:
        if pressed:
            raise KeyboardInterrupt
        yield cluster
    finally:
        for nanny in cluster.workers.values():
            nanny.auto_restart = False
            with suppress(ProcessLookupError):
                if nanny.pid:
                    os.kill(nanny.pid, signal.SIGKILL)
        cluster.close(timeout=CONNECT_S)


@contextmanager
def _interrupts_held() -> Iterator[list[int]]:
    """Ctrl-C waits: a cluster that half stands cannot be closed. What was pressed."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _begun(n_workers: int, pressed: Sequence[int]) -> LocalCluster:
    """A cluster on loopback; begun anew if a worker dies before it is one.

    Dask opens a port for pages whether there are any or not: here any free one of
    loopback, with nothing behind it.
    """
    died: RuntimeError | None = None
    for _ in range(MOST_DEATHS):
        try:
            return LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,
                silence_logs=logging.CRITICAL,
                preload=["twin.studies.warm"],
            )
        except RuntimeError as error:
            died = error
            if pressed:
                raise KeyboardInterrupt from error
    raise RunFailed(
        f"workers die as they start, {MOST_DEATHS} times: killed, or out of memory; "
        "ask for fewer with --workers, or for none with --workers 0"
    ) from died


@contextmanager
def _connected(address: str, security: Security | None) -> Iterator[Client]:
    try:
        client = Client(
            address, security=security, timeout=CONNECT_S, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise InputError.of(
            f"no scheduler answers at {address}: {error}", key="--scheduler"
        ) from error
    with client:
        _refuse_other_versions(client)
        yield client


def _refuse_other_versions(client: Client) -> None:
    try:
        client.get_versions(check=True)
    except ValueError as error:
        raise InputError.of(f"the cluster's versions differ: {error}") from error


def _security(address: str, tls: Tls) -> Security | None:
    """What an address needs; a ``tls://`` one all three certificates."""
    kind, separator, rest = address.partition("://")
    if not separator or kind not in ("tcp", "tls") or not rest:
        raise InputError.of(
            f"'{address}'; allowed: tcp://host:port or tls://host:port",
            key="--scheduler",
        )
    files: dict[str, Any] = {
        "--tls-ca": tls.ca,
        "--tls-cert": tls.cert,
        "--tls-key": tls.key,
    }
    if kind == "tcp":
        given = [name for name, path in files.items() if path is not None]
        if given:
            raise InputError.of("is for a scheduler at tls://", key=", ".join(given))
        return None
    for name, path in files.items():
        if path is None:
            raise InputError.of(f"a scheduler at {kind}:// needs it", key=name)
        if not path.is_file():
            raise InputError.of(f"no such file '{path}'", key=name)
    return Security(
        tls_ca_file=str(tls.ca),
        tls_client_cert=str(tls.cert),
        tls_client_key=str(tls.key),
        require_encryption=True,
    )


@contextmanager
def _settled() -> Iterator[None]:
    """Dask as studies want it; its own log says nothing that outcomes don't."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with dask.config.set(SETTINGS):
            yield
    finally:
        log.setLevel(before)
