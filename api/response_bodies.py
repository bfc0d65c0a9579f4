"""The bodies of what responders send: snooze, reassign, amend, ask others."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from api.schemas import Instant, Labels, Line, Note, Text
from domain.response import LONGEST_SNOOZE
from domain.severity import Severity

EMail = Annotated[Line, Field(max_length=320)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AmendIn(_Body):
    """Other facts of an incident; what is left out stays as it is."""

    title: Annotated[Line, Field(max_length=500)] | None = None
    description: Annotated[Text, Field(max_length=100_000)] | None = None
    severity: Severity | None = None
    lead: EMail | None = None
    impacted_scopes: list[Annotated[Line, Field(max_length=255)]] | None = Field(None, max_length=50)
    labels: Labels | None = Field(None, max_length=100)

    @field_validator("lead", mode="before")
    @classmethod
    def _names_somebody(cls, value: object) -> object:
        """Of what is left out no validator hears."""
        if value is None:
            raise ValueError("must be somebody's e-mail address: an incident that has a lead keeps one")
        return value


class SnoozeIn(_Body):
    """Until when nobody is told anything: an instant, or so many seconds from now."""

    until: Instant | None = None
    seconds: float | None = Field(None, gt=0, le=LONGEST_SNOOZE.total_seconds())
    note: Note | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.until is None) == (self.seconds is None):
            raise ValueError('give either "until", an instant, or "seconds" from now')
        return self

    def ends_at(self, now: datetime) -> datetime:
        """The instant at which it ends."""
        return self.until or (now + timedelta(seconds=self.seconds or 0)).astimezone(UTC)


class ReassignIn(_Body):
    """Who is to take it."""

    to: Annotated[Line, Field(max_length=320, description="an e-mail address, or the name of a team")]
    note: Note | None = None


class AskIn(_Body):
    """Who is asked to join."""

    people: list[EMail] = Field(min_length=1, max_length=50)
    note: Note | None = None


class RoleIn(_Body):
    """A role in the response, such as incident commander, and who has it; null: nobody."""

    role: Annotated[Line, Field(max_length=100)]
    person: EMail | None
