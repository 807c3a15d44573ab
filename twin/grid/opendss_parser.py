"""Splits lines of OpenDSS scripts into words, as the engine's own parser does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

QUOTES = {'"': '"', "'": "'", "(": ")", "[": "]", "{": "}"}
DELIMITERS = ",="
BARE = re.compile(r"(?!.*//)[^\s,=!\"'(\[{@][^\s,=!]*")
PRINTED, END = re.compile(r"[^ \t]"), re.compile(r"[ \t,=!]|//")
CONTROL = {code: " " for code in range(32) if code != ord("\t")}
VARIABLE = re.compile(r"(?<![^\s,|])@[^\s,|.^]+")


@dataclass(frozen=True)
class Word:
    """One parameter: its name, empty where it goes by position, and its value.

    `quote` is the quotation mark that the value began with, empty for none.
    """

    name: str
    value: str
    quote: str = ""

    def written(self) -> str:
        """The same again, so that it can be read in one way only."""
        value = self.value
        if self.quote or not BARE.fullmatch(value):
            quote = _safe_quote(self.quote, value)
            value = f"{quote}{value}{QUOTES[quote]}"
        return f"{self.name}={value}" if self.name else value


def _safe_quote(wanted: str, value: str) -> str:
    """A quotation mark that does not end inside the value."""
    for quote in (wanted, *QUOTES):
        if quote and QUOTES[quote] not in value:
            return quote
    raise ValueError(f"no quotation mark is left for {value!r}")


def words(line: str) -> list[Word]:
    """All parameters of a line, up to a comment (! or //)."""
    found, at = [], 0
    while at < len(line):
        text, quote, at, ended = _token(line, at)
        if ended == "=":
            name = text
            text, quote, at, ended = _token(line, at)
            found.append(Word(name, text, quote))
        elif text or quote or ended == ",":
            found.append(Word("", text, quote))
    return found


def _token(line: str, at: int) -> tuple[str, str, int, str]:
    """The next token, its quotation mark, where it ends and the delimiter after it."""
    at = _skip(line, at)
    if at >= len(line) or _comment(line, at):
        return "", "", len(line), ""
    quote = line[at] if line[at] in QUOTES else ""
    if quote:
        end = line.find(QUOTES[quote], at + 1)
        end = len(line) if end < 0 else end
        text, at = line[at + 1 : end], end + 1
    else:
        ends = END.search(line, at)
        start, at = at, ends.start() if ends else len(line)
        text = line[start:at]
    at = _skip(line, at)
    if at < len(line) and _comment(line, at):
        return text, quote, len(line), ""
    if at < len(line) and line[at] in DELIMITERS:
        return text, quote, at + 1, line[at]
    return text, quote, at, ""


def _skip(line: str, at: int) -> int:
    found = PRINTED.search(line, at)
    return found.start() if found else len(line)


def _comment(line: str, at: int) -> bool:
    return line[at] == "!" or line.startswith("//", at)


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines of a script, without block comments and control characters."""
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        plain = line.translate(CONTROL)
        inside = inside or plain.lstrip().startswith("/*")
        if not inside:
            yield number, plain.strip()
        elif "*/" in plain:
            inside = False


def substituted(word: Word, variables: Mapping[str, str]) -> Word:
    """The word with every known @variable replaced; KeyError for an unknown one."""
    if "@" not in word.value:
        return word
    value = VARIABLE.sub(lambda found: variables[found.group().lower()], word.value)
    return Word(word.name, value, word.quote)


def resolved(short: str, allowed: list[str]) -> str | None:
    """What a word stands for: itself, else the first that begins with it."""
    wanted = short.lower()
    if wanted in allowed:
        return wanted
    return next((name for name in allowed if name.startswith(wanted)), None)
