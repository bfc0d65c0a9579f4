"""Silences: for a while, alerts that match are kept but page nobody. Written as Alertmanager's are."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Facts = Mapping[str, str | tuple[str, ...]]
"""What matchers look at; of a name that stands for several texts, each counts."""
Search = Callable[[str, str], bool]
"""Whether a regular expression matches the whole of a text, in time that grows with the text's length alone."""


class Operator(StrEnum):
    """How a value is compared; a label that is not there counts as empty."""

    IS = "="
    IS_NOT = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"


class Matcher(BaseModel):
    """One condition on a label, or on `service`, `team`, `severity`, `source` or `title`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    operator: Operator = Operator.IS
    value: str = Field(max_length=1000)

    def holds(self, facts: Facts, matches: Search) -> bool:
        """Whether the facts meet the condition: of several texts one that is meant, or none that is excluded."""
        given = facts.get(self.name, "")
        texts = (given,) if isinstance(given, str) else given
        match self.operator:
            case Operator.IS:
                return self.value in texts
            case Operator.IS_NOT:
                return self.value not in texts
            case Operator.MATCHES:
                return any(matches(self.value, text) for text in texts)
            case Operator.MATCHES_NOT:
                return not any(matches(self.value, text) for text in texts)
            case _:
                assert_never(self.operator)


class Silence(BaseModel):
    """A silence; all of its matchers must hold, and one without any silences nothing."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str

    def covers(self, facts: Facts, now: datetime, matches: Search) -> bool:
        """Whether an alert with these facts is silenced now."""
        is_on = bool(self.matchers) and self.starts_at <= now < self.ends_at
        return is_on and all(one.holds(facts, matches) for one in self.matchers)
