"""Keeps what took long to make, and makes it once for all who ask at the same time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Generic, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Made = TypeVar("Made")


class Once(Generic[Made]):
    """Made by whoever asks first; who asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: list[Made] = []

    def get(self, make: Callable[[], Made]) -> Made:
        with self._lock:
            if not self._made:
                self._made.append(make())
        return self._made[0]


def kept(make: Callable[Asked, Made], most: int) -> Callable[Asked, Made]:
    """The same, made once for what was asked for last."""
    shelf: Callable[..., Once[Made]] = lru_cache(most)(lambda *asked: Once())

    def get(*asked: Asked.args, **named: Asked.kwargs) -> Made:
        return shelf(*asked).get(lambda: make(*asked, **named))

    return get
