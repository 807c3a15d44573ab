"""Changes one operator at a time in the numeric rooms and shows which tests notice.

Tools that rewrite functions cannot see into compiled ones, so this program mutates
whole files: in a copy of the tree it swaps an operator, bends a constant or drops a
sign, and runs the tests that belong to the file in a forked child, compiling anew. A
mutant that every test survives is printed with its line. Some survivors are equivalent
(a bound that is never met with equality); each wants a look.

    python tests/mutation/run.py                          all mutants of all targets
    python tests/mutation/run.py charging --sample 40     some of one target
    python tests/mutation/run.py policies --seed 2 -v     say every mutant

Not collected by pytest. Exit code 1 if the tests fail on the unchanged tree.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOWEST_BASELINE_S = 120.0


@dataclass(frozen=True)
class Target:
    """A file, and the quick tests that should notice any change in it."""

    file: str
    tests: tuple[str, ...]
    compiled: bool = True


GRID_TESTS = (
    "tests/grid/test_powerflow.py",
    "tests/grid/test_reference.py",
    "tests/grid/test_flow_laws.py",
    "tests/grid/test_meshes.py",
)
TARGETS = {
    "charging": Target("twin/fleet/charging.py", ("tests/fleet/test_charging.py",)),
    "movement": Target("twin/fleet/movement.py", ("tests/fleet/test_movement.py",)),
    "policies": Target("twin/agents/policies.py", ("tests/agents/test_policies.py",)),
    "allocation": Target(
        "twin/agents/allocation.py", ("tests/agents/test_allocation.py",), False
    ),
    "storage": Target("twin/agents/storage.py", ("tests/agents/test_storage.py",)),
    "batteries": Target(
        "twin/customers/batteries.py", ("tests/customers/test_batteries.py",), False
    ),
    "powerflow": Target("twin/grid/powerflow.py", GRID_TESTS),
    "kernels": Target("twin/grid/kernels.py", GRID_TESTS),
}

SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
NAMES = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "floor": "ceil",
    "ceil": "floor",
    "sin": "cos",
    "exp": "log",
    "conj": "real",
    "real": "imag",
    "imag": "real",
}


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, what it says, the file's new text."""

    line: int
    change: str
    text: str


def mutants(source: str) -> list[Mutant]:
    """Every single change of a file."""
    tree = ast.parse(source)
    found = []
    for number, node in enumerate(ast.walk(tree)):
        for bend in _bends(node):
            changed = copy.deepcopy(tree)
            twin = next(n for i, n in enumerate(ast.walk(changed)) if i == number)
            before = ast.unparse(twin)
            bend(twin)
            text = ast.unparse(ast.fix_missing_locations(changed))
            line = getattr(node, "lineno", 0)
            found.append(Mutant(line, f"{before}  ->  {ast.unparse(twin)}", text))
    return found


def _bends(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    """Ways to change a node in place."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        if _is_annotation(node):
            return
        for other in SWAPS.get(type(node.op), ()):
            yield lambda n, other=other: setattr(n, "op", other())
    elif isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            for other in SWAPS.get(type(op), ()):
                yield lambda n, k=k, other=other: n.ops.__setitem__(k, other())
    elif isinstance(node, ast.UnaryOp):
        yield _without_sign
    elif isinstance(node, ast.Call):
        yield from _renamed(node.func)
    elif isinstance(node, ast.Attribute) and node.attr in ("real", "imag"):
        yield lambda n: setattr(n, "attr", NAMES[n.attr])
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield lambda n: setattr(n, "value", n.value + 1)
        if node.value:
            yield lambda n: setattr(n, "value", 0 * n.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda n: setattr(n, "value", not n.value)


def _is_annotation(node: ast.AST) -> bool:
    """``int | str`` is a type, not arithmetic."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)):
        return False
    types = {"None", "int", "float", "str", "Path", "csr_matrix", "csc_matrix"}
    return any(ast.unparse(side) in types for side in (node.left, node.right))


def _without_sign(node: ast.UnaryOp) -> None:
    node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
    if isinstance(node.op, ast.Not):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _renamed(func: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    if isinstance(func, ast.Name) and func.id in NAMES:
        yield lambda n: setattr(n.func, "id", NAMES[n.func.id])
    if isinstance(func, ast.Attribute) and func.attr in NAMES:
        yield lambda n: setattr(n.func, "attr", NAMES[n.func.attr])


def copied_tree(folder: Path) -> Path:
    """A copy of the package and its tests that may be changed."""
    tree = folder / "tree"
    leave = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in ("twin", "tests", "scenarios"):
        shutil.copytree(ROOT / name, tree / name, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def passes(tree: Path, target: Target, most_s: float) -> bool:
    """Whether the target's tests pass in the copy in time, in a child of their own."""
    child = os.fork()
    if child == 0:
        _run_tests(tree, target)
    deadline = time.monotonic() + most_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run_tests(tree: Path, target: Target) -> None:
    """Never returns."""
    code = 1
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        import numba
        import pytest

        numba.config.DISABLE_JIT = 0 if target.compiled else 1
        numba.config.CACHE_DIR = str(tree / ".numba")
        options = [
            "-x",
            "-q",
            "--assert=plain",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
        ]
        code = int(pytest.main([*options, "-c", "pyproject.toml", *target.tests]))
    finally:
        os._exit(code)


def warm_up() -> None:
    """Import what is slow once, before forking; the package itself is left out."""
    import hypothesis
    import mesa
    import numba
    import pandapower.networks
    import polars
    import pydantic
    import pytest
    import scipy.integrate
    import scipy.optimize
    import simpy

    assert hypothesis and mesa and numba and pandapower and polars and pydantic
    assert pytest and scipy and simpy


def main() -> int:
    """Run the mutants that were asked for; print who survives."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", choices=[*TARGETS])
    parser.add_argument("--sample", type=int, help="mutants of each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true")
    words = parser.parse_args()
    sys.dont_write_bytecode = True
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        tree = copied_tree(Path(folder))
        chosen = words.targets or list(TARGETS)
        results = [_score(name, tree, words) for name in chosen]
    return 0 if all(results) else 1


def _score(name: str, tree: Path, words: argparse.Namespace) -> bool:
    target = TARGETS[name]
    file, original = tree / target.file, (tree / target.file).read_text()
    began = time.monotonic()
    if not passes(tree, target, SLOWEST_BASELINE_S):
        print(f"{name}: the tests fail on the unchanged tree")
        return False
    most_s = 10.0 + 4.0 * (time.monotonic() - began)
    chosen = mutants(original)
    if words.sample is not None and words.sample < len(chosen):
        chosen = random.Random(words.seed).sample(chosen, words.sample)
    killed = 0
    for mutant in sorted(chosen, key=lambda m: m.line):
        file.write_text(mutant.text)
        survived = passes(tree, target, most_s)
        killed += not survived
        if survived or words.verbose:
            fate = "SURVIVED" if survived else "killed"
            print(f"{fate} {target.file}:{mutant.line}: {mutant.change}", flush=True)
    file.write_text(original)
    print(f"{name}: {killed} of {len(chosen)} mutants killed", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
