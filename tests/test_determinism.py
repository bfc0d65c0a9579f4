"""Workflow code must do the same at every replay, and rules must be plain functions of plain values."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [path for room in ("workflows", "domain") for path in sorted((ROOT / room).rglob("*.py"))]

FORBIDDEN_MODULES = {
    "getpass",
    "glob",
    "http",
    "io",
    "logging",
    "os",
    "pathlib",
    "queue",
    "random",
    "requests",
    "secrets",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
}
"""Clocks, randomness, the environment, I/O, threads. A workflow logs by `workflow.logger`, a rule not at all."""

FORBIDDEN_CALLS = {
    "asyncio.as_completed",
    "asyncio.create_subprocess_exec",
    "asyncio.open_connection",
    "asyncio.run",
    "asyncio.to_thread",
    "asyncio.wait",
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "input",
    "open",
    "print",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid1",
    "uuid4",
}
"""By the last two parts of the name as it is called."""

ORDER_MATTERS_NOT = {"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"}
"""Functions that give the same for a set in whatever order it is walked."""

KEEPS_ORDER = {"dict.fromkeys", "enumerate", "iter", "list", "map", "next", "tuple", "zip"}
"""Functions whose result has the order of what they are given."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_workflows_and_rules_are_deterministic(path: Path) -> None:
    assert list(faults(path.read_text())) == []


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "import os.path",
        "from random import choice",
        "import urllib.request",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now()",
        "from uuid import uuid4\nuuid4()",
        "import uuid\nField(default_factory=uuid.uuid4)",
        "import asyncio\nasyncio.wait(x)",
        "print(1)",
        "open('x')",
        "for x in {1, 2}: pass",
        "for x in set(y): pass",
        "[x for x in frozenset(y)]",
        "{x: 1 for x in {y for y in z}}",
        "list({1, 2})",
        "tuple(set(a) | set(b))",
        "', '.join(set(a))",
        "seen: set[str] = set()\nfor x in seen: pass",
        "def f(seen: frozenset[str]):\n    return list(seen)",
        "def f(seen):\n    mine = set(seen)\n    return [x for x in mine]",
    ],
)
def test_the_rule_sees(code: str) -> None:
    assert list(faults(code))


@pytest.mark.parametrize(
    "code",
    [
        "from temporalio import workflow\nworkflow.now()\nworkflow.uuid4()\nworkflow.wait(x)\nworkflow.as_completed(x)",
        "import asyncio\nasyncio.gather(a, b)",
        "from datetime import datetime\ndatetime.fromisoformat(x)",
        "for x in sorted({1, 2}): pass",
        "x in {1, 2}",
        "any(x for x in {1, 2})",
        "len(set(a) | set(b))",
        "for x in [1, 2]: pass",
        "for x in dict.fromkeys(y): pass",
    ],
)
def test_the_rule_allows(code: str) -> None:
    assert list(faults(code)) == []


def faults(code: str) -> Iterator[str]:
    """What in the code could differ from one run to the next."""
    tree = ast.parse(code)
    harmless = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node.func) in ORDER_MATTERS_NOT
        for argument in node.args
    }
    sets = _set_names(tree)
    for node in ast.walk(tree):
        yield from _imports(node)
        if isinstance(node, ast.Name | ast.Attribute) and _name(node) in FORBIDDEN_CALLS:
            yield f"line {node.lineno}: {_name(node)}"
        if id(node) not in harmless:
            for walked in _walked(node):
                if _is_set(walked, sets):
                    yield f"line {walked.lineno}: the order of a set"


def _imports(node: ast.AST) -> Iterator[str]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module]
    for name in names:
        if name in FORBIDDEN_MODULES or name.split(".")[0] in FORBIDDEN_MODULES:
            yield f"import of {name}"


def _name(node: ast.AST) -> str:
    """The last two parts of a dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = node.value
        last = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        return f"{last}.{node.attr}"
    return ""


def _walked(node: ast.AST) -> Iterator[ast.expr]:
    """What a node goes through in order."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
        yield from (generator.iter for generator in node.generators)
    elif isinstance(node, ast.Call) and node.args:
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if _name(node.func) in KEEPS_ORDER or method in {"join", "extend"}:
            yield from node.args
    elif isinstance(node, ast.Starred):
        yield node.value


def _is_set(node: ast.expr, sets: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left, sets) or _is_set(right, sets)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in sets
        case _:
            return False


def _set_names(tree: ast.Module) -> set[str]:
    """Names that are annotated as a set, or given one, anywhere in the file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and _means_set(node.annotation):
            found.add(node.arg)
        elif isinstance(node, ast.AnnAssign) and _means_set(node.annotation):
            found.add(_last(node.target))
        elif isinstance(node, ast.Assign) and _is_set(node.value, set()):
            found |= {_last(target) for target in node.targets}
    return found - {""}


def _means_set(annotation: ast.expr | None) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return isinstance(outer, ast.Name) and outer.id in {"set", "frozenset", "Set", "AbstractSet"}


def _last(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
