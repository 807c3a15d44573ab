"""Addresses: what they say, and what may not stand in them."""

import pytest

from dashboards.address import (
    checked,
    compare_href,
    named,
    run_href,
    study_href,
    whatif_href,
)
from twin.errors import InputError

RUN = "0123456789abcdef"


def test_addresses_of_pages():
    assert run_href("village", RUN) == f"/run/village/{RUN}/overview"
    href = run_href("village", RUN, "feeder", {"t": "2026-01-12T18:00", "by": ""})
    assert href == f"/run/village/{RUN}/feeder?t=2026-01-12T18:00"
    assert study_href("v2g", RUN) == f"/study/v2g/{RUN}"
    assert compare_href([f"a/{RUN}", f"b/{RUN}"]) == f"/compare?runs=a/{RUN},b/{RUN}"
    assert whatif_href() == "/whatif"
    assert whatif_href("a", RUN) == f"/whatif?from=a/{RUN}"


@pytest.mark.parametrize(
    ("scenario", "run_id"),
    [
        ("..", RUN),
        ("village", "../../etc/passwd"),
        ("village", f"{RUN}/.."),
        ("village", RUN.upper()),
        ("village", f"{RUN}\n"),
        ("a/b", RUN),
        ("<script>", RUN),
        ("%2e%2e", RUN),
        ("", RUN),
        (None, RUN),
        ("village", 3),
        (["village"], RUN),
    ],
)
def test_what_no_run_can_be_called_is_refused(scenario, run_id):
    with pytest.raises(InputError):
        checked(scenario, run_id)


def test_runs_are_named_once_each():
    assert named(f"a/{RUN},b/{RUN},a/{RUN},") == (("a", RUN), ("b", RUN))
    assert named("") == ()
    with pytest.raises(InputError, match="no scenario can be called"):
        named(f"a/{RUN},../{RUN}")
