"""Catalogue entries as YAML that people like to read: blocks, with short lists on one line."""

from typing import Any

import yaml

from domain.catalogue import Catalogue
from domain.written import all_written

_ONE_LINE = 100


class _Dumper(yaml.SafeDumper):
    """Dashes of lists stand under their key's name, indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_is_short(value))


def _is_short(value: list[Any]) -> bool:
    """Words, or lists of words, that fit on a line."""
    flat = [word for part in value for word in (part if isinstance(part, list) else [part])]
    return all(isinstance(word, str | int | float) for word in flat) and sum(len(f"{w}, ") for w in flat) < _ONE_LINE


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(str, _text)


def kinds_as_yaml(catalogue: Catalogue) -> dict[str, str]:
    """The text of each kind that has entries."""
    return {kind: _dump({kind: entries}) for kind, entries in all_written(catalogue).items()}


def as_yaml(catalogue: Catalogue) -> str:
    """All of it as one text."""
    return "\n".join(kinds_as_yaml(catalogue).values())


def _dump(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
