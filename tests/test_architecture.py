"""The arrows between the rooms (DESIGN.md), the length of files, and how SQL is made."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("activities", "api", "cli", "config", "db", "docs", "domain", "gateway", "providers", "web", "workflows")
LONGEST = 400
RUNS_SQL = {"text", "execute", "executemany", "execute_values", "exec_driver_sql", "scalar", "scalars", "SQL"}
"""Calls whose first argument may be a string of SQL."""


def _sources(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def _imported(path: Path) -> set[str]:
    """The top-level names that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_the_rooms_import_only_what_they_may() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_worker_imports_neither_api_nor_pages() -> None:
    assert not _imported(ROOT / "worker.py") & {"api", "web", "cli"}


def test_domain_imports_the_standard_library_and_pydantic_alone() -> None:
    allowed = {*sys.stdlib_module_names, "pydantic", "domain"}
    assert {str(path): names for path in _sources("domain") if (names := _imported(path) - allowed)} == {}


def test_a_file_is_about_one_thing() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (*_sources(*ROOMS), ROOT / "worker.py")
        # A migration is one change of the schema, written once and never touched again.
        if path.parent.name != "versions" and (lines := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("path", list(_sources("db")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sql_is_built_from_values(path: Path) -> None:
    tree = ast.parse(path.read_text())
    constants = _literal_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _called(node) in RUNS_SQL:
            assert not _is_built(node.args[0], constants), f"{path}:{node.lineno}: SQL from values: use parameters"


@pytest.mark.parametrize(
    ("call", "built"),
    [
        ('execute(f"SELECT {x}")', True),
        ('execute("SELECT " + x)', True),
        ('execute("SELECT %s" % x)', True),
        ('execute("SELECT {}".format(x))', True),
        ('execute(" ".join(x))', True),
        ('execute("SELECT 1" " + 1")', False),
        ('execute("SELECT %s", (x,))', False),
        ("execute(select(a).where(a.b == x))", False),
        ("execute(select(a + b))", False),
        ("execute(HEAD + TAIL)", False),
    ],
)
def test_the_rule_sees_sql_from_values(call: str, built: bool) -> None:
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert _is_built(node.args[0], {"HEAD", "TAIL"}) is built


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _literal_names(tree: ast.Module) -> set[str]:
    """Module constants that hold literal strings: statements may be put together from those."""
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_built(argument: ast.expr, constants: set[str]) -> bool:
    match argument:
        case ast.JoinedStr(values=parts):
            return any(
                isinstance(part, ast.FormattedValue)
                and not (isinstance(part.value, ast.Name) and part.value.id in constants)
                for part in parts
            )
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return not all(_is_literal(side, constants) for side in (left, right))
        case ast.Call(func=ast.Attribute(attr="format" | "join" | "replace")):
            return True
        case _:
            return False


def _is_literal(node: ast.expr, constants: set[str]) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_literal(node.left, constants) and _is_literal(node.right, constants)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in constants)
