"""The rival of a finished run: the same scenario under the policy to hold against it.

Giving (V2G) is held against clever charging without giving, and clever charging, as
tariffs, against charging at once: the difference is what each of them adds.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.whatif.fields import Field
from dashboards.whatif.jobs import Job, Jobs
from dashboards.whatif.judged import begin
from dashboards.whatif.starts import Start
from twin.errors import InputError, Problem
from twin.scenario.layers import load

CLEVER, CARELESS = "valley", "uncontrolled"


def rival_of(policy: str) -> str:
    """The policy to hold against another; none is known for one that is nobody's."""
    if not policy:
        return ""
    return CARELESS if policy in (CLEVER, "tou") else CLEVER


def begin_rival(every: Sequence[Field], job: Job, jobs: Jobs) -> str:
    """Start a finished job's scenario once more, under the rival; the new job's id."""
    policy = rival_of(str(job.told.get("policy") or ""))
    if job.state != "done" or not policy:
        raise InputError.of("only a finished run with a policy has a rival")
    problems: list[Problem] = []
    tree = load(jobs.scenario_file(job.job_id), problems, [])
    if problems:
        raise InputError(problems)
    key = f"{job.scenario}/{job.run_id}"
    start = Start(key, tree.plain())
    return begin(every, start, {"policy.name": policy}, jobs, rival_of=key)
