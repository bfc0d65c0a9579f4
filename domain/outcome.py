"""What becomes of an incident by a command: columns that change, and entries of its timeline."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.commands import Command
from domain.events import Event, EventType


class IllegalTransition(Exception):
    """The state forbids the command; the message says why."""


class Outcome(BaseModel):
    """What a command changes: named columns of the incident, and entries of its timeline."""

    model_config = ConfigDict(frozen=True)

    changes: dict[str, Any] = {}
    events: tuple[Event, ...] = ()


def entry(kind: EventType, text: str, now: datetime, command: Command, **data: Any) -> Event:
    """The timeline entry of a command, with its actor and its door."""
    return Event(type=kind, message=text, at=now, actor=command.actor, data={"via": command.via, **data})


def with_note(text: str, note: str | None) -> str:
    """`Escalated by ana: nobody here`."""
    return f"{text}: {note}" if note else text
