"""Guards the OpenDSS engine: a circuit's scripts become one list of harmless commands.

Every script is split into words here; commands, options and properties that a circuit
needs are written anew, by their full names, and nothing else reaches the engine. Files
are read only below one folder, and data files are handed on as copies. What only shows,
saves or exports is ignored, and anything else is refused, by file and line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twin.errors import InputError, Problem, nearest
from twin.grid import opendss_words as allowed
from twin.grid.changes import Made
from twin.grid.opendss_files import FileRefusedError, Files
from twin.grid.opendss_parser import Word, lines, resolved, substituted, words

MOST_COMMANDS, MOST_DEPTH, MOST_PROBLEMS = 2_000_000, 40, 20
SNAPSHOT = ("snapshot", "snap")


@dataclass(frozen=True)
class Vocabulary:
    """The engine's own words in its order, small letters, so that short ones resolve.

    `properties` of each class by its name.
    """

    commands: list[str]
    options: list[str]
    properties: dict[str, list[str]]


@dataclass(frozen=True)
class Command:
    """One line for the engine, and where it came from."""

    text: str
    where: str


@dataclass(frozen=True)
class Flattened:
    """All commands of a circuit in order, notes on what was ignored, files read.

    `digest` is the SHA-256 of all that was read; `made` what was changed afterwards.
    """

    commands: list[Command]
    notes: list[str]
    files: list[Path]
    digest: str
    made: tuple[Made, ...] = ()


class RefusedError(Exception):
    """A word that a circuit may not use, and why."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word = word


@dataclass
class Script:
    """What has been read so far, while scripts are followed."""

    files: Files
    vocabulary: Vocabulary
    commands: list[Command] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    active: str = ""
    snapshot: bool = True
    folder: Path = field(default_factory=Path)
    where: str = ""
    depth: int = 0


def flattened(
    master: Path, root: Path, folder: Path, vocabulary: Vocabulary
) -> Flattened:
    """The commands of a master file and of all files that it redirects to."""
    script = Script(Files(root, folder), vocabulary)
    script.folder = master.parent
    try:
        real = script.files.find(master.name, master.parent)
    except FileRefusedError as error:
        raise InputError.of(str(error), "feeder.source", str(master)) from None
    _follow(script, real)
    if script.problems:
        raise InputError(script.problems)
    told = ", ".join(f"{word} ({times})" for word, times in script.ignored.items())
    notes = [f"ignored in the scripts: {told}"] if told else []
    files = script.files
    digest = files.digest.hexdigest()
    return Flattened(script.commands, notes, sorted(files.opened), digest)


def _follow(script: Script, real: Path) -> None:
    """All lines of one file, relative names beside it."""
    text = _decoded(script.files.read(real))
    before, script.folder = script.folder, real.parent
    script.depth += 1
    for number, line in lines(text):
        script.where = f"{_shown(real, script.files.root)}:{number}"
        try:
            _line(script, line)
        except FileRefusedError as error:
            _complain(script, "", str(error))
        except RefusedError as error:
            _complain(script, error.word, str(error))
    script.depth -= 1
    script.folder = before


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _shown(real: Path, root: Path) -> str:
    return str(real.relative_to(root.resolve()))


def _complain(script: Script, word: str, why: str) -> None:
    script.problems.append(Problem(script.where, word, why))
    if len(script.problems) >= MOST_PROBLEMS:
        raise InputError(script.problems)


def _emit(script: Script, *parts: str) -> None:
    script.commands.append(Command(" ".join(parts), script.where))
    if len(script.commands) > MOST_COMMANDS:
        raise InputError.of(
            f"more than {MOST_COMMANDS:,} commands", "feeder.source", script.where
        )


def _line(script: Script, line: str) -> None:
    said = [_known(script, word) for word in _words(line)]
    if not said:
        return
    first, rest = said[0], said[1:]
    if first.name:
        _assign(script, first, rest)
        return
    name = resolved(first.value, script.vocabulary.commands) if first.value else None
    if name is None or name not in allowed.COMMANDS:
        hint = nearest(first.value.lower(), allowed.COMMANDS)
        raise RefusedError(name or first.value, f"no command for a circuit{hint}")
    if name in allowed.IGNORED:
        _ignore(script, name)
        return
    _reader(name)(script, name, rest)


def _words(line: str) -> list[Word]:
    return [Word("", "more"), *words(line[1:])] if line[:1] == "~" else words(line)


def _known(script: Script, word: Word) -> Word:
    try:
        return substituted(word, script.variables)
    except KeyError as error:
        raise RefusedError(str(error.args[0]), "no such variable") from None


def _ignore(script: Script, name: str) -> None:
    script.ignored[name] = script.ignored.get(name, 0) + 1


Reader = Callable[[Script, str, list[Word]], None]


def _reader(name: str) -> Reader:
    """What reads the rest of a command's line."""
    groups: tuple[tuple[frozenset[str], Reader], ...] = (
        (allowed.FOLLOWED, _redirect),
        (allowed.CONTINUED, _more),
        (allowed.COORDINATES, _coordinates),
        (allowed.PLAIN, _plain),
        (allowed.SWITCHES, _switch),
        (allowed.PLACES, _place),
        (frozenset({"new", "edit", "batchedit"}), _edit),
        (frozenset({"select"}), _select),
        (frozenset({"set"}), _set),
        (frozenset({"solve"}), _solve),
        (frozenset({"var"}), _var),
    )
    return next(reader for names, reader in groups if name in names)


def _redirect(script: Script, name: str, rest: list[Word]) -> None:
    if not rest:
        return
    if script.depth >= MOST_DEPTH:
        raise RefusedError(name, f"more than {MOST_DEPTH} files within one another")
    real = script.files.find(rest[0].value, script.folder)
    where = script.where
    _follow(script, real)
    script.where = where
    if name == "compile":
        script.folder = real.parent


def _coordinates(script: Script, name: str, rest: list[Word]) -> None:
    real = script.files.find(rest[0].value if rest else "", script.folder)
    _emit(script, name, Word("", str(script.files.copy(real)), '"').written())


def _plain(script: Script, name: str, rest: list[Word]) -> None:
    _emit(script, name)


def _switch(script: Script, name: str, rest: list[Word]) -> None:
    """Enable, disable, open, close: an element, then terminal and conductor."""
    if not rest:
        raise RefusedError(name, "names no element")
    numbers = [word.value for word in rest[1:3] if word.value]
    for one in numbers:
        if not allowed.WHOLE.match(one):
            raise RefusedError(one, "no number of a terminal or conductor")
    _emit(script, name, Word("", rest[0].value, '"').written(), *numbers)


def _place(script: Script, name: str, rest: list[Word]) -> None:
    wanted = {"setkvbase": ["bus", "kvll", "kvln"], "setbusxy": ["bus", "x", "y"]}[name]
    parts = []
    for word in rest:
        full = resolved(word.name, wanted) if word.name else ""
        if full is None:
            raise RefusedError(word.name, f"allowed: {', '.join(wanted)}")
        parts.append(Word(full, word.value, word.quote or '"').written())
    _emit(script, name, *parts)


def _select(script: Script, name: str, rest: list[Word]) -> None:
    if rest:
        target = _target(script, rest[0])
        _emit(script, name, target)


def _var(script: Script, name: str, rest: list[Word]) -> None:
    for word in rest:
        if word.name.startswith("@"):
            script.variables[word.name.lower()] = word.value


def _edit(script: Script, name: str, rest: list[Word]) -> None:
    """New, edit, batchedit: an element, then its properties."""
    if not rest:
        raise RefusedError(name, "names no element")
    target = _target(script, rest[0])
    _emit(script, name, target, *_properties(script, rest[1:]))


def _more(script: Script, name: str, rest: list[Word]) -> None:
    written = _properties(script, rest)
    if written:
        _emit(script, "more", *written)


def _assign(script: Script, first: Word, rest: list[Word]) -> None:
    """``Class.Name.property=value``, or a property of the active element."""
    *path, name = first.name.split(".")
    said = [Word(name, first.value, first.quote), *rest]
    if not path:
        _more(script, "more", said)
        return
    target = _target(script, Word("", ".".join(path)))
    _emit(script, "edit", target, *_properties(script, said))


def _target(script: Script, word: Word) -> str:
    """Class and name of an element; its class becomes the active one."""
    if word.name and not "object".startswith(word.name.lower()):
        raise RefusedError(word.name, "an element is wanted first: Class.Name")
    kind, dot, name = word.value.partition(".")
    if not dot:
        kind, name = script.active, word.value
    kind = kind.lower()
    if kind != "circuit" and kind not in allowed.CLASSES:
        hint = nearest(kind, allowed.CLASSES)
        raise RefusedError(kind or word.value, f"no class for a circuit{hint}")
    script.active = "vsource" if kind == "circuit" else kind
    return Word("", f"{kind}.{name}", '"').written()


def _properties(script: Script, said: list[Word]) -> list[str]:
    """Properties of the active class, each by its full name."""
    names = script.vocabulary.properties.get(script.active, [])
    if said and not names:
        raise RefusedError(said[0].name or said[0].value, "belongs to no element")
    written, at = [], -1
    for word in said:
        at = _index(word, names, at + 1, script.active)
        line = _property(script, names[at], word)
        written += [line] if line else []
    return written


def _index(word: Word, names: list[str], following: int, kind: str) -> int:
    if not word.name:
        if following >= len(names):
            raise RefusedError(word.value, f"{kind} has no more properties")
        return following
    full = resolved(word.name, names)
    if full is None:
        hint = nearest(word.name.lower(), names)
        raise RefusedError(word.name, f"{kind} has no such property{hint}")
    return names.index(full)


def _property(script: Script, name: str, word: Word) -> str:
    if name in allowed.IGNORED_PROPERTIES:
        _ignore(script, name)
        return ""
    if name in allowed.CODE_PROPERTIES:
        if word.value.strip().lower() in ("", "none"):
            return ""
        raise RefusedError(name, "code or data of a user's own model is not loaded")
    if name in allowed.FILE_PROPERTIES:
        real = script.files.find(word.value, script.folder)
        return Word(name, str(script.files.copy(real)), '"').written()
    if name in allowed.MOST_OF:
        _bounded(name, word.value)
    if "=" in word.value:
        return Word(name, _from_file(script, word), "[").written()
    return Word(name, word.value, word.quote).written()


def _bounded(name: str, value: str) -> None:
    """How many of something: what is far too many crashes the engine."""
    most = allowed.MOST_OF[name]
    try:
        number = float(value or 0)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= most:
        raise RefusedError(name, f"a number from 0 to {most} is wanted, got {value}")


def _from_file(script: Script, word: Word) -> str:
    """``file=a.csv column=2``, as an array may be given."""
    said = words(word.value)
    if not said or said[0].name.lower() not in allowed.FILE_WORDS:
        raise RefusedError(word.name, f"'{word.value[:60]}' is no value")
    real = script.files.find(said[0].value, script.folder)
    parts = [Word(said[0].name.lower(), str(script.files.copy(real)), '"').written()]
    for detail in said[1:]:
        name = resolved(detail.name, sorted(allowed.FILE_DETAILS)) or ""
        if not detail.name or not name or not detail.value.isalnum():
            raise RefusedError(detail.name or detail.value, "allowed: column, header")
        parts.append(f"{name}={detail.value}")
    return " ".join(parts)


def _set(script: Script, name: str, rest: list[Word]) -> None:
    for word in rest:
        _option(script, word)


def _option(script: Script, word: Word) -> None:
    if not word.name:
        raise RefusedError(word.value, "an option is set by its name")
    name = resolved(word.name, script.vocabulary.options)
    value = word.value.lower()
    if name == "mode":
        script.snapshot = bool(value) and any(one.startswith(value) for one in SNAPSHOT)
    if name in allowed.OPTIONS:
        _emit(script, "set", Word(name, word.value, word.quote).written())
    elif name in allowed.ONLY:
        if not allowed.ONLY[name].startswith(value[:1]):
            raise RefusedError(name, f"only {allowed.ONLY[name]} can be represented")
    elif name in allowed.SELECTING:
        script.active = ""
    elif name in allowed.IGNORED_OPTIONS:
        _ignore(script, f"set {name}")
    else:
        known = allowed.OPTIONS | allowed.IGNORED_OPTIONS
        hint = nearest(word.name.lower(), known)
        raise RefusedError(name or word.name, f"no option for a circuit{hint}")


def _solve(script: Script, name: str, rest: list[Word]) -> None:
    """The circuit is solved once all is read; here only its buses are listed."""
    for word in rest:
        if word.name:
            _option(script, word)
    if script.snapshot:
        _emit(script, "makebuslist")
    else:
        _ignore(script, "solve over time")
