"""The expression language of rules (CEL) and the regular expressions of silences: the tools of `domain.intake`.

Rules run in the path of every alert, so nothing that a rule says or a sender sends may stop the process: see
`expression_work` for what is refused before it begins. What still takes long is left alone for a while.
"""

import re
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import cel
import re2  # type: ignore[import-untyped]
import structlog

from domain.intake.rule import MAX_EXPRESSION, ExpressionError, Facts
from domain.intake.signal import MAX_LABELS, Signal
from domain.intake.source import Source
from domain.intake.verdict import Tools, facts_of
from gateway.intake.expression_work import LOOPS, MAX_WORK, SEARCH, Shape, Size, patterns_in, shape_of, size_of, work

logger = structlog.get_logger(__name__)

MAX_PATTERN = 1000
"""Characters of a regular expression, and instructions of what RE2 makes of it: its time grows with both."""
MAX_SEARCHED = 10_000
"""Characters of a text in which a regular expression is looked for."""
MAX_RAW = 65_536
"""Characters in a body that expressions see; of a larger one `raw` is empty."""
MAX_RAW_NODES = 5000
MAX_RAW_DEPTH = 32
"""The library's native stack ends at some thousands; no body that a person reads is nested so deep."""
BUDGET_SECONDS = 0.05
"""Of processor time, not of the clock on the wall, which runs on while others have the processor."""
PAUSE_SECONDS = 60.0

NAMES = frozenset(facts_of(Signal(), Source(name="", kind="")))
"""What an expression may look at."""
FUNCTIONS = frozenset(
    {"size", "contains", "startsWith", "endsWith", "matches", "lowerAscii", "upperAscii", "trim"}
    | {"string", "int", "uint", "double", "bytes", "type", "timestamp", "duration"}
    | {"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"}
    | {"getHours", "getMinutes", "getSeconds", "getMilliseconds"}
)


class Compiled(NamedTuple):
    """An expression that is ready, the facts that it looks at, and how much work it makes."""

    program: cel.Program
    names: frozenset[str]
    shape: Shape


class Evaluator:
    """Evaluates expressions over facts, and remembers those that took too long."""

    def __init__(
        self,
        budget_seconds: float = BUDGET_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.thread_time,
    ) -> None:
        self._budget = budget_seconds
        self._pause = pause_seconds
        self._clock = clock
        self._processor = processor
        self._paused: dict[str, float] = {}
        self._latest = threading.local()

    def evaluate(self, expression: str, facts: Facts) -> Any:
        """The value of an expression.

        Args:
            expression: in CEL.
            facts: as `facts_of` has them. One mapping is read once: it must not be changed between two calls.

        Raises:
            ExpressionError: it is wrong, too large for these facts, took too long a moment ago, or has no value.
        """
        compiled = compiled_of(expression)
        if self._paused:
            self._require_unpaused(expression)
        view = self._view(facts)
        view.show(compiled.names)
        if compiled.shape.loops and work(compiled.shape, view.size(compiled.names)) > MAX_WORK:
            raise ExpressionError("has too much to do for an alert of this size")
        if not compiled.shape.loops and not compiled.shape.searches:
            return _guarded(lambda: compiled.program.execute(view.context))
        return self._watched(expression, compiled, view)

    def _watched(self, expression: str, compiled: Compiled, view: "_View") -> Any:
        """Only what loops or searches can take long; asking for the time costs more than the others take."""
        view.search.left = self._budget
        begun = self._processor()
        try:
            value = _guarded(lambda: compiled.program.execute(view.context))
        finally:
            took = self._processor() - begun
            if took > self._budget or view.search.left <= 0:
                self._pause_it(expression, took)
        if view.search.left <= 0:
            raise ExpressionError("took too long over a regular expression and is left out for a while")
        return value

    def _view(self, facts: Facts) -> "_View":
        """The facts in the library's own form, which rules share: making it takes longer than using it."""
        view: _View | None = getattr(self._latest, "view", None)
        if view is None or view.facts is not facts:
            view = self._latest.view = _View(facts)
        return view

    def _require_unpaused(self, expression: str) -> None:
        until = self._paused.get(expression)
        if until is None:
            return
        if self._clock() < until:
            raise ExpressionError(f"took longer than {self._budget * 1000:.0f} ms and is left out for a while")
        self._paused.pop(expression, None)

    def _pause_it(self, expression: str, took: float) -> None:
        now = self._clock()
        self._paused = {text: until for text, until in self._paused.items() if until > now}
        self._paused[expression] = now + self._pause
        logger.warning(
            "intake: an expression takes too long and is left out for a while",
            expression=expression,
            milliseconds=round(took * 1000),
            pause_seconds=self._pause,
        )


class _View:
    """One alert's facts as the library has them; the body only when somebody looks at it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.search = _Search()
        self.context = cel.Context(functions={SEARCH: self.search} | _OWN_FUNCTIONS)
        self._sizes: dict[str, Size] = {}

    def show(self, names: frozenset[str]) -> None:
        """Make facts known to the library."""
        for name in names:
            if name not in self._sizes and name in self.facts:
                value = self.facts[name]
                size = size_of(value, MAX_RAW_NODES, MAX_RAW)
                if size.characters > MAX_RAW or size.nodes > MAX_RAW_NODES or size.depth > MAX_RAW_DEPTH:
                    value, size = _too_large(name, value), Size(1, MAX_RAW)
                _guarded(lambda: self.context.add_variable(name, value))  # noqa: B023 - called at once
                self._sizes[name] = size

    def size(self, names: frozenset[str]) -> Size:
        """The size of some facts together."""
        sizes = [self._sizes[name] for name in names if name in self._sizes]
        longest = max((size.longest for size in sizes), default=0)
        return Size(sum(size.nodes for size in sizes), sum(size.characters for size in sizes), longest)


def _too_large(name: str, value: Any) -> Any:
    """What stands for a fact that is too large: of a text or of labels a part, of a body nothing."""
    if isinstance(value, str) and name != "raw":
        return value[:MAX_RAW]
    if name == "labels":
        return {label: text[: MAX_RAW // MAX_LABELS] for label, text in list(value.items())[:MAX_LABELS]}
    return {}


def compiled_of(expression: str) -> Compiled:
    """An expression, compiled; the latest ones are kept.

    Raises:
        ExpressionError: it is none, or goes beyond a limit.
    """
    found = _compile(expression)
    if isinstance(found, str):
        raise ExpressionError(found)
    return found


@lru_cache(maxsize=1024)
def _compile(expression: str) -> Compiled | str:
    if len(expression) > MAX_EXPRESSION:
        return f"is longer than {MAX_EXPRESSION} characters"
    try:
        shape = shape_of(expression)
        program = _guarded(lambda: cel.compile(shape.text))
        return Compiled(program, NAMES.intersection(program.variables()), shape)
    except ExpressionError as error:
        return str(error)


def check(expression: str) -> None:
    """What can be said of an expression without an alert.

    Raises:
        ExpressionError: it cannot be compiled, or uses a name or a function that there is not.
    """
    compiled = compiled_of(expression)
    bound = set(re.findall(rf"\b(?:{'|'.join(LOOPS)})\s*\(\s*([A-Za-z_]\w*)\s*,", expression))
    for name in compiled.program.variables():
        if name not in NAMES | bound:
            raise ExpressionError(f"there is no '{name}'; there are: {', '.join(sorted(NAMES))}")
    for name in compiled.program.functions():
        if name.isidentifier() and not name.startswith("_") and name not in FUNCTIONS:
            raise ExpressionError(f"there is no function '{name}'; there are: {', '.join(sorted(FUNCTIONS | LOOPS))}")
    for literal in patterns_in(expression):
        if pattern_of(cel.compile(literal).execute()) is None:
            raise ExpressionError(f"{literal} is no regular expression")


def matches(pattern: str, text: str) -> bool:
    """Whether a regular expression (RE2) matches the whole of a text, in time that grows with the text alone.

    A pattern that is none matches nothing.
    """
    compiled = pattern_of(pattern)
    return compiled is not None and compiled.fullmatch(_storable(text[:MAX_SEARCHED])) is not None


def pattern_of(pattern: str) -> Any | None:
    """A regular expression, compiled; None when it is none, or too long."""
    return None if len(pattern) > MAX_PATTERN else _pattern(pattern)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Any | None:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 21
    options.dot_nl = True
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeError):
        return None
    return compiled if compiled.programsize <= MAX_PATTERN else None


class _Search:
    """`text.matches(pattern)` of CEL: anywhere in the text. It must not raise: the library would print that."""

    def __init__(self) -> None:
        self.left = 0.0
        """Seconds; when they are used up, nothing is found any more."""
        self._most = BUDGET_SECONDS / 10
        """What one search is charged at most: when the process had to wait for a processor, it took no longer."""

    def __call__(self, text: Any, pattern: Any) -> bool:
        if not isinstance(text, str) or not isinstance(pattern, str) or self.left <= 0:
            return False
        begun = time.perf_counter()
        compiled = pattern_of(pattern)
        found = compiled is not None and compiled.search(text[:MAX_SEARCHED]) is not None
        self.left -= min(time.perf_counter() - begun, self._most)
        return found


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _of_text(change: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda value: change(value) if isinstance(value, str) else value


_OWN_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lowerAscii": _of_text(str.lower),
    "upperAscii": _of_text(str.upper),
    "trim": _of_text(str.strip),
}


def _guarded(call: Callable[[], Any]) -> Any:
    """Do something in the library; all that can go wrong in there is the expression's fault."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the library raises nearly every kind that there is
        raise ExpressionError(_said(error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a panic in Rust is no Exception
            raise
        raise ExpressionError("the expression language broke down over it") from None


_SYNTAX = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


def _said(error: Exception) -> str:
    """An error of the library as a person would say it."""
    text = str(error).replace(SEARCH, "matches")
    if syntax := _SYNTAX.search(text):
        line, column, what = syntax.groups()
        what = what.split(" expecting ")[0].replace("'<EOF>'", "the end")
        return f"cannot be read at line {line}, column {column}: {what}"[:300]
    if isinstance(error, KeyError):
        return f"there is no {text}"[:300]
    if undefined := re.match(r"Undefined variable or function: ('[^']*')", text):
        return f"there is no name or function {undefined[1]}"[:300]
    return text.split(". ")[0].splitlines()[0].rstrip(".")[:300] if text.strip() else type(error).__name__


_EVALUATOR = Evaluator()
evaluate = _EVALUATOR.evaluate
TOOLS = Tools(evaluate=evaluate, matches=matches)
"""What `domain.intake.verdict.decide` takes."""
