"""Which policy a scenario chooses: a registered one, or a user's class."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

from twin.agents.policies import POLICIES, Policy, PolicyWords, Window
from twin.errors import InputError
from twin.scenario.spec import Scenario


def policy_of(scenario: Scenario, cheapest: Window) -> tuple[Policy, Path | None]:
    """The policy, and the file of a user's own.

    ``cheapest`` tells the hours of a date (an ordinal) in which energy costs least.
    """
    words = scenario.policy
    if ":" in words.name:
        return _policy_of_user(words.name, words.parameters)
    return POLICIES[words.name](
        PolicyWords(
            reserve_soc=words.reserve_soc,
            target_kw=words.target_kw,
            target_share=words.target_share,
            window_min=_window(scenario, cheapest),
            random_start_min=words.random_start_min,
            wear_usd_per_kwh=words.wear_usd_per_kwh,
            seed=scenario.seed,
        )
    ), None


def _window(scenario: Scenario, cheapest: Window) -> Window:
    """When a timer charges on a date (an ordinal): as said, else when it is cheap."""
    window = scenario.policy.window
    if window is None:
        return cheapest
    start, end = _minute(window.start), _minute(window.end)
    return lambda day: (start, end if end > start else end + 1440)


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _policy_of_user(
    name: str, parameters: dict[str, object]
) -> tuple[Policy, Path | None]:
    """``package.module:Class``, looked up from the current folder, too."""
    module_name, _, class_name = name.partition(":")
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise InputError.of(
            f"cannot import '{module_name}' from {here}: {error}", key="policy.name"
        ) from error
    finally:
        sys.path.remove(here)
    kind = getattr(module, class_name, None)
    if not inspect.isclass(kind) or not callable(getattr(kind, "decide", None)):
        raise InputError.of(
            f"'{class_name}' in {module_name} is no class with a method "
            "decide(seen) -> kW [n_ev]",
            key="policy.name",
        )
    try:
        policy: Any = kind(**parameters)
    except Exception as error:
        raise InputError.of(
            f"{class_name}({parameters}): {error}", key="policy.parameters"
        ) from error
    file = inspect.getsourcefile(kind)
    return policy, Path(file) if file else None
