"""Matchers of silences as people write them: as objects, or in Alertmanager's syntax."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from domain.intake.quiet import Matcher, Operator
from gateway.intake.expressions import pattern_of

_WRITTEN = re.compile(
    r"""
    \s* (?P<name> [^\s=!~"{},]+ | "(?:[^"\\]|\\.)*" )
    \s* (?P<operator> =~ | !~ | != | = )
    \s* (?P<value> (?![=~]) .*? ) \s*
    """,
    re.DOTALL | re.VERBOSE,
)
_PATTERNS = frozenset({Operator.MATCHES, Operator.MATCHES_NOT})


def parse_matcher(written: str) -> dict[str, Any]:
    """A matcher such as `severity=~"SEV[12].*"`; the quotes may be left out.

    Raises:
        ValueError: it is none.
    """
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise ValueError('must be a matcher such as service="search" or severity=~"SEV[12].*"')
    return {
        "name": _unquoted(match["name"]),
        "operator": match["operator"],
        "value": _unquoted(match["value"]),
    }


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        if '"' in text:
            raise ValueError("has a quote in the wrong place")
        return text
    try:
        value = json.loads(text)
    except ValueError:
        # Alertmanager knows only \\, \" and \n; any other backslash, as in "\d", stands for itself.
        value = re.sub(r"\\(.)", _escaped, text[1:-1]) if re.fullmatch(r'"(?:[^"\\]|\\.)*"', text, re.S) else None
    if not isinstance(value, str):
        raise ValueError("has a quote left open")
    return value


def _escaped(match: re.Match[str]) -> str:
    return {"\\": "\\", '"': '"', "n": "\n"}.get(match[1], match[0])


def _read(given: Any) -> Any:
    return parse_matcher(given) if isinstance(given, str) else given


def _sound(matcher: Matcher) -> Matcher:
    for text in (matcher.name, matcher.value):
        if "\x00" in text:
            raise ValueError("must not hold the NUL character")
    if matcher.operator in _PATTERNS and pattern_of(matcher.value) is None:
        raise ValueError(f"'{matcher.value}' is no regular expression (RE2) of at most 1000 characters")
    return matcher


MatcherIn = Annotated[Matcher, BeforeValidator(_read), AfterValidator(_sound)]
"""A matcher in either form."""
