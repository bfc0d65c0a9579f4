"""The order of the files of tests: so that the processors are never idle, and all processes end together."""

from pathlib import Path

_WAITING = "e2e"
"""The room whose tests mostly wait: for a product to start, to be killed, to come back."""
_THE_LONGEST = Path("e2e/test_kills.py")
_LONG_FIRST = ("workflows", "web", "api", "cli")
_EVERY = 4


def in_order(files: list[Path]) -> list[Path]:
    """Every fourth file is one that waits, as long as there are any; then the others, the short ones last."""
    waiting = sorted((file for file in files if _room(file) == _WAITING), key=lambda file: file != _THE_LONGEST)
    ordered = sorted((file for file in files if _room(file) != _WAITING), key=_place)
    for number, file in enumerate(waiting):
        ordered.insert(number * _EVERY, file)
    return ordered


def _room(file: Path) -> str:
    return file.parts[0]


def _place(file: Path) -> int:
    return _LONG_FIRST.index(_room(file)) if _room(file) in _LONG_FIRST else len(_LONG_FIRST)
