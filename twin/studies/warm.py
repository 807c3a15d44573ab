"""Loaded by a worker before it takes a job: what every job needs, read early.

A key that stops the study (Ctrl-C) reaches workers too; the study ends them itself.
"""

from __future__ import annotations

import signal
import threading

import twin.studies.job  # noqa: F401

if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
