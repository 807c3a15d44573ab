"""Hand-made runs, the same that the answers of a run are tested with."""

from tests.analysis.conftest import interrupted, make_run, written  # noqa: F401
