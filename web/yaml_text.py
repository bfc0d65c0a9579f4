"""An entry of the catalogue as YAML in a text area: written out, read again, every fault named."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from api.catalogue.bodies import value_of
from api.problems import Problem
from domain.catalogue import Entry
from domain.written import written as as_written

LONGEST = 200_000
_NUMBER = "tag:yaml.org,2002:int"
_FIRST = "-+0123456789"

EntryT = TypeVar("EntryT", bound=BaseModel)


class Wrong(Exception):
    """What was typed cannot be taken: field and sentence of each fault; a fault of the whole text has no field."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(text for _, text in faults))
        self.faults = list(faults)


class _Loader(yaml.SafeLoader):
    """Times of day and dates stay as typed: `17:00` is no number. No aliases: a text is as large as it looks."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "write it out: aliases are not taken here", mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_NUMBER, "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_NUMBER, re.compile(r"[-+]?\d+$"), list(_FIRST))


def written(entry: Entry) -> str:
    """An entry as YAML, without what is as usual."""
    return dumped(as_written(entry))


def dumped(value: Any) -> str:
    """Values as YAML, in their own order."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)


def read(text: str, model: type[EntryT]) -> EntryT:
    """The entry that a text says.

    Raises:
        Wrong: it is no YAML, or not such an entry.
    """
    if len(text) > LONGEST:
        raise Wrong([("", f"Use at most {LONGEST} characters; these are {len(text)}.")])
    try:
        value = yaml.load(text, _Loader)  # noqa: S506 -- it is a SafeLoader
    except yaml.YAMLError as error:
        raise Wrong([("", _yaml_fault(error))]) from error
    except (ValueError, RecursionError) as error:
        raise Wrong([("", "This cannot be read as YAML.")]) from error
    if not isinstance(value, dict):
        raise Wrong([("", "Write the fields as “name: value”, one on each line.")])
    try:
        return value_of(model, value)
    except Problem as problem:
        raise Wrong(faults_of(problem)) from problem


def faults_of(problem: Problem) -> list[tuple[str, str]]:
    """Field and sentence of what the API's functions refuse."""
    named = [(one["field"], f"{one['message'][:1].upper()}{one['message'][1:]}.") for one in problem.errors]
    return named or [("", problem.detail)]


def _yaml_fault(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is no YAML"
    return f"Line {mark.line + 1}, column {mark.column + 1}: {problem}." if mark else f"This is no YAML: {problem}."
