"""Where a pandapower network comes from: a function, a JSON file, a SimBench code."""

from __future__ import annotations

import inspect
import json
import logging
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InputError, nearest
from twin.grid.conversion import to_feeder
from twin.grid.feeder import Feeder
from twin.grid.pp_controllers import FOLLOWED
from twin.grid.ppc import Network

ALLOWED_MODULES = ("pandapower", "pandas", "numpy", "networkx", "shapely", "geopandas")
ALLOWED_CLASSES = frozenset({
    "pandapowerNet", "DataFrame", "Series", "Index", "ndarray", "array", "MultiGraph",
    "Graph", "int", "float", "bool", "str", "list", "tuple", "set", "frozenset", "dict",
    "complex", "int64", "int32", "float64", "float32", "bool_", "uint32",
    "GeoDataFrame", "NoneType", "function",
})  # fmt: skip
ALLOWED_CONTROLLERS = frozenset({
    (f"pandapower.control.controller.trafo.{FOLLOWED}", FOLLOWED),
})  # fmt: skip
RANDOM_PREFIXES = ("create_kerber_", "kb_extrem_")
DEFAULT_SEED = 0


def load_feeder(
    source: str,
    arguments: Mapping[str, object] | None = None,
    source_voltage_pu: float | None = None,
) -> tuple[Feeder, Network]:
    """A pandapower network by `kind:name`, as a feeder and as itself."""
    net = load_network(source, arguments or {})
    if source_voltage_pu is not None:
        hold_sources(net, source_voltage_pu)
    return feeder_of(net, source), net


def feeder_of(net: Network, source: str) -> Feeder:
    """A network as a feeder."""
    name = source.partition(":")[2]
    try:
        with uncompiled(), np.errstate(divide="raise", invalid="raise"):
            return to_feeder(net, Path(name).stem if "/" in name else name, source)
    except (ArithmeticError, LookupError, UserWarning, ValueError) as error:
        raise InputError.of(
            f"{source} cannot be turned into a grid that can be solved: {error}",
            key="feeder.source",
        ) from error


def load_network(source: str, arguments: Mapping[str, object]) -> Network:
    """A pandapower network by `kind:name`."""
    kind, _, name = source.partition(":")
    readers = {"pandapower": _from_function, "json": _from_json, "simbench": _simbench}
    if kind not in readers or not name:
        hint = nearest(kind, readers)
        raise InputError.of(
            f"'{source}' is no feeder; allowed are pandapower:<function>, "
            f"json:<file>, simbench:<code>, opendss:<master file>{hint}",
            key="feeder.source",
        )
    return readers[kind](name, arguments)


def hold_sources(net: Network, v_pu: float) -> None:
    """Set the voltage of every slack."""
    net.ext_grid["vm_pu"] = v_pu
    if len(net.gen):
        net.gen.loc[net.gen["slack"].astype(bool), "vm_pu"] = v_pu


def network_functions() -> dict[str, Any]:
    """The functions of pandapower.networks that make a whole network by themselves."""
    import pandapower.networks as networks

    return {
        name: function
        for name, function in vars(networks).items()
        if inspect.isfunction(function)
        and function.__module__.startswith("pandapower.networks")
        and not name.startswith("_")
        and not _demanding(function)
    }


def _demanding(function: Any) -> bool:
    """Whether a function can't be called without arguments."""
    named = (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.KEYWORD_ONLY,
    )
    return any(
        parameter.kind in named and parameter.default is inspect.Parameter.empty
        for parameter in inspect.signature(function).parameters.values()
    )


def _from_function(name: str, arguments: Mapping[str, object]) -> Network:
    functions = network_functions()
    if name not in functions:
        raise InputError.of(
            f"pandapower has no network '{name}'{nearest(name, functions)}",
            key="feeder.source",
        )
    given = dict(arguments)
    part = given.pop("part", None)
    seed = DEFAULT_SEED
    if name.startswith(RANDOM_PREFIXES):
        seed = _whole("seed", given.pop("seed", DEFAULT_SEED))
    _check_arguments(name, functions[name], given)
    with seeded(seed), uncompiled():
        try:
            made = functions[name](**given)
        except (TypeError, ValueError, UserWarning) as error:
            raise InputError.of(f"{name}: {error}", key="feeder") from error
    return _one_of(name, made, part)


def _check_arguments(name: str, function: Any, given: Mapping[str, object]) -> None:
    allowed = [
        word
        for word, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    for word in given:
        if word not in allowed:
            offered = ", ".join(allowed) or "none"
            raise InputError.of(
                f"{name} has no argument '{word}'; allowed: {offered}"
                f"{nearest(word, allowed)}",
                key=f"feeder.{word}",
            )


def _one_of(name: str, made: Any, part: object) -> Network:
    """A function may give several networks: the scenario then says which."""
    nets = list(made) if isinstance(made, (list, tuple)) else [made]
    if len(nets) == 1 and part is None:
        return nets[0]
    which = -1 if part is None else _whole("part", part)
    if not 0 <= which < len(nets):
        raise InputError.of(
            f"{name} makes {len(nets)} networks: choose part 0 to {len(nets) - 1}",
            key="feeder.part",
        )
    return nets[which]


def _whole(word: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InputError.of(f"a whole number is wanted, got {value!r}", f"feeder.{word}")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Kerber's networks draw from a generator of their own, at a fixed seed.

    The global one, from which they draw otherwise, is drawn from by other threads too.
    """
    from pandapower.networks import kerber_networks

    known = kerber_networks.rd
    kerber_networks.rd = random.Random(seed)
    try:
        yield
    finally:
        kerber_networks.rd = known


@contextmanager
def uncompiled() -> Iterator[None]:
    """Let pandapower compile nothing: its functions solve a network once, if at all.

    Compiling for that costs three seconds of every run.
    """
    from pandapower import auxiliary

    known, level = auxiliary.NUMBA_INSTALLED, auxiliary.logger.level
    auxiliary.NUMBA_INSTALLED = False
    auxiliary.logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        auxiliary.NUMBA_INSTALLED = known
        auxiliary.logger.setLevel(level)


def _from_json(name: str, arguments: Mapping[str, object]) -> Network:
    import pandapower

    _no_arguments(arguments)
    text = _read(Path(name))
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError.of(f"not JSON: {error}", "feeder.source", name) from error
    forbidden = sorted(set(_forbidden(content)))
    if forbidden:
        raise InputError.of(
            f"names code that a network does not need: {', '.join(forbidden)}",
            "feeder.source",
            name,
        )
    try:
        net = pandapower.from_json_string(text)
    except Exception as error:
        raise InputError.of(
            f"no pandapower network: {error}", "feeder.source", name
        ) from error
    if not isinstance(net, pandapower.pandapowerNet):
        raise InputError.of("no pandapower network", "feeder.source", name)
    return net


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError.of("no such file", "feeder.source", str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.of(
            f"not readable: {error}", "feeder.source", str(path)
        ) from None


def _forbidden(content: object) -> Iterator[str]:
    """Modules and classes, however deep, that are not on the list."""
    if isinstance(content, dict):
        module, kind = content.get("_module"), content.get("_class")
        if module is not None or kind is not None:
            inside = str(module).split(".")[0] in ALLOWED_MODULES
            known = module == "builtins" or inside
            allowed = (known and str(kind) in ALLOWED_CLASSES) or (
                (str(module), str(kind)) in ALLOWED_CONTROLLERS
            )
            if not allowed:
                yield f"{module}.{kind}"
        for value in content.values():
            yield from _forbidden(value)
    elif isinstance(content, list):
        for value in content:
            yield from _forbidden(value)
    elif isinstance(content, str) and '"_module"' in content:
        try:
            yield from _forbidden(json.loads(content))
        except json.JSONDecodeError:
            yield "unreadable nested object"


def _simbench(name: str, arguments: Mapping[str, object]) -> Network:
    _no_arguments(arguments)
    try:
        import simbench
    except ImportError:
        raise InputError.of(
            "SimBench networks need the package simbench: pip install simbench",
            key="feeder.source",
        ) from None
    codes = simbench.collect_all_simbench_codes()
    if name not in codes:
        hint = nearest(name, codes)
        raise InputError.of(f"no SimBench code '{name}'{hint}", "feeder.source")
    return simbench.get_simbench_net(name)


def _no_arguments(arguments: Mapping[str, object]) -> None:
    for word in arguments:
        raise InputError.of("only pandapower:<function> takes it", f"feeder.{word}")
