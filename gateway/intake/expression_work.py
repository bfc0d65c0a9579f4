"""How much work an expression may make, told before it is evaluated: nothing can stop it once it has begun.

The library evaluates in native code that holds the interpreter, so a loop within a loop over a large body would
stop the whole process. Hence this reads an expression's tokens and, knowing how large the facts are, says how
much there is to do at the very worst. What it says is an upper bound, in tenths of a microsecond or so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.intake.rule import ExpressionError

MAX_NESTING = 2
"""Loops within loops."""
MAX_LOOPS = 6
MAX_MAPS = 1
"""Each `map` may multiply what the one before it made."""
MAX_PLUS = 20
MAX_WORK = 20_000_000
SEARCH_WEIGHT = 10
"""A regular expression costs so many times what another step does; those that cost more are stopped by the clock."""

LOOPS = frozenset({"all", "exists", "exists_one", "existsOne", "filter", "map"})
_BUILDERS = frozenset({"filter", "map"})
SEARCH = "_match_"
"""Stands for `matches`, whose own engine would compile a pattern anew, for up to 40 ms, each time; of the same
length, so that columns in messages stay right."""

_STRING = "|".join(
    [
        r'[bB]?[rR]"""(?s:.*?)"""',
        r"[bB]?[rR]'''(?s:.*?)'''",
        r'[bB]?"""(?:[^\\]|\\(?s:.))*?"""',
        r"[bB]?'''(?:[^\\]|\\(?s:.))*?'''",
        r'[bB]?[rR]"[^"\r\n]*"',
        r"[bB]?[rR]'[^'\r\n]*'",
        r'[bB]?"(?:[^"\\\r\n]|\\.)*"',
        r"[bB]?'(?:[^'\\\r\n]|\\.)*'",
    ]
)
_TOKEN = re.compile(
    rf"(?P<space>\s+|//[^\n]*)|(?P<string>{_STRING})|"
    r"(?P<number>0[xX][0-9a-fA-F]+[uU]?|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[uU]?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>.)"
)


class Token(NamedTuple):
    """A piece of an expression: a `string`, `number`, `name` or `sign`."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What of an expression's build says how much work it makes."""

    text: str
    """As it is given to the library."""
    steps: tuple[int, ...]
    """The weight of the tokens outside of loops, within one, within two."""
    pluses: int
    literal: int
    """The longest list or map that it spells out itself, at most."""
    copies: int
    """How often at most a value is laid beside others in lists and sums of its own."""
    builds: bool
    maps: bool

    @property
    def loops(self) -> bool:
        """Whether it goes through lists, or makes texts and lists longer."""
        return len(self.steps) > 1 or self.pluses > 0

    @property
    def searches(self) -> bool:
        """Whether it uses regular expressions."""
        return SEARCH in self.text


@dataclass(frozen=True, slots=True)
class Size:
    """How large a fact is."""

    nodes: int = 0
    characters: int = 0
    longest: int = 0
    """The most entries that a list or map in it has."""
    depth: int = 0

    @property
    def weight(self) -> float:
        """What it costs to look at all of it."""
        return 1 + self.nodes * 0.25 + self.characters * 0.005


def shape_of(expression: str) -> Shape:
    """The build of an expression.

    Raises:
        ExpressionError: it goes beyond a limit, or cannot be read at all.
    """
    tokens = _tokens(expression)
    loops = [token.text for number, token in enumerate(tokens) if _is_call(tokens, number) and token.text in LOOPS]
    if len(loops) > MAX_LOOPS:
        raise ExpressionError(f"has {len(loops)} loops ({', '.join(sorted(LOOPS))}); at most {MAX_LOOPS} are allowed")
    if loops.count("map") > MAX_MAPS:
        raise ExpressionError("has 'map' more than once")
    pluses = sum(token.text == "+" for token in tokens)
    if pluses > MAX_PLUS:
        raise ExpressionError(f"has '+' {pluses} times; at most {MAX_PLUS} are allowed")
    steps, laid = _walk(tokens)
    literal = 1 + sum(token.text == "," for token in tokens)
    return Shape(
        text=_with_own_search(expression, tokens),
        steps=steps,
        pluses=pluses,
        literal=literal,
        copies=1 + pluses + laid,
        builds=any(name in _BUILDERS for name in loops),
        maps="map" in loops,
    )


def patterns_in(expression: str) -> list[str]:
    """The regular expressions that it spells out, as they stand in it: with their quotes.

    Raises:
        ExpressionError: it cannot be read at all.
    """
    tokens = _tokens(expression)
    calls = [number for number, token in enumerate(tokens) if token.text == "matches" and _is_call(tokens, number)]
    return [token.text for number in calls for token in tokens[number + 2 : number + 3] if token.kind == "string"]


def work(shape: Shape, size: Size) -> float:
    """How much there is to do at most, over facts of a size."""
    entries = max(1, size.longest, shape.literal) * (1 + shape.pluses)
    # Each loop may lay copies beside copies; a `map` does so once for each entry, and grows its list by copying it.
    copies = shape.copies ** len(shape.steps)
    value = size.weight * copies * (entries if shape.builds or shape.maps else 1)
    steps = sum(weight * float(entries) ** depth for depth, weight in enumerate(shape.steps))
    return steps * float(value)


def size_of(fact: Any, max_nodes: int, max_characters: int) -> Size:
    """How large a fact is; one that goes beyond a limit is not looked at to its end."""
    nodes = characters = longest = deepest = 0
    waiting = [(fact, 1)]
    while waiting and nodes <= max_nodes and characters <= max_characters:
        value, depth = waiting.pop()
        nodes += 1
        deepest = max(deepest, depth)
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, Mapping):
            longest = max(longest, len(value))
            characters += sum(len(name) for name in value if isinstance(name, str))
            waiting.extend((one, depth + 1) for one in value.values())
        elif isinstance(value, list | tuple):
            longest = max(longest, len(value))
            waiting.extend((one, depth + 1) for one in value)
    return Size(nodes, characters, longest, deepest)


def _tokens(expression: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        kind = match.lastgroup if match else None
        if match is None or kind is None or (kind == "sign" and match[0] in "\"'`"):
            raise ExpressionError(f"cannot be read from character {position + 1} on: is a quote left open?")
        if kind == "string" and tokens and tokens[-1].kind == "name" and _ends_at(tokens[-1], position):
            raise ExpressionError(f"has a text with the unknown prefix '{tokens[-1].text}'")
        if kind != "space":
            tokens.append(Token(kind, match[0], position))
        position = match.end()
    return tokens


def _ends_at(token: Token, position: int) -> bool:
    return token.start + len(token.text) == position


def _is_call(tokens: list[Token], number: int) -> bool:
    following = tokens[number + 1] if number + 1 < len(tokens) else None
    return tokens[number].kind == "name" and following is not None and following.text == "("


def _walk(tokens: list[Token]) -> tuple[tuple[int, ...], int]:
    """The weight of the tokens by how many loops they are in, and the names that lie in lists and maps."""
    steps = [0]
    brackets: list[str] = []
    laid = 0
    for number, token in enumerate(tokens):
        depth = brackets.count("loop")
        if depth > MAX_NESTING:
            raise ExpressionError(f"has loops within loops within loops; at most {MAX_NESTING} deep is allowed")
        steps.extend([0] * (depth + 1 - len(steps)))
        steps[depth] += SEARCH_WEIGHT if token.text == "matches" and token.kind == "name" else 1
        if token.kind == "sign" and token.text in "([{":
            brackets.append(_bracket(tokens, number))
        elif token.kind == "sign" and token.text in ")]}" and brackets:
            brackets.pop()
        elif token.kind == "name" and "literal" in brackets:
            laid += 1
    return tuple(steps), laid


def _bracket(tokens: list[Token], number: int) -> str:
    """What an opening bracket begins: a `loop`, a `literal` list or map, or something `other`."""
    before = tokens[number - 1] if number else None
    if tokens[number].text == "(":
        return "loop" if before is not None and before.kind == "name" and before.text in LOOPS else "other"
    named = before is not None and before.kind in {"name", "string"} and before.text != "in"
    indexes = named or (before is not None and before.text in ")]}")
    return "other" if indexes and tokens[number].text == "[" else "literal"


def _with_own_search(expression: str, tokens: list[Token]) -> str:
    for number, token in enumerate(tokens):
        if token.text == "matches" and _is_call(tokens, number):
            expression = expression[: token.start] + SEARCH + expression[token.start + len(SEARCH) :]
    return expression
