"""Rules: what the house knows about an alert that its sender does not (REQUIREMENTS S-21, A-22).

The first rule whose condition holds decides; rules of all sources and those of one stand in one order. The
expression language is not here: whoever calls passes the function that evaluates.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.intake.source import Correlation, Flapping, Line, Threshold

MAX_EXPRESSION = 2000

Facts = Mapping[str, Any]
"""What an expression may look at."""
Evaluate = Callable[[str, Facts], Any]
"""Evaluates an expression over facts; raises ExpressionError."""

Expression = Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION)]
Value = Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION)]
"""A plain text; one that begins with `=` is an expression whose value is the text."""


class ExpressionError(Exception):
    """An expression is wrong, too large, or has no such value; the message says what."""


class Then(StrEnum):
    """What becomes of an alert whose rule holds."""

    PASS = "pass"  # noqa: S105 - no password
    DROP = "drop"


class Choice(BaseModel):
    """What a rule sets; what it leaves out stays as the sender and the source have it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service_name: Value | None = None
    severity: Value | None = None
    title: Value | None = None
    labels: dict[Line, Value] = Field(default={}, max_length=50)
    key: Value | None = None
    """The correlation key itself."""
    action: Value | None = None
    """`trigger`, `acknowledge`, `resolve` or `note`, for senders that say it in words."""
    correlation: Correlation | None = None
    auto_resolve: bool | None = None
    resolve_delay_seconds: int | None = Field(None, ge=0, le=604_800)
    threshold: Threshold | None = None
    flapping: Flapping | None = None
    reopen_seconds: int | None = Field(None, ge=0, le=604_800)


class Rule(BaseModel):
    """One rule."""

    model_config = ConfigDict(frozen=True)

    id: UUID | None = None
    name: str
    source_id: UUID | None = None
    """None: alerts of every source, and of API tokens."""
    when: str = "true"
    then: Then = Then.PASS
    set: Choice = Choice()

    def holds(self, facts: Facts, evaluate: Evaluate) -> bool:
        """Whether the rule's condition holds; anything but true is no."""
        return evaluate(self.when, facts) is True


def value_of(text: str, facts: Facts, evaluate: Evaluate) -> str:
    """A rule's text: as it stands, or the value of the expression after its `=`.

    Raises:
        ExpressionError: the expression has no value that is a text or a number.
    """
    if not text.startswith("="):
        return text
    value = evaluate(text[1:].strip(), facts)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ExpressionError(f"'{text}' must give a text or a number, not {type(value).__name__}")
    return str(value)
