"""Catalogue files: YAML that knows where each of its values stands."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from cli.errors import Refused, WrongUsage
from domain.catalogue import KINDS

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is many times as fast, where it was built."""
MOST_VALUES = 2_000_000
"""Aliases of aliases can make a small file endless."""
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE, _FALSE = re.compile(r"true|True|TRUE"), re.compile(r"false|False|FALSE")
_INTEGER, _FLOAT = re.compile(r"[-+]?\d+"), re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")


class Place(NamedTuple):
    """Where something stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Read(NamedTuple):
    """What files say together, and where each entry stands."""

    values: dict[str, list[Any]]
    nodes: dict[str, list[tuple[str, yaml.Node]]]
    """File and node of each entry, as `values` has them."""

    def place(self, field: str, wanted: str | None = None) -> Place | None:
        """Where a field such as `services.3.team` stands.

        Args:
            field: as the API names it; parts that the file does not have are passed over.
            wanted: a text to look for inside of the field, such as the name that is unknown.
        """
        kind, _, rest = field.partition(".")
        number, _, path = rest.partition(".")
        entries = self.nodes.get(kind, [])
        if not number.isdecimal() or int(number) >= len(entries):
            return None
        file, node = entries[int(number)]
        for part in path.split("."):
            node = _within(node, part) or node
        found = _holding(node, wanted) if wanted else None
        return Place(file, (found or node).start_mark.line + 1)

    def entry(self, kind: str, name: str, field: str = "") -> Place | None:
        """Where an entry stands that has a name, or a field of it."""
        key = "email" if kind == "users" else "name"
        for number, value in enumerate(self.values.get(kind, [])):
            if isinstance(value, dict) and value.get(key) == name:
                return self.place(f"{kind}.{number}.{field}" if field else f"{kind}.{number}")
        return None


def read(files: list[str]) -> Read:
    """What files say together; `-` is standard input, a folder means its `.yaml` and `.yml`.

    Raises:
        Refused: a file is no YAML, or not a catalogue; every fault with file and line.
        WrongUsage: there is no such file.
    """
    faults: list[str] = []
    found = Read({}, {})
    for name, text in _texts(files):
        try:
            documents = list(yaml.compose_all(text, Loader=_LOADER))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{name}:{mark.line + 1}" if mark else name
            faults.append(f"{where}: this is no YAML: {error.problem or error.context}")
            continue
        except yaml.YAMLError as error:
            faults.append(f"{name}:1: this is no YAML: {error}")
            continue
        for node in documents:
            if node is not None:
                faults += _take(found, name, node)
    faults += _twice(found)
    if faults:
        raise Refused("\n".join(faults))
    return found


def _texts(files: list[str]) -> Iterator[tuple[str, str]]:
    for file in files:
        if file == "-":
            yield "standard input", sys.stdin.read()
            continue
        path = Path(file)
        inside = sorted(one for one in path.rglob("*") if one.suffix in (".yaml", ".yml")) if path.is_dir() else [path]
        if not inside:
            raise WrongUsage(f"there is no .yaml file in {file}")
        for one in inside:
            try:
                yield str(one), one.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise WrongUsage(f"{one} cannot be read: {error}") from error


def _take(found: Read, file: str, node: yaml.Node) -> Iterator[str]:
    """Add what a document says; yields what is wrong with its shape."""
    if not isinstance(node, yaml.MappingNode):
        yield f"{Place(file, node.start_mark.line + 1)}: write kinds with lists of entries, such as services: [ … ]"
        return
    values = _Values(file)
    for key, entries in node.value:
        kind, at = key.value, Place(file, key.start_mark.line + 1)
        if kind not in KINDS:
            yield f"{at}: '{kind}' is no kind of entry; there are: {', '.join(KINDS)}"
        elif isinstance(entries, yaml.ScalarNode) and not entries.style and _NULL.fullmatch(entries.value):
            found.values.setdefault(kind, [])
            found.nodes.setdefault(kind, [])
        elif not isinstance(entries, yaml.SequenceNode):
            yield f"{at}: {kind} must be a list: begin each entry with a dash"
        else:
            found.values.setdefault(kind, []).extend(values.of(entry) for entry in entries.value)
            found.nodes.setdefault(kind, []).extend((file, entry) for entry in entries.value)
    yield from values.faults


class _Values:
    """Nodes as JSON values, by YAML 1.2: `17:00` and `2026-01-05` are texts, `no` and `on` are words."""

    def __init__(self, file: str) -> None:
        self.faults: list[str] = []
        self._file = file
        self._made = 0
        self._inside: list[int] = []

    def of(self, node: yaml.Node) -> Any:
        self._made += 1
        if id(node) in self._inside or self._made > MOST_VALUES:
            self._fault(node, "an alias leads back to itself, or to too much")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._inside.append(id(node))
        if isinstance(node, yaml.SequenceNode):
            value: Any = [self.of(part) for part in node.value]
        else:
            value = self._mapping(node)
        self._inside.pop()
        return value

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, part in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a key must be a word")
            elif key.value == "<<":
                merged = self.of(part)
                for one in merged if isinstance(merged, list) else [merged]:
                    made = {**one, **made} if isinstance(one, dict) else made
            else:
                if key.value in made and not any(name.value == "<<" for name, _ in node.value):
                    self._fault(key, f"'{key.value}' is there twice in one entry")
                made[key.value] = self.of(part)
        return made

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text = str(node.value)
        if node.style or node.tag == "tag:yaml.org,2002:binary":
            return text
        if _NULL.fullmatch(text):
            return None
        if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
            return text.lower() == "true"
        if _INTEGER.fullmatch(text) and len(text) < 19:
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) and len(text) < 100 else text

    def _fault(self, node: yaml.Node, text: str) -> None:
        self.faults.append(f"{Place(self._file, node.start_mark.line + 1)}: {text}")


def _twice(found: Read) -> Iterator[str]:
    """The same entry in two places."""
    for kind, values in found.values.items():
        key = "email" if kind == "users" else "name"
        first: dict[str, int] = {}
        for number, value in enumerate(values):
            name = value.get(key) if isinstance(value, dict) else None
            if isinstance(name, str) and name in first:
                here, there = found.place(f"{kind}.{number}.{key}"), found.place(f"{kind}.{first[name]}.{key}")
                yield f"{here}: {kind} '{name}' is there twice: it is at {there}, too"
            elif isinstance(name, str):
                first[name] = number


def _within(node: yaml.Node, part: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        found: yaml.Node = node.value[int(part)]
        return found
    return None


def _holding(node: yaml.Node, text: str) -> yaml.Node | None:
    """The first text inside that is this one."""
    waiting, seen = [node], set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, yaml.ScalarNode) and one.value == text:
            return one
        if id(one) not in seen and not isinstance(one, yaml.ScalarNode):
            seen.add(id(one))
            parts = one.value if isinstance(one, yaml.SequenceNode) else [half for pair in one.value for half in pair]
            waiting += parts
    return None
